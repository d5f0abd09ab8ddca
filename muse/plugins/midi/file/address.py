"""Names and words for what is in a track: addresses in bars and beats, and short texts for a person.

`track:<index>/note:<bar>:<beat>:<tick>:<channel>:<pitch>#<occurrence>`; a point event has its dimension's name in the
place of `note`, then bar, beat and tick, then what tells its lane. Channels count from 0, tracks from 0, bars from 1.
"""

from __future__ import annotations

from muse.plugins.midi.file.bars import TimeMap
from muse.plugins.midi.file.codec import Track
from muse.plugins.midi.file.dimensions import CONTROLLER_NAMES, META_NAMES, dimension
from muse.plugins.midi.file.general_midi import DRUM_CHANNEL, DRUMS, INSTRUMENTS
from muse.plugins.midi.file.model import Content, Note, Slot
from muse.plugins.midi.file.spelling import inside_words, key_at, key_words, length_words, pitch_words


def note_address(track: int, times: TimeMap, note: Note, occurrence: int = 0) -> str:
    """The address of the `occurrence`-th note of its channel and pitch at its onset."""
    bar, beat, tick = times.position(note[2])
    return f"track:{track}/note:{bar}:{beat}:{tick}:{note[0]}:{note[1]}#{occurrence}"


def note_addresses(track: int, times: TimeMap, notes: list[Note], wanted: list[int]) -> dict[int, str]:
    """Addresses of the notes whose indices are `wanted`."""
    keys = {notes[index][:3] for index in wanted}
    seen: dict[tuple[int, ...], int] = {}
    asked = set(wanted)
    found = {}
    for index, note in enumerate(notes):
        key = note[:3]
        if key in keys:
            occurrence = seen.get(key, 0)
            seen[key] = occurrence + 1
            if index in asked:
                found[index] = note_address(track, times, note, occurrence)
    return found


def slot_dimension(slot: Slot) -> str:
    """The dimension of a slot."""
    return dimension(_probe(slot))


def _probe(slot: Slot) -> bytes:
    """A body that lies in a slot's lane."""
    lane = slot[0]
    kind = lane[0]
    if kind == "program":
        return b"\xc0\0"
    if kind == "parameter":
        return b"\xb0\x65\0"
    if kind == "unpaired":
        return b"\x80\0\0"
    if kind in ("meta", "opaque"):
        return bytes((0xFF, int(str(lane[1]))))
    if kind in ("sysex", "system"):
        return b"\xf0"
    return bytes((int(str(kind)) << 4, int(str(lane[2])) if len(lane) > 2 else 0, 0))


def slot_address(track: int, times: TimeMap, slot: Slot) -> str:
    """The address of a slot: dimension, position, channel and controller, key or meta type."""
    lane, tick = slot
    bar, beat, inside = times.position(tick)
    tail = "".join(f":{part}" for part in lane[1:])
    word = "parameter" if lane[0] == "parameter" else slot_dimension(slot)
    return f"track:{track}/{word}:{bar}:{beat}:{inside}{tail}"


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


def event_words(body: bytes) -> str:
    """A point event's value in words, without its place."""
    status = body[0]
    kind = status >> 4
    if kind == 0xB:
        return f"{CONTROLLER_NAMES.get(body[1], f'cc {body[1]}')} {body[2]}"
    if kind == 0xC:
        if status & 15 == DRUM_CHANNEL:
            return f"drum kit {body[1] + 1}"
        return f"instrument {INSTRUMENTS[body[1]]}"
    if kind == 0xD:
        return f"pressure {body[1]}"
    if kind == 0xA:
        return f"pressure {body[2]} on {pitch_words(status & 15, body[1])}"
    if kind == 0xE:
        return f"bend {(body[2] << 7 | body[1]) - 8192:+d}"
    if kind in (8, 9):
        name = pitch_words(status & 15, body[1])
        return f"note-{'on' if kind == 9 and body[2] else 'off'} {name} without a partner, vel {body[2]}"
    if status == 0xFF:
        return _meta_words(body[1], body[2:])
    name = "sysex" if status == 0xF0 else "sysex part" if status == 0xF7 else "system event"
    return f"{name} {_hex(body[1:])}".rstrip()


def _hex(data: bytes) -> str:
    return data.hex(" ") if len(data) <= 16 else f"{data[:12].hex(' ')} .. ({len(data)} bytes)"


def _meta_words(kind: int, data: bytes) -> str:
    name = META_NAMES.get(kind, f"meta {kind:#04x}")
    if kind == 0x51 and len(data) == 3:
        micros = int.from_bytes(data, "big")
        return f"tempo {60_000_000 / micros:.2f}" if micros else "tempo 0 us"
    if kind == 0x58 and len(data) >= 2:
        return f"time signature {data[0]}/{1 << min(data[1], 30)}"
    if kind == 0x59 and len(data) == 2 and data[1] < 2:
        sharps = (data[0] + 128) % 256 - 128
        return f"key {key_words(sharps, data[1] == 1)}" if -8 < sharps < 8 else f"key signature of {sharps} sharps"
    if 1 <= kind <= 15:
        return f"{name} {quoted(data)}"
    return f"{name} {_hex(data)}".rstrip()


def quoted(data: bytes) -> str:
    """Text of a file in double quotes, on one line, whatever its encoding."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    if len(text) > 200:
        text = text[:200] + "..."
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text.replace("\\", "\\\\"))
    return '"' + text.replace('"', '\\"') + '"'


def value_words(value: tuple[tuple[int, bytes], ...]) -> str:
    """What a slot holds, in words; `none` for an empty one."""
    return ", ".join(event_words(body) for _, body in value[:6]) + (" .." if len(value) > 6 else "") or "none"


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
