"""The edits and the kinds of cases of `midi_cases.py`.

An edit names events of the base by (track, index), so both edits of a disjoint case can be applied together and give
the expected file. A kind is a function (random, bytes, doc) -> Case; `Unsuitable` when a file lacks what it needs.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

from midi_reading import Doc, Trk, write

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
    beat = room.doc.division
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
        steps = [s for s in (beat // 8, -(beat // 8), beat // 4, beat // 2, -(beat // 4), beat // 3) if s]
        r.shuffle(steps)
        for step in steps:
            start, stop = (onset + step, span[1] + step) if way == "onset" else (onset, span[1] + step)
            if start >= 0 and stop > start and room.free(t, channel, pitch, start, stop, but=span):
                room.take(t, channel, pitch, start, stop)
                if way == "onset":
                    edit.replaced[t, on] = (start, events[on][1])
                edit.replaced[t, off] = (stop, events[off][1])
                return way
        raise Unsuitable
    return way


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


# Kinds: disjoint edits -----------------------------------------------------------------------------------------------


def far_apart(r: random.Random, data: bytes, doc: Doc) -> Case:
    room = Room(doc)
    t = r.choice(tracks_with_notes(room, 8))
    middle = sorted(note[2] for note in room.notes[t])[len(room.notes[t]) // 2]
    mine, other = Edit(), Edit()
    for edit, where in ((mine, lambda note: note[2] < middle), (other, lambda note: note[2] >= middle)):
        for n in pick(r, room, t, r.randint(1, 3), where):
            edit_note(r, room, edit, t, n)
        if r.random() < 0.5:
            onsets = [note[2] for note in room.notes[t] if where(note)]
            add_note(r, room, edit, t, r.choice(onsets))
    return clean(r, data, doc, mine, other)


def other_tracks(r: random.Random, data: bytes, doc: Doc) -> Case:
    room = Room(doc)
    found = tracks_with_notes(room, 3)
    if len(found) < 2:
        raise Unsuitable
    mine, other = Edit(), Edit()
    for edit, t in zip((mine, other), r.sample(found, 2)):
        for n in pick(r, room, t, 3):
            edit_note(r, room, edit, t, n)
        add_note(r, room, edit, t, r.choice(room.notes[t])[2])
    return clean(r, data, doc, mine, other)


def same_bar(r: random.Random, data: bytes, doc: Doc) -> Case:
    room = Room(doc)
    t = r.choice(tracks_with_notes(room, 4))
    bar = doc.division * 4
    start = r.choice(room.notes[t])[2] // bar * bar
    inside = lambda note: start <= note[2] < start + bar  # noqa: E731
    mine, other = Edit(), Edit()
    for edit in (mine, other):
        edit_note(r, room, edit, t, pick(r, room, t, 1, inside)[0])
        if r.random() < 0.5:
            add_note(r, room, edit, t, start + r.randrange(0, bar))
    return clean(r, data, doc, mine, other)


def same_chord(r: random.Random, data: bytes, doc: Doc) -> Case:
    room = Room(doc)
    t = r.choice(tracks_with_notes(room, 4))
    onsets: dict[int, int] = {}
    for n, note in enumerate(room.notes[t]):
        onsets[note[2]] = onsets.get(note[2], 0) + room.lonely(t, n)
    chords = [tick for tick, count in onsets.items() if count >= 2]
    if not chords:
        raise Unsuitable
    tick = r.choice(chords)
    mine, other = Edit(), Edit()
    for edit in (mine, other):
        n = pick(r, room, t, 1, lambda note: note[2] == tick)[0]
        edit_note(r, room, edit, t, n, r.choice(("velocity", "length", "delete", "release")))
        if r.random() < 0.4:
            add_note(r, room, edit, t, tick)
    return clean(r, data, doc, mine, other)


def events_edit(r: random.Random, doc: Doc, t: int, kind: str, start: int) -> Edit:
    """Point events of one dimension in the four beats from a tick."""
    edit = Edit()
    beat = doc.division
    channels = [body[0] & 15 for _, body in doc.tracks[t].events if body[0] < 0xF0] or [0]
    channel = r.choice(channels)
    if kind.startswith("cc"):
        for step in range(8):
            edit.added.append((t, start + step * beat // 2, bytes([0xB0 | channel, int(kind[2:]), 10 * step + 3])))
    elif kind == "bend":
        edit.added += [(t, start + step * beat // 4, bytes([0xE0 | channel, step, 64 + step])) for step in range(6)]
    elif kind == "pressure":
        edit.added += [(t, start + step * beat // 4, bytes([0xD0 | channel, 20 + step])) for step in range(6)]
    elif kind == "program":
        edit.added += [(t, start, bytes([0xB0 | channel, 0, 1])), (t, start, bytes([0xC0 | channel, r.randrange(128)]))]
    elif kind == "tempo":
        edit.added.append((0, start, b"\xff\x51" + r.randrange(200_000, 900_000).to_bytes(3, "big")))
    elif kind == "signature":
        edit.added.append((0, start, b"\xff\x58" + bytes([3, 2, 24, 8])))
    elif kind == "lyric":
        edit.added.append((t, start, b"\xff\x05la%d" % r.randrange(99)))
    elif kind == "sysex":
        edit.added.append((t, start, b"\xf0\x43\x10" + bytes([r.randrange(128)]) + b"\xf7"))
    taken = {(t2, tick, body[:2]) for t2, track in enumerate(doc.tracks) for tick, body in track.events}
    if any((t2, tick, body[:2]) in taken for t2, tick, body in edit.added if body[0] != 0xF0):
        raise Unsuitable
    return edit


POINTS = ("cc7", "cc1", "cc11", "cc64", "cc74", "bend", "pressure", "program", "tempo", "signature", "lyric", "sysex")


def notes_and_points(r: random.Random, data: bytes, doc: Doc) -> Case:
    room = Room(doc)
    t = r.choice(tracks_with_notes(room, 4))
    start = r.choice(room.notes[t])[2]
    mine, other = Edit(), events_edit(r, doc, t, r.choice(POINTS), start)
    for n in pick(r, room, t, 2):
        edit_note(r, room, mine, t, n)
    add_note(r, room, mine, t, start)
    return clean(r, data, doc, mine, other) if r.random() < 0.5 else clean(r, data, doc, other, mine)


def two_dimensions(r: random.Random, data: bytes, doc: Doc) -> Case:
    room = Room(doc)
    t = r.choice(tracks_with_notes(room, 4))
    one, two = r.sample(POINTS, 2)
    start = r.choice(room.notes[t])[2]
    return clean(r, data, doc, events_edit(r, doc, t, one, start), events_edit(r, doc, t, two, start))


def one_curve_two_places(r: random.Random, data: bytes, doc: Doc) -> Case:
    room = Room(doc)
    t = r.choice(tracks_with_notes(room, 4))
    kind = r.choice(("cc7", "cc11", "bend"))
    last = max(note[2] for note in room.notes[t])
    state = r.getstate()
    mine = events_edit(r, doc, t, kind, 0)
    r.setstate(state)  # the same channel
    other = events_edit(r, doc, t, kind, max(last, 8 * doc.division))
    return clean(r, data, doc, mine, other)


def same_edit_twice(r: random.Random, data: bytes, doc: Doc) -> Case:
    room = Room(doc)
    t = r.choice(tracks_with_notes(room, 6))
    both, mine, other = Edit(), Edit(), Edit()
    for n in pick(r, room, t, 2):
        edit_note(r, room, both, t, n)
    add_note(r, room, both, t, r.choice(room.notes[t])[2])
    for edit in (mine, other):
        edit_note(r, room, edit, t, pick(r, room, t, 1)[0])
    sides = [write(apply(doc, both, edit), running=r.random() < 0.5) for edit in (mine, other)]
    return Case(data, sides[0], sides[1], apply(doc, both, mine, other), False)


def resaved(r: random.Random, data: bytes, doc: Doc) -> Case:
    """One side only spelled its file anew, the other one edited it."""
    room = Room(doc)
    t = r.choice(tracks_with_notes(room, 3))
    edit = Edit()
    for n in pick(r, room, t, 2):
        edit_note(r, room, edit, t, n)
    anew = doc.copy()
    for track in anew.tracks:
        track.raw = None
    spelled = write(anew, running=write(anew) == data)
    if spelled == data:
        raise Unsuitable
    return Case(data, write(apply(doc, edit)), spelled, apply(doc, edit), False)


def two_attributes(r: random.Random, data: bytes, doc: Doc) -> Case:
    """Velocity against pitch, onset or length of one note."""
    room = Room(doc)
    t = r.choice(tracks_with_notes(room, 3))
    n = pick(r, room, t, 1)[0]
    mine, other = Edit(), Edit()
    way = r.choice(("pitch", "length", "onset"))
    edit_note(r, room, mine, t, n, way)
    edit_note(r, room, other, t, n, "velocity")
    both = Edit()
    both.replaced = dict(mine.replaced)
    for key, (tick, body) in other.replaced.items():
        here = mine.replaced.get(key, (tick, body))
        both.replaced[key] = (here[0], here[1][:2] + body[2:])
    sides = [write(apply(doc, edit), running=r.random() < 0.5) for edit in (mine, other)]
    if r.random() < 0.5:
        sides.reverse()
    return Case(data, sides[0], sides[1], apply(doc, both), False)


def _transposed(r: random.Random, room: Room, t: int, start: int, stop: int, edit: Edit, step: int) -> list[int]:
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


def transposed_and_new_notes(r: random.Random, data: bytes, doc: Doc) -> Case:
    room = Room(doc)
    t = r.choice(tracks_with_notes(room, 6))
    bar = doc.division * 4
    start = r.choice(room.notes[t])[2] // bar * bar
    mine, other = Edit(), Edit()
    _transposed(r, room, t, start, start + bar * r.randint(1, 4), mine, r.choice((-12, -5, -2, 1, 2, 3, 7, 12)))
    for _ in range(2):
        add_note(r, room, other, t, start + r.randrange(0, bar))
    return clean(r, data, doc, mine, other)


def transposed_and_velocities(r: random.Random, data: bytes, doc: Doc) -> Case:
    room = Room(doc)
    t = r.choice(tracks_with_notes(room, 6))
    bar = doc.division * 4
    start = r.choice(room.notes[t])[2] // bar * bar
    mine, other, both = Edit(), Edit(), Edit()
    inside = _transposed(r, room, t, start, start + bar * r.randint(1, 4), mine, r.choice((-12, -2, 1, 5, 12)))
    both.replaced = dict(mine.replaced)
    for n in r.sample(inside, max(1, len(inside) // 2)):
        edit_note(r, room, other, t, n, "velocity")
    for key, (tick, body) in other.replaced.items():
        both.replaced[key] = (tick, mine.replaced[key][1][:2] + body[2:])
    sides = [write(apply(doc, edit)) for edit in (mine, other)]
    return Case(data, sides[0], sides[1], apply(doc, both), False)


def quantised_and_velocities(r: random.Random, data: bytes, doc: Doc) -> Case:
    """Onsets of a region pulled to a grid on one side, velocities changed on the other."""
    room = Room(doc)
    t = r.choice(tracks_with_notes(room, 6))
    grid = max(1, doc.division // r.choice((2, 4)))
    inside = pick(r, room, t, min(8, sum(room.lonely(t, n) for n in range(len(room.notes[t])))))
    mine, other, both = Edit(), Edit(), Edit()
    for n in inside:
        note = room.notes[t][n]
        start = (note[2] + grid // 2) // grid * grid
        span = (note[2], note[2] + note[3])
        if start == note[2] or not room.free(t, note[0], note[1], start, start + note[3], but=span):
            continue
        room.take(t, note[0], note[1], start, start + note[3])
        for at, tick in zip(room.pairs[t][n], (start, start + note[3])):
            mine.replaced[t, at] = (tick, doc.tracks[t].events[at][1])
        edit_note(r, room, other, t, n, "velocity")
    if len(mine.replaced) < 4:
        raise Unsuitable
    both.replaced = dict(mine.replaced)
    for key, (tick, body) in other.replaced.items():
        both.replaced[key] = (mine.replaced.get(key, (tick, body))[0], body)
    sides = [write(apply(doc, edit)) for edit in (mine, other)]
    return Case(data, sides[0], sides[1], apply(doc, both), False)


def rescaled(doc: Doc, division: int) -> Doc:
    """Another number of ticks per beat."""
    out = doc.copy()
    for track in out.tracks:
        track.events = [[tick * division // doc.division, body] for tick, body in track.events]
        track.end = track.end * division // doc.division
        track.raw = None
    out.division = division
    return out


def finer_ticks(r: random.Random, data: bytes, doc: Doc) -> Case:
    room = Room(doc)
    t = r.choice(tracks_with_notes(room, 3))
    edit = Edit()
    for n in pick(r, room, t, 2):
        edit_note(r, room, edit, t, n)
    factor = r.choice((2, 3, 4))
    if doc.division * factor >= 0x8000:
        raise Unsuitable
    sides = [write(rescaled(doc, doc.division * factor)), write(apply(doc, edit))]
    if r.random() < 0.5:
        sides.reverse()
    return Case(data, sides[0], sides[1], rescaled(apply(doc, edit), doc.division * factor), False)


def tracks_moved(r: random.Random, data: bytes, doc: Doc) -> Case:
    """Tracks reordered, added, deleted or renamed on one side, notes edited on the other."""
    room = Room(doc)
    t = r.choice(tracks_with_notes(room, 3))
    if doc.format != 1 or len(doc.tracks) < 3:
        raise Unsuitable
    edit = Edit()
    for n in pick(r, room, t, 2):
        edit_note(r, room, edit, t, n)
    both, mine = apply(doc, edit), doc.copy()
    change = r.choice(("reorder", "add", "delete", "rename"))
    if change == "reorder":
        order = list(range(1, len(doc.tracks)))
        r.shuffle(order)
        if order == sorted(order):
            raise Unsuitable
        for each in (mine, both):
            each.tracks = [each.tracks[0], *(each.tracks[i] for i in order)]
    elif change == "add":
        new = Trk([[0, b"\xff\x03added"], [0, b"\x9f\x30\x40"], [doc.division, b"\x8f\x30\x40"]], doc.division)
        at = r.randint(1, len(doc.tracks))
        for each in (mine, both):
            each.tracks.insert(at, new)
    elif change == "delete":
        gone = r.choice([i for i in range(len(doc.tracks)) if i != t])
        for each in (mine, both):
            del each.tracks[gone]
    else:
        name = Edit()
        for at, (tick, body) in enumerate(doc.tracks[t].events):
            if body[:2] == b"\xff\x03":
                name.replaced[t, at] = (tick, b"\xff\x03renamed")
                break
        else:
            raise Unsuitable
        mine, both = apply(doc, name), apply(doc, name, edit)
    sides = [write(mine), write(apply(doc, edit))]
    if r.random() < 0.5:
        sides.reverse()
    return Case(data, sides[0], sides[1], both, False)


def odd_notes(r: random.Random, data: bytes, doc: Doc) -> Case:
    """A base with zero-length, overlapping and duplicate notes; edits beside them."""
    room = Room(doc)
    t = r.choice(tracks_with_notes(room, 6))
    prepared = Edit()
    for _ in range(3):
        channel, pitch, onset, length, *_ = r.choice(room.notes[t])
        if room.free(t, channel, 127 - pitch, onset, onset + length + doc.division):
            room.take(t, channel, 127 - pitch, onset, onset + length + doc.division)
            on, off = bytes([0x90 | channel, 127 - pitch, 50]), bytes([0x80 | channel, 127 - pitch, 0])
            ends = r.choice(((length, length), (length, length + doc.division // 2)))
            prepared.added += [(t, onset, on), (t, onset, on), (t, onset + ends[0], off), (t, onset + ends[1], off)]
    base_doc = apply(doc, prepared)
    room = Room(base_doc)
    mine, other = Edit(), Edit()
    for edit in (mine, other):
        for n in pick(r, room, t, 2):
            edit_note(r, room, edit, t, n)
    return clean(r, write(base_doc), base_doc, mine, other)


# Kinds: true conflicts -----------------------------------------------------------------------------------------------


def _setting(r: random.Random, doc: Doc) -> tuple[Room, int, int, Edit]:
    room = Room(doc)
    t = r.choice(tracks_with_notes(room, 5))
    n = pick(r, room, t, 1)[0]
    safe = Edit()
    far = room.notes[t][n][2]
    edit_note(r, room, safe, t, pick(r, room, t, 1, lambda note: abs(note[2] - far) > doc.division * 4)[0], "velocity")
    return room, t, n, safe


def c1_two_values(r: random.Random, data: bytes, doc: Doc) -> Case:
    room, t, n, safe = _setting(r, doc)
    way = r.choice(("velocity", "pitch"))
    mine, other = Edit(), Edit()
    edit_note(r, room, mine, t, n, way)
    edit_note(r, room, other, t, n, way)
    if mine.replaced == other.replaced:
        raise Unsuitable
    return clash(r, data, doc, mine, other, safe)


def c2_deleted_and_changed(r: random.Random, data: bytes, doc: Doc) -> Case:
    room, t, n, safe = _setting(r, doc)
    mine, other = Edit(), Edit()
    edit_note(r, room, mine, t, n, "delete")
    edit_note(r, room, other, t, n, r.choice(("velocity", "pitch", "length")))
    if r.random() < 0.5:
        mine, other = other, mine
    return clash(r, data, doc, mine, other, safe)


def c3_both_insert(r: random.Random, data: bytes, doc: Doc) -> Case:
    room, t, n, safe = _setting(r, doc)
    channel, _, onset, *_ = room.notes[t][n]
    beat = max(4, doc.division)
    pitches = [p for p in range(20, 110) if room.free(t, channel, p, onset, onset + 3 * beat)]
    if not pitches:
        raise Unsuitable
    pitch = r.choice(pitches)
    mine, other = Edit(), Edit()
    on, off = bytes([0x90 | channel, pitch, 70]), bytes([0x80 | channel, pitch, 0])
    mine.added = [(t, onset, on), (t, onset + beat, off)]
    late = r.choice((0, beat // 2))
    other.added = [(t, onset + late, bytes([0x90 | channel, pitch, 90])), (t, onset + 2 * beat, off)]
    return clash(r, data, doc, mine, other, safe)


def c4_overlap(r: random.Random, data: bytes, doc: Doc) -> Case:
    """Theirs moves a note to where ours adds one of the same pitch."""
    room, t, n, safe = _setting(r, doc)
    channel, pitch, onset, length, *_ = room.notes[t][n]
    steps = [s for s in (-7, -3, 2, 4, 9) if room.free(t, channel, pitch + s, onset - 1, onset + length + doc.division)]
    if not steps or length < 4:
        raise Unsuitable
    step = r.choice(steps)
    mine, other = Edit(), Edit()
    start = onset + length // 2
    mine.added = [
        (t, start, bytes([0x90 | channel, pitch + step, 33])),
        (t, start + length, bytes([0x80 | channel, pitch + step, 0])),
    ]
    for at in room.pairs[t][n]:
        tick, body = doc.tracks[t].events[at]
        other.replaced[t, at] = (tick, bytes([body[0], pitch + step, body[2]]))
    return clash(r, data, doc, mine, other, safe)


def _lane(body: bytes) -> bytes:
    return body[:2] if body[0] >> 4 == 0xB or body[0] > 0xF0 else body[:1]


def c5_one_slot(r: random.Random, data: bytes, doc: Doc) -> Case:
    _, _, _, safe = _setting(r, doc)
    slots = []
    for t, track in enumerate(doc.tracks):
        here = Counter((tick, _lane(body)) for tick, body in track.events)
        slots += [
            (t, at)
            for at, (tick, body) in enumerate(track.events)
            if (body[:2] in (b"\xff\x51", b"\xff\x58") or body[0] >> 4 in (0xB, 0xC, 0xE))
            and here[tick, _lane(body)] == 1
        ]
    mine, other = Edit(), Edit()
    if slots:
        key = r.choice(slots)
        tick, body = doc.tracks[key[0]].events[key[1]]
        values = [body[-1] ^ 1, body[-1] ^ 2]
        mine.replaced[key], other.replaced[key] = ((tick, body[:-1] + bytes([value])) for value in values)
    else:
        mine.added = [(0, 0, b"\xff\x51\x07\xa1\x20")]
        other.added = [(0, 0, b"\xff\x51\x06\xa1\x20")]
    return clash(r, data, doc, mine, other, safe)


def c6_curves(r: random.Random, data: bytes, doc: Doc) -> Case:
    room, t, n, safe = _setting(r, doc)
    state = r.getstate()
    start = room.notes[t][n][2]
    kind = r.choice(("cc7", "cc11", "bend"))
    state = r.getstate()
    mine = events_edit(r, doc, t, kind, start)
    r.setstate(state)
    other = events_edit(r, doc, t, kind, start + doc.division // 3)
    inside = {body[:2] if body[0] >> 4 == 0xB else body[:1] for _, _, body in mine.added}
    for tick, body in doc.tracks[t].events:
        if (body[:2] in inside or body[:1] in inside) and start <= tick <= start + 8 * doc.division:
            raise Unsuitable  # points of the base between the new ones make them separate edits
    return clash(r, data, doc, mine, other, safe)


def c7_track(r: random.Random, data: bytes, doc: Doc) -> Case:
    room = Room(doc)
    t = r.choice(tracks_with_notes(room, 3))
    if doc.format != 1 or len(doc.tracks) < 2:
        raise Unsuitable
    edit = Edit()
    edit_note(r, room, edit, t, pick(r, room, t, 1)[0])
    gone, changed = doc.copy(), apply(doc, edit)
    del gone.tracks[t]
    if r.random() < 0.5:
        return Case(data, write(gone), write(changed), gone, True)
    return Case(data, write(changed), write(gone), changed, True)


def c8_time_base(r: random.Random, data: bytes, doc: Doc) -> Case:
    if doc.division * 3 >= 0x8000:
        raise Unsuitable
    mine, other = rescaled(doc, doc.division * 2), rescaled(doc, doc.division * 3)
    return Case(data, write(mine), write(other), mine, True)


def c9_opaque(r: random.Random, data: bytes, doc: Doc) -> Case:
    room, t, _, safe = _setting(r, doc)
    prepared = Edit()
    body = r.choice((b"\xf0\x43\x10\x01\xf7", b"\xff\x7f\x43\x01", b"\xff\x01words", b"\xff\x05la"))
    tick = room.notes[t][0][2] + 1
    prepared.added = [(t, tick, body)]
    base_doc = apply(doc, prepared)
    place = next((t, at) for at, event in enumerate(base_doc.tracks[t].events) if event == [tick, body])
    room = Room(base_doc)
    safe = Edit()
    edit_note(r, room, safe, t, pick(r, room, t, 1)[0], "velocity")
    mine, other = Edit(), Edit()
    mine.replaced[place], other.replaced[place] = (tick, body[:-1] + b"\x11"), (tick, body[:-1] + b"\x22")
    return clash(r, write(base_doc), base_doc, mine, other, safe)


KINDS: dict[str, Callable[[random.Random, bytes, Doc], Case]] = {
    kind.__name__: kind
    for kind in (
        far_apart, other_tracks, same_bar, same_chord, notes_and_points, two_dimensions, one_curve_two_places,
        same_edit_twice, resaved, two_attributes, transposed_and_new_notes, transposed_and_velocities,
        quantised_and_velocities, finer_ticks, tracks_moved, odd_notes, c1_two_values, c2_deleted_and_changed,
        c3_both_insert, c4_overlap, c5_one_slot, c6_curves, c7_track, c8_time_base, c9_opaque,
    )
}  # fmt: skip
