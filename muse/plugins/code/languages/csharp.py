"""Csharp."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="csharp",
    grammar=("tree_sitter_c_sharp", "language"),
)
