"""Which columns of two versions of a score belong together: an alignment of whole measures.

Columns that are there once in both are anchors. Between them the cheapest way wins in which an edited measure costs
less than a cut and an insertion, so that edits among equal measures (a loop, rests) stay at their numbers.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence

from muse.core.sequences import edits
from muse.plugins.score.outline import Column

_MOST = 40_000  # cells of one alignment table
_LIKE = 0.4  # columns that share less are not the same one edited
_UNLIKE, _OPEN = 1.9, 0.5


def alike(one: bytes, other: bytes) -> bool:
    """True for two keys of which one could be the other edited."""
    return _likeness(_bag(one), _bag(other)) >= _LIKE


def matched(base: Sequence[Column], side: Sequence[Column]) -> list[tuple[int, int]]:
    """Pairs of columns in order: between columns that are there once in both, the cheapest way to write one as the
    other, where an edited measure costs less than a cut and an insertion."""
    found: list[tuple[int, int]] = []
    before = (-1, -1)
    for anchor in [*_anchors(base, side), (len(base), len(side))]:
        lo, hi = (before[0] + 1, anchor[0]), (before[1] + 1, anchor[1])
        found += _stretch(base, side, lo, hi)
        if anchor[0] < len(base):
            found.append(anchor)
        before = anchor
    return found


def _anchors(base: Sequence[Column], side: Sequence[Column]) -> list[tuple[int, int]]:
    """Equal columns that no other one equals, in the longest order both have."""
    counts = [Counter(column.key for column in some) for some in (base, side)]
    at = {column.key: j for j, column in enumerate(side)}
    once = [
        (i, at[column.key])
        for i, column in enumerate(base)
        if counts[0][column.key] == 1 and counts[1][column.key] == 1
    ]
    tails: list[int] = []
    last: list[int] = []
    previous: list[int] = []
    for number, (_, j) in enumerate(once):
        k = bisect_left(tails, j)
        tails[k : k + 1], last[k : k + 1] = [j], [number]
        previous.append(last[k - 1] if k else -1)
    found, number = [], last[-1] if last else -1
    while number >= 0:
        found.append(once[number])
        number = previous[number]
    return found[::-1]


def _stretch(
    base: Sequence[Column], side: Sequence[Column], old: tuple[int, int], new: tuple[int, int]
) -> list[tuple[int, int]]:
    """The pairs within a stretch of both: equal ends first, then the cheapest alignment, or Myers' where it is big."""
    (i, i1), (j, j1) = old, new
    found, tail = [], []
    while i < i1 and j < j1 and base[i].key == side[j].key:
        found.append((i, j))
        i, j = i + 1, j + 1
    while i < i1 and j < j1 and base[i1 - 1].key == side[j1 - 1].key:
        i1, j1 = i1 - 1, j1 - 1
        tail.append((i1, j1))
    if i < i1 and j < j1:
        if (i1 - i) * (j1 - j) <= _MOST:
            inner = _aligned(base[i:i1], side[j:j1])
        else:
            inner = _big(base[i:i1], side[j:j1])
        found += [(i + x, j + y) for x, y in inner]
    return found + tail[::-1]


def _big(old: Sequence[Column], new: Sequence[Column]) -> list[tuple[int, int]]:
    """A long stretch: each in its place where as many are equal so as in any order, else by Myers."""
    keys = [[column.key for column in some] for some in (old, new)]
    script = edits(*keys)
    most = len(old) - sum(edit.a1 - edit.a0 for edit in script)
    if len(old) == len(new) and sum(x == y for x, y in zip(*keys)) >= most:
        return [(i, i) for i in range(len(old)) if (old[i].bar > 0) == (new[i].bar > 0)]
    found, i, j = [], 0, 0
    for edit in script:
        found += [(i + n, j + n) for n in range(edit.a0 - i)]
        if (edit.a1 - edit.a0) * (edit.b1 - edit.b0) <= _MOST:
            inner = _aligned(old[edit.a0 : edit.a1], new[edit.b0 : edit.b1])
            found += [(edit.a0 + x, edit.b0 + y) for x, y in inner]
        i, j = edit.a1, edit.b1
    return found + [(i + n, j + n) for n in range(len(old) - i)]


def _aligned(old: Sequence[Column], new: Sequence[Column]) -> list[tuple[int, int]]:
    """The cheapest alignment with affine gaps; columns unlike each other only where as many stand on each side."""
    if not old or not new:
        return []
    bags: dict[bytes, Counter[bytes]] = {}
    known: dict[tuple[bytes, bytes], float] = {}

    def cost(x: Column, y: Column) -> float:
        if x.key == y.key:
            return 0.0
        if (x.bar > 0) != (y.bar > 0):
            return 99.0
        pair = (x.key, y.key)
        if pair not in known:
            like = _likeness(*(bags.setdefault(key, _bag(key)) for key in pair))
            known[pair] = 1 - 0.8 * like if like >= _LIKE else _UNLIKE
        return known[pair]

    costs = [[cost(x, y) for y in new] for x in old]
    pairs = _cheapest(costs)
    return _without_unlike(pairs, costs)


def _cheapest(costs: list[list[float]]) -> list[tuple[int, int]]:
    """Pairs of the cheapest way through a table: pairs cost what it says, a gap `_OPEN` and 1 for each left out."""
    rows, columns = len(costs), len(costs[0])
    far = float("inf")
    # state 0: a pair, 1: old left out, 2: new left out
    table = [[(0.0, far, far)] + [(far, far, _OPEN + j) for j in range(1, columns + 1)]]
    for i in range(1, rows + 1):
        above, row = table[-1], [(far, _OPEN + i, far)]
        for j in range(1, columns + 1):
            up, left = above[j], row[j - 1]
            row.append(
                (
                    min(above[j - 1]) + costs[i - 1][j - 1],
                    1 + min(up[0] + _OPEN, up[1], up[2] + _OPEN),
                    1 + min(left[0] + _OPEN, left[1] + _OPEN, left[2]),
                )
            )
        table.append(row)
    i, j, pairs = rows, columns, []
    state = min(range(3), key=lambda s: table[i][j][s])
    while i and j:
        step = (i - 1, j - 1) if state == 0 else (i - 1, j) if state == 1 else (i, j - 1)
        if state == 0:
            pairs.append((i - 1, j - 1))
        before = table[step[0]][step[1]]
        opening = [0.0 if state in (0, s) else _OPEN for s in range(3)]
        state = min(range(3), key=lambda s: before[s] + opening[s])
        i, j = step
    return pairs[::-1]


def _without_unlike(pairs: list[tuple[int, int]], costs: list[list[float]]) -> list[tuple[int, int]]:
    """Pairs of unlike columns are kept where between two others as many stand on each side, each in its place."""
    sure = [pair for pair in pairs if costs[pair[0]][pair[1]] < _UNLIKE]
    found, before = [], (-1, -1)
    for pair in [*sure, (len(costs), len(costs[0]))]:
        if pair[0] - before[0] == pair[1] - before[1]:
            run = zip(range(before[0] + 1, pair[0]), range(before[1] + 1, pair[1]))
            found += [(i, j) for i, j in run if costs[i][j] <= _UNLIKE]
        if pair[0] < len(costs):
            found.append(pair)
        before = pair
    return found


def _bag(key: bytes) -> Counter[bytes]:
    return Counter(key.split(b"><"))


def _likeness(x: Counter[bytes], y: Counter[bytes]) -> float:
    shared = sum((x & y).values())
    return shared / max(1, max(sum(x.values()), sum(y.values())))
