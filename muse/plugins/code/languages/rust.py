"""Rust."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="rust",
    grammar=("tree_sitter_rust", "language"),
    definitions={
        "function_item": "function",
        "function_signature_item": "function",
        "struct_item": "struct",
        "enum_item": "enum",
        "trait_item": "trait",
        "impl_item": "impl",
        "mod_item": "module",
        "const_item": "constant",
        "static_item": "static",
        "type_item": "type",
        "macro_definition": "macro",
        "union_item": "union",
    },
    bodies=frozenset({"source_file", "block"}),
    sets=frozenset({"declaration_list"}),
    lists=frozenset({"field_declaration_list", "enum_variant_list", "use_list"}),
    imports=frozenset({"use_declaration", "extern_crate_declaration"}),
    comments=frozenset({"line_comment", "block_comment"}),
    leading=frozenset({"attribute_item"}),
    name_fields=("name", "type"),
    signature=(
        "trait",
        "type_parameters",
    ),
    overloads=True,
    keys={
        "field_declaration": "name",
        "enum_variant": "name",
        "field_initializer": "field",
        "scoped_identifier": "*",
        "identifier": "*",
    },
    reopened=frozenset({"impl"}),
    comment_line=(b"//", b""),
    unique=frozenset({"field_declaration", "enum_variant", "field_initializer"}),
)
