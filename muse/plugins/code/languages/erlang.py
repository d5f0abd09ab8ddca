"""Erlang: a function by name and arguments, with its type and all its clauses; records, types and macros by name."""

from muse.plugins.code.languages.table import Language

_END = r"[^\n]*\.[ \t]*(?:%[^\n]*)?(?:\n|\Z)"  # the line that ends a form
_FORM = rf"(?:(?!{_END})[^\n]*\n)*{_END}"

LANGUAGE = Language(
    name="erlang",
    lines=(
        "blocks",
        rf"^(?:%[^\n]*\n)*(?:-(?:spec|doc)\b{_FORM}(?:%[^\n]*\n)*)*"
        r"(-(?:record|type|opaque|callback|define)\b[ (]*\w+|[a-z]\w*\([^\n]*?\)(?=[ \t]*(?:when\b[^\n]*)?->))"
        rf"{_FORM}",
    ),
    comment_line=(b"%", b""),
    cases=(),
)
