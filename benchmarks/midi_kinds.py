"""The kinds of cases of `midi_cases.py`: what two people do to one file, and what has to come of it.

A kind is a function (random, bytes, doc) -> Case; `Unsuitable` when a file lacks what it needs.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

from midi_edits import (
    POINTS,
    Case,
    Edit,
    Room,
    Unsuitable,
    add_note,
    apply,
    clash,
    clean,
    edit_note,
    events_edit,
    pick,
    rescaled,
    tracks_with_notes,
    transpose,
)
from midi_reading import Doc, Trk, write


def scene(r: random.Random, doc: Doc, least: int) -> tuple[Room, int]:
    """A file, and a track of it with so many notes that can be edited."""
    room = Room(doc)
    return room, r.choice(tracks_with_notes(room, least))


def edit_some(r: random.Random, room: Room, edit: Edit, t: int, count: int) -> None:
    """Change so many notes, each in a way of its own."""
    for n in pick(r, room, t, count):
        edit_note(r, room, edit, t, n)


def either_way(r: random.Random, data: bytes, sides: list[bytes], expected: Doc) -> Case:
    """A clean case, with either side as ours."""
    if r.random() < 0.5:
        sides.reverse()
    return Case(data, sides[0], sides[1], expected, False)


def combined(mine: Edit, other: Edit) -> Edit:
    """Two edits of the same events: mine, with the velocities of the other."""
    both = Edit()
    both.replaced = dict(mine.replaced)
    for key, (tick, body) in other.replaced.items():
        here = mine.replaced.get(key, (tick, body))
        both.replaced[key] = (here[0], here[1][:2] + body[2:])
    return both


# Kinds: disjoint edits -----------------------------------------------------------------------------------------------


def far_apart(r: random.Random, data: bytes, doc: Doc) -> Case:
    room, t = scene(r, doc, 8)
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
        edit_some(r, room, edit, t, 3)
        add_note(r, room, edit, t, r.choice(room.notes[t])[2])
    return clean(r, data, doc, mine, other)


def same_bar(r: random.Random, data: bytes, doc: Doc) -> Case:
    room, t = scene(r, doc, 4)
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
    room, t = scene(r, doc, 4)
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


def notes_and_points(r: random.Random, data: bytes, doc: Doc) -> Case:
    room, t = scene(r, doc, 4)
    start = r.choice(room.notes[t])[2]
    mine, other = Edit(), events_edit(r, doc, t, r.choice(POINTS), start)
    edit_some(r, room, mine, t, 2)
    add_note(r, room, mine, t, start)
    return clean(r, data, doc, mine, other) if r.random() < 0.5 else clean(r, data, doc, other, mine)


def two_dimensions(r: random.Random, data: bytes, doc: Doc) -> Case:
    room, t = scene(r, doc, 4)
    one, two = r.sample(POINTS, 2)
    start = r.choice(room.notes[t])[2]
    return clean(r, data, doc, events_edit(r, doc, t, one, start), events_edit(r, doc, t, two, start))


def one_curve_two_places(r: random.Random, data: bytes, doc: Doc) -> Case:
    room, t = scene(r, doc, 4)
    kind = r.choice(("cc7", "cc11", "bend"))
    last = max(note[2] for note in room.notes[t])
    state = r.getstate()
    mine = events_edit(r, doc, t, kind, 0)
    r.setstate(state)  # the same channel
    other = events_edit(r, doc, t, kind, max(last, 8 * doc.division))
    return clean(r, data, doc, mine, other)


def same_edit_twice(r: random.Random, data: bytes, doc: Doc) -> Case:
    room, t = scene(r, doc, 6)
    both, mine, other = Edit(), Edit(), Edit()
    edit_some(r, room, both, t, 2)
    add_note(r, room, both, t, r.choice(room.notes[t])[2])
    for edit in (mine, other):
        edit_note(r, room, edit, t, pick(r, room, t, 1)[0])
    sides = [write(apply(doc, both, edit), running=r.random() < 0.5) for edit in (mine, other)]
    return Case(data, sides[0], sides[1], apply(doc, both, mine, other), False)


def resaved(r: random.Random, data: bytes, doc: Doc) -> Case:
    """One side only spelled its file anew, the other one edited it."""
    room, t = scene(r, doc, 3)
    edit = Edit()
    edit_some(r, room, edit, t, 2)
    anew = doc.copy()
    for track in anew.tracks:
        track.raw = None
    spelled = write(anew, running=write(anew) == data)
    if spelled == data:
        raise Unsuitable
    return Case(data, write(apply(doc, edit)), spelled, apply(doc, edit), False)


def two_attributes(r: random.Random, data: bytes, doc: Doc) -> Case:
    """Velocity against pitch, onset or length of one note."""
    room, t = scene(r, doc, 3)
    n = pick(r, room, t, 1)[0]
    mine, other = Edit(), Edit()
    way = r.choice(("pitch", "length", "onset"))
    edit_note(r, room, mine, t, n, way)
    edit_note(r, room, other, t, n, "velocity")
    both = combined(mine, other)
    sides = [write(apply(doc, edit), running=r.random() < 0.5) for edit in (mine, other)]
    return either_way(r, data, sides, apply(doc, both))


def transposed_and_new_notes(r: random.Random, data: bytes, doc: Doc) -> Case:
    room, t = scene(r, doc, 6)
    bar = doc.division * 4
    start = r.choice(room.notes[t])[2] // bar * bar
    mine, other = Edit(), Edit()
    transpose(r, room, t, start, start + bar * r.randint(1, 4), mine, r.choice((-12, -5, -2, 1, 2, 3, 7, 12)))
    for _ in range(2):
        add_note(r, room, other, t, start + r.randrange(0, bar))
    return clean(r, data, doc, mine, other)


def transposed_and_velocities(r: random.Random, data: bytes, doc: Doc) -> Case:
    room, t = scene(r, doc, 6)
    bar = doc.division * 4
    start = r.choice(room.notes[t])[2] // bar * bar
    mine, other = Edit(), Edit()
    inside = transpose(r, room, t, start, start + bar * r.randint(1, 4), mine, r.choice((-12, -2, 1, 5, 12)))
    for n in r.sample(inside, max(1, len(inside) // 2)):
        edit_note(r, room, other, t, n, "velocity")
    both = combined(mine, other)
    sides = [write(apply(doc, edit)) for edit in (mine, other)]
    return Case(data, sides[0], sides[1], apply(doc, both), False)


def quantised_and_velocities(r: random.Random, data: bytes, doc: Doc) -> Case:
    """Onsets of a region pulled to a grid on one side, velocities changed on the other."""
    room, t = scene(r, doc, 6)
    grid = max(1, doc.division // r.choice((2, 4)))
    inside = pick(r, room, t, min(8, sum(room.lonely(t, n) for n in range(len(room.notes[t])))))
    mine, other = Edit(), Edit()
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
    both = combined(mine, other)
    sides = [write(apply(doc, edit)) for edit in (mine, other)]
    return Case(data, sides[0], sides[1], apply(doc, both), False)


def finer_ticks(r: random.Random, data: bytes, doc: Doc) -> Case:
    room, t = scene(r, doc, 3)
    edit = Edit()
    edit_some(r, room, edit, t, 2)
    factor = r.choice((2, 3, 4))
    if doc.division * factor >= 0x8000:
        raise Unsuitable
    sides = [write(rescaled(doc, doc.division * factor)), write(apply(doc, edit))]
    return either_way(r, data, sides, rescaled(apply(doc, edit), doc.division * factor))


def tracks_moved(r: random.Random, data: bytes, doc: Doc) -> Case:
    """Tracks reordered, added, deleted or renamed on one side, notes edited on the other."""
    room, t = scene(r, doc, 3)
    if doc.format != 1 or len(doc.tracks) < 3:
        raise Unsuitable
    edit = Edit()
    edit_some(r, room, edit, t, 2)
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
        name = renamed(doc, t)
        mine, both = apply(doc, name), apply(doc, name, edit)
    sides = [write(mine), write(apply(doc, edit))]
    return either_way(r, data, sides, both)


def renamed(doc: Doc, t: int) -> Edit:
    """Another name for a track; Unsuitable when it has none."""
    name = Edit()
    for at, (tick, body) in enumerate(doc.tracks[t].events):
        if body[:2] == b"\xff\x03":
            name.replaced[t, at] = (tick, b"\xff\x03renamed")
            return name
    raise Unsuitable


def odd_notes(r: random.Random, data: bytes, doc: Doc) -> Case:
    """A base with zero-length, overlapping and duplicate notes; edits beside them."""
    room, t = scene(r, doc, 6)
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
        edit_some(r, room, edit, t, 2)
    return clean(r, write(base_doc), base_doc, mine, other)


# Kinds: true conflicts -----------------------------------------------------------------------------------------------


def _setting(r: random.Random, doc: Doc) -> tuple[Room, int, int, Edit]:
    room, t = scene(r, doc, 5)
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
    room, t = scene(r, doc, 3)
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
