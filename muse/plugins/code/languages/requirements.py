"""pip requirements: one dependency a line."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="requirements",
    lines=("", r"(-(?:r|c|e|-requirement|-constraint|-editable)[ =]*\S+|[A-Za-z0-9._-]+(?:\[[^\]]*\])?)"),
    comment_line=(b"#", b""),
    continued=True,
    indented=True,
)
