"""Makefiles."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="make",
    grammar=("tree_sitter_make", "language"),
    definitions={"rule": "rule"},
    bodies=frozenset({"makefile"}),
    lists=frozenset({"prerequisites"}),
    spaced=frozenset({"prerequisites"}),
    keys={"variable_assignment": "name", "word": "*"},
    reopened=frozenset({"rule"}),
    comment_line=(b"#", b""),
    indented=True,
    named={"variable_assignment": "name"},
)
