"""MATLAB: classes with their blocks of properties and methods, functions, members of an enumeration."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="matlab",
    grammar=("tree_sitter_matlab", "language"),
    definitions={
        "class_definition": "class",
        "function_definition": "function",
        "function_signature": "function",
    },
    bodies=frozenset({"source_file", "block"}),
    sets=frozenset({"class_definition", "properties", "methods"}),
    lists=frozenset({"enumeration"}),
    separators={"enumeration": b","},
    signature=("function_arguments",),
    keys={"property": "name", "enum": "0"},
    comment_line=(b"%", b""),
    cases=(),
    unique=frozenset({"property", "enum"}),
    named={"property": "name", "enum": "0"},
    forward=frozenset({"function_signature"}),
    locals={"function_arguments/identifier": "*"},
)
