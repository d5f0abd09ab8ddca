"""Which note of one version is which note of another, tier by tier on what is still unmatched.

Any alignment describes the difference truthfully (a change is a deletion plus an insertion); a good one lets edits of
two people meet on the same note. All ties are broken by order, so equal inputs align equally.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Hashable

from muse.core.sequences import common_ends
from muse.plugins.midi.file.model import Note

_Key = Callable[[Note], Hashable]
_Buckets = dict[Hashable, list[int]]

REGION_NOTES = 4  # a transposed region has at least so many notes
REGION_SHARE = 0.8  # of which one step explains at least this share
_CHORD = 16  # notes of one onset and length that are looked at


class Alignment:
    """`to_side[i]`: the side's index of base note i or -1; `to_base[j]` the reverse."""

    __slots__ = ("to_base", "to_side")

    def __init__(self, base: list[Note], side: list[Note]) -> None:
        self.to_side = [-1] * len(base)
        self.to_base = [-1] * len(side)

    def join(self, index: int, other: int) -> None:
        """Base note `index` is the side's note `other`."""
        self.to_side[index] = other
        self.to_base[other] = index


def align(base: list[Note], side: list[Note], beat: int, bar: int) -> Alignment:
    """Match two versions of a track's notes; `beat` and `bar` in ticks bound how far a note may move."""
    found = Alignment(base, side)
    if base == side:
        found.to_side = list(range(len(base)))
        found.to_base = list(range(len(base)))
        return found
    left, right = _trimmed(base, side, found)
    left, right = _shifted(found, base, side, left, right)
    left, right = _transposed(found, base, side, left, right)
    left, right = _tier(found, base, side, left, right, lambda note: note, _in_order)
    for key, pairing in _tiers(beat, bar):
        if not left or not right:
            break
        left, right = _tier(found, base, side, left, right, key, pairing)
    return found


def agree(base: list[Note], ours: list[Note], theirs: list[Note], to_ours: Alignment, to_theirs: Alignment) -> None:
    """Where one side's new note equals what the other side made of a base note, read it as the same edit.

    Each side is aligned on its own; among crowded notes the same change can come out in two ways. A note that kept its
    channel, pitch and onset is surely the same one.
    """
    _follow(base, ours, theirs, to_ours, to_theirs)
    _follow(base, theirs, ours, to_theirs, to_ours)


def _follow(base: list[Note], first: list[Note], second: list[Note], lead: Alignment, other: Alignment) -> None:
    new: dict[Note, list[int]] | None = None
    for index, note in enumerate(base):
        j, k = lead.to_side[index], other.to_side[index]
        if j < 0 or first[j] == note or (k >= 0 and (second[k] == first[j] or second[k][:3] == note[:3])):
            continue
        if new is None:
            new = {}
            for at in reversed(range(len(second))):
                if other.to_base[at] < 0:
                    new.setdefault(second[at], []).append(at)
        same = new.get(first[j])
        if same:
            if k >= 0:
                other.to_base[k] = -1
                new.setdefault(second[k], []).append(k)
            other.join(index, same.pop())


def _trimmed(base: list[Note], side: list[Note], found: Alignment) -> tuple[list[int], list[int]]:
    """Match the common beginning and end; what is left of both."""
    start, tail = common_ends(base, side)
    low, high = len(base) - tail, len(side) - tail
    for same in range(start):
        found.join(same, same)
    for back in range(1, tail + 1):
        found.join(len(base) - back, len(side) - back)
    return list(range(start, low)), list(range(start, high))


