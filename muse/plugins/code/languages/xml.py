"""XML."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="xml",
    grammar=("tree_sitter_xml", "language_xml"),
    bodies=frozenset({"document", "content"}),
    sequences=frozenset({"STag", "EmptyElemTag"}),
    spaced=frozenset({"STag", "EmptyElemTag"}),
    heads=frozenset({"Name"}),
    free=frozenset({"Attribute"}),
    keys={"Attribute": "0"},
    unique=frozenset({"Attribute"}),
    comments=frozenset({"Comment"}),
    comment_line=(b"<!--", b" -->"),
    named={"element": "element"},
    loose=frozenset({"element"}),
    freely={"element": "element"},
)
