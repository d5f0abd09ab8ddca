"""TypeScript."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="typescript",
    grammar=("tree_sitter_typescript", "language_typescript"),
    definitions={
        "function_declaration": "function",
        "generator_function_declaration": "function",
        "class_declaration": "class",
        "method_definition": "method",
        "abstract_class_declaration": "class",
        "interface_declaration": "interface",
        "type_alias_declaration": "type",
        "enum_declaration": "enum",
        "method_signature": "method",
        "abstract_method_signature": "method",
        "function_signature": "function",
        "internal_module": "namespace",
    },
    wrappers=frozenset({"export_statement"}),
    bodies=frozenset({"program", "statement_block"}),
    sets=frozenset({"class_body", "interface_body"}),
    lists=frozenset({"named_imports", "export_clause", "enum_body"}),
    imports=frozenset({"import_statement"}),
    leading=frozenset({"decorator"}),
    overloads=True,
    keys={
        "shorthand_property_identifier": "*",
        "public_field_definition": "name",
        "property_signature": "name",
        "pair": "key",
        "import_specifier": "*",
        "export_specifier": "*",
        "enum_assignment": "name",
        "property_identifier": "*",
    },
    reopened=frozenset({"namespace", "interface", "function", "method"}),
    sequences=frozenset({"object"}),
    free=frozenset({"pair", "method_definition", "shorthand_property_identifier"}),
    comment_line=(b"//", b""),
    unique=frozenset(
        {
            "pair",
            "shorthand_property_identifier",
            "import_specifier",
            "public_field_definition",
            "property_signature",
            "enum_assignment",
        }
    ),
)
