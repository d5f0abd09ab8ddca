"""Names and words for what is in a track: addresses of notes, and short texts for a person.

`track:<index>/note:<bar>:<beat>:<tick>:<channel>:<pitch>#<occurrence>`: channels and tracks count from 0, bars from 1.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby

from muse.plugins.midi.file.bars import TimeMap
from muse.plugins.midi.file.codec import Track
from muse.plugins.midi.file.dimensions import CONTROLLER_NAMES, META_NAMES, VALUE_WORDS
from muse.plugins.midi.file.general_midi import DRUM_CHANNEL, DRUMS, INSTRUMENTS
from muse.plugins.midi.file.model import Content, Note
from muse.plugins.midi.file.spelling import inside_words, key_at, length_words, pitch_words, quoted


def note_address(track: int, times: TimeMap, note: Note, occurrence: int = 0) -> str:
    """The address of the `occurrence`-th note of its channel and pitch at its onset."""
    bar, beat, tick = times.position(note[2])
    return f"track:{track}/note:{bar}:{beat}:{tick}:{note[0]}:{note[1]}#{occurrence}"


def note_addresses(track: int, times: TimeMap, notes: list[Note], wanted: list[int]) -> dict[int, str]:
    """Addresses of the notes whose indices are `wanted`; the notes are in the order of their onsets."""
    seen: dict[tuple[int, int], int] = {}
    found = {}
    at = 0  # notes before it are counted, those of its onset in `seen`
    for index in sorted(set(wanted)):
        onset = notes[index][2]
        if not at or notes[at - 1][2] != onset:
            seen.clear()
            at = index
            while at and notes[at - 1][2] == onset:
                at -= 1
        for note in notes[at : index + 1]:
            seen[note[:2]] = seen.get(note[:2], 0) + 1
        at = index + 1
        found[index] = note_address(track, times, notes[index], seen[notes[index][:2]] - 1)
    return found


def place(times: TimeMap, tick: int) -> str:
    """`bar 17 beat 3` and how far past the beat, if at all."""
    bar, beat, inside = times.position(tick)
    return f"bar {bar} beat {beat}" + (f" + {inside_words(inside, times.beat)}" if inside else "")


def pitch_at(times: TimeMap, note: Note) -> str:
    """A note's pitch in the key in force at its onset, or its drum."""
    return pitch_words(note[0], note[1], key_at(times.keys, note[2]))


def note_words(note: Note, times: TimeMap) -> str:
    """`C♯3 at bar 17 beat 3, 1/8, vel 80`; a drum has no length to speak of."""
    length = "" if note[0] == DRUM_CHANNEL and note[1] in DRUMS else f"{length_words(note[3], times.beat)}, "
    return f"{pitch_at(times, note)} at {place(times, note[2])}, {length}vel {note[4]}"


_MESSAGES: dict[int, Callable[[bytes], str]] = {
    8: lambda body: _unpaired("off", body),
    9: lambda body: _unpaired("on" if body[2] else "off", body),
    0xA: lambda body: f"pressure {body[2]} on {pitch_words(body[0] & 15, body[1])}",
    0xB: lambda body: f"{CONTROLLER_NAMES.get(body[1], f'cc {body[1]}')} {body[2]}",
    0xC: lambda body: (
        f"drum kit {body[1] + 1}" if body[0] & 15 == DRUM_CHANNEL else f"instrument {INSTRUMENTS[body[1]]}"
    ),
    0xD: lambda body: f"pressure {body[1]}",
    0xE: lambda body: f"bend {(body[2] << 7 | body[1]) - 8192:+d}",
}


def event_words(body: bytes) -> str:
    """A point event's value in words, without its place."""
    status = body[0]
    if status < 0xF0:
        return _MESSAGES[status >> 4](body)
    if status == 0xFF:
        return _meta_words(body[1], body[2:])
    name = "sysex" if status == 0xF0 else "sysex part" if status == 0xF7 else "system event"
    return f"{name} {_hex(body[1:])}".rstrip()


def _unpaired(end: str, body: bytes) -> str:
    return f"note-{end} {pitch_words(body[0] & 15, body[1])} without a partner, vel {body[2]}"


def _hex(data: bytes) -> str:
    return data.hex(" ") if len(data) <= 16 else f"{data[:12].hex(' ')} .. ({len(data)} bytes)"


def _meta_words(kind: int, data: bytes) -> str:
    name = META_NAMES.get(kind, f"meta {kind:#04x}")
    words = VALUE_WORDS[kind](name, data) if kind in VALUE_WORDS else ""
    return words or f"{name} {_hex(data)}".rstrip()


def value_words(value: tuple[tuple[int, bytes], ...]) -> str:
    """What a slot holds, in words; `none` for an empty one. What is there several times on end is said once."""
    runs = [(body, len(list(run))) for body, run in groupby(body for _, body in value)]
    words = [event_words(body) + (f" ({count} times)" if count > 1 else "") for body, count in runs[:6]]
    return ", ".join(words) + (" .." if len(runs) > 6 else "") or "none"


def track_name(track: Track) -> bytes:
    """The first name event of a track, b"" when it has none."""
    return next((body[2:] for body in track.bodies if body[:2] == b"\xff\x03"), b"")


def track_title(index: int, track: Track) -> str:
    """A track as a person calls it: its name, or `track 3` counted from 1."""
    name = track_name(track)
    return quoted(name)[1:-1] if name.strip() else f"track {index + 1}"


def channels(content: Content) -> list[int]:
    """Channels a track's events use, sorted."""
    return sorted({body[0] & 15 for body in content.track.bodies if body[0] < 0xF0})
