"""The line of bars of a join state: the bars of the file it was lifted from, those put in, cut and moved later.

Elements are named by ticks that never change: the lifted file's own, and for bars put in later ticks of their own, far
behind any file's. A line says at which tick of the file each of them is heard. Bars that were cut stay where
something in them lives: who edited it did not know of the cut.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import pairwise
from typing import NamedTuple

from muse.plugins.midi.bars.timeline import ENDLESS, Range
from muse.plugins.midi.join.state import JoinState

PUT_IN = "line/in:"  # <tick it stands before>:<length>:<first of its own ticks>
CUT = "line/cut:"  # <first tick>:<tick behind>; one bar
MOVE = "line/move:"  # <first tick>:<tick behind>, a register: the tick they stand before, and which move it was
_LONGEST = 1 << 28  # ticks of bars put in at once


class Stretch(NamedTuple):
    """Ticks as elements are named by, heard one after the other; `cut`: not heard."""

    start: int
    length: int
    cut: bool = False


class Line:
    """Stretches in the order they are heard; `kept`: the bars that were cut and stay all the same; `moved`: ticks
    that stand elsewhere than they did."""

    def __init__(self, stretches: Sequence[Stretch], kept: Sequence[str] = (), moved: Sequence[Range] = ()) -> None:
        self.kept, self.moved = kept, moved
        self.is_plain = len(stretches) == 1
        rows = []
        at = 0
        for start, length, cut in stretches:
            rows.append((start, at, 0 if cut else length))
            at += 0 if cut else length
        self._by_place = [row for row in rows if row[2]]
        self._places = [row[1] for row in self._by_place]
        self._by_name = sorted(rows)
        self._names = [row[0] for row in self._by_name]

    def heard(self, tick: int) -> int:
        """Where a named tick is in the file; one in cut bars where they were."""
        start, at, length = self._by_name[max(0, bisect_right(self._names, tick) - 1)]
        return at + min(tick - start, length)

    def named(self, tick: int) -> int:
        """What a tick of the file is named by."""
        start, at, _ = self._by_place[bisect_right(self._places, tick) - 1]
        return start + tick - at

    def ranges(self, span: Range) -> Iterator[Range]:
        """The named ticks of a span of the file, stretch by stretch."""
        for start, at, length in self._by_place:
            first, last = max(span.start, at), min(span.stop, at + length)
            if first < last:
                yield Range(start + first - at, start + last - at)

    def is_moved(self, tick: int) -> bool:
        """True for a named tick that stands elsewhere than it did."""
        return any(stretch.start <= tick < stretch.stop for stretch in self.moved)

    def rows(self) -> list[list[int]]:
        """The stretches heard, as JSON has them."""
        return [[start, length] for start, _, length in self._by_place]


PLAIN = Line([Stretch(0, ENDLESS)])


def line_from(rows: list[list[int]] | None) -> Line:
    """A line from its `rows`."""
    return Line([Stretch(start, length) for start, length in rows]) if rows else PLAIN


def put_in(state: JoinState, before: int, length: int, sound: bytes) -> int:
    """Put bars in before a named tick; the first of the ticks they are named by.

    The same music put in at the same place by two people is put in once.
    """
    count = 0
    while True:
        said = b"%d:%d:%d:" % (before, length, count) + sound
        start = (int.from_bytes(sha256(said).digest()[:8], "big") + 1) * ENDLESS
        key = f"{PUT_IN}{before}:{length}:{start}"
        if key not in state.life:
            state.touch(key)
            return start
        count += 1


def cut(state: JoinState, bar: Range) -> None:
    """Cut the bar with these named ticks."""
    state.touch(f"{CUT}{bar.start}:{bar.stop}")


def move(state: JoinState, stretches: Iterable[Range], before: int) -> None:
    """Move the stretches with these named ticks, in this order, before a named tick."""
    nth = 1 + max((row[3] for row in _moves(state)), default=0)
    for count, stretch in enumerate(stretches, nth):
        state.write(f"{MOVE}{stretch.start}:{stretch.stop}", [before, count])


def line_of(state: JoinState, used: Callable[[], Iterable[int]]) -> Line:
    """The line of a state; `used` gives the ticks at which something lives."""
    living = [key for key in sorted(state.life.keys()) if state.alive(key)]
    puts = [row for row in _rows(living, PUT_IN, 3) if 0 < row[1] < _LONGEST and row[2] >= ENDLESS]
    cuts = [(start, stop) for start, stop in _rows(living, CUT, 2) if start < stop]
    moves = _moves(state)
    if not puts and not cuts and not moves:
        return PLAIN
    ticks = sorted(used())
    kept, gone = [], []
    for start, stop in cuts:
        at = bisect_left(ticks, start)
        if at < len(ticks) and ticks[at] < stop:
            kept.append(f"{CUT}{start}:{stop}")
        else:
            gone.append(Range(start, stop))
    stretches = _ordered(puts)
    for start, stop, before, _ in moves:
        stretches = _moved(stretches, Range(start, stop), before)
    return Line(list(_divided(stretches, gone)), kept, [Range(*row[:2]) for row in moves])


def _rows(keys: Iterable[str], lead: str, count: int) -> list[tuple[int, ...]]:
    found: list[tuple[int, ...]] = []
    for key in keys:
        if key.startswith(lead):
            values = key[len(lead) :].split(":")
            if len(values) == count and all(value.isdecimal() and len(value) < 40 for value in values):
                found.append(tuple(map(int, values)))
    return sorted(found)


def _moves(state: JoinState) -> list[tuple[int, int, int, int]]:
    """(first tick, tick behind, the tick it stands before, which move it was) in the order of the moves."""
    found = []
    for start, stop in _rows(state.writes.keys(), MOVE, 2):
        match state.read(f"{MOVE}{start}:{stop}", None):
            case [int(before), int(nth)] if start < stop and not start <= before < stop:
                found.append((start, stop, before, nth))
    return sorted(found, key=lambda row: (row[3], row))


def _moved(stretches: Sequence[Stretch], what: Range, before: int) -> list[Stretch]:
    """The stretches with the ticks of one range moved before a tick; bars put in among them go along."""
    pieces: list[Stretch] = []
    for start, length, _ in stretches:
        edges = sorted({start, start + length, *(e for e in (*what, before) if start < e < start + length)})
        pieces += [Stretch(one, two - one) for one, two in pairwise(edges)]
    inside = [n for n, piece in enumerate(pieces) if what.start <= piece.start < what.stop]
    if not inside:
        return pieces
    going = pieces[inside[0] : inside[-1] + 1]
    strangers = sum(not what.start <= piece.start < what.stop and piece.start < ENDLESS for piece in going)
    if strangers:  # what is to be moved is in several places by now
        going = [pieces[n] for n in inside]
    left = [piece for piece in pieces if piece not in going]
    at = next((n for n, piece in enumerate(left) if piece.start == before), len(left) - 1)
    return [*left[:at], *going, *left[at:]]


def _ordered(puts: Iterable[tuple[int, ...]]) -> list[Stretch]:
    """All stretches in order; what was put in before one tick by several goes by length and number."""
    waiting: dict[int, list[Stretch]] = {}
    for before, length, start in puts:
        waiting.setdefault(before, []).append(Stretch(start, length))
    anchors = sorted(waiting)
    out: list[Stretch] = []
    left = [Stretch(0, ENDLESS)]
    while left:
        start, length, _ = left.pop()
        at = bisect_left(anchors, start)
        if at == len(anchors) or anchors[at] >= start + length:
            out.append(Stretch(start, length))
            continue
        anchor = anchors.pop(at)
        left.append(Stretch(anchor, start + length - anchor))
        left += waiting[anchor][::-1]
        if anchor > start:
            left.append(Stretch(start, anchor - start))
    return out


def _divided(stretches: Iterable[Stretch], gone: Sequence[Range]) -> Iterator[Stretch]:
    """The stretches, with what is gone marked as cut."""
    gone = sorted(gone)
    starts = [each.start for each in gone]
    for start, length, _ in stretches:
        at, stop = start, start + length
        index = max(0, bisect_right(starts, start) - 1)
        while index < len(gone) and gone[index].start < stop:
            first, last = max(at, gone[index].start), min(stop, gone[index].stop)
            if first < last:
                if first > at:
                    yield Stretch(at, first - at)
                yield Stretch(first, last - first, cut=True)
                at = last
            index += 1
        if at < stop:
            yield Stretch(at, stop - at)
