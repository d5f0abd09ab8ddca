"""What belongs to a note, a chord or a bar goes with it: where that one is another thing now, it is a question."""

from __future__ import annotations

import pytest

from muse.plugins.score.plugin import ScorePlugin

from .score_kit import chord, merge, musescore, note, put, strings, version

REST = note("A", 3).replace("<pitch><step>A</step><octave>3</octave></pitch>", "<rest/>")
GRACE = note("F", 5).replace("<note>", "<note><grace/>").replace("<duration>1</duration>", "")
TONES = (note("C", 4), note("E", 4), note("G", 4))


def tone(step: str, kind: str = "quarter", more: str = "") -> str:
    return note(step, 4, more, kind).replace("<note>", "<note><chord/>")


def sung(step: str) -> str:
    return note(step, 3, "<lyric><text>la</text></lyric>")


def fingered(step: str) -> str:
    return tone(step, more="<notations><technical><fingering>3</fingering></technical></notations>")


def bar(*beats: str) -> bytes:
    def edit(parts: list[list[list[str]]]) -> None:
        parts[0][2] = list(beats)

    return version(edit)


D, TWO = note("D", 5), note("F", 4)
XML = {
    "words and a rest": (bar(TWO, note("A", 3), D), bar(TWO, sung("A"), D), bar(TWO, REST, D)),
    "a grace note and a rest": (bar(TWO, note("A", 3), D), bar(TWO, GRACE, note("A", 3), D), bar(TWO, REST, D)),
    "a tone and a longer chord": (
        bar(note("C", 4), tone("E"), D, TWO),
        bar(note("C", 4), tone("E"), tone("G"), D, TWO),
        bar(note("C", 4, kind="half"), tone("E", "half"), TWO),
    ),
    "a fingering and another chord": (
        bar(note("C", 4), tone("E"), D, TWO),
        bar(note("C", 4), fingered("E"), D, TWO),
        bar(note("E", 4), tone("G"), D, TWO),
    ),
}


@pytest.mark.parametrize("name", XML)
@pytest.mark.parametrize("turned", [False, True], ids=["so", "turned"])
def test_musicxml(name: str, turned: bool) -> None:
    base, ours, theirs = XML[name]
    if turned:
        ours, theirs = theirs, ours
    merged = merge(base, ours, theirs)
    assert [record.address for record in merged.conflicts] == ["P1/measure:3"]
    assert merged.content == ours


@pytest.mark.parametrize("turned", [False, True], ids=["so", "turned"])
def test_what_stays_a_note_keeps_what_it_gets(turned: bool) -> None:
    base = bar(TWO, note("A", 3), D)
    sides = bar(TWO, GRACE, note("A", 3), D), bar(TWO, sung("B"), D)
    merged = merge(base, *(sides[::-1] if turned else sides))
    assert not merged.conflicts
    assert merged.content == bar(TWO, GRACE, sung("B"), D)


def tempo(part: int, minute: int) -> bytes:
    mark = f"<direction-type><metronome><beat-unit>quarter</beat-unit><per-minute>{minute}</per-minute></metronome>"
    return version(
        put(part, 4, 0, f"<direction>{mark}</direction-type><sound tempo='{minute}'/></direction>" + note("C", 4))
    )


def test_two_tempos_at_one_time_are_a_question_also_in_two_parts() -> None:
    base = version(put(0, 4, 0, note("C", 4)), put(1, 4, 0, note("C", 4)))
    ours, theirs = tempo(0, 120), tempo(1, 90)
    for sides in ((ours, theirs), (theirs, ours)):
        merged = merge(base, *sides)
        assert merged.conflicts and "tempo in bar 5" in merged.notes[0]
        assert merged.content == sides[0]
    assert not merge(base, ours, tempo(1, 120)).conflicts


# MuseScore -----------------------------------------------------------------------------------------------------------


def measure(number: int, change: str) -> bytes:
    """The strings with something put into the start tag of a bar, or with a second voice."""
    bars = musescore(strings()).decode().split("<Measure>")
    if change.startswith("<voice>"):
        bars[number] = bars[number].replace("</voice>\n", f"</voice>\n{change}", 1)
        return "<Measure>".join(bars).encode()
    return ("<Measure>".join(bars[:number]) + f"<Measure {change}>" + "<Measure>".join(bars[number:])).encode()


def viola(*chords: str) -> bytes:
    bars = strings()
    bars[1] = list(chords)
    return musescore(bars)


def symbol(root: int, name: str) -> bytes:
    info = f"<Harmony><harmonyInfo><name>{name}</name><root>{root}</root></harmonyInfo></Harmony>\n"
    return viola(info, *strings()[1])


LOW = "<voice>\n" + "".join(chord(40 + beat) for beat in range(4)) + "</voice>\n"
BEATS = strings()[1]
SHORT = "<Rest><durationType>quarter</durationType></Rest>\n"
UP = "<Chord><acciaccatura/><durationType>eighth</durationType><Note><pitch>71</pitch></Note></Chord>\n"
MSCX = {
    "a shorter bar and a second voice": (measure(2, 'len="3/4"'), measure(2, LOW)),
    "two lengths of a bar": (measure(2, 'len="3/4"'), measure(2, 'len="2/4"')),
    "a grace note and a rest": (viola(BEATS[0], UP, *BEATS[1:]), viola(BEATS[0], SHORT, *BEATS[2:])),
}


@pytest.mark.parametrize("name", [*MSCX, "a chord symbol of 4.6"])
@pytest.mark.parametrize("turned", [False, True], ids=["so", "turned"])
def test_musescore(name: str, turned: bool) -> None:
    base, sides = musescore(strings()), MSCX.get(name)
    if sides is None:
        base, sides = symbol(14, ""), (symbol(16, ""), symbol(14, "m"))
    ours, theirs = sides[::-1] if turned else sides
    merged = ScorePlugin().merge_file("a.mscx", base, ours, theirs)
    assert [record.address for record in merged.conflicts] == ["1/measure:2"]
    assert merged.content == ours
