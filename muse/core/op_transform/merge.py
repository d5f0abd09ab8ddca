"""Two lists of edits, made apart from one base, become one; what contradicts is paired up for a person."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any, cast

from muse.core.op_transform import rules
from muse.core.op_transform.layout import Side, is_positional, lay_out, source, with_goal
from muse.core.op_transform.rules import ALWAYS, AT_POSITION, INSIDE, Place
from muse.domain import DomainOp, PatchOp, StructuredDelta

_ALL_PAIRS = 64
"""Two groups that contradict as a whole are listed pair by pair up to this many; beyond, each edit appears once."""


@dataclass
class MergeOpsResult:
    """`merged_ops` is a delta on the base (deletes count in the base, inserts in the merged result); `conflict_ops`
    pairs ours with theirs where both cannot stand. Every new edit of both sides is in one or the other."""

    merged_ops: list[DomainOp] = field(default_factory=list)
    conflict_ops: list[tuple[DomainOp, DomainOp]] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """True when nothing contradicts."""
        return not self.conflict_ops


class _Edit:
    """One edit of one side, and what became of it."""

    __slots__ = ("dropped", "fights", "gap", "op", "twin")

    def __init__(self, op: DomainOp) -> None:
        self.op = op
        self.dropped = False  # an edit of the base list that one side took back, or one half of an agreement
        self.twin = False  # the other side made it too, or the base list has it
        self.fights = False
        self.gap: int | None = None  # where it puts something, in a sequence that both sides edited

    @property
    def undecided(self) -> bool:
        return not (self.dropped or self.twin or self.fights)

    @property
    def stays(self) -> bool:
        return not (self.dropped or self.fights)


def merge_op_lists(
    base_ops: Sequence[DomainOp], ours_ops: Sequence[DomainOp], theirs_ops: Sequence[DomainOp]
) -> MergeOpsResult:
    """Three-way merge of edit lists.

    Edits of `base_ops` that both sides still have are kept, those a side took back are gone. The same edit on both
    sides is one edit. The rest is kept where `ops_commute` holds against everything of the other side, and paired in
    `conflict_ops` otherwise; two patches of one container are merged child by child into one patch. The cost is near
    linear: edits are found by place and by the things that hold them, never by trying all pairs.
    """
    ours, theirs = [_Edit(op) for op in ours_ops], [_Edit(op) for op in theirs_ops]
    _settle_base(base_ops, ours, theirs)
    shared = _shared_sequences(ours, theirs)
    _agree(ours, theirs)
    fights = _Fights()
    _meet_at_places(ours, theirs, fights)
    _meet_inside(ours, theirs, fights)
    _merge_patches(ours, theirs, fights)
    for sequence in shared:
        sequence.place()
    return MergeOpsResult([edit.op for edit in (*ours, *theirs) if edit.stays], fights.pairs)


def merge_structured(
    base_delta: StructuredDelta, ours_delta: StructuredDelta, theirs_delta: StructuredDelta
) -> MergeOpsResult:
    """`merge_op_lists` on the operations of three deltas."""
    return merge_op_lists(base_delta["ops"], ours_delta["ops"], theirs_delta["ops"])


class _Fights:
    """The conflict pairs, each once."""

    def __init__(self) -> None:
        self.pairs: list[tuple[DomainOp, DomainOp]] = []
        self._seen: set[tuple[int, int]] = set()

    def add(self, ours: Sequence[_Edit], theirs: Sequence[_Edit]) -> None:
        """Everything in `ours` contradicts everything in `theirs`."""
        if len(ours) * len(theirs) <= _ALL_PAIRS:
            found: Iterable[tuple[_Edit, _Edit]] = [(a, b) for a in ours for b in theirs]
        elif len(ours) < len(theirs):
            found = zip(cycle(ours), theirs)
        else:
            found = zip(ours, cycle(theirs))
        for a, b in found:
            a.fights = b.fights = True
            if (id(a), id(b)) not in self._seen:
                self._seen.add((id(a), id(b)))
                self.pairs.append((a.op, b.op))


def _settle_base(base_ops: Sequence[DomainOp], ours: list[_Edit], theirs: list[_Edit]) -> None:
    known = Counter(rules.op_key(op) for op in base_ops)
    if not known:
        return
    mine, other = _known(known, ours), _known(known, theirs)
    for key in mine.keys() | other.keys():
        a, b = mine.get(key, []), other.get(key, [])
        stays = min(len(a), len(b))
        for edit in a[:stays]:
            edit.twin = True
        for edit in (*a[stays:], *b):
            edit.dropped = True


def _known(known: Counter[Any], edits: list[_Edit]) -> dict[Any, list[_Edit]]:
    found: dict[Any, list[_Edit]] = defaultdict(list)
    for edit in edits:
        key = rules.op_key(edit.op)
        if len(found[key]) < known[key]:
            found[key].append(edit)
    return found


class _Shared:
    """A sequence that both sides edited."""

    def __init__(self, ours: list[_Edit], theirs: list[_Edit]) -> None:
        self.edits = (ours, theirs)
        self.sides = (Side([edit.op for edit in ours]), Side([edit.op for edit in theirs]))
        for edits, side in zip(self.edits, self.sides):
            for index, gap in zip(side.puts, side.gaps):
                edits[index].gap = gap

    def place(self) -> None:
        """Give everything that stays its position in the merged result."""
        if all(edit.stays for edit in self.edits[0]) and not any(edit.stays for edit in self.edits[1]):
            return
        taken = {at for edits in self.edits for edit in edits if edit.stays and (at := source(edit.op)) is not None}
        found = lay_out(*self.sides, taken, stays=lambda side, index: self.edits[side][index].stays)
        for edits, positions in zip(self.edits, found):
            for index, position in positions.items():
                edits[index].op = with_goal(edits[index].op, position)


def _shared_sequences(ours: list[_Edit], theirs: list[_Edit]) -> list[_Shared]:
    mine, other = _sequences(ours), _sequences(theirs)
    return [_Shared(mine[address], other[address]) for address in mine if address in other]


def _sequences(edits: list[_Edit]) -> dict[str, list[_Edit]]:
    found: dict[str, list[_Edit]] = defaultdict(list)
    for edit in edits:
        if is_positional(edit.op):
            found[edit.op["address"]].append(edit)
    return found


def _agree(ours: list[_Edit], theirs: list[_Edit]) -> None:
    """Pair off the same edits. In a sequence they must also mean the same gap: equal positions alone may not."""
    waiting: dict[Any, list[_Edit]] = defaultdict(list)
    for edit in reversed(theirs):
        if edit.undecided:
            waiting[rules.op_key(edit.op), edit.gap].append(edit)
    for edit in ours:
        queue = waiting.get((rules.op_key(edit.op), edit.gap)) if edit.undecided else None
        if queue:
            edit.twin = True
            queue.pop().dropped = True


def contradict(ours_ops: Sequence[DomainOp], theirs_ops: Sequence[DomainOp]) -> bool:
    """True when some edit of ours does not commute with some edit of theirs, equal edits included."""
    ours, theirs = [_Edit(op) for op in ours_ops], [_Edit(op) for op in theirs_ops]
    fights = _Fights()
    _meet_at_places(ours, theirs, fights)
    _meet_inside(ours, theirs, fights)
    if fights.pairs:
        return True
    mine, other = _patches(ours), _patches(theirs)
    return any(contradict(_children(mine[slot]), _children(other[slot])) for slot in mine.keys() & other.keys())


def _meet_at_places(ours: list[_Edit], theirs: list[_Edit], fights: _Fights) -> None:
    mine, other = _by_place(ours), _by_place(theirs)
    for place, kinds in mine.items():
        for kind_a, group_a in kinds.items():
            for kind_b, group_b in other.get(place, {}).items():
                how = rules.meeting(kind_a, kind_b)
                if how == ALWAYS:
                    fights.add(group_a, group_b)
                elif how == AT_POSITION:
                    _meet_at_position(group_a, group_b, fights)
                elif how == INSIDE:
                    _meet_as_patches(group_a, group_b, fights)


def _meet_as_patches(ours: list[_Edit], theirs: list[_Edit], fights: _Fights) -> None:
    """Patches that cannot be compared child by child contradict as a whole."""
    mine, other = _by_container(ours), _by_container(theirs)
    for group in mine.values():
        for rivals in other.values():
            if not rules.same_container(group[0].op, rivals[0].op):
                fights.add(group, rivals)


def _by_container(edits: list[_Edit]) -> dict[Any, list[_Edit]]:
    found: dict[Any, list[_Edit]] = defaultdict(list)
    for edit in edits:
        found[rules.container_key(edit.op)].append(edit)
    return found


def _by_place(edits: list[_Edit]) -> dict[Place, dict[str, list[_Edit]]]:
    found: dict[Place, dict[str, list[_Edit]]] = {}
    for edit in edits:
        if edit.undecided:
            for place in rules.places(edit.op):
                found.setdefault(place, {}).setdefault(edit.op["op"], []).append(edit)
    return found


def _meet_at_position(ours: list[_Edit], theirs: list[_Edit], fights: _Fights) -> None:
    mine, other = _by_position(ours), _by_position(theirs)
    for position, group in mine.items():
        for against in (position, None) if position is not None else tuple(other):
            rivals = other.get(against, [])
            if any(rules.collide(group[0].op, rival.op) for rival in rivals) or (
                rivals and any(rules.collide(edit.op, rivals[0].op) for edit in group)
            ):
                fights.add(group, rivals)


def _by_position(edits: list[_Edit]) -> dict[int | None, list[_Edit]]:
    found: dict[int | None, list[_Edit]] = defaultdict(list)
    for edit in edits:
        op = cast(Any, edit.op)
        found[op["from_position"] if op["op"] == "move" else op["position"]].append(edit)
    return found


def _meet_inside(ours: list[_Edit], theirs: list[_Edit], fights: _Fights) -> None:
    for outer_side, inner_side, swapped in ((ours, theirs, False), (theirs, ours, True)):
        outer = _wholes(outer_side)
        for (address, kind), group in (_inside(inner_side, outer) if outer else {}).items():
            for outer_kind, holders in outer[address].items():
                if rules.covers(outer_kind, kind):
                    fights.add(*((group, holders) if swapped else (holders, group)))


def _wholes(edits: list[_Edit]) -> dict[str, dict[str, list[_Edit]]]:
    """Edits of whole things, by address and kind."""
    found: dict[str, dict[str, list[_Edit]]] = {}
    for edit in edits:
        if not edit.dropped and not edit.twin:
            for address in rules.whole(edit.op):
                found.setdefault(address, {}).setdefault(edit.op["op"], []).append(edit)
    return found


def _inside(edits: list[_Edit], outer: dict[str, Any]) -> dict[tuple[str, str], list[_Edit]]:
    """Edits inside of things that are in `outer`, by the thing's address and their kind."""
    found: dict[tuple[str, str], list[_Edit]] = {}
    for edit in edits:
        if not edit.dropped and not edit.twin:
            for address in {up for place in rules.places(edit.op) for up in rules.above(place) if up in outer}:
                found.setdefault((address, edit.op["op"]), []).append(edit)
    return found


