"""C++: what C has, and more."""

from muse.plugins.code.languages.c import LANGUAGE as C
from muse.plugins.code.languages.table import Language

# a macro that says what is exported: `class API_EXPORT Name : public Base {`
_EXPORT = (
    r"\b(?:class|struct|union)[ \t]+([A-Z][A-Z0-9_]+(?:\([^()\n]*\))?(?:[ \t]*\[\[[\w:, ]+\]\])*)"
    r"(?=[ \t]+[A-Za-z_][\w:]*[ \t]*(?:final\b|:(?!:)|\{|$))"
)

LANGUAGE = Language(
    name="cpp",
    grammar=("tree_sitter_cpp", "language"),
    definitions={
        **C.definitions,
        "class_specifier": "class",
        "namespace_definition": "namespace",
        "alias_declaration": "type",
        "concept_definition": "concept",
    },
    wrappers=frozenset({"template_declaration"}),
    bodies=C.bodies | {"declaration_list", "field_declaration_list"},
    lists=C.lists,
    only=C.only,
    sequences=C.sequences,
    apart=C.apart,
    free=frozenset({"initializer_pair"}),
    imports=C.imports | {"using_declaration"},
    name_fields=C.name_fields,
    signature=("declarator",),
    overloads=True,
    skipped=_EXPORT,
    keys={"enumerator": "name", "field_declaration": "declarator", "initializer_pair": "designator"},
    reopened=frozenset({"namespace"}),
    counted=C.counted,
    comment_line=C.comment_line,
    unique=C.unique,
    named=C.named,
    needs_table=C.needs_table,
    spaces={"macro": "macro"},
    again=frozenset({"namespace"}),
    forward=C.forward | {"class_specifier"},
    locals={**C.locals, "field_initializer": "0"},
    freely=C.freely,
)
