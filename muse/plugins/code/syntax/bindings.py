"""Whether a name in a syntax tree is given its meaning there, by what grammars call such nodes and their fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from muse.core.late import regex

if TYPE_CHECKING:
    from tree_sitter import Node

_BINDS = regex(
    "assign|import|declar|binding|^let|_let|^for|_for|range|const|static|def|spec|item|enumerator|variant|field|entry"
    "|property|pattern|clause|capture|resource|catch|lambda|closure|arrow|function|method|class|struct|enum|trait|param"
    "|interface|type|macro|preproc|variable|target|alias|named_exp|instanceof|^if_|guard|^while"
)
_NEVER = regex(
    "call|invocation|argument|access|selector|member|subscript|index|path|scoped|qualified|generic|field_expr|keyed"
    "|keyword_arg|attribute|initializer|condition|return|binary|unary|expression$"
)
_ALL_THE_SAME = regex("assign|arrow|let|^for|^(?:named|declaration|instanceof)_expression$")
_MEMBER = regex("attribute|member|field_exp")
_IN_PLACE = regex(
    "param|pattern|^variable_declaration$|enumerator$|^foreach_statement$|payload|^exception_variable$|^catch_block$"
    "|^global_declaration$|^declaration_command$|^initialized_identifier$|^assignment$|^for_binding$"
)
_MANY = regex("pattern|param.*(?:s|list)$|payload|^global_declaration$|^declaration_command$")
_PLACES = (
    "left", "name", "pattern", "declarator", "parameter", "parameters", "alias", "variable", "property",
    "bound_identifier",
)  # fmt: skip
_VALUES = ("value", "type", "default_value", "return_type", "body")
_THROUGH = regex(
    "^pair$|^rest_|tuple|list|pattern|declarator|identifier|reference|mut|variable|name|parameters|attribute|member_exp"
)
_KEYS = regex("import|use_as|keyword|keyed|named_arg|value_argument|argument$|pair|label|field_init|attribute")


def binds(node: Node) -> bool:
    """True where a name is given its meaning: a target, a parameter, what is declared."""
    child, parent = node, node.parent
    for _ in range(6):
        if parent is None:
            return False
        sign = parent.child_by_field_name("operator") if parent.type == "binary_operator" else None
        if sign is not None and sign.type in ("=", "<-"):  # Elixir's match
            return _stands_in(parent, child, ("left",))
        listed = sign is not None and sign.type == "|"
        if _NEVER.search(parent.type) and not listed and not _ALL_THE_SAME.search(parent.type):
            return _MEMBER.search(parent.type) is not None and _is_target(parent)
        if _BINDS.search(parent.type) and _stands_in(parent, child, _PLACES):
            return True
        if _IN_PLACE.search(parent.type) and not _stands_in(parent, child, _VALUES):
            first = parent.named_children[:1] == [child]
            return first != (parent.type == "foreach_statement") or _MANY.search(parent.type) is not None
        if not listed and not _THROUGH.search(parent.type):
            return False
        child, parent = parent, parent.parent
    return False


def _is_target(node: Node) -> bool:
    """True for `self.x` where something is assigned to it."""
    around = node.parent
    return around is not None and "assign" in around.type and _stands_in(around, node, ("left",))


def _stands_in(parent: Node, child: Node, fields: Sequence[str]) -> bool:
    """True for a child that one of these fields holds."""
    return any(child in parent.children_by_field_name(name) for name in fields)


def is_key(node: Node, data: bytes) -> bool:
    """True for what names a value that is given: `f(width=1)`, `{width: 1}`."""
    parent = node.parent
    while parent is not None and parent.child_count == 1:
        node, parent = parent, parent.parent
    if parent is None or not _KEYS.search(parent.type) or parent.start_byte != node.start_byte:
        return False
    rest = data[node.end_byte : node.end_byte + 20].lstrip()
    if rest.startswith(b"as "):
        return "import" in parent.type or "use" in parent.type
    return rest[:1] in (b"=", b":") and rest[:2] not in (b"==", b"::")
