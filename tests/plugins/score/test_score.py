"""Scores: two people in one piece, in both formats, both ways round; what cannot be right is asked about."""

from __future__ import annotations

import io
import random
import re
import zipfile
from collections.abc import Callable

import pytest

from muse.core import options
from muse.domain import FileMerge
from muse.engine.resolve.groups import grouped
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
CLEAN = {
    "two bars": (put(0, 1, 0, note("B", 6)), put(0, 5, 3, note("A", 2))),
    "side by side": (put(0, 1, 0, note("B", 6)), put(0, 2, 3, note("A", 2))),
    "one bar, two parts": (put(0, 3, 0, note("B", 6)), put(1, 3, 0, note("A", 2))),
    "one bar, two notes": (put(0, 3, 0, note("B", 6)), put(0, 3, 3, note("A", 2))),
    "bars inserted before": (insert(2, NEW, NEW[::-1]), put(1, 6, 2, note("A", 2))),
    "bars inserted behind": (insert(7, NEW), put(1, 2, 2, note("A", 2))),
    "bars cut before": (cut(1, 3), put(1, 6, 2, note("A", 2))),
    "both insert": (insert(2, NEW), insert(6, NEW[::-1])),
    "one cuts, one inserts": (cut(1, 2), insert(6, NEW)),
}


@pytest.mark.parametrize("name", CLEAN)
@pytest.mark.parametrize("turned", [False, True], ids=["so", "turned"])
def test_edits_of_different_things_meet_exactly(name: str, turned: bool) -> None:
    ours, theirs = CLEAN[name]
    sides = [version(ours), version(theirs)]
    merged = merge(version(), *(sides[::-1] if turned else sides))
    assert not merged.conflicts, merged.notes
    later_first = [theirs, ours] if name in ("both insert", "one cuts, one inserts") else [ours, theirs]
    if name.startswith("bars"):
        later_first = [theirs, ours]  # the edit counts its bars in the base
    assert plain(merged.content) == plain(version(*later_first))


def test_words_on_one_note_and_its_pitch() -> None:
    sung = note("C", 4, "<lyric><text>la</text></lyric>")
    ours = version(put(0, 0, 0, sung))
    theirs = version(put(0, 0, 0, note("D", 4)))
    for sides in ((ours, theirs), (theirs, ours)):
        merged = merge(version(), *sides)
        assert not merged.conflicts
        assert merged.content == version(put(0, 0, 0, note("D", 4, "<lyric><text>la</text></lyric>")))


def test_one_note_two_ways_is_one_question_in_words() -> None:
    base, ours, theirs = version(), version(put(0, 2, 1, note("A", 2))), version(put(0, 2, 1, note("B", 2)))
    merged = merge(base, ours, theirs)
    assert merged.content == ours
    (record,) = merged.conflicts
    assert record.address == "P1/measure:3"
    assert record.ours_summary == "Flute, bar 3: F5 1/4 -> A2 1/4 at beat 2"
    assert record.theirs_summary == "Flute, bar 3: F5 1/4 -> B2 1/4 at beat 2"
    for pick, wanted in (("ours", ours), ("theirs", theirs), ("base", base)):
        settled = merge(base, ours, theirs, {"P1/measure:3": pick})  # type: ignore[dict-item]
        assert not settled.conflicts
        assert plain(settled.content) == plain(wanted)


def test_a_bar_cut_and_edited_is_asked_about() -> None:
    ours, theirs = version(cut(3, 4)), version(put(0, 3, 0, note("B", 6)))
    for sides in ((ours, theirs), (theirs, ours)):
        merged = merge(version(), *sides)
        assert [record.address for record in merged.conflicts] == ["measures:4"]
        assert plain(merged.content) == plain(sides[0])
        assert plain(merge(version(), *sides, {"measures:4": "theirs"}).content) == plain(sides[1])


def test_a_bar_inserted_among_equal_bars_may_stand_anywhere_there() -> None:
    def same(parts: list[list[list[str]]]) -> None:
        for part in parts:
            part[2:6] = [list(NEW) for _ in range(4)]

    base, ours = version(same), version(same, insert(3, NEW))
    theirs = version(same, put(0, 4, 0, note("B", 6)))
    for sides in ((ours, theirs), (theirs, ours)):
        merged = merge(base, *sides)
        assert len(merged.conflicts) == 1
        assert plain(merged.content) == plain(sides[0])
    apart = merge(base, ours, version(same, put(0, 7, 0, note("B", 6))))
    assert not apart.conflicts
    assert plain(apart.content) == plain(version(same, put(0, 7, 0, note("B", 6)), insert(3, NEW)))


