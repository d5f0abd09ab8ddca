"""A source file as nested lists of items, cut so that the pieces put together are the file again, byte for byte.

An item is a node with the comments right above it and what follows it on its line; white space before it is its `lead`.
Items are taken apart further only when a merge has to look inside.
"""

from __future__ import annotations

import time
from functools import cached_property
from typing import TYPE_CHECKING, Union

from muse.plugins.code.languages.table import EXCLUSIVE, Language
from muse.plugins.code.syntax.free import free_key, is_sought
from muse.plugins.code.syntax.identity import identity_of
from muse.plugins.code.syntax.parsing import TooSlowError, stumbles, text_of
from muse.plugins.code.syntax.symbols import core_of, name_of

if TYPE_CHECKING:
    from tree_sitter import Node

Key = tuple[str, ...]


class Source:
    """The bytes of one version and the language to read them by."""

    def __init__(self, language: Language, data: bytes, until: float = float("inf")) -> None:
        self.language = language
        self.data = data
        self.until = until  # monotonic; past it, taking the file apart stops with TooSlowError


class Item:
    """One element of a list: `lead` + `text` (+ separator) is its place in the file."""

    renames = True  # it may have another name in another version
    grouped = False

    def __init__(self, source: Source, nodes: list[Node], start: int, stop: int, lead: bytes) -> None:
        self.source = source
        self.nodes = nodes
        self.node = node = _main(source.language, nodes)
        self.start = start
        self.stop = stop
        self.lead = lead
        self.text = source.data[start:stop]
        self.grouped = _several(source.language, nodes)  # several nodes on one line: no identity of its own
        self.type = "group" if self.grouped else _type_of(core_of(source.language, node), source.language)

    @cached_property
    def words(self) -> bytes:
        """The text without differences in white space."""
        return b" ".join(self.text.split())

    @cached_property
    def key(self) -> Key | None:
        """What makes it the same item in another version; None for a statement."""
        return None if self.grouped else key_of(self.source.language, self.node, self.source.data)

    @cached_property
    def parts(self) -> list[Part]:
        """The item as raw text and the lists inside it."""
        return [self.text] if self.grouped else cut(self.source, self.nodes, self.start, self.stop)

    @property
    def is_import(self) -> bool:
        """True when it may stand in any order among imports."""
        return self.type in self.source.language.imports

    @property
    def is_free(self) -> bool:
        """True when it may stand in any order among its kind even where others may not."""
        language = self.source.language
        defined = self.is_definition and self.type not in language.counted
        named = self.key is not None and self.key[0] == "free"
        return self.is_import or defined or named or self.type in language.free

    @property
    def is_definition(self) -> bool:
        """True for functions, classes and the like."""
        return self.type in self.source.language.definitions


class Box:
    """A list of items inside an item: `head`, the items, `tail`. `separator` is b"" where items simply follow each
    other; `trailing` says that one also stands after the last item. `free` items may stand in any order."""

    def __init__(self, type_: str, free: bool, separator: bytes) -> None:
        self.type = type_
        self.free = free
        self.separator = separator
        self.trailing = False
        self.head = b""
        self.items: list[Item] = []
        self.tail = b""

    def bytes(self) -> bytes:
        """The list as it stands in the file."""
        out = [self.head]
        for index, item in enumerate(self.items):
            out += [item.lead, item.text]
            if index + 1 < len(self.items) or self.trailing:
                out.append(self.separator)
        return b"".join([*out, self.tail])


Part = Union[bytes, Box]


def both_filled(base: Part, ours: Part, theirs: Part) -> bool:
    """True for an ordered list that was empty and is not on either side: two answers to one question. What has a name
    of its own in it (keyword arguments) answers none."""
    lists = [part for part in (base, ours, theirs) if isinstance(part, Box) and part.separator and not part.free]
    named = all(item.is_free for part in lists for item in part.items)
    return not named and [bool(part.items) for part in lists] == [False, True, True]


def _type_of(node: Node, language: Language) -> str:
    """The node's type, or `prototype` where the grammar has none of its own for the declaration of a function."""
    at: Node | None = node if node.type == "declaration" and "prototype" in language.free else None
    while at is not None:
        if at.type == "function_declarator":
            return "prototype"
        at = at.child_by_field_name("declarator")
    return node.type


def key_of(language: Language, node: Node, data: bytes) -> Key | None:
    """The identity of a node among its siblings."""
    if node.type in language.freely and (free := free_key(language, node, data)) is not None:
        return free
    if node.type in EXCLUSIVE and node.parent is not None and node.parent.type in language.spaced:
        return ("modifier", EXCLUSIVE[node.type])
    if node.type == "delegation_specifier" and node.named_children[0].type == "constructor_invocation":
        return ("supertype", "class")  # of which there is one
    core = core_of(language, node)
    kind = language.definitions.get(core.type)
    if kind is not None:
        name = name_of(language, core, data)
        if not name:
            return None
        return (kind, name, _signature(language, core, data)) if language.overloads else (kind, name)
    if _type_of(core, language) in language.keys:
        return _keyed(language, core, data)
    if core.type in language.imports:
        words = b" ".join(_outside_lists(language, core, data).split()).rstrip(b" (")
        return ("import", words.decode("utf-8", "replace"))
    return None


