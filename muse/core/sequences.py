"""Differences of two sequences as edits, and the three-way merge of three sequences by their edits.

Unique elements anchor the alignment first (patience); what is left between anchors goes through Myers' greedy
algorithm (1986), bounded, so that no input takes long.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple

_MAX_D = 80


class Edit(NamedTuple):
    """`a[a0:a1]` became `b[b0:b1]`."""

    a0: int
    a1: int
    b0: int
    b1: int

    @property
    def growth(self) -> int:
        """How many elements more there are after it."""
        return (self.b1 - self.b0) - (self.a1 - self.a0)


class Region(NamedTuple):
    """One stretch of a three-way merge: where it is in base, ours and theirs, and whose it is: `same` (nobody changed
    it), `ours`, `theirs`, `both` (the same change) or `conflict`."""

    kind: str
    b0: int
    b1: int
    o0: int
    o1: int
    t0: int
    t1: int


def common_ends(a: Sequence[Hashable], b: Sequence[Hashable]) -> tuple[int, int]:
    """How many elements both begin with, and how many of the rest both end with."""
    most = min(len(a), len(b))
    head = tail = 0
    while head < most and a[head] == b[head]:
        head += 1
    while tail < most - head and a[-1 - tail] == b[-1 - tail]:
        tail += 1
    return head, tail


def edits(a: Sequence[Hashable], b: Sequence[Hashable]) -> list[Edit]:
    """The edits that lead from `a` to `b`, in order, never touching each other."""
    pairs: list[tuple[int, int]] = []
    stack = [(0, len(a), 0, len(b))]
    while stack:
        a0, a1, b0, b1 = stack.pop()
        while a0 < a1 and b0 < b1 and a[a0] == b[b0]:
            pairs.append((a0, b0))
            a0, b0 = a0 + 1, b0 + 1
        while a0 < a1 and b0 < b1 and a[a1 - 1] == b[b1 - 1]:
            a1, b1 = a1 - 1, b1 - 1
            pairs.append((a1, b1))
        if a0 == a1 or b0 == b1:
            continue
        anchors = _anchors(a, a0, a1, b, b0, b1)
        if not anchors:
            pairs.extend(_myers(a, a0, a1, b, b0, b1))
            continue
        for i, j in anchors:
            pairs.append((i, j))
            stack.append((a0, i, b0, j))
            a0, b0 = i + 1, j + 1
        stack.append((a0, a1, b0, b1))
    pairs.sort()
    return _gaps(pairs, len(a), len(b))


def _gaps(pairs: list[tuple[int, int]], len_a: int, len_b: int) -> list[Edit]:
    found = []
    i = j = 0
    for x, y in [*pairs, (len_a, len_b)]:
        if x > i or y > j:
            found.append(Edit(i, x, j, y))
        i, j = x + 1, y + 1
    return found


def _anchors(a: Sequence[Hashable], a0: int, a1: int, b: Sequence[Hashable], b0: int, b1: int) -> list[tuple[int, int]]:
    """The longest increasing run of elements that occur once on each side."""
    count_a, count_b = Counter(a[a0:a1]), Counter(b[b0:b1])
    where = {b[j]: j for j in range(b0, b1) if count_b[b[j]] == 1}
    common = [(i, where[a[i]]) for i in range(a0, a1) if count_a[a[i]] == 1 and a[i] in where]
    return [common[at] for at in increasing([j for _, j in common])]


def _myers(a: Sequence[Hashable], a0: int, a1: int, b: Sequence[Hashable], b0: int, b1: int) -> list[tuple[int, int]]:
    """Matched pairs of a shortest edit script; none when it is longer than the bound allows."""
    pairs: list[tuple[int, int]] = []
    if shortest_script(a[a0:a1], b[b0:b1], 0, 0, _MAX_D, pairs) != (a1 - a0, b1 - b0):
        return []
    return [(a0 + x, b0 + y) for x, y in pairs]


def increasing(values: Sequence[int]) -> list[int]:
    """Indices of a longest strictly increasing subsequence."""
    ends: list[int] = []
    end_at: list[int] = []
    before: list[int] = [-1] * len(values)
    for at, value in enumerate(values):
        pile = len(ends) if not ends or value > ends[-1] else bisect_left(ends, value)
        if pile == len(ends):
            ends.append(value)
            end_at.append(at)
        else:
            ends[pile], end_at[pile] = value, at
        before[at] = end_at[pile - 1] if pile else -1
    chain: list[int] = []
    at = end_at[-1] if end_at else -1
    while at >= 0:
        chain.append(at)
        at = before[at]
    return chain[::-1]


def shortest_script(
    a: Sequence[Hashable], b: Sequence[Hashable], x0: int, y0: int, limit: int, pairs: list[tuple[int, int]]
) -> tuple[int, int]:
    """Search from (x0, y0) for at most `limit` edits, add the kept pairs, and say how far it got.

    `reach[k]` is the furthest x on the diagonal x - y = k (both counted from the start of the piece). `trace[d]` keeps,
    for each diagonal of round d, where its run of equal items began and whether a step down (an insert) led there.
    """
    from array import array  # a library file of its own, which most merges never need

    n, m = len(a) - x0, len(b) - y0
    limit = min(limit, n + m)
    reach = [-1] * (2 * limit + 3)
    reach[1] = 0
    trace: list[array[int]] = []
    furthest = best_k = best_d = -1
    for d in range(limit + 1):
        begun = array("q", bytes(8 * (d + 1)))
        trace.append(begun)
        for k in range(-d, d + 1, 2):
            down, right = reach[k + 1], reach[k - 1] + 1
            if down - k > m:
                down = -1
            if right > n or right == 0:
                right = -1
            x = max(down, right)
            if x < 0:
                reach[k] = -1
                continue
            begun[(k + d) // 2] = 2 * x + (down >= right)
            y = x - k
            while x < n and y < m and a[x0 + x] == b[y0 + y]:
                x += 1
                y += 1
            reach[k] = x
            if x + y > furthest:
                furthest, best_k, best_d = x + y, k, d
        if furthest == n + m:
            break
    x, k = (furthest + best_k) // 2, best_k
    kept: list[tuple[int, int]] = []
    end = (x0 + x, y0 + x - k)
    for d in range(best_d, -1, -1):
        start, down = divmod(trace[d][(k + d) // 2], 2)
        kept.extend((x0 + at, y0 + at - k) for at in range(x - 1, start - 1, -1))
        x, k = (start, k + 1) if down else (start - 1, k - 1)
    pairs.extend(reversed(kept))
    return end


def regions(
    base: Sequence[Hashable],
    ours: Sequence[Hashable],
    theirs: Sequence[Hashable],
    *,
    weak: Callable[[Hashable], bool],
    firm: Callable[[Sequence[Hashable], Sequence[Hashable]], bool] | None,
) -> list[Region]:
    """Three-way merge of sequences as a list of regions that cover all three.

    Overlapping edits conflict. Neighbouring ones, with nothing but `weak` elements between them, conflict when `firm`
    is None; otherwise only where they could be meant for one place: not when one of them is `firm(old, new)`, which
    says that each old element became one new one.
    """
    both = _Both(base, ours, theirs, weak, firm)
    out: list[Region] = []
    b = o = t = i = j = 0
    while i < len(both.mine) or j < len(both.other):
        i0, j0 = i, j
        start, end, i, j = both.group(i, j)
        if start > b:
            out.append(Region("same", b, start, o, o + start - b, t, t + start - b))
            o, t, b = o + start - b, t + start - b, start
        o1 = o + end - start + sum(edit.growth for edit in both.mine[i0:i])
        t1 = t + end - start + sum(edit.growth for edit in both.other[j0:j])
        out.append(Region(_kind(ours[o:o1], theirs[t:t1], i > i0, j > j0), b, end, o, o1, t, t1))
        b, o, t = end, o1, t1
    if b < len(base):
        out.append(Region("same", b, len(base), o, len(ours), t, len(theirs)))
    return out


class _Both:
    """The edits of both sides, and which of them cannot stand apart."""

    def __init__(
        self,
        base: Sequence[Hashable],
        ours: Sequence[Hashable],
        theirs: Sequence[Hashable],
        weak: Callable[[Hashable], bool],
        firm: Callable[[Sequence[Hashable], Sequence[Hashable]], bool] | None,
    ) -> None:
        self.mine, self.other = edits(base, ours), edits(base, theirs)
        self._strict = firm is None
        self._grows = {  # by whether it is ours, and the edit
            (is_ours, edit): 0
            if firm is not None and firm(base[edit.a0 : edit.a1], side[edit.b0 : edit.b1])
            else edit.growth or 1
            for is_ours, side, found in ((True, ours, self.mine), (False, theirs, self.other))
            for edit in found
        }
        self._strong = [0]  # how many elements before each place are not weak
        for element in base:
            self._strong.append(self._strong[-1] + (not weak(element)))

    def group(self, i: int, j: int) -> tuple[int, int, int, int]:
        """The first region from edit i of ours and j of theirs on: its stretch of the base, and the next i and j."""
        mine, other = self.mine, self.other
        i0, j0 = i, j
        if j == len(other) or (i < len(mine) and mine[i] <= other[j]):
            start, end = mine[i].a0, mine[i].a1
            i += 1
        else:
            start, end = other[j].a0, other[j].a1
            j += 1
        grown = True
        while grown:
            grown = False
            if i < len(mine) and self._meets(other[j0:j], mine[i], True):
                end, i, grown = max(end, mine[i].a1), i + 1, True
            if j < len(other) and self._meets(mine[i0:i], other[j], False):
                end, j, grown = max(end, other[j].a1), j + 1, True
        return start, end, i, j

    def _meets(self, taken: list[Edit], new: Edit, is_ours: bool) -> bool:
        """True when `new` cannot stand beside one of the other side's edits already taken into the region."""
        strong = self._strong
        for edit in taken:
            if edit.a0 < new.a1 and new.a0 < edit.a1:
                return True
            if strong[max(edit.a0, new.a0)] > strong[min(edit.a1, new.a1)]:
                continue
            if self._strict or (self._grows[not is_ours, edit] and self._grows[is_ours, new]):
                return True
        return False


