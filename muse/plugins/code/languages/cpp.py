"""Cpp."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="cpp",
    grammar=("tree_sitter_cpp", "language"),
)
