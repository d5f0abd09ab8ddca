"""Tsx."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="tsx",
    grammar=("tree_sitter_typescript", "language_tsx"),
)
