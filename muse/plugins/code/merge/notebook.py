"""Notebooks: what a run leaves in a cell never conflicts, and is not read.

Outputs are set aside before the merge, a line in place of each, and put back into what came of it. Where both sides ran
a cell, outputs and count are those of the side that changed its source, where both or none did of the one that ran
later by its count, else ours: they belong together, and to a source. A cell is known by its id; where a version has
none, by its source and its place.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from muse.core.late import regex
from muse.core.sequences import edits
from muse.core.types import blob_digest
from muse.domain import FileMerge

_TOKEN = regex(rb'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)|[\[\]{}]', re.S)
_COLON = regex(rb"\s*:\s*")
_PLAIN = regex(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[^\s,\]}"\[{]+', re.S)
_MOST_TOKENS = 4_000_000
_ASIDE = b"muse-set-aside:"
_STANDS_FOR = regex(rb'\["muse-set-aside:([0-9a-f]{64})"\]')
_OF_A_RUN = frozenset({"execution", "ExecuteTime", "collapsed", "scrolled"})
_MOST_METADATA = 10_000

Span = tuple[int, int]
Cell = dict[bytes, Span]
"""Where the values of a cell's keys stand."""
Trio = tuple[int | None, int, int]
"""Places of one cell in base, ours and theirs."""


class Book:
    """One version: its bytes, its cells, and what is to be put in place of some values."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.cells = list(_cells(data))
        self.put: dict[Span, bytes] = {}

    def value(self, at: int | None, key: bytes) -> bytes:
        """The text of a cell's value, b"" where there is none."""
        span = None if at is None else self.cells[at].get(key)
        return b"" if span is None else self.data[slice(*span)]

    def without_outputs(self, kept: dict[bytes, bytes]) -> bytes:
        """The version with a line in place of each output; `kept` is given what it stands for."""
        outputs = {cell[b"outputs"] for cell in self.cells if b"outputs" in cell}
        spans = {span: self.data[slice(*span)] for span in outputs} | self.put
        out, at = [], 0
        for span, text in sorted(spans.items()):
            out += [self.data[at : span[0]], _stand_in(text, kept) if span in outputs else text]
            at = span[1]
        return b"".join([*out, self.data[at:]])


class Aside(NamedTuple):
    """The versions without their outputs, what was set aside, and what was settled, for notes."""

    base: bytes
    ours: bytes
    theirs: bytes
    kept: dict[bytes, bytes]
    notes: list[str]

    def back(self, merged: FileMerge) -> FileMerge:
        """The merge with the outputs in it."""
        if merged.content is not None:
            merged.content = _STANDS_FOR.sub(lambda found: self.kept.get(found[1], found[0]), merged.content)
        for one in merged.conflicts:
            one.base_summary, one.ours_summary, one.theirs_summary = map(
                _shown, (one.base_summary, one.ours_summary, one.theirs_summary)
            )
        merged.notes[:0] = self.notes
        return merged


def _shown(summary: str) -> str:
    return re.sub(r'\["muse-set-aside:\w*("\])?', "[...]", summary)


def _stand_in(text: bytes, kept: dict[bytes, bytes]) -> bytes:
    """What stands for a value of several lines."""
    if b"\n" not in text:
        return text
    name = blob_digest(text).removeprefix("sha256:").encode()
    kept[name] = text
    return b'["%s%s"]' % (_ASIDE, name)


def set_aside(path: str, base: bytes, ours: bytes, theirs: bytes) -> Aside | None:
    """The versions of a notebook without their outputs; None for what is none, or cannot be read as one."""
    if not path.lower().endswith(".ipynb") or any(_ASIDE in data for data in (base, ours, theirs)):
        return None
    try:
        books = Book(base), Book(ours), Book(theirs)
    except ValueError:
        return None
    said = Counter(name for trio in _paired(*books) for name in _settle(books, trio))
    for side in (1, 2):
        _rerun(books[0], books[side], books[3 - side])
    kept: dict[bytes, bytes] = {}
    without = [book.without_outputs(kept) for book in books]
    notes = [f"cells that both sides ran: {count} with the outputs of {name}" for name, count in sorted(said.items())]
    return Aside(without[0], without[1], without[2], kept, notes)


