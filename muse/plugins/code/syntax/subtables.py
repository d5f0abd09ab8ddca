"""Tables of TOML that are part of an element of an array: `[x.y]` below `[[x]]` is not what it is below the next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from muse.plugins.code.syntax.parsing import text_of

if TYPE_CHECKING:
    from tree_sitter import Node

_ELEMENT = "table_array_element"


def owned(nodes: Sequence[Node], data: bytes) -> tuple[list[Node], dict[int, list[Node]]]:
    """The nodes that stand for themselves, and by the id of each element the tables right below it that are part of
    it."""
    if not any(node.type == _ELEMENT for node in nodes):
        return list(nodes), {}
    top: list[Node] = []
    parts: dict[int, list[Node]] = {}
    open_: list[tuple[bytes, Node]] = []  # elements that what follows may be part of, the outermost first
    for node in nodes:
        key = _key(node, data) if node.type in ("table", _ELEMENT) else b""
        while key and open_ and not key.startswith(open_[-1][0] + b"."):
            open_.pop()
        (parts.setdefault(open_[-1][1].id, []) if open_ else top).append(node)
        if node.type == _ELEMENT:
            open_.append((key, node))
    return top, parts


def _key(node: Node, data: bytes) -> bytes:
    return b"".join(text_of(node.named_children[0], data).split()) if node.named_children else b""
