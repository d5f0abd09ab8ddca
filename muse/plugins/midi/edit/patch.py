"""Applying operations to a file: live edits, and the replay of a recorded difference.

An element keeps the address it had when the first operation of the batch was applied, whatever happens to it since; one
inserted in the batch has the address of its insertion. So a recorded difference (all addresses from before) and a live
session (one edit after another) read the same way. Only touched tracks are written, and of those only what changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar, cast

from muse.core.address import inside
from muse.core.errors import MuseError
from muse.core.late import regex
from muse.domain import DomainOp
from muse.plugins.midi.file.bars import TimeMap, time_map
from muse.plugins.midi.file.codec import END, SYSTEM, Song, Track, parse, parse_track, write
from muse.plugins.midi.file.model import ATTRIBUTES, Content, Item, Note, Slot
from muse.plugins.midi.file.order import weave
from muse.plugins.midi.file.slot_address import SlotAddress, number
from muse.plugins.midi.file.write_track import emit
from muse.plugins.midi.merge.notes import note_bodies

Where = TypeVar("Where")
_NOTHING = Track(b"", [], [], [], 0, 0)
_NOTE = regex(r"note:(\d{1,20}):(\d{1,20}):(\d{1,20}):(\d{1,20}):(\d{1,20})(?:#(\d{0,20}))?")
_LIMITS = (15, 127, (1 << 28) - 1, (1 << 28) - 1, 127, 0x97F)


class EditError(MuseError):
    """An operation that does not fit the file; the message names its address."""


def patch_file(path: str, old: bytes, ops: list[DomainOp]) -> bytes:
    """The file after operations as `diff` makes them; EditError for one that does not fit.

    An address may begin with the file's path and `::` or `/`, as a live agent gives it.
    """
    editor = Editor(parse(old))
    for op in without_path(path, ops):
        editor.apply(op)
    return editor.data()


def without_path(path: str, ops: list[DomainOp]) -> Iterator[DomainOp]:
    """The operations with addresses that begin inside the file."""
    for op in ops:
        inner = inside(path, op["address"])
        yield op if inner == op["address"] else cast(DomainOp, {**op, "address": inner})


class Batch(Generic[Where]):
    """What operations say, sorted by the part of a file they speak of."""

    def apply(self, op: DomainOp) -> None:
        """Apply one operation and, for a patch, those in it."""
        address = op["address"]
        head, _, rest = address.partition("/")
        if head == "file":
            self.file(op, rest)
        elif not rest and op["op"] != "patch":
            self.whole_track(op, head)
        elif op["op"] == "patch" and not rest:
            for child in op["child_ops"]:
                self.apply(child)
        else:
            index = _number(head.removeprefix("track:"), address) if head.startswith("track:") else -1
            self.track(index, address).apply(op, rest)

    def file(self, op: DomainOp, what: str) -> None:
        """Apply an edit of the header's field `what`."""
        raise NotImplementedError

    def whole_track(self, op: DomainOp, head: str) -> None:
        """Insert, delete or move the track that `head` names."""
        raise NotImplementedError

    def track(self, index: int, address: str) -> TrackEdits[Where]:
        """The edits of a track; EditError when it is not there."""
        raise NotImplementedError


