"""CSS."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="css",
    grammar=("tree_sitter_css", "language"),
    bodies=frozenset({"stylesheet"}),
    sets=frozenset({"block"}),
    imports=frozenset({"import_statement"}),
    keys={"rule_set": "0", "declaration": "0", "media_statement": "0"},
    free=frozenset({"rule_set", "media_statement", "keyframes_statement"}),
    comment_line=(b"/*", b" */"),
    named={"rule_set": "0", "declaration": "0", "media_statement": "0", "keyframes_statement": "0"},
    loose=frozenset({"rule_set", "declaration", "media_statement", "keyframes_statement"}),
)
