"""The dimensions of a MIDI file, in one table: a kind of event is one row, and everything else is derived from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from muse.plugins.midi.file.spelling import key_signature_words, metre_words, tempo_words, text_words

NOTES, LIST, CURVE, LISTED_CURVE, TREE = "notes", "list", "curve", "listed curve", "tree"
"""What a dimension is made of. Edits of a curve by both sides that overlap in time are one question; so are those of a
listed curve, which is a list to whoever reads the schema."""

CONTROLLER = 0xB
META = "meta"


class Dimension(NamedTuple):
    """One row.

    `lane`: what the lanes of its events begin with: a channel message's number, `meta`, or the name of a group of
    events that mean something only together. `independent`: False when a conflict here holds up the whole file.
    `numbers`: its controllers or types of meta event, each with its name ("" for one without). `phrase`: what a summary
    calls a change here. `value`: a meta event in words from its name and its data, "" for data that says nothing.
    """

    name: str
    holds: str
    lane: int | str
    made_of: str = CURVE
    independent: bool = True
    numbers: Mapping[int, str] = MappingProxyType({})
    phrase: str = ""
    value: Callable[[str, bytes], str] | None = None


DIMENSIONS = (
    Dimension("notes", "notes with pitch, onset, length and velocities", "unpaired", NOTES,
              phrase="unpaired note event"),
    Dimension("pitch_bend", "pitch wheel curves", 0xE),
    Dimension("channel_pressure", "aftertouch of a channel", 0xD),
    Dimension("poly_pressure", "aftertouch of single keys", 0xA),
    Dimension("cc_modulation", "modulation wheel", CONTROLLER, numbers={1: "modulation", 33: ""}),
    Dimension("cc_volume", "channel volume", CONTROLLER, numbers={7: "volume", 39: ""}),
    Dimension("cc_pan", "pan", CONTROLLER, numbers={10: "pan", 42: ""}),
    Dimension("cc_expression", "expression", CONTROLLER, numbers={11: "expression", 43: ""}),
    Dimension("cc_sustain", "sustain pedal", CONTROLLER, numbers={64: "sustain"}),
    Dimension("cc_portamento", "portamento switch, time and source", CONTROLLER,
              numbers={5: "portamento time", 37: "", 65: "portamento", 84: ""}),
    Dimension("cc_sostenuto", "sostenuto pedal", CONTROLLER, numbers={66: "sostenuto"}),
    Dimension("cc_soft_pedal", "soft pedal", CONTROLLER, numbers={67: "soft pedal"}),
    Dimension("cc_reverb", "reverb send", CONTROLLER, numbers={91: "reverb"}),
    Dimension("cc_chorus", "chorus send", CONTROLLER, numbers={93: "chorus"}),
    Dimension("cc_other", "all other controllers, registered parameters among them", CONTROLLER, numbers={
        2: "breath", 6: "data entry", 71: "resonance", 74: "brightness", 98: "NRPN (fine)", 99: "NRPN",
        100: "RPN (fine)", 101: "RPN", 120: "all sound off", 121: "reset controllers", 123: "all notes off",
    }),
    Dimension("program_change", "bank and program", "program", LIST, numbers={0: "bank", 32: "bank (fine)"},
              phrase="instrument"),
    Dimension("tempo_map", "tempo", META, LISTED_CURVE, False, {0x51: "tempo"}, "tempo", tempo_words),
    Dimension("time_signatures", "time signatures", META, LIST, False, {0x58: "time signature"}, "time signature",
              metre_words),
    Dimension("key_signatures", "key signatures", META, LIST, True, {0x59: "key signature"}, "key signature",
              key_signature_words),
    Dimension("markers", "markers, cue points, lyrics and text", META, LIST, numbers={
        1: "text", 5: "lyric", 6: "marker", 7: "cue", 8: "program name", 9: "device",
        **dict.fromkeys(range(10, 16), ""),
    }, phrase="text", value=text_words),
    Dimension("track_structure", "tracks, their names and set-up, exclusive and unknown events", META, TREE, False, {
        0: "sequence number", 2: "copyright", 3: "name", 4: "instrument", 0x20: "channel prefix", 0x21: "port",
        0x54: "SMPTE offset", 0x7F: "sequencer data",
    }, "set-up"),
)  # fmt: skip
STRUCTURE = "track_structure"
BY_NAME = {row.name: row for row in DIMENSIONS}
NAMES = tuple(BY_NAME)
DEPENDENT = frozenset(row.name for row in DIMENSIONS if not row.independent)

_OF_CONTROLLER = {
    number: row.name for row in DIMENSIONS if row.lane in (CONTROLLER, "program") for number in row.numbers
}
_OF_META = {number: row.name for row in DIMENSIONS if row.lane == META for number in row.numbers}
VALUE_WORDS = {
    number: row.value for row in DIMENSIONS if row.value is not None for number in row.numbers
} | dict.fromkeys((2, 3, 4), text_words)
_OF_LANE = {row.lane: row.name for row in DIMENSIONS if row.lane not in (CONTROLLER, META)}
_OF_CHANNEL = {8: "notes", 9: "notes", 0xC: "program_change"} | {
    k: v for k, v in _OF_LANE.items() if isinstance(k, int)
}

BANK = (0, 32)
PARAMETER = (6, 38, 96, 97, 98, 99, 100, 101)  # data entry and the (N)RPN selectors: meaningful only together
VALUED = frozenset(_OF_META) - {0x7F}
"""Types of meta event that have a value to replace; others come and go by content."""

META_NAMES = {number: name for row in DIMENSIONS if row.lane == META for number, name in row.numbers.items() if name}
CONTROLLER_NAMES = {
    number: name for row in DIMENSIONS if row.lane != META for number, name in row.numbers.items() if name
}

# Where a new event goes among others at its tick: note-offs, set-up, bank and program, controllers, bend, note-ons.
OFF, SETUP, PROGRAM, CONTROL, BEND, ON = range(6)


def dimension(body: bytes) -> str:
    """The dimension of an event."""
    status = body[0]
    if status < 0xF0:
        if status >> 4 == CONTROLLER:
            return _OF_CONTROLLER.get(body[1], "cc_other")
        return _OF_CHANNEL[status >> 4]
    return _OF_META.get(body[1], STRUCTURE) if status == 0xFF else STRUCTURE


def lane_dimension(lane: tuple[object, ...]) -> str:
    """The dimension of a lane."""
    first = lane[0]
    if first == CONTROLLER:
        return _OF_CONTROLLER.get(int(str(lane[2])) if len(lane) > 2 else 0, "cc_other")
    if first == "parameter":
        return "cc_other"
    if first in (META, "opaque"):
        return _OF_META.get(int(str(lane[1])), STRUCTURE)
    return _OF_LANE.get(first, STRUCTURE)  # type: ignore[call-overload,no-any-return]


def is_curve(lane: tuple[object, ...]) -> bool:
    """True when overlapping edits of a lane by both sides are one question."""
    return BY_NAME[lane_dimension(lane)].made_of in (CURVE, LISTED_CURVE)


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
