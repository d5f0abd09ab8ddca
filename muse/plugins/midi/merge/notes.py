"""The three-way decision for every note of a track, attribute by attribute: conflicts C1 and C2."""

from __future__ import annotations

from muse.plugins.midi.file.address import note_addresses, note_words, pitch_at, place
from muse.plugins.midi.file.bars import TimeMap
from muse.plugins.midi.file.model import ATTRIBUTES, Note
from muse.plugins.midi.file.spelling import length_words
from muse.plugins.midi.merge.decisions import Clash, Decisions, Final
from muse.plugins.midi.merge.overlaps import settle_overlaps


def decide_notes(out: Decisions) -> list[Final]:
    """Every note of the result."""
    return _Notes(out).run()


class _Notes:
    def __init__(self, out: Decisions) -> None:
        self.out = out
        self.three = out.three
        self.finals: list[Final] = []
        self.undecided: set[int] = set()  # places in `finals` of notes in dispute
        self.murky = self._ambiguous_duplicates()
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
        return settle_overlaps(self.out, self.finals, self.undecided, self.addresses)

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

    def _ambiguous_duplicates(self) -> set[Note]:
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
        what = f"{pitch_at(self.three.times, note)} at {place(self.three.times, note[2])}"
        clash = Clash(
            self.addresses[index], "note_attribute", "notes", f"{what}: {words[0]}", f"{what}: {words[1]}",
            f"{what}: {words[2]}", note[2],
        )  # fmt: skip
        return self._ask(clash, note, ours, theirs)

    def _ask(self, clash: Clash, *versions: Note) -> str:
        keys = {version[:2] for version in versions}
        if not keys.isdisjoint(self.out.moot):
            return "ours"
        before = len(self.out.clashes)
        chosen = self.out.choose(clash)
        self.out.disputed |= keys
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
        chosen = self._ask(clash, note, left)
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


def _attribute(note: Note, field: int, times: TimeMap) -> str:
    value = note[field]
    if field == 1:
        return f"pitch {pitch_at(times, note)}"
    if field == 2:
        return f"begins at {place(times, value)}"
    if field == 3:
        return f"length {length_words(value, times.beat)}"
    if field == 0:
        return f"channel {value + 1}"
    if field == 5:
        return f"release {value & 0x7F}" + (" (note-on style)" if value >> 8 == 9 else "")
    return f"{ATTRIBUTES[field]} {value}"


def note_bodies(note: Note) -> tuple[bytes, bytes]:
    """The bodies of a note's on and off."""
    channel, pitch, _, _, velocity, release = note
    return bytes((0x90 | channel, pitch, velocity)), bytes((release >> 4 & 0xF0 | channel, pitch, release & 0x7F))


def note_items(out: Decisions, finals: list[Final]) -> None:
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
