"""Scores: two people in one piece, in both formats, both ways round; what cannot be right is asked about."""

from __future__ import annotations

import pytest

from .score_kit import (
    NEW,
    PLUGIN,
    chord,
    cut,
    insert,
    joined,
    merge,
    musescore,
    note,
    plain,
    put,
    strings,
    tune,
    version,
)

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


def direction(inside: str, sound: str = "") -> str:
    return f"\n      <direction><direction-type>{inside}</direction-type>{sound}</direction>"


SIGNS = {
    "tempo": direction("<words>Presto</words>", '<sound tempo="180"/>'),
    "dynamic": direction("<dynamics><p/></dynamics>"),
    "clef": "\n      <attributes><clef><sign>C</sign><line>3</line></clef></attributes>",
    "key": "\n      <attributes><key><fifths>3</fifths></key></attributes>",
}


def signed(*names: str, text: str = "") -> bytes:
    before = "".join(SIGNS[name] for name in names) + text
    return version(put(0, 3, 0, before + tune(3)[0]))


@pytest.mark.parametrize(("one", "two"), [("key", "tempo"), ("dynamic", "tempo"), ("clef", "key"), ("clef", "dynamic")])
def test_signs_of_two_kinds_at_one_place_are_both_there(one: str, two: str) -> None:
    wanted = {signed(one, two), signed(two, one)}
    results = {merge(version(), *sides).content for sides in (map(signed, (one, two)), map(signed, (two, one)))}
    assert len(results) == 1 and results < wanted


def test_two_dynamics_at_one_place_are_one_question() -> None:
    loud = signed(text=direction("<dynamics><f/></dynamics>"))
    (record,) = merge(version(), signed("dynamic"), loud).conflicts
    assert record.address == "P1/measure:4"


def test_where_a_sign_was_dragged_to_comes_along_with_the_edit_of_another_bar() -> None:
    """Layout is no question; where only one side moved things, byte for byte, theirs is taken."""

    def dragged(data: bytes) -> bytes:
        return data.replace(b'width="122.5"', b'width="90"').replace(b"<note>", b'<note default-x="7">', 6)

    ours, theirs = version(put(1, 6, 2, note("A", 2))), dragged(version())
    for sides in ((ours, theirs), (theirs, ours)):
        merged = merge(version(), *sides)
        assert not merged.conflicts
        assert plain(merged.content) == plain(dragged(ours))


MOVED = b"<transpose><chromatic>-2</chromatic></transpose></attributes>"


def test_notes_are_not_put_under_another_transposition() -> None:
    """A part made one for another instrument, a note written for the old one: it would sound a tone lower."""
    ours = version().replace(b"</attributes>", MOVED, 1)
    for theirs in (version(put(0, 5, 2, note("A", 5))), version(insert(4, NEW))):
        for sides in ((ours, theirs), (theirs, ours)):
            merged = merge(version(), *sides)
            assert [record.address for record in merged.conflicts] == [""] and merged.content == sides[0]
            assert "transposition" in merged.notes[0]
    theirs = version(put(1, 5, 2, note("A", 2)))  # the other part is nobody's but theirs
    for sides in ((ours, theirs), (theirs, ours)):
        merged = merge(version(), *sides)
        assert not merged.conflicts
        assert plain(merged.content) == plain(theirs.replace(b"</attributes>", MOVED, 1))
