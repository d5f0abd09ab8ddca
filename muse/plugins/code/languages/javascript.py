"""Javascript."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="javascript",
    grammar=("tree_sitter_javascript", "language"),
)
