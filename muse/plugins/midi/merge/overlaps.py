"""Conflicts C3 and C4: notes of one pitch that would sound over each other as on neither side."""

from __future__ import annotations

from collections.abc import Iterable

from muse.plugins.midi.file.address import note_addresses, note_words
from muse.plugins.midi.file.bars import TimeMap
from muse.plugins.midi.file.model import Content, Note
from muse.plugins.midi.merge.decisions import Clash, Decisions, Final, Key


def settle_overlaps(out: Decisions, finals: list[Final], undecided: set[int], addresses: dict[int, str]) -> list[Final]:
    """The notes of the result; `undecided` are places of notes already in dispute, `addresses` name base notes."""
    return _Overlaps(out, finals, addresses).run(undecided)


class _Overlaps:
    def __init__(self, out: Decisions, finals: list[Final], addresses: dict[int, str]) -> None:
        self.out = out
        self.three = out.three
        self.finals = finals
        self.addresses = addresses

    def run(self, undecided: set[int]) -> list[Final]:
        keys: dict[Key, list[int]] = {}
        for at, final in enumerate(self.finals):
            if at not in undecided and self._origin(final) != 3:
                keys.setdefault(final.note[:2], []).append(at)
        drop: dict[int, Final | None] = {}
        for key in sorted(keys.keys() - set(self.out.moot)):
            members = keys[key]
            if len({self._origin(self.finals[at]) for at in members} - {1}) == 0:
                continue
            if len({self._origin(self.finals[at]) for at in members} - {2}) == 0:
                continue
            for cluster in self._clusters(key, members):
                self._cluster(cluster, drop)
        return [new for at, old in enumerate(self.finals) if (new := drop.get(at, old)) is not None]

    def _origin(self, final: Final) -> int:
        """Bit 1: ours has this note where it is; bit 2: theirs has."""
        bits = 0
        if final.ours >= 0 and self.three.ours.notes[final.ours][:4] == final.note[:4]:
            bits |= 1
        if final.theirs >= 0 and self.three.theirs.notes[final.theirs][:4] == final.note[:4]:
            bits |= 2
        return bits

    def _clusters(self, key: Key, members: list[int]) -> list[list[int]]:
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
        self.out.disputed.update(final.note[:2] for final in members)
        for at, final in zip(cluster, members):
            there = {"ours": final.ours, "theirs": final.theirs, "base": final.base}[chosen]
            notes = {"ours": three.ours, "theirs": three.theirs, "base": three.base}[chosen].notes
            drop[at] = final._replace(note=notes[there]) if there >= 0 else None


def _overlap(one: Note, two: Note) -> bool:
    return one[2] == two[2] or (one[2] < two[2] + two[3] and two[2] < one[2] + one[3])


def _many(notes: list[Note], times: TimeMap) -> str:
    return "; ".join(note_words(note, times) for note in notes[:4]) + (" .." if len(notes) > 4 else "") or "none"
