"""The document order of an RGA's elements, worked out from the set of them alone.

Depth first: what hangs before an element, the element, what hangs after it; siblings by id, larger first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, compress
from operator import ne, not_
from typing import Any, TypeVar

Anchor = str | tuple[str] | None
"""The id an element hangs after, None for the head; `(id,)` when it hangs before that one, which only Fugue does."""
Content = tuple[str, Anchor]
"""Value and anchor: what was inserted under an id."""

T = TypeVar("T")
_ID = re.compile(r"([0-9]{1,18}(?:\.[0-9]{1,18})*)@(.+)", re.DOTALL)


class Order:
    """The elements of one version in document order, the waiting ones after the first `placed`."""

    __slots__ = ("_anchors", "_ids", "_runs", "_values", "_waiting", "dead", "placed", "variants")

    def __init__(
        self, ids: list[str], values: list[str], anchors: list[Anchor], dead: set[str], index: dict[str, int] | None
    ) -> None:
        """`index` says where an id stands (it may know more); None when one may stand there more than once."""
        self.dead = dead
        self.variants: dict[str, list[Content]] = {}
        if index is None:
            index = dict(zip(ids, range(len(ids))))
            if len(index) != len(ids):
                ids, values, anchors = self._settle(ids, values, anchors)
                index = dict(zip(ids, range(len(ids))))
        self._ids, self._values, self._anchors = ids, values, anchors
        self._runs = _depth_first(ids, anchors, index)
        self.placed = sum(run.stop - run.start for run in self._runs)
        self._waiting: list[slice] = []
        if self.placed < len(ids):
            there = bytearray(len(ids))
            for run in self._runs:
                there[run] = b"\1" * (run.stop - run.start)
            left = [at for at in range(len(ids)) if not there[at]]
            self._waiting = [slice(at, at + 1) for at in sorted(left, key=lambda at: id_key(ids[at]))]

    def ids(self) -> list[str]:
        """Every id, in order."""
        return _along(self._ids, self._runs + self._waiting)

    def rows(self) -> Iterator[tuple[str, str, Anchor]]:
        """(id, value, anchor), in order."""
        runs = self._runs + self._waiting
        return zip(_along(self._ids, runs), _along(self._values, runs), _along(self._anchors, runs), strict=True)

    def visible(self, of_ids: bool = False) -> list[str]:
        """The values (or ids) of the visible elements, in order."""
        wanted = _along(self._ids if of_ids else self._values, self._runs)
        if not self.dead:
            return wanted
        return [*compress(wanted, map(not_, map(self.dead.__contains__, _along(self._ids, self._runs))))]

    def __len__(self) -> int:
        return len(self._ids)

    def _settle(
        self, ids: list[str], values: list[str], anchors: list[Anchor]
    ) -> tuple[list[str], list[str], list[Anchor]]:
        """One row per id: its largest content; the others are noted."""
        found: dict[str, set[Content]] = {}
        for element_id, value, anchor in zip(ids, values, anchors, strict=True):
            found.setdefault(element_id, set()).add((value, anchor))
        rows = []
        for element_id, contents in found.items():
            best = sorted(contents, key=content_key, reverse=True)
            rows.append((element_id, *best[0]))
            if len(best) > 1:
                self.variants[element_id] = best
        return [row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows]

    def key(self) -> tuple[Any, ...]:
        """Equal for equal states."""
        return list(self.rows()), self.dead, self.variants


def _depth_first(ids: list[str], anchors: list[Anchor], index: dict[str, int]) -> list[slice]:
    """Where the elements that hang from the head stand, in document order.

    What was typed in one go lies in one piece in the order of arrival too, so the walk goes from run to run: a run ends
    where the next element hangs elsewhere, after every element that has other children after it, and before every one
    that has children before it. `index` may know more ids.
    """
    size = len(ids)
    after, before, starts = _children(ids, anchors, index)
    ends = dict(zip(starts, [*starts[1:], size]))
    runs: list[slice] = []
    stack = after.get(-1, [])[:]
    while stack:
        start = stack.pop()
        if start in before:
            stack.append(start)
            stack += before.pop(start)
            continue
        end = ends[start]
        runs.append(slice(start, end))
        stack += after.get(end - 1, ())
    return runs


_Children = dict[int, list[int]]


def _children(ids: list[str], anchors: list[Anchor], index: dict[str, int]) -> tuple[_Children, _Children, list[int]]:
    """By element (-1: the head), the runs that hang after and before it, the last to be written first; all runs."""
    size = len(ids)
    starts = [*compress(range(size), map(ne, anchors, chain([object()], ids)))]
    after: dict[int, list[int]] = {}
    before: dict[int, list[int]] = {}
    for start in starts:
        anchor = anchors[start]
        if anchor.__class__ is tuple:
            at, children = index.get(anchor[0], size), before
        else:
            at, children = -1 if anchor is None else index.get(anchor, size), after  # type: ignore[arg-type]
        if at < size:
            children.setdefault(at, []).append(start)
    fresh = set(starts)
    for at in before:
        if at not in fresh:
            after.setdefault(at - 1, []).append(at)
            fresh.add(at)
            starts.append(at)
    for at, group in after.items():
        if 0 <= at < size - 1 and at + 1 not in fresh:
            group.append(at + 1)
            starts.append(at + 1)
    for group in (*after.values(), *before.values()):
        if len(group) > 1:
            group.sort(key=lambda start: id_key(ids[start]))
    starts.sort()
    return after, before, starts


def _along(column: list[T], runs: list[slice]) -> list[T]:
    """A column put into the order of runs."""
    found: list[T] = []
    for run in runs:
        found += column[run]
    return found


def id_key(element_id: str) -> tuple[Any, ...]:
    """How ids compare: (number, actor), dotted numbers part by part; ids of any other form come after, as text."""
    number, _, actor = element_id.partition("@")
    if actor and len(number) <= 18 and number.isascii() and number.isdigit():
        return 0, (int(number),), actor, element_id
    match = _ID.fullmatch(element_id)
    if match is None:
        return 1, (), element_id, ""
    return 0, tuple(map(int, match[1].split("."))), match[2], element_id


def content_key(content: Content) -> tuple[Any, ...]:
    """Of several contents of one id the largest counts: by value, then by anchor."""
    value, anchor = content
    before = anchor.__class__ is tuple
    return value, anchor is not None, anchor[0] if before else anchor or "", before  # type: ignore[index]
