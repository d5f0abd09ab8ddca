"""Ignore files; a line that takes another one back (`!`) keeps its place."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="ignore",
    lines=("", r"([^!\s].*\S|[^!\s])\s*"),
    comment_line=(b"#", b""),
)
