"""Lines and repeats of two people: each keeps both of its own ends, or it is a question."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from muse.domain import FileMerge
from muse.plugins.score.plugin import ScorePlugin

from .score_kit import chord, merge, musescore, note, plain, put, strings, tune, version

Edit = Callable[[list[list[list[str]]]], object]


def before(part: int, at: int, beat: int, text: str) -> Edit:
    def edit(parts: list[list[list[str]]]) -> None:
        parts[part][at][beat] = text + parts[part][at][beat]

    return edit


def behind(part: int, at: int, beat: int, text: str) -> Edit:
    def edit(parts: list[list[list[str]]]) -> None:
        parts[part][at][beat] += text

    return edit


def within(part: int, at: int, beat: int, text: str) -> Edit:
    def edit(parts: list[list[list[str]]]) -> None:
        parts[part][at][beat] = parts[part][at][beat].replace("</note>", f"{text}</note>")

    return edit


def slur(first: int, last: int, number: int = 1) -> list[Edit]:
    ends = [f'<notations><slur type="{kind}" number="{number}"/></notations>' for kind in ("start", "stop")]
    return [within(0, first, 0, ends[0]), within(0, last, 3, ends[1])]


def signs(first: int, last: int, tag: str, kind: str, more: str = "") -> list[Edit]:
    start, stop = (
        f'\n      <direction><direction-type><{tag} type="{each}"{more}/></direction-type></direction>'
        for each in (kind, "stop")
    )
    return [before(0, first, 0, start), behind(0, last, 3, stop)]


def barlines(first: int, last: int, start: str, stop: str) -> list[Edit]:
    return [
        edit
        for part in range(2)
        for edit in (
            before(part, first, 0, f'\n      <barline location="left">{start}</barline>'),
            behind(part, last, 3, f'\n      <barline location="right">{stop}</barline>'),
        )
    ]


def repeat(first: int, last: int) -> list[Edit]:
    return barlines(first, last, '<repeat direction="forward"/>', '<repeat direction="backward"/>')


def ending(first: int, last: int) -> list[Edit]:
    return barlines(first, last, '<ending number="1" type="start"/>', '<ending number="1" type="stop"/>')


CROSSED = {
    "slurs": (slur(1, 3), slur(2, 4)),
    "a slur in a slur": (slur(1, 5), slur(2, 4)),
    "hairpins": (signs(1, 3, "wedge", "crescendo"), signs(2, 4, "wedge", "diminuendo")),
    "pedals": (signs(1, 3, "pedal", "start"), signs(2, 4, "pedal", "start")),
    "octave lines": (signs(1, 3, "octave-shift", "down", ' size="8"'), signs(2, 4, "octave-shift", "up", ' size="8"')),
    "repeats": (repeat(2, 5), repeat(4, 7)),
    "endings": (ending(2, 4), ending(3, 6)),
}
APART = {
    "slurs": (slur(1, 3), slur(4, 5)),
    "slurs with two numbers": (slur(1, 3), slur(2, 4, 2)),
    "hairpins": (signs(1, 2, "wedge", "crescendo"), signs(3, 4, "wedge", "diminuendo")),
    "repeats": (repeat(1, 2), repeat(5, 6)),
    "repeats side by side": (repeat(1, 3), repeat(4, 6)),
    "endings": (ending(1, 2), ending(3, 3)),
}


@pytest.mark.parametrize("name", CROSSED)
@pytest.mark.parametrize("turned", [False, True], ids=["so", "turned"])
def test_two_lines_of_one_number_are_not_given_each_others_ends(name: str, turned: bool) -> None:
    ours, theirs = (version(*edits) for edits in (CROSSED[name][::-1] if turned else CROSSED[name]))
    merged = merge(version(), ours, theirs)
    assert len(merged.conflicts) == 1 and "another one's" in merged.notes[0]
    assert merged.content == ours


@pytest.mark.parametrize("name", APART)
@pytest.mark.parametrize("turned", [False, True], ids=["so", "turned"])
def test_lines_that_do_not_meet_are_both_there(name: str, turned: bool) -> None:
    one, two = APART[name][::-1] if turned else APART[name]
    merged = merge(version(), version(*one), version(*two))
    assert not merged.conflicts, merged.notes
    assert merged.content == version(*APART[name][0], *APART[name][1])


@pytest.mark.parametrize("pick", ["ours", "theirs"])
def test_an_answer_about_another_bar_does_not_settle_them(pick: str) -> None:
    base = version()
    ours = version(*slur(1, 3), put(0, 6, 1, note("A", 2)))
    theirs = version(*slur(2, 4), put(0, 6, 1, note("B", 2)))
    merged = merge(base, ours, theirs, {"P1/measure:7": pick})  # type: ignore[dict-item]
    assert merged.conflicts and merged.content == ours


def test_a_line_into_a_bar_in_question_is_settled_with_it() -> None:
    base, theirs = version(), version(*slur(1, 3))
    ours = version(put(0, 3, 3, note("A", 2)))
    merged = merge(base, ours, theirs)
    assert not merged.conflicts
    ours = version(put(0, 3, 3, note("A", 2, "<lyric><text>la</text></lyric>")))
    theirs = version(*slur(1, 3), put(0, 3, 3, note("B", 2)), *slur(1, 3)[1:])
    merged = merge(base, ours, theirs)
    assert [record.address for record in merged.conflicts] == ["P1/measure:4"]
    settled = merge(base, ours, theirs, {"P1/measure:4": "theirs"})
    assert not settled.conflicts and plain(settled.content) == plain(theirs)


@pytest.mark.parametrize("pick", ["ours", "theirs"])
def test_an_answer_about_another_bar_does_not_settle_a_time_signature(pick: str) -> None:
    three = version(put(0, 6, 1, note("A", 2))).replace(b"<beats>4</beats>", b"<beats>3</beats>")
    other = version(lambda parts: [part.insert(4, tune(5)) for part in parts], put(0, 7, 1, note("B", 2)))
    for sides in ((three, other), (other, three)):
        merged = merge(version(), *sides, {"P1/measure:7": pick})  # type: ignore[dict-item]
        assert merged.conflicts and "time signature" in merged.notes[0]


# MuseScore -----------------------------------------------------------------------------------------------------------


def spanner(kind: str, inner: str, away: str) -> str:
    end = "prev" if "-" in away else "next"
    return f'<Spanner type="{kind}">{inner}<{end}><location>{away}</location></{end}></Spanner>'


def both_ways(base: bytes, ours: bytes, theirs: bytes) -> list[FileMerge]:
    return [ScorePlugin().merge_file("a.mscx", base, *sides) for sides in ((ours, theirs), (theirs, ours))]


def test_a_tie_between_two_pitches_is_a_question() -> None:
    base = strings()
    base[1][0], base[1][1] = chord(70), chord(70)
    ours, theirs = [list(bar) for bar in base], [list(bar) for bar in base]
    start = spanner("Tie", "<Tie></Tie>", "<fractions>1/4</fractions>")
    stop = spanner("Tie", "", "<fractions>-1/4</fractions>")
    ours[1][:2] = [chord(70).replace("<Note>", f"<Note>{end}") for end in (start, stop)]
    theirs[1][1] = chord(72)
    for merged in both_ways(musescore(base), musescore(ours), musescore(theirs)):
        assert merged.conflicts and "a tie of Viola" in merged.notes[0]
    theirs[1][:2] = [chord(70), chord(70)]
    theirs[1][2] = chord(90)
    for merged in both_ways(musescore(base), musescore(ours), musescore(theirs)):
        assert not merged.conflicts
        assert merged.content == musescore([*ours[:1], [*ours[1][:2], chord(90), ours[1][3]], *ours[2:]])


def with_volta(first: int, last: int) -> bytes:
    bars = strings()
    away = last - first
    bars[first].insert(0, spanner("Volta", "<Volta><endings>1</endings></Volta>", f"<measures>{away}</measures>"))
    bars[last].insert(0, spanner("Volta", "", f"<measures>-{away}</measures>"))
    return musescore(bars)


def with_repeat(first: int, last: int) -> bytes:
    bars = musescore(strings()).split(b"<Measure>\n")
    bars[first] = b"<startRepeat/>\n" + bars[first]
    bars[last] = b"<endRepeat>2</endRepeat>\n" + bars[last]
    return b"<Measure>\n".join(bars)


@pytest.mark.parametrize("made", [with_volta, with_repeat])
def test_endings_and_repeats_of_two_people_do_not_cross(made: Callable[[int, int], bytes]) -> None:
    base = musescore(strings())
    for merged in both_ways(base, made(1, 3), made(2, 5)):
        assert merged.conflicts and "another one's" in merged.notes[0]
    for merged in both_ways(base, made(1, 2), made(3, 5)):
        assert not merged.conflicts