def _settle(books: tuple[Book, Book, Book], trio: Trio) -> Iterator[str]:
    """Give every version of a cell what it will have of a run; yields whose it is where both sides ran it."""
    values = {
        key: [book.value(at, key) for book, at in zip(books, trio, strict=True)]
        for key in (b"source", b"id", b"outputs", b"execution_count", b"metadata")
    }
    winner = _later(values[b"source"], values[b"execution_count"])
    if not values[b"id"][0] and all(values[b"id"][1:]):
        _name(books, trio)
    if _disputed(values[b"metadata"]) and _lasting(values[b"metadata"][1]) == _lasting(values[b"metadata"][2]):
        _give(books, trio, b"metadata", values[b"metadata"][winner])
    ran = [key for key in (b"outputs", b"execution_count") if _disputed(values[key])]
    for key in (b"outputs", b"execution_count"):
        was, mine, its = values[key]
        _give(books, trio, key, values[key][winner] if ran else its if mine == was else mine)
    if b"outputs" in ran:
        yield ("base", "ours", "theirs")[winner]


def _rerun(base: Book, side: Book, other: Book) -> None:
    """A cell that the other side deleted, and this one only ran again, was not edited."""
    kept = _pairs(base, other)
    for at, to in _pairs(base, side).items():
        same = base.value(at, b"source") == side.value(to, b"source")
        if at not in kept and same and _lasting(base.value(at, b"metadata")) == _lasting(side.value(to, b"metadata")):
            for key in (b"outputs", b"execution_count", b"metadata"):
                _give((base, base, side), (at, at, to), key, side.value(to, key))


def _name(books: tuple[Book, Book, Book], trio: Trio) -> None:
    """Both sides gave a cell an id that had none: the lesser is everybody's, as if it had been there."""
    base, ours, theirs = books
    cell = ours.cells[trio[1]]
    name = min(ours.value(trio[1], b"id"), theirs.value(trio[2], b"id"))
    ours.put[cell[b"id"]] = theirs.put[theirs.cells[trio[2]][b"id"]] = name
    keys = list(cell)
    before = keys[keys.index(b"id") - 1]
    if trio[0] is not None and keys[0] != b"id" and before in base.cells[trio[0]]:
        at = base.cells[trio[0]][before][1]
        base.put[at, at] = ours.data[cell[before][1] : cell[b"id"][0]] + name


def _disputed(values: list[bytes]) -> bool:
    """True when all three differ."""
    return len(set(values)) == 3


def _later(sources: list[bytes], counts: list[bytes]) -> int:
    """The side whose outputs count: where sources do not tell, the one that ran more, or ours."""
    was, mine, its = sources
    if (mine == was) != (its == was):
        return 2 if mine == was else 1
    runs = [int(count) if count.isdigit() and len(count) < 10 else 0 for count in counts]
    return 2 if runs[2] > runs[1] else 1


def _give(books: tuple[Book, Book, Book], trio: Trio, key: bytes, value: bytes) -> None:
    """Put a value into every version of a cell that has one."""
    for book, at in zip(books, trio, strict=True):
        span = None if at is None else book.cells[at].get(key)
        if span is not None and value:
            book.put[span] = value


def _lasting(metadata: bytes) -> bytes:
    """The metadata of a cell without what a run leaves in it."""
    import json

    if len(metadata) > _MOST_METADATA:
        return metadata
    try:
        found = json.loads(metadata)
    except (ValueError, RecursionError):
        return metadata
    if not isinstance(found, dict):
        return metadata
    return json.dumps({key: value for key, value in found.items() if key not in _OF_A_RUN}, sort_keys=True).encode()


# which cell is which -----------------------------------------------------------------------------------------------


