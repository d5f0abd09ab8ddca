"""Names a musician reads: pitches, note values, places in a bar, keys, signs.

`MUSE_WORDS` with `ascii` in it spells flats and sharps with letters, as for MIDI.
"""

from __future__ import annotations

import os
import re
from fractions import Fraction

from muse.plugins.score.values import printable

STEPS = "FCGDAEB"
_FLAT, _SHARP = "\u266d", "\u266f"
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SIGN = re.compile(
    r"^(?:artic|ornament|dynamic|brass|strings|woodwinds|plucked|ped|metronome)(?=[A-Z])|(?:Above|Below)$"
)
_MOST = 80


def plain() -> bool:
    """True when the person asked for letters instead of the signs."""
    return "ascii" in os.environ.get("MUSE_WORDS", "").split()


def accidental(alter: int) -> str:
    """`♭`, `♯♯`; with letters where those were asked for."""
    flat, sharp = ("b", "#") if plain() else (_FLAT, _SHARP)
    return (sharp if alter > 0 else flat) * min(abs(alter), 4)


def value(length: Fraction, dots: int = 0, tuplet: Fraction = Fraction(1)) -> str:
    """A note value in whole notes: `1/8`, `1/4 dotted`, `1/8 triplet`, `1/16 in 4:5`."""
    name = str(length) if length != 1 else "1/1"
    if length > 1:
        name = f"{length} whole notes"
    dotted = ("", " dotted", " double dotted")[dots] if dots < 3 else f" with {dots} dots"
    odd = (
        ""
        if tuplet == 1
        else " triplet"
        if tuplet == Fraction(2, 3)
        else f" in {tuplet.numerator}:{tuplet.denominator}"
    )
    return name + dotted + odd


def beat(onset: Fraction, unit: int) -> str:
    """Where in a bar, from its start in whole notes: `at beat 2`, `at beat 2 + 1/8`; `unit` is 4 for quarters."""
    whole, rest = divmod(onset * unit, 1)
    inside = f" + {rest / unit}" if rest else ""
    return f"at beat {whole + 1}{inside}"


def key(fifths: int, mode: str) -> str:
    """`key B♭ major`; `key of 2 flats` where the mode is not written."""
    if mode in ("major", "minor") and -8 < fifths < 8:
        fifth = fifths + (3 if mode == "minor" else 0)
        return f"key {STEPS[(fifth + 1) % 7]}{accidental((fifth + 1) // 7)} {mode}"
    if not fifths:
        return "key without sharps or flats"
    name = "sharp" if fifths > 0 else "flat"
    return f"key of {abs(fifths)} {name}{'s' * (abs(fifths) != 1)}"


def sign(name: str) -> str:
    """A sign as people call it: `articStaccatoAbove` is `staccato`, `strong-accent` is `strong accent`."""
    return _CAMEL.sub(" ", _SIGN.sub("", _SIGN.sub("", name))).replace("-", " ").replace("_", " ").lower()


def quoted(text: str) -> str:
    """Text of a file in double quotes, on one line, without what a terminal would obey."""
    cut = text if len(text) <= _MOST else text[:_MOST] + "..."
    return '"' + printable(cut.replace("\\", "\\\\")).replace('"', '\\"') + '"'
