"""Text of no known language, as the law sees it: blocks between empty lines, known by their first line.

No file name selects it: what is in such a file may repeat, and may stand in an order that matters. Only where one side
moved blocks is it asked whether an edit is in the block it was made in.
"""

from muse.plugins.code.languages.table import Language

_COMMENT = r"(?:#[ !#]|//|--|;|%|/\*|[ ]\*)[^\n]*\n"
_LINE = r"[ \t]*\S[^\n]*(?:\n|\Z)"
_GOES_ON = r"(?:[ \t\r]*\n)+(?=[ \t]+\S|[)\]}]|end\b)"  # an empty line inside of a block

LANGUAGE = Language(
    name="plain",
    lines=("blocks", rf"^(?:{_COMMENT})*(\S[^\n]*)(?:\n|\Z)(?:{_LINE}|{_GOES_ON})*"),
)
