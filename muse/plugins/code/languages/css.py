"""Css."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="css",
    grammar=("tree_sitter_css", "language"),
)
