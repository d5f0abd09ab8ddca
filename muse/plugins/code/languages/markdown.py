"""Markdown, by section."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="markdown",
    grammar=("tree_sitter_markdown", "language"),
    definitions={"section": "section"},
    bodies=frozenset({"document", "section", "pipe_table"}),
    name_fields=("heading_content",),
    reopened=frozenset({"section"}),
    comment_line=(b"<!--", b" -->"),
    indented=True,
    freely={"pipe_table_row": "row", "link_reference_definition": "link"},
)
