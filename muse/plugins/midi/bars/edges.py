"""The very places at which a version's bars were put in or cut, where those are not at bar lines of the base.

Bars are matched whole. Who counts other bars than the file's signatures say, or puts time in at a beat, leaves a bar of
which one part stayed and one part moved; its notes tell where the border is.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from muse.plugins.midi.bars.evidence import Evidence, On, Voice
from muse.plugins.midi.bars.timeline import NEW, BarMap, Range, Span, joined
from muse.plugins.midi.file.bars import TimeMap

_ENOUGH = 2  # so much more must a border explain than the bar line does


class _Row(NamedTuple):
    """A stretch of the base, and by how many ticks it moved."""

    start: int
    stop: int
    shift: int


class _Edge(NamedTuple):
    """Where one stretch ends and the next begins, in the base, and what of the bars there cannot be told.

    `sure`: bars whose notes tell all of it.
    """

    stop: int
    start: int
    gaps: tuple[Range, ...] = ()
    unsure: Range | None = None
    sure: Range | None = None


def with_edges(found: BarMap, evidence: Evidence, times: TimeMap) -> BarMap:
    """The map with each border where the notes have it."""
    rows = _rows(found)
    if len(rows) < 2 or any(one.stop > two.start for one, two in pairwise(rows)):
        return found  # bars in another order
    edges = [_edge(one, two, evidence, times) for one, two in pairwise(rows)]
    if all((edge.stop, edge.start) == (one.stop, two.start) and edge.unsure is None
           for edge, (one, two) in zip(edges, pairwise(rows))):  # fmt: skip
        return found
    unsure = [each for each in found.unsure if not any(_within(each, edge.sure) for edge in edges)]
    unsure += [edge.unsure for edge in edges if edge.unsure is not None]
    starts, stops = [0, *(edge.start for edge in edges)], [*(edge.stop for edge in edges), rows[-1].stop]
    placed = [_Row(start, stop, row.shift) for start, stop, row in zip(starts, stops, rows)]
    if any(row.stop < row.start for row in placed):
        return found._replace(unsure=tuple(sorted({*unsure, *(Range(*row[:2]) for row in rows[1:-1])})))
    gaps = tuple(gap for edge in edges for gap in edge.gaps)
    return found._replace(spans=_spans(placed), unsure=tuple(sorted(set(unsure))), gaps=gaps)


def _rows(found: BarMap) -> list[_Row]:
    """The stretches of the base in the order of the version, behind an empty one at the beginning."""
    rows, at = [_Row(0, 0, 0)], 0
    for source, length in found.spans:
        if source != NEW:
            rows.append(_Row(source, source + length, at - source))
        at += length
    return rows


def _spans(rows: list[_Row]) -> tuple[Span, ...]:
    out: list[Span] = []
    at = 0
    for start, stop, shift in rows:
        if stop > start:
            out += [Span(NEW, start + shift - at), Span(start, stop - start)]
            at = stop + shift
    return joined(out)


def _edge(one: _Row, two: _Row, evidence: Evidence, times: TimeMap) -> _Edge:
    kept = _Edge(one.stop, two.start)
    cut = max(0, one.shift - two.shift)
    low = max(one.start, times.tick(times.position(max(one.stop - 1, 0))[0]))
    ends = [times.tick(times.position(tick)[0] + 1) for tick in (one.stop, two.start)]
    high = min(ends[0], min(two.stop, ends[1]) - cut)
    if high <= low:
        return kept
    before = _told(evidence, Range(low, high), one.shift)
    after = _told(evidence, Range(low + cut, high + cut), two.shift)
    best, worth = _best_places(low, high, before, [(tick - cut, there) for tick, there in after])
    now = sum(w for tick, w in before if tick < one.stop) + sum(w for tick, w in after if tick >= two.start)
    if worth <= now:
        return kept
    if worth - now < _ENOUGH or len(best) > 1:
        return kept._replace(unsure=Range(low, max(high, high + cut)))
    first, last = best[0]
    at = _natural(first, last, times)
    open_from = _next_beat(first, times)
    gaps = [Range(open_from if open_from <= last else first, last)]
    gaps += [Range(gap.start + cut, gap.stop + cut) for gap in gaps if cut]
    sure = None if cut else Range(low, times.tick(times.position(high - 1)[0] + 1))
    return _Edge(at, at + cut, tuple(gap for gap in gaps if gap.stop > gap.start), None, sure)


_Told = list[tuple[int, int]]
"""Ticks of notes in order, each with 1 where the version has it as far away as is asked about, else -1."""


def _told(evidence: Evidence, where: Range, shift: int) -> _Told:
    return sorted(
        (on[0], 1 if _has(voice, on, shift, evidence.unit) else -1)
        for voice in evidence.voices
        if not voice.points
        for on in voice.base
        if where.start <= on[0] < where.stop
    )


def _best_places(low: int, high: int, before: _Told, after: _Told) -> tuple[list[tuple[int, int]], int]:
    """First and last tick of each stretch in which a border explains most, and how much that is.

    `before` counts for notes ahead of the border, `after` for those at and behind it.
    """
    steps: dict[int, int] = {low: 0}
    for tick, worth in before:
        steps[tick + 1] = steps.get(tick + 1, 0) + worth
    for tick, worth in after:
        steps[tick + 1] = steps.get(tick + 1, 0) - worth
    ticks = sorted(tick for tick in steps if tick <= high)
    now = sum(worth for _, worth in after)
    rows: list[tuple[int, int, int]] = []
    for tick, stop in pairwise([*ticks, high + 1]):
        now += steps[tick]
        rows.append((now, tick, stop - 1))
    best = max(row[0] for row in rows)
    found: list[tuple[int, int]] = []
    for worth, first, last in rows:
        if worth == best:
            if found and found[-1][1] + 1 == first:
                found[-1] = (found[-1][0], last)
            else:
                found.append((first, last))
    return found, best


def _has(voice: Voice, on: On, shift: int, unit: int) -> bool:
    tick, pitch, velocity = on
    return (tick + shift, pitch, velocity) in voice.exact or (pitch, (tick + shift + unit // 2) // unit) in voice.near


def _natural(first: int, last: int, times: TimeMap) -> int:
    """The place from `first` to `last` where people put bars in: a bar line, a beat, or the very last."""
    bar, beat, _ = times.position(last)
    return next((tick for tick in (times.tick(bar), times.tick(bar, beat)) if first <= tick), last)


def _next_beat(tick: int, times: TimeMap) -> int:
    bar, beat, inside = times.position(tick)
    return times.tick(bar, beat + 1) if inside else tick


def _within(inner: Range, outer: Range | None) -> bool:
    return outer is not None and outer.start <= inner.start and inner.stop <= outer.stop
