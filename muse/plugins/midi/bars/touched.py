"""Which places of the base a version edited, its bars apart."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from muse.plugins.midi.bars.timeline import ENDLESS, NEW, Piece, Places, Span
from muse.plugins.midi.file.codec import Song, Track
from muse.plugins.midi.file.model import Content

Sounding = Counter[tuple[object, ...]]


def touched(
    base: Song, side: Song, twins: Sequence[int], spans: Sequence[Span], contents: Callable[[Track], Content]
) -> list[int]:
    """Ticks of the base at which notes or events were changed, added or deleted, sorted.

    Bars that the side cut, and bars it inserted, are no edits; nor is what stands at tick 0 and is no note.
    """
    back = Places(in_base_order(spans), 1, range(2 * len(spans) + 2))
    kept = _kept(spans)
    same = len(spans) == 1 and spans[0].source == 0
    matched = {other for other in twins if other >= 0}
    found: set[int] = set()
    its = side.tracks
    for old, other in zip(base.tracks, twins):
        if other >= 0 and same and its[other].raw == old.raw:
            continue
        was = _said(contents(old), kept)
        now = _said(contents(its[other]), lambda tick: _tick(back, tick)) if other >= 0 else Counter()
        found.update(int(str(key[0])) for key in (was - now) + (now - was))
    for other, track in enumerate(its):
        if other not in matched:
            found.update(int(str(key[0])) for key in _said(contents(track), lambda tick: _tick(back, tick)))
    return sorted(found)


def in_base_order(spans: Sequence[Span]) -> list[Piece]:
    """The base's line, with where each stretch is in the version."""
    rows, at = [], 0
    for source, length in spans:
        if source != NEW:
            rows.append((source, at, length))
        at += length
    out: list[Piece] = []
    before = 0
    for source, place, length in sorted(rows):
        if source > before:
            out.append(Piece(before, -1, -1, source - before))
        out.append(Piece(source, place, -1, length))
        before = source + length
    if before < ENDLESS:
        out.append(Piece(before, -1, -1, ENDLESS - before))
    return out


def _tick(places: Places, tick: int) -> int | None:
    found = places.place(tick)
    return None if found is None else found.tick


def _kept(spans: Iterable[Span]) -> Callable[[int], int | None]:
    """A tick of the base where it is in the version, None for one that was cut."""
    there = sorted(span for span in spans if span.source != NEW)
    starts = [span.source for span in there]

    def placing(tick: int) -> int | None:
        found = bisect_right(starts, tick) - 1
        return tick if found >= 0 and tick < starts[found] + there[found].length else None

    return placing


def _said(content: Content, placing: Callable[[int], int | None]) -> Sounding:
    """What a track says at ticks of the base: notes without the velocity of their offs, and other events."""
    found: Sounding = Counter()
    for channel, pitch, onset, length, velocity, _ in content.notes:
        tick = placing(onset)
        if tick is not None:
            found[tick, channel, pitch, length, velocity] += 1
    track = content.track
    for indices in content.slots.values():
        for at in indices:
            tick, body = placing(track.ticks[at]), track.bodies[at]
            if tick is not None and (track.ticks[at] or body[0] < 0xA0):
                found[tick, body] += 1
    return found
