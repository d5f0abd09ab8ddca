"""The 21 dimensions of a MIDI file, in one table, and which of them an event belongs to."""

from __future__ import annotations

from collections.abc import Callable

# name, what it holds, independent (False: a conflict here holds up the whole file), controller numbers
DIMENSIONS: tuple[tuple[str, str, bool, tuple[int, ...]], ...] = (
    ("notes", "notes with pitch, onset, length and velocities", True, ()),
    ("pitch_bend", "pitch wheel curves", True, ()),
    ("channel_pressure", "aftertouch of a channel", True, ()),
    ("poly_pressure", "aftertouch of single keys", True, ()),
    ("cc_modulation", "modulation wheel", True, (1, 33)),
    ("cc_volume", "channel volume", True, (7, 39)),
    ("cc_pan", "pan", True, (10, 42)),
    ("cc_expression", "expression", True, (11, 43)),
    ("cc_sustain", "sustain pedal", True, (64,)),
    ("cc_portamento", "portamento switch, time and source", True, (5, 37, 65, 84)),
    ("cc_sostenuto", "sostenuto pedal", True, (66,)),
    ("cc_soft_pedal", "soft pedal", True, (67,)),
    ("cc_reverb", "reverb send", True, (91,)),
    ("cc_chorus", "chorus send", True, (93,)),
    ("cc_other", "all other controllers, registered parameters among them", True, ()),
    ("program_change", "bank and program", True, (0, 32)),
    ("tempo_map", "tempo", False, ()),
    ("time_signatures", "time signatures", False, ()),
    ("key_signatures", "key signatures", True, ()),
    ("markers", "markers, cue points, lyrics and text", True, ()),
    ("track_structure", "tracks, their names and set-up, exclusive and unknown events", False, ()),
)
NAMES = tuple(row[0] for row in DIMENSIONS)
DEPENDENT = frozenset(row[0] for row in DIMENSIONS if not row[2])

_CONTROLLER = {number: row[0] for row in DIMENSIONS for number in row[3]}
_CHANNEL = {
    8: "notes", 9: "notes", 0xA: "poly_pressure", 0xC: "program_change", 0xD: "channel_pressure", 0xE: "pitch_bend",
}  # fmt: skip
_META = {0x51: "tempo_map", 0x58: "time_signatures", 0x59: "key_signatures", 0x01: "markers"}
_META.update((kind, "markers") for kind in range(5, 16))

BANK = (0, 32)
PARAMETER = (6, 38, 96, 97, 98, 99, 100, 101)  # data entry and the (N)RPN selectors: meaningful only together

META_NAMES = {
    0x00: "sequence number", 0x01: "text", 0x02: "copyright", 0x03: "name", 0x04: "instrument", 0x05: "lyric",
    0x06: "marker", 0x07: "cue", 0x08: "program name", 0x09: "device", 0x20: "channel prefix", 0x21: "port",
    0x51: "tempo", 0x54: "SMPTE offset", 0x58: "time signature", 0x59: "key signature", 0x7F: "sequencer data",
}  # fmt: skip
CONTROLLER_NAMES = {
    0: "bank", 1: "modulation", 2: "breath", 5: "portamento time", 6: "data entry", 7: "volume", 10: "pan",
    11: "expression", 32: "bank (fine)", 64: "sustain", 65: "portamento", 66: "sostenuto", 67: "soft pedal",
    71: "resonance", 74: "brightness", 91: "reverb", 93: "chorus", 98: "NRPN (fine)", 99: "NRPN", 100: "RPN (fine)",
    101: "RPN", 120: "all sound off", 121: "reset controllers", 123: "all notes off",
}  # fmt: skip

# Where a new event goes among others at its tick: note-offs, set-up, bank and program, controllers, bend, note-ons.
OFF, SETUP, PROGRAM, CONTROL, BEND, ON = range(6)


def dimension(body: bytes) -> str:
    """The dimension of an event."""
    status = body[0]
    if status < 0xF0:
        if status >> 4 == 0xB:
            return _CONTROLLER.get(body[1], "cc_other")
        return _CHANNEL[status >> 4]
    return _META.get(body[1], "track_structure") if status == 0xFF else "track_structure"


_RANKS: dict[int, Callable[[bytes], int]] = {
    8: lambda body: OFF,
    9: lambda body: ON if body[2] else OFF,
    0xA: lambda body: BEND,
    0xB: lambda body: PROGRAM if body[1] in BANK else CONTROL,
    0xC: lambda body: PROGRAM,
    0xD: lambda body: BEND,
    0xE: lambda body: BEND,
    0xF: lambda body: SETUP,
}


def rank(body: bytes) -> int:
    """The place of a new event among events at one tick."""
    return _RANKS[body[0] >> 4](body)
