"""Scala."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="scala",
    grammar=("tree_sitter_scala", "language"),
    definitions={
        "function_definition": "function",
        "function_declaration": "function",
        "class_definition": "class",
        "object_definition": "object",
        "trait_definition": "trait",
        "enum_definition": "enum",
        "type_definition": "type",
    },
    bodies=frozenset({"compilation_unit", "block", "indented_block", "case_block"}),
    sets=frozenset({"template_body"}),
    sequences=frozenset({"parameters"}),
    imports=frozenset({"import_declaration"}),
    comments=frozenset({"comment", "block_comment"}),
    signature=("parameters",),
    overloads=True,
    keys={"val_definition": "pattern", "var_definition": "pattern"},
    freely={"case_clause": "arm"},
    comment_line=(b"//", b""),
    indented=True,
    named={"val_definition": "pattern", "var_definition": "pattern"},
    locals={"case_clause": "pattern", "class_parameter": "name", "enum_case_definitions": "0.name"},
)
