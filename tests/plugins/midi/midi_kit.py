"""Small MIDI files for tests, written without the code under test."""

from __future__ import annotations

from collections.abc import Sequence


def vlq(value: int) -> bytes:
    assert value >= 0, "events in the order of time"
    out = [value & 0x7F]
    while value := value >> 7:
        out.append(value & 0x7F | 0x80)
    return bytes(reversed(out))


def track(events: list[tuple[int, bytes]], *, end: int | None = None, tail: bytes = b"") -> bytes:
    """A track chunk from (tick, bytes as in the file) in the order given."""
    out, now = b"", 0
    for tick, body in events:
        out += vlq(tick - now) + body
        now = tick
    out += vlq((now if end is None else end) - now) + b"\xff\x2f\0" + tail
    return b"MTrk" + len(out).to_bytes(4, "big") + out


def smf(*tracks: bytes, division: int = 480, kind: int | None = None) -> bytes:
    """A file of track chunks; format 0 for one track, else 1."""
    kind = (0 if len(tracks) == 1 else 1) if kind is None else kind
    head = kind.to_bytes(2, "big") + len(tracks).to_bytes(2, "big") + division.to_bytes(2, "big")
    return b"MThd\0\0\0\6" + head + b"".join(tracks)


Spec = tuple[int, ...]


def notes_to_events(notes: list[Spec], channel: int = 0) -> list[tuple[int, bytes]]:
    """Events of (pitch, onset, length[, velocity[, release velocity or -1 for the note-on style]])."""
    rows = []
    for pitch, onset, length, *rest in notes:
        velocity = rest[0] if rest else 80
        release = rest[1] if len(rest) > 1 else 64
        off = bytes((0x90 | channel, pitch, 0)) if release < 0 else bytes((0x80 | channel, pitch, release))
        rows.append((onset, 2, bytes((0x90 | channel, pitch, velocity))))
        rows.append((onset + length, 1 if length else 3, off))
    rows.sort(key=lambda row: row[:2])
    return [(tick, body) for tick, _, body in rows]


def song(notes: list[Spec], extra: Sequence[tuple[int, bytes]] = (), *, end: int | None = None) -> bytes:
    """A format 0 file; extra events come before the notes of their tick."""
    rows = [(tick, 0, body) for tick, body in extra]
    rows += [(tick, 1, body) for tick, body in notes_to_events(notes)]
    rows.sort(key=lambda row: row[:2])
    return smf(track([(tick, body) for tick, _, body in rows], end=end))


def cc(number: int, value: int, channel: int = 0) -> bytes:
    return bytes((0xB0 | channel, number, value))


def tempo(micros: int) -> bytes:
    return b"\xff\x51\x03" + micros.to_bytes(3, "big")