def _keyed(language: Language, core: Node, data: bytes) -> Key | None:
    """The identity of a node that the table of keys names."""
    type_ = _type_of(core, language)
    if language.keys.get(type_) == "listed":
        named = identity_of(language, core, data, values=True, inside="")
        return None if named is None else ("listed", named.name)
    found = []
    for field in language.keys[type_].split():
        at: Node | None = core
        for step in field.split(".") if field != "*" else ():
            at = _step(at, step) if at is not None else None
        if at is not None:
            found.append(b" ".join(text_of(at, data).split()).decode("utf-8", "replace"))
    return (type_, *found) if found else None


def _step(node: Node, step: str) -> Node | None:
    """The child at a field, at a place among the named ones, or the first of a type."""
    if step.isdigit():
        return node.named_child(int(step)) if int(step) < node.named_child_count else None
    return node.child_by_field_name(step) or next((each for each in node.named_children if each.type == step), None)


def _outside_lists(language: Language, node: Node, data: bytes) -> bytes:
    """An import without the lists in it: the statement stays the same when a name is added."""
    out, at = [], node.start_byte
    for box in _boxes(Source(language, data), node):
        if box.id == node.id:
            items = box.children_by_field_name(language.listed_field.get(box.type, "")) or [box]
            return data[node.start_byte : items[0].start_byte]
        out.append(data[at : box.start_byte])
        at = box.end_byte
    return b" ".join([*out, data[at : node.end_byte]])


def _signature(language: Language, node: Node, data: bytes) -> str:
    if language.reads is not None:
        return getattr(node, "shape", None) or ""
    found = (_step(node, field) for field in language.signature)
    parts = [text_of(part, data) for part in found if part is not None]
    return b" ".join(b" ".join(parts).split()).decode("utf-8", "replace")


def whole_file(language: Language, data: bytes, root: Node, until: float) -> list[Part]:
    """The file as parts; TooSlowError when `until` passes."""
    return cut(Source(language, data, until), [root], 0, len(data))


def cut(source: Source, nodes: list[Node], start: int, stop: int) -> list[Part]:
    """The bytes from `start` to `stop` as raw text and the lists of the nodes inside `nodes`."""
    boxes = [box for node in nodes for box in _boxes(source, node)]
    whole = {node.id for node in nodes} if len(nodes) == 1 else set()
    parts: list[Part] = []
    at = start
    for inner in boxes:
        low, high = (start, stop) if inner.id in whole else (inner.start_byte, min(inner.end_byte, stop))
        # a comment that ends a block takes the \r of its line with it, which `stop` has left out
        box = _box(source, inner, low, high)
        if box is None:
            continue
        parts += [source.data[at:low], box]
        at = high
    parts.append(source.data[at:stop])
    return parts


def _boxes(source: Source, node: Node) -> list[Node]:
    """The outermost list nodes in `node`, in order."""
    language = source.language
    kinds = language.bodies | language.sets | language.lists | language.sequences
    if node.type in kinds:
        return [node]
    found = []
    stack = list(reversed(node.named_children))
    while stack:
        at = stack.pop()
        if at.type in kinds or (at.type in language.sought and is_sought(language, at, source.data)):
            found.append(at)
        else:
            stack.extend(reversed(at.named_children))
    return found


def _box(source: Source, node: Node, start: int, stop: int) -> Box | None:
    """The list a node stands for, None when it does not come apart cleanly."""
    language, data = source.language, source.data
    between = language.separators.get(node.type, b"")
    box = _new(language, node, between, data)
    spans = _spans(language, node, box.separator, data)
    if not spans:
        return _empty(box, language, node, data[start:stop])
    only = language.only.get(node.type)
    if only is not None and any(each.type != only for nodes, _, _ in spans for each in nodes):
        return None
    at = start
    for place, (nodes, low, high) in enumerate(spans):
        if not place % 256 and time.monotonic() > source.until:
            raise TooSlowError
        lead = data[at:low]
        if place == 0:
            cut_at = len(lead.rstrip())
            box.head, lead = lead[:cut_at], lead[cut_at:]
        elif not lead.startswith(box.separator):
            return None
        else:
            lead = lead[len(box.separator) :]
        if lead.strip() not in (b"", between):
            return None
        box.items.append(Item(source, nodes, low, high, lead))
        at = high
    tail = data[at:stop]
    if box.separator and tail.startswith(box.separator):
        box.trailing, tail = True, tail[len(box.separator) :]
    box.tail = tail
    return box if box.bytes() == data[start:stop] else None


