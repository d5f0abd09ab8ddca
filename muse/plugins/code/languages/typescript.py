"""Typescript."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="typescript",
    grammar=("tree_sitter_typescript", "language_typescript"),
)