def loop(**edits: list[str]) -> bytes:
    """Eight equal bars; `bar3=notes` is another third one."""
    same = [note("C", 5, kind="half"), note("C", 5, kind="half")]
    return joined([[edits.get(f"bar{number}", same) for number in range(1, 9)] for _ in range(2)])


LOW, HIGH, SPLIT = (
    [note("C", 5, kind="half"), note("A", 3, kind="half")],
    [note("G", 6, kind="half"), note("C", 5, kind="half")],
    [note("C", 5, kind="half"), note("E", 5), note("F", 5)],
)


@pytest.mark.parametrize("turned", [False, True], ids=["so", "turned"])
def test_edited_bars_of_a_loop_stay_at_their_numbers(turned: bool) -> None:
    ours, theirs = loop(bar3=LOW, bar7=HIGH), loop(bar1=SPLIT, bar5=HIGH)
    merged = merge(loop(), *((theirs, ours) if turned else (ours, theirs)))
    assert not merged.conflicts
    assert plain(merged.content) == plain(loop(bar1=SPLIT, bar3=LOW, bar5=HIGH, bar7=HIGH))


def test_a_bar_like_those_of_a_loop_around_it_may_be_new_or_edited() -> None:
    new = [HIGH if number == 4 else [note("C", 5, kind="half")] * 2 for number in range(9)]
    merged = merge(loop(), joined([new, new]), loop(bar6=LOW))
    (conflict,) = merged.conflicts
    assert conflict.ours_summary == "1 bar inserted at bar 2" and merged.content == joined([new, new])


def test_a_rhythm_that_no_longer_fills_the_bar_is_asked_about() -> None:
    """Both shorten the bar elsewhere by making room for the same half note: together a beat would be missing."""
    base = version()
    ours = version(lambda parts: parts[0][2].__setitem__(slice(0, 2), [note("F", 4, kind="half")]))
    theirs = version(lambda parts: parts[0][2].__setitem__(slice(1, 3), [note("G", 4, kind="half")]))
    merged = merge(base, ours, theirs)
    assert [record.address for record in merged.conflicts] == ["P1/measure:3"]
    assert plain(merged.content) == plain(ours)


def test_a_time_signature_and_bars_of_the_old_one_are_asked_about() -> None:
    ours = version().replace(b"<beats>4</beats>", b"<beats>3</beats>")
    theirs = version(insert(4, NEW))
    merged = merge(version(), ours, theirs)
    assert [record.conflict_type for record in merged.conflicts] == ["file_level"]
    assert "time signature" in merged.notes[0]


def test_titles_are_text_of_their_own() -> None:
    titled = version().replace(b"\n  <part-list>", b"\n  <movement-title>Song</movement-title>\n  <part-list>", 1)
    merged = merge(version(), titled, version(put(0, 2, 1, note("A", 2))))
    assert not merged.conflicts
    assert b"<movement-title>Song</movement-title>" in (merged.content or b"")
    assert plain(merged.content) == plain(
        version(put(0, 2, 1, note("A", 2))).replace(
            b"\n  <part-list>", b"\n  <movement-title>Song</movement-title>\n  <part-list>", 1
        )
    )


# MuseScore -----------------------------------------------------------------------------------------------------------


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


def test_musescore_bars_and_the_programs_stamp() -> None:
    ours, theirs, both = strings(), strings(), strings()
    ours[1][0] = both[1][0] = chord(90)
    theirs[4][3] = both[4][3] = chord(91)
    merged = merge(musescore(strings()), musescore(ours, "3.6.2"), musescore(theirs, "3.5.0"))
    assert not merged.conflicts
    assert merged.content == musescore(both, "3.6.2")


def test_a_slur_is_longer_by_the_bar_inserted_and_its_note_another() -> None:
    start = '<Spanner type="Slur"><Slur></Slur><next><location><measures>2</measures></location></next></Spanner>'
    end = '<Spanner type="Slur"><prev><location><measures>-2</measures></location></prev></Spanner>'
    base = strings()
    base[1][0], base[3][0] = chord(63, start), chord(69, end)
    ours = [*base[:2], [chord(80 + beat) for beat in range(4)], *base[2:]]
    ours[1] = [chord(63, start.replace(">2<", ">3<")), *base[1][1:]]
    ours[4] = [chord(69, end.replace(">-2<", ">-3<")), *base[3][1:]]
    theirs, both = [list(bar) for bar in base], [list(bar) for bar in ours]
    theirs[1][0] = chord(64, start)
    both[1][0] = chord(64, start.replace(">2<", ">3<"))
    merged = merge(musescore(base), musescore(ours), musescore(theirs))
    assert not merged.conflicts
    assert merged.content == musescore(both)