def _kind(ours: Sequence[Hashable], theirs: Sequence[Hashable], mine: bool, other: bool) -> str:
    if mine and other:
        return "both" if list(ours) == list(theirs) else "conflict"
    return "ours" if mine else "theirs"


def edited_beside_a_copy(
    base: Sequence[Hashable],
    ours: Sequence[Hashable],
    theirs: Sequence[Hashable],
    *,
    weak: Callable[[Hashable], bool],
    touching: bool,
) -> bool:
    """True when one side inserted a copy of what stands beside it and the other edited what was copied: of two alike,
    nothing tells which is the one that was edited. `weak` elements alone are no copy; `touching`: nor does anything
    have to stand between the insertion and the edit."""
    mine, its = edits(base, ours), edits(base, theirs)
    for side, made, changed in ((ours, mine, its), (theirs, its, mine)):
        starts = [edit.a0 for edit in changed]
        for new in made:
            size = new.growth if new.a0 == new.a1 else 0
            near = bisect_left(starts, new.a0 - size), bisect_left(starts, new.a0 + size)
            for edit in changed[slice(*near)]:
                into = edit.a0 == edit.a1  # an insertion is inside of a copy when that goes on behind it
                low, high = min(new.a0, edit.a0 - into), max(new.a0, edit.a1 + into)
                if low < 0 or high > len(base) or high - low >= size or (into and edit.a0 == new.a0):
                    continue
                copied = base[low:high]
                apart = touching or edit.a1 - edit.a0 < len(copied)
                if apart and not all(map(weak, copied)) and _has(side[new.b0 : new.b1], copied):
                    return True
    return False


def _has(run: Sequence[Hashable], part: Sequence[Hashable]) -> bool:
    return any(run[at : at + len(part)] == part for at in range(len(run) - len(part) + 1) if run[at] == part[0])
