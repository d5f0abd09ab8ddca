"""What the versions of an RGA share: insertions and deletions in order of arrival, in lists that only grow.

A version is a `Level`: a core and how many of its insertions and deletions it has seen. A core may build on a version
of another core; numbers count from the bottom of the pile.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator
from itertools import compress, repeat
from operator import not_

from muse.core.crdts._rga_order import Anchor, Content, content_key, id_key

Level = tuple["Core", int, int]
Row = tuple[str, str, Anchor]
"""Id, value, anchor."""
Seen = tuple[int, int]
"""How many insertions and deletions."""
Columns = tuple[list[str], list[str], list[Anchor]]
"""Ids, values, anchors."""
_DEPTH = 12
_lock = threading.RLock()  # for what is worked out of a core: all versions on it may ask at once


class Core:
    """Whoever adds to a core has popped its `tip` before: the number of changes of its newest version.

    That needs no lock, and nobody else adds until the adder has put the new number there. Readers look at no more than
    their version has. Adding only notes: `index` (where an id was first inserted), `twice` (where again) and `dead`
    (where it was first deleted after it was inserted) are worked out by `catch_up`, when somebody asks.
    """

    __slots__ = (
        "anchors",
        "base",
        "d0",
        "d_done",
        "dead",
        "deletes",
        "depth",
        "fugue",
        "ids",
        "index",
        "n0",
        "n_done",
        "odd",
        "places",
        "tip",
        "twice",
        "values",
        "when",
    )

    def __init__(self, fugue: bool, base: Level | None = None) -> None:
        self.fugue = fugue
        self.base = base
        self.tip: dict[int, bool] = {}
        self.n0 = base[1] if base else 0
        self.d0 = base[2] if base else 0
        self.depth: int = base[0].depth + 1 if base else 0
        self.ids: list[str] = []
        self.values: list[str] = []
        self.anchors: list[Anchor] = []
        self.when: list[int] = []  # how many insertions there were before each deletion
        self.deletes: list[str] = []
        self.n_done = self.d_done = 0
        self.index: dict[str, int] = {}
        self.twice: dict[str, list[int]] = {}
        self.dead: dict[str, int] = {}
        self.odd = False  # an id was inserted more than once
        self.places = Places()

    def extend(self, rows: Columns) -> None:
        """Add insertions."""
        self.ids += rows[0]
        self.values += rows[1]
        self.anchors += rows[2]

    def add_deletions(self, names: Collection[str]) -> None:
        """Add deletions."""
        self.when += [self.n0 + len(self.ids)] * len(names)
        self.deletes += names

    def grown(self) -> Level:
        """The newest version, free to be added to."""
        n, d = self.n0 + len(self.ids), self.d0 + len(self.deletes)
        self.tip[n + d] = True
        return self, n, d

    def catch_up(self) -> Core:
        """Work in what was added since; gives the core."""
        deletes, inserts = len(self.deletes), len(self.anchors)  # in this order: others may be adding
        if self.n_done < inserts or self.d_done < deletes:
            with _lock:
                if self.n_done < inserts:
                    self._note_inserted(self.n_done, inserts)
                    self.n_done = inserts
                if self.d_done < deletes:
                    self._note_deleted(self.d_done, deletes)
                    self.d_done = deletes
        return self

    def _note_inserted(self, start: int, end: int) -> None:
        names, at = self.ids[start:end], range(self.n0 + start, self.n0 + end)
        new = dict(zip(names, at))
        if not self.index and len(new) == len(names):
            self.index = new
        elif len(new) == len(names) and self.index.keys().isdisjoint(names):
            self.index.update(new)
        else:
            for name, slot in zip(names, at):
                if self.index.setdefault(name, slot) != slot:
                    self.twice.setdefault(name, []).append(slot)
            self.odd = True
        known = (
            self.fugue
            and self.base
            and not all(lower.catch_up().index.keys().isdisjoint(names) for lower, _, _ in pile(self.base))
        )
        if known or self.odd:
            self.odd = True
            self.places.follows.clear()

    def _note_deleted(self, start: int, end: int) -> None:
        there, dead, base = self.index.get, self.dead, self.base
        for name, when, at in zip(self.deletes[start:end], self.when[start:end], range(self.d0 + start, self.d0 + end)):
            if there(name, when) < when or (base and slots(base, name)):
                dead.setdefault(name, at)


def pile(level: Level) -> Iterator[Level]:
    """A version and those it builds on, downwards."""
    at: Level | None = level
    while at is not None:
        yield at
        at = at[0].base


def slots(level: Level, element_id: str) -> list[int]:
    """Where an id was inserted: nowhere, once, or again with other content."""
    found: list[int] = []
    for core, n, _ in pile(level):
        slot = core.catch_up().index.get(element_id)
        if slot is not None and slot < n:
            found.append(slot)
            found.extend(again for again in core.twice.get(element_id, ()) if again < n)
    return found


def content(level: Level, slot: int) -> Content:
    """The value and anchor of an insertion."""
    for core, _, _ in pile(level):
        if slot >= core.n0:
            return core.values[slot - core.n0], core.anchors[slot - core.n0]
    raise IndexError(slot)


def contents(level: Level, element_id: str) -> list[Content]:
    """What was inserted under an id, the content that counts first."""
    found = [content(level, slot) for slot in slots(level, element_id)]
    return sorted(found, key=content_key, reverse=True) if len(found) > 1 else found


def is_dead(level: Level, element_id: str) -> bool:
    """True when the id was deleted."""
    return any(core.catch_up().dead.get(element_id, d) < d for core, _, d in pile(level))


# Adding --------------------------------------------------------------------------------------------------------------


def writable(level: Level) -> Core:
    """The core if the version is its newest one, else one on top, flattened when the pile gets high; give it a tip."""
    core, n, d = level
    if core.tip.pop(n + d, False):
        return core
    if core.depth < _DEPTH:
        return Core(core.fugue, level)
    flat = Core(core.fugue)
    rows, deletes = beyond(level)
    flat.extend(rows)
    flat.add_deletions(deletes)
    return flat


def inserted(level: Level, element_id: str, value: str, after: str | None) -> Level:
    """The version with an element, in any mode and whether the id is known or not."""
    core, n, d = level
    found = contents(level, element_id)
    for text, anchor in found:
        if text == value and after == (_typed_after(level, anchor) if core.fugue else anchor):
            return level
    core = writable(level)
    anchor = _anchor_after((core, n, d), after) if core.fugue else after
    core.extend(([element_id], [value], [anchor]))
    return core.grown()


def deleted(level: Level, element_id: str) -> Level:
    """The version without an element."""
    if not slots(level, element_id) or is_dead(level, element_id):
        return level
    core = writable(level)
    core.add_deletions([element_id])
    return core.grown()


# Joining -------------------------------------------------------------------------------------------------------------


def beyond(level: Level, stop: Core | None = None, seen: Seen = (0, 0)) -> tuple[Columns, set[str]]:
    """The insertions of a version in order of arrival, and the deletions; those past `seen` of the core `stop`."""
    ids: list[str] = []
    values: list[str] = []
    anchors: list[Anchor] = []
    deletes: set[str] = set()
    levels = []
    for at in pile(level):
        levels.append(at)
        if at[0] is stop:
            break
    for core, n, d in reversed(levels):
        n_from, d_from = seen if core is stop else (core.n0, core.d0)
        part = slice(n_from - core.n0, n - core.n0)
        ids += core.ids[part]
        values += core.values[part]
        anchors += core.anchors[part]
        if core.catch_up().dead:
            with _lock:  # nothing may be noted between the question whether it is all and the copy
                whole = d_from == core.d0 and d == core.d0 + core.d_done
                deletes.update(core.dead if whole else [name for name, at in core.dead.items() if d_from <= at < d])
    return (ids, values, anchors), deletes


def united(mine: Level, theirs: Level) -> Level:
    """A version with everything of both: one of the two where that will do, else the larger one and a core on top."""
    core, seen, other = _meeting(mine, theirs)
    if core is mine[0] and core is theirs[0]:
        return mine if mine[1:] >= theirs[1:] else theirs  # of one core one version always has what the other has
    if sum(theirs[1:]) - sum(other) > sum(mine[1:]) - sum(seen):
        mine, theirs, seen = theirs, mine, other
    rows, deletes = beyond(theirs, core, seen)
    fresh, again = _unknown(mine, rows)
    for lower, _, d in pile(mine):
        if lower.catch_up().dead:
            deletes = {name for name in deletes if lower.dead.get(name, d) >= d}
    if not fresh[0] and not again and not deletes:
        return mine
    top = writable(mine)
    top.extend(fresh)
    for element_id, value, anchor in again:
        top.extend(([element_id], [value], [anchor]))
    top.add_deletions(deletes)
    return top.grown()


def _unknown(level: Level, rows: Columns) -> tuple[Columns, list[Row]]:
    """The rows whose id a version has not, and those whose id it has with other contents only."""
    again: list[Row] = []
    for core, n, _ in pile(level):
        index = core.catch_up().index
        if index.keys().isdisjoint(rows[0]):
            continue
        at = [*map(index.get, rows[0], repeat(n))]
        fresh = [slot >= n for slot in at]
        known = [*map(not_, fresh)]
        mine = [slot - core.n0 for slot in at if slot < n]
        values, anchors = [*map(core.values.__getitem__, mine)], [*map(core.anchors.__getitem__, mine)]
        texts, places = [*compress(rows[1], known)], [*compress(rows[2], known)]
        if values != texts or anchors != places:
            again += compress(zip(*rows, strict=True), known)
        rows = [*compress(rows[0], fresh)], [*compress(rows[1], fresh)], [*compress(rows[2], fresh)]
    return rows, [row for row in again if row[1:] not in contents(level, row[0])]


def _meeting(a: Level, b: Level) -> tuple[Core | None, Seen, Seen]:
    """The nearest core both versions stand on, and how far each has seen it."""
    seen = {id(core): (n, d) for core, n, d in pile(a)}
    for core, n, d in pile(b):
        if id(core) in seen:
            return core, seen[id(core)], (n, d)
    return None, (0, 0), (0, 0)


# Fugue ---------------------------------------------------------------------------------------------------------------


def is_odd(level: Level) -> bool:
    """True when an id may have several contents."""
    return any(core.odd for core, _, _ in pile(level))


class Places:
    """The first element that came to hang at each anchor of a core, and the `more`; worked out when first asked for."""

    __slots__ = ("done", "first", "follows", "more")

    def __init__(self) -> None:
        self.done = 0
        self.first: dict[Anchor, int] = {}
        self.more: dict[Anchor, list[int]] = {}
        self.follows: dict[str | None, str] = {}  # where the search for what follows an element left off

    def catch_up(self, core: Core) -> None:
        """Note the insertions that came since."""
        end = core.catch_up().n_done
        for slot, anchor in enumerate(core.anchors[self.done : end], core.n0 + self.done):
            if self.first.setdefault(anchor, slot) != slot:
                self.more.setdefault(anchor, []).append(slot)
                self.follows.clear()  # it may come before what some search has found
            elif core.base is not None and any(anchor in lower.places.first for lower, _, _ in pile(core.base)):
                self.follows.clear()
        self.done = end


def _anchor_after(level: Level, after: str | None) -> Anchor:
    """Where an element hangs that is typed after another one, for Fugue; the version is the newest of its core.

    After that one if nothing hangs there yet, else before the element that follows in the document, deleted or not
    (M. Weidner, M. Kleppmann, "The Art of the Fugue", 2023).
    """
    core = level[0]
    levels = [*pile(level)]
    with _lock:
        for lower, _, _ in reversed(levels):
            lower.places.catch_up(lower)
        found = core.places.follows.get(after)
        for _ in range(level[1] + 1):  # in a damaged state the walk may be a circle
            first = max(_hanging(levels, after if found is None else (found,)), key=id_key, default=None)
            if first is None:
                break
            found = first
        if found is None:
            return after
        core.places.follows[after] = found
        return (found,)


def _typed_after(level: Level, anchor: Anchor) -> Anchor:
    """What `anchor_after` was asked for when it gave this anchor; the anchor itself when that is not known."""
    at = anchor
    for _ in range(level[1] + 1):
        found = contents(level, at[0]) if isinstance(at, tuple) else None
        if not found:
            break
        at = found[0][1]
    return anchor if isinstance(at, tuple) else at


def _hanging(levels: list[Level], anchor: Anchor) -> Iterator[str]:
    """The ids of what hangs at an anchor, but for contents that do not count."""
    odd = is_odd(levels[0])
    for core, n, _ in levels:
        first = core.places.first.get(anchor, n)
        if first < n:
            for slot in (first, *core.places.more.get(anchor, ())):
                name = core.ids[slot - core.n0]
                if slot < n and (not odd or contents(levels[0], name)[0][1] == anchor):
                    yield name
