"""What a merged track holds: a three-way decision for every note and slot, and the conflicts a person has to settle.

Decisions are items (tick, body, base event, our event, their event) whose order `weave` finds. A conflict that a pick
or a rule settles is decided that way and not reported; every other one is decided for ours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

from muse.plugins.midi.address import (
    note_addresses,
    note_words,
    place,
    slot_address,
    slot_dimension,
    value_words,
)
from muse.plugins.midi.align import Alignment, align
from muse.plugins.midi.model import ATTRIBUTES, OPAQUE, Content, Lane, Note, Slot, pitch_name
from muse.plugins.midi.timemap import TimeMap

Item = tuple[int, bytes, int, int, int]
Settle = Callable[[str, str, int], "str | None"]
"""(address, dimension, tick) -> ours, theirs, base, or None when a person has to decide."""


class Clash(NamedTuple):
    """One conflict inside a track."""

    address: str
    kind: str
    dimension: str
    base: str
    ours: str
    theirs: str
    tick: int
    more: tuple[str, ...] = ()


class Versions(NamedTuple):
    """One track in three versions, how its notes align, and how to name places."""

    label: int
    base: Content
    ours: Content
    theirs: Content
    to_ours: Alignment
    to_theirs: Alignment
    times: TimeMap


def versions(label: int, base: Content, ours: Content, theirs: Content, times: TimeMap) -> Versions:
    """Align three versions of a track."""
    beat = times.beat
    bar = times.bar_length(0)
    to_ours = align(base.notes, ours.notes, beat, bar)
    to_theirs = to_ours if ours is theirs else align(base.notes, theirs.notes, beat, bar)
    return Versions(label, base, ours, theirs, to_ours, to_theirs, times)


class Final(NamedTuple):
    """A note of the result: its attributes, and its index in each version or -1."""

    note: Note
    base: int
    ours: int
    theirs: int


class Decisions:
    """The outcome for one track."""

    def __init__(self, three: Versions, settle: Settle) -> None:
        self.three = three
        self.settle = settle
        self.clashes: list[Clash] = []
        self.settled = 0
        self.words: list[str] = []  # warnings for a person
        self.items: list[Item] = []
        self.empty: list[tuple[Item, Item]] = []  # on and off of notes without a length
        self.finals: list[Final] = []

    def choose(self, clash: Clash) -> str:
        """The side that decides a conflict; reports it when nobody has settled it."""
        chosen = self.settle(clash.address, clash.dimension, clash.tick)
        if chosen is None:
            self.clashes.append(clash)
            return "ours"
        self.settled += 1
        return chosen


def decide(three: Versions, settle: Settle, carry_along: bool = False) -> Decisions:
    """Decide every note and every slot of a track; `carry_along`: new notes follow a transposition of their region."""
    from muse.plugins.midi.carry import carry

    out = Decisions(three, settle)
    finals, out.words, moved = carry(three, _Notes(out).run(), carry_along)
    out.settled += moved
    _note_items(out, finals)
    _points(out)
    return out


# Notes ---------------------------------------------------------------------------------------------------------------


class _Notes:
    def __init__(self, out: Decisions) -> None:
        self.out = out
        self.three = out.three
        self.finals: list[Final] = []
        self.undecided: set[int] = set()  # places in `finals` of notes in dispute
        self.murky = self._murky()
        wanted = [
            i
            for i, (note, j, k) in enumerate(
                zip(self.three.base.notes, self.three.to_ours.to_side, self.three.to_theirs.to_side)
            )
            if j < 0 or k < 0 or self.three.ours.notes[j] != note or self.three.theirs.notes[k] != note
        ]
        self.addresses = note_addresses(self.three.label, self.three.times, self.three.base.notes, wanted)

    def run(self) -> list[Final]:
        """Every note of the result."""
        three = self.three
        for index, note in enumerate(three.base.notes):
            mine, other = three.to_ours.to_side[index], three.to_theirs.to_side[index]
            if mine >= 0 and other >= 0:
                self._kept(index, note, mine, other)
            elif mine >= 0 or other >= 0:
                self._deleted_once(index, note, mine, other)
        self._inserted()
        self._overlaps()
        return self.finals

    def _add(self, note: Note, base: int, mine: int, other: int) -> None:
        self.finals.append(Final(note, base, mine, other))

    def _kept(self, index: int, note: Note, mine: int, other: int) -> None:
        ours, theirs = self.three.ours.notes[mine], self.three.theirs.notes[other]
        if ours == theirs or (theirs == note and note not in self.murky):
            self._add(ours, index, mine, other)
            return
        if ours == note and note not in self.murky:
            self._add(theirs, index, mine, other)
            return
        merged = list(ours)
        if note in self.murky:
            clashing = [f for f in range(6) if note[f] != ours[f] or note[f] != theirs[f]]
        else:
            clashing = [f for f in range(6) if ours[f] != theirs[f] and note[f] != ours[f] and note[f] != theirs[f]]
            for field in range(6):
                if ours[field] == note[field]:
                    merged[field] = theirs[field]
        if clashing:
            chosen = self._ask_attributes(index, note, ours, theirs, clashing)
            for field in clashing:
                merged[field] = {"ours": ours, "theirs": theirs, "base": note}[chosen][field]
        self._add((merged[0], merged[1], merged[2], merged[3], merged[4], merged[5]), index, mine, other)

    def _murky(self) -> set[Note]:
        """Notes the base has more than once, of which both sides touched some, differently.

        Nobody can tell which of two equal notes a side meant.
        """
        three = self.three
        seen: set[Note] = set()
        twins: set[Note] = set()
        for note in three.base.notes:
            (twins if note in seen else seen).add(note)
        if not twins:
            return twins
        became: dict[Note, tuple[list[Note], list[Note]]] = {note: ([], []) for note in twins}
        gone = (-1, 0, 0, 0, 0, 0)
        for index, note in enumerate(three.base.notes):
            if note in twins:
                mine, other = three.to_ours.to_side[index], three.to_theirs.to_side[index]
                became[note][0].append(three.ours.notes[mine] if mine >= 0 else gone)
                became[note][1].append(three.theirs.notes[other] if other >= 0 else gone)
        murky = set()
        for note, sides in became.items():
            edits = [sorted(each for each in side if each != note) for side in sides]
            if edits[0] and edits[1] and edits[0] != edits[1] and {*edits[0], *edits[1]} != {gone}:
                murky.add(note)
        return murky

    def _ask_attributes(self, index: int, note: Note, ours: Note, theirs: Note, fields: list[int]) -> str:
        words = [", ".join(_attribute(side, f, self.three.times) for f in fields) for side in (note, ours, theirs)]
        what = f"{pitch_name(note[1])} at {place(self.three.times, note[2])}"
        clash = Clash(
            self.addresses[index], "note_attribute", "notes", f"{what}: {words[0]}", f"{what}: {words[1]}",
            f"{what}: {words[2]}", note[2],
        )  # fmt: skip
        return self._ask(clash)

    def _ask(self, clash: Clash) -> str:
        before = len(self.out.clashes)
        chosen = self.out.choose(clash)
        if len(self.out.clashes) > before:
            self.undecided.add(len(self.finals))
        return chosen

    def _deleted_once(self, index: int, note: Note, mine: int, other: int) -> None:
        left = self.three.ours.notes[mine] if mine >= 0 else self.three.theirs.notes[other]
        if left == note and note not in self.murky:
            return
        words = note_words(note, self.three.times)
        sides = {True: note_words(left, self.three.times), False: "deleted"}
        clash = Clash(
            self.addresses[index], "note_delete_edit", "notes", words, sides[mine >= 0], sides[other >= 0], note[2]
        )
        chosen = self._ask(clash)
        keeps = {"ours": mine >= 0, "theirs": other >= 0, "base": True}[chosen]
        if keeps:
            self._add(note if chosen == "base" else left, index, mine, other)
        else:
            self.undecided.discard(len(self.finals))

    def _inserted(self) -> None:
        three = self.three
        mine = [j for j, i in enumerate(three.to_ours.to_base) if i < 0]
        other = [k for k, i in enumerate(three.to_theirs.to_base) if i < 0]
        same: dict[Note, list[int]] = {}
        for k in reversed(other):
            same.setdefault(three.theirs.notes[k], []).append(k)
        matched: set[int] = set()
        for j in mine:
            note = three.ours.notes[j]
            twins = same.get(note)
            k = twins.pop() if twins else -1
            matched.add(k)
            self._add(note, -1, j, k)
        for k in other:
            if k not in matched:
                self._add(three.theirs.notes[k], -1, -1, k)

    def _overlaps(self) -> None:
        """C3 and C4: notes of one pitch that would sound over each other as on neither side."""
        keys: dict[tuple[int, int], list[int]] = {}
        for at, final in enumerate(self.finals):
            if at not in self.undecided and self._origin(final) != 3:
                keys.setdefault(final.note[:2], []).append(at)
        drop: dict[int, Final | None] = {}
        for key in sorted(keys):
            members = keys[key]
            if len({self._origin(self.finals[at]) for at in members} - {1}) == 0:
                continue
            if len({self._origin(self.finals[at]) for at in members} - {2}) == 0:
                continue
            for cluster in self._clusters(key, members):
                self._cluster(cluster, drop)
        if drop:
            self.finals = [new for at, old in enumerate(self.finals) if (new := drop.get(at, old)) is not None]

    def _origin(self, final: Final) -> int:
        """Bit 1: ours has this note where it is; bit 2: theirs has."""
        bits = 0
        if final.ours >= 0 and self.three.ours.notes[final.ours][:4] == final.note[:4]:
            bits |= 1
        if final.theirs >= 0 and self.three.theirs.notes[final.theirs][:4] == final.note[:4]:
            bits |= 2
        return bits

    def _clusters(self, key: tuple[int, int], members: list[int]) -> list[list[int]]:
        """Groups of one-sided notes that overlap and come from both sides, or from a combination of both."""
        finals = self.finals
        members = sorted(members, key=lambda at: (finals[at].note[2], finals[at].note[3], finals[at].note))
        groups: list[list[int]] = []
        end = start = -1
        for at in members:
            onset = finals[at].note[2]
            if groups and (onset < end or onset == start):
                groups[-1].append(at)
            else:
                groups.append([at])
            start = onset
            end = max(end, onset + finals[at].note[3])
        found = []
        common: list[Note] | None = None
        for group in groups:
            origins = {self._origin(finals[at]) for at in group}
            if len(origins) > 1:
                found.append(group)
            elif origins == {0}:
                if common is None:
                    common = [f.note for f in finals if f.note[:2] == key and self._origin(f) == 3]
                if len(group) > 1 or any(_overlap(finals[group[0]].note, note) for note in common):
                    found.append(group)
        return found

    def _names(self, side: Content, notes: list[int]) -> Iterable[str]:
        return note_addresses(self.three.label, self.three.times, side.notes, notes).values()

    def _cluster(self, cluster: list[int], drop: dict[int, Final | None]) -> None:
        three, finals = self.three, self.finals
        members = [finals[at] for at in cluster]
        inserted = all(final.base < 0 for final in members)
        known = [self.addresses[final.base] for final in members if final.base >= 0]
        new = [final for final in members if final.base < 0]
        fresh = [
            *self._names(three.ours, [final.ours for final in new if final.ours >= 0]),
            *self._names(three.theirs, [final.theirs for final in new if final.theirs >= 0]),
        ]
        names = sorted(set(known)) + sorted(set(fresh))
        clash = Clash(
            names[0],
            "note_insert_insert" if inserted else "note_overlap",
            "notes",
            _many([three.base.notes[f.base] for f in members if f.base >= 0], three.times),
            _many([three.ours.notes[f.ours] for f in members if f.ours >= 0], three.times),
            _many([three.theirs.notes[f.theirs] for f in members if f.theirs >= 0], three.times),
            min(final.note[2] for final in members),
            tuple(names[1:]),
        )
        chosen = self.out.choose(clash)
        for at, final in zip(cluster, members):
            there = {"ours": final.ours, "theirs": final.theirs, "base": final.base}[chosen]
            notes = {"ours": three.ours, "theirs": three.theirs, "base": three.base}[chosen].notes
            drop[at] = final._replace(note=notes[there]) if there >= 0 else None


def _overlap(one: Note, two: Note) -> bool:
    return one[2] == two[2] or (one[2] < two[2] + two[3] and two[2] < one[2] + one[3])


def _many(notes: list[Note], times: TimeMap) -> str:
    return "; ".join(note_words(note, times) for note in notes[:4]) + (" .." if len(notes) > 4 else "") or "none"


def _attribute(note: Note, field: int, times: TimeMap) -> str:
    value = note[field]
    if field == 1:
        return f"pitch {pitch_name(value)}"
    if field == 2:
        return f"at {place(times, value)}"
    if field == 5:
        return f"release {value & 0x7F}" + (" (note-on style)" if value >> 8 == 9 else "")
    return f"{ATTRIBUTES[field]} {value}"


def note_bodies(note: Note) -> tuple[bytes, bytes]:
    """The bodies of a note's on and off."""
    channel, pitch, _, _, velocity, release = note
    return bytes((0x90 | channel, pitch, velocity)), bytes((release >> 4 & 0xF0 | channel, pitch, release & 0x7F))


