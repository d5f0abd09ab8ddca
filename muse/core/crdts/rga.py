"""Replicated growable array: a sequence in which every element hangs after another one for ever.

The state is a set of elements (id, value, parent) and a set of deleted ids; the order follows from it: depth first,
siblings by id, larger first (Roh et al., "Replicated abstract data types", 2011, as a tree). A version is a handle on
an append-only core: how many of its insertions and how many of its deletions it has seen. Editing the newest version
appends to the core; editing an older one starts a small core of its own on top.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NotRequired, TypedDict

from muse.core.errors import FormatError

_ID = re.compile(r"([0-9]{1,18}(?:\.[0-9]{1,18})*)@(.+)", re.DOTALL)
_lock = threading.Lock()
_new = object.__new__
_DEPTH = 12


class RGAVariant(TypedDict):
    """What else was inserted under an id."""

    value: str
    parent_id: str | None


class RGAElement(TypedDict):
    """One element of the wire form, tombstones included.

    `others` is there only when one id was given to different insertions: the ones that lost.
    """

    id: str
    value: str
    deleted: bool
    parent_id: str | None
    others: NotRequired[list[RGAVariant]]


class _Core:
    """Insertions and deletions in order of arrival; lists only grow. `base` is the version it builds on."""

    __slots__ = ("base", "d0", "dead", "deletes", "depth", "ids", "index", "n0", "parents", "twice", "values")

    def __init__(self, base: tuple[_Core, int, int] | None = None) -> None:
        self.base = base
        self.n0 = base[1] if base else 0
        self.d0 = base[2] if base else 0
        self.depth: int = base[0].depth + 1 if base else 0
        self.ids: list[str] = []
        self.values: list[str] = []
        self.parents: list[str | None] = []
        self.index: dict[str, int] = {}
        self.deletes: list[str] = []
        self.dead: dict[str, int] = {}
        self.twice: dict[str, list[int]] = {}


class RGA:
    """An immutable sequence of texts. `insert` names the element to hang after by its id, None for the head."""

    __slots__ = ("_core", "_d", "_n", "_order")

    def __init__(self, elements: Iterable[RGAElement] | None = None) -> None:
        self._core = _Core()
        self._n = 0
        self._d = 0
        self._order: _Order | None = None
        if elements is not None:
            self._load(elements)

    @classmethod
    def _at(cls, core: _Core, n: int, d: int) -> RGA:
        new = _new(cls)
        new._core, new._n, new._d, new._order = core, n, d, None
        return new

    # Change ------------------------------------------------------------------------------------------------------

    def insert(self, after_id: str | None, value: str, *, element_id: str) -> RGA:
        """The sequence with a new element after another one, among its siblings by id.

        An unknown `after_id` keeps the element waiting, invisible, until that arrives. An id that is here already
        changes nothing, unless its content differs: then both are kept and `conflicts()` names them.
        """
        if type(value) is not str or type(element_id) is not str or not (after_id is None or type(after_id) is str):
            raise TypeError("ids and values are text")
        core, n = self._core, self._n
        with _lock:
            if core.base is None and element_id not in core.index and len(core.ids) == n:
                core.index[element_id] = n
                core.ids.append(element_id)
                core.values.append(value)
                core.parents.append(after_id)
            elif any(self._content(slot) == (value, after_id) for slot in self._slots(element_id)):
                return self
            else:
                if core.n0 + len(core.ids) != n:
                    core = self._fork()
                _append(core, element_id, value, after_id)
        new = _new(RGA)
        new._core = core
        new._n = n + 1
        new._d = self._d
        new._order = None
        return new

    def delete(self, element_id: str) -> RGA:
        """The sequence without an element; deleting one that is unknown or deleted changes nothing."""
        core, n, d = self._core, self._n, self._d
        with _lock:
            if core.base is None:
                if core.index.get(element_id, n) >= n or core.dead.get(element_id, d) < d:
                    return self
            elif not self._slots(element_id) or self._is_dead(element_id):
                return self
            if core.d0 + len(core.deletes) != d:
                core = self._fork()
            core.dead[element_id] = d
            core.deletes.append(element_id)
        new = _new(RGA)
        new._core = core
        new._n = n
        new._d = d + 1
        new._order = None
        return new

    def join(self, other: RGA) -> RGA:
        """Everything either has inserted, without what either has deleted."""
        if other is self:
            return self
        with _lock:
            core, mine, theirs = _meeting(self, other)
            if core is self._core and core is other._core:
                return RGA._at(core, max(self._n, other._n), max(self._d, other._d))
            if _extra(other, core, mine) > _extra(self, core, theirs):
                self, other, mine = other, self, theirs
            return self._absorb(other, core, mine)

    def _absorb(self, other: RGA, core: _Core | None, limits: tuple[int, int]) -> RGA:
        """Add what `other` has beyond the common core; the caller holds the lock."""
        rows = []
        for element_id, value, parent in _rows(other, core, limits[0]):
            known = self._slots(element_id)
            if not known or all(self._content(slot) != (value, parent) for slot in known):
                rows.append((element_id, value, parent))
        dead = [element_id for element_id in _deletes(other, core, limits[1]) if not self._is_dead(element_id)]
        if not rows and not dead:
            return self
        top, n, d = self._core, self._n, self._d
        if (rows and top.n0 + len(top.ids) != n) or (dead and top.d0 + len(top.deletes) != d):
            top = self._fork()
        for row in rows:
            _append(top, *row)
        for element_id in dead:
            if element_id not in top.dead:
                top.dead[element_id] = top.d0 + len(top.deletes)
                top.deletes.append(element_id)
        return RGA._at(top, n + len(rows), top.d0 + len(top.deletes) if dead else d)

    def _fork(self) -> _Core:
        """A core to write to on top of this version, flattened when the pile gets high."""
        if self._core.depth < _DEPTH:
            return _Core((self._core, self._n, self._d))
        core = _Core()
        for row in _rows(self, None, 0):
            _append(core, *row)
        core.deletes = list(_deletes(self, None, 0))
        core.dead = {element_id: at for at, element_id in enumerate(core.deletes)}
        return core

    # Looking up, at this version ---------------------------------------------------------------------------------

    def _levels(self) -> Iterator[tuple[_Core, int, int]]:
        at: tuple[_Core, int, int] | None = (self._core, self._n, self._d)
        while at is not None:
            yield at
            at = at[0].base

    def _slots(self, element_id: str) -> list[int]:
        """Where an id was inserted: nowhere, once, or again with other content."""
        found: list[int] = []
        for core, n, _ in self._levels():
            slot = core.index.get(element_id)
            if slot is not None and slot < n:
                found.append(slot)
                found.extend(again for again in core.twice.get(element_id, ()) if again < n)
        return found

    def _content(self, slot: int) -> tuple[str, str | None]:
        for core, _, _ in self._levels():
            if slot >= core.n0:
                return core.values[slot - core.n0], core.parents[slot - core.n0]
        raise IndexError(slot)

    def _is_dead(self, element_id: str) -> bool:
        for core, _, d in self._levels():
            at = core.dead.get(element_id)
            if at is not None and at < d:
                return True
        return False

    # Reading -----------------------------------------------------------------------------------------------------

    def _ordered(self) -> _Order:
        if self._order is None:
            with _lock:
                levels = list(self._levels())[::-1]
                ids, values, parents = [], [], []
                for core, n, _ in levels:
                    ids += core.ids[: n - core.n0]
                    values += core.values[: n - core.n0]
                    parents += core.parents[: n - core.n0]
                dead = set(_deletes(self, None, 0))
                index = levels[0][0].index if len(levels) == 1 and not levels[0][0].twice else None
            self._order = _Order(ids, values, parents, dead, index)
        return self._order

    def to_sequence(self) -> list[str]:
        """The visible values in document order."""
        return self._ordered().visible()

    def visible_ids(self) -> list[str]:
        """The ids of the visible elements in document order; the n-th belongs to the n-th value."""
        return self._ordered().visible(of_ids=True)

    def waiting(self) -> list[str]:
        """The ids of elements whose parent (or its parent, and so on) has not arrived."""
        order = self._ordered()
        return order.ids()[order.placed :]

    def conflicts(self) -> dict[str, list[RGAVariant]]:
        """Ids that were given to different insertions, with all their contents, the one that counts first."""
        return {element_id: list(variants) for element_id, variants in self._ordered().variants.items()}

    def __len__(self) -> int:
        order = self._ordered()
        return len(order.visible()) if order.dead else order.placed

    def __contains__(self, element_id: object) -> bool:
        """True when an element of that id is in the state, deleted or not."""
        return isinstance(element_id, str) and bool(self._slots(element_id))

    def to_dict(self) -> list[RGAElement]:
        """The wire form: elements in document order, then those that wait, by id."""
        order = self._ordered()
        dead = order.dead
        wire = [
            RGAElement(id=element_id, value=value, deleted=element_id in dead, parent_id=parent)
            for element_id, value, parent in order.rows()
        ]
        if order.variants:
            for element in wire:
                if element["id"] in order.variants:
                    element["others"] = list(order.variants[element["id"]][1:])
        return wire

    @classmethod
    def from_dict(cls, data: list[RGAElement]) -> RGA:
        """The sequence a wire form stands for; FormatError when it stands for none."""
        return cls(data)

    def _load(self, elements: Iterable[RGAElement]) -> None:
        if isinstance(elements, (str, bytes, Mapping)) or not isinstance(elements, Iterable):
            raise FormatError("a sequence is a list of elements")
        core = self._core
        for element in elements:
            element_id, value, deleted, parent, others = _checked(element)
            contents = [(value, parent), *others] if others else [(value, parent)]
            for text, under in contents:
                if element_id in core.index and any(
                    self._content(slot) == (text, under) for slot in self._slots(element_id)
                ):
                    continue
                _append(core, element_id, text, under)
                self._n += 1
            if deleted and element_id not in core.dead:
                core.dead[element_id] = self._d
                core.deletes.append(element_id)
                self._d += 1

    # Comparing ---------------------------------------------------------------------------------------------------

    def equivalent(self, other: RGA) -> bool:
        """The same state: elements, tombstones, and what waits."""
        return self == other

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RGA):
            return NotImplemented
        if self._core is other._core and self._n == other._n and self._d == other._d:
            return True
        return self._ordered().key() == other._ordered().key()

    def __hash__(self) -> int:
        order = self._ordered()
        return hash((tuple(order.ids()), frozenset(order.dead)))

    def __repr__(self) -> str:
        return f"RGA(<{len(self)} visible of {len(self._ordered())}>)"

    def __reduce__(self) -> Any:
        return RGA.from_dict, (self.to_dict(),)


class _Order:
    """The elements of one version in document order, the waiting ones after the first `placed`."""

    __slots__ = ("_ids", "_order", "_parents", "_values", "dead", "placed", "variants")

    def __init__(
        self, ids: list[str], values: list[str], parents: list[str | None], dead: set[str],
        index: dict[str, int] | None,
    ) -> None:
        """`index` says where an id stands (it may know more); None when one may stand there more than once."""
        self.dead = dead
        self.variants: dict[str, list[RGAVariant]] = {}
        if index is None:
            if len(set(ids)) != len(ids):
                ids, values, parents = self._settle(ids, values, parents)
            index = dict(zip(ids, range(len(ids))))
        self._ids, self._values, self._parents = ids, values, parents
        self._order = _depth_first(ids, parents, index)
        self.placed = len(self._order)
        if self.placed < len(ids):
            there = set(self._order)
            left = [at for at in range(len(ids)) if at not in there]
            self._order += sorted(left, key=lambda at: id_key(ids[at]))

    def ids(self) -> list[str]:
        """Every id, in order."""
        return [*map(self._ids.__getitem__, self._order)]

    def rows(self) -> Iterator[tuple[str, str, str | None]]:
        """(id, value, parent), in order."""
        for at in self._order:
            yield self._ids[at], self._values[at], self._parents[at]

    def visible(self, of_ids: bool = False) -> list[str]:
        """The values (or ids) of the visible elements, in order."""
        order = self._order if self.placed == len(self._order) else self._order[: self.placed]
        wanted = self._ids if of_ids else self._values
        if not self.dead:
            return [*map(wanted.__getitem__, order)]
        ids, dead = self._ids, self.dead
        return [wanted[at] for at in order if ids[at] not in dead]

    def __len__(self) -> int:
        return len(self._order)

    def _settle(
        self, ids: list[str], values: list[str], parents: list[str | None]
    ) -> tuple[list[str], list[str], list[str | None]]:
        """One row per id: the largest by (value, parent); the others are noted."""
        found: dict[str, set[tuple[str, str | None]]] = {}
        for element_id, value, parent in zip(ids, values, parents, strict=True):
            found.setdefault(element_id, set()).add((value, parent))
        rows = []
        for element_id, contents in found.items():
            best = sorted(contents, key=lambda content: (content[0], content[1] is not None, content[1] or ""))[::-1]
            rows.append((element_id, *best[0]))
            if len(best) > 1:
                self.variants[element_id] = [RGAVariant(value=value, parent_id=parent) for value, parent in best]
        return [row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows]

    def key(self) -> tuple[Any, ...]:
        """Equal for equal states."""
        return list(self.rows()), self.dead, self.variants


def _depth_first(ids: list[str], parents: list[str | None], index: dict[str, int]) -> list[int]:
    """The places of all elements that hang from the head, parents before children, larger siblings first.

    What was typed in one go lies in one piece in the order of arrival too, so the walk goes from run to run: a run ends
    where the next element hangs elsewhere, and after every element that has other children. `index` may know more ids.
    """
    size = len(ids)
    starts = [at for at, (parent, before) in enumerate(zip(parents, [None, *ids])) if parent != before or not at]
    children: dict[int, list[int]] = {}
    for start in starts:
        parent = parents[start]
        at = -1 if parent is None else index.get(parent, size)
        if at < size:
            children.setdefault(at, []).append(start)
    fresh = set(starts)
    for at, group in children.items():
        if 0 <= at < size - 1 and at + 1 not in fresh:
            group.append(at + 1)
            starts.append(at + 1)
        if len(group) > 1:
            group.sort(key=lambda start: id_key(ids[start]))
    starts.sort()
    ends = dict(zip(starts, [*starts[1:], size]))
    order: list[int] = []
    stack = children.get(-1, [])[:]
    while stack:
        start = stack.pop()
        order += range(start, ends[start])
        stack += children.get(ends[start] - 1, ())
    return order


def id_key(element_id: str) -> tuple[Any, ...]:
    """How ids compare: (number, actor), dotted numbers part by part; ids of any other form come after, as text."""
    match = _ID.fullmatch(element_id)
    if match is None:
        return 1, (), element_id, ""
    return 0, tuple(map(int, match[1].split("."))), match[2], element_id


def _append(core: _Core, element_id: str, value: str, parent: str | None) -> None:
    slot = core.n0 + len(core.ids)
    if element_id in core.index:
        core.twice.setdefault(element_id, []).append(slot)
    else:
        core.index[element_id] = slot
    core.ids.append(element_id)
    core.values.append(value)
    core.parents.append(parent)


def _rows(version: RGA, stop: _Core | None, n_from: int) -> Iterator[tuple[str, str, str | None]]:
    """The insertions of a version in order of arrival; with `stop`, those past `n_from` of that core."""
    for core, n, _ in _levels_above(version, stop):
        start = max(n_from - core.n0, 0) if core is stop else 0
        end = n - core.n0
        yield from zip(core.ids[start:end], core.values[start:end], core.parents[start:end], strict=True)


def _deletes(version: RGA, stop: _Core | None, d_from: int) -> Iterator[str]:
    for core, _, d in _levels_above(version, stop):
        yield from core.deletes[max(d_from - core.d0, 0) if core is stop else 0 : d - core.d0]


def _levels_above(version: RGA, stop: _Core | None) -> list[tuple[_Core, int, int]]:
    levels = []
    for level in version._levels():
        levels.append(level)
        if level[0] is stop:
            break
    return levels[::-1]


def _meeting(a: RGA, b: RGA) -> tuple[_Core | None, tuple[int, int], tuple[int, int]]:
    """The nearest core both versions stand on, and how far each has seen it."""
    seen = {id(core): (n, d) for core, n, d in a._levels()}
    for core, n, d in b._levels():
        if id(core) in seen:
            return core, seen[id(core)], (n, d)
    return None, (0, 0), (0, 0)


def _extra(version: RGA, core: _Core | None, limits: tuple[int, int]) -> int:
    """How many changes a version has beyond the common core."""
    return max(version._n - limits[0], 0) + max(version._d - limits[1], 0) if core else version._n + version._d


def _checked(element: Any) -> tuple[str, str, bool, str | None, list[tuple[str, str | None]]]:
    """The parts of a wire element; FormatError when it is none."""
    try:
        element_id, value, deleted = element["id"], element["value"], element.get("deleted", False)
        parent, more = element.get("parent_id"), element.get("others", ())
        others = [(other["value"], other["parent_id"]) for other in more] if more else []
    except (KeyError, TypeError, AttributeError, IndexError):
        raise FormatError(f"an element has id, value, deleted and parent_id: {element!r:.200}") from None
    for text, under in ((value, parent), *others):
        if type(text) is not str or not (under is None or type(under) is str):
            raise FormatError(f"ids and values are text: {element!r:.200}")
    if type(element_id) is not str or type(deleted) is not bool or not isinstance(more, (list, tuple)):
        raise FormatError(f"an id is text, deleted is true or false: {element!r:.200}")
    return element_id, value, deleted, parent, others
