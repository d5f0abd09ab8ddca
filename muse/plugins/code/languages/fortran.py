"""Fortran in free form; what is in fixed columns (`.f`, `.for`) is merged as text."""

from muse.plugins.code.languages.table import Language

_UNITS = ("module", "submodule", "program", "function", "subroutine", "module_procedure")
_VARIABLES = "init_declarator.left|sized_declarator.0|identifier"

LANGUAGE = Language(
    name="fortran",
    grammar=("tree_sitter_fortran", "language"),
    definitions={
        "module": "module",
        "submodule": "module",
        "program": "program",
        "function": "function",
        "subroutine": "subroutine",
        "module_procedure": "procedure",
        "derived_type_definition": "type",
        "interface": "interface",
    },
    name_fields=(
        *(f"{unit}_statement.name" for unit in _UNITS),
        "derived_type_statement.type_name",
        "interface_statement.name",
    ),
    bodies=frozenset(
        {*_UNITS, "translation_unit", "internal_procedures", "derived_type_definition", "interface", "enum"}
    ),
    sets=frozenset({"derived_type_procedures"}),
    lists=frozenset({"included_items", "variable_declaration"}),
    listed_field={"variable_declaration": "declarator"},
    heads=frozenset(
        {f"{unit}_statement" for unit in (*_UNITS, "derived_type", "interface", "contains", "enum")}
        | {f"end_{unit}_statement" for unit in (*_UNITS, "type", "interface", "enum")}
    ),
    imports=frozenset({"use_statement"}),
    signature=(),
    keys={"internal_procedures": "contains_statement", "procedure_statement": "declarator", "identifier": "*"},
    reopened=frozenset({"interface"}),
    comment_line=(b"!", b""),
    named={"enumerator_statement": "declarator.left|identifier"},
    again=frozenset({"interface"}),
    locals={"variable_declaration": _VARIABLES},
)
