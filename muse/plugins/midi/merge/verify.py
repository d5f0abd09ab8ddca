"""The safety net of a merge: is the result exactly the base plus both sides' changes?

Written against the merged bytes and with a pairing of its own, so that a mistake in alignment, decision or writing
shows up here and turns a wrong clean result into a conflict.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection, Iterable, Iterator
from typing import TypeVar

from muse.plugins.midi.file.codec import Track

T = TypeVar("T")

Sounding = tuple[int, int, int, int, int, int]
"""(channel, pitch, onset, length, velocity, release) as in `model.Note`."""

Claim = tuple[Sounding | None, Sounding | None, Sounding | None, Sounding | None]
"""A note both sides touched: base, ours, theirs, merged; None where it is not there."""

Sound = tuple[Counter[Sounding], Counter[tuple[int, bytes]]]
"""A track's notes and its other events, as multisets."""


def sounding(track: Track) -> Sound:
    """What a track holds, by a pairing of its own."""
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


def wrong_keys(merged: Sound, decided: Iterable[Sounding]) -> set[tuple[int, int]]:
    """Keys whose notes in the bytes are not the ones decided on: ons and offs of both sides paired up anew."""
    wanted = Counter(decided)
    if wanted == merged[0]:
        return set()
    return {note[:2] for note in (wanted - merged[0]) + (merged[0] - wanted)}


def revived_keys(tracks: tuple[Track, Track, Track, Track], sounds: list[Sound]) -> set[tuple[int, int]]:
    """Keys with unpaired ons or offs where an event is back that a side deleted.

    What is an unpaired event in one version can be part of a note in another, so that notes and other events add up
    each by itself while the same on was kept as the one and deleted as the other.
    """
    loose = {(body[0] & 15, body[1]) for sound in sounds for _, body in sound[1] if body[0] < 0xA0}
    found = set()
    if loose:
        counts = [Counter(_events(track, loose)) for track in tracks]
        base, ours, theirs, merged = counts
        for event, count in base.items():
            changes = ours[event] - count, theirs[event] - count
            most = count + (sum(changes) if max(changes) >= 0 else min(changes))
            if merged[event] > most:
                found.add((event[1][0] & 15, event[1][1]))
    return found


def _events(track: Track, keys: Collection[tuple[int, int]]) -> Iterator[tuple[int, bytes]]:
    return (
        (tick, body) for tick, body in zip(track.ticks, track.bodies)
        if body[0] < 0xA0 and (body[0] & 15, body[1]) in keys
    )  # fmt: skip


def brings_back(
    base: list[Track],
    ours: list[Track],
    theirs: list[Track],
    merged: list[Track],
    pairs: Iterable[tuple[Track | None, Track]],
) -> bool:
    """True when the file holds an event more often than the side that deleted it, and neither side added one.

    Tracks are merged one by one. Where a side puts events into another track, the other side's deletion of one of them
    in its old track does not follow it. `pairs`: each track of a side with the one of the base that it was.
    """
    came: set[tuple[int, bytes]] = set()
    for before, track in pairs:
        if before is None or before.raw != track.raw:
            came.update(_told([track]) - _told([before] if before is not None else []))
    was = _told(base)
    came &= was.keys()
    if not came:
        return False
    mine, other, made = (_told(tracks) for tracks in (ours, theirs, merged))
    return any(
        made[event] > max(mine[event] + other[event] - was[event], 0) and made[event] > min(mine[event], other[event])
        for event in came
        if mine[event] <= was[event] and other[event] <= was[event]
    )  # fmt: skip


def doubled(base: list[Track], ours: list[Track], theirs: list[Track], merged: list[Track]) -> bool:
    """True when the file begins a note oftener, in whatever tracks and channels, than two sides that added none there.

    So it is where both sides put the notes of a track into another one, each into one of its own.
    """
    was, mine, other, made = (_begun(tracks) for tracks in (base, ours, theirs, merged))
    return any(
        was[note] and count > max(mine[note] + other[note] - was[note], 0) and count > min(mine[note], other[note])
        for note, count in made.items()
        if mine[note] <= was[note] and other[note] <= was[note]
    )


def _begun(tracks: list[Track]) -> Counter[tuple[int, int]]:
    """Beginnings of notes: tick and pitch."""
    return Counter(
        (tick, body[1]) for track in tracks for tick, body in zip(track.ticks, track.bodies)
        if 0x90 <= body[0] < 0xA0 and body[2]
    )  # fmt: skip


def _told(tracks: list[Track]) -> Counter[tuple[int, bytes]]:
    """The events of all tracks but the ends of notes."""
    return Counter(
        (tick, body) for track in tracks for tick, body in zip(track.ticks, track.bodies)
        if body[0] >= 0x90 and (body[0] >= 0xA0 or body[2])
    )  # fmt: skip


def is_sum(base: Sound, ours: Sound, theirs: Sound, merged: Sound, claims: Iterable[Claim]) -> bool:
    """True when `merged` = base + ours' changes + theirs' changes, a change both made counted once.

    `claims` says which notes both sides touched and how that was combined; each claim is checked by attribute, and a
    claim too many or too few breaks the sum.
    """
    notes: Counter[Sounding] = Counter()
    for counts, sign in ((ours[0], 1), (theirs[0], 1), (base[0], -1)):
        for note, count in counts.items():
            notes[note] += sign * count
    for claim in claims:
        if not _true(claim):
            return False
        for claimed, sign in zip(claim, (1, -1, -1, 1)):
            if claimed is not None:
                notes[claimed] += sign
    b, o, t = base[1], ours[1], theirs[1]
    rest = b - ((b - o) | (b - t)) + ((o - b) | (t - b))
    return _equal(notes, merged[0]) and _equal(rest, merged[1])


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
