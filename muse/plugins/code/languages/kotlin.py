"""Kotlin."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="kotlin",
    grammar=("tree_sitter_kotlin", "language"),
    definitions={
        "function_declaration": "function",
        "class_declaration": "class",
        "object_declaration": "object",
        "companion_object": "object",
        "type_alias": "type",
    },
    bodies=frozenset({"source_file", "block", "when_expression"}),
    sets=frozenset({"class_body"}),
    lists=frozenset({"modifiers", "delegation_specifiers"}),
    spaced=frozenset({"modifiers"}),
    sequences=frozenset({"function_value_parameters", "class_parameters"}),
    heads=frozenset({"when_subject"}),
    imports=frozenset({"import"}),
    freely={"when_entry": "arm"},
    comments=frozenset({"line_comment", "block_comment"}),
    nameless={"companion_object": "Companion"},
    misread=frozenset({"annotated_expression", "infix_expression"}),  # `@A(x::class) class B`, `interface C {`
    signature=("function_value_parameters",),
    overloads=True,
    keys={"property_declaration": "variable_declaration.0", "annotation": "*", "delegation_specifier": "*"},
    apart={"property_declaration": "variable_declaration.0"},
    comment_line=(b"//", b""),
    locals={"when_entry": "condition", "class_parameter": "identifier"},
    named={"property_declaration": "variable_declaration.0", "enum_entry": "0"},
    spaces={"function": "()"},
)
