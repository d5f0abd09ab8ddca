"""Ordered labelled trees whose children are matched by id under their parent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from muse.core.diff_algorithms.summary import summarise
from muse.core.ops import deleted, inserted, replaced
from muse.core.sequences import increasing
from muse.domain import DomainOp, MoveOp, StructuredDelta

if TYPE_CHECKING:
    from muse.core.schema import TreeSchema


@dataclass(frozen=True)
class TreeNode:
    """A node; `content_id` stands for its own value (children apart), `id` is unique among its siblings."""

    id: str
    label: str
    content_id: str
    children: tuple[TreeNode, ...]


def diff(schema: TreeSchema, base: TreeNode, target: TreeNode, *, domain: str, address: str = "") -> StructuredDelta:
    """Replaces, deletes, inserts and moves of nodes, each at `address/<ids from the root down>`.

    Positions are indices among siblings, in the base for a delete, in the target for an insert, both for a move. A
    subtree that went is deleted from its leaves up, one that came is inserted from its root down. A node that changed
    its parent is deleted and inserted.
    """
    ops: list[DomainOp] = []
    stack: list[tuple[TreeNode, TreeNode, str]] = [(base, target, _join(address, base.id))]
    while stack:
        old, new, at = stack.pop()
        if (old.id, old.label, old.content_id) != (new.id, new.label, new.content_id):
            ops.append(replaced(at, (old.content_id, new.content_id), (old.label, new.label)))
        if old.children is not new.children:
            stack.extend(reversed(_children(old, new, at, ops)))
    return StructuredDelta(domain=domain, ops=ops, summary=summarise(ops, schema["node_type"]))


def _children(old: TreeNode, new: TreeNode, at: str, ops: list[DomainOp]) -> list[tuple[TreeNode, TreeNode, str]]:
    """Add the operations on the children of one matched pair; the pairs of children that remain to be compared."""
    before = {key: (place, child) for place, (key, child) in enumerate(_keyed(old))}
    after = {key: (place, child) for place, (key, child) in enumerate(_keyed(new))}
    for key, (place, child) in before.items():
        if key not in after:
            for node, where, index in reversed(list(_walk(child, _join(at, key), place))):
                ops.append(deleted(where, node.content_id, node.label, index))
    for key, (place, child) in after.items():
        if key not in before:
            for node, where, index in _walk(child, _join(at, key), place):
                ops.append(inserted(where, node.content_id, node.label, index))
    both = [key for key in after if key in before]
    in_order = set(increasing([before[key][0] for key in both]))
    for index, key in enumerate(both):
        if index not in in_order:
            ops.append(
                MoveOp(
                    op="move",
                    address=_join(at, key),
                    from_position=before[key][0],
                    to_position=after[key][0],
                    content_id=after[key][1].content_id,
                )
            )
    return [(before[key][1], after[key][1], _join(at, key)) for key in both]


def _keyed(node: TreeNode) -> Iterator[tuple[str, TreeNode]]:
    """Children by id; a repeated id gets `#2`, `#3` in order, so that none hides another."""
    seen: Counter[str] = Counter()
    for child in node.children:
        seen[child.id] += 1
        yield (child.id if seen[child.id] == 1 else f"{child.id}#{seen[child.id]}"), child


def _walk(root: TreeNode, address: str, position: int) -> Iterator[tuple[TreeNode, str, int]]:
    stack = [(root, address, position)]
    while stack:
        node, at, place = stack.pop()
        yield node, at, place
        stack.extend(reversed([(child, _join(at, key), index) for index, (key, child) in enumerate(_keyed(node))]))


def _join(address: str, part: str) -> str:
    return f"{address}/{part}" if address else part
