"""Ruby."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="ruby",
    grammar=("tree_sitter_ruby", "language"),
    definitions={"method": "method", "singleton_method": "method", "class": "class", "module": "module"},
    bodies=frozenset({"program", "body_statement", "block_body"}),
    sequences=frozenset({"method_parameters", "array"}),
    free=frozenset({"keyword_parameter"}),
    signature=("parameters",),
    keys={"pair": "key", "keyword_parameter": "name"},
    reopened=frozenset({"class", "module"}),
    apart={"assignment": "left"},
    comment_line=(b"#", b""),
    named={"assignment": "left", "pair": "key"},
    needs_table=frozenset({"pair"}),
    spaces={"method": "()"},
    calls=frozenset({"call"}),
    locals={
        "keyword_parameter": "name",
        "optional_parameter": "name",
        "method_parameters/identifier": "*",
        "when": "pattern",
        "in_clause": "pattern",
    },
    freely={"call": "test"},
)
