"""What changed between two versions of a file, as typed operations with stable addresses, and in words.

A track is a PatchOp, a note with changed attributes a PatchOp of attribute ReplaceOps. Existing elements are addressed
in the old version's bars and beats, inserted ones in the new version's. Every operation carries what it takes to replay
it: notes and slots as JSON, whole tracks as base64. An operation that only follows from bars that were moved, from
other ticks per beat, or from how a program writes, is `quiet`: the words name such things once for all.
"""

from __future__ import annotations

from typing import Any

from muse.core.errors import FormatError
from muse.core.sequences import increasing
from muse.core.types import content_hash
from muse.domain import DeleteOp, DomainOp, InsertOp, MoveOp, PatchOp, ReplaceOp
from muse.plugins.midi.file.address import note_addresses, note_words, place, track_title, value_words
from muse.plugins.midi.file.bars import TimeMap, time_map
from muse.plugins.midi.file.codec import Song, Track, parse
from muse.plugins.midi.file.model import ATTRIBUTES, LENGTH, RELEASE, Content, Note, Slot
from muse.plugins.midi.file.slot_address import SlotAddress
from muse.plugins.midi.match.notes import align
from muse.plugins.midi.merge.timebase import conform
from muse.plugins.midi.show import noise
from muse.plugins.midi.show.carried import Carried
from muse.plugins.midi.show.summary import Change, file_summary, track_summary


def diff_files(old: bytes, new: bytes) -> tuple[list[DomainOp], str]:
    """The operations that lead from `old` to `new`, and one line for a person; FormatError for damaged files."""
    known: dict[bytes, Track] = {}
    return diff_songs(_parsed(old, "the version before is damaged", known), _parsed(new, "damaged", known))


def _parsed(data: bytes, what: str, known: dict[bytes, Track]) -> Song:
    try:
        return parse(data, known=known)
    except FormatError as error:
        raise FormatError(f"{what}: {error}") from None


def diff_songs(old: Song, new: Song) -> tuple[list[DomainOp], str]:
    """The same for parsed files."""
    found = _Diff(old, new)
    ops = found.run()
    if old.format != new.format:
        alike = conform((old, old, new))
        if alike is not None:  # the music is compared in one form; what it took to get there is the program's
            other = _Diff(alike[0], new)
            other.run()
            for op in ops:
                op["quiet"] = True
            return ops, other.words({noise.FORMAT})
    return ops, found.words(set())


class _Diff:
    """One comparison: the operations, and what to say of them."""

    def __init__(self, old: Song, new: Song) -> None:
        self.old, self.new = old, new
        self.carried = Carried(old, new)
        self.before, self.after = time_map(old), time_map(new)
        self.parts: list[str] = []
        self.noise: set[str] = set()
        self.shared = _conductors(old, self.carried) & _conductors(new, None)

    def words(self, more: set[str]) -> str:
        """One line: bars, tracks, then noise."""
        bars = [self.carried.words] if self.carried.words else []
        line = noise.noise_line(self.noise | more or ({noise.SPELLING} if not bars + self.parts else set()))
        return file_summary(bars + self.parts, line)

    def run(self) -> list[DomainOp]:
        """The operations, track by track."""
        ops: list[DomainOp] = []
        matched = self.carried.matched
        for address, was, now, kind in _file_values(self.old, self.new):
            ops.append(_quiet(_value_op(address, was, now)))
            self.noise.add(kind)
        for index, (track, other) in enumerate(zip(self.old.tracks, matched)):
            if other < 0:
                ops.append(self._lone(_track_gone(index, track), index, track, "deleted"))
            elif track.raw != self.new.tracks[other].raw or not self.carried.is_same:
                ops += self._track(index, other, track, self.new.tracks[other])
        moves = _moved(matched)
        if moves:
            self.noise.add(noise.ORDER)
        ops += [_quiet(move) for move in moves]
        there = set(matched)
        for other, target in enumerate(self.new.tracks):
            if other not in there:
                ops.append(self._lone(_track_new(other, target), other, target, "added"))
        return ops

    def _lone(self, op: DomainOp, index: int, track: Track, word: str) -> DomainOp:
        """A whole track that came or went: no news when there is nothing in it that the other version has not."""
        content = Content(track)
        named = [slot for slot in content.slots if slot[0] != ("meta", 3)]
        if not content.notes and all(self._elsewhere(slot, content.value(slot)) for slot in named):
            self.noise.add(noise.TEMPO_TRACK if named else noise.EMPTY)
            return _quiet(op)
        self.parts.append(f"{track_title(index, track)} {word}")
        return op

    def _elsewhere(self, slot: Slot, value: noise.Value) -> bool:
        ticks = {slot[1], self.carried.tick(slot[1])}
        bodies = {body for _, body in value}
        return any((tick, body) in self.shared for tick in ticks for body in bodies) or bool(
            noise.value_noise(slot, (), value)
        )

    def _track(self, index: int, other: int, old: Track, new: Track) -> list[DomainOp]:
        maps = (self.before, self.after)
        if self.old.format == 2:
            maps = (time_map(self.old, old), time_map(self.new, new))
        found = _TrackDiff(self, (index, other), Content(old), Content(new), maps)
        ops = found.run()
        self.noise |= found.change.noise
        words = track_summary(found.change)
        if not ops:
            return []
        patch = PatchOp(op="patch", address=f"track:{index}", child_ops=ops, child_domain="midi",
                        child_summary=words or noise.noise_line(found.change.noise) or self.carried.words)  # fmt: skip
        if not found.change.edited:
            return [_quiet(patch)]
        patch["child_summary"] = self._said(found.change, track_title(index, old), track_title(other, new))
        return [patch]

    def _said(self, change: Change, before: str, title: str) -> str:
        """The words for a track, which join those of the file; tempo and metre are the song's, and have no track."""
        of_song = _OF_SONG if self.old.format != 2 else ()
        renamed = "name" in change.slots and before != title
        words = track_summary(change.without(*of_song, *(["name"] if renamed else [])))
        said = [track_summary(change.only(*of_song))] + ([f'{before} renamed "{title}"'] if renamed else [])
        said = [part for part in (*said, f"{title} {words}" if words else "") if part]
        self.parts += said
        return "; ".join(said)


