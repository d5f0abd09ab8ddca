"""Cap'n Proto: structs, enums and interfaces by name, fields by name and ordinal."""

from muse.plugins.code.languages.table import Language, Nested

LANGUAGE = Language(
    name="capnp",
    lines=("nested",),
    nested=Nested(
        key=r"((?:struct|enum|interface|const|annotation|using) [\w.]+|union(?= ?\{))|(\w+) ?@\d|(\w+) ?:",
        once="/?",
        opens=r"\{(?:\s*#.*)?$",
        numbers=r"^\w+ ?@(\d+)",
        flat=r"^(?:\w+ ?:)?(?:union|group)\b",
    ),
    comment_line=(b"#", b""),
)
