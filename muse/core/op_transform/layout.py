"""Positions in one sequence: read a side's delta as "took out these, put those into these gaps", and lay both out.

A delta counts deletes in the base and inserts in the target; a move leaves from a base position and arrives at a target
position. A *gap* is a place between base elements: gap g lies before base element g. Gaps mean the same on both sides,
positions do not; so everything is turned into gaps, merged, and turned back.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

from muse.domain import DomainOp


def is_positional(op: DomainOp) -> bool:
    """True for an edit of a sequence at an integer position."""
    return op["op"] == "move" or (op["op"] in ("insert", "delete") and op.get("position") is not None)


def source(op: Any) -> int | None:
    """The base element the edit takes out, None when it takes out none."""
    if op["op"] == "move":
        return int(op["from_position"])
    return op["position"] if op["op"] == "delete" else None


def goal(op: Any) -> int | None:
    """The target position the edit puts something at, None when it puts nothing."""
    if op["op"] == "move":
        return int(op["to_position"])
    return op["position"] if op["op"] == "insert" else None


def with_goal(op: DomainOp, position: int) -> DomainOp:
    """The edit, putting what it puts at another position; the same object when nothing changes."""
    key = "to_position" if op["op"] == "move" else "position"
    return op if goal(op) == position else cast(DomainOp, {**op, key: position})


def with_source(op: DomainOp, element: int) -> DomainOp:
    """The edit, taking out another element; the same object when nothing changes."""
    key = "from_position" if op["op"] == "move" else "position"
    return op if source(op) == element else cast(DomainOp, {**op, key: element})


class Side:
    """One side's edits of one sequence. `puts` holds the indices (into the given list) of the edits that put something,
    in target order; `gaps` runs beside it."""

    def __init__(self, ops: Sequence[DomainOp]) -> None:
        self.taken = sorted({at for op in ops if (at := source(op)) is not None})
        goals = sorted((at, index) for index, op in enumerate(ops) if (at := goal(op)) is not None)
        self.puts = [index for _, index in goals]
        self.before: list[int] = []
        self.gaps: list[int] = []
        passed = 0
        for rank, (position, _) in enumerate(goals):
            survivors = max(position - rank, self.before[-1] if self.before else 0)
            while passed < len(self.taken) and self.taken[passed] <= survivors - 1 + passed:
                passed += 1
            self.before.append(survivors)
            self.gaps.append(survivors + passed if survivors else 0)

    def locate(self, element: int) -> int:
        """Where a base element that this side did not take out stands in this side's target."""
        survivors = element - bisect_left(self.taken, element)
        return survivors + bisect_right(self.before, survivors)


def lay_out(
    ours: Side,
    theirs: Side,
    taken: Iterable[int],
    *,
    ours_first: Callable[[int], bool] = lambda gap: True,
    stays: Callable[[int, int], bool] = lambda side, index: True,
) -> tuple[dict[int, int], dict[int, int]]:
    """For each side, index of an edit that puts something -> its position once the edits that stay are all in.

    `taken` are the base elements that the edits that stay take out; `ours_first(gap)` decides whose things come first
    in a gap that both sides filled; `stays(side, index)` leaves edits out (side 0 is ours).
    """
    rows: list[tuple[int, bool, int, int, int]] = []
    for number, side in enumerate((ours, theirs)):
        for rank, (gap, index) in enumerate(zip(side.gaps, side.puts)):
            if stays(number, index):
                rows.append((gap, ours_first(gap) == bool(number), rank, number, index))
    out = sorted(taken)
    found: tuple[dict[int, int], dict[int, int]] = ({}, {})
    for place, (gap, _, _, number, index) in enumerate(sorted(rows)):
        found[number][index] = gap - bisect_left(out, gap) + place
    return found
