"""Lisp, Scheme and Clojure: what a form at the left margin defines, by its name; a method by what it is for, too."""

from muse.plugins.code.languages.table import FEW, Language

_COMMENT = r"[ \t]*;[^\n]*\n"
_NAME = r"[^\s()\[\]{}\";]+"
_MORE = r"(?:[ \t]+\S[^\n]*(?:\n|\Z)|(?:[ \t\r]*\n)+(?=[ \t]+\S)|[)\]}][^\n]*(?:\n|\Z))"

LANGUAGE = Language(
    name="lisp",
    lines=(
        "blocks",
        rf"^(?:{_COMMENT}){{0,{FEW}}}\((?:[\w.-]+/)?def\S*[ \t]+(?:\^\S+[ \t]+)*\(?((?<=defmethod )[^\n]*|"
        rf"{_NAME})[^\n]*(?:\n|\Z){_MORE}*",
    ),
    comment_line=(b";", b""),
)
