"""HTML."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="html",
    grammar=("tree_sitter_html", "language"),
    bodies=frozenset({"document"}),
    comment_line=(b"<!--", b" -->"),
    locals={"attribute": "0"},
    keys={"attribute": "0"},
    unique=frozenset({"attribute"}),
    named={"element": "element"},
    loose=frozenset({"element"}),
)
