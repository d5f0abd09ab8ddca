"""Which measure of one version is which of another, and the three-way plan over measures.

Measures are matched through all parts at once: equal ones by their order, changed ones between them by what they share.
Where an inserted or cut measure could as well stand elsewhere, because its neighbours are the same, that whole stretch
is uncertain: the other side must not have touched it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from muse.core.sequences import edits
from muse.plugins.score.outline import Column

_MOST = 40_000  # cells of one alignment table
_LIKE = 0.4


class Matching(NamedTuple):
    """One side against the base: `place[i]` is where base column i stands in the side (None: cut), `added[g]` the
    columns that stand before base column g, `unsure` stretches of base columns [lo, hi] as gaps, in which an addition
    or a cut could lie elsewhere as well."""

    place: list[int | None]
    added: dict[int, list[int]]
    unsure: list[tuple[int, int]]


def match(base: Sequence[Column], side: Sequence[Column]) -> Matching:
    """How the columns of a side come from those of the base."""
    old, new = [column.key for column in base], [column.key for column in side]
    place: list[int | None] = [None] * len(base)
    added: dict[int, list[int]] = {}
    unsure: list[tuple[int, int]] = []
    at = b = 0
    for edit in [*edits(old, new), None]:
        stop = len(base) if edit is None else edit.a0
        while at < stop:
            place[at] = b
            at, b = at + 1, b + 1
        if edit is None:
            break
        pairs = _pairs(base[edit.a0 : edit.a1], side[edit.b0 : edit.b1])
        for i, j in pairs:
            place[edit.a0 + i] = edit.b0 + j
        taken = {j for _, j in pairs}
        for j in range(edit.b1 - edit.b0):
            if j not in taken:
                gap = edit.a0 + next((i for i, k in pairs if k > j), edit.a1 - edit.a0)
                if not pairs:
                    gap = edit.a0
                added.setdefault(gap, []).append(edit.b0 + j)
        if edit.a0 == edit.a1:
            low, high = _slide(new, edit.b0, edit.b1)
            unsure.append((edit.a0 - low, edit.a0 + high))
        elif edit.b0 == edit.b1:
            low, high = _slide(old, edit.a0, edit.a1)
            unsure.append((edit.a0 - low, edit.a1 + high))
        at, b = edit.a1, edit.b1
    return Matching(place, added, unsure)


def _slide(keys: Sequence[bytes], start: int, end: int) -> tuple[int, int]:
    """How many places a run could be moved down and up without anything looking different."""
    low = high = 0
    while start - low > 0 and keys[start - low - 1] == keys[end - low - 1]:
        low += 1
    while end + high < len(keys) and keys[start + high] == keys[end + high]:
        high += 1
    return low, high


def _pairs(old: Sequence[Column], new: Sequence[Column]) -> list[tuple[int, int]]:
    """Measures of a changed stretch that are the same measure edited, in order."""
    if not old or not new:
        return []
    if len(old) * len(new) > _MOST:
        return [(i, i) for i in range(len(old))] if len(old) == len(new) else []
    bags = [[Counter(column.key.split(b"><")) for column in side] for side in (old, new)]
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    like = [[_likeness(x, y) for y in bags[1]] for x in bags[0]]
    for i in range(len(old) - 1, -1, -1):
        for j in range(len(new) - 1, -1, -1):
            best[i][j] = max(best[i + 1][j], best[i][j + 1])
            if like[i][j] >= _LIKE and (old[i].bar > 0) == (new[j].bar > 0):
                best[i][j] = max(best[i][j], best[i + 1][j + 1] + like[i][j])
    pairs, i, j = [], 0, 0
    while i < len(old) and j < len(new):
        if like[i][j] >= _LIKE and best[i][j] == best[i + 1][j + 1] + like[i][j]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return _fill(old, new, pairs)


def _fill(old: Sequence[Column], new: Sequence[Column], pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Between two pairs as many on each side: rewritten, each in its place."""
    found, before = [], (-1, -1)
    for pair in [*pairs, (len(old), len(new))]:
        if pair[0] - before[0] == pair[1] - before[1]:
            run = zip(range(before[0] + 1, pair[0]), range(before[1] + 1, pair[1]))
            found += [(i, j) for i, j in run if (old[i].bar > 0) == (new[j].bar > 0)]
        if pair[0] < len(old):
            found.append(pair)
        before = pair
    return found


