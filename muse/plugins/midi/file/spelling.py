"""Pitches, lengths, places and the values of set-up events as a musician writes them.

A pitch is spelled in the key in force, drums have names, a length is a note value, with the rest in decimals of a
quarter. `MUSE_WORDS` holds what a person prefers, any of `sharps` (no flats), `ticks` (lengths and places in ticks),
`ascii` (letters instead of the signs).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from math import gcd

from muse.core.types import plural
from muse.plugins.midi.file.general_midi import DRUM_CHANNEL, DRUMS

KEY = b"\xff\x59"
_FIFTHS = "FCGDAEB"
_SIGNS = {"b": "\u266d", "#": "\u266f"}
_WHOLE = 4  # quarters
_NAMED = (1, 2, 4, 8, 16, 32, 64)
_NEAR = 8  # a length is a note value and a rest when the rest is at most this part of the value

Keys = Sequence[tuple[int, int]]
"""Key signatures in the order of time: tick, sharps (flats below 0)."""


def preferred(word: str) -> bool:
    """True when the person asked for `sharps`, `ticks` or `ascii`."""
    return word in os.environ.get("MUSE_WORDS", "").split()


def key_at(keys: Keys, tick: int) -> int:
    """The sharps of the key in force, below 0 for flats; 0 where none is given."""
    return next((sharps for at, sharps in reversed(keys) if at <= tick), 0)


def pitch_letters(pitch: int, sharps: int = 0) -> str:
    """`Bb3` or `A#3`, as a key of so many sharps has it; never with two signs."""
    if preferred("sharps"):
        name = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"][pitch % 12]
        return f"{name}{pitch // 12 - 1}"
    low = max(sharps - 3, min(-7, sharps - 1))  # twelve fifths around the key, C is 0: no F flat, C flat or B sharp
    low = min(low, max(0, sharps - 6))  # but where the key itself has them
    fifth = low + (pitch * 7 - low) % 12
    letter, signs = _FIFTHS[(fifth + 1) % 7], (fifth + 1) // 7
    octave = (pitch - signs) // 12 - 1
    return f"{letter}{'#' * signs or 'b' * -signs}{octave}"


def pitch_words(channel: int, pitch: int, sharps: int = 0) -> str:
    """`B♭3`, or `closed hi-hat` on the drum channel."""
    if channel == DRUM_CHANNEL and pitch in DRUMS:
        return DRUMS[pitch]
    letters = pitch_letters(pitch, sharps)
    if preferred("ascii"):
        return letters
    return letters[0] + letters[1:].replace("b", _SIGNS["b"]).replace("#", _SIGNS["#"])


def length_words(length: int, beat: int) -> str:
    """A length as a note value: `1/8`, `1/4 dotted`, `1/8 triplet`; `1/4 - 0.052 quarters` where a rest is left."""
    if beat <= 0 or preferred("ticks"):
        return plural(length, "tick")
    if length <= 0:
        return "no length"
    exact = _exact(length, beat)
    if exact:
        return exact
    near = min(_values(beat), key=lambda value: (abs(length - value[0]), value[1]))
    rest = length - near[0]
    if abs(rest) * _NEAR <= near[0]:
        return f"{near[1]} {'+' if rest > 0 else '-'} {_decimals(abs(rest), beat)}"
    return _decimals(length, beat)


def _decimals(ticks: int, beat: int) -> str:
    """Ticks as a part of a quarter, exactly enough to tell them from one tick more: `0.052 quarters`."""
    return f"{ticks / beat:.{max(3, len(str(beat)))}f}".rstrip("0").rstrip(".") + " quarters"


def _exact(length: int, beat: int) -> str:
    """The note value of a length, "" when it is none."""
    common = gcd(length, beat * _WHOLE)
    over, under = length // common, beat * _WHOLE // common
    if under in _NAMED:
        if over == 3 and under > 1:
            return f"1/{under // 2} dotted"
        return f"{over}/{under}" if under > 1 or over == 1 else f"{over} whole notes"
    if over == 1 and under % 3 == 0 and under // 3 * 2 in _NAMED:
        return f"1/{under // 3 * 2} triplet"
    return f"{over}/{under}" if over < 12 and under in (3, 6, 12, 24) else ""


def _values(beat: int) -> list[tuple[int, str]]:
    """Plain and dotted values that are whole ticks."""
    whole = beat * _WHOLE
    found = [(whole // n, f"1/{n}") for n in _NAMED[:6] if whole % n == 0]
    return found + [(3 * whole // (2 * n), f"1/{n} dotted") for n in _NAMED[:5] if 3 * whole % (2 * n) == 0]


def inside_words(ticks: int, beat: int) -> str:
    """How far past a beat, as a note value: `1/8`; in decimals of a quarter where it is none."""
    if preferred("ticks") or beat <= 0:
        return plural(ticks, "tick")
    return _exact(ticks, beat) or _decimals(ticks, beat)


def key_words(sharps: int, minor: bool) -> str:
    """`B♭ major`."""
    fifth = sharps + (3 if minor else 0)
    letter, signs = _FIFTHS[(fifth + 1) % 7], (fifth + 1) // 7
    sign = "#" * signs or "b" * -signs
    shown = sign if preferred("ascii") else "".join(_SIGNS[each] for each in sign)
    return f"{letter}{shown} {'minor' if minor else 'major'}"


def tempo_words(name: str, data: bytes) -> str:
    """`tempo 120.00`, in quarters per minute."""
    if len(data) != 3:
        return ""
    micros = int.from_bytes(data, "big")
    return f"{name} {60_000_000 / micros:.2f}" if micros else f"{name} 0 us"


def metre_words(name: str, data: bytes) -> str:
    """`time signature 6/8`."""
    return f"{name} {data[0]}/{1 << min(data[1], 30)}" if len(data) >= 2 else ""


def key_signature_words(name: str, data: bytes) -> str:
    """`key B♭ major`; the count of sharps where no key has so many."""
    if len(data) != 2 or data[1] >= 2:
        return ""
    sharps = (data[0] + 128) % 256 - 128
    return f"key {key_words(sharps, data[1] == 1)}" if -8 < sharps < 8 else f"{name} of {sharps} sharps"


def text_words(name: str, data: bytes) -> str:
    """`lyric "la"`."""
    return f"{name} {quoted(data)}"


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