def _new(language: Language, node: Node, between: bytes, data: bytes) -> Box:
    """The list without its items. What stands `between` items belongs to the white space before each."""
    listed = node.type in language.lists or (node.type in language.sought and is_sought(language, node, data))
    separated = (listed or node.type in language.sequences) and node.type not in language.spaced and not between
    return Box(node.type, listed or node.type in language.sets, language.separator if separated else b"")


def _empty(box: Box, language: Language, node: Node, text: bytes) -> Box | None:
    """A list in which nothing stands yet: its bracket, or the name of an element, and the rest."""
    first = node.children[0] if node.children else None
    if node.type in language.spaced:
        heads = (child for child in node.children if child.type in language.heads)
        first = node.child_by_field_name("name") or next(heads, None)
    ordered = not box.free and node.type not in language.spaced | language.sequences
    if first is None or ordered or node.start_byte + len(text) != node.end_byte:
        return None
    box.head, box.tail = text[: first.end_byte - node.start_byte], text[first.end_byte - node.start_byte :]
    return box


def _main(language: Language, nodes: list[Node]) -> Node:
    """What an item is, apart from the comments and attributes around it."""
    side = language.comments | language.leading
    return next((node for node in reversed(nodes) if node.type not in side), nodes[-1])


def _several(language: Language, nodes: list[Node]) -> bool:
    side = language.comments | language.leading
    return sum(node.type not in side for node in nodes) > 1


def _spans(language: Language, node: Node, separator: bytes, data: bytes) -> list[tuple[list[Node], int, int]]:
    """Groups of child nodes that make one item, with the bytes they cover."""
    spans: list[tuple[list[Node], int, int]] = []
    open_: list[Node] = []  # comments and attributes that wait for what they sit on
    children = _flattened(node) if node.type in language.separators else node.children
    spaced = node.type in language.spaced or node.type in language.separators
    between = language.separators.get(node.type, separator)
    field = language.listed_field.get(node.type)
    wanted = None if field is None else {child.id for child in node.children_by_field_name(field)}
    for place, child in enumerate(children):
        if child.type in language.heads or (wanted is not None and child.id not in wanted):
            continue
        if not child.is_named and not (node.type in language.spaced and child.type.isalpha()):
            if spans and not open_ and _closes(data, child, spans[-1][2], between):
                nodes, low, _ = spans[-1]
                spans[-1] = (nodes, low, child.end_byte)
            continue
        if _is_nothing(language, child, data):
            continue
        end = child.start_byte + len(data[child.start_byte : child.end_byte].rstrip(b"\r\n"))
        before = data[spans[-1][2] : child.start_byte] if spans and not open_ else b"\n"
        if before.strip() == b"::" or not (separator or spaced or b"\n" in before):  # `my::Trait`; on one line
            nodes, low, _ = spans[-1]
            spans[-1] = ([*nodes, child], low, end)
            continue
        if child.type in language.comments | language.leading:
            follower = next((c for c in children[place + 1 :] if c.is_named), None)
            if follower is not None and _sits_on(data, child, follower, language, separator):
                open_.append(child)
                continue
        nodes = [*open_, child]
        spans.append((nodes, nodes[0].start_byte, end))
        open_ = []
    if open_:
        spans.append((open_, open_[0].start_byte, open_[-1].end_byte))
    return spans


def _is_nothing(language: Language, node: Node, data: bytes) -> bool:
    """True for a node without text, and for a separator behind the last item that the grammar does not know."""
    return not data[node.start_byte : node.end_byte].strip() or (node.is_error and not stumbles(language, node))


def _flattened(node: Node) -> list[Node]:
    """The children, those of a list of the same type at the beginning instead of it: `(a | b) | c`."""
    children = list(node.children)
    while children and children[0].type == node.type:
        children[:1] = children[0].children
    return children


def _closes(data: bytes, token: Node, end: int, separator: bytes) -> bool:
    """True for a comma or semicolon right behind an item that ends at `end`, where it does not separate items."""
    text = data[token.start_byte : token.end_byte]
    return text in (b";", b",") and text != separator and not data[end : token.start_byte].strip(b" \t")


def _sits_on(data: bytes, node: Node, follower: Node, language: Language, separator: bytes) -> bool:
    """True when nothing but a line end lies between a comment (or attribute) and what follows it."""
    between = data[node.end_byte : follower.start_byte]
    if between.strip():
        return False
    ended = data[node.end_byte - 1 : node.end_byte] == b"\n"
    return node.type in language.leading or between.count(b"\n") + ended <= 1
