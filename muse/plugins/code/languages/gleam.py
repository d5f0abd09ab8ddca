"""Gleam: functions, types and constants by name, modules by what is imported; constructors of a type are a set."""

from muse.plugins.code.languages.table import Language, Nested

LANGUAGE = Language(
    name="gleam",
    lines=("nested",),
    nested=Nested(
        key=r"(?:pub(?:\(\w+\))? )?(?:opaque )?((?:fn|type|const) \w+|import [\w/]+(?: as \w+)?)"
        r"|(?!.*->)([A-Z]\w*)(?=\(|,|$)",
        opens=r"[{(\[]$",
        free=r"^(?:pub(?:\(\w+\))? )?(?:opaque )?type\b",
        items=r"[A-Z]\w*(?:\(|,|$)",
        note="@",
        made=r"import (?:\w+/)*",
    ),
    comment_line=(b"//", b""),
)
