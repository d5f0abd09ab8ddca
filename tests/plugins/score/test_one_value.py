"""Values that several elements say together: half of one side's and half of the other's is nobody's."""

from __future__ import annotations

import pytest

from muse.plugins.score.plugin import ScorePlugin

from .score_kit import chord, musescore, note, strings, version

DIVISIONS = b"</divisions>"


def pitched(step: str, octave: int) -> bytes:
    return version(lambda parts: parts[0][2].__setitem__(1, note(step, octave)))


def with_attributes(text: str) -> bytes:
    return version().replace(DIVISIONS, DIVISIONS + text.encode())


def with_sign(text: str) -> bytes:
    return version(lambda parts: parts[0][2].insert(0, text))


def symbol(root: str, kind: str) -> bytes:
    return with_sign(f"<harmony><root><root-step>{root}</root-step></root><kind>{kind}</kind></harmony>")


def tempo(unit: str, minute: int) -> bytes:
    inner = f"<beat-unit>{unit}</beat-unit><per-minute>{minute}</per-minute>"
    return with_sign(f"<direction><direction-type><metronome>{inner}</metronome></direction-type></direction>")


def viola(text: str) -> bytes:
    bars = strings()
    bars[1][1] = text
    return musescore(bars)


def clef(sign: str, line: int) -> bytes:
    return with_attributes(f"<clef><sign>{sign}</sign><line>{line}</line></clef>")


def spelled(pitch: int, tpc: int) -> bytes:
    return viola(chord(pitch).replace("<tpc>14", f"<tpc>{tpc}"))


def lasting(kind: str, dots: int) -> bytes:
    """A chord and what fills the bar; the rest is of no matter where the length is in question."""
    dotted = f"<dots>{dots}</dots>" if dots else ""
    return viola(chord(64).replace("<durationType>quarter", f"{dotted}<durationType>{kind}"))


VALUES = {
    "a pitch": ("a.musicxml", pitched("A", 4), pitched("A", 5), pitched("B", 5)),
    "a pitch, the other half": ("a.musicxml", pitched("B", 4), pitched("B", 5), pitched("A", 4)),
    "a clef": ("a.musicxml", clef("G", 2), clef("C", 3), clef("C", 4)),
    "a key": (
        "a.musicxml",
        *(with_attributes(f"<key><fifths>{n}</fifths><mode>{mode}</mode></key>") for n, mode in
          ((0, "major"), (0, "minor"), (3, "minor"))),
    ),
    "a chord symbol": ("a.musicxml", symbol("C", "major"), symbol("D", "major"), symbol("C", "minor")),
    "a tempo": ("a.musicxml", tempo("quarter", 60), tempo("half", 60), tempo("quarter", 72)),
    "a spelling": ("a.mscx", spelled(60, 14), spelled(61, 21), spelled(61, 9)),
    "a length": ("a.mscx", lasting("quarter", 0), lasting("half", 0), lasting("half", 1)),
}  # fmt: skip


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("swapped", [False, True])
def test_one_value_is_one_question(name: str, swapped: bool) -> None:
    path, base, ours, theirs = VALUES[name]
    assert len({base, ours, theirs}) == 3
    if swapped:
        ours, theirs = theirs, ours
    merged = ScorePlugin().merge_file(path, base, ours, theirs)
    assert merged.conflicts and merged.content == ours


def test_both_may_make_the_same_of_a_value() -> None:
    same = version(lambda parts: parts[0][2].__setitem__(1, note("B", 5)))
    both = same.replace(b"<step>E</step>", b"<step>F</step>", 1)
    merged = ScorePlugin().merge_file("a.musicxml", pitched("A", 4), same, both)
    assert not merged.conflicts and merged.content == both
