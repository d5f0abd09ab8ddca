"""Devicetree sources: nodes by name and address, properties by name; what refers to a label may do so again."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="devicetree",
    grammar=("tree_sitter_devicetree", "language"),
    definitions={"node": "node", "preproc_def": "macro", "preproc_function_def": "macro"},
    name_fields=("name@address",),
    bodies=frozenset({"document", "node", "preproc_ifdef", "preproc_if", "preproc_else"}),
    heads=frozenset({"identifier", "reference", "unit_address"}),
    imports=frozenset({"preproc_include"}),
    signature=(),
    repeatable=frozenset({"/", "&"}),
    reopened=frozenset({"node", "macro"}),
    free=frozenset({"property"}),
    keys={"property": "name"},
    counted=frozenset({"preproc_def"}),
    comment_line=(b"//", b""),
    unique=frozenset({"property"}),
    named={"property": "name"},
    spaces={"node": "node", "macro": "macro"},
)