def _paired(base: Book, ours: Book, theirs: Book) -> Iterator[Trio]:
    """The cells that both sides have, with the base's where it has one."""
    to_ours, to_theirs = _pairs(base, ours), _pairs(base, theirs)
    known = set()
    for at in range(len(base.cells)):
        if at in to_ours and at in to_theirs:
            known.add(to_ours[at])
            yield at, to_ours[at], to_theirs[at]
    mine, its = set(to_ours.values()), set(to_theirs.values())
    for one, other in _by_id(ours, theirs).items():
        if one not in mine and other not in its:
            yield None, one, other


def _by_id(a: Book, b: Book) -> dict[int, int]:
    """Cells of the same id, where an id stands once."""
    ids: tuple[dict[bytes, int], dict[bytes, int]] = ({}, {})
    for book, found in zip((a, b), ids, strict=True):
        counts = Counter(book.value(at, b"id") for at in range(len(book.cells)))
        found.update({book.value(at, b"id"): at for at in range(len(book.cells)) if counts[book.value(at, b"id")] == 1})
    return {at: ids[1][name] for name, at in ids[0].items() if name and name in ids[1]}


def _pairs(a: Book, b: Book) -> dict[int, int]:
    """Cells by their ids; what has none by source, in order, and between those by place where as many are left."""
    pairs = _by_id(a, b)
    left = [at for at in range(len(a.cells)) if at not in pairs]
    right = [at for at in range(len(b.cells)) if at not in set(pairs.values())]
    if a.cells and b.cells and all(a.value(at, b"id") and b.value(to, b"id") for at in left for to in right):
        return pairs  # others are others
    i = j = 0
    gaps = edits([a.value(at, b"source") for at in left], [b.value(at, b"source") for at in right])
    for a0, a1, b0, b1 in [*((gap.a0, gap.a1, gap.b0, gap.b1) for gap in gaps), (len(left),) * 2 + (len(right),) * 2]:
        pairs.update(zip(left[i:a0], right[j:b0], strict=True))
        if a1 - a0 == b1 - b0:
            pairs.update(zip(left[a0:a1], right[b0:b1], strict=True))
        i, j = a1, b1
    return pairs


# where the cells are -----------------------------------------------------------------------------------------------


class _Scanner:
    """Finds the values of the cells without reading what is in them."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.depth = 0
        self.in_cells = False
        self.cell: Cell | None = None
        self.waiting: tuple[bytes, int] | None = None  # a key, and where its list or table begins

    def text(self, found: re.Match[bytes]) -> None:
        """A string: a key, where a colon follows it."""
        if self.depth != 1 and not (self.depth == 3 and self.cell is not None):
            return
        colon = _COLON.match(self.data, found.end())
        if colon is None:
            return
        key = found[0][1:-1]
        if self.depth == 1:
            self.in_cells = key == b"cells"
        elif self.cell is not None:
            plain = _PLAIN.match(self.data, colon.end())
            self.waiting = None if plain is not None else (key, colon.end())
            if plain is not None:
                self.cell[key] = plain.span()

    def open(self) -> None:
        """A list or table begins."""
        self.depth += 1
        if self.depth == 3 and self.in_cells:
            self.cell = {}

    def close(self, end: int) -> Cell | None:
        """A list or table ends; returns the cell that does."""
        self.depth -= 1
        if self.depth == 3 and self.cell is not None and self.waiting is not None:
            self.cell[self.waiting[0]] = self.waiting[1], end
            self.waiting = None
        done = self.cell if self.depth == 2 else None
        self.cell = None if self.depth <= 2 else self.cell
        return done


def _cells(data: bytes) -> Iterator[Cell]:
    """The cells of a notebook; ValueError when there is more in it than can be followed."""
    scanner = _Scanner(data)
    for count, found in enumerate(_TOKEN.finditer(data)):
        sign = data[found.start() : found.start() + 1]
        if count > _MOST_TOKENS:
            raise ValueError
        if sign == b'"':
            scanner.text(found)
        elif sign in b"[{":
            scanner.open()
        elif (cell := scanner.close(found.end())) is not None:
            yield cell
