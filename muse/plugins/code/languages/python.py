"""Python."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="python",
    grammar=("tree_sitter_python", "language"),
    definitions={"function_definition": "function", "class_definition": "class"},
    wrappers=frozenset({"decorated_definition"}),
    bodies=frozenset({"module", "block"}),
    imports=frozenset({"import_statement", "import_from_statement"}),
    signature=("parameters", "type_parameters", "return_type", "superclasses"),
    repeatable=frozenset({"overload", "setter", "deleter", "getter", "register"}),
    lists=frozenset({"import_from_statement", "set"}),
    sequences=frozenset({"argument_list", "dictionary", "parameters", "list"}),
    free=frozenset({"keyword_argument", "pair"}),
    sought={"list": r"(?:^|\.)(?:__all__|INSTALLED_APPS|ALLOWED_HOSTS)$"},
    listed_field={"import_from_statement": "name"},
    keys={"keyword_argument": "name", "pair": "key", "dotted_name": "*", "aliased_import": "*", "string": "*"},
    apart={"expression_statement": "assignment.left"},
    freely={"default_parameter": "keyword", "typed_default_parameter": "keyword", "typed_parameter": "keyword"},
    comment_line=(b"#", b""),
    unique=frozenset({"keyword_argument"}),
    indented=True,
    named={"assignment": "left", "pair": "key"},
    needs_table=frozenset({"pair"}),
    leading_imports=frozenset({"future_import_statement"}),
    locals={
        "parameters/identifier": "*",
        "typed_parameter": "0",
        "default_parameter": "name",
        "typed_default_parameter": "name",
        "case_clause": "0",
        "elif_clause": "condition",
        "except_clause": "value",
        "decorator": "*",
    },
)
