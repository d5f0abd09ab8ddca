"""C#."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="csharp",
    grammar=("tree_sitter_c_sharp", "language"),
    definitions={
        "class_declaration": "class",
        "interface_declaration": "interface",
        "struct_declaration": "struct",
        "record_declaration": "record",
        "enum_declaration": "enum",
        "method_declaration": "method",
        "constructor_declaration": "constructor",
        "property_declaration": "property",
        "namespace_declaration": "namespace",
        "delegate_declaration": "delegate",
    },
    bodies=frozenset({"compilation_unit", "block"}),
    sets=frozenset({"declaration_list"}),
    lists=frozenset({"enum_member_declaration_list"}),
    sequences=frozenset({"parameter_list"}),
    imports=frozenset({"using_directive"}),
    signature=("parameters",),
    overloads=True,
    keys={
        "field_declaration": "variable_declaration.variable_declarator.0",
        "enum_member_declaration": "name",
        "event_field_declaration": "variable_declaration.variable_declarator.0",
    },
    reopened=frozenset({"namespace", "class", "struct", "interface", "record"}),
    comment_line=(b"//", b""),
    unique=frozenset({"enum_member_declaration"}),
    named={
        "variable_declarator": "0",
        "enum_member_declaration": "name",
    },
    again=frozenset({"namespace"}),
    locals={"parameter": "name", "switch_section": "0", "switch_expression_arm": "0"},
)