@pytest.mark.parametrize("turned", [False, True], ids=["so", "turned"])
def test_a_tie_over_the_place_where_a_bar_is_inserted_is_asked_about(turned: bool) -> None:
    ends = [('<tie type="start"/>', 3, 2), ('<tie type="stop"/>', 0, 3)]
    tied = version(*(put(0, at, beat, note("A", 3, more)) for more, beat, at in ends))
    base = version(*(put(0, at, beat, note("A", 3)) for _, beat, at in ends))
    inserted = version(*(put(0, at, beat, note("A", 3)) for _, beat, at in ends), insert(3, NEW))
    elsewhere = version(*(put(0, at, beat, note("A", 3)) for _, beat, at in ends), insert(5, NEW))
    sides = [tied, inserted]
    merged = merge(base, *(sides[::-1] if turned else sides))
    assert [record.conflict_type for record in merged.conflicts] == ["file_level"]
    assert "a tie" in merged.notes[0]
    merged = merge(base, tied, elsewhere)
    assert not merged.conflicts
    assert plain(merged.content) == plain(
        version(*(put(0, at, beat, note("A", 3, more)) for more, beat, at in ends), insert(5, NEW))
    )


# Files and hostile bytes ---------------------------------------------------------------------------------------------


def packed(score: bytes, *more: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in (("META-INF/container.xml", CONTAINER), ("score.xml", score), *more):
            package.writestr(zipfile.ZipInfo(name, (2020, 2, 2, 2, 2, 2)), data)
    return out.getvalue()


CONTAINER = b'<container><rootfiles><rootfile full-path="score.xml"/></rootfiles></container>'


def test_packages_merge_inside_and_keep_their_members() -> None:
    base = packed(version(), ("Thumbnails/thumbnail.png", b"0"), ("Pictures/a.png", b"p"))
    ours = packed(version(put(0, 1, 0, note("B", 6))), ("Thumbnails/thumbnail.png", b"1"), ("Pictures/a.png", b"p"))
    theirs = packed(version(put(0, 5, 3, note("A", 2))), ("Thumbnails/thumbnail.png", b"2"), ("Pictures/a.png", b"q"))
    merged = PLUGIN.merge_file("a.mxl", base, ours, theirs)
    assert not merged.conflicts
    assert merged.content == PLUGIN.merge_file("a.mxl", base, ours, theirs).content
    with zipfile.ZipFile(io.BytesIO(merged.content or b"")) as package:
        assert package.namelist() == [
            "META-INF/container.xml",
            "score.xml",
            "Thumbnails/thumbnail.png",
            "Pictures/a.png",
        ]
        assert plain(package.read("score.xml")) == plain(
            version(put(0, 1, 0, note("B", 6)), put(0, 5, 3, note("A", 2)))
        )
        assert (package.read("Thumbnails/thumbnail.png"), package.read("Pictures/a.png")) == (b"1", b"q")
        assert package.getinfo("score.xml").date_time == (2020, 2, 2, 2, 2, 2)


BOMB = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]><score-partwise>&c;</score-partwise>'


@pytest.mark.parametrize(
    "bad",
    [
        BOMB,
        b"",
        b"<score-partwise>",
        b"<html></html>",
        b"<score-partwise><part id='P1'><measure/></part><part id='P1'><measure/></part></score-partwise>",
        b"<score-partwise>" + b"<a>" * 5000 + b"</a>" * 5000 + b"</score-partwise>",
        '<?xml version="1.0" encoding="UTF-16"?><score-partwise/>'.encode("utf-16"),
        b'<museScore version="2.06"><Score><Staff id="1"><Measure/></Staff></Score></museScore>',
        packed(version())[:-30],
        packed(b"nothing"),
        b"PK\x03\x04" + b"\0" * 40,
    ],
    ids=[
        "entities",
        "empty",
        "torn",
        "other",
        "one id",
        "deep",
        "utf-16",
        "musescore 2",
        "torn zip",
        "no xml",
        "zeros",
    ],
)
def test_what_is_no_score_is_never_merged_clean(bad: bytes) -> None:
    """Both sides changed it: whatever comes out, it is said."""
    other = bad.replace(b"measure", b"measure ")
    trios = [(version(), bad, version(cut(1, 2))), (bad, bad + b" ", other + b"\n\n")]
    for base, ours, theirs in trios[: 1 if bad.startswith(b"PK") else 2]:  # bytes behind a package change nothing in it
        merged = PLUGIN.merge_file("a.mxl", base, ours, theirs)
        assert merged.conflicts
        assert merged.notes
    with pytest.raises(ValueError):
        PLUGIN.listing(bad, "a.musicxml")


