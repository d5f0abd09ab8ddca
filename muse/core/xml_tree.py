"""An XML document as a tree of spans: every byte of the file belongs to one node or to the gap before one.

Whoever changes a tree writes other bytes at some spans; all other bytes stay what they were. expat decides whether the
document is well-formed; documents with entity declarations are refused, so nothing can be expanded or fetched.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from xml.parsers import expat

from muse.core.errors import FormatError
from muse.core.late import regex

MOST_DEPTH = 200
MOST_NODES = 4_000_000

_PIECE = re.compile(
    rb"<!--.*?-->|<\?.*?\?>|<!\[CDATA\[.*?\]\]>|<!DOCTYPE(?:[^\[>\"']|\"[^\"]*\"|'[^']*')*>"
    rb"|</[^>]*>|<[^\s/>!?]+(?:\s+[^\s=]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*\s*/?>",
    re.DOTALL,
)
_NAME = re.compile(rb"</?([^\s/>]+)")
_ATTRIBUTE = re.compile(rb"([^\s=]+)\s*=\s*(\"[^\"]*\"|'[^']*')")
_ENTITY = regex(r"&(#x?[0-9A-Fa-f]+|[a-z]+);")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}


_CLOSED = {
    tag: f"</{tag}>".encode()
    for tag in (
        *("measure", "Measure", "MidiTrack", "AudioTrack", "GroupTrack", "ReturnTrack", "MasterTrack", "MainTrack"),
        *("PreHearTrack", "Scenes", "MidiClip", "AudioClip"),
    )
}
"""Elements that a document has many of, of which an edit touches few."""


class Node:
    """An element: `data[start:end]`, of which `data[start:inner]` is its start tag and `data[tail:end]` its end tag.

    A self-closing element has `inner == tail == end`. Offsets are bytes. What is inside a measure is looked into when
    somebody asks for its children: most measures of a merge nobody touched.
    """

    __slots__ = ("_children", "data", "end", "inner", "start", "tag", "tail")

    def __init__(self, data: bytes, tag: str, start: int, inner: int) -> None:
        self.data, self.tag, self.start, self.inner = data, tag, start, inner
        self.tail = self.end = inner
        self._children: list[Node] | None = []

    @property
    def children(self) -> list[Node]:
        """The elements right below it."""
        if self._children is None:
            self._children = []
            _below(self.data, self.inner, self.tail, self, closed=_CLOSED)
        return self._children

    @property
    def raw(self) -> bytes:
        """Its bytes."""
        return self.data[self.start : self.end]

    @property
    def text(self) -> str:
        """What stands in an element without children, entities resolved, blanks around it cut off."""
        inner = self.data[self.inner : self.tail]
        if inner.startswith(b"<![CDATA["):
            return inner[9:-3].decode("utf-8", "replace").strip()
        return unescape(inner.decode("utf-8", "replace")).strip()

    def attributes(self) -> dict[str, str]:
        """The attributes of the start tag, in order."""
        tag = self.data[self.start : self.inner]
        if b"=" not in tag:
            return {}
        return {
            name.decode("utf-8", "replace"): unescape(value[1:-1].decode("utf-8", "replace"))
            for name, value in _ATTRIBUTE.findall(tag)
        }

    def get(self, name: str, otherwise: str = "") -> str:
        """One attribute."""
        return self.attributes().get(name, otherwise)

    def child(self, tag: str) -> Node | None:
        """The first child of that name."""
        return next((child for child in self.children if child.tag == tag), None)

    def path(self, *tags: str) -> Node | None:
        """The first child of the first child, and so on."""
        at: Node | None = self
        for tag in tags:
            at = None if at is None else at.child(tag)
        return at

    def word(self, *tags: str) -> str:
        """The text at a path, or nothing."""
        found = self.path(*tags)
        return "" if found is None else found.text

    def all(self, tag: str) -> list[Node]:
        """The children of that name."""
        return [child for child in self.children if child.tag == tag]

    def leaves(self, at: str = "") -> Iterator[tuple[str, Node]]:
        """Every element below without children, itself where it has none, with the path to it."""
        here = f"{at}/{self.tag}"
        if not self.children:
            yield here, self
        for child in self.children:
            yield from child.leaves(here)


def parse(data: bytes) -> Node:
    """The root element; FormatError for what is no well-formed UTF-8 document, or one with entities of its own."""
    _check(data)
    top = Node(data, "", 0, 0)
    _below(data, 0, len(data), top, closed=_CLOSED)
    if len(top.children) != 1:
        raise FormatError("not a whole XML document")
    return top.children[0]


def _below(data: bytes, at: int, stop: int, top: Node, closed: Mapping[str, bytes] = {}) -> None:
    """Put what stands in a stretch of well-formed XML below `top`; elements in `closed` are not looked into yet."""
    open_nodes = [top]
    count = 0
    while (piece := _PIECE.search(data, at, stop)) is not None:
        at = piece.end()
        mark = data[piece.start() + 1 : piece.start() + 2]
        if mark in b"!?":
            continue
        if mark == b"/":
            node = open_nodes.pop()
            node.tail, node.end = piece.start(), piece.end()
            continue
        found = _NAME.match(data, piece.start())
        assert found is not None
        node = Node(data, found[1].decode("utf-8"), piece.start(), piece.end())
        count += 1
        if count > MOST_NODES or len(open_nodes) > MOST_DEPTH:
            raise FormatError("more elements, or deeper ones, than any document of this kind has")
        assert open_nodes[-1]._children is not None
        open_nodes[-1]._children.append(node)
        if data[piece.end() - 2 : piece.end() - 1] == b"/":
            continue
        end = data.find(closed[node.tag], at) if node.tag in closed else -1
        if end >= 0 and not any(data.find(mark, at, end) >= 0 for mark in (b"<!", b"<?", b"<" + found[1])):
            node.tail, node.end = end, end + len(closed[node.tag])
            node._children, at = None, node.end
        else:
            open_nodes.append(node)


def _check(data: bytes) -> None:
    head = data[:200]
    declared = re.search(rb"<\?xml[^>]*encoding\s*=\s*[\"']([^\"']+)[\"']", head)
    if head[:2] in (b"\xff\xfe", b"\xfe\xff") or (
        declared and declared[1].lower() not in (b"utf-8", b"us-ascii", b"utf-16")
    ):
        raise FormatError("only UTF-8 is read")
    parser = expat.ParserCreate("UTF-8")  # a document out of UTF-16 still says so

    def refuse(*_: object) -> None:
        raise FormatError("a document with entity declarations is not read")

    parser.EntityDeclHandler = refuse
    parser.StartDoctypeDeclHandler = lambda _name, _system, _public, internal: refuse() if internal else None
    try:
        parser.Parse(data, True)
    except FormatError:
        raise
    except (expat.ExpatError, ValueError) as error:
        raise FormatError(f"not well-formed XML: {error}") from None


def decoded(data: bytes) -> tuple[bytes, str]:
    """A document as UTF-8, and the codec that it is to be written in again; FormatError for torn UTF-16."""
    name = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}.get(data[:2], "utf-8")
    try:
        return (data if name == "utf-8" else data.decode(name).encode()), name
    except UnicodeDecodeError as error:
        raise FormatError(f"not whole UTF-16: {error}") from None


def unescape(text: str) -> str:
    """Text with character references and the five named entities resolved."""
    if "&" not in text:
        return text

    def one(found: re.Match[str]) -> str:
        name = found[1]
        if name[0] != "#":
            return _NAMED.get(name, found[0])
        try:
            return chr(int(name[2:], 16) if name[1] in "xX" else int(name[1:]))
        except (ValueError, OverflowError):
            return found[0]

    return _ENTITY.sub(one, text)


Piece = tuple[bytes, bytes]
"""The gap before an element, and the element."""


def pieces(node: Node) -> list[Piece]:
    """The children of an element with the gap before each."""
    found, at = [], node.inner
    for child in node.children:
        found.append((node.data[at : child.start], child.raw))
        at = child.end
    return found


def written(node: Node, children: list[Piece], *, tag: bytes | None = None) -> bytes:
    """An element with other children: its own start tag (or `tag`), their gaps, its own gap before the end tag."""
    start = node.data[node.start : node.inner] if tag is None else tag
    if node.inner == node.end and children:  # it was self-closing
        start = start[:-2].rstrip() + b">"
        return b"".join([start, *(gap + child for gap, child in children), b"</", node.tag.encode(), b">"])
    last = node.children[-1].end if node.children else node.inner
    return b"".join([start, *(gap + child for gap, child in children), node.data[last : node.end]])


def rewritten(node: Node, change: Callable[[Node], bytes | None]) -> bytes:
    """An element with some elements below it replaced: `change` answers their new bytes, or None to look inside."""
    found = []
    for gap_and_child, child in zip(pieces(node), node.children):
        new = change(child)
        if new is None and child.children:
            new = rewritten(child, change)
        found.append((gap_and_child[0], gap_and_child[1] if new is None else new))
    return written(node, found)
