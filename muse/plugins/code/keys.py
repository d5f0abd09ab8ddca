"""Keys of JSON, YAML and TOML files as things of their own: found by address, replaced, inserted, deleted.

An address is the names from the top, joined by dots: `server.port`; a name that is no plain word is quoted as in JSON:
`scripts."build:all"`. Items of lists are values of their key. Values are plain JSON on the way in and out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from muse.core.errors import MuseError
from muse.plugins.code.languages.table import Language
from muse.plugins.code.syntax.parsing import text_of

if TYPE_CHECKING:
    from tree_sitter import Node, Tree

Path = tuple[str, ...]
_PLAIN = re.compile(r"[^\s.\"'/\[\]{}:#,]+")
_SEGMENT = re.compile(r'"(?:[^"\\]|\\.)*"|[^."]+')
_WORD = re.compile(r"[A-Za-z_][\w./-]*(?: [\w./-]+)*")
_NOT_TEXT = frozenset(["true", "false", "null", "yes", "no", "on", "off", "y", "n", "~"])
_PAIRS = frozenset({"pair", "block_mapping_pair", "flow_pair"})
_TABLES = frozenset({"table", "table_array_element"})
_MAPPINGS = frozenset({"object", "block_mapping", "flow_mapping", "inline_table"})
_ONE_LINE = 60


class Pair(NamedTuple):
    """A key with its value: where both stand, and where the value alone does (None: it has none).

    `scalar` is False for a value that holds others, `is_null` True for one that is null in so many letters, or absent.
    """

    path: Path
    start: int
    end: int
    value: tuple[int, int] | None
    scalar: bool = True
    is_null: bool = False


class Scope(NamedTuple):
    """A mapping: its pairs, and whether braces stand around it (else each pair has a line of its own)."""

    path: Path
    start: int
    end: int
    braces: bool
    pairs: list[Pair]


class Keys:
    """The keys of one text."""

    def __init__(self, language: Language, data: bytes, tree: Tree) -> None:
        self.name = language.name
        self.data = data
        self.pairs: dict[Path, Pair] = {}
        self.scopes: dict[Path, Scope] = {}
        self._walk(tree.root_node)

    # Reading -----------------------------------------------------------------------------------------------------

    def _walk(self, root: Node) -> None:
        stack: list[tuple[Node, Path]] = [(root, ())]
        if self.name == "toml":
            self.scopes[()] = Scope((), 0, 0, False, [])
        while stack:
            node, path = stack.pop()
            if node.type in _MAPPINGS:
                self.scopes[path] = Scope(path, node.start_byte, node.end_byte, node.type != "block_mapping", [])
            if node.type in _TABLES:
                path = self._table(node)
            if node.type in _PAIRS:
                path, value = self._pair(node, path)
                stack += [(value, path)] if value is not None else []
            elif node.type not in ("array", "flow_sequence", "block_sequence"):
                children = node.named_children
                if node.type == "stream":  # of several YAML documents the first
                    children = [child for child in children if child.type == "document"][:1]
                stack += [(child, path) for child in reversed(children)]

    def _table(self, node: Node) -> Path:
        path = self._names(node.named_children[0])
        self.scopes[path] = Scope(path, node.start_byte, node.end_byte, False, [])
        if node.type == "table":
            self.pairs[path] = Pair(path, node.start_byte, node.end_byte, None)
        return path

    def _pair(self, node: Node, scope: Path) -> tuple[Path, Node | None]:
        key = node.child_by_field_name("key") or node.named_children[0]
        value = node.child_by_field_name("value")
        if value is None:
            rest = [child for child in node.named_children if child.id != key.id and child.type != "comment"]
            value = rest[0] if rest else None
        path = scope + self._names(key)
        end = node.end_byte if value is None else value.end_byte
        span = None if value is None else (value.start_byte, value.end_byte)
        null = value is None or text_of(value, self.data).strip() in (b"null", b"~")
        pair = Pair(path, node.start_byte, end, span, value is None or value.type != "block_node", null)
        self.pairs[path] = pair
        if scope in self.scopes:
            self.scopes[scope].pairs.append(pair)
        return path, value

    def _names(self, key: Node) -> Path:
        if key.type == "dotted_key":
            return tuple(name for child in key.named_children for name in self._names(child))
        text = self.data[key.start_byte : key.end_byte].decode("utf-8", "replace")
        if text[:1] == '"':
            try:
                return (str(json.loads(text)),)
            except ValueError:
                return (text[1:-1],)
        return (text[1:-1].replace("''", "'") if text[:1] == "'" else text,)

    def value(self, pair: Pair) -> Any:
        """A key's value as JSON; None for one that JSON cannot say: a table, a block of YAML."""
        if pair.value is None:
            return None
        text = self.data[slice(*pair.value)].decode("utf-8", "replace")
        try:
            if self.name == "toml":
                import tomllib

                found = tomllib.loads(f"x = {text}")["x"]
                json.dumps(found)
                return found
            return json.loads(text)
        except (ValueError, TypeError, RecursionError):
            if self.name != "yaml" or not pair.scalar or text[:1] in ("[", "{", "&", "*", "!"):
                return None
            quoted = text[:1] == "'" == text[-1:] and len(text) > 1
            return text[1:-1].replace("''", "'") if quoted else text

    # Editing -----------------------------------------------------------------------------------------------------

    def replaced(self, path: Path, value: Any) -> tuple[int, int, bytes]:
        """The edit that gives a key another value."""
        pair = self._there(path)
        if pair.value is None and self.data[pair.start : pair.start + 1] == b"[":
            raise MuseError(f"{address_of(path)} is a table; replace its keys, or delete it")
        if pair.value is None:
            return pair.end, pair.end, b" " + self._written(value, pair)
        if value is not None and json.dumps(self.value(pair)) == json.dumps(value):
            return pair.end, pair.end, b""  # written as its author wrote it
        return *pair.value, self._written(value, pair)

    def deleted(self, path: Path) -> tuple[int, int, bytes]:
        """The edit that takes a key away, with its comma or its line."""
        pair, data = self._there(path), self.data
        scope = self.scopes.get(path[:-1])
        if scope is None or not scope.braces:
            start = data.rfind(b"\n", 0, pair.start) + 1
            stop = data.find(b"\n", max(pair.end - 1, pair.start))
            return start, len(data) if stop < 0 else stop + 1, b""
        at = scope.pairs.index(pair)
        if at + 1 < len(scope.pairs):
            return pair.start, scope.pairs[at + 1].start, b""
        if at:
            return scope.pairs[at - 1].end, pair.end, b""
        return scope.start + 1, scope.end - 1, b""

    def inserted(self, path: Path, value: Any) -> tuple[int, int, bytes]:
        """The edit that adds a key at the end of its mapping, or gives it the value when it is there."""
        if path in self.pairs:
            return self.replaced(path, value)
        scope = self.scopes.get(path[:-1])
        if scope is None:
            if not self.data.strip():
                return 0, len(self.data), self._alone(path, value)
            raise MuseError(f"there is no mapping {address_of(path[:-1]) or 'at the top'} to put {path[-1]!r} into")
        last = scope.pairs[-1] if scope.pairs else None
        if not scope.braces:
            return self._new_line(scope, last, path[-1], value)
        spread = b"\n" in self.data[scope.start : (last.start if last else scope.end)]
        indent = self._indent(last.start) if last else self._indent(scope.start) + self._unit()
        gap = b"\n" + indent.encode() if spread else b" "
        text = self._as_pair(path[-1], value, indent)
        if last is not None:
            return last.end, last.end, b"," + gap + text
        close = b"\n" + self._indent(scope.start).encode() if spread else b" " if self.name == "toml" else b""
        return scope.start + 1, scope.end - 1, (gap if spread or self.name == "toml" else b"") + text + close

    def _new_line(self, scope: Scope, last: Pair | None, name: str, value: Any) -> tuple[int, int, bytes]:
        data = self.data
        at = scope.start if last is None else max(last.end - 1, 0)
        if last is None and scope.path == () and self.name == "toml":
            at, head = 0, b""
        else:
            found = data.find(b"\n", at)
            at, head = (len(data), b"\n") if found < 0 else (found + 1, b"")
        indent = self._indent(last.start) if last else ""
        return at, at, head + indent.encode() + self._as_pair(name, value, indent) + b"\n"

    def _alone(self, path: Path, value: Any) -> bytes:
        if len(path) > 1:
            raise MuseError(f"there is no mapping {address_of(path[:-1])} to put {path[-1]!r} into")
        pair = self._as_pair(path[-1], value, "  " if self.name == "json" else "")
        return b"{\n  %b\n}\n" % pair if self.name == "json" else pair + b"\n"

    def _there(self, path: Path) -> Pair:
        pair = self.pairs.get(path)
        if pair is None:
            raise MuseError(f"an edit of {address_of(path)}, which is not there")
        return pair

    def _indent(self, offset: int) -> str:
        """The white space that begins the line of an offset."""
        line = self.data[self.data.rfind(b"\n", 0, offset) + 1 : offset]
        return line[: len(line) - len(line.lstrip())].decode()

    def _unit(self) -> str:
        found = re.search(rb"\n([ \t]+)\S", self.data)
        return found[1].decode() if found else "  "

    # Writing -----------------------------------------------------------------------------------------------------

    def _as_pair(self, name: str, value: Any, indent: str) -> bytes:
        if self.name == "json":
            return f"{json.dumps(name, ensure_ascii=False)}: ".encode() + self._json(value, indent)
        key = name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name, ensure_ascii=False)
        return f"{key}{' = ' if self.name == 'toml' else ': '}".encode() + self._plain(value)

    def _written(self, value: Any, pair: Pair) -> bytes:
        return self._json(value, self._indent(pair.start)) if self.name == "json" else self._plain(value)

    def _json(self, value: Any, indent: str) -> bytes:
        short = json.dumps(value, ensure_ascii=False)
        if not isinstance(value, (dict, list)) or not value or b"\n" not in self.data.strip():
            return short.encode("utf-8", "surrogatepass")
        if len(short) <= _ONE_LINE and not any(isinstance(item, (dict, list)) for item in _items(value)):
            return short.encode("utf-8", "surrogatepass")
        lines = json.dumps(value, ensure_ascii=False, indent=self._unit()).split("\n")
        return f"\n{indent}".join(lines).encode("utf-8", "surrogatepass")

    def _plain(self, value: Any) -> bytes:
        text = _toml(value) if self.name == "toml" else _yaml(value)
        return text.encode("utf-8", "surrogatepass")


