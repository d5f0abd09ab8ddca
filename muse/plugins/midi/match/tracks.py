"""Which track of one version is which track of another.

Names identify nothing (a third of real files repeats or omits them): bytes first, then content, then the best overlap.
"""

from __future__ import annotations

from collections import Counter

from muse.plugins.midi.file.codec import Track

_ENOUGH = 0.2  # share of common events that makes two tracks at different places the same
_MOST_PAIRS = 4096


def match_tracks(base: list[Track], side: list[Track]) -> list[int]:
    """For each base track its index in `side`, or -1."""
    found = [-1] * len(base)
    taken = [False] * len(side)

    def join(index: int, other: int) -> None:
        found[index] = other
        taken[other] = True

    for key in _KEYS:
        if -1 in found and not all(taken):
            _by_key(base, side, found, taken, join, key)
    if len(base) == len(side) == 1 and found[0] < 0:
        join(0, 0)
    left = [index for index, other in enumerate(found) if other < 0]
    right = [index for index, used in enumerate(taken) if not used]
    if len(left) * len(right) <= _MOST_PAIRS:
        for index, other in _best(base, side, left, right):
            join(index, other)
    else:
        _by_key(base, side, found, taken, join, lambda track: _name(track) or None)
    return found


def _by_key(base, side, found, taken, join, key) -> None:  # type: ignore[no-untyped-def]
    """Match what is unmatched and has an equal key (not None): first at the same place, then in order."""
    own = {index: key(base[index]) for index, other in enumerate(found) if other < 0}
    theirs = {other: key(side[other]) for other, used in enumerate(taken) if not used}
    for index, value in own.items():
        if value is not None and index in theirs and theirs[index] == value:
            join(index, index)
    waiting: dict[object, list[int]] = {}
    for other in reversed(theirs):
        if not taken[other]:
            waiting.setdefault(theirs[other], []).append(other)
    for index, value in own.items():
        if found[index] < 0 and value is not None and waiting.get(value):
            join(index, waiting[value].pop())


def _notes(track: Track) -> object:
    """The notes as they sound; None for a track without any."""
    notes = [entry for entry in zip(track.ticks, track.bodies) if entry[1][0] < 0xA0]
    return tuple(sorted(notes)) or None


def _named_notes(track: Track) -> object:
    notes = _notes(track)
    return None if notes is None else (_name(track), notes)


_KEYS = (lambda track: track.raw, lambda track: (*track.ticks, *track.bodies), _named_notes, _notes)
"""What makes two tracks the same, from the surest to the least sure: bytes, events, notes and name, notes."""


def _name(track: Track) -> bytes:
    for body in track.bodies:
        if body[:2] == b"\xff\x03":
            return body[2:]
    return b""


def _channels(track: Track) -> frozenset[int]:
    return frozenset(body[0] & 15 for body in track.bodies if body[0] < 0xF0)


def _steps(track: Track) -> Counter[tuple[int, bytes]]:
    """Notes and other events with the time since the one before: what a track keeps when time is inserted."""
    found: Counter[tuple[int, bytes]] = Counter()
    before = 0
    for tick, body in zip(track.ticks, _neutral(track)):
        found[tick - before, body] += 1
        before = tick
    return found


def _neutral(track: Track) -> list[bytes]:
    """The events of a track whatever their channel: programs number channels anew."""
    return [bytes((body[0] & 0xF0,)) + body[1:] if body[0] < 0xF0 else body for body in track.bodies]


def _best(base: list[Track], side: list[Track], left: list[int], right: list[int]) -> list[tuple[int, int]]:
    """Pairs by likeness, best first; a pair at one place with one name needs no common event."""
    events = {index: set(zip(base[index].ticks, _neutral(base[index]))) for index in left}
    theirs = {index: set(zip(side[index].ticks, _neutral(side[index]))) for index in right}
    steps = {index: _steps(base[index]) for index in left}
    their_steps = {index: _steps(side[index]) for index in right}
    marks = {index: (_name(base[index]), _channels(base[index])) for index in left}
    their_marks = {index: (_name(side[index]), _channels(side[index])) for index in right}
    offers = []
    for index in left:
        for other in right:
            size = max(len(events[index]), len(theirs[other]), 1)
            common = max(
                len(events[index] & theirs[other]) / size,
                (steps[index] & their_steps[other]).total() / max(steps[index].total(), their_steps[other].total(), 1),
            )
            onsets = len({e[0] for e in events[index]} & {e[0] for e in theirs[other]}) / size
            same_name, same_channels = (one == two for one, two in zip(marks[index], their_marks[other]))
            here = index == other
            if (
                common >= _ENOUGH
                or (here and same_name)
                or (same_name and same_channels and onsets >= _ENOUGH)
                or (here and same_channels and onsets >= _ENOUGH)
            ):
                score = common + onsets / 4 + 0.2 * same_name + 0.1 * same_channels + 0.1 * here
                offers.append((-score, abs(index - other), index, other))
    offers.sort()
    used_left: set[int] = set()
    used_right: set[int] = set()
    pairs = []
    for _, _, index, other in offers:
        if index not in used_left and other not in used_right:
            used_left.add(index)
            used_right.add(other)
            pairs.append((index, other))
    return pairs
