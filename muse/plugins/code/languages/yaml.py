"""Yaml."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="yaml",
    grammar=("tree_sitter_yaml", "language"),
)