class Editor(Batch[int]):
    """A file open for one batch of edits: `apply` any number of operations, then ask for the bytes."""

    def __init__(self, song: Song) -> None:
        self.song = song
        self._times = time_map(song)
        self._all = list(song.tracks)
        self._open: dict[int, _OpenTrack] = {}
        self._gone: set[int] = set()
        self._fresh: list[tuple[int, Track]] = []
        self._order: dict[int, int] = {}
        self._division, self._format = song.division, song.format

    def data(self) -> bytes:
        """The file's bytes as edited."""
        for index, track in self._open.items():
            self._all[index] = track.written()
        tracks = self._in_order()
        song = self.song
        header = self._format.to_bytes(2, "big") + song.header[2:4] + self._division.to_bytes(2, "big")
        rest: list[Track | bytes] = [chunk for chunk in song.chunks if isinstance(chunk, bytes)]
        if len(tracks) == len(song.tracks):  # each in the place of its predecessor, other chunks where they were
            following = iter(tracks)
            chunks = [next(following) if isinstance(chunk, Track) else chunk for chunk in song.chunks]
        else:
            chunks = [*tracks, *rest]
        return write(Song(header + song.header[6:], chunks, song.tail, song.wrapper))

    def _in_order(self) -> list[Track]:
        """Moved and inserted tracks at their new places, the others around them as they were."""
        placed = {self._order[i]: self._all[i] for i in self._order if i not in self._gone}
        placed.update(self._fresh)
        steady = [track for i, track in enumerate(self._all) if i not in self._gone and i not in self._order]
        out: list[Track] = []
        for track in steady:
            while len(out) in placed:
                out.append(placed.pop(len(out)))
            out.append(track)
        return out + [placed[at] for at in sorted(placed)]

    def track(self, index: int, address: str) -> TrackEdits[int]:
        """The edits of a track; EditError when it is not there."""
        found = self._open.get(index)
        if found is None:
            if not 0 <= index < len(self._all):
                raise EditError(f"{address}: there is no such track")
            track = self._all[index]
            times = self._times if self.song.format != 2 else time_map(self.song, track)
            found = self._open[index] = _OpenTrack(Content(track), times)
        return found.edits

    def file(self, op: DomainOp, what: str) -> None:
        """Apply an edit of the header's field `what`."""
        value = op.get("content") if op["op"] == "replace" else None
        if not isinstance(value, int) or what not in ("division", "format") or not 0 <= value < 1 << 16:
            raise EditError(f"{op['address']}: not an edit of a file")
        if what == "division":
            self._division = value
        else:
            self._format = value

    def whole_track(self, op: DomainOp, head: str) -> None:
        """Insert, delete or move the track that `head` names."""
        index = _number(head.removeprefix("track:"), op["address"])
        if op["op"] == "insert" and "content_b64" in op:
            from base64 import b64decode

            self._fresh.append((index, parse_track(b64decode(op["content_b64"]))))
        elif op["op"] == "delete" and 0 <= index < len(self._all):
            self._gone.add(index)
        elif op["op"] == "move" and 0 <= index < len(self._all):
            self._order[index] = op["to_position"]
        else:
            raise EditError(f"{op['address']}: there is no such track, or nothing to insert")


def _number(text: str, address: str) -> int:
    try:
        return number(text)
    except ValueError as error:
        raise EditError(f"{address}: {error}") from None


class Live(Generic[Where]):
    """A note being edited: its attributes (None: deleted) and where its events are in the file, None for a new one."""

    __slots__ = ("note", "off", "on")

    def __init__(self, note: Note, on: Where | None = None, off: Where | None = None) -> None:
        self.note: Note | None = note
        self.on, self.off = on, off


Place = tuple[int, int, int]
"""Channel, pitch and onset: what an address says of a note, but for the occurrence."""