_OF_SONG = ("tempo_map", "time_signatures")
_FINE = 96  # ticks per beat from which one tick more or less is nothing to hear


def _quiet(op: DomainOp) -> DomainOp:
    op["quiet"] = True
    return op


_CONDUCTOR = (b"\xff\x51", b"\xff\x58", b"\xff\x59")


def _conductors(song: Song, carried: Carried | None) -> set[tuple[int | None, bytes]]:
    """Tempos and signatures of all tracks, which a program may write into any of them."""
    return {
        (tick if carried is None else carried.tick(tick), body)
        for track in song.tracks
        for tick, body in zip(track.ticks, track.bodies)
        if body[:2] in _CONDUCTOR
    }


def _file_values(old: Song, new: Song) -> list[tuple[str, tuple[Any, str], tuple[Any, str], str]]:
    rows = (
        ("file/division", old.division, new.division, "{} ticks per beat", noise.GRID),
        ("file/format", old.format, new.format, "format {}", noise.FORMAT),
    )
    return [
        (address, (a, words.format(a)), (b, words.format(b)), kind) for address, a, b, words, kind in rows if a != b
    ]


def _value_op(address: str, was: tuple[Any, str], now: tuple[Any, str]) -> ReplaceOp:
    return ReplaceOp(
        op="replace", address=address, position=None, old_content_id=content_hash(was[0]),
        new_content_id=content_hash(now[0]), old_summary=was[1], new_summary=now[1], content=now[0],
    )  # fmt: skip


def _track_gone(index: int, track: Track) -> DeleteOp:
    return DeleteOp(op="delete", address=f"track:{index}", position=index, content_id=content_hash(track.raw.hex()),
                    content_summary=f"{track_title(index, track)} deleted")  # fmt: skip


def _track_new(index: int, track: Track) -> InsertOp:
    from base64 import b64encode

    return InsertOp(op="insert", address=f"track:{index}", position=index, content_id=content_hash(track.raw.hex()),
                    content_summary=f"{track_title(index, track)} added",
                    content_b64=b64encode(track.raw).decode())  # fmt: skip


def _moved(matched: list[int]) -> list[DomainOp]:
    """MoveOps for tracks outside of the longest run that kept its order."""
    kept = [(index, other) for index, other in enumerate(matched) if other >= 0]
    steady = set(increasing([other for _, other in kept]))
    return [
        MoveOp(op="move", address=f"track:{index}", from_position=index, to_position=other, content_id="")
        for at, (index, other) in enumerate(kept)
        if at not in steady
    ]


def note_content(note: Note) -> dict[str, int]:
    """A note as JSON."""
    return dict(zip(ATTRIBUTES, note))


def slot_content(value: tuple[tuple[int, bytes], ...]) -> list[list[Any]]:
    """A slot's events as JSON: [tick, body in hexadecimal] each."""
    return [[tick, body.hex()] for tick, body in value]


