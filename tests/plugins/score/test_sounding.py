"""What the page draws and plays of a score, read back by mido."""

from __future__ import annotations

import io

import mido
import pytest

from muse.core.errors import FormatError
from muse.plugins.by_content import XmlPlugin
from muse.plugins.score.plugin import ScorePlugin

QUARTER = 10_080
CLARINET = b"""<score-partwise version="4.0"><part-list>
<score-part id="P1"><part-name>Clarinet</part-name>
<midi-instrument id="P1-I1"><midi-channel>1</midi-channel><midi-program>72</midi-program></midi-instrument>
</score-part>
<score-part id="P2"><part-name>Drums</part-name>
<midi-instrument id="P2-I36"><midi-channel>10</midi-channel><midi-unpitched>36</midi-unpitched></midi-instrument>
</score-part>
</part-list>
<part id="P1">
<measure number="0" implicit="yes"><attributes><divisions>2</divisions><key><fifths>2</fifths><mode>major</mode></key>
<time><beats>3</beats><beat-type>4</beat-type></time>
<transpose><diatonic>-1</diatonic><chromatic>-2</chromatic></transpose>
</attributes><direction><direction-type><dynamics><p/></dynamics></direction-type><sound tempo="90"/></direction>
<note><pitch><step>D</step><octave>5</octave></pitch><duration>2</duration><tie type="start"/><voice>1</voice></note>
</measure>
<measure number="1">
<note><pitch><step>D</step><octave>5</octave></pitch><duration>2</duration><tie type="stop"/><voice>1</voice></note>
<note><grace/><pitch><step>G</step><octave>5</octave></pitch><voice>1</voice></note>
<note><pitch><step>F</step><alter>1</alter><octave>5</octave></pitch><duration>4</duration><voice>1</voice></note>
<note><chord/><pitch><step>A</step><octave>5</octave></pitch><duration>4</duration><voice>1</voice></note>
<backup><duration>6</duration></backup>
<note><pitch><step>D</step><octave>4</octave></pitch><duration>6</duration><voice>2</voice></note></measure>
</part><part id="P2">
<measure number="0" implicit="yes"><attributes><divisions>4</divisions></attributes>
<note><rest/><duration>4</duration></note></measure>
<measure number="1"><note><unpitched><display-step>F</display-step><display-octave>4</display-octave></unpitched>
<duration>12</duration><instrument id="P2-I36"/></note></measure></part></score-partwise>"""
TRIPLETS = b"""<museScore version="4.20"><Score><Part><Staff id="1"/><trackName>Harp</trackName>
<Instrument><Channel><program value="46"/></Channel></Instrument></Part><Staff id="1">
<VBox><Text><text>A title</text></Text></VBox>
<Measure><voice><TimeSig><sigN>2</sigN><sigD>4</sigD></TimeSig><Tempo><tempo>2</tempo></Tempo>
<RehearsalMark><text><b>A</b></text></RehearsalMark>
<Tuplet><normalNotes>2</normalNotes><actualNotes>3</actualNotes></Tuplet>
<Chord><durationType>eighth</durationType><Note><pitch>60</pitch></Note><Note><pitch>64</pitch></Note></Chord>
<Rest><durationType>eighth</durationType></Rest>
<Chord><durationType>eighth</durationType><Note><pitch>67</pitch></Note></Chord><endTuplet/>
<Chord><durationType>quarter</durationType><Note><Spanner type="Tie"><Tie/><next/></Spanner>
<pitch>72</pitch></Note></Chord>
</voice></Measure><Measure><voice>
<Chord><dots>1</dots><durationType>quarter</durationType>
<Note><Spanner type="Tie"><prev/></Spanner><pitch>72</pitch></Note></Chord>
<Chord><acciaccatura/><durationType>eighth</durationType><Note><pitch>74</pitch></Note></Chord>
<Chord><durationType>eighth</durationType><Note><pitch>76</pitch></Note></Chord>
</voice><voice><location><fractions>1/4</fractions></location>
<Chord><durationType>quarter</durationType><Note><pitch>48</pitch></Note></Chord></voice></Measure></Staff></Score></museScore>"""


