"""Go."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="go",
    grammar=("tree_sitter_go", "language"),
    definitions={
        "function_declaration": "function",
        "method_declaration": "method",
        "type_declaration": "type",
        "type_spec": "type",
    },
    bodies=frozenset({"source_file", "statement_list", "block"}),
    sets=frozenset({"field_declaration_list", "import_spec_list"}),
    sequences=frozenset({"literal_value", "parameter_list"}),
    free=frozenset({"keyed_element"}),
    imports=frozenset({"import_declaration", "import_spec"}),
    repeatable=frozenset({"init", "_"}),
    name_fields=("name",),
    signature=("receiver",),
    keys={"field_declaration": "name", "const_spec": "name", "keyed_element": "0"},
    apart={"const_declaration": "const_spec.name", "var_declaration": "var_spec.name"},
    comment_line=(b"//", b""),
    unique=frozenset({"field_declaration"}),
    named={
        "var_spec": "name",
        "const_spec": "name",
        "field_declaration": "name",
        "method_elem": "name",
        "keyed_element": "0",
    },
    needs_table=frozenset({"keyed_element"}),
    locals={
        "var_declaration": "*.name",
        "const_declaration": "*.name",
        "type_declaration": "*.name",
        "parameter_declaration": "name",
        "expression_case": "value",
        "type_case": "type",
    },
)
