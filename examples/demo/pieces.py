"""Public-domain pieces as MIDI bytes, written note by note: the demo's and the fixtures' real music.

Christian Petzold, Menuet in G (BWV Anh. 114), bars 1-16, about 1725; Frère Jacques, traditional, 18th century, as a
round for four. Notes are facts; the encoding is ours and depends on nothing of Muse, so that a test of Muse can
believe it.
"""

from __future__ import annotations

PPQ = 480
BAR = 3 * PPQ
_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_LENGTHS = {"q": PPQ, "e": PPQ // 2, "h": 2 * PPQ, "H": 3 * PPQ}

MELODY = """
D5q G4e A4e B4e C5e | D5q G4q G4q | E5q C5e D5e E5e F#5e | G5q G4q G4q |
C5q D5e C5e B4e A4e | B4q C5e B4e A4e G4e | F#4q G4e A4e B4e G4e | A4H |
D5q G4e A4e B4e C5e | D5q G4q G4q | E5q C5e D5e E5e F#5e | G5q G4q G4q |
C5q D5e C5e B4e A4e | B4q C5e B4e A4e G4e | A4q B4e A4e G4e F#4e | G4H
"""
BASS = """
G3h A3q | B3H | C4H | B3H | A3H | G3H | D4q B3q G3q | D4q D3e C4e B3e A3e |
B3h A3q | G3q B3q G3q | C4H | B3q C4e B3e A3e G3e | A3h F#3q | G3h B3q | C4q D4q D3q | G3h G2q
"""

Note = tuple[int, int, int, int]
"""Onset and length in ticks, pitch, velocity."""
Event = tuple[int, int, bytes]
"""Tick, rank inside the tick (offs, then controllers, then ons), bytes."""


def notes(text: str, velocity: int) -> list[Note]:
    """The notes of a part written as above."""
    out, tick = [], 0
    for word in text.replace("|", " ").split():
        name, octave, length = word[:-2], int(word[-2]), _LENGTHS[word[-1]]
        pitch = 12 * (octave + 1) + _STEPS[name[0]] + name.count("#") - name.count("b")
        out.append((tick, length, pitch, velocity))
        tick += length
    return out


JACQUES = """
F4q G4q A4q F4q | F4q G4q A4q F4q | A4q Bb4q C5h | A4q Bb4q C5h |
C5e D5e C5e Bb4e A4q F4q | C5e D5e C5e Bb4e A4q F4q | F4q C4q F4h | F4q C4q F4h
"""


def in_bars(note: Note, first: int, last: int) -> bool:
    """True when the note begins in these bars (counted from 1)."""
    return (first - 1) * BAR <= note[0] < last * BAR


def transpose(part: list[Note], semitones: int, first: int, last: int) -> list[Note]:
    """The part with the notes of these bars moved."""
    return [(on, len_, p + semitones if in_bars((on, len_, p, v), first, last) else p, v) for on, len_, p, v in part]


def drums(first: int, last: int) -> list[Note]:
    """A waltz beat: bass drum on one, closed hat on two and three."""
    beat = []
    for bar in range(first - 1, last):
        beat += [(bar * BAR, 120, 36, 100), (bar * BAR + PPQ, 120, 42, 70), (bar * BAR + 2 * PPQ, 120, 42, 70)]
    return beat


def swell(first: int, last: int) -> list[tuple[int, int]]:
    """An expression curve (tick, value) that rises over these bars, a point each eighth note."""
    start, steps = (first - 1) * BAR, (last - first + 1) * 6
    return [(start + i * PPQ // 2, 40 + 80 * i // (steps - 1)) for i in range(steps)]


def _vlq(value: int) -> bytes:
    out = [value & 127]
    while value := value >> 7:
        out.append(value & 127 | 128)
    return bytes(reversed(out))


def _track(name: str, events: list[Event]) -> bytes:
    body, now = b"\0\xff\x03" + _vlq(len(name)) + name.encode(), 0
    for tick, _, data in sorted(events, key=lambda event: event[:2]):
        body += _vlq(tick - now) + data
        now = tick
    body += b"\0\xff\x2f\0"
    return b"MTrk" + len(body).to_bytes(4, "big") + body


def _part(name: str, channel: int, program: int, part: list[Note], curve: list[tuple[int, int]]) -> bytes:
    events: list[Event] = [(0, 1, bytes([0xC0 | channel, program]))]
    for tick, value in curve:
        events.append((tick, 2, bytes([0xB0 | channel, 11, value])))
    for on, length, pitch, velocity in part:
        events.append((on, 3, bytes([0x90 | channel, pitch, velocity])))
        events.append((on + length, 0, bytes([0x80 | channel, pitch, 64])))
    return _track(name, events)


def minuet(
    *,
    bass_shift: int = 0,
    beat: bool = False,
    curve: bool = False,
    velocities: dict[int, int] | None = None,
) -> bytes:
    """The piece, with the edits of the demo: bass of bars 5-8 moved by `bass_shift` semitones, a beat and an expression
    curve in the same bars, and velocities of single melody notes by their index."""
    melody = notes(MELODY, 88)
    for index, velocity in (velocities or {}).items():
        melody[index] = (*melody[index][:3], velocity)
    bass = transpose(notes(BASS, 72), bass_shift, 5, 8)
    tracks = [
        _track(
            "Menuet in G",
            [
                (0, 0, b"\xff\x51\x03" + (500_000).to_bytes(3, "big")),
                (0, 1, b"\xff\x58\x04\x03\x02\x18\x08"),
                (0, 2, b"\xff\x59\x02\x01\x00"),
            ],
        ),
        _part("Melody", 0, 6, melody, []),
        _part("Bass", 1, 6, bass, swell(5, 8) if curve else []),
    ]
    if beat:
        tracks.append(_part("Drums", 9, 0, drums(5, 8), []))
    header = b"MThd" + (6).to_bytes(4, "big") + b"\0\1" + len(tracks).to_bytes(2, "big") + PPQ.to_bytes(2, "big")
    return header + b"".join(tracks)


def round_for_four() -> bytes:
    """Frère Jacques in F, 4/4: four voices on four channels, each two bars behind the one before, sung twice."""
    once = notes(JACQUES, 80)
    tracks = [
        _track(
            "Frere Jacques",
            [
                (0, 0, b"\xff\x51\x03" + (500_000).to_bytes(3, "big")),
                (0, 1, b"\xff\x58\x04\x04\x02\x18\x08"),
                (0, 2, b"\xff\x59\x02\xff\x00"),
            ],
        )
    ]
    for voice in range(4):
        shifts = [voice * 8 * PPQ + turn * 32 * PPQ for turn in range(2)]
        part = [(on + shift, length, pitch, velocity) for shift in shifts for on, length, pitch, velocity in once]
        tracks.append(_part(f"Voice {voice + 1}", voice, 52 + voice % 2, part, []))
    return b"MThd" + bytes([0, 0, 0, 6, 0, 1, 0, len(tracks)]) + PPQ.to_bytes(2, "big") + b"".join(tracks)
