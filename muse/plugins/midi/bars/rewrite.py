"""A version written anew on the merged line of bars.

A note goes with the bar it begins in and keeps its length. Stretches that a version has not got, or whose edits are
left out, are filled with what the base has there.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from muse.core.errors import FormatError
from muse.plugins.midi.bars.crossing import Edge, crossed
from muse.plugins.midi.bars.timeline import Place, Places
from muse.plugins.midi.file.codec import Song, Track, parse_track
from muse.plugins.midi.file.model import ONSET, Content, Item, Note
from muse.plugins.midi.file.write_track import emit
from muse.plugins.midi.merge.verify import sounding

Contents = Callable[[Track], Content]


class Line(NamedTuple):
    """How a version comes onto the merged line: where its own ticks are, and those of the base that it has not got.

    `setup`: where what stands at tick 0 and is no note goes. `edges`: where its own bars come apart; notes that were up
    to `near` ticks over one go with the bar that they were in.
    """

    own: Places
    filled: Places
    setup: int
    edges: Sequence[Edge] = ()
    near: int = 0


class _Row(NamedTuple):
    """An event on the merged line; sorted by tick, by the run it belongs to, and as it was in its version."""

    tick: int
    run: int
    at: int
    body: bytes
    own: int


def rewrite(song: Song, base: Song, twins: Sequence[int], line: Line, content: Contents) -> Song:
    """The song on the merged line; `twins[n]`: the base's track that its track n is, or -1."""
    if line.own.is_same and not line.setup:
        return song
    chunks: list[Track | bytes] = []
    old = base.tracks
    found = iter(twins)
    for chunk in song.chunks:
        if isinstance(chunk, Track):
            twin = next(found)
            chunk = _track(chunk, old[twin] if twin >= 0 else None, line, content)
        chunks.append(chunk)
    return Song(song.header, chunks, song.tail, song.wrapper)


def _track(track: Track, base: Track | None, line: Line, content: Contents) -> Track:
    over: Mapping[int, Place] = {}
    if base is not None and line.edges:
        over = crossed(content(track), content(base), line.edges, line.near, line.own)
    rows, notes = _rows(content(track), line.own, line.setup, over, own=True)
    if base is not None:
        more, others = _rows(content(base), line.filled, None, {}, own=False)
        notes += [(note, stop, len(rows) + on, len(rows) + off) for note, stop, on, off in others]
        rows += more
    _part(rows, notes)
    rows.sort(key=lambda row: row[:3])
    end = max(line.own.last(track.end_tick), rows[-1].tick if rows else 0)
    items: list[Item] = [(row.tick, row.body, -1, row.own, -1) for row in rows]
    laid = parse_track(emit(items, track, end, track.raw[track.tail :]))
    if sounding(laid)[0] != Counter(note[0] for note in notes):
        raise FormatError("notes of one pitch would run into each other where bars were moved")
    return laid


_Laid = tuple[Note, int, int, int]
"""A note on the merged line, the end of its run, and its on and off among the rows."""


def _rows(
    content: Content, places: Places, setup: int | None, over: Mapping[int, Place], *, own: bool
) -> tuple[list[_Row], list[_Laid]]:
    """The events of a track that are on the merged line, and its notes there; `setup` None drops what stands at 0.
    `over`: places of notes, by index, that are not where their ticks are."""
    track = content.track
    bodies, place_of = track.bodies, places.place
    rows: list[_Row] = []
    notes: list[_Laid] = []
    for index, (note, on, off) in enumerate(zip(content.notes, content.ons, content.offs)):
        place = over.get(index) or place_of(note[ONSET])
        if place is None:
            continue
        tick, run, stop = place
        notes.append(((note[0], note[1], tick, note[3], note[4], note[5]), stop, len(rows), len(rows) + 1))
        rows.append(_Row(tick, run, on, bodies[on], on if own else -1))
        rows.append(_Row(tick + note[3], run, off, bodies[off], off if own else -1))
    for indices in content.slots.values():
        for at in indices:
            tick, body = track.ticks[at], bodies[at]
            if tick == 0 and body[0] >= 0xA0:
                if setup is not None:
                    rows.append(_Row(setup, -1, at, body, at if own else -1))
                continue
            place = place_of(tick)
            if place is not None:
                rows.append(_Row(place.tick, place.run, at, body, at if own else -1))
    return rows, notes


def _part(rows: list[_Row], notes: list[_Laid]) -> None:
    """Shorten a note that rings out of its run to where its pitch begins again."""
    begins: dict[tuple[int, int], list[int]] | None = None
    for at, (note, stop, on, off) in enumerate(notes):
        if note[ONSET] + note[3] <= stop:
            continue
        if begins is None:
            begins = {}
            for other, *_ in notes:
                begins.setdefault(other[:2], []).append(other[ONSET])
            for ticks in begins.values():
                ticks.sort()
        later = begins[note[:2]]
        found = bisect_left(later, stop)
        if found < len(later) and later[found] < note[ONSET] + note[3]:
            tick = later[found]
            rows[off] = rows[off]._replace(tick=tick)
            notes[at] = ((*note[:3], tick - note[ONSET], note[4], note[5]), stop, on, off)
