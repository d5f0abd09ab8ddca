"""A small reader and writer of MIDI files for the benchmark, independent of Muse's own.

Events are (tick, body) with the status byte always there; notes are paired first in, first out.
"""

from __future__ import annotations

import copy
from collections import defaultdict

Event = list  # [tick, body]


class Unreadable(Exception):
    """Not a file this reader understands."""


class Trk:
    """A track: events in order, the tick of its end, and its bytes while nobody edited it."""

    def __init__(self, events: list[Event], end: int, raw: bytes | None = None) -> None:
        self.events = events
        self.end = end
        self.raw = raw

    def pairs(self) -> list[tuple[int, int]]:
        """Indices of on and off of each note."""
        queues: dict[tuple[int, int], list[int]] = defaultdict(list)
        out = []
        for index, (_, body) in enumerate(self.events):
            key = (body[0] & 15, body[1] if len(body) > 1 else 0)
            if 0x90 <= body[0] <= 0x9F and body[2]:
                queues[key].append(index)
            elif 0x80 <= body[0] <= 0x9F and queues[key]:
                out.append((queues[key].pop(0), index))
        return sorted(out)

    def notes(self) -> list[tuple[int, ...]]:
        """(channel, pitch, onset, length, velocity, off status, off velocity) of each note."""
        out = []
        for on, off in self.pairs():
            (start, first), (stop, last) = self.events[on], self.events[off]
            out.append((first[0] & 15, first[1], start, stop - start, first[2], last[0] & 0xF0, last[2]))
        return out


class Doc:
    """A file."""

    def __init__(self, fmt: int, division: int, tracks: list[Trk]) -> None:
        self.format = fmt
        self.division = division
        self.tracks = tracks

    def copy(self) -> Doc:
        """A deep copy."""
        return copy.deepcopy(self)


def read(data: bytes) -> Doc:
    """A file's bytes as a Doc; Unreadable for anything unusual or damaged."""
    if data[:4] != b"MThd" or len(data) < 14 or data[4:8] != b"\0\0\0\6":
        raise Unreadable("no plain header")
    fmt, count, division = (int.from_bytes(data[at : at + 2], "big") for at in (8, 10, 12))
    if not 0 < division < 0x8000 or fmt > 1:
        raise Unreadable("division or format")
    tracks, at = [], 14
    for _ in range(count):
        size = int.from_bytes(data[at + 4 : at + 8], "big")
        if data[at : at + 4] != b"MTrk" or at + 8 + size > len(data):
            raise Unreadable("track chunk")
        tracks.append(_track(data[at + 8 : at + 8 + size]))
        at += 8 + size
    if at != len(data):
        raise Unreadable("trailing bytes")
    return Doc(fmt, division, tracks)


def _track(raw: bytes) -> Trk:
    events: list[Event] = []
    at = now = status = 0
    try:
        while True:
            delta, at = _number(raw, at)
            now += delta
            if raw[at] >= 0x80:
                status = raw[at]
                at += 1
            elif status < 0x80 or status >= 0xF0:
                raise Unreadable("running status")
            if status < 0xF0:
                body = _channel_message(raw, at, status)
                at += len(body) - 1
            elif status in (0xF0, 0xF7, 0xFF):
                body, at = _long_message(raw, at, status)
                if body == b"\xff\x2f":
                    if at != len(raw):
                        raise Unreadable("bytes after end of track")
                    return Trk(events, now, raw)
                status = 0
            else:
                raise Unreadable("system message")
            events.append([now, body])
    except IndexError:
        raise Unreadable("track cut short") from None


def _channel_message(raw: bytes, at: int, status: int) -> bytes:
    size = 1 if 0xC0 <= status < 0xE0 else 2
    body = bytes([status]) + raw[at : at + size]
    if len(body) != size + 1 or max(body[1:]) > 127:
        raise Unreadable("channel message")
    return body


def _long_message(raw: bytes, at: int, status: int) -> tuple[bytes, int]:
    """A meta or exclusive event without its length, and where the next event begins."""
    head = bytes([status])
    if status == 0xFF:
        head += raw[at : at + 1]
        at += 1
    size, at = _number(raw, at)
    if at + size > len(raw):
        raise Unreadable("event length")
    return head + raw[at : at + size], at + size


def _number(raw: bytes, at: int) -> tuple[int, int]:
    value = 0
    for _ in range(4):
        value = value * 128 + (raw[at] & 127)
        at += 1
        if raw[at - 1] < 128:
            return value, at
    raise Unreadable("long quantity")


def _quantity(value: int) -> bytes:
    out = [value % 128]
    while value := value // 128:
        out.append(value % 128 + 128)
    return bytes(reversed(out))


def write(doc: Doc, *, running: bool = False) -> bytes:
    """The bytes of a Doc; tracks nobody edited as they were, others with or without running status."""
    out = b"MThd\0\0\0\6" + b"".join(n.to_bytes(2, "big") for n in (doc.format, len(doc.tracks), doc.division))
    for track in doc.tracks:
        raw = track.raw if track.raw is not None else _spell(track, running)
        out += b"MTrk" + len(raw).to_bytes(4, "big") + raw
    return out


def _spell(track: Trk, running: bool) -> bytes:
    out, now, status = [], 0, 0
    for tick, body in track.events:
        out.append(_quantity(tick - now))
        now = tick
        if body[0] < 0xF0:
            out.append(body[1:] if running and body[0] == status else body)
            status = body[0]
        else:
            cut = 2 if body[0] == 0xFF else 1
            out.append(body[:cut] + _quantity(len(body) - cut) + body[cut:])
            status = 0
    out.append(_quantity(max(track.end, now) - now) + b"\xff\x2f\0")
    return b"".join(out)


def disorder(track: Trk) -> set[tuple[int, str]]:
    """Ticks at which set-up comes after the note it is for, or a bank after its program."""
    found = set()
    sounding: dict[int, int] = {}
    programmed: dict[int, int] = {}
    for tick, body in track.events:
        channel = body[0] & 15
        kind = body[0] >> 4
        if kind == 9 and body[2]:
            sounding[channel] = tick
        elif kind == 0xC:
            programmed[channel] = tick
            if sounding.get(channel) == tick:
                found.add((tick, f"program after note on channel {channel}"))
        elif kind == 0xB and body[1] in (0, 32):
            if programmed.get(channel) == tick:
                found.add((tick, f"bank after program on channel {channel}"))
            if sounding.get(channel) == tick:
                found.add((tick, f"bank after note on channel {channel}"))
    return found
