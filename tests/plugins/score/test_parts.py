"""Instruments that one side adds, takes out or moves, while the other one edits the rest; in both formats."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from muse.domain import FileMerge
from muse.plugins.score.plugin import ScorePlugin

Bars = list[int]
Parts = list[tuple[str, Bars]]
BASE: Parts = [("Flute", [60, 62, 64, 65]), ("Viola", [50, 52, 53, 55]), ("Cello", [40, 41, 43, 45])]
REST = 0


def musicxml(parts: Parts, listed: str = "") -> bytes:
    """Whole notes; ids are those of the place, as programs number them when they save."""
    entries = "".join(
        f'\n    <score-part id="P{n}">\n      <part-name>{name}</part-name>\n    </score-part>'
        for n, (name, _) in enumerate(parts, 1)
    )
    bodies = "".join(
        f'\n  <part id="P{n}">' + "".join(_measure(at, pitch) for at, pitch in enumerate(bars, 1)) + "\n  </part>"
        for n, (_, bars) in enumerate(parts, 1)
    )
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<score-partwise version="4.0">\n  <work/>'
    return f"{head}\n  <part-list>{listed}{entries}\n  </part-list>{bodies}\n</score-partwise>\n".encode()


def _measure(number: int, pitch: int) -> str:
    start = (
        "<attributes><divisions>2</divisions><time><beats>4</beats><beat-type>4</beat-type></time></attributes>"
        if number == 1
        else ""
    )
    step = "CDEFGAB"[pitch % 7]
    rest = '<rest measure="yes"/>'
    sound = f"<pitch><step>{step}</step><octave>{pitch // 10}</octave></pitch>" if pitch else rest
    sounds = f"<note>{sound}<duration>8</duration><voice>1</voice></note>"
    return f'\n    <measure number="{number}">{start}{sounds}</measure>'


def musescore(parts: Parts, listed: str = "") -> bytes:
    groups = "".join(
        f'\n<Part>\n<Staff id="{n}">\n</Staff>\n<trackName>{name}</trackName>\n</Part>'
        for n, (name, _) in enumerate(parts, 1)
    )
    start = "<TimeSig><sigN>4</sigN><sigD>4</sigD></TimeSig>"
    staves = ""
    for n, (_, bars) in enumerate(parts, 1):
        cells = "".join(
            f"\n<Measure><voice>{start if at == 0 else ''}"
            + (
                f"<Chord><durationType>whole</durationType><Note><pitch>{pitch}</pitch></Note></Chord>"
                if pitch
                else "<Rest><durationType>measure</durationType><duration>4/4</duration></Rest>"
            )
            + "</voice></Measure>"
            for at, pitch in enumerate(bars)
        )
        frame = "\n<VBox><Text><text>Title</text></Text></VBox>" if n == 1 else ""
        staves += f'\n<Staff id="{n}">{frame}{cells}\n</Staff>'
    top = '<?xml version="1.0" encoding="UTF-8"?>\n<museScore version="4.20">\n<Score>\n<Division>480</Division>'
    return f"{top}{listed}{groups}{staves}\n</Score>\n</museScore>\n".encode()


def merge(write: Callable[..., bytes], ours: Parts, theirs: Parts, base: Parts = BASE) -> FileMerge:
    path = "a.mscx" if write is musescore else "a.musicxml"
    return ScorePlugin().merge_file(path, write(base), write(ours), write(theirs))


def edited(part: int, bar: int, pitch: int, parts: Parts = BASE) -> Parts:
    return [
        (name, [pitch if (n, at) == (part, bar) else old for at, old in enumerate(bars)])
        for n, (name, bars) in enumerate(parts)
    ]


def inserted(at: int, pitch: int, parts: Parts = BASE) -> Parts:
    return [(name, [*bars[:at], pitch, *bars[at:]]) for name, bars in parts]


TUBA = ("Tuba", [30, 31, 33, 34])
CHANGES: dict[str, tuple[Parts, Parts, Parts]] = {
    "taken out, another edited": (
        [BASE[0], BASE[2]],
        edited(2, 3, 47),
        [BASE[0], ("Cello", [40, 41, 43, 47])],
    ),
    "taken out, bars inserted": ([BASE[0], BASE[2]], inserted(2, 57), inserted(2, 57, [BASE[0], BASE[2]])),
    "moved to the front": (
        [BASE[2], BASE[0], BASE[1]],
        edited(0, 1, 69),
        [BASE[2], ("Flute", [60, 69, 64, 65]), BASE[1]],
    ),
    "added in the middle": (
        [BASE[0], TUBA, *BASE[1:]],
        edited(1, 2, 59),
        [BASE[0], TUBA, ("Viola", [50, 52, 59, 55]), BASE[2]],
    ),
    "added, bars inserted": (
        [*BASE, TUBA],
        inserted(2, 57),
        [*inserted(2, 57), ("Tuba", [30, 31, REST, 33, 34])],
    ),
    "taken out and edited by one": (
        edited(0, 0, 67, [BASE[0], BASE[2]]),
        edited(2, 3, 47),
        [("Flute", [67, 62, 64, 65]), ("Cello", [40, 41, 43, 47])],
    ),
}


def same(data: bytes | None) -> bytes:
    """Without line ends, and with a rest of a whole bar written in one way."""
    return b"".join((data or b"").split())


@pytest.mark.parametrize("write", [musicxml, musescore])
@pytest.mark.parametrize("name", CHANGES)
def test_parts_of_one_side_and_edits_of_the_other(write: Any, name: str) -> None:
    moved, other, wanted = CHANGES[name]
    for sides in ((moved, other), (other, moved)):
        merged = merge(write, *sides)
        assert not merged.conflicts, merged.notes
        assert same(merged.content) == same(write(wanted))


@pytest.mark.parametrize("write", [musicxml, musescore])
@pytest.mark.parametrize(
    ("ours", "theirs", "said"),
    [
        ([BASE[0], BASE[2]], edited(1, 2, 59), "one side took Viola out, the other one edited it"),
        ([BASE[0], BASE[2]], [*BASE, TUBA], "both sides added, took out or moved parts"),
    ],
    ids=["edited", "both"],
)
def test_what_is_asked_about_parts(write: Any, ours: Parts, theirs: Parts, said: str) -> None:
    for sides in ((ours, theirs), (theirs, ours)):
        merged = merge(write, *sides)
        assert [record.address for record in merged.conflicts] == [""]
        assert merged.content == write(sides[0]) and said in merged.notes[0]


def test_a_key_in_all_parts_and_a_new_part_are_asked_about() -> None:
    key = b"<voice><KeySig><accidental>2</accidental></KeySig>"
    theirs = musescore(BASE).replace(b"<Measure><voice><Chord>", b"<Measure>" + key + b"<Chord>")
    merged = ScorePlugin().merge_file("a.mscx", musescore(BASE), musescore([*BASE, TUBA]), theirs)
    assert merged.conflicts and "added a part, the other changed key, time or bar lines in bar 2" in merged.notes[0]
