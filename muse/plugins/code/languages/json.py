"""JSON."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="json",
    grammar=("tree_sitter_json", "language"),
    bodies=frozenset({"document"}),
    lists=frozenset({"object"}),
    keys={"pair": "key"},
    unique=frozenset({"pair"}),
    named={"pair": "key"},
)
