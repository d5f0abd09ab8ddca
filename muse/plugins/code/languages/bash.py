"""Shell."""

from muse.plugins.code.languages.table import BRANCHES, Language

LANGUAGE = Language(
    name="bash",
    grammar=("tree_sitter_bash", "language"),
    definitions={"function_definition": "function"},
    bodies=frozenset({"program", "compound_statement", "do_group"}),
    comment_line=(b"#", b""),
    named={"variable_assignment": "name"},
    branches=BRANCHES | {"case_item"},
    locals={"case_item": "value"},
)
