"""Rust."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="rust",
    grammar=("tree_sitter_rust", "language"),
)
