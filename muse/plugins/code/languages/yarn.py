"""yarn.lock, of both formats: one entry per package and the ranges that ask for it; its inside keeps its order."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="yarn",
    lines=("blocks", r"^([^\s#][^\n]*):[ \t]*\r?\n(?:[ \t]+[^\n]*\n?)*"),
    comment_line=(b"#", b""),
    indented=True,
)
