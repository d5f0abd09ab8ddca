"""Linked parts of MuseScore: what is edited in the score and in a player's part is put together in both, alike."""

from __future__ import annotations

import io
import zipfile

import pytest

from muse.core import options
from muse.domain import FileMerge

from .score_kit import PLUGIN, chord

REST = "<Rest><durationType>measure</durationType><duration>4/4</duration></Rest>\n"
Bars = list[str]
"""What each bar has in it."""


def tune(start: int) -> Bars:
    return ["".join(chord(start + bar + beat) for beat in range(4)) for bar in range(10)]


def viola() -> Bars:
    bars = tune(50)
    bars[2:9] = [REST] * 7
    return bars


def staff(number: int, bars: Bars, drawn: str = "") -> str:
    text = "".join(f"<Measure>\n<voice>\n{bar}</voice>\n</Measure>\n" for bar in bars)
    return f'<Staff id="{number}">\n{drawn}{text}</Staff>\n'


def part(number: int, name: str) -> str:
    return f'<Part>\n<Staff id="{number}"></Staff>\n<trackName>{name}</trackName>\n</Part>\n'


def linked(name: str, bars: Bars) -> str:
    several = "<Measure>\n<multiMeasureRest>7</multiMeasureRest>\n</Measure>\n"
    frame = f"<VBox>\n<Text>{name}</Text>\n</VBox>\n"
    return f"<Score>\n{part(1, name)}{staff(1, bars, frame + several)}<name>{name}</name>\n</Score>\n"


def document(inner: str, version: str = "3.02") -> bytes:
    return f'<?xml version="1.0"?>\n<museScore version="{version}">\n{inner}</museScore>\n'.encode()


def inside(flute: Bars, low: Bars, names: tuple[str, ...] = ("Flute", "Viola")) -> bytes:
    """As MuseScore 3 keeps it: the parts in the score."""
    parts = {"Flute": flute, "Viola": low}
    more = "".join(linked(name, parts[name]) for name in names)
    staves = part(1, "Flute") + part(2, "Viola") + staff(1, flute) + staff(2, low)
    return document(f"<Score>\n{staves}{more}</Score>\n")


def beside(flute: Bars, low: Bars, names: tuple[str, ...] = ("Flute", "Viola")) -> bytes:
    """As MuseScore 4 keeps it: the parts beside the score."""
    parts = {"Flute": flute, "Viola": low}
    staves = part(1, "Flute") + part(2, "Viola") + staff(1, flute) + staff(2, low)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr(
            "META-INF/container.xml", "<container><rootfiles><rootfile full-path='a.mscx'/></rootfiles></container>"
        )
        package.writestr("a.mscx", document(f"<Score>\n{staves}</Score>\n", "4.20"))
        for name in names:
            package.writestr(f"Excerpts/{name}/{name}.mscx", document(linked(name, parts[name]), "4.20"))
    return out.getvalue()


def put(bars: Bars, at: int, text: str) -> Bars:
    return [*bars[:at], text, *bars[at + 1 :]]


def shorter(bars: Bars, at: int) -> Bars:
    return bars[:at] + bars[at + 1 :]


def longer(bars: Bars, at: int) -> Bars:
    return [*bars[:at], REST, *bars[at:]]


def read(data: bytes | None) -> dict[str, bytes]:
    """The documents of a file."""
    if not (data or b"").startswith(b"PK"):
        return {"": data or b""}
    with zipfile.ZipFile(io.BytesIO(data or b"")) as package:
        return {name: package.read(name) for name in package.namelist()}


def merge(base: bytes, ours: bytes, theirs: bytes, picks: dict[str, options.Choice] | None = None) -> FileMerge:
    with options.using(options.current()._replace(picks=picks or {})):
        return PLUGIN.merge_file("a.mscz" if base.startswith(b"PK") else "a.mscx", base, ours, theirs)


NEW = chord(70) * 4
KINDS = pytest.mark.parametrize("made", [inside, beside], ids=["3", "4"])


@KINDS
@pytest.mark.parametrize("moved", [longer, shorter])
@pytest.mark.parametrize("at", [4, 9])
def test_a_bar_among_a_players_rests_is_where_it_is_in_the_score(made: object, moved: object, at: int) -> None:
    """The viola rests from bar 3 to 9; one side inserts or cuts a bar there, the other lets her play in bar 7."""
    flute, low = tune(72), viola()
    base, theirs = made(flute, low), made(flute, put(low, 6, NEW))  # type: ignore[operator]
    ours = made(moved(flute, at), moved(low, at))  # type: ignore[operator]
    wanted = made(moved(flute, at), moved(put(low, 6, NEW), at))  # type: ignore[operator]
    for sides in ((ours, theirs), (theirs, ours)):
        merged = merge(base, *sides)
        assert not merged.conflicts, merged.notes
        assert read(merged.content) == read(wanted)


@KINDS
def test_edits_of_two_players_meet_in_their_parts(made: object) -> None:
    flute, low = tune(72), viola()
    ours, theirs = made(put(flute, 4, NEW), put(low, 0, NEW)), made(put(flute, 7, NEW), put(low, 9, NEW))  # type: ignore[operator]
    wanted = made(put(put(flute, 4, NEW), 7, NEW), put(put(low, 0, NEW), 9, NEW))  # type: ignore[operator]
    for sides in ((ours, theirs), (theirs, ours)):
        merged = merge(made(flute, low), *sides)  # type: ignore[operator]
        assert not merged.conflicts, merged.notes
        assert read(merged.content) == read(wanted)


@KINDS
def test_one_bar_two_ways_is_one_question_for_score_and_part(made: object) -> None:
    flute, low, other = tune(72), viola(), chord(81) * 4
    base = made(flute, low)  # type: ignore[operator]
    ours, theirs = made(put(flute, 4, NEW), low), made(put(put(flute, 4, other), 7, NEW), low)  # type: ignore[operator]
    merged = merge(base, ours, theirs)
    assert [record.address for record in merged.conflicts] == ["1/measure:5"]
    assert read(merged.content) == read(made(put(put(flute, 4, NEW), 7, NEW), low))  # type: ignore[operator]
    settled = merge(base, ours, theirs, {"1/measure:5": "theirs"})
    assert not settled.conflicts and read(settled.content) == read(theirs)


@KINDS
def test_a_new_part_and_an_edit_that_it_would_not_have(made: object) -> None:
    flute, low = tune(72), viola()
    base = made(flute, low, ("Flute",))  # type: ignore[operator]
    ours, theirs = made(flute, low), made(flute, put(low, 6, NEW), ("Flute",))  # type: ignore[operator]
    for sides in ((ours, theirs), (theirs, ours)):
        merged = merge(base, *sides)
        assert [record.address for record in merged.conflicts] == [""] and read(merged.content) == read(sides[0])
        assert "linked parts" in merged.notes[0]
