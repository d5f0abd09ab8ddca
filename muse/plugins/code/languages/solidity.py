"""Solidity. State variables, members of structs and of enums have a place: that is where they are stored."""

from muse.plugins.code.languages.table import Language

_NAMED = {"state_variable_declaration": "name", "struct_member": "name", "enum_value": "*"}

LANGUAGE = Language(
    name="solidity",
    grammar=("tree_sitter_solidity", "language"),
    definitions={
        "contract_declaration": "contract",
        "interface_declaration": "interface",
        "library_declaration": "library",
        "function_definition": "function",
        "modifier_definition": "modifier",
        "event_definition": "event",
        "error_declaration": "error",
        "struct_declaration": "struct",
        "enum_declaration": "enum",
        "user_defined_type_definition": "type",
    },
    bodies=frozenset({"source_file", "contract_body", "function_body", "block_statement", "struct_body"}),
    lists=frozenset({"import_directive"}),
    listed_field={"import_directive": "import_name"},
    sequences=frozenset({"enum_body"}),
    imports=frozenset({"import_directive"}),
    overloads=True,
    keys={**_NAMED, "import_directive": "source"},
    comment_line=(b"//", b""),
    unique=frozenset({"struct_member", "enum_value"}),
    named=_NAMED,
    locals={"variable_declaration_statement": "variable_declaration.name"},
)
