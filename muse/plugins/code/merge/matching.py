"""Which item of one list is which of another, and the numbers that the same elements have in three versions.

Items are matched by identity, then by text, then by likeness.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

from muse.core.late import regex
from muse.core.sequences import edits
from muse.plugins.code.merge.declared import names_in
from muse.plugins.code.merge.likeness import likeness
from muse.plugins.code.syntax.tree import Item, Key

_RENAMED = 0.65
_REWRITTEN = 0.5

Entry = int | tuple[list[int], list[int], list[int]]
"""The number of an element, or of each version those that are in conflict."""


class Numbering:
    """One number per element across the three versions."""

    def __init__(self, base: list[Item], ours: list[Item], theirs: list[Item]) -> None:
        self.sides = (base, ours, theirs)
        to_ours, to_theirs = match_items(base, ours), match_items(base, theirs)
        ids_o, ids_t = {j: i for i, j in to_ours.items()}, {j: i for i, j in to_theirs.items()}
        fresh = len(base)
        for i, j in match_items(ours, theirs, strictly=True).items():
            if i not in ids_o and j not in ids_t:
                ids_o[i] = ids_t[j] = fresh
                fresh += 1
        for ids, items in ((ids_o, ours), (ids_t, theirs)):
            for index in range(len(items)):
                if index not in ids:
                    ids[index] = fresh
                    fresh += 1
        self.ids = (
            list(range(len(base))),
            [ids_o[i] for i in range(len(ours))],
            [ids_t[i] for i in range(len(theirs))],
        )
        self._at = tuple({id_: place for place, id_ in enumerate(ids)} for ids in self.ids)

    def find(self, side: int, id_: int) -> Item | None:
        """The element in one version, None when that version lacks it."""
        place = self._at[side].get(id_)
        return None if place is None else self.sides[side][place]

    def of(self, side: int, id_: int) -> Item:
        """The element in a version that has it."""
        return self.sides[side][self._at[side][id_]]

    def has(self, side: int, id_: int) -> bool:
        """True when that version has the element."""
        return id_ in self._at[side]

    def place_of(self, side: int, run: list[int]) -> tuple[list[Item], int, int]:
        """A version's items, and the first and last place there of some that follow each other."""
        return self.sides[side], self._at[side][run[0]], self._at[side][run[-1]]

    def around(self, side: int, run: list[int]) -> tuple[int, int]:
        """Between which of the base's elements that version has a run. What replaced an element stands before what the
        other version put behind it."""
        ids = self.ids[side]
        before, behind = ids[self._at[side][run[0]] :: -1], ids[self._at[side][run[-1]] :]
        low, high = (next((i for i in part if self.has(0, i)), None) for part in (before, behind))
        return -1 if low is None else low, len(self.ids[0]) if high is None else high

    def complete(self, entries: Sequence[Entry]) -> bool:
        """True when each element stands at one place at most, and none is missing that should be there."""
        seen: set[int] = set()
        for entry in entries:
            for id_ in {entry} if isinstance(entry, int) else {i for ids in entry for i in ids}:
                if id_ in seen:
                    return False
                seen.add(id_)
        base, ours, theirs = (set(ids) for ids in self.ids)
        wanted = (ours & theirs) | (ours - base) | (theirs - base)
        deleted_edited = {i for i in (base & ours) - theirs if self.of(0, i).words != self.of(1, i).words}
        deleted_edited |= {i for i in (base & theirs) - ours if self.of(0, i).words != self.of(2, i).words}
        missing = deleted_edited - seen
        if missing:
            return False
        return wanted <= seen


def match_items(a: list[Item], b: list[Item], *, strictly: bool = False) -> dict[int, int]:
    """Index in `a` -> index in `b` of the same element. `strictly`: by identity and text only, no guesses."""
    pairs: dict[int, int] = {}
    _by(pairs, a, b, lambda item: None if item.key is None else (*item.key, item.words.decode("latin-1")))
    _by(pairs, a, b, lambda item: item.key)
    if not strictly:
        _renamed(pairs, a, b)
    _in_sequence(pairs, a, b, strictly)
    return pairs


