"""Php."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="php",
    grammar=("tree_sitter_php", "language_php"),
)