class _TrackDiff:
    """Two versions of one track."""

    def __init__(
        self, file: _Diff, numbers: tuple[int, int], old: Content, new: Content, maps: tuple[TimeMap, TimeMap]
    ) -> None:
        self.file, self.index, self.old, self.new, self.maps = file, numbers[0], old, new, maps
        self.carried = file.carried
        self.change = Change(maps[1])
        self.rows: list[tuple[int, int, DomainOp]] = []
        self.channel = noise.renumbered(old, new)
        if self.channel is not None:
            self.change.noise.add(noise.CHANNEL)

    def run(self) -> list[DomainOp]:
        """The operations in the order of time."""
        self._notes()
        self._slots()
        old, new = self.old.track, self.new.track
        if old.end_tick != new.end_tick:
            ends = [(t.end_tick, f"ends at {place(times, t.end_tick)}") for t, times in zip((old, new), self.maps)]
            self.rows.append((1 << 40, 2, _quiet(_value_op(f"track:{self.index}/end", ends[0], ends[1]))))
            if self.carried.is_same and not self.change.ends(old.end_tick, new.end_tick):
                self.change.noise.add(noise.END)
        self.rows.sort(key=lambda row: row[:2])
        return [op for _, _, op in self.rows]

    # Notes ----------------------------------------------------------------------------------------------------------

    def _there(self, note: Note) -> Note | None:
        """An old note as it would stand in the new version had nobody edited it."""
        found = self.carried.note(note) if not self.carried.is_same else note
        if found is not None and self.channel is not None:
            found = (self.channel[1], *found[1:])
        return found

    def _notes(self) -> None:
        old, new, times = self.old.notes, self.new.notes, self.maps[1]
        stays = [(i, note) for i, note in enumerate(map(self._there, old)) if note is not None]
        found = align([note for _, note in stays], new, times.beat, times.bar_length(0))
        to_side = dict.fromkeys(range(len(old)), -1)
        to_side.update({i: j for (i, _), j in zip(stays, found.to_side)})
        expected = dict(stays)
        played = noise.expressive(old) or noise.expressive(new)
        touched = [i for i, j in to_side.items() if j < 0 or old[i] != new[j]]
        fresh = [j for j, i in enumerate(found.to_base) if i < 0]
        here = note_addresses(self.index, self.maps[0], old, touched)
        there = note_addresses(self.index, times, new, fresh)
        for i in touched:
            j = to_side[i]
            if j < 0:
                self._gone(here[i], old[i], expected.get(i))
            else:
                self._changed(here[i], old[i], expected[i], new[j], played)
        copies = self.carried.copies(old) if self.carried.bars.copied else set()
        for j in fresh:
            self._fresh(there[j], new[j], new[j] in copies)

    def _gone(self, address: str, note: Note, stood: Note | None) -> None:
        op = DeleteOp(op="delete", address=address, position=None, content_id=content_hash(note_content(note)),
                      content_summary=note_words(note, self.maps[0]))  # fmt: skip
        if stood is not None:
            self.change.removed.append(stood)
        self.rows.append((note[2], 0, op if stood is not None else _quiet(op)))

    def _changed(self, address: str, note: Note, stood: Note, now: Note, played: bool) -> None:
        op = _note_op(address, note, now, self.maps)
        fields = [at for at in range(6) if stood[at] != now[at] and not self._off_grid(at, stood, now)]
        if LENGTH in fields and abs(stood[LENGTH] - now[LENGTH]) == 1 and self.maps[1].beat >= _FINE:
            fields.remove(LENGTH)
            self.change.noise.add(noise.GAP)
            if not fields:
                self._released(stood, now, played)
        if not fields:
            _quiet(op)
        elif fields == [RELEASE] and not played:
            self.change.noise.update(noise.release_noise(stood, now))
            _quiet(op)
        else:
            kept = [*now]
            for at in range(6):
                if at not in fields or (at == RELEASE and not played):
                    kept[at] = stood[at]
            self._released(stood, now, played)
            self.change.changed.append((stood, (kept[0], kept[1], kept[2], kept[3], kept[4], kept[5])))
        self.rows.append((note[2], 0, op))

    def _released(self, stood: Note, now: Note, played: bool) -> None:
        if not played and stood[RELEASE] != now[RELEASE]:
            self.change.noise.update(noise.release_noise(stood, now))

    def _off_grid(self, at: int, stood: Note, now: Note) -> bool:
        """True for a place or length that only the coarser ticks of the new version moved."""
        return bool(self.carried.slack) and at in (2, 3) and abs(stood[at] - now[at]) <= self.carried.slack

    def _fresh(self, address: str, note: Note, copied: bool) -> None:
        op = InsertOp(op="insert", address=address, position=None, content_id=content_hash(note_content(note)),
                      content_summary=note_words(note, self.maps[1]), content=note_content(note))  # fmt: skip
        if not copied:
            self.change.added.append(note)
        self.rows.append((note[2], 0, _quiet(op) if copied else op))

    # Everything else --------------------------------------------------------------------------------------------------

    def _slots(self) -> None:
        expected: dict[Slot, tuple[Slot, noise.Value]] = {}
        cut: list[Slot] = []
        for slot in self.old.slots:
            there = self._slot_there(slot)
            if there is None:
                cut.append(slot)
            else:
                expected[there] = (
                    slot,
                    tuple((self.carried.tick(t) or 0, self._body(b)) for t, b in self.old.value(slot)),
                )
        told: set[tuple[Slot, bool]] = set()  # slots of (old, new) whose operation is quiet
        for slot in expected.keys() | self.new.slots.keys():
            source, was = expected.get(slot, (slot, ()))
            now = self.new.value(slot)
            kind = self._kind(slot, was, now)
            if [body for _, body in was] != [body for _, body in now] and not kind:
                self.change.slot(slot, value_words(now) if now else f"{value_words(was)} removed")
                continue
            self.change.noise.update({kind} if kind else ())
            told.update({(source, False), (slot, True)})
        told.update((slot, False) for slot in cut)
        for slot in sorted(self.old.slots.keys() | self.new.slots.keys(), key=lambda each: (each[1], str(each[0]))):
            was, now = self.old.value(slot), self.new.value(slot)
            if was != now:
                op = _slot_op(self.index, slot, was, now, self.maps)
                calm = (not was or (slot, False) in told) and (not now or (slot, True) in told)
                self.rows.append((slot[1], 1, _quiet(op) if calm else op))

    def _slot_there(self, slot: Slot) -> Slot | None:
        lane, tick = slot
        at = self.carried.tick(tick)
        if at is None:
            return None
        if self.channel is not None and len(lane) > 1 and lane[0] not in ("meta", "opaque", "system"):
            lane = (lane[0], self.channel[1], *lane[2:])
        return lane, at

    def _body(self, body: bytes) -> bytes:
        if self.channel is None or body[0] >= 0xF0:
            return body
        return bytes((body[0] & 0xF0 | self.channel[1],)) + body[1:]

    def _kind(self, slot: Slot, was: noise.Value, now: noise.Value) -> str:
        """The kind of noise a slot's change is, "" for an edit or none at all."""
        one, two = [body for _, body in was], [body for _, body in now]
        if one == two:
            return ""
        if {(slot[1], body) for body in one + two} <= self.file.shared:
            return noise.TEMPO_TRACK
        return noise.value_noise(slot, was, now)