class TrackEdits(Generic[Where]):
    """What a batch makes of one track.

    `notes_at` finds the notes there were at a place, `holds` says whether there was anything in a slot. `found`: the
    notes of each place somebody asked for, with the new ones; `fresh`: the new ones, `slots`: what slots become,
    `end`: where the track does.
    """

    def __init__(
        self, times: TimeMap, end: int, notes_at: Callable[[Place], list[Live[Where]]], holds: Callable[[Slot], bool]
    ) -> None:
        self.times = times
        self.end = end
        self.found: dict[Place, list[Live[Where]]] = {}
        self.fresh: list[Live[Where]] = []
        self.slots: dict[Slot, list[tuple[int, bytes]]] = {}
        self._notes_at, self._holds = notes_at, holds

    def _held(self, place: Place) -> list[Live[Where]]:
        held = self.found.get(place)
        if held is None:
            held = self.found[place] = self._notes_at(place)
        return held

    def apply(self, op: DomainOp, inner: str) -> None:
        """Apply an operation whose address inside the track is `inner`."""
        if inner == "end":
            self.end = _end_of(op)
        elif inner.startswith("note:"):
            self._note(op, inner)
        elif op["op"] != "patch":
            self._slot(op)
        else:
            raise EditError(f"{op['address']}: only notes and tracks hold other operations")

    def _note(self, op: DomainOp, inner: str) -> None:
        address = op["address"]
        name, _, attribute = inner.partition("/")
        key, occurrence = self._place(name, address)
        if op["op"] == "insert":
            content = op.get("content")
            if isinstance(content, dict):  # what the address says need not be said again
                content = {**dict(zip(ATTRIBUTES, key)), **content}
            note = _as_note(content, address)
            self.fresh.append(Live(note))
            self._held(note[:3]).append(self.fresh[-1])
            return
        held = self._held(key)
        if not 0 <= occurrence < len(held) or held[occurrence].note is None:
            raise EditError(f"{address}: there is no such note")
        live = held[occurrence]
        if op["op"] == "delete":
            live.note = None
        elif op["op"] == "patch":
            for child in op["child_ops"]:
                self._attribute(live, child, child["address"].rpartition("/")[2])
        elif op["op"] == "replace" and attribute:
            self._attribute(live, op, attribute)
        elif op["op"] == "replace":
            live.note = _as_note(op.get("content"), address)
        else:
            raise EditError(f"{address}: a note cannot be moved, its onset is replaced")

    def _attribute(self, live: Live[Where], op: DomainOp, name: str) -> None:
        if op["op"] != "replace" or name not in ATTRIBUTES or live.note is None:
            raise EditError(f"{op['address']}: not an attribute of a note")
        at, values = ATTRIBUTES.index(name), list(live.note)
        values[at] = _in_range(name, op.get("content"), _LIMITS[at], op["address"])
        live.note = _note_of(values, op["address"])

    def _place(self, name: str, address: str) -> tuple[Place, int]:
        if said := _NOTE.fullmatch(name):
            bar, beat, tick, channel, pitch = map(int, said.groups()[:5])
            return (channel, pitch, self.times.tick(bar, beat, tick)), int(said[6] or 0)
        where, _, occurrence = name.removeprefix("note:").partition("#")
        for part in (*where.split(":"), occurrence or "0"):
            _number(part, address)
        raise EditError(f"{address}: a note is track:T/note:BAR:BEAT:TICK:CHANNEL:PITCH#N")

    def _slot(self, op: DomainOp) -> None:
        try:
            slot = SlotAddress.parse(op["address"]).slot(self.times)
        except ValueError as error:
            raise EditError(f"{op['address']}: {error}") from None
        if op["op"] == "insert":
            events = _as_events(op.get("content"), op["address"])
            self.slots[slot[0], events[0][0]] = events
            return
        exists = self.slots[slot] if slot in self.slots else self._holds(slot)
        if op["op"] == "delete":
            if not exists:
                raise EditError(f"{op['address']}: there is no such event")
            self.slots[slot] = []
        elif op["op"] == "replace":
            if not exists:
                raise EditError(f"{op['address']}: there is no such event")
            self.slots[slot] = _as_events(op.get("content"), op["address"])
        else:
            raise EditError(f"{op['address']}: an event cannot be moved, it is deleted and inserted")


