"""What a JSON, YAML or TOML file means: its value, to compare before and after an edit.

JSON and TOML are read by the standard library. YAML is read from its tree, and what different versions of YAML read
differently, or JSON cannot say, is an `Unread`: equal only to the same text.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from muse.core import toml
from muse.core.errors import MuseError
from muse.plugins.code.keys.address import Path

if TYPE_CHECKING:
    from tree_sitter import Node, Tree

_COMMENT = re.compile(rb'"(?:[^"\\\n]|\\.)*"|//[^\n]*|/\*.*?\*/', re.S)
_LAST_COMMA = re.compile(rb'"(?:[^"\\\n]|\\.)*"|,(?=\s*[\]}])')
_MANY_WAYS = re.compile(
    r"[-+]?(?:[0-9][0-9_,]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]*)?|[-+]?0[xob][0-9a-fA-F_]+|[-+]?\.(?:inf|nan)"
    r"|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*|=|<<"
    r"|true|false|yes|no|on|off|y|n",
    re.I,
)
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.S)
_ESCAPES = {"0": "\0", "a": "\a", "b": "\b", "t": "\t", "\t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r",
            "e": "\x1b", "N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029"}  # fmt: skip
_BLANK_LINES = re.compile(rb"(?:\r?\n[ \t]*)+\r?\Z")
_NULL = frozenset({"", "~", "null", "Null", "NULL"})


@dataclass(frozen=True)
class Unread:
    """A value that JSON cannot say, as it is written (for an alias, as what it stands for is written)."""

    text: str

    def __repr__(self) -> str:
        return f"<{len(self.text)}:{self.text}>"  # nothing escaped: that doubles with each that is in another one


def is_strict(data: bytes) -> bool:
    """True for JSON as everybody reads it: no comments, no comma behind the last item."""
    try:
        json.loads(data.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return not data.strip()
    return True


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def read(name: str, data: bytes, tree: Tree | None, strict: bool = False) -> Any:
    """The value of a file of the format `name`, None for an empty one; MuseError when it cannot be read.

    `strict`: JSON must be that to the letter.
    """
    try:
        if name == "yaml":
            return None if tree is None else Reader(data).document(tree)
        text = data.decode("utf-8-sig" if name == "json" else "utf-8")
        if name == "toml":
            return toml.loads(text)
        return _json(text, strict) if text.strip() else None
    except (ValueError, RecursionError) as error:
        raise MuseError(f"the file could not be read as {name.upper()}: {error!s:.200}") from None


def _json(text: str, strict: bool) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_object)
    except ValueError:
        if strict:
            raise
        data = _COMMENT.sub(lambda found: found[0] if found[0][:1] == b'"' else b" ", text.encode())
        data = _LAST_COMMA.sub(lambda found: found[0] if found[0][:1] == b'"' else b"", data)
        return json.loads(data, object_pairs_hook=_object)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        values: dict[str, list[Any]] = {}
        for name, value in pairs:
            values.setdefault(name, []).append(value)
        found.update((name, Unread(", ".join(map(repr, many)))) for name, many in values.items() if len(many) > 1)
    return found


def wanted(kind: str, before: Any, path: Path, value: Any) -> Any:
    """The value of a file after an edit; what stands beside the path is shared with `before`."""
    top = dict(before) if isinstance(before, dict) else {}
    at = top
    for name in path[:-1]:
        inner = at.get(name)
        at[name] = dict(inner) if isinstance(inner, dict) else {}
        at = at[name]
    if kind == "delete":
        at.pop(path[-1], None)
    else:
        at[path[-1]] = value
    return top


def same(one: Any, other: Any) -> bool:
    """True for equal values of the same types; the order of keys does not count."""
    stack = [(one, other)]
    while stack:
        a, b = stack.pop()
        if a is b:
            continue
        if isinstance(a, dict) and isinstance(b, dict):
            if a.keys() != b.keys():
                return False
            stack += [(a[name], b[name]) for name in a]
        elif isinstance(a, list) and isinstance(b, list):
            if len(a) != len(b):
                return False
            stack += list(zip(a, b))
        elif type(a) is not type(b) or (a != b and repr(a) != repr(b)):
            return False
    return True


# YAML -----------------------------------------------------------------------------------------------------------------


def yaml_name(text: str) -> str:
    """A key of JSON or YAML as text."""
    if text[:1] == '"' == text[-1:] and len(text) > 1:
        return _unescaped(text[1:-1])
    return text[1:-1].replace("''", "'") if text[:1] == "'" == text[-1:] and len(text) > 1 else text


class Reader:
    """The first document of a YAML file as a value."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.anchors: dict[str, str] = {}

    def document(self, tree: Tree) -> Any:
        """The value, None for a file of comments only; ValueError when the file has errors in it."""
        root = tree.root_node
        if root.has_error:
            raise ValueError("it has errors in it")
        documents = [child for child in root.named_children if child.type == "document"]
        nodes = _said(documents[0]) if documents else []
        nodes = [node for node in nodes if node.type in ("block_node", "flow_node")]
        return self.value(nodes[0]) if nodes else None

    def value(self, node: Node) -> Any:
        """What a node means."""
        inner = _said(node)
        if node.type in ("block_node", "flow_node"):
            tagged = any(child.type == "tag" for child in inner)
            for child in inner:
                if child.type == "anchor":
                    self.anchors[self._text(child)[1:]] = self._text(node)
            said = [child for child in inner if child.type not in ("anchor", "tag")]
            if tagged:
                [self.value(child) for child in said]  # for the anchors inside
                return Unread(self._text(node))
            return self.value(said[0]) if said else None
        if node.type in ("block_mapping", "flow_mapping"):
            return _object([self._pair(child) for child in inner])
        if node.type in ("block_sequence", "flow_sequence"):
            return [self._item(child) for child in inner]
        if node.type == "alias":
            return Unread(f"{self._text(node)} {self.anchors.get(self._text(node)[1:])}")
        return self._scalar(node, self._text(node))

    def _pair(self, node: Node) -> tuple[str, Any]:
        if not node.type.endswith("_pair"):
            return yaml_name(self._text(node)), None  # {a} is {a: null}
        key, value = node.child_by_field_name("key"), node.child_by_field_name("value")
        name = "" if key is None else yaml_name(self._text(key))
        return name, None if value is None else self.value(value)

    def _item(self, node: Node) -> Any:
        if node.type == "block_sequence_item":
            said = _said(node)
            return self.value(said[0]) if said else None
        return dict([self._pair(node)]) if node.type == "flow_pair" else self.value(node)

    def _scalar(self, node: Node, text: str) -> Any:
        if node.type == "block_scalar":
            return _literal(self.data[node.start_byte :], node.end_byte - node.start_byte)
        if "\n" in text:
            return Unread(text)
        if node.type in ("double_quote_scalar", "single_quote_scalar"):
            return yaml_name(text)
        if text in _NULL:
            return None
        if not _MANY_WAYS.fullmatch(text):
            return text
        try:
            return json.loads(text)
        except ValueError:
            return Unread(text)

    def _text(self, node: Node) -> str:
        return self.data[node.start_byte : node.end_byte].decode("utf-8", "replace").rstrip()


