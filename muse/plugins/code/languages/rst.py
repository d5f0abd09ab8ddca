"""reStructuredText, by section; what is in one keeps its order."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="rst",
    lines=("prose", ""),
    comment_line=(b"..", b""),
    indented=True,
)
