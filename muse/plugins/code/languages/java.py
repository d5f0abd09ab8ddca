"""Java."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="java",
    grammar=("tree_sitter_java", "language"),
)
