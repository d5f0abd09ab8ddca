"""Change logs, in Markdown or reStructuredText: sections, and in them items in any order."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="changelog",
    lines=("prose", "items"),
    comment_line=(b"<!--", b" -->"),
    indented=True,
)
