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

Claim = tuple[Sounding | None, Sounding | None, Sounding | None, Sounding | None]
"""A note both sides touched: base, ours, theirs, merged; None where it is not there."""


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


def is_sum(base: Track, ours: Track, theirs: Track, merged: Track, claims: Iterable[Claim]) -> bool:
    """True when `merged` = base + ours' changes + theirs' changes, a change both made counted once.

    `claims` says which notes both sides touched and how that was combined; each claim is checked by attribute, and a
    claim too many or too few breaks the sum.
    """
    versions = [sounding(track) for track in (base, ours, theirs, merged)]
    (b, o, t, m) = (version[0] for version in versions)
    notes: Counter[Sounding] = Counter()
    for counts, sign in ((o, 1), (t, 1), (b, -1)):
        for note, count in counts.items():
            notes[note] += sign * count
    for claim in claims:
        if not _true(claim):
            return False
        for claimed, sign in zip(claim, (1, -1, -1, 1)):
            if claimed is not None:
                notes[claimed] += sign
    (b2, o2, t2, m2) = (version[1] for version in versions)
    rest = b2 - ((b2 - o2) | (b2 - t2)) + ((o2 - b2) | (t2 - b2))
    return _equal(notes, m) and _equal(rest, m2)


def _true(claim: Claim) -> bool:
    was, mine, other, now = claim
    if was is None or mine is None or other is None or now is None:
        return mine == other == now
    return all(_combined(*values) for values in zip(was, mine, other, now))


def _combined(was: int, mine: int, other: int, now: int) -> bool:
    if mine == other:
        return now == mine
    return now == (other if mine == was else mine) and was in (mine, other)


def _equal(left: Counter[T], right: Counter[T]) -> bool:
    return all(left[key] == right[key] for key in left.keys() | right.keys())
