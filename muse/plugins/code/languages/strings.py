"""Apple's `.strings`: one entry per key; the comments above it belong to it."""

from muse.plugins.code.languages.table import Language

_COMMENT = r"/\*(?:[^*]|\*(?!/)){0,2000}\*/[ \t]*\r?\n|//[^\n]{0,2000}\n"
_TEXT = r"\"[^\"\\]*(?:\\[\s\S][^\"\\]*)*\""

LANGUAGE = Language(
    name="strings",
    lines=("blocks", rf"^(?:{_COMMENT}){{0,8}}[ \t]*({_TEXT}|[\w.$-]+)[ \t]*=[ \t]*(?:{_TEXT}|[\w.$-]+)[ \t]*;"),
    comment_line=(b"//", b""),
)