def song(data: bytes) -> mido.MidiFile:
    found = mido.MidiFile(file=io.BytesIO(ScorePlugin().played(data, "a.musicxml").midi))
    assert found.ticks_per_beat == QUARTER
    return found


def notes(track: mido.MidiTrack) -> list[tuple[float, float, int, int]]:
    """Onset and length in quarters, pitch, velocity."""
    now, held, found = 0, {}, []
    for event in track:
        now += event.time
        if event.type == "note_on":
            held[event.note] = (now, event.velocity)
        elif event.type == "note_off":
            start, velocity = held.pop(event.note)
            found.append((start / QUARTER, (now - start) / QUARTER, event.note, velocity))
    return sorted(found)


def signs(track: mido.MidiTrack) -> list[tuple[float, str, object]]:
    now, found = 0, []
    names = {"time_signature": ("numerator", "denominator"), "key_signature": ("key",), "set_tempo": ("tempo",)}
    for event in track:
        now += event.time
        for name in names.get(event.type, ("text",) if event.type == "marker" else ()):
            found.append((now / QUARTER, name, getattr(event, name)))
    return found


def test_a_transposing_part_sounds_and_a_tie_over_a_pick_up_is_one_note() -> None:
    clarinet, drums = song(CLARINET).tracks
    assert notes(clarinet) == [(0, 2, 72, 49), (1, 3, 60, 49), (2, 0.125, 77, 49), (2, 2, 76, 49), (2, 2, 79, 49)]
    assert signs(clarinet) == [
        (0, "tempo", 666_667),
        (0, "numerator", 1),
        (0, "denominator", 4),
        (0, "key", "C"),
        (1, "numerator", 3),
        (1, "denominator", 4),
    ]
    assert notes(drums) == [(1, 3, 35, 80)]
    assert {event.channel for event in drums if event.type == "note_on"} == {9}
    assert [event.program for event in clarinet if event.type == "program_change"] == [71]


def test_triplets_chords_voices_and_grace_notes_of_musescore() -> None:
    (harp,) = song(TRIPLETS).tracks
    third = pytest.approx(1 / 3)
    assert notes(harp) == [
        (0, third, 60, 80),
        (0, third, 64, 80),
        (pytest.approx(2 / 3), third, 67, 80),
        (1, 2.5, 72, 80),
        (3, 1, 48, 80),
        (3.5, 0.125, 74, 80),
        (3.5, 0.5, 76, 80),
    ]
    assert signs(harp) == [(0, "text", "A"), (0, "tempo", 500_000), (0, "numerator", 2), (0, "denominator", 4)]


def test_staves_that_are_only_counted_have_their_instrument() -> None:
    """MuseScore 4.4 and later write no ids into the list of instruments."""
    (harp,) = song(TRIPLETS.replace(b'<Staff id="1"/>', b"<Staff/>")).tracks
    assert [event.program for event in harp if event.type == "program_change"] == [46]
    assert harp.name == "Harp"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<duration>6</duration>", b"<duration>" + b"9" * 30 + b"</duration>"),
        (b"<divisions>2</divisions>", b"<divisions>0</divisions>"),
        (b"<octave>5</octave>", b"<octave>999999999</octave>"),
        (b"<beat-type>4</beat-type>", b"<beat-type>-7</beat-type>"),
        (b"<midi-program>72</midi-program>", b"<midi-program>99999</midi-program>"),
        (b"<duration>2</duration>", b"<duration>-2</duration>"),
        (b'tempo="90"', b'tempo="nan"'),
    ],
)
def test_numbers_out_of_all_bounds_are_drawn_or_refused(old: bytes, new: bytes) -> None:
    assert old in CLARINET
    try:
        song(CLARINET.replace(old, new))
    except FormatError as error:
        assert str(error) == "longer than can be drawn"


def test_xml_that_is_no_score_is_no_music() -> None:
    assert XmlPlugin().played(CLARINET, "a.xml").tracks == ("P1", "P2")
    with pytest.raises(FormatError):
        XmlPlugin().played(b"<project><a/></project>", "pom.xml")
