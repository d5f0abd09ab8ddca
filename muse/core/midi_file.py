"""A Standard MIDI File written from notes and signs, for domains whose files hold music in another form.

Places and lengths are Fractions of a whole note. What is written is read by the `midi` domain: the page draws and plays
it. It is not what any program would export: no expression, no repeats.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from muse.core.errors import FormatError

if TYPE_CHECKING:
    from fractions import Fraction

QUARTER = 10_080  # ticks; triplets, quintuplets and septuplets of sixteenths are whole numbers of them
_MOST_TICKS = 0x0FFF_FFFF
_MOST_EVENTS = 2_000_000
_DRUMS = 9

TEMPO, TIME, KEY, MARKER = 0x51, 0x58, 0x59, 0x06


class MidiTrack:
    """One track under way: a name, what plays it (`program` from 0, or drums), and its events."""

    def __init__(self, name: str, program: int = 0, *, drums: bool = False) -> None:
        self.name, self.program, self.drums = name, program, drums
        self.events: list[tuple[int, int, bytes]] = []
        """Tick, order within it (signs, ends, beginnings), body; the low four bits of a note's status are left 0."""

    def note(self, onset: Fraction, length: Fraction, pitch: int, velocity: int) -> None:
        """A note, its pitch brought into the octaves there are; FormatError where the place is beyond a file."""
        if not 0 <= pitch <= 127:
            pitch = pitch % 12 + (0 if pitch < 0 else 108)
        start, end = _tick(onset), _tick(onset + (length if length > 0 else 0))
        self.events.append((start, 2, bytes((0x90, pitch, max(1, min(velocity, 127))))))
        self.events.append((max(end, start + 1), 1, bytes((0x80, pitch, 0))))

    def sign(self, onset: Fraction, kind: int, payload: bytes) -> None:
        """A meta event: `TEMPO`, `TIME`, `KEY`, `MARKER`."""
        self.events.append((_tick(onset), 0, bytes((0xFF, kind)) + vlq(len(payload)) + payload))


def tempo(quarters_a_minute: float) -> bytes:
    """The payload of a tempo."""
    return max(1, min(round(60_000_000 / max(quarters_a_minute, 1e-3)), 0xFFFFFF)).to_bytes(3, "big")


def time(beats: int, unit: int) -> bytes | None:
    """The payload of a time signature; None for one that MIDI cannot say (a unit that is no power of two)."""
    if not 0 < beats < 256 or unit < 1 or unit & (unit - 1) or unit > 1 << 15:
        return None
    return bytes((beats, unit.bit_length() - 1, 24, 8))


def key(fifths: int, minor: bool) -> bytes:
    """The payload of a key signature."""
    return max(-7, min(fifths, 7)).to_bytes(1, "big", signed=True) + bytes((minor,))


def written(tracks: Sequence[MidiTrack], end: Fraction) -> bytes:
    """The file, format 1; every track lasts until `end`."""
    if sum(len(track.events) for track in tracks) > _MOST_EVENTS or len(tracks) > 0xFFFF:
        raise FormatError("more notes than can be drawn")
    header = b"MThd" + (6).to_bytes(4, "big") + b"".join(n.to_bytes(2, "big") for n in (1, len(tracks), QUARTER))
    return header + b"".join(_chunk(track, channel, end) for track, channel in zip(tracks, _channels(tracks)))


_MELODIC = tuple(channel for channel in range(16) if channel != _DRUMS)


def _channels(tracks: Sequence[MidiTrack]) -> Iterator[int]:
    """A channel for each track: the drums', or the others in turn."""
    number = 0
    for track in tracks:
        yield _DRUMS if track.drums else _MELODIC[number % len(_MELODIC)]
        number += not track.drums


def _chunk(track: MidiTrack, channel: int, end: Fraction) -> bytes:
    name = track.name.encode("utf-8", "replace")[:200]
    found = [bytes((0, 0xFF, 0x03)) + vlq(len(name)) + name]
    found.append(bytes((0, 0xC0 | channel, max(0, min(track.program, 127)))))
    now = 0
    for tick, _, body in sorted(track.events):
        start = body if body[0] == 0xFF else bytes((body[0] | channel,)) + body[1:]
        found.append(vlq(tick - now) + start)
        now = tick
    found.append(vlq(max(0, _tick(end) - now)) + bytes((0xFF, 0x2F, 0)))
    data = b"".join(found)
    return b"MTrk" + len(data).to_bytes(4, "big") + data


def _tick(place: Fraction) -> int:
    tick = round(place * 4 * QUARTER)
    if tick > _MOST_TICKS:
        raise FormatError("longer than can be drawn")
    return max(0, tick)


def vlq(value: int) -> bytes:
    """The shortest spelling of a variable-length quantity; FormatError from 2^28 on."""
    if value < 0x80:
        return _SINGLE[value]
    if value >= 1 << 28:
        raise FormatError(f"{value} does not fit a variable-length quantity")
    out = [value & 0x7F]
    value >>= 7
    while value:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(reversed(out))


_SINGLE = tuple(bytes((value,)) for value in range(0x80))
