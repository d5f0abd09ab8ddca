"""One move of neighbouring bars that explains a whole version, and which bars some other such move puts elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from muse.plugins.midi.bars.evidence import Evidence, Grids, by_bar
from muse.plugins.midi.bars.timeline import ENDLESS, NEW, Range, Span, joined
from muse.plugins.midi.file.bars import TimeMap

_MOST_BARS = 4_000  # to look at: moves are compared as words of one letter a bar
_REACH = 64  # bars that the ends of another move may lie away from what differs
_MOST_EDITED = 8  # bars that the side changed besides
_LIKE = 0.5  # share of a bar that must be there for a changed one to be it
_CLEARLY = 0.1  # share by which it must be more like it than any other bar


class Move(NamedTuple):
    """Bars `first` up to `middle` stand behind those up to `last`; counted from 0."""

    first: int
    middle: int
    last: int

    def later(self, bar: int) -> int:
        """How many bars later a bar stands."""
        if self.first <= bar < self.middle:
            return self.last - self.middle
        return self.first - self.middle if self.middle <= bar < self.last else 0


def one_move(evidence: Evidence, grids: Grids, found: Sequence[Span]) -> tuple[tuple[Span, ...], list[Range]] | None:
    """The line of a version in which bars were moved once, and the stretches that can be told to be in two places.

    `found`: a line found otherwise, which tells what bars the side changed. None where one move is not all.
    """
    old, new = _bars(evidence, grids[0], new=False), _bars(evidence, grids[1], new=True)
    count = max(old, default=-1) + 1
    if count > _MOST_BARS or max(new, default=-1) >= count:  # longer than the base: bars were put in
        return None
    starts = [grids[0].tick(bar + 1) for bar in range(count + 1)]
    there = [grids[1].tick(bar + 1) for bar in range(count + 1)]
    letters: dict[object, str] = {}

    def word(bars: dict[int, object], ticks: list[int]) -> list[str]:
        keys = [(stop - start, bars.get(bar)) for bar, (start, stop) in enumerate(pairwise(ticks))]
        return [letters.setdefault(key, chr(len(letters))) for key in keys]

    one, two = word(old, starts), word(new, there)
    if not _mend(evidence, one, two, (starts, there), found):
        return None
    moves = list(_moves("".join(one), "".join(two)))
    if not moves:
        return None
    unsure = [
        Range(starts[bar], starts[bar + 1])
        for bar in range(count)
        if any(move.later(bar) != moves[0].later(bar) for move in moves)
    ]
    first, middle, last = (starts[bar] for bar in min(moves, key=lambda move: move.middle - move.first))
    line = (Span(0, first), Span(middle, last - middle), Span(first, middle - first), Span(last, ENDLESS - last))
    return joined(line), unsure


def _bars(evidence: Evidence, grid: TimeMap, *, new: bool) -> dict[int, object]:
    """What the bars that are not empty hold, exactly; counted from 0."""
    found: dict[int, list[tuple[int, int, int, int]]] = {}
    for index, voice in enumerate(evidence.voices):
        for start, ons in by_bar(voice.side if new else voice.base, grid).items():
            rows = found.setdefault(grid.position(start)[0] - 1, [])
            rows += [(index, tick - start, pitch, velocity) for tick, pitch, velocity in ons]
    return {bar: frozenset(rows) for bar, rows in found.items()}


def _mend(
    evidence: Evidence, one: list[str], two: list[str], ticks: tuple[list[int], list[int]], found: Sequence[Span]
) -> bool:
    """Give each bar that the side changed the letter of the bar it was; False where that cannot be told."""
    starts, there = ticks
    place = {tick: bar for bar, tick in enumerate(there)}
    known, edited, at = set(one), 0, 0
    for source, length in found:
        if source != NEW:
            for bar, start in enumerate(starts[:-1]):
                new = place.get(start - source + at, len(two)) if source <= start < source + length else len(two)
                if new < len(two) and two[new] != one[bar] and two[new] not in known:
                    edited += 1
                    if edited > _MOST_EDITED or not _is(evidence, bar, there[new], one, starts):
                        return False
                    two[new] = one[bar]
        at += length
    return True


def _is(evidence: Evidence, bar: int, tick: int, one: list[str], starts: list[int]) -> bool:
    """True when what the side has at a tick is more like a bar than like any other."""

    def like(other: int) -> float:
        number = other + 1
        whole = sum(voice.worth[number] for voice in evidence.sounding.get(number, ()))
        return evidence.score(number, tick - starts[other]) / whole if whole else 0.0

    own = like(bar)
    others = {one[other]: other for other in range(len(one)) if one[other] != one[bar]}
    return own >= _LIKE and all(like(other) < own - _CLEARLY for other in others.values())


def _moves(one: str, two: str) -> Iterator[Move]:
    """All moves that make one word the other, with ends near what differs."""
    if one == two:
        return
    count = len(one)
    same = next(n for n in range(count) if one[n] != two[n])
    rest = next(n for n in range(count, 0, -1) if one[n - 1] != two[n - 1])
    for first in range(same, max(-1, same - _REACH), -1):
        for last in range(rest, min(count, rest + _REACH) + 1):
            twice, wanted = one[first:last] * 2, two[first:last]
            at = twice.find(wanted, 1)
            while 0 < at < last - first:
                yield Move(first, first + at, last)
                at = twice.find(wanted, at + 1)