def _transposed(
    found: Alignment, base: list[Note], side: list[Note], left: list[int], right: list[int]
) -> tuple[list[int], list[int]]:
    """A region moved up or down as a whole is matched as such, before notes that only look unchanged.

    In octaves an exact match would take the lower note of the one version for the upper one of the other.
    """
    step, low, high = _step(base, side, left, right)
    if not step:
        return left, right
    waiting: dict[Note, list[int]] = {}
    for j in reversed(right):
        waiting.setdefault(side[j], []).append(j)
    loose: dict[tuple[int, ...], list[int]] = {}
    open_notes = []
    for i in left:
        channel, pitch, onset, length, velocity, release = base[i]
        if low <= onset <= high:
            twins = waiting.get((channel, pitch + step, onset, length, velocity, release))
            if twins:
                found.join(i, twins.pop())
            else:
                open_notes.append(i)
    for j in right:
        if found.to_base[j] < 0:
            loose.setdefault(side[j][:4], []).append(j)
    for i in open_notes:
        channel, pitch, onset, length = base[i][:4]
        candidates = loose.get((channel, pitch + step, onset, length))
        if candidates:
            found.join(i, candidates.pop(0))
    return [i for i in left if found.to_side[i] < 0], [j for j in right if found.to_base[j] < 0]


def _step(base: list[Note], side: list[Note], left: list[int], right: list[int]) -> tuple[int, int, int]:
    """By how much a region was transposed, and its first and last onset; 0 when no step explains enough of it."""
    counts = Counter(base[i] for i in left)
    counts.subtract(Counter(side[j] for j in right))
    onsets = [note[2] for note, count in counts.items() if count]
    if not onsets:
        return 0, 0, 0
    low, high = min(onsets), max(onsets)
    there: dict[tuple[int, int, int], list[int]] = {}
    for j in right:
        channel, pitch, onset, length = side[j][:4]
        if low <= onset <= high:
            there.setdefault((channel, onset, length), []).append(pitch)
    votes: Counter[int] = Counter()
    members = 0
    for i in left:
        channel, pitch, onset, length = base[i][:4]
        if low <= onset <= high:
            members += 1
            votes.update({other - pitch for other in there.get((channel, onset, length), ())[:_CHORD]})
    step, count = min(votes.items(), key=lambda vote: (-vote[1], abs(vote[0]), vote[0]), default=(0, 0))
    if count < REGION_NOTES or count < members * REGION_SHARE:
        return 0, 0, 0
    return step, low, high


def _shifted(
    found: Alignment, base: list[Note], side: list[Note], left: list[int], right: list[int]
) -> tuple[list[int], list[int]]:
    """A region moved in time as a whole, as by a bar put before it, is matched as such: note by note, what happens to
    stand at the old place would be taken for the note that was there."""
    step = _delay(base, side, left, right)
    if not step:
        return left, right
    waiting: dict[Note, list[int]] = {}
    for j in reversed(right):
        waiting.setdefault(side[j], []).append(j)
    pairs = []
    for i in left:
        channel, pitch, onset, *rest = base[i]
        twins = waiting.get((channel, pitch, onset + step, *rest))  # type: ignore[arg-type]
        if twins:
            pairs.append((i, twins.pop()))
    if len(pairs) < max(REGION_NOTES, len(left) * REGION_SHARE):
        return left, right
    for i, j in pairs:
        found.join(i, j)
    return [i for i in left if found.to_side[i] < 0], [j for j in right if found.to_base[j] < 0]


