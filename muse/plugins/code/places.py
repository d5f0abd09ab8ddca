"""The part of the safety net that looks at where an insertion stands, not at what it says.

What a side inserted between two lines has to stand behind the first or before the second of them in the result, as they
are or much alike. Where the other side has rewritten both, nobody but a person knows where it belongs now.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from itertools import pairwise

from muse.plugins.code.matching import likeness
from muse.plugins.code.seqdiff import Edit, edits
from muse.plugins.code.tokens import is_weak_line, without_common_ends

_ALIKE = 0.6
_MOST = 200  # a line that stands at more places than that tells none


def keeps_places(base: bytes, side: bytes, merged: bytes) -> bool:
    """True when everything `side` inserted still stands beside what it was put beside."""
    old, new, made = map(_solid, without_common_ends(base, side, merged))
    where: dict[bytes, list[int]] = defaultdict(list)
    for place, line in enumerate(made):
        where[line].append(place)
    found = [edit for edit in edits(old, new) if edit.b0 < edit.b1]
    taken: set[int] = set()
    for is_it in (bytes.__eq__, _alike):  # what stands there unchanged first, so that nothing alike takes its place
        found = [edit for edit in found if not _stands(new, edit, made, where, taken, is_it)]
    return not any(0 < len(where[new[at]]) <= _MOST for edit in found for at in (edit.b0, edit.b1 - 1))


def doubles_nothing(base: bytes, ours: bytes, theirs: bytes, merged: bytes) -> bool:
    """True when no line stands twice in a row in `merged` more often than in a side: one edit made by both is one."""
    most: Counter[bytes] = Counter()
    for side in (base, ours, theirs):
        most |= _in_a_row(side)
    return _in_a_row(merged) <= most


def _in_a_row(data: bytes) -> Counter[bytes]:
    return Counter(one for one, other in pairwise(_solid(data)) if one == other)


def _stands(
    new: list[bytes],
    edit: Edit,
    made: list[bytes],
    where: dict[bytes, list[int]],
    taken: set[int],
    is_it: Callable[[bytes, bytes], bool],
) -> bool:
    """True when the inserted lines begin behind their upper neighbour or end before the lower one, at a place that no
    other insertion has taken; they take it."""
    for line, neighbour, step in ((edit.b0, edit.b0 - 1, -1), (edit.b1 - 1, edit.b1, 1)):
        for place in where[new[line]][:_MOST]:
            if place not in taken and is_it(made[place + step], new[neighbour]):
                taken.add(place)
                return True
    return False


def _alike(one: bytes, other: bytes) -> bool:
    return likeness(one, other) >= _ALIKE


def _solid(data: bytes) -> list[bytes]:
    """Lines with a word in them, without differences in white space, between two that stand for start and end."""
    lines = (b" ".join(line.split()) for line in data.splitlines() if not is_weak_line(line))
    return [b"\x02", *lines, b"\x03"]
