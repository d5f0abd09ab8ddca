"""Swift."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="swift",
    grammar=("tree_sitter_swift", "language"),
)