def _likeness(x: Counter[bytes], y: Counter[bytes]) -> float:
    shared = sum((x & y).values())
    return shared / max(1, max(sum(x.values()), sum(y.values())))


class Step(NamedTuple):
    """One measure of the result: `from_all` names base, ours and theirs columns to merge, else `side` gives `at`.

    `region` is the number of the open question it belongs to, or -1.
    """

    from_all: tuple[int, int, int] | None
    side: str = ""
    at: int = -1
    region: int = -1


class Region(NamedTuple):
    """Measures both sides changed the number or order of: base columns [lo, hi)."""

    lo: int
    hi: int


def plan(
    base: Sequence[Column], sides: Mapping[str, Sequence[Column]], matchings: Mapping[str, Matching]
) -> list[Region]:
    """The open questions about measures, as merged regions."""
    ranges: list[tuple[int, int]] = []
    for mine, other in (("ours", "theirs"), ("theirs", "ours")):
        left, right = matchings[mine], matchings[other]
        changed = [place is None or sides[other][place].key != base[i].key for i, place in enumerate(right.place)]
        for i, place in enumerate(left.place):
            if place is None and right.place[i] is not None and changed[i]:
                ranges.append((i, i + 1))
        for gap in left.added:
            theirs = right.added.get(gap)
            if theirs is not None and [sides[mine][j].key for j in left.added[gap]] != [
                sides[other][j].key for j in theirs
            ]:
                ranges.append((gap, gap))
            if 0 < gap < len(base) and right.place[gap - 1] is None and right.place[gap] is None:
                ranges.append((gap - 1, gap + 1))
        for lo, hi in left.unsure:
            inner = [gap for gap in right.added if lo <= gap <= hi and (lo < hi or gap not in left.added)]
            same = all(
                left.added.get(gap) is not None
                and [sides[mine][j].key for j in left.added[gap]] == [sides[other][j].key for j in right.added[gap]]
                for gap in inner
            )
            touched = any(changed[i] and left.place[i] is not None for i in range(lo, min(hi, len(base))))
            if touched or (inner and not same):
                ranges.append((lo, hi))
    return [Region(*found) for found in _joined(ranges)]


def _joined(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for lo, hi in sorted(set(ranges)):
        if found and lo <= found[-1][1]:
            found[-1] = (found[-1][0], max(hi, found[-1][1]))
        else:
            found.append((lo, hi))
    return found


def steps(
    base: Sequence[Column], matchings: Mapping[str, Matching], regions: list[Region], chosen: list[str]
) -> list[Step]:
    """The measures of the result in order; `chosen[k]` is the side that region k is taken from."""
    found: list[Step] = []
    ours, theirs = matchings["ours"], matchings["theirs"]
    gap = 0
    starts = {region.lo: number for number, region in enumerate(regions)}
    while gap <= len(base):
        if gap in starts:
            number = starts[gap]
            region, side = regions[number], chosen[number]
            for at in range(region.lo, region.hi + 1):
                if side == "base":
                    found += [Step(None, "base", at, number)] if at < region.hi else []
                    continue
                found += [Step(None, side, j, number) for j in matchings[side].added.get(at, ())]
                place = matchings[side].place[at] if at < region.hi else None
                if place is not None:
                    found.append(Step(None, side, place, number))
            gap = region.hi
        else:
            side = "ours" if gap in ours.added else "theirs"
            found += [Step(None, side, j) for j in matchings[side].added.get(gap, ())]
        if gap < len(base):
            mine, other = ours.place[gap], theirs.place[gap]
            if mine is not None and other is not None:
                found.append(Step((gap, mine, other)))
        gap += 1
    return found
