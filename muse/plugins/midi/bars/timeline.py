"""Lines of bars: where each stretch of a version's time was in the base, and where it is in the merged file.

All places are ticks. A version's line is a list of `Span`s that tile its time from 0; the last one has no end.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

NEW = -1
ENDLESS = 1 << 60


class Span(NamedTuple):
    """A stretch of a version's time: where it was in the base, or NEW, and how long it is."""

    source: int
    length: int


class Range(NamedTuple):
    """Ticks of the base from `start` up to `stop`."""

    start: int
    stop: int


class BarMap(NamedTuple):
    """What a version did to the bars of its base.

    `unsure`: stretches of the base whose place in the version cannot be told. `doubt`: why the whole map is in
    question, "" when it is not. `copied`: stretches of the base that the version plays again, and where (its own
    ticks). `setup_moves`: what stands at tick 0 and is no note went along with the first bar. `gaps`: ticks between two
    notes of one bar somewhere in which the version's bars were put in or cut.
    """

    spans: tuple[Span, ...]
    unsure: tuple[Range, ...] = ()
    doubt: str = ""
    copied: tuple[tuple[Range, int], ...] = ()
    setup_moves: bool = False
    gaps: tuple[Range, ...] = ()

    @property
    def is_identity(self) -> bool:
        """True when every bar is where it was."""
        return len(self.spans) == 1 and self.spans[0].source == 0


IDENTITY = BarMap((Span(0, ENDLESS),))


def cuts(spans: Sequence[Span]) -> list[Range]:
    """Stretches of the base that are not in a line."""
    found, at = [], 0
    for source, length in sorted(span for span in spans if span.source != NEW):
        if source > at:
            found.append(Range(at, source))
        at = max(at, source + length)
    return found if at >= ENDLESS else [*found, Range(at, ENDLESS)]


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same line in as few spans as there can be."""
    out: list[Span] = []
    for span in spans:
        if not span.length:
            continue
        if out and _follows(out[-1], span):
            out[-1] = Span(out[-1].source, min(ENDLESS, out[-1].length + span.length))
        else:
            out.append(span)
    return tuple(out)


def _follows(one: Span, two: Span) -> bool:
    if NEW in (one.source, two.source):
        return one.source == two.source
    return one.source + one.length == two.source


class Piece(NamedTuple):
    """A stretch of the merged line: where it begins in base, ours and theirs, -1 where it is not, and its length."""

    base: int
    ours: int
    theirs: int
    length: int


class Place(NamedTuple):
    """A tick on the merged line, and the run it belongs to, one stretch in version and line: its number and end."""

    tick: int
    run: int
    stop: int


class Places:
    """Ticks of one version on the merged line.

    `side` is 0 for the base, 1 for ours, 2 for theirs; only pieces whose index is in `these` count.
    """

    def __init__(self, pieces: Sequence[Piece], side: int, these: Iterable[int]) -> None:
        wanted, at = set(these), 0
        rows: list[tuple[int, int, int, int]] = []  # start and end in the version, start on the line, run
        ends: dict[int, int] = {}  # first piece of a run -> where the run ends on the line
        run = -1
        for index, piece in enumerate(pieces):
            start = piece[side]
            if start >= 0 and index in wanted:
                if not (rows and rows[-1][1] == start and ends[run] == at):
                    run = index
                rows.append((start, start + piece.length, at, run))
                ends[run] = at + piece.length
            at += piece.length
        rows.sort()
        self._rows, self._ends = rows, ends
        self._starts = [row[0] for row in rows]
        self.is_same = len(ends) == 1 and rows[0][0] == rows[0][2] == 0 and ends[run] >= ENDLESS
        """True when every tick is where it was."""

    def place(self, tick: int) -> Place | None:
        """Where a tick is, None where the line has not got it."""
        found = bisect_right(self._starts, tick) - 1
        if found < 0:
            return None
        start, stop, at, run = self._rows[found]
        return Place(at + tick - start, run, self._ends[run]) if tick < stop else None

    def last(self, tick: int) -> int:
        """The tick of a version's end: where the stretch before it ends when itself is gone."""
        found = bisect_right(self._starts, tick) - 1
        if found < 0:
            return 0
        start, stop, at, _ = self._rows[found]
        return at + min(tick, stop) - start
