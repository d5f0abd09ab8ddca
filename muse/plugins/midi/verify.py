"""The safety net of a merge: is the result exactly the base plus both sides' changes?

Written against the merged bytes and with a pairing of its own, so that a mistake in alignment, decision or writing
shows up here and turns a wrong clean result into a conflict.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from typing import TypeVar

from muse.plugins.midi.codec import Track

T = TypeVar("T")

Sounding = tuple[int, int, int, int, int, int]
"""(channel, pitch, onset, length, velocity, release) as in `model.Note`."""

Combination = tuple[Sounding, Sounding, Sounding, Sounding]
"""A note both sides changed: base, ours, theirs, merged."""


def sounding(track: Track) -> tuple[Counter[Sounding], Counter[tuple[int, bytes]]]:
    """A track's notes and its other events, as multisets."""
    begun: dict[bytes, deque[tuple[int, bytes]]] = {}
    notes: list[Sounding] = []
    rest: list[tuple[int, bytes]] = []
    for tick, body in zip(track.ticks, track.bodies):
        high = body[0] & 0xF0
        if high == 0x90 and body[2] != 0:
            begun.setdefault(bytes((body[0] & 15, body[1])), deque()).append((tick, body))
        elif high in (0x80, 0x90):
            queue = begun.get(bytes((body[0] & 15, body[1])))
            if queue:
                since, on = queue.popleft()
                notes.append((on[0] & 15, on[1], since, tick - since, on[2], high << 4 | body[2]))
            else:
                rest.append((tick, body))
        else:
            rest.append((tick, body))
    for queue in begun.values():
        rest += queue
    return Counter(notes), Counter(rest)


def same_notes(track: Track, expected: Iterable[Sounding]) -> bool:
    """True when the bytes really sound as decided."""
    return sounding(track)[0] == Counter(expected)


def is_sum(base: Track, ours: Track, theirs: Track, merged: Track, both: list[Combination]) -> bool:
    """True when `merged` = base + ours' changes + theirs' changes, a change both made counted once.

    `both` claims which notes both sides changed and how that was combined; each claim is checked by attribute.
    """
    versions = [sounding(track) for track in (base, ours, theirs, merged)]
    notes = _expected([version[0] for version in versions])
    for was, mine, other, now in both:
        if any(not _combined(*values) for values in zip(was, mine, other, now)):
            return False
        notes[mine] -= 1
        notes[other] -= 1
        notes[now] += 1
    rest = _expected([version[1] for version in versions])
    return _equal(notes, versions[3][0]) and _equal(rest, versions[3][1])


def _combined(was: int, mine: int, other: int, now: int) -> bool:
    if mine == other:
        return now == mine
    return now == (other if mine == was else mine) and was in (mine, other)


def _expected(versions: list[Counter[T]]) -> Counter[T]:
    base, ours, theirs = versions[:3]
    return base - ((base - ours) | (base - theirs)) + ((ours - base) | (theirs - base))


def _equal(left: Counter[T], right: Counter[T]) -> bool:
    return all(left[key] == right[key] for key in left.keys() | right.keys())
