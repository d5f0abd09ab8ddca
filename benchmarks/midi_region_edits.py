"""What people do to whole bars, and to single places while somebody else does that, for `midi_regions.py`.

A `Rework` says where each bar of the base is afterwards; applied to any version of the base it gives what its author
would have made of that version. A note goes with the bar it begins in; what stands at tick 0 and is no note stays.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Callable

from midi_edits import Unsuitable
from midi_reading import Doc, Trk


class Grid:
    """Ticks at which the base's bars begin, some bars beyond its end."""

    def __init__(self, doc: Doc) -> None:
        marks = {0: (4, 2)}
        last = 1
        for track in doc.tracks:
            last = max([last, track.end, *(tick for tick, _ in track.events)])
            for tick, body in track.events:
                if body[:2] == b"\xff\x58":
                    marks[tick] = (body[2] or 4, min(body[3], 7))
        self.starts = [0]
        ticks = sorted(marks)
        length = 1
        while self.starts[-1] <= last + 2 * length and len(self.starts) < 20_000:
            here = self.starts[-1]
            numerator, power = marks[ticks[bisect_right(ticks, here) - 1]]
            length = max(1, numerator * (doc.division * 4 >> power))
            following = here + length
            later = [tick for tick in ticks if here < tick < following]
            self.starts.append(later[0] if later else following)

    def bar(self, tick: int) -> int:
        """The bar a tick is in, from 0."""
        return bisect_right(self.starts, tick) - 1


class Plan:
    """A new order: ("base", from, to) stretches in ticks, ("copy", from, to) and ("new", length, events by track)."""

    def __init__(self, parts: list[tuple], words: str, spans: list[tuple[int, int]]) -> None:
        self.parts = parts
        self.words = words
        self.gone = spans  # stretches of the base that are not there afterwards


def last_bar(doc: Doc, grid: Grid) -> int:
    """The last bar in which a note begins."""
    onsets = [tick for track in doc.tracks for tick, body in track.events if body[0] >> 4 == 9 and body[2]]
    if not onsets:
        raise Unsuitable
    return grid.bar(max(onsets))


def insert(r: random.Random, doc: Doc, grid: Grid, at: int, count: int) -> Plan:
    """Bars put before bar `at`: empty, or with new notes on some tracks."""
    here = grid.starts[at]
    length = (grid.starts[at + 1] - here) * count
    return Plan(
        [("base", 0, here), ("new", length, _new_notes(r, doc, length)), ("base", here, None)], f"insert {count}", []
    )