def _by(pairs: dict[int, int], a: list[Item], b: list[Item], identity: Callable[[Item], Key | None]) -> None:
    """Pair items of equal identity, the first with the first."""
    taken = set(pairs.values())
    where: dict[Key, list[int]] = defaultdict(list)
    for j, item in enumerate(b):
        if j not in taken and (key := identity(item)) is not None:
            where[key].append(j)
    for i, item in enumerate(a):
        if i not in pairs and (key := identity(item)) is not None and where.get(key):
            pairs[i] = where[key].pop(0)


def _renamed(pairs: dict[int, int], a: list[Item], b: list[Item]) -> None:
    taken = set(pairs.values())
    left = [i for i, item in enumerate(a) if i not in pairs and item.key is not None and item.renames]
    right = [j for j, item in enumerate(b) if j not in taken and item.key is not None]
    if len(left) * len(right) > 2500:
        return
    found = []
    for i in left:
        for j in right:
            if a[i].type == b[j].type and not a[i].is_import and not _another_release(a[i], b[j]):
                score = likeness(a[i].text, b[j].text)
                if score >= _RENAMED:
                    found.append((-score, i, j))
    equals = Counter((score, i) for score, i, _ in found)
    for score, i, j in sorted(found):
        if i not in pairs and j not in taken and equals[score, i] == 1:  # of two copies nothing tells which it became
            pairs[i] = j
            taken.add(j)


_RELEASE = regex(rb"\d+(?:\.\d+)+|\d{4}-\d\d-\d\d|unreleased", re.I)


def _another_release(a: Item, b: Item) -> bool:
    """True for headings of two releases, or of one before and after it was made: what the other side writes down then
    belongs to the next one."""
    if a.type != "section" or a.source.language.lines[:1] != ("prose",):
        return False
    one, two = (_RELEASE.findall(item.key[1].encode()) if item.key is not None else [] for item in (a, b))
    return bool(one or two) and one != two


def _in_sequence(pairs: dict[int, int], a: list[Item], b: list[Item], strictly: bool) -> None:
    """Statements: by equal text in order, then what is alike in the gaps between."""
    taken = set(pairs.values())
    left = [i for i in range(len(a)) if i not in pairs and a[i].key is None]
    right = [j for j in range(len(b)) if j not in taken and b[j].key is None]
    i = j = 0
    gaps = edits([a[x].words for x in left], [b[y].words for y in right])
    for edit in [*gaps, None]:
        end = edit.a0 if edit is not None else len(left)
        while i < end:
            pairs[left[i]] = right[j]
            i, j = i + 1, j + 1
        if edit is None:
            break
        if not strictly:
            _alike(pairs, a, b, left[edit.a0 : edit.a1], right[edit.b0 : edit.b1])
        i, j = edit.a1, edit.b1


def _alike(pairs: dict[int, int], a: list[Item], b: list[Item], left: list[int], right: list[int]) -> None:
    """Pair what is alike, in order, so that all pairs together are as much alike as can be: taken one by one, an item
    whose own counterpart is gone would take its neighbour's, and every item after it the next one's."""
    if len(left) * len(right) > 400:
        return
    scores = [[_score(a[i], b[j]) for j in right] for i in left]
    best = [[0.0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for x in reversed(range(len(left))):
        for y in reversed(range(len(right))):
            paired = scores[x][y] + best[x + 1][y + 1] if scores[x][y] >= _REWRITTEN else 0.0
            best[x][y] = max(paired, best[x + 1][y], best[x][y + 1])
    x = y = 0
    while x < len(left) and y < len(right):
        if scores[x][y] >= _REWRITTEN and best[x][y] == scores[x][y] + best[x + 1][y + 1]:
            pairs[left[x]] = right[y]
            x, y = x + 1, y + 1
        elif best[x][y] == best[x + 1][y]:
            x += 1
        else:
            y += 1


def _score(one: Item, other: Item) -> float:
    """How much alike two statements are; what gives one name another value is the same one, however it is written."""
    if one.type != other.type:
        return 0.0
    score = likeness(one.text, other.text)
    if score >= _REWRITTEN or one.grouped or not (names := names_in([one])):
        return score
    return _REWRITTEN if names == names_in([other]) else score
