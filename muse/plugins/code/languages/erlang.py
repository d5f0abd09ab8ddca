"""Erlang: a function by name and number of arguments, with its type and clauses; records, types, macros by name."""

from muse.plugins.code.languages.table import FEW, Language

_END = r"(?![ \t]*%|[^\n]*(?:[,;]|->)[ \t]*%)[^\n]*\.[ \t]*(?:%[^\n]*)?(?:\n|\Z)"  # the line that ends a form
_LINES = rf"(?:(?!{_END})[^\n]*\n)"  # of it before that
_COMMENTS = rf"(?:%[^\n]*\n){{0,{FEW}}}"

LANGUAGE = Language(
    name="erlang",
    lines=(
        "blocks",
        rf"^{_COMMENTS}(?:-(?:spec|doc)\b{_LINES}{{0,{FEW}}}{_END}{_COMMENTS})*"
        r"(-(?:record|type|opaque|callback|define)\b[ (]*\w+|[a-z]\w*\([^\n]*?\)(?=[ \t]*(?:when\b[^\n]*)?->))"
        rf"{_LINES}*(?:{_END}|\Z)",
        "arity",
    ),
    comment_line=(b"%", b""),
    cases=(),
)