def _new_notes(r: random.Random, doc: Doc, length: int) -> dict[int, list[list]]:
    found: dict[int, list[list]] = {}
    if r.random() < 0.5:
        return found
    tracks = [t for t, track in enumerate(doc.tracks) if track.notes()]
    for t in r.sample(tracks, min(len(tracks), r.randint(1, 3))):
        channel = r.choice(doc.tracks[t].notes())[0]
        step = max(1, doc.division // 2)
        rows = []
        for tick in range(0, length - step, step * r.randint(1, 3)):
            pitch = r.randrange(40, 90)
            rows += [[tick, bytes([0x90 | channel, pitch, r.randint(30, 120)])],
                     [tick + max(1, step - 5), bytes([0x80 | channel, pitch, 64])]]  # fmt: skip
        found[t] = rows
    return found


def cut(r: random.Random, doc: Doc, grid: Grid, at: int, count: int) -> Plan:
    """Bars taken out from bar `at` on."""
    start, stop = grid.starts[at], grid.starts[at + count]
    return Plan([("base", 0, start), ("base", stop, None)], f"cut {count}", [(start, stop)])


def repeat(r: random.Random, doc: Doc, grid: Grid, at: int, count: int) -> Plan:
    """Bars from `at` on played again, at once or later."""
    start, stop = grid.starts[at], grid.starts[at + count]
    last = last_bar(doc, grid)
    to = grid.starts[r.randint(at + count, max(at + count, last))]
    return Plan([("base", 0, to), ("copy", start, stop), ("base", to, None)], f"repeat {count}", [])


def move(r: random.Random, doc: Doc, grid: Grid, at: int, count: int) -> Plan:
    """Bars from `at` on moved behind some of those after them."""
    start, stop = grid.starts[at], grid.starts[at + count]
    last = last_bar(doc, grid)
    if at + count >= last:
        raise Unsuitable
    to = grid.starts[r.randint(at + count + 1, last)]
    return Plan(
        [("base", 0, start), ("base", stop, to), ("base", start, stop), ("base", to, None)], f"move {count}", []
    )


REGIONS: dict[str, Callable[[random.Random, Doc, Grid, int, int], Plan]] = {
    "insert": insert, "cut": cut, "repeat": repeat, "move": move,
}  # fmt: skip


def perform(doc: Doc, plan: Plan, original: Doc) -> Doc:
    """A version of the base with its bars in the plan's order; copies are made of the original's bars."""
    out = Doc(doc.format, doc.division, [])
    for t, track in enumerate(doc.tracks):
        out.tracks.append(_performed(track, original.tracks[t] if t < len(original.tracks) else track, plan, t))
    return out


def _performed(track: Trk, original: Trk, plan: Plan, t: int) -> Trk:
    at = 0
    rows: list[list] = [[0, 0, n, body] for n, (tick, body) in enumerate(track.events) if _is_setup(tick, body)]
    end = 0
    for number, part in enumerate(plan.parts, 1):
        if part[0] == "new":
            rows += [[at + tick, number, n, body] for n, (tick, body) in enumerate(part[2].get(t, []))]
            at += part[1]
            continue
        source = track if part[0] == "base" else original
        start, stop = part[1], part[2]
        rows += [[tick - start + at, number, n, body] for n, tick, body in _within(source, start, stop)]
        if part[0] == "base" and start <= track.end and (stop is None or track.end <= stop):
            end = track.end - start + at
        at += (stop - start) if stop is not None else 0
    rows.sort(key=lambda row: row[:3])
    events = [[row[0], row[3]] for row in rows]
    return Trk(events, max([end, *(tick for tick, _ in events)]))


def _is_setup(tick: int, body: bytes) -> bool:
    return tick == 0 and not 0x80 <= body[0] < 0xA0


def _within(track: Trk, start: int, stop: int | None) -> list[tuple[int, int, bytes]]:
    """(index, tick, body) of what belongs to a stretch: notes that begin there, with their offs, and other events."""
    offs = dict(track.pairs())
    ends = set(offs.values())
    found = []
    for n, (tick, body) in enumerate(track.events):
        if n in ends or _is_setup(tick, body) or tick < start or (stop is not None and tick >= stop):
            continue
        found.append((n, tick, body))
        if n in offs:
            found.append((offs[n], track.events[offs[n]][0], track.events[offs[n]][1]))
    return found


# Edits of single places ----------------------------------------------------------------------------------------------

Change = Callable[[random.Random, Doc, int, int], None]


def _some_note(r: random.Random, doc: Doc, start: int, stop: int) -> tuple[int, int, int]:
    """(track, on, off) of a note that begins there and is alone at its pitch."""
    found = []
    for t, track in enumerate(doc.tracks):
        spans: dict[tuple[int, int], list[tuple[int, int]]] = {}
        for note in track.notes():
            spans.setdefault(note[:2], []).append((note[2], note[2] + note[3]))
        for on, off in track.pairs():
            tick, body = track.events[on]
            if start <= tick < stop and track.events[off][0] > tick:
                others = spans[body[0] & 15, body[1]]
                if sum(a <= track.events[off][0] and tick <= b for a, b in others) == 1:
                    found.append((t, on, off))
    if not found:
        raise Unsuitable
    return r.choice(found)


def _free(doc: Doc, t: int, channel: int, pitch: int, start: int, stop: int) -> bool:
    return 0 <= pitch < 128 and not any(
        note[0] == channel and note[1] == pitch and note[2] <= stop and start <= note[2] + note[3]
        for note in doc.tracks[t].notes()
    )


def velocity(r: random.Random, doc: Doc, start: int, stop: int) -> None:
    t, on, _ = _some_note(r, doc, start, stop)
    tick, body = doc.tracks[t].events[on]
    doc.tracks[t].events[on] = [tick, body[:2] + bytes([body[2] % 126 + 1])]


def pitch(r: random.Random, doc: Doc, start: int, stop: int) -> None:
    t, on, off = _some_note(r, doc, start, stop)
    events = doc.tracks[t].events
    body = events[on][1]
    steps = [s for s in (-12, -5, -2, -1, 1, 2, 7, 12)
             if _free(doc, t, body[0] & 15, body[1] + s, events[on][0], events[off][0])]  # fmt: skip
    if not steps:
        raise Unsuitable
    new = body[1] + r.choice(steps)
    for at in (on, off):
        tick, old = events[at]
        events[at] = [tick, bytes([old[0], new, old[2]])]


def delete(r: random.Random, doc: Doc, start: int, stop: int) -> None:
    t, on, off = _some_note(r, doc, start, stop)
    del doc.tracks[t].events[off], doc.tracks[t].events[on]


def add(r: random.Random, doc: Doc, start: int, stop: int) -> None:
    tracks = [t for t, track in enumerate(doc.tracks) if track.notes()]
    t = r.choice(tracks)
    channel = r.choice(doc.tracks[t].notes())[0]
    length = max(1, doc.division // 2)
    tick = r.randrange(start, max(start + 1, stop - length))
    pitches = [p for p in range(30, 100) if _free(doc, t, channel, p, tick, tick + length)]
    if not pitches:
        raise Unsuitable
    p = r.choice(pitches)
    put(doc.tracks[t], [[tick, bytes([0x90 | channel, p, r.randint(20, 120)])],
                        [tick + length, bytes([0x80 | channel, p, 64])]])  # fmt: skip


def put(track: Trk, rows: list[list]) -> None:
    """Add events behind those of their tick, offs before them."""
    for tick, body in rows:
        off = body[0] >> 4 == 8
        at = next((n for n, (other, _) in enumerate(track.events) if other > tick or (off and other == tick)), None)
        track.events.insert(len(track.events) if at is None else at, [tick, body])
    track.end = max(track.end, max(tick for tick, _ in rows))


def transpose_bar(r: random.Random, doc: Doc, start: int, stop: int) -> None:
    t, *_ = _some_note(r, doc, start, stop)
    track = doc.tracks[t]
    inside = [(on, off) for on, off in track.pairs() if start <= track.events[on][0] < stop]
    step = r.choice((-12, -3, 5, 12))
    for on, off in inside:
        body = track.events[on][1]
        if not _free(doc, t, body[0] & 15, body[1] + step, track.events[on][0], track.events[off][0]):
            raise Unsuitable
    for pair in inside:
        for at in pair:
            tick, old = track.events[at]
            track.events[at] = [tick, bytes([old[0], old[1] + step, old[2]])]


def swell(r: random.Random, doc: Doc, start: int, stop: int) -> None:
    t, on, _ = _some_note(r, doc, start, stop)
    channel = doc.tracks[t].events[on][1][0] & 15
    head = r.choice((bytes([0xB0 | channel, 11]), bytes([0xB0 | channel, 1]), bytes([0xE0 | channel, 0])))
    cut_at = 2 if head[0] >> 4 == 0xB else 1
    ticks = list(range(start, stop, max(1, (stop - start) // 6)))[:6]
    if any(start <= tick < stop and body[:cut_at] == head[:cut_at] for tick, body in doc.tracks[t].events):
        raise Unsuitable
    put(doc.tracks[t], [[tick, head[:2] + bytes([30 + 12 * n])] for n, tick in enumerate(ticks)])


def _point(make: Callable[[random.Random], bytes], first: bool) -> Change:
    def change(r: random.Random, doc: Doc, start: int, stop: int) -> None:
        tick = r.randrange(max(1, start), stop)
        body = make(r)
        t = 0 if first else r.randrange(len(doc.tracks))
        if any(tick == other and body[:2] == old[:2] for other, old in doc.tracks[t].events):
            raise Unsuitable
        put(doc.tracks[t], [[tick, body]])

    return change


CHANGES: dict[str, Change] = {
    "velocity": velocity, "pitch": pitch, "delete": delete, "add": add, "transpose": transpose_bar, "swell": swell,
    "tempo": _point(lambda r: b"\xff\x51" + r.randrange(300_000, 900_000).to_bytes(3, "big"), True),
    "marker": _point(lambda r: b"\xff\x06Part %d" % r.randrange(1000), True),
    "lyric": _point(lambda r: b"\xff\x05la%d" % r.randrange(1000), False),
}  # fmt: skip
