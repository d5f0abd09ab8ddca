"""What numbers a thing: the value of an enum member, of a constant, of a key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from muse.core.late import regex
from muse.core.law.entries import Entry
from muse.plugins.code.syntax.parsing import text_of

if TYPE_CHECKING:
    from tree_sitter import Node

_WHOLE = regex(rb"(?:-?\d+|0[xX][0-9a-fA-F]+)[uUlL]*")
_SHIFTED = regex(rb"\(?1[uUlL]*\s*<<\s*(\d{1,2})\)?")  # one bit
_TEXT = regex(rb"'[^'\\\n]*'|\"[^\"\\\n]*\"")
_ENUMS = regex(rb"\b\w*(?:Enum|Flag)\b")
_DECLARED = frozenset(
    {
        "declaration", "field_declaration", "const_declaration", "property_declaration", "variable_declaration",
        "variable_declarator", "pair",
    }
)  # fmt: skip
"""Declarations whose grammar keeps the value somewhere inside."""
_MOST = 200
_GIVEN = regex(rb"(?:[=:,]|[=-]>)\s*(-?\d+|0[xX][0-9a-fA-F]+)[)}\],;.\s]*$")
_ONE = regex(rb"(?<![\w.-])(-?\d+|0[xX][0-9a-fA-F]+|1\s*<<\s*\d{1,2})(?![\w.%]|-\w)[uUlL]*")
_WORD = regex(rb"[A-Za-z_$@][\w$-]*")
_JOINS = (b"to",)  # a word between a name and its number
_KEYED = frozenset({"array_element_initializer", "container_field", "attribute", "binding"})
"""Entries of a grammar that gives their value no field."""
_ARGUMENTS = ("argument_list", "value_arguments", "argument_part")


def number_of(node: Node, data: bytes) -> str:
    """The whole number that is a node's value, as text, and for a member of an enum the text; "" when it is none."""
    value = _value(node)
    if value is not None:
        text = text_of(value, data).strip()
    elif node.type in _DECLARED and len(parts := text_of(node, data).split(b"=")) == 2:
        text = parts[1].strip(b"; \n\r\t")
    elif node.type in _KEYED:
        return number_behind(text_of(node, data))
    else:
        return ""
    known = _WHOLE.fullmatch(text) or _SHIFTED.fullmatch(text) or (is_member(node, data) and _TEXT.fullmatch(text))
    return _normal(text) if known else ""


def _value(node: Node) -> Node | None:
    for name in ("value", "raw_value", "right" if node.type == "assignment" else "value"):
        value = node.child_by_field_name(name)
        if value is not None:
            return value
    if "enum" not in node.type:
        return None
    inner = [child for child in node.named_children[1:] if child.type not in _ARGUMENTS]
    values = [child for child in inner if "int" in child.type or "number" in child.type]
    return values[0] if values else _first_argument(node)


def _first_argument(node: Node) -> Node | None:
    """What a member hands to the constructor of its enum first."""
    given = next((child for child in node.named_children[1:] if child.type in _ARGUMENTS), None)
    first = given.named_children[0] if given is not None and given.named_children else None
    while first is not None and first.type in ("value_argument", "arguments", "argument"):
        first = first.named_children[0] if first.named_children else None
    return first


def numbered(kind: str, text: bytes) -> Entry | None:
    """What gives one name one number, and says nothing more; its kind is what it looks like without these."""
    numbers = list(_ONE.finditer(text)) if 0 < len(text) < _MOST else []
    if len(numbers) != 1:
        return None
    number = numbers[0]
    words = [word for word in _WORD.finditer(text) if word.group() not in _JOINS]
    before = [word for word in words if word.end() <= number.start()]
    name = before[-1].group() if before else words[0].group() if words else b""
    if not name:
        return None
    looks = (text[: number.start()] + b"\0" + text[number.end() :]).replace(name, b"\1")
    return Entry(kind + looks.decode("latin-1"), name.decode("utf-8", "replace"), b"", number=_normal(number[1]))


def is_number(text: bytes) -> bool:
    """True for a whole number."""
    return _WHOLE.fullmatch(text) is not None


def number_behind(text: bytes) -> str:
    """The number that a line gives what stands before it; "" for none."""
    given = _GIVEN.search(text) if len(text) < _MOST and b"\n" not in text.strip() else None
    return _normal(given[1]) if given is not None else ""


def _normal(text: bytes) -> str:
    shifted = _SHIFTED.fullmatch(text)
    return str(1 << int(shifted[1])) if shifted is not None else text.decode("utf-8", "replace").rstrip("uUlL")


def is_member(node: Node, data: bytes) -> bool:
    """True for a member of an enum that its value alone tells from the others."""
    if node.type == "assignment":  # of a class that is an enum
        around = node.parent.parent if node.parent is not None else None
        above = around.parent.child_by_field_name("superclasses") if around is not None and around.parent else None
        return above is not None and _ENUMS.search(text_of(above, data)) is not None
    return "enum" in node.type and not any(child.type in _ARGUMENTS for child in node.named_children)
