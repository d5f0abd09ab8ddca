"""C."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="c",
    grammar=("tree_sitter_c", "language"),
    definitions={
        "function_definition": "function",
        "struct_specifier": "struct",
        "union_specifier": "union",
        "enum_specifier": "enum",
        "type_definition": "type",
        "preproc_def": "macro",
        "preproc_function_def": "macro",
    },
    bodies=frozenset({"translation_unit", "compound_statement", "preproc_ifdef", "preproc_if", "preproc_else"}),
    sets=frozenset({"field_declaration_list"}),
    lists=frozenset({"enumerator_list"}),
    only={"initializer_list": "initializer_pair"},
    sequences=frozenset({"initializer_list", "parameter_list"}),
    imports=frozenset({"preproc_include"}),
    name_fields=("name", "declarator.declarator.declarator", "declarator.declarator", "declarator"),
    signature=(),
    free=frozenset({"prototype", "initializer_pair"}),
    keys={
        "enumerator": "name",
        "field_declaration": "declarator",
        "prototype": "declarator.declarator",
        "initializer_pair": "designator",
    },
    reopened=frozenset({"struct", "union", "enum", "type", "macro"}),
    counted=frozenset({"preproc_def"}),
    apart={"declaration": "declarator"},
    comment_line=(b"//", b""),
    unique=frozenset({"enumerator", "field_declaration"}),
    named={
        "enumerator": "name",
        "field_declaration": "declarator",
        "declaration": "declarator",
        "initializer_pair": "designator",
    },
    needs_table=frozenset({"initializer_pair"}),
    spaces={"struct": "tag", "union": "tag", "enum": "tag", "macro": "macro"},
    forward=frozenset({"struct_specifier", "union_specifier", "enum_specifier"}),
    locals={
        "case_statement": "value",
        "declaration": "declarator",
        "parameter_declaration": "declarator",
        "labeled_statement": "label",
    },
    freely={"case_statement": "case"},
)
