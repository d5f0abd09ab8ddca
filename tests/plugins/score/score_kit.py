"""Scores for tests: a tune in two parts as MusicXML, chords as MuseScore's, in packages, with edits to make in them."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable

from muse.core import options
from muse.domain import FileMerge
from muse.plugins.score.plugin import ScorePlugin

PLUGIN = ScorePlugin()
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 3.1 Partwise//EN" '
    '"http://www.musicxml.org/dtds/partwise.dtd">\n'
)


def note(step: str, octave: int, more: str = "", kind: str = "quarter") -> str:
    length = {"quarter": 1, "half": 2, "whole": 4}[kind]
    return (
        f"\n      <note><pitch><step>{step}</step><octave>{octave}</octave></pitch>"
        f"<duration>{length}</duration><voice>1</voice><type>{kind}</type>{more}</note>"
    )


def bar(number: int, notes: str, time: str = "") -> str:
    attributes = (
        "\n      <attributes><divisions>1</divisions>"
        f"<time><beats>{time}</beats><beat-type>4</beat-type></time></attributes>"
        if time
        else ""
    )
    return f'\n    <measure number="{number}" width="12{number}.5">{attributes}{notes}\n      </measure>'


STEPS = "CDEFGABC"


def tune(step: int) -> list[str]:
    return [note(STEPS[(step + at) % 7], 4 + at % 2) for at in range(4)]


def musicxml(parts: list[list[str]]) -> bytes:
    """Bars as the text of their notes; a part is a list of them."""
    names = "".join(
        f'\n    <score-part id="P{at}"><part-name>{name}</part-name></score-part>'
        for at, name in enumerate(["Flute", "Cello"], 1)
    )
    bodies = "".join(
        f'\n  <part id="P{at}">'
        + "".join(bar(number, text, "4" if number == 1 else "") for number, text in enumerate(bars, 1))
        + "\n    </part>"
        for at, bars in enumerate(parts, 1)
    )
    top = f'{HEAD}<score-partwise version="3.1">\n  <part-list>{names}\n    </part-list>'
    return f"{top}{bodies}\n  </score-partwise>\n".encode()


def piece() -> list[list[list[str]]]:
    """Two parts of eight bars, every bar unlike the others."""
    return [[tune(at + 3 * part) for at in range(8)] for part in range(2)]


def joined(parts: list[list[list[str]]]) -> bytes:
    return musicxml([["".join(notes) for notes in bars] for bars in parts])


def version(*edits: Callable[[list[list[list[str]]]], object]) -> bytes:
    parts = piece()
    for edit in edits:
        edit(parts)
    return joined(parts)


def put(part: int, at: int, beat: int, text: str) -> Callable[[list[list[list[str]]]], object]:
    def edit(parts: list[list[list[str]]]) -> None:
        parts[part][at][beat] = text

    return edit


def insert(at: int, *bars: list[str]) -> Callable[[list[list[list[str]]]], object]:
    def edit(parts: list[list[list[str]]]) -> None:
        for part in parts:
            part[at:at] = [list(notes) for notes in bars]

    return edit


def cut(at: int, end: int) -> Callable[[list[list[list[str]]]], object]:
    def edit(parts: list[list[list[str]]]) -> None:
        for part in parts:
            del part[at:end]

    return edit


def merge(base: bytes, ours: bytes, theirs: bytes, picks: dict[str, options.Choice] | None = None) -> FileMerge:
    with options.using(options.current()._replace(picks=picks or {})):
        return PLUGIN.merge_file("a.musicxml", base, ours, theirs)


def plain(data: bytes | None) -> bytes:
    """Without widths, which are layout and whose bar's they are does not matter."""
    return re.sub(rb' width="[^"]*"', b"", data or b"")


NEW = [note("A", 5), note("B", 5), note("A", 5), note("G", 5)]


def chord(pitch: int, more: str = "") -> str:
    return (
        f"<Chord><durationType>quarter</durationType>{more}<Note><pitch>{pitch}</pitch><tpc>14</tpc></Note></Chord>\n"
    )


def musescore(bars: list[list[str]], program: str = "3.2.3") -> bytes:
    first = "<TimeSig><sigN>4</sigN><sigD>4</sigD></TimeSig>"
    text = "".join(
        f"<Measure>\n<voice>\n{first if at == 0 else ''}{''.join(bars[at])}</voice>\n</Measure>\n"
        for at in range(len(bars))
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<museScore version="3.01">\n'
        f"<programVersion>{program}</programVersion>\n<Score>\n"
        '<Part>\n<Staff id="1"></Staff>\n<trackName>Viola</trackName>\n</Part>\n'
        f'<Staff id="1">\n{text}</Staff>\n'
        "</Score>\n</museScore>\n"
    ).encode()


def strings() -> list[list[str]]:
    return [[chord(60 + 3 * at + beat) for beat in range(4)] for at in range(6)]


def packed(score: bytes, *more: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in (("META-INF/container.xml", CONTAINER), ("score.xml", score), *more):
            package.writestr(zipfile.ZipInfo(name, (2020, 2, 2, 2, 2, 2)), data)
    return out.getvalue()


CONTAINER = b'<container><rootfiles><rootfile full-path="score.xml"/></rootfiles></container>'