def _merge_patches(ours: list[_Edit], theirs: list[_Edit], fights: _Fights) -> None:
    """Patches of one container become one patch; children that contradict leave it, wrapped in a patch of their own."""
    mine, other = _patches(ours), _patches(theirs)
    for slot in mine:
        if slot not in other:
            continue
        patches = [[cast(PatchOp, edit.op) for edit in side[slot]] for side in (mine, other)]
        inside = merge_op_lists([], _children(mine[slot]), _children(other[slot]))
        for edit in (*mine[slot], *other[slot]):
            edit.dropped = True
        if inside.merged_ops or inside.is_clean:
            mine[slot][0].dropped = False
            mine[slot][0].op = _joined([*patches[0], *patches[1]], inside.merged_ops)
        if inside.conflict_ops:
            ours_part, theirs_part = (
                _joined(patches[side], list({id(pair[side]): pair[side] for pair in inside.conflict_ops}.values()))
                for side in (0, 1)
            )
            fights.pairs.append((ours_part, theirs_part))


def _patches(edits: list[_Edit]) -> dict[tuple[Place, ...], list[_Edit]]:
    found: dict[tuple[Place, ...], list[_Edit]] = defaultdict(list)
    for edit in edits:
        if edit.undecided and edit.op["op"] == "patch":
            found[rules.places(edit.op)].append(edit)
    return found


def _children(edits: list[_Edit]) -> list[DomainOp]:
    return [child for edit in edits for child in cast(PatchOp, edit.op)["child_ops"]]


def _joined(patches: list[PatchOp], children: list[DomainOp]) -> PatchOp:
    """One patch with these children. No side's `new_content_id` is the result's, so none is named."""
    merged = cast(PatchOp, {key: value for key, value in patches[0].items() if key != "new_content_id"})
    merged["child_ops"] = children
    merged["child_summary"] = "; ".join(dict.fromkeys(op["child_summary"] for op in patches if op["child_summary"]))
    merged["child_domain"] = next((op["child_domain"] for op in patches if op["child_ops"]), merged["child_domain"])
    return merged
