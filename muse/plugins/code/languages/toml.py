"""TOML."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="toml",
    grammar=("tree_sitter_toml", "language"),
    bodies=frozenset(),
    sets=frozenset({"document", "table", "table_array_element"}),
    lists=frozenset({"inline_table"}),
    sought={
        "array": r"^build-system\.requires$"
        r"|^project\.(?:keywords|classifiers|dynamic|authors|maintainers|dependencies|optional-dependencies\..+)$"
        r"|^(?:dependency-groups|features)\.[^.]+$"
        r"|^(?:workspace|package)\.(?:members|default-members|exclude|include|keywords|categories)$"
        r"|(?:^|[.-])dependencies\.[^.]+\.(?:features|extras)$"
        r"|^tool\.(?:.+\.)?(?:files|omit|(?:extend-)?(?:select|ignore)|disable|enable|markers|known[-_]\w+"
        r"|(?:extend-)?per-file-ignores\.[^.]+)$"
    },
    sequences=frozenset({"array"}),
    keys={"pair": "0", "table": "0", "table_array_element": "0 1", "string": "*"},
    heads=frozenset({"bare_key", "quoted_key", "dotted_key"}),
    comment_line=(b"#", b""),
    unique=frozenset({"pair", "table"}),
    named={"pair": "0", "table": "0", "table_array_element": "0"},
    loose=frozenset({"table_array_element"}),
)
