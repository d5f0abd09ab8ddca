"""Both sides' lines of bars as one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from muse.plugins.midi.bars.timeline import ENDLESS, IDENTITY, NEW, BarMap, Piece, Range, Span, cuts

Pair = tuple[int, int]
"""Where a stretch is in the main side and in the other one, -1 where it is not."""


class Collision(NamedTuple):
    """Both sides rearranged one place of the base, each in its own way: its tick, and what to tell."""

    tick: int
    words: str


class _Atom(NamedTuple):
    """A stretch that no border of either line divides."""

    base: int
    main: int
    other: int
    length: int


def combine(ours: BarMap, theirs: BarMap) -> tuple[list[Piece], list[Collision]]:
    """The merged line and what collides; where something does, that part of the line is ours'."""
    if _jumps(theirs.spans) and not _jumps(ours.spans):
        atoms, found = _combined(theirs.spans, ours.spans)
        return [Piece(a.base, a.other, a.main, a.length) for a in atoms], found
    atoms, found = _combined(ours.spans, theirs.spans)
    return [Piece(a.base, a.main, a.other, a.length) for a in atoms], found


def alone(spans: Sequence[Span], theirs: Sequence[Span], swapped: bool = False) -> list[Piece]:
    """One side's line, with what the other side inserted left out and what it moved back in its place."""
    positions = _positions(theirs)
    atoms = _split(spans, _borders(theirs))
    pieces = [_Atom(a.base, a.main, _where(positions, a.base), a.length) for a in atoms]
    return [
        Piece(a.base, a.other, a.main, a.length) if swapped else Piece(a.base, a.main, a.other, a.length)
        for a in pieces
    ]


def unmoved(ours: Sequence[Span], theirs: Sequence[Span]) -> list[Piece]:
    """The base's own line, with what both sides inserted left out and what they moved back in its place."""
    sides = _positions(ours), _positions(theirs)
    atoms = _split(IDENTITY.spans, sorted({*_borders(ours), *_borders(theirs)}))
    return [Piece(a.base, _where(sides[0], a.base), _where(sides[1], a.base), a.length) for a in atoms]


def kept(pieces: Sequence[Piece], stretch: Range, places: Sequence[int]) -> list[Piece]:
    """The line with a stretch of the base that one side cut; `places`: where it is in ours and in theirs, or -1."""
    out = list(pieces)
    piece = Piece(stretch.start, places[0], places[1], stretch.stop - stretch.start)
    for n, each in enumerate(out):
        if each.base == stretch.stop:
            return [*out[:n], piece, *out[n:]]
    for n, each in enumerate(out):
        if each.base >= 0 and each.base + each.length == stretch.start:
            return [*out[: n + 1], piece, *out[n + 1 :]]
    return out


def _jumps(spans: Sequence[Span]) -> bool:
    """True when stretches of the base are in another order."""
    sources = [span.source for span in spans if span.source != NEW]
    return sources != sorted(sources)


def _combined(main: Sequence[Span], other: Sequence[Span]) -> tuple[list[_Atom], list[Collision]]:
    positions = _positions(other)
    atoms = [
        _Atom(a.base, a.main, _where(positions, a.base), a.length) for a in _split(main, _borders(other))
    ]  # fmt: skip
    if tuple(main) == tuple(other):
        return [_Atom(a.base, a.main, a.main, a.length) for a in atoms], []
    if _jumps(other):
        return atoms, [Collision(0, "both sides moved bars")]
    gone = cuts(other)
    kept = [a for a in atoms if a.base == NEW or not any(cut.start <= a.base < cut.stop for cut in gone)]
    found: list[Collision] = []
    at = before = 0
    for source, length in other:
        if source == NEW:
            place = _place(kept, before, other)
            if place is None:
                found.append(Collision(before, "both sides rearranged the bars here"))
            else:
                kept.insert(place, _Atom(NEW, NEW, at, length))
        else:
            before = source + length
        at += length
    return kept, found


def _place(atoms: list[_Atom], before: int, other: Sequence[Span]) -> int | None:
    """Where among the atoms goes what the other side put behind the base's tick `before`; None where that is unclear.

    The other side is in the base's order, so what follows there is its next stretch of the base.
    """
    after = min((span.source for span in other if span.source >= before), default=ENDLESS)
    left = next((n for n, a in enumerate(atoms) if a.base != NEW and a.base + a.length == before), None)
    right = next((n for n, a in enumerate(atoms) if a.base == after), None)
    if before == 0 and left is None:
        left = -1 if right == 0 else None
    if left is not None and right is not None:
        return right if right == left + 1 else None
    if left is not None:
        following = atoms[left + 1] if left + 1 < len(atoms) else None
        return left + 1 if following is None or following.base >= before else None
    if right is not None:
        previous = atoms[right - 1] if right else None
        return right if previous is None or (previous.base != NEW and previous.base < before) else None
    return None


def _borders(spans: Sequence[Span]) -> list[int]:
    """Ticks of the base where a line's stretches begin and end."""
    edges = {edge for source, length in spans if source != NEW for edge in (source, source + length)}
    return sorted(edge for edge in edges if 0 < edge < ENDLESS)


def _split(spans: Sequence[Span], borders: list[int]) -> list[_Atom]:
    out, at = [], 0
    for source, length in spans:
        if source == NEW:
            out.append(_Atom(NEW, at, NEW, length))
        else:
            edges = [source, *(edge for edge in borders if source < edge < source + length), source + length]
            for start, stop in pairwise(edges):
                out.append(_Atom(start, at + start - source, NEW, stop - start))
        at += length
    return out


def _positions(spans: Sequence[Span]) -> list[tuple[int, int, int]]:
    """(start in the base, its end, start in the version) of each stretch of the base."""
    out, at = [], 0
    for source, length in spans:
        if source != NEW:
            out.append((source, source + length, at))
        at += length
    return out


def _where(positions: list[tuple[int, int, int]], tick: int) -> int:
    return next((at + tick - start for start, stop, at in positions if start <= tick < stop), NEW)
