"""The three-way decision for every slot of a track: conflicts C5, C6 and C9."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from muse.plugins.midi.file.address import place, value_words
from muse.plugins.midi.file.dimensions import is_curve, lane_dimension
from muse.plugins.midi.file.model import OPAQUE, Content, Lane, Slot
from muse.plugins.midi.file.slot_address import SlotAddress
from muse.plugins.midi.match.moved_events import disputed_moves
from muse.plugins.midi.merge.decisions import Clash, Decisions, Part

_SPELLED = 4  # values of one conflict that are told one by one
_TURNS = 3  # how often the sides take turns before edits of one curve are interleaved


def decide_points(out: Decisions, whole: Mapping[Part, str]) -> None:
    """Add the events of every slot to the result; lanes and slots in `whole` are taken from the side named there."""
    base, ours, theirs = out.three.base, out.three.ours, out.three.theirs
    slots = dict.fromkeys([*ours.slots, *theirs.slots, *base.slots])
    held = [(slot, base.value(slot), ours.value(slot), theirs.value(slot)) for slot in slots]
    chosen = _moved_apart(out, [each for each in held if each[0][0] not in whole and each[0] not in whole])
    lanes: dict[Lane, _Edited] = {}
    for slot, was, mine, other in held:
        lane = slot[0]
        if slot in chosen:
            continue
        taken = whole.get(lane) or whole.get(slot)
        if taken is not None or mine == other:
            chosen[slot] = taken or "ours"
        elif lane[0] in OPAQUE:
            _opaque(out, slot, was, mine, other)
        else:
            edited = lanes.setdefault(lane, _Edited([], []))
            edited.note(slot, was, mine, other)
            if mine == was or other == was:
                chosen[slot] = "theirs" if mine == was else "ours"
    for lane, edited in lanes.items():
        chosen.update(_settle_lane(out, lane, edited))
    for slot, side in chosen.items():
        _slot_items(out, slot, side)


class _Edited(NamedTuple):
    """The slots of one lane that each side edited."""

    ours: list[Slot]
    theirs: list[Slot]

    def note(self, slot: Slot, was: _Value, mine: _Value, other: _Value) -> None:
        """Take up a slot whose versions are not all alike."""
        if was != mine:
            self.ours.append(slot)
        if was != other:
            self.theirs.append(slot)


def _moved_apart(out: Decisions, held: list[tuple[Slot, _Value, _Value, _Value]]) -> dict[Slot, str]:
    """Whose the slots are that a move ties together and both sides changed."""
    base, chosen = out.three.base, dict[Slot, str]()
    for tied in disputed_moves(held, out.three.times.bar_length):
        in_order = sorted(tied, key=lambda slot: (slot not in base.slots, slot[1], repr(slot[0])))
        chosen.update(dict.fromkeys(tied, _ask_slots(out, in_order, "")))
    return chosen


def _settle_lane(out: Decisions, lane: Lane, edited: _Edited) -> dict[Slot, str]:
    """Whose the slots of a lane are that the sides dispute: the overlapping stretches of a curve, else one by one."""
    if edited.ours and edited.theirs:
        out.shared.add(lane)
    if is_curve(lane):
        groups = _tangled(out.three.base, lane, edited.ours, edited.theirs)
    else:
        groups = [[slot] for slot in sorted({*edited.ours} & {*edited.theirs}, key=lambda each: each[1])]
    chosen: dict[Slot, str] = {}
    for group in groups:
        chosen.update(dict.fromkeys(group, _ask_slots(out, group)))
    return chosen


def _tangled(base: Content, lane: Lane, left: list[Slot], right: list[Slot]) -> list[list[Slot]]:
    """C5 and C6: groups of slots where runs of points edited by both sides overlap in time.

    A run ends where a point of the base stands that its side left alone.
    """
    if not left or not right:
        return []
    ticks = sorted(slot[1] for slot in base.slots if slot[0] == lane)
    ours = {slot[1] for slot in left}
    theirs = {slot[1] for slot in right}
    runs = sorted(_runs(ticks, left) + _runs(ticks, right) + _interleaved(ticks, ours, theirs))
    groups: list[list[int]] = []
    end = -1
    for first, last, members in runs:
        if groups and first <= end:
            groups[-1] += members
            end = max(end, last)
        else:
            groups.append(list(members))
            end = last
    found = []
    for group in groups:
        span = sorted(set(group))
        if any(t in ours for t in span) and any(t in theirs for t in span):
            found.append([(lane, tick) for tick in span])
    return found


def _interleaved(base_ticks: list[int], ours: set[int], theirs: set[int]) -> list[tuple[int, int, list[int]]]:
    """Runs of neighbouring points of which each side edited some between those of the other.

    Points that one side left alone do not end such a run, unless two in a row were left alone by both.
    """
    runs: list[tuple[int, int, list[int]]] = []
    members: list[int] = []
    turns = alone = 0
    for tick in [*sorted({*base_ticks, *ours, *theirs}), -1]:
        edited = tick in ours or tick in theirs
        alone = 0 if edited else alone + 1
        if tick < 0 or alone == 2:
            if turns >= _TURNS:
                runs.append((members[0], members[-1], members))
            members, turns = [], 0
        elif edited:
            turns += bool(members) and (tick in ours) != (members[-1] in ours)
            members.append(tick)
    return runs


def _runs(base_ticks: list[int], changed: list[Slot]) -> list[tuple[int, int, list[int]]]:
    mine = {slot[1] for slot in changed}
    marks = sorted([(tick, 1) for tick in mine] + [(tick, 0) for tick in base_ticks if tick not in mine])
    runs: list[tuple[int, int, list[int]]] = []
    current: list[int] = []
    for tick, edited in marks:
        if edited:
            current.append(tick)
        elif current:
            runs.append((current[0], current[-1], current))
            current = []
    if current:
        runs.append((current[0], current[-1], current))
    return runs


def _ask_slots(out: Decisions, group: list[Slot], several: str = "curve_overlap") -> str:
    """The side a group of slots comes from; `several` is the kind of a conflict about more than one, if it has one."""
    three = out.three
    first = group[0]
    versions = three.base, three.ours, three.theirs
    words = [_slots_words([value_words(side.value(slot)) for slot in group]) for side in versions]
    where = place(three.times, first[1])
    if len(group) > 1:
        where += f" to {place(three.times, group[-1][1])}"
    kept = all(any(side.slots.get(slot) for slot in group) for side in versions[1:])
    kind = (several if len(group) > 1 else "") or ("slot_value" if kept else "slot_delete_edit")
    clash = Clash(
        SlotAddress.of(three.label, three.times, first).format(), kind, lane_dimension(first[0]),
        f"{where}: {words[0]}", f"{where}: {words[1]}", f"{where}: {words[2]}", first[1],
        tuple(SlotAddress.of(three.label, three.times, slot).format() for slot in group[1:]),
    )  # fmt: skip
    out.disputed.update(slot[0] for slot in group)
    return out.choose(clash)


def _slots_words(values: list[str]) -> str:
    """`none; pan 64`, `pan 0 .. pan 124 (32 points)`."""
    there = [value for value in values if value != "none"]
    if len(values) <= _SPELLED:
        return "; ".join(values) if there else "none"
    return f"{there[0]} .. {there[-1]} ({len(there)} points)" if there else "none"


def _slot_items(out: Decisions, slot: Slot, side: str) -> None:
    three = out.three
    sources = {"base": three.base, "ours": three.ours, "theirs": three.theirs}
    twins = [_Events(sources[name], slot) for name in ("base", "ours", "theirs")]
    for tick, body in sources[side].value(slot):
        out.items.append((tick, body, twins[0].next(tick, body), twins[1].next(tick, body), twins[2].next(tick, body)))


class _Events:
    """The events of one slot of one version, handed out by content."""

    __slots__ = ("left",)

    def __init__(self, content: Content, slot: Slot) -> None:
        self.left: dict[tuple[int, bytes], list[int]] = {}
        for value, index in zip(reversed(content.value(slot)), reversed(content.slots.get(slot, []))):
            self.left.setdefault(value, []).append(index)

    def next(self, tick: int, body: bytes) -> int:
        """The first event not yet handed out with this content, or -1."""
        left = self.left.get((tick, body))
        return left.pop() if left else -1


def _opaque(out: Decisions, slot: Slot, was: _Value, mine: _Value, other: _Value) -> None:
    """Events without a value to compare come and go by content; C9 when one was edited differently."""
    removed = _minus(was, mine), _minus(was, other)
    added = _minus(mine, was), _minus(other, was)
    both = _minus(removed[0], _minus(removed[0], removed[1]))
    if both and sorted(added[0]) != sorted(added[1]):
        _slot_items(out, slot, _ask_slots(out, [slot]))
        return
    left = _minus(mine, _minus(removed[1], removed[0]))
    final = left + _minus(added[1], added[0])
    three = out.three
    twins = [_Events(source, slot) for source in (three.base, three.ours, three.theirs)]
    for tick, body in final:
        out.items.append((tick, body, *(twin.next(tick, body) for twin in twins)))  # type: ignore[arg-type]


_Value = tuple[tuple[int, bytes], ...]


def _minus(value: _Value, less: _Value) -> _Value:
    """The multiset difference, in the order of `value`."""
    gone = Counter(less)
    kept = []
    for entry in value:
        if gone.get(entry):
            gone[entry] -= 1
        else:
            kept.append(entry)
    return tuple(kept)
