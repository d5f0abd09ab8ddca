"""Julia. A function has methods: two of one name stand side by side where their arguments differ."""

from muse.plugins.code.languages.table import Language

_CALLED = ("call_expression", "where_expression.call_expression", "typed_expression.call_expression",
           "where_expression.typed_expression.call_expression")  # fmt: skip
_HEADS = ("", "binary_expression.", "parametrized_type_expression.", "binary_expression.parametrized_type_expression.")

LANGUAGE = Language(
    name="julia",
    grammar=("tree_sitter_julia", "language"),
    definitions={
        "function_definition": "function",
        "macro_definition": "macro",
        "struct_definition": "struct",
        "abstract_definition": "type",
        "module_definition": "module",
    },
    name_fields=(
        "name",
        *(f"signature.{call}.{name}" for call in _CALLED for name in ("identifier", "field_expression", "operator")),
        "signature.identifier",
        *(f"type_head.{head}identifier" for head in _HEADS),
    ),
    bodies=frozenset({"source_file", "module_definition", "struct_definition"}),
    lists=frozenset({"export_statement", "public_statement"}),
    heads=frozenset({"type_head"}),
    imports=frozenset({"using_statement", "import_statement"}),
    comments=frozenset({"line_comment", "block_comment"}),
    leading=frozenset({"string_literal"}),
    signature=("signature",),
    overloads=True,
    keys={"const_statement": "assignment.0", "typed_expression": "0", "identifier": "*"},
    comment_line=(b"#", b""),
    named={"const_statement": "assignment.0"},
    spaces={"function": "()", "macro": "@"},
    locals={"struct_definition/typed_expression": "0", "struct_definition/identifier": "*"},
)
