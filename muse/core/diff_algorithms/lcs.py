"""Sequences: shortest edit scripts, and deltas with moves.

`myers_ses` is the greedy O(ND) algorithm of E. Myers, "An O(ND) Difference Algorithm and Its Variations" (1986), on
what is left after three steps that keep the result minimal: equal ends are cut off; items only one side has are set
aside; where every remaining item is unique, the answer is a longest increasing subsequence, in O(N log N).
When both sides repeat themselves and differ almost everywhere, the search is cut into pieces, each following the path
that got furthest: the script stays correct, near-minimal, and its cost is bounded by a constant times N + M.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from muse.core.diff_algorithms.summary import summarise
from muse.core.ops import deleted, inserted
from muse.core.sequences import common_ends, increasing, shortest_script
from muse.domain import DeleteOp, DomainOp, InsertOp, MoveOp, StructuredDelta

if TYPE_CHECKING:
    from muse.core.schema import SequenceSchema

_WORK = 2_000_000
_SHORTEST_PIECE = 100


@dataclass(frozen=True)
class EditStep:
    """One step of an edit script. For an insert, `base_index` says before which base item; for a delete,
    `target_index` says before which target item."""

    kind: Literal["keep", "insert", "delete"]
    base_index: int
    target_index: int
    item: str


def myers_ses(base: Sequence[str], target: Sequence[str]) -> list[EditStep]:
    """The shortest edit script from `base` to `target`, in order; deletes come before inserts at one place."""
    steps: list[EditStep] = []
    i = j = 0
    for keep_i, keep_j in [*common_pairs(base, target), (len(base), len(target))]:
        steps.extend(EditStep("delete", at, j, base[at]) for at in range(i, keep_i))
        steps.extend(EditStep("insert", keep_i, at, target[at]) for at in range(j, keep_j))
        i, j = keep_i + 1, keep_j + 1
        if keep_i < len(base):
            steps.append(EditStep("keep", keep_i, keep_j, base[keep_i]))
    return steps


def common_pairs(base: Sequence[str], target: Sequence[str]) -> list[tuple[int, int]]:
    """Index pairs of a longest common subsequence, ascending."""
    start, tail = common_ends(base, target)
    rows, columns = range(start, len(base) - tail), range(start, len(target) - tail)
    in_base = Counter(base[at] for at in rows)
    in_target = Counter(target[at] for at in columns)
    left = [at for at in rows if base[at] in in_target]
    right = [at for at in columns if target[at] in in_base]
    a, b = [base[at] for at in left], [target[at] for at in right]
    if len(set(a)) == len(a) and len(set(b)) == len(b):
        found = _unique_pairs(a, b)
    else:
        found = _myers_pairs(a, b)
    return [
        *((at, at) for at in range(start)),
        *((left[x], right[y]) for x, y in found),
        *((len(base) - at, len(target) - at) for at in range(tail, 0, -1)),
    ]


def _unique_pairs(a: list[str], b: list[str]) -> list[tuple[int, int]]:
    place = {item: at for at, item in enumerate(b)}
    columns = [place[item] for item in a]
    return [(x, columns[x]) for x in increasing(columns)]


def _myers_pairs(a: list[str], b: list[str]) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    x = y = 0
    limit = max(_SHORTEST_PIECE, _WORK // (len(a) + len(b) + 1))
    while x < len(a) and y < len(b):
        x, y = shortest_script(a, b, x, y, limit, pairs)
    return pairs


def detect_moves(
    inserts: list[InsertOp], deletes: list[DeleteOp]
) -> tuple[list[MoveOp], list[InsertOp], list[DeleteOp]]:
    """Pair deletes with inserts of the same content at another place: (moves, inserts left, deletes left).

    `from_position` is the base index, `to_position` the target index. Equal contents are paired in order.
    """
    gone: dict[str, deque[int]] = {}
    for at, delete in enumerate(deletes):
        if delete["position"] is not None:
            gone.setdefault(delete["content_id"], deque()).append(at)
    moves: list[MoveOp] = []
    rest: list[InsertOp] = []
    paired: set[int] = set()
    for insert in inserts:
        queue = gone.get(insert["content_id"])
        if not queue or insert["position"] is None or deletes[queue[0]]["position"] == insert["position"]:
            rest.append(insert)
            continue
        at = queue.popleft()
        paired.add(at)
        source = deletes[at]["position"]
        assert source is not None
        moves.append(
            MoveOp(
                op="move",
                address=insert["address"],
                from_position=source,
                to_position=insert["position"],
                content_id=insert["content_id"],
            )
        )
    return moves, rest, [delete for at, delete in enumerate(deletes) if at not in paired]


def diff(
    schema: SequenceSchema, base: Sequence[str], target: Sequence[str], *, domain: str, address: str = ""
) -> StructuredDelta:
    """Deletes (base positions), inserts (target positions), then moves; all at `address`, the sequence's own.

    The schema's `diff_algorithm` is a hint: lcs, myers and patience all name this search.
    """
    noun = schema.get("element_type", "item")
    pairs = common_pairs(base, target)
    kept_base, kept_target = {x for x, _ in pairs}, {y for _, y in pairs}
    inserts = [
        inserted(address, item, f"{noun} {item[:19]}", at) for at, item in enumerate(target) if at not in kept_target
    ]
    deletes = [deleted(address, item, f"{noun} {item[:19]}", at) for at, item in enumerate(base) if at not in kept_base]
    moves, inserts, deletes = detect_moves(inserts, deletes)
    ops: list[DomainOp] = [*deletes, *inserts, *moves]
    return StructuredDelta(domain=domain, ops=ops, summary=summarise(ops, noun))
