"""Edits of MIDI files whose result is known, for `midi_kinds.py`.

An edit names events of the base by (track, index), so both edits of a disjoint case can be applied together and give
the expected file. `Unsuitable` is raised where a file lacks what an edit needs.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from midi_reading import Doc, write

Key = tuple[int, int]


class Unsuitable(Exception):
    """This file is not fit for this kind of case."""


class Case:
    """Three files and the answer: the expected file (with conflicts: ours at the conflict), and if it must conflict."""

    def __init__(self, base: bytes, ours: bytes, theirs: bytes, expected: Doc | None, conflict: bool) -> None:
        self.base, self.ours, self.theirs = base, ours, theirs
        self.expected = expected
        self.conflict = conflict
        self.kind = self.source = ""


class Edit:
    """Changes of events: replaced (new tick and body), dropped, added."""

    def __init__(self) -> None:
        self.replaced: dict[Key, tuple[int, bytes]] = {}
        self.dropped: set[Key] = set()
        self.added: list[tuple[int, int, bytes]] = []


def rank(body: bytes) -> int:
    """Where an inserted event goes at its tick."""
    kind = body[0] >> 4
    if kind == 8 or (kind == 9 and not body[2]):
        return 0
    if kind == 15:
        return 1
    if kind == 12 or (kind == 11 and body[1] in (0, 32)):
        return 2
    return {11: 3, 9: 5}.get(kind, 4)


def apply(doc: Doc, *edits: Edit) -> Doc:
    """The base with edits; an event changed by two edits takes the later one's."""
    out = doc.copy()
    for index, track in enumerate(out.tracks):
        replaced: dict[int, tuple[int, bytes]] = {}
        dropped: set[int] = set()
        added: list[tuple[int, bytes]] = []
        for edit in edits:
            replaced.update({at: value for (t, at), value in edit.replaced.items() if t == index})
            dropped |= {at for t, at in edit.dropped if t == index}
            added += [(tick, body) for t, tick, body in edit.added if t == index]
        if not (replaced or dropped or added):
            continue
        stay = []
        for at, (tick, body) in enumerate(track.events):
            if at in dropped:
                continue
            new = replaced.get(at, (tick, body))
            if new[0] == tick:
                stay.append([tick, new[1]])
            else:
                added.append(new)
        track.events = _insert(stay, added)
        track.end = max(track.end, track.events[-1][0] if track.events else 0)
        track.raw = None
    return out


def _insert(stay: list[list], added: list[tuple[int, bytes]]) -> list[list]:
    # offs of zero-length notes stay behind their ons: an added off goes before everything but an on added with it
    added = sorted(added, key=lambda event: (event[0], rank(event[1])))
    out: list[list] = []
    at = 0
    for tick, body in added:
        while at < len(stay) and (stay[at][0] < tick or (stay[at][0] == tick and rank(stay[at][1]) <= rank(body))):
            out.append(stay[at])
            at += 1
        out.append([tick, body])
    return out + stay[at:]


class Room:
    """What is taken at which pitch, so that edits made through it never overlap anything."""

    def __init__(self, doc: Doc) -> None:
        self.doc = doc
        self.pairs = [track.pairs() for track in doc.tracks]
        self.notes = [track.notes() for track in doc.tracks]
        self.spans: dict[tuple[int, int, int], list[tuple[int, int]]] = {}
        for t, notes in enumerate(self.notes):
            for note in notes:
                self.take(t, note[0], note[1], note[2], note[2] + note[3])
        self.used: set[tuple[int, int]] = set()

    def take(self, t: int, channel: int, pitch: int, start: int, stop: int) -> None:
        """Mark a span as taken."""
        self.spans.setdefault((t, channel, pitch), []).append((start, stop))

    def free(self, t: int, channel: int, pitch: int, start: int, stop: int, but: tuple[int, int] | None = None) -> bool:
        """True when nothing sounds at a pitch in or at the edges of a span."""
        if not 0 <= pitch < 128:
            return False
        spans = list(self.spans.get((t, channel, pitch), ()))
        if but in spans:
            spans.remove(but)
        return all(stop < a or start > b for a, b in spans)

    def lonely(self, t: int, n: int) -> bool:
        """True when a note overlaps no other of its pitch."""
        note = self.notes[t][n]
        span = (note[2], note[2] + note[3])
        return note[3] > 0 and self.free(t, note[0], note[1], *span, but=span)


