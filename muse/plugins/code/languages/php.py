"""PHP."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="php",
    grammar=("tree_sitter_php", "language_php"),
    definitions={
        "function_definition": "function",
        "method_declaration": "method",
        "class_declaration": "class",
        "interface_declaration": "interface",
        "trait_declaration": "trait",
        "enum_declaration": "enum",
    },
    bodies=frozenset({"program", "compound_statement", "switch_block"}),
    sets=frozenset({"declaration_list", "enum_declaration_list"}),
    sequences=frozenset({"formal_parameters"}),
    imports=frozenset({"namespace_use_declaration"}),
    keys={"property_declaration": "property_element.name", "const_declaration": "const_element.0", "enum_case": "name"},
    apart={"expression_statement": "assignment_expression.left"},
    comment_line=(b"//", b""),
    unique=frozenset({"enum_case", "property_declaration"}),
    named={
        "const_declaration": "const_element.0",
        "property_declaration": "property_element.name",
        "enum_case": "name",
        "array_element_initializer": "0",
    },
    needs_table=frozenset({"array_element_initializer"}),
    spaces={
        "function": "()",
        "method": "()",
        "const_declaration": "const",
        "enum_case": "const",
        "property_declaration": "$",
    },
    locals={
        "case_statement": "value",
        "simple_parameter": "name",
        "property_promotion_parameter": "name",
        "match_conditional_expression": "conditional_expressions",
    },
    freely={"case_statement": "case"},
)
