"""Symbols of a source file: what is defined where, under which address."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING

from muse.core.types import blob_digest
from muse.plugins.code.languages.table import Language
from muse.plugins.code.syntax.parsing import nodes_of, parse, text_of

if TYPE_CHECKING:
    from tree_sitter import Node, Tree


_DEEPEST = 20  # definitions within each other
_BRANCHES = frozenset({"preproc_ifdef", "preproc_if", "preproc_else", "preproc_elif", "if_statement", "else_clause"})


class Symbol:
    """One definition.

    `address` is the qualified name inside the file, `#2` and so on appended to repeated ones. `start` and `end` are
    byte offsets that include decorators and the comment block on top; `content_id` covers that text, `body_id` the
    definition's tokens without its name, `inner_id` those of its block alone, `signature_id` its parameters and types;
    `token_id` all tokens without white space and comments. Tokens are read when they are asked for: of two versions of
    a file most definitions have the same text. `leaf` is False when it holds further symbols; `marks` are its
    decorators; `conditional` says that it stands in a branch of the preprocessor or under `#[cfg]`, and may lawfully
    repeat. A plain class, because drivers read this file and `dataclasses` costs them 4 ms.
    """

    def __init__(
        self,
        kind: str,
        name: str,
        address: str,
        parent: str,
        start: int,
        end: int,
        text: bytes,
        marks: frozenset[str],
        conditional: bool,
        of: tuple[Language, Node, bytes],
    ) -> None:
        """`of`: the language, the node of the definition, the file."""
        self.kind, self.name, self.address, self.parent = kind, name, address, parent
        self.start, self.end, self.text = start, end, text
        self.marks, self.conditional, self.of = marks, conditional, of
        self.leaf = True

    @cached_property
    def content_id(self) -> str:
        """The digest of `text`."""
        return blob_digest(self.text)

    @cached_property
    def body_id(self) -> str:
        """The digest of all tokens but the name."""
        return _of_words(_without_first(self._words, self.name.encode()))

    @cached_property
    def inner_id(self) -> str:
        """The digest of the block's tokens; of all of them where there is no block."""
        language, node, data = self.of
        block = node.child_by_field_name("body")
        return self.token_id if block is None else _of_words(leaves(language, block, data))

    @cached_property
    def signature_id(self) -> str:
        """The digest of parameters and types."""
        language, node, data = self.of
        parts = [text_of(part, data) for name in language.signature if (part := node.child_by_field_name(name))]
        return blob_digest(b" ".join(b"\0".join(parts).split()))

    @cached_property
    def token_id(self) -> str:
        """The digest of all tokens."""
        return _of_words(self._words)

    @cached_property
    def _words(self) -> list[bytes]:
        return leaves(*self.of)


def _of_words(words: list[bytes]) -> str:
    return blob_digest(b"\0".join(words))


def symbols_of(
    language: Language, data: bytes, until: float | None = None, within: tuple[int, int] | None = None
) -> list[Symbol] | None:
    """All definitions in document order, parents first; None when the file cannot be parsed. What is defined deeper
    than `_DEEPEST` belongs to what is around it.

    `within`: only those that touch these bytes; repeated names are then counted, and leaves told, among these alone.
    """
    tree = parse(language, data, until)
    if tree is None:
        return None
    found: list[Symbol] = []
    seen: Counter[str] = Counter()
    starts = _starts(language, tree, within)
    stack: list[tuple[Node, Node, str, bool, int]] = [(tree.root_node, tree.root_node, "", False, 0)]
    while stack:
        node, outer, scope, branch, depth = stack.pop()
        kind = language.definitions.get(node.type)
        inner = scope
        name = "" if kind is None else name_of(language, node, data)
        if kind is not None and name:
            qualified = f"{scope}.{name}" if scope else name
            seen[qualified] += 1
            inner = qualified if seen[qualified] == 1 else f"{qualified}#{seen[qualified]}"
            found.append(_symbol(language, data, node, outer, kind, name, inner, scope, branch))
            depth += 1
        wraps = not name and is_around_one(language, node)
        branch = branch or node.type in _BRANCHES
        for child in reversed(node.named_children) if depth < _DEEPEST else ():
            if _holds_one(starts, child):
                stack.append((child, outer if wraps else child, inner, branch, depth))
    parents = {symbol.parent for symbol in found}
    for symbol in found:
        symbol.leaf = symbol.address not in parents
    return found


