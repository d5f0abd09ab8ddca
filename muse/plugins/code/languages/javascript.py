"""JavaScript and JSX."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="javascript",
    grammar=("tree_sitter_javascript", "language"),
    definitions={
        "function_declaration": "function",
        "generator_function_declaration": "function",
        "class_declaration": "class",
        "method_definition": "method",
    },
    wrappers=frozenset({"export_statement"}),
    bodies=frozenset({"program", "statement_block", "switch_body"}),
    sets=frozenset({"class_body"}),
    lists=frozenset({"named_imports", "export_clause"}),
    imports=frozenset({"import_statement"}),
    leading=frozenset({"decorator"}),
    keys={
        "shorthand_property_identifier": "*",
        "field_definition": "property",
        "pair": "key",
        "import_specifier": "*",
        "export_specifier": "*",
        "shorthand_property_identifier_pattern": "*",
        "pair_pattern": "key",
        "jsx_attribute": "0",
    },
    sequences=frozenset(
        {"object", "object_pattern", "jsx_opening_element", "jsx_self_closing_element", "formal_parameters", "array"}
    ),
    spaced=frozenset({"jsx_opening_element", "jsx_self_closing_element"}),
    listed_field={"jsx_opening_element": "attribute", "jsx_self_closing_element": "attribute"},
    free=frozenset(
        {
            "pair",
            "method_definition",
            "shorthand_property_identifier",
            "shorthand_property_identifier_pattern",
            "pair_pattern",
            "jsx_attribute",
        }
    ),
    apart={"lexical_declaration": "variable_declarator.name"},
    comment_line=(b"//", b""),
    unique=frozenset({"pair", "shorthand_property_identifier", "import_specifier", "field_definition"}),
    named={
        "variable_declarator": "name",
        "assignment_expression": "left",
        "pair": "key",
        "field_definition": "property",
        "shorthand_property_identifier": "*",
        "export_specifier": "alias|name",
    },
    needs_table=frozenset({"pair", "shorthand_property_identifier"}),
    spaces={"export_specifier": "export"},
    loose=frozenset({"assignment_expression"}),
    calls=frozenset({"expression_statement"}),
    locals={
        "switch_case": "value",
        "jsx_attribute": "0",
        "lexical_declaration": "*.name",
        "formal_parameters/identifier": "*",
        "pair_pattern": "key",
        "shorthand_property_identifier_pattern": "*",
    },
    freely={"expression_statement": "test", "switch_case": "case", "export_statement": "export"},
)