def _items(value: Any) -> Iterator[Any]:
    return iter(value.values() if isinstance(value, dict) else value)


def _yaml(value: Any) -> str:
    """A value on one line: JSON is YAML, and a plain word needs no quotes."""
    if isinstance(value, str) and _WORD.fullmatch(value) and value.lower() not in _NOT_TEXT:
        return value
    return json.dumps(value, ensure_ascii=False)


def _toml(value: Any) -> str:
    if value is None:
        raise MuseError("TOML has no null; delete the key instead")
    if isinstance(value, dict):
        rows = (f"{json.dumps(str(key), ensure_ascii=False)} = {_toml(item)}" for key, item in value.items())
        return f"{{ {', '.join(rows)} }}" if value else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)


def address_of(path: Path) -> str:
    """The names joined by dots, quoted where they are no plain words."""
    return ".".join(name if _PLAIN.fullmatch(name) else json.dumps(name, ensure_ascii=False) for name in path)


def path_of(address: str) -> Path:
    """The names an address is made of; MuseError when it is none."""
    names: list[str] = []
    at = 0
    while at < len(address):
        found = _SEGMENT.match(address, at)
        if found is None or address[found.end() : found.end() + 1] not in ("", "."):
            raise MuseError(f"{address:.200} is no address of a key; write names joined by dots: server.port")
        at = found.end() + 1
        text = found[0]
        try:
            names.append(str(json.loads(text)) if text[0] == '"' else text)
        except ValueError:
            raise MuseError(f"{text:.80} is no name") from None
    if not names or address.endswith("."):
        raise MuseError(f"{address:.200!r} is no address of a key; write names joined by dots: server.port")
    return tuple(names)


__all__ = ["Keys", "Pair", "address_of", "path_of"]
