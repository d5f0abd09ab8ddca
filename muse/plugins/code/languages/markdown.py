"""Markdown."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="markdown",
    grammar=("tree_sitter_markdown", "language"),
)
