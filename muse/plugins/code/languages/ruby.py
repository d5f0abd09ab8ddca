"""Ruby."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="ruby",
    grammar=("tree_sitter_ruby", "language"),
)
