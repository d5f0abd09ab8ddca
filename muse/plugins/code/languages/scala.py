"""Scala."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="scala",
    grammar=("tree_sitter_scala", "language"),
)