def _note_items(out: Decisions, finals: list[Final]) -> None:
    base, ours, theirs = out.three.base, out.three.ours, out.three.theirs
    add = out.items.append
    for note, i, j, k in finals:
        if j >= 0 and ours.notes[j] == note:
            on, off = ours.track.bodies[ours.ons[j]], ours.track.bodies[ours.offs[j]]
        else:
            on, off = note_bodies(note)
        b_on, b_off = (base.ons[i], base.offs[i]) if i >= 0 else (-1, -1)
        o_on, o_off = (ours.ons[j], ours.offs[j]) if j >= 0 else (-1, -1)
        t_on, t_off = (theirs.ons[k], theirs.offs[k]) if k >= 0 else (-1, -1)
        add((note[2], on, b_on, o_on, t_on))
        add((note[2] + note[3], off, b_off, o_off, t_off))
        if not note[3]:
            out.empty.append((out.items[-2], out.items[-1]))
    out.finals = finals


# Point events --------------------------------------------------------------------------------------------------------

_CURVES = frozenset({0xA, 0xB, 0xD, 0xE, "parameter"})


def _points(out: Decisions) -> None:
    base, ours, theirs = out.three.base, out.three.ours, out.three.theirs
    disputed: dict[Lane, list[Slot]] = {}
    one_sided: dict[Lane, tuple[list[Slot], list[Slot]]] = {}
    slots = dict.fromkeys(ours.slots)
    slots.update(dict.fromkeys(theirs.slots))
    slots.update(dict.fromkeys(base.slots))
    chosen: dict[Slot, str] = {}
    for slot in slots:
        was, mine, other = base.value(slot), ours.value(slot), theirs.value(slot)
        if mine == other:
            chosen[slot] = "ours"
            continue
        lane = slot[0]
        if lane[0] in OPAQUE:
            _opaque(out, slot, was, mine, other)
            continue
        pair = one_sided.setdefault(lane, ([], []))
        if was != mine:
            pair[0].append(slot)
        if was != other:
            pair[1].append(slot)
        if was == mine:
            chosen[slot] = "theirs"
        elif was == other:
            chosen[slot] = "ours"
        else:
            disputed.setdefault(lane, []).append(slot)
    for lane, (left, right) in one_sided.items():
        if _is_curve(lane):
            for group in _tangled(base, lane, left, right):
                side = _ask_slots(out, group)
                chosen.update(dict.fromkeys(group, side))
        else:
            for slot in sorted(disputed.get(lane, []), key=lambda each: each[1]):
                chosen[slot] = _ask_slots(out, [slot])
    for slot, side in chosen.items():
        _slot_items(out, slot, side)


