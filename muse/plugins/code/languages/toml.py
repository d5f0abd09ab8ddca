"""Toml."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="toml",
    grammar=("tree_sitter_toml", "language"),
)
