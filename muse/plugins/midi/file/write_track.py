"""A track's bytes: those of events that stay are copied, everything else is spelled out."""

from __future__ import annotations

from muse.plugins.midi.file.codec import Track, read_vlq, spell, vlq
from muse.plugins.midi.file.model import Item


def end_tick(base: Track, ours: Track, theirs: Track, last: int) -> int:
    """Where the merged track ends: with the later side, unless one side cut off silence; never before its events."""
    wanted = max(ours.end_tick, theirs.end_tick)
    quiet = base.ticks[-1] if base.ticks else 0
    for side, other in ((ours, theirs), (theirs, ours)):
        if other.end_tick == base.end_tick and quiet <= side.end_tick < base.end_tick:
            wanted = side.end_tick
    return max(wanted, last)


def emit(items: list[Item], ours: Track, end: int, tail: bytes) -> bytes:
    """A track's bytes: runs of our own events are copied, everything else is spelled out with its status."""
    raw, starts, ticks, bodies = ours.raw, ours.starts, ours.ticks, ours.bodies
    parts: list[bytes] = []
    tick = 0
    previous = -1  # our event written last, if it was the very last thing written
    safe = True  # running status here is what ours' bytes expect
    count, at = len(items), 0
    while at < count:
        when, body, _, own, _ = items[at]
        before = ticks[own - 1] if own > 0 else 0
        in_line = safe and own >= 0 and previous == own - 1 and when - tick == ticks[own] - before
        if own < 0 or bodies[own] != body:
            if in_line and body[0] == bodies[own][0] < 0xF0:
                keep = starts[own + 1] - (len(body) - 1)  # delta and status as they were, new data
                parts.append(raw[starts[own] : keep] + body[1:])
                previous = own
            else:
                parts.append(vlq(when - tick) + spell(body))
                previous, safe = -1, False
            tick = when
            at += 1
            continue
        if in_line:
            first, run = own, at + 1
            while (
                run < count
                and items[run][3] == own + 1
                and items[run][0] - items[run - 1][0] == ticks[own + 1] - ticks[own]
                and items[run][1] == bodies[own + 1]
            ):
                own += 1
                run += 1
            parts.append(raw[starts[first] : starts[own + 1]])
            tick, previous, at = items[run - 1][0], own, run
            continue
        delta = when - tick
        _, after = read_vlq(raw, starts[own])
        head = raw[starts[own] : after] if delta == ticks[own] - before else vlq(delta)
        channel = body[0] < 0xF0
        explicit = raw[after] >= 0x80
        parts.append(head + (raw[after : starts[own + 1]] if explicit else spell(body)))
        safe = channel
        tick, previous = when, own
        at += 1
    last = ticks[-1] if ticks else 0
    _, after = read_vlq(raw, starts[len(ticks)])
    same = end - tick == ours.end_tick - last
    parts.append((raw[starts[len(ticks)] : after] if same else vlq(end - tick)) + raw[after : ours.tail] + tail)
    return b"".join(parts)


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
