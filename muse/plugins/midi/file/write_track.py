"""A track's bytes: those of events that stay are copied, everything else is spelled out.

`spelled` says what is written for one event; `emit` writes a whole track by it, a live file (`edit/respell.py`) a
stretch of one.
"""

from __future__ import annotations

from muse.core.midi_file import vlq
from muse.plugins.midi.file.codec import Track, read_vlq, spell
from muse.plugins.midi.file.model import Item


def end_tick(base: Track, ours: Track, theirs: Track, last: int) -> int:
    """Where the merged track ends: with the later side, unless one side cut off silence; never before its events."""
    wanted = max(ours.end_tick, theirs.end_tick)
    quiet = base.ticks[-1] if base.ticks else 0
    for side, other in ((ours, theirs), (theirs, ours)):
        if other.end_tick == base.end_tick and quiet <= side.end_tick < base.end_tick:
            wanted = side.end_tick
    return max(wanted, last)


Spelling = tuple[bytes, bool, bool]
"""What is written for an event, delta time included; whether it is the file's own, so that the file's next one may
follow as it is; and whether running status behind it is what the file's own bytes expect."""


def spelled(delta: int, body: bytes, own: tuple[int, bytes, bytes] | None, in_line: bool) -> Spelling:
    """An event `delta` ticks after the last; `own` is what the file has of it: delta, body, and bytes with the delta.

    `in_line`: what was written last is the file's own event before it, and the delta and running status are as there.
    """
    if own is None:
        return vlq(delta) + spell(body), False, False
    before, known, piece = own
    same = body == known
    if in_line and same:
        return piece, True, True
    if in_line and body[0] == known[0] < 0xF0:  # delta and status as they were, new data
        return piece[: len(piece) - len(body) + 1] + body[1:], True, True
    if not same:
        return vlq(delta) + spell(body), False, False
    _, after = read_vlq(piece, 0)
    head = piece[:after] if delta == before else vlq(delta)
    return head + (piece[after:] if piece[after] >= 0x80 else spell(body)), True, body[0] < 0xF0


def emit(items: list[Item], ours: Track, end: int, tail: bytes) -> bytes:
    """A track's bytes; `tail` follows its end. Runs of our own events are copied at once."""
    raw, starts, ticks, bodies = ours.raw, ours.starts, ours.ticks, ours.bodies
    parts: list[bytes] = []
    tick = 0
    previous = -1  # our event written last, if it was the very last thing written
    safe = True  # running status here is what ours' bytes expect
    count, at = len(items), 0
    while at < count:
        when, body, _, own, _ = items[at]
        delta = when - tick
        mine, in_line = None, False
        if own >= 0:
            gap = ticks[own] - (ticks[own - 1] if own else 0)
            in_line = safe and previous == own - 1 and delta == gap
            if in_line and bodies[own] == body:
                run = _run(items, at, ours)
                parts.append(raw[starts[own] : starts[own + run]])
                at += run
                tick, previous = items[at - 1][0], own + run - 1
                continue
            mine = gap, bodies[own], raw[starts[own] : starts[own + 1]]
        piece, kept, safe = spelled(delta, body, mine, in_line)
        parts.append(piece)
        tick, previous = when, own if kept else -1
        at += 1
    last = ticks[-1] if ticks else 0
    _, after = read_vlq(raw, starts[len(ticks)])
    same = end - tick == ours.end_tick - last
    parts.append((raw[starts[len(ticks)] : after] if same else vlq(end - tick)) + raw[after : ours.tail] + tail)
    return b"".join(parts)


def _run(items: list[Item], at: int, ours: Track) -> int:
    """How many items from `at` on, which is our own event as it was, are our next events as they were."""
    ticks, bodies, own, count = ours.ticks, ours.bodies, items[at][3], len(items)
    run = at + 1
    while (
        run < count
        and items[run][3] == own + 1
        and items[run][0] - items[run - 1][0] == ticks[own + 1] - ticks[own]
        and items[run][1] == bodies[own + 1]
    ):
        own += 1
        run += 1
    return run - at


def respell(track: Track, ticks: list[int], end: int) -> Track:
    """The same events at other ticks, spelled anew."""
    starts, parts, position, before = [], [], 0, 0
    for tick, body in zip(ticks, track.bodies):
        piece = vlq(tick - before) + spell(body)
        starts.append(position)
        parts.append(piece)
        position += len(piece)
        before = tick
    starts.append(position)
    closing = vlq(end - before) + b"\xff\x2f\0"
    raw = b"".join(parts) + closing
    return Track(raw + track.raw[track.tail :], ticks, track.bodies, starts, end, position + len(closing))
