"""Reconcile edits that were made apart: do they commute, what becomes of each after the other, one list out of two.

Rules at one address: two inserts conflict only at equal positions (without positions: when they bring different
content for one thing); a replace conflicts with everything, an insert with a delete or a move; two deletes agree; a
move conflicts with a move or a delete of the same element; two patches conflict where their children do. An edit of a
whole thing conflicts with every edit inside it. Everything else commutes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from muse.core.op_transform import rules
from muse.core.op_transform.layout import Side, is_positional, lay_out, source, with_goal, with_source
from muse.core.op_transform.merge import MergeOpsResult, contradict, merge_op_lists, merge_structured
from muse.core.op_transform.rules import op_key as _op_key
from muse.domain import DomainOp, PatchOp

__all__ = ["MergeOpsResult", "_op_key", "merge_op_lists", "merge_structured", "ops_commute", "transform"]


def ops_commute(a: DomainOp, b: DomainOp) -> bool:
    """True when both edits can stand and the order does not matter, given `transform`."""
    if set(rules.places(a)).isdisjoint(rules.places(b)):
        return not (_holds(a, b) or _holds(b, a))
    how = rules.meeting(a["op"], b["op"])
    if how == rules.INSIDE and a["op"] == b["op"] == "patch":
        return rules.same_container(a, b) and not contradict(a["child_ops"], b["child_ops"])
    return how == rules.NEVER or (how == rules.AT_POSITION and not rules.collide(a, b))


def _holds(outer: DomainOp, inner: DomainOp) -> bool:
    whole = rules.whole(outer)
    inside = whole and any(up in whole for place in rules.places(inner) for up in rules.above(place))
    return bool(inside) and rules.covers(outer["op"], inner["op"])


def transform(a: DomainOp, b: DomainOp) -> tuple[DomainOp, DomainOp]:
    """(a2, b2) such that a then b2 gives the same state as b then a2.

    Inserts, deletes and moves in one sequence are shifted past each other (in one gap the smaller content id comes
    first, so that both sides agree without talking); patches of one container child by child. A deletion that the
    other side has made already becomes an empty patch. All other edits come back as they are, and so do edits that
    contradict (`ops_commute` is False): which of them stands is for a person to say.
    """
    left, right = _past([a], [b])
    return left[0], right[0]


def _past(ours: Sequence[DomainOp], theirs: Sequence[DomainOp]) -> tuple[list[DomainOp], list[DomainOp]]:
    """Each side's edits as they are to be made after the other side's."""
    mine, other = list(ours), list(theirs)
    left, right = _sequences(ours), _sequences(theirs)
    for address, indices in left.items():
        if address in right:
            _shift(ours, theirs, indices, right[address], mine, other)
    patches = {rules.places(op): (index, op) for index, op in enumerate(theirs) if op["op"] == "patch"}
    for x, a in enumerate(ours):
        if a["op"] == "patch" and rules.places(a) in patches:
            y, b = patches[rules.places(a)]
            if b["op"] == "patch" and ops_commute(a, b):
                inside = _past(a["child_ops"], b["child_ops"])
                mine[x], other[y] = _with_children(a, inside[0]), _with_children(b, inside[1])
    return mine, other


def _sequences(ops: Sequence[DomainOp]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for index, op in enumerate(ops):
        if is_positional(op):
            found.setdefault(op["address"], []).append(index)
    return found


def _shift(
    ours: Sequence[DomainOp],
    theirs: Sequence[DomainOp],
    our_indices: list[int],
    their_indices: list[int],
    mine: list[DomainOp],
    other: list[DomainOp],
) -> None:
    """Shift one sequence's edits past each other, writing into `mine` and `other`."""
    a, b = [ours[index] for index in our_indices], [theirs[index] for index in their_indices]
    if _move_contradicted(a, b):
        return
    left, right = Side(a), Side(b)
    runs = [_runs(side, ops) for side, ops in ((left, a), (right, b))]

    def ours_first(gap: int) -> bool:
        return runs[0].get(gap, []) <= runs[1].get(gap, [])

    at = lay_out(left, right, {*left.taken, *right.taken}, ours_first=ours_first)
    rows = ((a, our_indices, mine, right, at[0]), (b, their_indices, other, left, at[1]))
    for ops, indices, out, past, goals in rows:
        for place, (index, op) in enumerate(zip(indices, ops)):
            element = source(op)
            if element is not None and element in past.taken:
                out[index] = _nothing(op["address"])
                continue
            moved = op if element is None else with_source(op, past.locate(element))
            out[index] = with_goal(moved, goals[place]) if place in goals else moved


def _move_contradicted(a: Sequence[DomainOp], b: Sequence[DomainOp]) -> bool:
    """True when both sides touch one element and at least one moves it."""
    moved = [{source(op) for op in side if op["op"] == "move"} for side in (a, b)]
    taken = [{source(op) for op in side} - {None} for side in (a, b)]
    return bool(moved[0] & taken[1] or moved[1] & taken[0])


def _runs(side: Side, ops: Sequence[Any]) -> dict[int, list[str]]:
    """Gap -> content ids this side puts there."""
    found: dict[int, list[str]] = {}
    for gap, index in zip(side.gaps, side.puts):
        found.setdefault(gap, []).append(ops[index]["content_id"])
    return found


def _nothing(address: str) -> PatchOp:
    return PatchOp(op="patch", address=address, child_ops=[], child_domain="", child_summary="deleted already")


def _with_children(op: PatchOp, children: list[DomainOp]) -> PatchOp:
    if all(new is old for new, old in zip(children, op["child_ops"])):
        return op
    kept = {key: value for key, value in op.items() if key != "new_content_id"}
    return cast(PatchOp, {**kept, "child_ops": children})


def _adjust_insert_positions(ops: Sequence[DomainOp], others: Sequence[DomainOp]) -> list[DomainOp]:
    """Inserts as they stand once the other side's inserts are in as well; everything else as it is."""
    mine, other = ([op for op in side if op["op"] == "insert"] for side in (ops, others))
    shifted = iter(_past(mine, other)[0])
    return [next(shifted) if op["op"] == "insert" else op for op in ops]
