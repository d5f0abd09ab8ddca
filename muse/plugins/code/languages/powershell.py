"""PowerShell."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="powershell",
    grammar=("tree_sitter_pwsh", "language"),
    definitions={
        "function_statement": "function",
        "class_statement": "class",
        "enum_statement": "enum",
        "class_method_definition": "method",
    },
    name_fields=("function_name", "simple_name"),
    bodies=frozenset({"program", "statement_list", "using_directive_list", "enum_statement"}),
    sets=frozenset({"class_statement", "hash_literal_body"}),
    heads=frozenset({"simple_name"}),
    imports=frozenset({"using_statement"}),
    signature=("class_method_parameter_list",),
    overloads=True,
    keys={"class_property_definition": "variable", "enum_member": "simple_name", "hash_entry": "key_expression"},
    comment_line=(b"#", b""),
    unique=frozenset({"class_property_definition", "enum_member", "hash_entry"}),
    named={"class_property_definition": "variable", "enum_member": "simple_name"},
    locals={"script_parameter": "variable", "switch_clause": "switch_clause_condition"},
)