def test_a_member_that_leads_out_is_refused() -> None:
    bad = packed(version(), ("../../evil", b"x"))
    assert PLUGIN.merge_file("a.mxl", packed(version()), bad, packed(version(cut(1, 2)))).conflicts


def test_a_package_that_promises_more_than_any_score_is_refused_unopened() -> None:
    """The sizes of the directory are believed only as far as they refuse."""
    many = packed(version(), *((f"m{n}", b"") for n in range(1_000)))
    small = packed(version(), ("x.bin", b"\0" * 4_000))
    size = (4_000).to_bytes(4, "little")
    assert small.count(size) == 4  # packed and unpacked, before the member and in the directory
    for bad in (many, small.replace(size, (1 << 31).to_bytes(4, "little"))):
        merged = PLUGIN.merge_file("a.mxl", packed(version()), bad, packed(version(cut(1, 2))))
        assert merged.conflicts and merged.content == bad
        assert "more in it than is read" in merged.notes[0]
    liar = small.replace(size, (3_000).to_bytes(4, "little"))
    assert PLUGIN.merge_file("a.mxl", packed(version()), liar, packed(version(cut(1, 2)))).conflicts


@pytest.mark.parametrize(
    "declared",
    [
        '<!ENTITY x SYSTEM "file:///etc/passwd">',
        '<!ENTITY % x SYSTEM "http://127.0.0.1:9/x"> %x;',
        "<!ATTLIST part a CDATA 'b'>",
    ],
    ids=["file", "network", "attributes"],
)  # fmt: skip
def test_a_document_with_declarations_of_its_own_is_refused(declared: str) -> None:
    versions = [
        joined(piece()),
        version(put(0, 1, 0, note("B", 6))),
        version(put(1, 5, 0, note("B", 6))),
    ]
    odd = [data.replace(b'partwise.dtd">', f'partwise.dtd" [{declared}]>'.encode()) for data in versions]
    assert all(declared.encode() in data for data in odd)
    merged = PLUGIN.merge_file("a.musicxml", *odd)
    assert merged.conflicts and "entity declarations" in merged.notes[0]


def test_elements_nobody_knows_are_carried_along() -> None:
    def odd(data: bytes) -> bytes:
        data = data.replace(b"<voice>1", b'<x:wow xmlns:x="u"><![CDATA[</measure>]]></x:wow><voice>1', 9)
        return data.replace(b"<part-list>", b"<!-- <measure> --><unknown a='>'/><part-list>")

    ours, theirs = put(0, 1, 0, note("B", 6)), put(1, 5, 0, note("B", 6))
    merged = merge(odd(version()), odd(version(ours)), odd(version(theirs)))
    assert not merged.conflicts and merged.content == odd(version(ours, theirs))


def test_scores_that_have_nothing_in_common_leave_few_questions() -> None:
    def other(seed: int, bars: int) -> bytes:
        made = random.Random(seed)
        return musicxml(
            [["".join(note(made.choice("CDEFGAB"), made.randrange(2, 7)) for _ in range(4)) for _ in range(bars)]]
        )

    versions = other(1, 60), other(2, 55), other(3, 66)
    merged = merge(*versions)
    assert merged.content is not None
    assert 0 < len(grouped(merged.conflicts)) <= 10


# Differences ---------------------------------------------------------------------------------------------------------


def test_differences_are_words_and_can_be_applied_again() -> None:
    new = version(put(1, 2, 1, note("A", 2)))
    found = PLUGIN.diff_file("a.musicxml", version(), new)
    assert found is not None
    ops, summary = found
    assert summary == "Cello bar 3: B5 1/4 -> A2 1/4 at beat 2"
    assert [op["address"] for op in ops] == ["a.musicxml::P2/measure:3"]
    assert ops[0]["new_summary"] == "Cello, bar 3: B5 1/4 -> A2 1/4 at beat 2"  # type: ignore[typeddict-item]
    assert PLUGIN.patch_file("a.musicxml", version(), ops) == new
    inserted = PLUGIN.diff_file("a.musicxml", version(), version(insert(2, NEW)))
    assert inserted is not None and inserted[1] == "1 bar inserted at bar 3"


def test_the_listing_reads_as_music() -> None:
    lines = PLUGIN.listing(
        version(put(0, 0, 0, note("C", 4, "<lyric><text>la</text></lyric>"))), "a.musicxml"
    ).splitlines()
    assert lines[:5] == [
        "part Flute",
        "  bar 1",
        "    time signature 4/4",
        '    C4 1/4 "la" at beat 1',
        "    D5 1/4 at beat 2",
    ]
    assert "part Cello" in lines
