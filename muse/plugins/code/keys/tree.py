"""Where the keys of a YAML or TOML file stand, from the tree of its parser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from muse.core import toml
from muse.plugins.code.keys.address import Path
from muse.plugins.code.keys.places import Pair, Places, Scope
from muse.plugins.code.keys.values import yaml_name
from muse.plugins.code.syntax.parsing import text_of

if TYPE_CHECKING:
    from tree_sitter import Node, Tree

_PAIRS = frozenset({"block_mapping_pair", "flow_pair", "pair"})
_MAPPINGS = frozenset({"block_mapping", "flow_mapping", "inline_table"})
_LISTS = frozenset({"array", "flow_sequence", "block_sequence"})


class TreePlaces(Places):
    """The places that a tree shows."""

    def __init__(self, name: str, data: bytes, tree: Tree) -> None:
        super().__init__(name, data)
        self._arrays: set[Path] = set()
        stack: list[tuple[Node, Path]] = [(tree.root_node, ())]
        if name == "toml":
            self.scopes[()] = Scope((), 0, 0, False, [])
        while stack:
            node, path = stack.pop()
            if node.type in _MAPPINGS:
                self.scopes[path] = Scope(path, node.start_byte, node.end_byte, node.type != "block_mapping", [])
            if node.type in ("table", "table_array_element"):
                path = self._table(node)
                if path in self._arrays:
                    continue  # what is inside of one of many has no name
            if node.type in _PAIRS:
                inner = self._pair(node, path)
                stack += [inner] if inner is not None else []
            elif node.type not in _LISTS:
                children = node.named_children
                if node.type == "stream":  # of several YAML documents the first
                    children = [child for child in children if child.type == "document"][:1]
                stack += [(child, path) for child in reversed(children)]

    def _table(self, node: Node) -> Path:
        head = node.named_children[0]
        path = self._names(head)
        array = node.type == "table_array_element"
        around = next((path[:n] for n in range(1, len(path) + 1) if path[:n] in self._arrays), None)
        if around is None and array:
            self._arrays.add(path)
        path = path if around is None else around
        kind = "array" if path in self._arrays else "table"
        close = self.data.index(b"]]" if array else b"]", head.end_byte) + (2 if array else 1)
        inner = [child for child in node.named_children[1:] if child.type == "pair"]
        end = len(self.data[: inner[-1].end_byte].rstrip()) if inner else close  # the grammar counts in a CR
        self.pairs.append(Pair(path, node.start_byte, end, close, None, kind, path))
        if kind == "table":
            self.scopes[path] = Scope(path, node.start_byte, close, False, [])
        return path

    def _pair(self, node: Node, scope: Path) -> tuple[Node, Path] | None:
        key = node.child_by_field_name("key") or node.named_children[0]
        value = node.child_by_field_name("value")
        if value is None:
            rest = [child for child in node.named_children if child.id != key.id and child.type != "comment"]
            value = rest[0] if rest else None
        path = scope + self._names(key)
        span = None if value is None else (value.start_byte, _end(value, self.data))
        end = max(_end(node, self.data) if value is None else 0, span[1] if span else 0)
        null = value is None or text_of(value, self.data).strip() in (b"null", b"~")
        pair = Pair(path, node.start_byte, end, key.end_byte, span, scope=scope, is_null=null)
        self.pairs.append(pair)
        if scope in self.scopes:
            self.scopes[scope].pairs.append(pair)
        return None if value is None else (value, path)

    def _names(self, key: Node) -> Path:
        text = self.data[key.start_byte : key.end_byte].decode("utf-8", "replace")
        if self.name != "toml":
            return (yaml_name(text),)
        if key.type == "bare_key":
            return (text,)
        try:
            found, names = toml.loads(f"{text} = 0"), []
        except ValueError:
            return (text,)
        while isinstance(found, dict):
            names += list(found)
            found = found[names[-1]]
        return tuple(names)


def _end(node: Node, data: bytes) -> int:
    """Where a node's text ends: without comments, and without the lines that YAML's grammar counts in."""
    while node.type in ("block_node", "block_mapping", "block_sequence", "block_mapping_pair", "block_sequence_item"):
        inner = [child for child in node.children if child.type != "comment" and child.end_byte > child.start_byte]
        if not inner:
            break
        node = inner[-1]
    return node.start_byte + len(data[node.start_byte : node.end_byte].rstrip())


__all__ = ["TreePlaces"]
