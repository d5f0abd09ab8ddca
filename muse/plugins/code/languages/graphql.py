"""GraphQL: types, inputs, enums and operations by name, fields by name."""

from muse.plugins.code.languages.table import Language, Nested

_KINDS = r"type|interface|input|enum|union|scalar|schema|query|mutation|subscription|fragment|directive"

LANGUAGE = Language(
    name="graphql",
    lines=("nested",),
    nested=Nested(
        key=rf"((?:extend )?(?:{_KINDS})(?: @?\w+)?)(?= |$|\(|\{{)|(\w+) ?(?=[(:@{{ ]|$)",
        opens=r"[{(](?:\s*#.*)?$",
        once=r"/|(?!extend )",
        made=r"(?:type|interface|input|enum|union|scalar) ",
    ),
    comment_line=(b"#", b""),
)
