"""C."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="c",
    grammar=("tree_sitter_c", "language"),
)
