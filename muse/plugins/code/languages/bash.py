"""Bash."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="bash",
    grammar=("tree_sitter_bash", "language"),
)
