"""Ops that stay in the log and are decoded when somebody asks for them: what is held of each is where its line is.

Going through them in order costs reading and decoding a few dozen lines at a time; one by its place, one line. So
however many ops wait for a commit, the room they take is 12 bytes each.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar, overload

from muse.core.errors import DamageError
from muse.core.op_log.decoding import Quarantine, Row, located, whole_lines, whole_rows
from muse.core.op_log.entries import OpEntry, strip
from muse.core.op_log.journal import Journal

AT_ONCE = 1 << 16  # bytes decoded at a time
T = TypeVar("T", OpEntry, Row)


class _Sequence(Sequence[T]):
    """What both kinds have: they compare as lists do, and can be taken in part."""

    def taken(self, places: Iterable[int]) -> Sequence[T]:
        """Those at some places, in that order."""
        raise NotImplementedError

    def _one(self, at: int) -> T:
        raise NotImplementedError

    @overload
    def __getitem__(self, at: int) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[T]: ...
    def __getitem__(self, at: int | slice) -> T | Sequence[T]:
        if isinstance(at, slice):
            return self.taken(range(*at.indices(len(self))))
        if not -len(self) <= at < len(self):
            raise IndexError(at)
        return self._one(at % len(self))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(_same, self, other))

    __hash__ = None  # type: ignore[assignment]


def _same(one: Any, other: Any) -> bool:
    return bool(one == other)


class Rows(_Sequence[Row]):
    """Lines of a log with all that they say."""

    def __init__(self, journal: Journal, offsets: array[int], lengths: array[int]) -> None:
        self._journal, self._offsets, self._lengths = journal, offsets, lengths

    def __len__(self) -> int:
        return len(self._offsets)

    def __iter__(self) -> Iterator[Row]:
        return (row for _, row in self.located())

    def located(self) -> Iterator[tuple[int, Row]]:
        """Each with the offset of its line."""
        for first, last in self._stretches():
            yield from zip(self._offsets[first:last], self._read(first, last))

    def lines(self) -> Iterator[bytes]:
        """The lines themselves, without their newlines."""
        for first, last in self._stretches():
            found = [*whole_lines([self._bytes(first, last)])]
            self._refuse_other(found, first, last)
            yield from found

    def _stretches(self) -> Iterator[tuple[int, int]]:
        """Places of rows that are read in one go: the first, and after the last."""
        first, offsets, lengths = 0, self._offsets, self._lengths
        while first < len(offsets):
            last, limit = first + 1, offsets[first] + AT_ONCE
            while last < len(offsets) and offsets[last - 1] < offsets[last] < limit - lengths[last]:
                last += 1
            yield first, last
            first = last

    def taken(self, places: Iterable[int]) -> Rows:
        """Those at some places, in that order."""
        chosen = array("I", places)
        return Rows(
            self._journal,
            array("Q", [self._offsets[at] for at in chosen]),
            array("I", [self._lengths[at] for at in chosen]),
        )

    def _one(self, at: int) -> Row:
        return self._read(at, at + 1)[0]

    def _read(self, first: int, last: int) -> list[Row]:
        found = whole_rows(self._bytes(first, last), self._offsets[first])
        self._refuse_other(found, first, last)
        if not found[0]["crc"]:  # in the plain format it is its place that names a line
            for at, row in zip(range(first, last), found):
                row["sequence"] = self._offsets[at] + 1
        return found

    def _bytes(self, first: int, last: int) -> bytes:
        """The lines at some places, whatever lies between them left out."""
        start, stop = self._offsets[first], self._offsets[last - 1] + self._lengths[last - 1]
        self._journal.open(create=False)
        data = self._journal.read(start, stop)
        if stop - start == sum(self._lengths[first:last]):
            return data
        spans = zip(self._offsets[first:last], self._lengths[first:last])
        return b"".join([data[at - start : at - start + length] for at, length in spans])

    def _refuse_other(self, found: list[Any], first: int, last: int) -> None:
        if len(found) != last - first:
            where = self._offsets[first]
            raise DamageError(f"the log was changed at byte {where} while it was read", hint="run the same again")


class Entries(_Sequence[OpEntry]):
    """The entries of rows."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[OpEntry]:
        return (strip(dict(row)) for row in self._rows)

    def taken(self, places: Iterable[int]) -> Entries:
        """Those at some places, in that order."""
        return Entries(pick(self._rows, places))

    def _one(self, at: int) -> OpEntry:
        return strip(dict(self._rows[at]))


def pick(some: Sequence[T], places: Iterable[int]) -> Sequence[T]:
    """Those of a sequence at some places."""
    return some.taken(places) if isinstance(some, _Sequence) else [some[at] for at in places]


@dataclass
class Found:
    """Rows in the order of the file, with what puts them into the total order."""

    rows: Rows
    times: list[int] = field(default_factory=list)
    waits: bool = False
    """Some had a cause that was not here when they were appended."""


def found(journal: Journal, start: int, end: int, quarantine: Quarantine, wanted: Callable[[Row, int], bool]) -> Found:
    """The rows of a stretch of the log that are wanted, which is asked with the offset of each; damage is set aside."""
    made = Found(Rows(journal, offsets := array("Q"), lengths := array("I")))
    at = start
    for block in journal.blocks(start, end):
        for offset, length, row in located(block, at, quarantine):
            if wanted(row, offset):
                offsets.append(offset)
                lengths.append(length)
                made.times.append(row["lamport_ts"])
                made.waits = made.waits or "unmet" in row
        at += len(block)
    return made


@dataclass
class Replay:
    """Ops not held by the last checkpoint, in the total order; `waiting` are those with unknown parents.

    `end` says how far was looked, so that `OpLog.checkpoint(..., replay=...)` holds exactly these ops.
    """

    rows: Sequence[Row]
    waiting: Sequence[OpEntry]
    end: int

    @cached_property
    def entries(self) -> Sequence[OpEntry]:
        """The ops."""
        return Entries(self.rows)

    def heads(self) -> list[str]:
        """The commit each op was made on, "" where that is not known."""
        names: dict[str, str] = {}
        return [names.setdefault(head, head) for head in (row.get("head", "") for row in self.rows)]

    def only(self, wanted: Callable[[Row], bool]) -> Replay:
        """Some of these ops, as if there were no others."""
        return Replay(pick(self.rows, [at for at, row in enumerate(self.rows) if wanted(row)]), self.waiting, self.end)


NOTHING = Replay([], [], 0)

__all__ = ["NOTHING", "Entries", "Found", "Replay", "Rows", "found", "pick"]
