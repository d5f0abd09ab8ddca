"""What both sides put in at one place, in one order, where order carries no meaning."""

from __future__ import annotations

from collections.abc import Sequence

from muse.plugins.code.merge.declared import name_apart
from muse.plugins.code.merge.matching import Numbering
from muse.plugins.code.merge.sorting import in_order, kept_sorted, sort_key, sorted_by_place
from muse.plugins.code.syntax.free import heads_of, literals_of
from muse.plugins.code.syntax.tree import Box, Item

ARRAYS = frozenset({"array", "list", "array_expression", "block_sequence", "flow_sequence"})
"""Lists of values, which are not taken by their places as parameters are."""


def side_by_side(box: Box, numbering: Numbering, b: list[int], o: list[int], t: list[int]) -> list[int] | None:
    """Both sides' items in one order, where order carries no meaning; None where it does."""
    new_o = [i for i in o if not numbering.has(0, i) and not numbering.has(2, i)]
    new_t = [i for i in t if not numbering.has(0, i) and not numbering.has(1, i)]
    fresh = [*(numbering.of(1, i) for i in new_o), *(numbering.of(2, i) for i in new_t)]
    free = box.free or (box.type in ARRAYS and kept_sorted(numbering.sides))
    if new_o and new_t and not (free or all(item.is_free for item in fresh)):
        apart = not b and name_apart(fresh[: len(new_o)], fresh[len(new_o) :])
        if not apart and not _begin_with_imports(numbering, new_o, new_t):
            return None
    known = [numbering.of(0, i) for i in b]
    if not (new_o and new_t) and not (free or all(item.is_free for item in [*known, *fresh])):
        return None
    if len({item.key[:2] for item in fresh if item.key is not None and item.key[0] == "free"}) > 1:
        return None
    if new_o and new_t and _ask_for_one_thing(fresh[: len(new_o)], fresh[len(new_o) :]):
        return None
    gone = (i for i in b if not numbering.has(1, i) and not numbering.has(2, i))
    if new_o and new_t and any(numbering.of(0, i).renames for i in gone):
        return None  # both replaced the same item, each by one of their own
    mine = [i for i in o if numbering.has(2, i) or not numbering.has(0, i) or _edited(numbering, 1, i)]
    other = [i for i in t if numbering.has(1, i) or not numbering.has(0, i) or _edited(numbering, 2, i)]
    both = set(mine) & set(other)
    shared = [i for i in mine if i in both]
    if shared != [i for i in other if i in both]:
        loose = free or all(numbering.of(1, i).is_import for i in shared)
        if not loose or any(numbering.has(0, i) for i in shared):
            return None
        other = [i for i in other if i not in both]  # both put the same in, in another order
    return _woven(mine, other, numbering)


def _ask_for_one_thing(ours: Sequence[Item], theirs: Sequence[Item]) -> bool:
    """True when arms of a match that both sides put in may take the same: the first of them does."""
    mine, its = ([item.key[2] for item in items if _is_arm(item) and item.key] for items in (ours, theirs))
    asked = heads_of(mine), heads_of(its)
    return bool(asked[0] & asked[1] - {""} or asked[0] & literals_of(its) or asked[1] & literals_of(mine))


def _is_arm(item: Item) -> bool:
    return item.source.language.freely.get(item.type) == "arm"


def _begin_with_imports(numbering: Numbering, ours: list[int], theirs: list[int]) -> bool:
    """True when one side put in imports alone, and the other imports and then something else."""
    runs = [[numbering.of(side, i).is_import for i in ids] for side, ids in ((1, ours), (2, theirs))]
    return any(map(all, runs)) and all(run[0] and run == sorted(run, reverse=True) for run in runs)


def _edited(numbering: Numbering, side: int, id_: int) -> bool:
    return numbering.of(0, id_).words != numbering.of(side, id_).words


def _woven(mine: list[int], other: list[int], numbering: Numbering) -> list[int]:
    """Two orders that agree on what they share, as one: ours first at each place, or sorted where both are."""
    shared = set(mine) & set(other)
    out: list[int] = []
    i = j = 0
    while i < len(mine) or j < len(other):
        run_o, run_t = [], []
        while i < len(mine) and mine[i] not in shared:
            run_o.append(mine[i])
            i += 1
        while j < len(other) and other[j] not in shared:
            run_t.append(other[j])
            j += 1
        out += _sorted_run(run_o, run_t, numbering)
        if i < len(mine):
            out.append(mine[i])
        i, j = i + 1, j + 1
    return out


def _sorted_run(run_o: list[int], run_t: list[int], numbering: Numbering) -> list[int]:
    if not run_o or not run_t:
        return run_o + run_t
    items = [*((1, i) for i in run_o), *((2, i) for i in run_t)]
    by_place = sorted_by_place(items, numbering.of)
    if by_place is not None:
        return [i for _, i in by_place]
    for falling in (False, True):
        if all(in_order(*numbering.place_of(side, run), falling) for side, run in ((1, run_o), (2, run_t))):
            return [i for _, i in sorted(items, key=lambda pair: sort_key(numbering.of(*pair)), reverse=falling)]
    code = [any(not numbering.of(side, i).is_import for i in run) for side, run in ((1, run_o), (2, run_t))]
    if code[0] > code[1] or (code[0] == code[1] and numbering.around(2, run_t) < numbering.around(1, run_o)):
        items = items[len(run_o) :] + items[: len(run_o)]
    return [i for _, i in sorted(items, key=lambda pair: not numbering.of(*pair).is_import)]