def _note_op(address: str, old: Note, new: Note, maps: tuple[TimeMap, TimeMap]) -> PatchOp:
    children: list[DomainOp] = [
        _value_op(f"{address}/{name}", (old[at], f"{name} {old[at]}"), (new[at], f"{name} {new[at]}"))
        for at, name in enumerate(ATTRIBUTES)
        if old[at] != new[at]
    ]
    words = f"{note_words(old, maps[0])} -> {note_words(new, maps[1])}"
    return PatchOp(op="patch", address=address, child_ops=children, child_domain="midi", child_summary=words)


def _slot_op(index: int, slot: Slot, was: Any, now: Any, maps: tuple[TimeMap, TimeMap]) -> DomainOp:
    address = SlotAddress.of(index, maps[0] if was else maps[1], slot).format()
    where = place(maps[0] if was else maps[1], slot[1])
    if not was:
        return InsertOp(op="insert", address=address, position=None, content_id=content_hash(slot_content(now)),
                        content_summary=f"{value_words(now)} at {where}", content=slot_content(now))  # fmt: skip
    if not now:
        return DeleteOp(op="delete", address=address, position=None, content_id=content_hash(slot_content(was)),
                        content_summary=f"{value_words(was)} at {where}")  # fmt: skip
    return ReplaceOp(
        op="replace", address=address, position=None, old_content_id=content_hash(slot_content(was)),
        new_content_id=content_hash(slot_content(now)), old_summary=f"{value_words(was)} at {where}",
        new_summary=f"{value_words(now)} at {where}", content=slot_content(now),
    )  # fmt: skip
