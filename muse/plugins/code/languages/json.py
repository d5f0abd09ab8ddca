"""JSON."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="json",
    grammar=("tree_sitter_json", "language"),
    bodies=frozenset({"document"}),
    lists=frozenset({"object"}),
    trailing=True,  # as in the settings of editors and compilers
    sequences=frozenset({"array"}),
    keys={"pair": "key"},
    unique=frozenset({"pair"}),
    named={"pair": "key"},
)