def tracks_with_notes(room: Room, least: int) -> list[int]:
    """Indices of tracks with enough lonely notes."""
    found = [t for t in range(len(room.notes)) if sum(room.lonely(t, n) for n in range(len(room.notes[t]))) >= least]
    if not found:
        raise Unsuitable
    return found


WAYS = ("velocity", "pitch", "onset", "length", "delete", "release", "velocity", "pitch")


def edit_note(r: random.Random, room: Room, edit: Edit, t: int, n: int, way: str = "") -> str:
    """Change one note in one way; Unsuitable when there is no room for it. Returns the way."""
    way = way or r.choice(WAYS)
    on, off = room.pairs[t][n]
    events = room.doc.tracks[t].events
    channel, pitch, onset, length, velocity, off_status, release = room.notes[t][n]
    span = (onset, onset + length)
    if way == "velocity":
        new = r.choice([value for value in range(1, 128) if value != velocity])
        edit.replaced[t, on] = (onset, events[on][1][:2] + bytes([new]))
    elif way == "release":
        if off_status != 0x80:
            return edit_note(r, room, edit, t, n, "velocity")
        edit.replaced[t, off] = (span[1], events[off][1][:2] + bytes([(release + r.randint(1, 126)) % 128]))
    elif way == "delete":
        edit.dropped |= {(t, on), (t, off)}
    elif way == "pitch":
        steps = [s for s in (*range(-12, 0), *range(1, 13)) if room.free(t, channel, pitch + s, *span)]
        if not steps:
            raise Unsuitable
        new = pitch + r.choice(steps)
        room.take(t, channel, new, *span)
        for at, tick in ((on, onset), (off, span[1])):
            body = events[at][1]
            edit.replaced[t, at] = (tick, bytes([body[0], new, body[2]]))
    elif way in ("onset", "length"):
        move_note(r, room, edit, t, n, way)
    return way


