"""The types of a function's parameters, by which overloads are told apart."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from muse.core.late import regex
from muse.plugins.code.languages.table import Language
from muse.plugins.code.syntax.parsing import flat_text as _text

if TYPE_CHECKING:
    from tree_sitter import Node


_GIVEN = regex(r"<[^<>]*>")
_DEEPEST = 8  # types given to types


def parameter_types(language: Language, node: Node, data: bytes) -> str:
    """The types of the parameters, spelled so that names, annotations, modifiers and null marks do not matter."""
    if language.reads is not None:
        return getattr(node, "shape", None) or ""
    at: Node | None = node
    found = None
    while at is not None and found is None:
        found = at.child_by_field_name("parameters")
        at = at.child_by_field_name("declarator")
    if found is None:
        found = next((child for child in node.named_children if "parameter" in child.type), None)
    if found is None:
        return "".join(_text(child, data) for child in node.named_children if child.type in language.signature)
    if language.name in ("typescript", "tsx", "javascript", "component"):
        return ""
    parameters = found.named_children if found.type != "parameter" else [
        child for child in node.named_children if child.type == "parameter"
    ]  # fmt: skip
    types = ",".join(_type_of(one, data) for one in parameters if one.type not in language.comments)
    for _ in range(_DEEPEST if language.name == "java" and "<" in types else 0):
        types = _GIVEN.sub("", types)  # two that differ in these alone cannot stand side by side
    name = node.child_by_field_name("name")
    if name is not None and language.name == "kotlin":  # `fun Type.name()`
        types = "".join(_text(one, data) + "." for one in node.children if one.type == "user_type"
                        and one.end_byte < name.start_byte) + types  # fmt: skip
    around = found.parent
    if around is None or around.type != "function_declarator":
        return types
    return types + (" const" if any(child.type == "type_qualifier" for child in around.children) else "")


def _type_of(parameter: Node, data: bytes) -> str:
    kind = parameter.child_by_field_name("type")
    signs = ""
    if kind is None:
        types = [child for child in parameter.named_children if "type" in child.type]
        kind = types[-1] if types else None
    declarator = parameter.child_by_field_name("declarator")
    if declarator is not None:
        signs = re.sub(r"\w+", "", _text(declarator, data))
    label = parameter.child_by_field_name("external_name")
    text = _text(kind, data) if kind is not None else _text(parameter, data)
    return re.sub(r"\s+", "", (_text(label, data) + ":" if label is not None else "") + text.rstrip("?") + signs)
