"""Make."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="make",
    grammar=("tree_sitter_make", "language"),
)
