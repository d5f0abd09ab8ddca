"""C++."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="cpp",
    grammar=("tree_sitter_cpp", "language"),
    definitions={
        "function_definition": "function",
        "struct_specifier": "struct",
        "union_specifier": "union",
        "enum_specifier": "enum",
        "type_definition": "type",
        "preproc_def": "macro",
        "preproc_function_def": "macro",
        "class_specifier": "class",
        "namespace_definition": "namespace",
        "alias_declaration": "type",
        "concept_definition": "concept",
    },
    wrappers=frozenset({"template_declaration"}),
    bodies=frozenset(
        {
            "translation_unit",
            "compound_statement",
            "preproc_ifdef",
            "preproc_if",
            "preproc_else",
            "declaration_list",
            "field_declaration_list",
        }
    ),
    lists=frozenset({"enumerator_list"}),
    imports=frozenset({"preproc_include", "using_declaration"}),
    name_fields=("name", "declarator.declarator.declarator", "declarator.declarator", "declarator"),
    signature=("declarator",),
    overloads=True,
    keys={"enumerator": "name", "field_declaration": "declarator"},
    reopened=frozenset({"namespace"}),
    counted=frozenset({"preproc_def"}),
    comment_line=(b"//", b""),
    unique=frozenset({"enumerator", "field_declaration"}),
    named={
        "enumerator": "name",
        "field_declaration": "declarator",
        "declaration": "declarator",
        "initializer_pair": "designator",
    },
    needs_table=frozenset({"initializer_pair"}),
    spaces={"macro": "macro"},
    again=frozenset({"namespace"}),
    forward=frozenset({"struct_specifier", "union_specifier", "enum_specifier", "class_specifier"}),
    locals={"declaration": "declarator", "parameter_declaration": "declarator"},
)