def move_note(r: random.Random, room: Room, edit: Edit, t: int, n: int, way: str) -> None:
    """Move a note's onset, its length kept, or its end."""
    on, off = room.pairs[t][n]
    events = room.doc.tracks[t].events
    channel, pitch, onset, length, *_ = room.notes[t][n]
    span = (onset, onset + length)
    beat = room.doc.division
    steps = [s for s in (beat // 8, -(beat // 8), beat // 4, beat // 2, -(beat // 4), beat // 3) if s]
    r.shuffle(steps)
    for step in steps:
        start, stop = (onset + step, span[1] + step) if way == "onset" else (onset, span[1] + step)
        if start >= 0 and stop > start and room.free(t, channel, pitch, start, stop, but=span):
            room.take(t, channel, pitch, start, stop)
            if way == "onset":
                edit.replaced[t, on] = (start, events[on][1])
            edit.replaced[t, off] = (stop, events[off][1])
            return
    raise Unsuitable


def add_note(r: random.Random, room: Room, edit: Edit, t: int, onset: int, channel: int | None = None) -> None:
    """Add a note where there is room."""
    if channel is None:
        channel = r.choice(room.notes[t])[0] if room.notes[t] else 0
    length = max(1, room.doc.division // r.choice((1, 2, 4)))
    pitches = [p for p in range(36, 96) if room.free(t, channel, p, onset, onset + length)]
    if not pitches:
        raise Unsuitable
    pitch = r.choice(pitches)
    room.take(t, channel, pitch, onset, onset + length)
    edit.added += [
        (t, onset, bytes([0x90 | channel, pitch, r.randint(1, 127)])),
        (t, onset + length, bytes([0x80 | channel, pitch, r.choice((0, 64, r.randint(0, 127)))])),
    ]


def pick(
    r: random.Random, room: Room, t: int, count: int, where: Callable[[tuple[int, ...]], bool] | None = None
) -> list[int]:
    """Lonely notes not yet used by another edit."""
    found = [
        n for n, note in enumerate(room.notes[t])
        if (t, n) not in room.used and room.lonely(t, n) and (where is None or where(note))
    ]  # fmt: skip
    if len(found) < count:
        raise Unsuitable
    chosen = r.sample(found, count)
    room.used |= {(t, n) for n in chosen}
    return chosen


def clean(r: random.Random, data: bytes, doc: Doc, mine: Edit, other: Edit) -> Case:
    """A case that must merge to the base with both edits."""
    sides = [write(apply(doc, edit), running=r.random() < 0.5) for edit in (mine, other)]
    return Case(data, sides[0], sides[1], apply(doc, mine, other), False)


def clash(r: random.Random, data: bytes, doc: Doc, mine: Edit, other: Edit, safe: Edit | None = None) -> Case:
    """A case that must conflict, with ours where it does; `safe` is a clean edit of theirs beside it."""
    ours = apply(doc, mine)
    sides = [
        write(ours, running=r.random() < 0.5),
        write(apply(doc, other, *([safe] if safe else [])), running=r.random() < 0.5),
    ]
    return Case(data, sides[0], sides[1], apply(doc, mine, *([safe] if safe else [])), True)


Placed = tuple[int, bytes]
SEVERAL: dict[str, Callable[[int, int], list[Placed]]] = {
    "bend": lambda channel, beat: [(step * beat // 4, bytes([0xE0 | channel, step, 64 + step])) for step in range(6)],
    "pressure": lambda channel, beat: [(step * beat // 4, bytes([0xD0 | channel, 20 + step])) for step in range(6)],
}
SINGLE: dict[str, Callable[[random.Random, int], list[bytes]]] = {
    "program": lambda r, channel: [bytes([0xB0 | channel, 0, 1]), bytes([0xC0 | channel, r.randrange(128)])],
    "tempo": lambda r, channel: [b"\xff\x51" + r.randrange(200_000, 900_000).to_bytes(3, "big")],
    "signature": lambda r, channel: [b"\xff\x58" + bytes([3, 2, 24, 8])],
    "lyric": lambda r, channel: [b"\xff\x05la%d" % r.randrange(99)],
    "sysex": lambda r, channel: [b"\xf0\x43\x10" + bytes([r.randrange(128)]) + b"\xf7"],
}
POINTS = ("cc7", "cc1", "cc11", "cc64", "cc74", *SEVERAL, *SINGLE)


def events_edit(r: random.Random, doc: Doc, t: int, kind: str, start: int) -> Edit:
    """Point events of one dimension in the four beats from a tick; tempo and signature go to the first track."""
    edit = Edit()
    beat = doc.division
    channel = r.choice([body[0] & 15 for _, body in doc.tracks[t].events if body[0] < 0xF0] or [0])
    if kind in SINGLE:
        placed = [(0, body) for body in SINGLE[kind](r, channel)]
    elif kind in SEVERAL:
        placed = SEVERAL[kind](channel, beat)
    else:
        placed = [(step * beat // 2, bytes([0xB0 | channel, int(kind[2:]), 10 * step + 3])) for step in range(8)]
    edit.added = [(0 if kind in ("tempo", "signature") else t, start + tick, body) for tick, body in placed]
    taken = {(t2, tick, body[:2]) for t2, track in enumerate(doc.tracks) for tick, body in track.events}
    if any((t2, tick, body[:2]) in taken for t2, tick, body in edit.added if body[0] != 0xF0):
        raise Unsuitable
    return edit


def transpose(r: random.Random, room: Room, t: int, start: int, stop: int, edit: Edit, step: int) -> list[int]:
    """Transpose the notes of a region; the result must not run into notes outside of it."""
    inside = [n for n, note in enumerate(room.notes[t]) if start <= note[2] < stop]
    if len(inside) < 4 or not all(room.lonely(t, n) for n in inside):
        raise Unsuitable
    outside = {}
    for n, note in enumerate(room.notes[t]):
        if n not in set(inside):
            outside.setdefault(note[:2], []).append((note[2], note[2] + note[3]))
    for n in inside:
        note = room.notes[t][n]
        if not 0 <= note[1] + step < 128:
            raise Unsuitable
        if any(note[2] <= b and a <= note[2] + note[3] for a, b in outside.get((note[0], note[1] + step), ())):
            raise Unsuitable
        for at in room.pairs[t][n]:
            tick, body = room.doc.tracks[t].events[at]
            edit.replaced[t, at] = (tick, bytes([body[0], body[1] + step, body[2]]))
        room.take(t, note[0], note[1] + step, note[2], note[2] + note[3])
    return inside


def rescaled(doc: Doc, division: int) -> Doc:
    """Another number of ticks per beat."""
    out = doc.copy()
    for track in out.tracks:
        track.events = [[tick * division // doc.division, body] for tick, body in track.events]
        track.end = track.end * division // doc.division
        track.raw = None
    out.division = division
    return out
