"""Files that a program writes with one thing a line, deeper lines inside: no grammar, but the same nesting.

An entry is a line, the deeper lines behind it and the line that closes it. What a language calls its entries, and which
of them hold others, `table.Nested` says; everything else is text of the entry it stands in.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cached_property

from muse.plugins.code.languages.table import Language
from muse.plugins.code.syntax.tree import Box, Item, Key, Part, Source

_MOST_DEPTH = 30
_IN_TEXT = 1_000_000  # deeper than any line
_NAMED_BY = 400  # bytes of an entry in which its name stands
_CLOSERS = (b"}", b")", b"]")


class Line:
    """One entry: from `start`, where its comments begin, to `stop`; what is inside lies between `head` and `close`."""

    def __init__(self, start: int, depth: int, row: bytes) -> None:
        self.start = start
        self.depth = depth
        self.row = row
        self.opens = False
        self.frame = False
        self.item = False
        self.named = False
        self.binds = False
        self.twice = False
        self.free = False
        self.flat = False
        self.number = ""
        self.name = ""
        self.head = self.stop = self.close = 0
        self.inner: list[Line] = []
        self.separator = b""
        self.trailing = False


class _Shape:
    """The patterns of a language, ready to be asked."""

    def __init__(self, language: Language) -> None:
        nested = language.nested
        assert nested is not None
        self.key, self.opens, self.commas, self.free, self.items, self.begins, self.ends, self.top = (
            re.compile((pattern or r"(?!)").encode()) for pattern in nested[:8]
        )
        self.once = re.compile(nested.once) if nested.once else None
        self.numbers, self.flat = (re.compile(pattern or r"(?!)") for pattern in (nested.numbers, nested.flat))
        self.closes = re.compile((nested.closes or r"(?!)").encode())
        self.comment = tuple(sign for sign in (language.comment_line[0], nested.note.encode()) if sign) or b"\0"
        self.text = re.compile((nested.text or r"(?!)").encode())


_SHAPES: dict[str, _Shape] = {}


def _shape_of(language: Language) -> _Shape:
    return _SHAPES.setdefault(language.name, _Shape(language))


def nested_parts(language: Language, data: bytes) -> list[Part]:
    """The file as one list of entries."""
    source = Source(language, data)
    return [b"", _box(source, tree_of(language, data)), b""]


def tree_of(language: Language, data: bytes) -> Line:
    """The entries of a file inside of one that stands for the file."""
    shape = _shape_of(language)
    builder = _Builder(shape, data)
    for start, row, depth in _rows(shape, data):
        builder.take(start, row, depth)
    builder.stand_alone()
    for node in reversed(builder.made):
        _finish(shape, node, data)
    return builder.made[0]


class _Builder:
    """Puts one line after the other where it belongs."""

    def __init__(self, shape: _Shape, data: bytes) -> None:
        self.shape = shape
        self.data = data
        root = Line(0, -4, b"")
        root.opens, root.stop, root.close = True, len(data), len(data)
        self.made = [root]
        self.stack = [root]
        self.waiting: tuple[int, int] | None = None  # comments that wait for what they sit on

    def take(self, start: int, row: bytes, depth: int) -> None:
        """A line at its depth."""
        shape, stack, stop = self.shape, self.stack, start + len(row)
        if self.waiting is not None and self.data.count(b"\n", self.waiting[1], start) > 1:
            self.stand_alone()
        closed = _closed(shape, stack, row, depth)
        if closed is not None:
            self.waiting = None
            closed.close, closed.stop = start, stop
            del stack[stack.index(closed) :]
            return
        while stack[-1].depth >= depth:
            stack.pop()
        if not stack[-1].opens:
            stack[-1].stop = stack[-1].close = stop
        elif row.startswith(shape.comment):
            self.waiting = (start if self.waiting is None else self.waiting[0]), stop
        else:
            self.put(start if self.waiting is None else self.waiting[0], stop, row, depth)

    def put(self, start: int, stop: int, row: bytes, depth: int) -> None:
        """A new entry, the last one of the innermost that is open."""
        node = Line(start, depth, row)
        node.head = node.stop = node.close = stop
        node.frame = self.shape.begins.match(row) is not None
        opens = node.frame or self.shape.opens.search(row) is not None
        node.opens = opens and len(self.stack) < _MOST_DEPTH
        self.stack[-1].inner.append(node)
        self.stack.append(node)
        self.made.append(node)
        self.waiting = None

    def stand_alone(self) -> None:
        """Comments that sit on nothing are an entry."""
        if self.waiting is not None:
            start, stop = self.waiting
            self.put(start, stop, self.data[start:stop], self.stack[-1].depth + 1)
            self.stack.pop()


def _rows(shape: _Shape, data: bytes) -> Iterator[tuple[int, bytes, int]]:
    """Start, text and depth of every line that is not blank; the line that begins a frame is as deep as what follows it
    asks for, and an item stands deeper than what it is an item of, indented or not."""
    at = 0
    framed: tuple[int, bytes] | None = None
    until = b""
    for line in data.splitlines(True):
        row = line.strip()
        start = at + line.find(row) if row else at
        at += len(line)
        if not row:
            continue
        if until:  # inside of a text that ends with that line
            until = b"" if row == until else until
            yield start, row, _IN_TEXT
            continue
        if shape.begins.match(row) and framed is None:
            framed = start, row
            continue
        depth = 2 * len(line[: len(line) - len(line.lstrip())].expandtabs(4)) + bool(shape.items.match(row))
        depth = -2 if shape.top.match(row) else depth
        if framed is not None:
            yield *framed, depth - 1
            framed = None
        yield start, row, depth
        opened = shape.text.search(row)
        until = opened[1] if opened is not None else b""
    if framed is not None:
        yield *framed, 0


def _closed(shape: _Shape, stack: list[Line], row: bytes, depth: int) -> Line | None:
    """The open entry that a line closes."""
    if shape.ends.match(row):
        return next((node for node in reversed(stack) if node.frame), None)
    if not row.startswith(_CLOSERS) and not shape.closes.match(row):
        return None
    return next((node for node in reversed(stack) if node.depth == depth and node.opens and not node.frame), None)


def _finish(shape: _Shape, node: Line, data: bytes) -> None:
    """Where an entry ends, and what each of those inside is called; opaque where commas are not as they should be."""
    if node.inner and node.close <= node.inner[-1].stop:
        node.stop = node.close = max(node.stop, node.inner[-1].stop)
    if shape.commas.search(node.row) and not _separated(node, data):
        node.inner = []
    for child in node.inner:
        child.item = bool(node.separator) or shape.items.match(child.row) is not None
        text = b" ".join(data[child.head - len(child.row) : child.stop][:_NAMED_BY].split())
        found = shape.key.match(text)
        child.named = found is not None
        if found is not None:
            child.name = b" ".join(group for group in found.groups() if group).decode("utf-8", "replace")
            child.binds = not child.item or bool(node.separator)
            child.free = not child.item or shape.free.search(node.row) is not None
            _number(shape, child, text)
    counts = Counter(child.name for child in node.inner if child.binds)
    for child in node.inner:
        if child.binds and counts[child.name] > 1:  # nothing tells them apart
            child.named = child.free = child.binds = False
            child.twice = shape.once is not None
        if shape.once is not None:
            once = shape.once.match("/" * bool(node.row) + child.name) is not None
            child.binds, child.twice = once and (child.binds or child.twice), once and child.twice


def _number(shape: _Shape, node: Line, text: bytes) -> None:
    """What numbers an entry, and whether what is inside of it is numbered along with its neighbours."""
    line = text.decode("utf-8", "replace")
    node.flat = shape.flat.search(line) is not None
    found = None if node.opens else shape.numbers.search(line)
    if found is not None:
        node.number = next(group for group in found.groups() if group)


def _separated(node: Line, data: bytes) -> bool:
    """Take the commas off the entries of a list; False where one is missing."""
    if not node.inner:
        return False
    last = node.inner[-1]
    if any(not data[: child.stop].endswith(b",", child.start) for child in node.inner[:-1]):
        return False
    for child in node.inner[:-1]:
        _cut(child)
    if data[last.start : last.stop].endswith(b","):
        node.trailing = True
        _cut(last)
    elif node.close == last.stop and data[last.start : last.stop].endswith(b";"):
        node.close -= 1
        _cut(last)
    node.separator = b","
    return True


def _cut(node: Line) -> None:
    """Leave the last sign out of an entry."""
    node.stop -= 1
    node.close = min(node.close, node.stop)
    if node.head > node.stop:
        node.head, node.row = node.stop, node.row[:-1]
    if node.inner and node.inner[-1].stop > node.stop:
        node.inner = []


class Element(Item):
    """An entry, taken apart into its first line, what is inside and what closes it."""

    def __init__(self, source: Source, node: Line, lead: bytes) -> None:
        self.source = source
        self.entry = node
        self.lead = lead
        self.text = source.data[node.start : node.stop]
        self.type = "entry"
        self.key: Key | None = ("entry", node.name) if node.named else None

    @cached_property
    def parts(self) -> list[Part]:
        """The first line, the list inside, the line that closes it."""
        node, data = self.entry, self.source.data
        if not node.inner:
            return [self.text]
        return [data[node.start : node.head], _box(self.source, node), data[node.close : node.stop]]

    @property
    def renames(self) -> bool:  # type: ignore[override]
        """False where names are ids."""
        nested = self.source.language.nested
        return nested is None or not nested.ids

    @property
    def is_free(self) -> bool:
        """True for what has a name and no place."""
        return self.entry.free


def _box(source: Source, node: Line) -> Box:
    """What is inside of an entry."""
    box = Box("entries", False, node.separator)
    box.trailing = node.trailing
    at = node.head
    for child in node.inner:
        box.items.append(Element(source, child, source.data[at : child.start]))
        at = child.stop + len(node.separator)
    if node.inner and node.separator and not node.trailing:
        at -= len(node.separator)
    box.tail = source.data[at : node.close]
    return box