class _OpenTrack:
    """One track that is written anew once a batch is applied."""

    def __init__(self, content: Content, times: TimeMap) -> None:
        self.content = content
        self.notes = [Live(*row) for row in zip(content.notes, content.ons, content.offs)]
        places: dict[Place, list[Live[int]]] = {}
        for note, live in zip(content.notes, self.notes):
            places.setdefault(note[:3], []).append(live)
        self.edits: TrackEdits[int] = TrackEdits(
            times, content.track.end_tick, lambda place: places.get(place, []), content.slots.__contains__
        )

    def written(self) -> Track:
        """The edited track."""
        track, edits = self.content.track, self.edits
        items: list[Item] = []
        empty: list[tuple[Item, Item]] = []
        for live in [*self.notes, *edits.fresh]:
            if live.note is None:
                continue
            on, off = note_bodies(live.note)
            own = (-1, -1) if live.on is None or live.off is None else (live.on, live.off)
            items.append((live.note[2], on, own[0], own[0], -1))
            items.append((live.note[2] + live.note[3], off, own[1], own[1], -1))
            if not live.note[3]:
                empty.append((items[-2], items[-1]))
        for slot, events in self.content.slots.items():
            if slot not in edits.slots:
                items += [(track.ticks[i], track.bodies[i], i, i, -1) for i in events]
        for slot, values in edits.slots.items():
            here = {(track.ticks[i], track.bodies[i]): i for i in reversed(self.content.slots.get(slot, []))}
            for tick, body in values:
                at = here.pop((tick, body), -1)
                items.append((tick, body, at, at, -1))
        order = weave(items, track, _NOTHING, _nobody, empty)
        end = max(edits.end, order[-1][0] if order else 0)
        return parse_track(emit(order, track, end, track.raw[track.tail :]))


def _nobody(tick: int) -> str:
    return "ours"


def _end_of(op: DomainOp) -> int:
    value = op.get("content") if op["op"] == "replace" else None
    if not isinstance(value, int) or value < 0:
        raise EditError(f"{op['address']}: the end of a track is a tick")
    return value


def _as_note(content: Any, address: str) -> Note:
    """A note from its JSON; a release of None or none at all is a plain note-off."""
    if not isinstance(content, dict):
        raise EditError(f"{address}: no content to insert")
    values: list[int] = []
    for name, most in zip(ATTRIBUTES, _LIMITS):
        value = content.get(name, 0x840 if name == "release" else None)
        values.append(_in_range(name, value, most, address))
    return _note_of(values, address)


def _in_range(name: str, value: Any, most: int, address: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise EditError(f"{address}: {name} {value!r} is out of range")
    return value


def _note_of(values: list[int], address: str) -> Note:
    """The attributes as a note; each is in its range."""
    channel, pitch, onset, length, velocity, release = values
    if velocity == 0 or release >> 8 not in (8, 9) or release & 0x80 or (release >> 8 == 9 and release & 0x7F):
        raise EditError(f"{address}: velocity {velocity} or release {release:#x} cannot be written")
    return channel, pitch, onset, length, velocity, release


def _as_events(content: Any, address: str) -> list[tuple[int, bytes]]:
    """A slot's events from JSON: [[tick, body in hexadecimal], ...]."""
    events = []
    for row in content if isinstance(content, list) else [None]:
        if not isinstance(row, list) or len(row) != 2 or not isinstance(row[0], int) or not isinstance(row[1], str):
            raise EditError(f"{address}: events are written [[tick, hexadecimal], ...]")
        try:
            body = bytes.fromhex(row[1])
        except ValueError:
            raise EditError(f"{address}: {row[1]!r} is not hexadecimal") from None
        if not _writable(body) or not 0 <= row[0] < 1 << 40:
            raise EditError(f"{address}: {row[1]!r} is not a MIDI event")
        events.append((row[0], body))
    if not events:
        raise EditError(f"{address}: no content to insert")
    return events


def _writable(body: bytes) -> bool:
    if not body or body[0] < 0x80 or body[:2] == END:
        return False
    if body[0] < 0xF0:
        return len(body) == (2 if 0xC0 <= body[0] < 0xE0 else 3) and max(body[1:]) < 0x80
    if body[0] in SYSTEM:
        return len(body) == 1 + SYSTEM[body[0]]
    return body[0] in (0xF0, 0xF7) or (body[0] == 0xFF and len(body) > 1 and body[1] < 0x80)
