"""Kotlin."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="kotlin",
    grammar=("tree_sitter_kotlin", "language"),
)