def is_around_one(language: Language, node: Node) -> bool:
    """True for what stands around a definition without a name of its own: `export`, or the `type` of Go."""
    if node.type not in language.definitions:
        return node.type in language.wrappers
    inner = node.named_children
    return len(inner) == 1 and node.child_count == 2 and inner[0].type in language.definitions


def _starts(language: Language, tree: Tree, within: tuple[int, int] | None) -> list[int]:
    """Where the nodes that may be definitions begin, sorted."""
    return sorted(node.start_byte for node in nodes_of(language, tree, frozenset(language.definitions), within))


def _holds_one(starts: list[int], node: Node) -> bool:
    """True when a definition may begin in a node; the rest of the file need not be walked."""
    at = bisect_left(starts, node.start_byte)
    return at < len(starts) and starts[at] <= node.end_byte


def core_of(language: Language, node: Node) -> Node:
    """The definition inside decorators or `export`, else the node itself."""
    while node.type in language.wrappers and node.named_children:
        inner = [child for child in node.named_children if child.type in language.definitions]
        inner = inner or [child for child in node.named_children if child.type in language.wrappers]
        if not inner:
            return node
        node = inner[-1]
    return node


def name_of(language: Language, node: Node, data: bytes) -> str:
    """A definition's name, "" when it has none."""
    for field in language.name_fields:
        name = " ".join(_named_by(node, field, data).decode("utf-8", "replace").split())
        if name:
            return name
    for child in node.named_children:
        if child.type.endswith("identifier"):
            return text_of(child, data).decode("utf-8", "replace")
    return language.nameless.get(node.type, "")


def _named_by(node: Node, field: str, data: bytes) -> bytes:
    """The name at the end of a path of fields, or types of children; `a@b` is two of them, `a:` all of one type."""
    if "@" in field:
        both = [node.children_by_field_name(part)[-1:] for part in field.split("@")]
        return b"@".join(text_of(part, data) for parts in both for part in parts)
    if field.endswith(":"):
        return b":".join(text_of(child, data) for child in node.named_children if child.type == field[:-1])
    at: Node | None = node
    for part in field.split("."):
        at = _step(at, part, deep=field != "name") if at is not None else None
    return b"" if at is None else text_of(at, data)


def _step(node: Node, part: str, *, deep: bool) -> Node | None:
    found = node.child_by_field_name(part)
    if found is not None or not deep:
        return found
    return next((child for child in node.named_children if child.type == part), None)


def _symbol(
    language: Language,
    data: bytes,
    node: Node,
    outer: Node,
    kind: str,
    name: str,
    address: str,
    scope: str,
    branch: bool,
) -> Symbol:
    start = _with_comments(language, data, outer)
    marks = frozenset(
        text_of(child, data).decode("utf-8", "replace") for child in outer.named_children if child.type == "decorator"
    )
    return Symbol(
        kind=kind,
        name=name,
        address=address,
        parent=scope,
        start=start,
        end=outer.end_byte,
        text=data[start : outer.end_byte],
        marks=marks,
        conditional=branch or b"cfg" in data[start : node.start_byte],
        of=(language, node, data),
    )


def _without_first(words: list[bytes], name: bytes) -> list[bytes]:
    at = words.index(name) if name in words else len(words)
    return words[:at] + words[at + 1 :]


def _with_comments(language: Language, data: bytes, node: Node) -> int:
    """Where the block of comments (and attributes) right above a node starts, at the beginning of its line."""
    first = node
    previous = node.prev_sibling
    while previous is not None and previous.type in language.comments | language.leading:
        if first.start_point[0] - previous.end_point[0] > 1 or previous.start_point[1] != node.start_point[1]:
            break
        first, previous = previous, previous.prev_sibling
    line = data.rfind(b"\n", 0, first.start_byte) + 1
    return line if not data[line : first.start_byte].strip() else first.start_byte


def leaves(language: Language, node: Node, data: bytes) -> list[bytes]:
    """The tokens below a node, comments left out."""
    words = []
    stack = [node]
    while stack:
        at = stack.pop()
        if at.type in language.comments:
            continue
        if at.child_count:
            stack.extend(reversed(at.children))
        else:
            words.append(text_of(at, data))
    return words


def imports_of(language: Language, data: bytes) -> list[bytes]:
    """The import statements of a file, each on one line, in order."""
    tree = parse(language, data) if language.imports else None
    if tree is None:
        return []
    found = []
    stack = [tree.root_node]
    while stack:
        node = stack.pop()
        if node.type in language.imports:
            found.append(b" ".join(text_of(node, data).split()))
        elif node.type not in language.definitions:
            stack.extend(reversed(node.named_children))
    return found
