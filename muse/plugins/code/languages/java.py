"""Java."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="java",
    grammar=("tree_sitter_java", "language"),
    definitions={
        "class_declaration": "class",
        "interface_declaration": "interface",
        "enum_declaration": "enum",
        "record_declaration": "record",
        "annotation_type_declaration": "annotation",
        "method_declaration": "method",
        "constructor_declaration": "constructor",
    },
    bodies=frozenset({"program", "block", "constructor_body", "switch_block"}),
    sets=frozenset({"class_body", "interface_body", "enum_body_declarations", "annotation_type_body"}),
    imports=frozenset({"import_declaration"}),
    comments=frozenset({"line_comment", "block_comment"}),
    signature=("parameters",),
    overloads=True,
    keys={"field_declaration": "declarator.name", "enum_constant": "name"},
    comment_line=(b"//", b""),
    unique=frozenset({"field_declaration", "enum_constant"}),
    named={
        "field_declaration": "declarator.name",
        "constant_declaration": "declarator.name",
        "enum_constant": "name",
        "annotation_type_element_declaration": "name",
    },
    spaces={
        "method": "()",
        "constructor": "()",
        "class": "type",
        "interface": "type",
        "enum": "type",
        "record": "type",
        "annotation": "type",
        "annotation_type_element_declaration": "()",
    },
    locals={"local_variable_declaration": "*.name", "formal_parameter": "name"},
    freely={"switch_block_statement_group": "case"},
)
