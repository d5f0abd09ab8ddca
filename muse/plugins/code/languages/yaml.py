"""YAML."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="yaml",
    grammar=("tree_sitter_yaml", "language"),
    bodies=frozenset({"stream", "block_sequence"}),
    sets=frozenset({"block_mapping"}),
    lists=frozenset({"flow_mapping"}),
    keys={"block_mapping_pair": "key", "flow_pair": "key"},
    comment_line=(b"#", b""),
    unique=frozenset({"block_mapping_pair", "flow_pair"}),
    indented=True,
    named={"block_mapping_pair": "key", "flow_pair": "key"},
    values=frozenset({"block_sequence_item"}),
    freely={"document": "document"},
)