def _is_curve(lane: Lane) -> bool:
    return lane[0] in _CURVES or lane == ("meta", 0x51)


def _tangled(base: Content, lane: Lane, left: list[Slot], right: list[Slot]) -> list[list[Slot]]:
    """C5 and C6: groups of slots where runs of points edited by both sides overlap in time.

    A run ends where a point of the base stands that its side left alone.
    """
    if not left or not right:
        return []
    ticks = sorted(slot[1] for slot in base.slots if slot[0] == lane)
    runs = sorted(_runs(ticks, left) + _runs(ticks, right))
    ours = {slot[1] for slot in left}
    theirs = {slot[1] for slot in right}
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


def _ask_slots(out: Decisions, group: list[Slot]) -> str:
    three = out.three
    first = group[0]
    versions = three.base, three.ours, three.theirs
    words = ["; ".join(value_words(side.value(slot)) for slot in group[:4]) for side in versions]
    where = place(three.times, first[1])
    if len(group) > 1:
        where += f" to {place(three.times, group[-1][1])}"
    sides = [bool(side.slots.get(first)) for side in versions]
    kind = "curve_overlap" if len(group) > 1 else "slot_value" if all(sides[1:]) else "slot_delete_edit"
    clash = Clash(
        slot_address(three.label, three.times, first), kind, slot_dimension(first),
        f"{where}: {words[0]}", f"{where}: {words[1]}", f"{where}: {words[2]}", first[1],
        tuple(slot_address(three.label, three.times, slot) for slot in group[1:]),
    )  # fmt: skip
    return out.choose(clash)


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