def _said(node: Node) -> list[Node]:
    return [child for child in node.named_children if child.type != "comment"]


def _unescaped(text: str) -> str:
    def one(found: re.Match[str]) -> str:
        code = found[1]
        return chr(int(code[1:], 16)) if len(code) > 1 and int(code[1:], 16) < 0x110000 else _ESCAPES.get(code, code)

    plain = _ESCAPE.sub(one, text)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def _literal(data: bytes, length: int) -> Any:
    """A block of lines: its text where it is written with `|` or `|-`, else as it is written."""
    text = _BLANK_LINES.sub(b"", data[:length])
    rest = data[len(text) :].lstrip(b"\r")
    head, *lines = text.decode("utf-8", "replace").split("\n")
    lines = [line.rstrip("\r") for line in lines]
    head = head.partition("#")[0].strip()
    if head not in ("|", "|-") or not lines:
        blank = rest[: len(rest) - len(rest.lstrip())].count(b"\n") if "+" in head else rest[:1] == b"\n"
        return Unread(f"{text!r} {blank}")
    first = next((line for line in lines if line.strip()), "")
    depth = len(first) - len(first.lstrip(" "))
    body = "\n".join(line[depth:] for line in lines)
    return body + "\n" if head == "|" and rest[:1] == b"\n" else body


__all__ = ["Unread", "is_strict", "read", "same", "wanted", "yaml_name"]