def _delay(base: list[Note], side: list[Note], left: list[int], right: list[int]) -> int:
    """By how many ticks most notes were moved, if one step says it; 0 where as many are still at their place."""
    gone = Counter(base[i] for i in left)
    gone.subtract(Counter(side[j] for j in right))
    if 2 * sum(count for count in gone.values() if count > 0) <= max(len(left), 2 * REGION_NOTES - 1):
        return 0
    there: dict[tuple[int, ...], list[int]] = {}
    for j in right:
        there.setdefault(_but_onset(side[j]), []).append(side[j][2])
    votes: Counter[int] = Counter()
    rank: Counter[tuple[int, ...]] = Counter()
    for i in left:
        kind = _but_onset(base[i])
        at = max(0, rank[kind] - _CHORD // 2)
        votes.update({onset - base[i][2] for onset in there.get(kind, ())[at : at + _CHORD]})
        rank[kind] += 1
    return min(votes.items(), key=lambda vote: (-vote[1], abs(vote[0]), vote[0]), default=(0, 0))[0]


def _but_onset(note: Note) -> tuple[int, ...]:
    return (*note[:2], *note[3:])


_Pairing = Callable[[list[Note], list[Note], list[int], list[int]], "list[tuple[int, int]]"]


def _tier(
    found: Alignment,
    base: list[Note],
    side: list[Note],
    left: list[int],
    right: list[int],
    key: _Key,
    pairing: _Pairing,
) -> tuple[list[int], list[int]]:
    buckets: _Buckets = {}
    for index in left:
        buckets.setdefault(key(base[index]), []).append(index)
    others: _Buckets = {}
    for index in right:
        bucket = key(side[index])
        if bucket in buckets:
            others.setdefault(bucket, []).append(index)
    for bucket, there in others.items():
        for index, other in pairing(base, side, buckets[bucket], there):
            found.join(index, other)
    return [i for i in left if found.to_side[i] < 0], [j for j in right if found.to_base[j] < 0]


def _in_order(base: list[Note], side: list[Note], left: list[int], right: list[int]) -> list[tuple[int, int]]:
    return list(zip(left, right))


def _nearest(field: int, most: int) -> _Pairing:
    """Pair by the nearest value of a field, at most `most` apart; equal numbers pair in order."""

    def pairs(base: list[Note], side: list[Note], left: list[int], right: list[int]) -> list[tuple[int, int]]:
        left = sorted(left, key=lambda index: base[index][field])
        right = sorted(right, key=lambda index: side[index][field])
        if len(left) == len(right):
            straight = list(zip(left, right))
            if all(abs(base[i][field] - side[j][field]) <= most for i, j in straight):
                return straight
        return _greedy([base[i][field] for i in left], [side[j][field] for j in right], left, right, most)

    return pairs


def _greedy(
    values: list[int], others: list[int], left: list[int], right: list[int], most: int
) -> list[tuple[int, int]]:
    """Nearest pairs first among each left value's three nearest neighbours; sorted inputs, near-linear."""
    offers = []
    for at, value in enumerate(values):
        near = bisect_left(others, value)
        for other in range(max(0, near - 2), min(len(others), near + 2)):
            distance = abs(others[other] - value)
            if distance <= most:
                offers.append((distance, at, other))
    offers.sort()
    taken_left: set[int] = set()
    taken_right: set[int] = set()
    pairs = []
    for _, at, other in offers:
        if at not in taken_left and other not in taken_right:
            taken_left.add(at)
            taken_right.add(other)
            pairs.append((left[at], right[other]))
    return pairs


def _tiers(beat: int, bar: int) -> tuple[tuple[_Key, _Pairing], ...]:
    """What counts as the same note, from the surest to the least sure.

    Note fields: 0 channel, 1 pitch, 2 onset, 3 length, 4 velocity, 5 release.
    """
    return (
        (lambda n: (n[0], n[1], n[2]), _nearest(3, 1 << 30)),
        (lambda n: (n[0], n[2], n[3], n[4]), _nearest(1, 127)),
        (lambda n: (n[0], n[2], n[3]), _nearest(1, 127)),
        (lambda n: (n[0], n[1], n[3], n[4]), _nearest(2, bar)),
        (lambda n: (n[0], n[1], n[3]), _nearest(2, bar)),
        (lambda n: (n[1], n[2], n[3]), _nearest(0, 15)),
        (lambda n: (n[1], n[2]), _nearest(3, beat)),
        (lambda n: (n[0], n[1], n[4]), _nearest(2, max(1, beat // 2))),
        (lambda n: (n[0], n[1]), _nearest(2, max(1, beat // 2))),
        (lambda n: (n[0], n[2], n[4]), _nearest(1, 12)),
    )
