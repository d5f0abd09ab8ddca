"""TOML."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="toml",
    grammar=("tree_sitter_toml", "language"),
    bodies=frozenset({"table_array_element"}),
    sets=frozenset({"document", "table"}),
    lists=frozenset({"inline_table"}),
    keys={"pair": "0", "table": "0"},
)
