"""The merged order of a track's events; `write_track.py` makes bytes of it.

Ours' stream stays as it is; what comes from theirs is put where theirs had it among the events both share, and by rank
among events only ours has. Nothing that nobody edited is ever re-sorted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, TypeVar

from muse.plugins.midi.file.codec import Track
from muse.plugins.midi.file.dimensions import rank
from muse.plugins.midi.file.model import Item

_MOST_AT_ONE_TICK = 400  # pairs are compared below this many shared events whose order is in question


Some = TypeVar("Some", bound=tuple[Any, ...])
Order = Callable[[int], str]
"""Asked with a tick at which both sides reordered events, each in its own way: whose order it shall be."""


def weave(
    items: list[Item], ours: Track, theirs: Track, whose: Order, empty: Sequence[tuple[Item, Item]] = ()
) -> list[Item]:
    """All items in the order they are written.

    `whose` settles orders that contradict each other; `empty` names the on and off of notes without a length, which
    must stay in this order.
    """
    stay: list[Item] = []
    incoming: dict[int, list[Item]] = {}
    ticks = ours.ticks
    for item in items:
        if item[3] >= 0 and ticks[item[3]] == item[0]:
            stay.append(item)
        else:
            incoming.setdefault(item[0], []).append(item)
    stay.sort(key=lambda item: item[3])
    turned = _turned(stay, theirs)
    if not incoming and not turned:
        return stay
    order = _interleave(stay, incoming, turned, theirs, whose)
    return on_before_off(order, empty) if empty else order


def on_before_off(order: list[Some], empty: Sequence[tuple[Some, Some]]) -> list[Some]:
    """Move the off of an empty note behind its on where it landed before it."""
    at = {id(item): index for index, item in enumerate(order)}
    late: dict[int, list[Some]] = {}
    for on, off in empty:
        if at[id(off)] < at[id(on)]:
            late.setdefault(id(on), []).append(off)
    if not late:
        return order
    moved = {id(off) for offs in late.values() for off in offs}
    out: list[Some] = []
    for item in order:
        if id(item) not in moved:
            out.append(item)
            out += late.get(id(item), [])
    return out


def _turned(stay: list[Item], theirs: Track) -> set[int]:
    """Ticks at which the sides order shared events differently."""
    found = set()
    last_tick, last = -1, -1
    for item in stay:
        tick, other = item[0], item[4]
        if other < 0 or theirs.ticks[other] != tick:
            continue
        if tick != last_tick:
            last_tick = tick
        elif other < last:
            found.add(tick)
        last = other
    return found


def _interleave(
    stay: list[Item], incoming: dict[int, list[Item]], turned: set[int], theirs: Track, whose: Order
) -> list[Item]:
    out: list[Item] = []
    dirty = sorted(incoming.keys() | turned)
    at = 0
    for tick in dirty:
        while at < len(stay) and stay[at][0] < tick:
            out.append(stay[at])
            at += 1
        start = at
        while at < len(stay) and stay[at][0] == tick:
            at += 1
        out += _one_tick(stay[start:at], incoming.get(tick, []), tick, whose if tick in turned else None, theirs)
    out += stay[at:]
    return out


def _one_tick(here: list[Item], incoming: list[Item], tick: int, whose: Order | None, theirs: Track) -> list[Item]:
    """Interleave events of one tick around those both sides have."""
    placed = [item for item in incoming if item[4] >= 0 and theirs.ticks[item[4]] == tick]
    free = [item for item in incoming if item[4] < 0 or theirs.ticks[item[4]] != tick]
    shared = [item for item in here if item[4] >= 0 and theirs.ticks[item[4]] == tick]
    backbone = shared if whose is None else _settle_order(shared, tick, whose)
    gap_of = {id(item): gap for gap, item in enumerate(backbone, 1)}
    ours_runs: list[list[Item]] = [[] for _ in range(len(backbone) + 1)]
    their_runs: list[list[Item]] = [[] for _ in range(len(backbone) + 1)]
    gap = 0
    for item in here:
        if id(item) in gap_of:
            gap = gap_of[id(item)]
        else:
            ours_runs[gap].append(item)
    gap = 0
    for item in sorted(shared + placed, key=lambda each: each[4]):
        if id(item) in gap_of:
            gap = gap_of[id(item)]
        else:
            their_runs[gap].append(item)
    out = _by_rank(ours_runs[0], their_runs[0])
    for item, mine, other in zip(backbone, ours_runs[1:], their_runs[1:]):
        out.append(item)
        out += _by_rank(mine, other)
    if whose is not None and len(out) <= _MOST_AT_ONE_TICK:
        out = _as_each_side_had_it(out, {id(item) for item in here}, {id(item) for item in shared + placed})
    put_by_rank(out, free)
    return out


def put_by_rank(order: list[Some], free: list[Some]) -> None:
    """Put events nobody has an order for among those of their tick; the second part of each is its body."""
    for item in sorted(free, key=lambda each: (rank(each[1]), each[1])):
        own = rank(item[1])
        order.insert(next((n for n, each in enumerate(order) if rank(each[1]) > own), len(order)), item)


def _as_each_side_had_it(order: list[Item], ours: set[int], theirs: set[int]) -> list[Item]:
    """The order closest to `order` in which every pair stands as the side that has both of them wants it.

    `order` itself where the sides' wishes run in a circle.
    """
    before: list[set[int]] = [set() for _ in order]
    for at, one in enumerate(order):
        for other in range(at + 1, len(order)):
            two = order[other]
            mine = one[3] < two[3] if id(one) in ours and id(two) in ours else None
            their = one[4] < two[4] if id(one) in theirs and id(two) in theirs else None
            if mine is not None and their is not None and mine != their:
                if one[2] < 0 or two[2] < 0:
                    continue
                mine = their if mine == (one[2] < two[2]) else mine
            wish = their if mine is None else mine
            if wish is not None:
                before[other if wish else at].add(at if wish else other)
    out: list[int] = []
    left, done = list(range(len(order))), set[int]()
    while left:
        following = next((at for at in left if before[at] <= done), None)
        if following is None:
            return order
        left.remove(following)
        done.add(following)
        out.append(following)
    return [order[at] for at in out]


def _by_rank(ours: list[Item], theirs: list[Item]) -> list[Item]:
    """Merge two runs without reordering either; the lower rank first, ours first among equals."""
    if not theirs or not ours:
        return ours or theirs
    out: list[Item] = []
    at = other = 0
    while at < len(ours) and other < len(theirs):
        if rank(ours[at][1]) <= rank(theirs[other][1]):
            out.append(ours[at])
            at += 1
        else:
            out.append(theirs[other])
            other += 1
    return out + ours[at:] + theirs[other:]


def commutes(one: bytes, two: bytes) -> bool:
    """True when two events of one tick mean the same in either order."""
    kinds = one[0] >> 4, two[0] >> 4
    if kinds[0] == 0xF or kinds[1] == 0xF:
        return False
    if one[0] & 15 != two[0] & 15:
        return True
    if kinds[0] in (8, 9) and kinds[1] in (8, 9):
        return one[1] != two[1]
    return False


def _settle_order(shared: list[Item], tick: int, whose: Order) -> list[Item]:
    """Shared events in the order of the side that changed the base's order."""
    theirs = sorted(shared, key=lambda item: item[4])
    known = [item for item in shared if item[2] >= 0]
    if all(one[2] < two[2] for one, two in pairwise(known)):
        return theirs
    known = [item for item in theirs if item[2] >= 0]
    if all(one[2] < two[2] for one, two in pairwise(known)):
        return shared
    if len(shared) <= _MOST_AT_ONE_TICK:
        for candidate in (shared, theirs):
            if not _contradicts(candidate):
                return candidate
    chosen = whose(tick)
    if chosen == "base":
        return sorted(shared, key=lambda item: item[2] if item[2] >= 0 else len(theirs) + item[3])
    return theirs if chosen == "theirs" else shared


def _contradicts(candidate: list[Item]) -> bool:
    """True when an order undoes a change that one side made to the order of two events that do not commute."""
    for at, one in enumerate(candidate):
        for two in candidate[at + 1 :]:
            if one[2] < 0 or two[2] < 0 or commutes(one[1], two[1]):
                continue
            base, ours, theirs = one[2] < two[2], one[3] < two[3], one[4] < two[4]
            wanted = theirs if ours == base else ours
            if not wanted:
                return True
    return False
