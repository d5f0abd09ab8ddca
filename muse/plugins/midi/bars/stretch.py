"""A version whose whole time was stretched: written in half or double note values, as when the tempo was doubled.

Nobody moved a bar then, and what the other side adds belongs at the stretched place: the base and the other side are
stretched likewise before anything is compared.
"""

from __future__ import annotations

from collections.abc import Sequence

from muse.core.errors import FormatError
from muse.plugins.midi.file.codec import Song, Track
from muse.plugins.midi.merge.timebase import stretched

Factor = tuple[int, int]
"""Ticks of the version to ticks of its base, in lowest terms."""

NONE: Factor = (1, 1)
_FACTORS: tuple[Factor, ...] = ((2, 1), (1, 2), (3, 2), (2, 3), (4, 3), (3, 4), (3, 1), (1, 3), (4, 1), (1, 4))
_NEAR = 0.25  # share by which the end may be elsewhere than the factor has it
_LEAST = 16  # notes that a file has to have
_THERE = 0.8  # share of the base's notes that must be where the factor puts them
_GONE = 0.6  # share of them that may at most be where they were


def stretch(base: Sequence[Track], side: Sequence[Track], twins: Sequence[int]) -> Factor:
    """By what the side's time was stretched; `twins[n]`: the side's track that base track n is, or -1."""
    pairs = [(base[n], side[m]) for n, m in enumerate(twins) if m >= 0]
    if any(one.raw == two.raw and len(one.ticks) >= _LEAST for one, two in pairs):
        return NONE
    ends = [max((ticks[-1] for ticks in all_ticks if ticks), default=0)
            for all_ticks in ([one.ticks for one, _ in pairs], [two.ticks for _, two in pairs])]  # fmt: skip
    likely = [f for f in _FACTORS if abs(ends[1] * f[1] - ends[0] * f[0]) <= _NEAR * ends[0] * f[0]]
    if not likely or not ends[0]:
        return NONE
    begun = [(_begun(one), set(_begun(two))) for one, two in pairs]
    total = sum(len(old) for old, _ in begun)
    if total < _LEAST or _share(begun, NONE, total) > _GONE:
        return NONE
    best = max(likely, key=lambda factor: _share(begun, factor, total))
    return best if _share(begun, best, total) >= _THERE else NONE


def unify_time(base: Song, ours: Song, theirs: Song, twins: Sequence[Sequence[int]]) -> tuple[Song, Song, Song]:
    """The versions in the time of the side that stretched it; FormatError where that cannot be done."""
    factors = [stretch(base.tracks, side.tracks, twin) for side, twin in zip((ours, theirs), twins)]
    if factors[0] == factors[1] == NONE:
        return base, ours, theirs
    if NONE not in factors and factors[0] != factors[1]:
        raise FormatError("both sides wrote the piece in other note values")
    over, under = factors[0] if factors[0] != NONE else factors[1]
    songs = [
        song if song is not base and factor != NONE else stretched(song, over, under)
        for song, factor in zip((base, ours, theirs), (NONE, *factors))
    ]
    if songs[0] is None or songs[1] is None or songs[2] is None:
        raise FormatError("one side wrote the piece in other note values, into which not all of the other's fit")
    return songs[0], songs[1], songs[2]


def _begun(track: Track) -> list[tuple[int, bytes]]:
    """Beginnings of notes: tick, channel and pitch."""
    return [(tick, body[:2]) for tick, body in zip(track.ticks, track.bodies) if 0x90 <= body[0] < 0xA0 and body[2]]


def _share(
    begun: Sequence[tuple[list[tuple[int, bytes]], set[tuple[int, bytes]]]], factor: Factor, total: int
) -> float:
    """The share of the base's notes that are in the side where the factor puts them."""
    over, under = factor
    return sum((tick * over // under, key) in new for old, new in begun for tick, key in old) / total
