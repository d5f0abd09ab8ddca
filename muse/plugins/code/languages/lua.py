"""Lua."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="lua",
    grammar=("tree_sitter_lua", "language"),
    definitions={"function_declaration": "function"},
    bodies=frozenset({"chunk", "block"}),
    sequences=frozenset({"parameters"}),
    comment_line=(b"--", b""),
    keys={"field": "name"},
    unique=frozenset({"field"}),
    named={"variable_declaration": "0.0.0", "assignment_statement": "0"},
)
