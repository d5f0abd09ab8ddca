"""Go."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="go",
    grammar=("tree_sitter_go", "language"),
)
