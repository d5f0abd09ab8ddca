"""Versions of a piece on one line of bars: where a version lacks bars that another one has, the line has a gap for it.

Else everything behind two inserted bars would be drawn as changed, and a conflict would be at one place in ours and at
another one in theirs. Nothing but what is drawn rests on this.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import TYPE_CHECKING

from muse.plugins.midi.bars.timeline import ENDLESS, IDENTITY, NEW, Span

if TYPE_CHECKING:
    from muse.plugins.midi.file.codec import Song


class Line:
    """Where the ticks of one version are on the line, and where on it this version has nothing."""

    def __init__(self, rows: list[tuple[int, int, int]]) -> None:
        """`rows`: start and end in the version, start on the line."""
        self._rows = rows
        self._starts = [row[0] for row in rows]

    def tick(self, tick: int) -> int:
        """A tick of the version on the line."""
        start, _, at = self._rows[max(0, bisect_right(self._starts, tick) - 1)]
        return at + tick - start

    def gaps(self) -> list[tuple[int, int]]:
        """Stretches of the line that the version lacks."""
        found, reached = [], 0
        for start, stop, at in self._rows:
            if at > reached:
                found.append((reached, at))
            reached = at + stop - start
        return found


SAME = Line([(0, ENDLESS, 0)])


def lines(songs: Mapping[int, Song]) -> dict[int, Line]:
    """The line of each version. Where time is counted in another way, or bars are in another order, or it is not sure
    which bars are which, a version keeps its own places."""
    base = songs[min(songs)]
    spans = {number: _spans(base, song) for number, song in songs.items()}
    put_in: dict[int, int] = {}  # tick of the base -> how much time versions have before it
    for each in spans.values():
        for before, length in _inserted(each):
            put_in[before] = max(put_in.get(before, 0), length)
    if not put_in and all(each == IDENTITY.spans for each in spans.values()):
        return dict.fromkeys(songs, SAME)
    ticks = sorted(put_in)
    sums = [0, *accumulate(put_in[tick] for tick in ticks)]
    return {number: Line(list(_rows(each, ticks, sums))) for number, each in spans.items()}


def _spans(base: Song, side: Song) -> tuple[Span, ...]:
    from muse.plugins.midi.bars.bar_map import bar_map
    from muse.plugins.midi.file.bars import time_map
    from muse.plugins.midi.match.tracks import match_tracks

    if side is base or base.division != side.division or base.division >= 0x8000 or 2 in (base.format, side.format):
        return IDENTITY.spans
    found = bar_map(base, side, match_tracks(base.tracks, side.tracks), time_map(base))
    sources = [span.source for span in found.spans if span.source != NEW]
    return IDENTITY.spans if found.doubt or sources != sorted(sources) else found.spans


def _inserted(spans: tuple[Span, ...]) -> Iterator[tuple[int, int]]:
    """Behind which tick of the base a version has something new, and how long it is."""
    before = 0
    for source, length in spans:
        if source == NEW:
            yield before, length
        else:
            before = source + length


def _rows(spans: tuple[Span, ...], ticks: list[int], sums: list[int]) -> Iterator[tuple[int, int, int]]:
    """Start and end of each stretch in the version, and its start on the line."""
    at = before = 0
    for source, length in spans:
        if source == NEW:
            yield at, at + length, before + sums[bisect_left(ticks, before)]
        else:
            inside = ticks[bisect_right(ticks, source) : bisect_left(ticks, source + length)]
            for start, stop in zip([source, *inside], [*inside, source + length]):
                yield at + start - source, at + stop - source, start + sums[bisect_right(ticks, start)]
            before = source + length
        at += length
