"""Notes that an edit took a little over a place at which the other side put bars in, cut or moved them.

A downbeat that is played early stands in the bar before, and is the downbeat all the same: it goes with its own bar.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from muse.plugins.midi.bars.timeline import Piece, Place, Places
from muse.plugins.midi.file.model import ONSET, Content, Note

NEAR = 4  # the part of a beat by which a note may be early or late
_MOST = 4096  # pairs that are looked at: a place at which one pitch begins more often is no music


class Edge(NamedTuple):
    """Where two stretches of a version meet that are apart on the line: its own tick, and where the base has the end of
    the first and the beginning of the second."""

    tick: int
    before: int
    behind: int


def edges(pieces: Sequence[Piece], side: int) -> list[Edge]:
    """The places of a version (1: ours, 2: theirs) at which the line goes on elsewhere."""
    rows: list[tuple[int, int, Piece]] = []
    at = 0
    for piece in pieces:
        if piece[side] >= 0:
            rows.append((piece[side], at, piece))
        at += piece.length
    return [
        Edge(tick, one.base + one.length, two.base)
        for (start, at, one), (tick, then, two) in pairwise(sorted(rows))
        if at + one.length != then and start + one.length == tick and one.base >= 0 and two.base >= 0
    ]


def crossed(content: Content, base: Content, found: Sequence[Edge], near: int, places: Places) -> dict[int, Place]:
    """Where notes of a version go that were on the other side of an edge in the base, by their index."""
    moved: dict[int, Place] = {}
    for edge in found:
        was: dict[tuple[int, int], list[int]] = {}
        ends = (edge.before - near, edge.before, edge.before), (edge.behind, edge.behind + near + 1, edge.behind)
        for start, stop, at in ends:
            for index in _between(base.notes, start, stop):
                note = base.notes[index]
                was.setdefault(note[:2], []).append(note[ONSET] - at + edge.tick)
        now: dict[tuple[int, int], dict[int, int]] = {}
        for index in _between(content.notes, edge.tick - near, edge.tick + near + 1):
            note = content.notes[index]
            now.setdefault(note[:2], {})[index] = note[ONSET]
        for key in now.keys() & was.keys():
            for index, tick in _pairs(now[key], was[key], near):
                place = _over(edge, now[key][index], tick, places)
                if place is not None:
                    moved[index] = place
    return moved


def _between(notes: Sequence[Note], start: int, stop: int) -> range:
    low, high = (bisect_left(notes, tick, key=lambda note: note[ONSET]) for tick in (start, stop))
    return range(low, high)


def _pairs(now: Mapping[int, int], was: Sequence[int], near: int) -> Iterator[tuple[int, int]]:
    """Notes of one pitch, each with the tick of the one that it was: the nearest first, those that stayed left out."""
    left = list(was)
    fresh = {}
    for index, tick in now.items():
        if tick in left:
            left.remove(tick)
        else:
            fresh[index] = tick
    if len(fresh) * len(left) > _MOST:
        return
    taken: set[int] = set()
    gone: set[int] = set()
    rows = sorted((abs(tick - old), index, at) for index, tick in fresh.items() for at, old in enumerate(left))
    for far, index, at in rows:
        if far <= near and index not in taken and at not in gone:
            taken.add(index)
            gone.add(at)
            yield index, left[at]


def _over(edge: Edge, tick: int, was: int, places: Places) -> Place | None:
    """The place of a note on the line when it was on the other side of the edge, else None."""
    if tick < edge.tick <= was:
        place = places.place(edge.tick)
        return None if place is None else place._replace(tick=max(0, place.tick + tick - edge.tick))
    if was < edge.tick <= tick:
        place = places.place(edge.tick - 1)
        if place is not None:
            late = place.tick + 1 + tick - edge.tick
            return Place(late, place.run, max(place.stop, late + 1))
    return None
