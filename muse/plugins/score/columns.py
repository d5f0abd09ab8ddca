"""Which measure of one version is which of another, and the three-way plan over measures.

Measures are matched through all parts at once: equal ones by their order, changed ones between them by what they share.
Where an inserted or cut measure could as well stand elsewhere, because its neighbours are the same, that whole stretch
is uncertain: the other side must not have touched it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from muse.plugins.score.alignment import alike, matched
from muse.plugins.score.outline import Column

_MOST_REGIONS = 10  # more questions than these about bars are one about all of them: which side's bars


class Matching(NamedTuple):
    """One side against the base: `place[i]` is where base column i stands in the side (None: cut), `added[g]` the
    columns that stand before base column g, `unsure` stretches of base columns [lo, hi] as gaps, in which an addition
    or a cut could lie elsewhere as well."""

    place: list[int | None]
    added: dict[int, list[int]]
    unsure: list[tuple[int, int]]


def match(base: Sequence[Column], side: Sequence[Column]) -> Matching:
    """How the columns of a side come from those of the base."""
    place: list[int | None] = [None] * len(base)
    for i, j in matched(base, side):
        place[i] = j
    old = [column.key for column in base]
    added: dict[int, list[int]] = {}
    unsure: list[tuple[int, int]] = []
    b = gap = 0
    kept = [(i, j) for i, j in enumerate(place) if j is not None]
    for i, j in [*kept, (len(base), len(side))]:
        if b < j:  # what came stands before what went
            added[gap] = list(range(b, j))
        if b < j and gap == i:
            unsure += _insertion_anywhere(base, side, gap, (b, j))
        elif b == j and gap < i:
            low, high = _slide(old, gap, i)
            unsure.append((gap - low, i + high))
        b, gap = j + 1, i + 1
    return Matching(place, added, unsure)


def _insertion_anywhere(
    base: Sequence[Column], side: Sequence[Column], gap: int, run: tuple[int, int]
) -> list[tuple[int, int]]:
    """Gaps in which an insertion could stand: where it could slide to, and all of equal bars that it resembles.

    A bar much like the equal ones around it may be one of them edited, with an equal one inserted.
    """
    old = [column.key for column in base]
    low, high = _slide([column.key for column in side], *run)
    found = [(gap - low, gap + high)]
    among_equal = 0 < gap < len(old) and old[gap - 1] == old[gap]
    if among_equal and any(alike(old[gap], column.key) for column in side[run[0] : run[1]]):
        start = end = gap
        while start > 0 and old[start - 1] == old[gap]:
            start -= 1
        while end < len(old) and old[end] == old[gap]:
            end += 1
        found.append((start, end))
    return found


def _slide(keys: Sequence[bytes], start: int, end: int) -> tuple[int, int]:
    """How many places a run could be moved down and up without anything looking different."""
    low = high = 0
    while start - low > 0 and keys[start - low - 1] == keys[end - low - 1]:
        low += 1
    while end + high < len(keys) and keys[start + high] == keys[end + high]:
        high += 1
    return low, high


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
    found = _joined(ranges)
    if len(found) > _MOST_REGIONS:
        found = [(found[0][0], found[-1][1])]
    return [Region(*region) for region in found]


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
