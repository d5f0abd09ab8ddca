"""In which order the parts of both sides stand in the result."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import pairwise

_TIME = re.compile(rb"\s[Tt]ime=\"(-?\d+(?:\.\d+)?)\"")
Token = tuple[int, int]
"""A part: (0, place in the base), or what one side added: (1, place in ours), (2, place in theirs)."""


def arranged(
    sizes: tuple[int, int, int],
    found: tuple[Mapping[int, int], Mapping[int, int]],
    twins: Mapping[int, int],
    *,
    free: bool,
    heap: bool,
) -> list[Token] | None:
    """All parts of the base and of both sides in order; None where the sides disagree about the order.

    `found` says where each part of the base stands in ours and in theirs, `twins` what both sides added alike (ours'
    place -> theirs'). Both may add at one place where that is `free`; of a `heap` the order is never a question.
    """
    sides = [_tokens(side, size, places) for side, size, places in zip((1, 2), sizes[1:], found)]
    partner = {(2, j): (1, i) for i, j in twins.items()}
    sides[1] = [partner.get(token, token) for token in sides[1]]
    common = [at for at in range(sizes[0]) if at in found[0] and at in found[1]]
    kept = set(common)
    orders = [[token[1] for token in side if token[0] == 0 and token[1] in kept] for side in sides]
    if orders[0] != common and orders[1] not in (common, orders[0]) and not heap:
        return None
    frame, other = (sides[1], sides[0]) if orders[0] == common != orders[1] else (sides[0], sides[1])
    if orders[0] != orders[1] and not (free or heap) and _torn(frame, other, kept):
        return None
    result = list(frame)
    there = set(result)
    for extra in (other, [(0, at) for at in range(sizes[0])]):
        known = set(extra)
        for at, token in enumerate(extra):
            if token in there:
                continue
            start = place = result.index(extra[at - 1]) + 1 if at else 0
            if token[0]:
                while place < len(result) and result[place][0] and result[place] not in known:
                    place += 1
                if place > start and not (free or heap):
                    return None
            result.insert(place, token)
            there.add(token)
    return result


def in_time(found: list[tuple[bytes, bytes]], sides: Iterable[Iterable[bytes]]) -> list[tuple[bytes, bytes]]:
    """Parts of a heap, each with the gap before it, by their times, if that is how each of the sides has its own."""
    if not all(_rises(_times(side)) for side in sides):
        return found
    times = _times(part for _, part in found)
    if len(times) < len(found) or _rises(times):
        return found
    order = sorted(range(len(found)), key=times.__getitem__)
    return [(gap, found[at][1]) for (gap, _), at in zip(found, order)]


def _times(parts: Iterable[bytes]) -> list[float]:
    return [float(time[1]) for part in parts if (time := _TIME.search(part, 0, part.find(b">"))) is not None]


def _rises(times: list[float]) -> bool:
    return all(one <= two for one, two in pairwise(times))


def _torn(frame: list[Token], other: list[Token], kept: set[int]) -> bool:
    """True where what one side put between two parts would no longer lie between them, for the other side moved one."""
    ends = (-1, -1)
    known = [ends, *(token for token in frame if token[0] == 0 and token[1] in kept), ends]
    pairs = set(pairwise(known))
    last, new = ends, False
    for token in [*other, ends]:
        if token != ends and (token[0] or token[1] not in kept):
            new |= token[0] != 0
            continue
        if new and (last, token) not in pairs:
            return True
        last, new = token, False
    return False


def _tokens(side: int, size: int, places: Mapping[int, int]) -> list[Token]:
    back = {place: at for at, place in places.items()}
    return [(0, back[at]) if at in back else (side, at) for at in range(size)]
