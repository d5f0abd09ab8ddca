"""Swift."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="swift",
    grammar=("tree_sitter_swift", "language"),
    definitions={
        "function_declaration": "function",
        "class_declaration": "class",
        "protocol_declaration": "protocol",
        "init_declaration": "constructor",
        "typealias_declaration": "type",
        "protocol_function_declaration": "function",
    },
    bodies=frozenset({"source_file", "statements"}),
    sets=frozenset({"class_body", "protocol_body", "enum_class_body"}),
    imports=frozenset({"import_declaration"}),
    comments=frozenset({"comment", "multiline_comment"}),
    signature=(),
    overloads=True,
    keys={"property_declaration": "name", "enum_entry": "name"},
    reopened=frozenset({"class"}),
    comment_line=(b"//", b""),
    named={"property_declaration": "name", "protocol_property_declaration": "name", "enum_entry": "name"},
    again=frozenset({"class"}),
    locals={"switch_entry": "switch_pattern"},
)
