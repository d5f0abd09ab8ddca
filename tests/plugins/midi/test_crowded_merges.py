"""Merges that a search with random edits once got wrong: unpaired ons, one tick reordered, banks, tempos, whole tracks.

Each is the smallest file that shows it. `heard` are the events; a clean result must have both sides' edits.
"""

from __future__ import annotations

from collections import Counter

import pytest

from muse.core import options
from muse.domain import FileMerge
from muse.plugins.midi.file.codec import parse
from muse.plugins.midi.merge.file import merge_file

from .midi_kit import cc, notes_to_events, smf, song, tempo, track

Events = list[tuple[int, bytes]]
NAME = b"\xff\x03\x04"


def heard(data: bytes | None) -> list[Counter[tuple[int, bytes]]]:
    return [Counter(zip(each.ticks, each.bodies)) for each in parse(data or b"").tracks]


def both_ways(base: bytes, ours: bytes, theirs: bytes) -> tuple[FileMerge, FileMerge]:
    """The merge and its mirror image, which have to agree."""
    here, there = merge_file("a.mid", base, ours, theirs), merge_file("a.mid", base, theirs, ours)
    assert [record.address for record in here.conflicts] == [record.address for record in there.conflicts]
    return here, there


def clean(base: bytes, ours: bytes, theirs: bytes) -> list[Counter[tuple[int, bytes]]]:
    here, there = both_ways(base, ours, theirs)
    assert here.conflicts == []
    assert heard(here.content) == heard(there.content)
    return heard(here.content)


def picked(base: bytes, ours: bytes, theirs: bytes, kind: str) -> dict[str, list[Counter[tuple[int, bytes]]]]:
    """What comes of a conflict of this kind, unsettled and by each pick."""
    results = both_ways(base, ours, theirs)
    assert {record.conflict_type for record in results[0].conflicts} == {kind}
    found = {"open": heard(results[0].content)}
    for side in ("ours", "theirs", "base"):
        picks = {record.address: side for record in results[0].conflicts}
        with options.using(options.MergeOptions(picks=picks)):  # type: ignore[arg-type]
            settled = merge_file("a.mid", base, ours, theirs)
        assert settled.conflicts == []
        found[side] = heard(settled.content)
    return found


def one(*events: tuple[int, bytes]) -> bytes:
    return smf(track(sorted(events, key=lambda event: event[0]), end=960))


def test_a_deleted_on_does_not_come_back_because_the_other_side_paired_it() -> None:
    stuck, rest = (0, b"\x90\x48\x50"), (120, b"\xff\x01\1a")
    new = [(288, b"\x90\x48\x40"), (336, b"\x80\x48\0")]
    base, ours, theirs = one(stuck, rest), one(stuck, rest, *new), one(rest)
    found = picked(base, ours, theirs, "note_overlap")
    assert found["open"] == found["ours"] == heard(ours)
    assert found["theirs"] == heard(theirs)
    (record,) = merge_file("a.mid", base, ours, theirs).conflicts
    assert record.base_summary == "all C5: no note, 1 event without a partner"
    assert record.theirs_summary == "all C5: none"


def test_pitches_that_cannot_be_told_apart_cost_nothing_but_themselves() -> None:
    stuck: Events = [(0, b"\x90\x48\x50")]
    quiet, loud = (480, b"\x90\x3c\x40"), (480, b"\x90\x3c\x60")
    off = (600, b"\x80\x3c\0")
    base = one(*stuck, quiet, off)
    ours = one(*stuck, quiet, off, (288, b"\x90\x48\x40"), (336, b"\x80\x48\0"))
    theirs = one(loud, off)
    found = picked(base, ours, theirs, "note_overlap")
    assert found["open"] == heard(one(*stuck, loud, off, (288, b"\x90\x48\x40"), (336, b"\x80\x48\0")))
    assert found["theirs"] == heard(theirs)


def order(data: bytes | None, tick: int) -> list[bytes]:
    (only,) = parse(data or b"").tracks
    return [body for when, body in zip(only.ticks, only.bodies) if when == tick]


def test_a_new_event_keeps_its_place_when_the_other_side_reordered_the_tick() -> None:
    first, second, new = b"\x90\x3c\x40", cc(11, 100), b"\xff\x21\1\0"
    ends = [(480, b"\x80\x3c\x40")]
    base = smf(track([(0, first), (0, second), *ends]))
    ours = smf(track([(0, second), (0, first), *ends]))
    theirs = smf(track([(0, first), (0, second), (0, new), *ends]))
    for result in both_ways(base, ours, theirs):
        assert result.conflicts == []
        assert order(result.content, 0) == [second, first, b"\xff\x21\0"]


def test_equal_events_of_one_tick_are_not_an_order_to_keep() -> None:
    off, other = b"\x90\x3c\0", b"\x80\x3e\0"
    head: Events = [(0, b"\x90\x3e\x40"), (0, b"\x90\x3c\x40"), (10, b"\x90\x3c\x41")]
    tail: Events = [(96, off), (96, other), (96, off)]
    base = smf(track([*head, *tail]))
    ours = smf(track([*head, *tail, (200, cc(7, 1))]))
    theirs = smf(track([head[0], head[1], (5, b"\x90\x3c\x50"), (6, off), *head[2:], *tail]))
    for result in both_ways(base, ours, theirs):
        assert result.conflicts == []
        assert order(result.content, 96) == [off, other, off]


def test_one_change_both_made_is_read_alike_beside_another_edit() -> None:
    near = [(64, 144, 24), (64, 192, 24)]
    base = smf(track(notes_to_events(near, 1)))
    moved = notes_to_events(near[:1], 1) + notes_to_events(near[1:], 5)
    ours = smf(track(moved))
    theirs = smf(track(sorted([*moved, *notes_to_events([(64, 240, 24)], 1)], key=lambda event: event[0])))
    assert clean(base, ours, theirs) == heard(theirs)


def test_a_tempo_set_by_both_in_different_tracks_is_one_place() -> None:
    tracks: list[Events] = [[(0, NAME + b"head")], [(0, NAME + b"lead"), (0, b"\x90\x3c\x40"), (480, b"\x80\x3c\0")]]
    base = smf(*map(track, tracks))
    ours = smf(track([*tracks[0], (960, tempo(400000))]), track(tracks[1]))
    theirs = smf(track(tracks[0]), track([*tracks[1], (960, tempo(600000))]))
    found = picked(base, ours, theirs, "slot_value")
    assert [found[name] for name in ("open", "ours", "theirs", "base")] == [
        heard(each) for each in (ours, ours, theirs, base)
    ]


def test_a_tempo_both_brought_along_in_tracks_of_their_own() -> None:
    lead = track([(0, NAME + b"lead"), (0, b"\x90\x3c\x40"), (480, b"\x80\x3c\0")])
    base, ours, theirs = smf(lead, kind=1), *(smf(track([(0, tempo(speed))]), lead) for speed in (400000, 600000))
    found = picked(base, ours, theirs, "slot_value")
    speeds = [
        sorted(body for part in found[name] for _, body in part if body[:2] == b"\xff\x51")
        for name in ("open", "ours", "theirs", "base")
    ]
    assert speeds == [[b"\xff\x51\x06\x1a\x80"], [b"\xff\x51\x06\x1a\x80"], [b"\xff\x51\x09\x27\xc0"], []]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ([(96, cc(101, 0)), (96, cc(100, 1)), (96, cc(6, 64))], [(192, cc(6, 12))]),  # data of another parameter
        ([(96, cc(0, 5)), (96, b"\xc0\x07")], [(192, b"\xc0\x09")]),  # a program of another bank
    ],
)
def test_data_and_programs_never_act_on_what_the_other_side_selected(ours: Events, theirs: Events) -> None:
    shared: Events = [(0, cc(0, 1)), (0, b"\xc0\x01"), (10, cc(101, 0)), (10, cc(100, 0)), (10, cc(6, 2))]
    base, mine, other = one(*shared), one(*shared, *ours), one(*shared, *theirs)
    found = picked(base, mine, other, "curve_overlap")
    assert [found[name] for name in ("open", "ours", "theirs", "base")] == [
        heard(each) for each in (mine, mine, other, base)
    ]


@pytest.mark.parametrize("edited", [False, True])
def test_a_track_that_moved_in_time_and_place_is_still_the_one_the_other_side_deleted(edited: bool) -> None:
    """A bar put in is no edit of each track, so that the deletion stands; a note is one."""
    parts = [notes_to_events([(pitch + step, step * 240, 200) for step in range(12)], 1) for pitch in (40, 60)]
    new = track(notes_to_events([(30, 0, 100)], 3))
    moved = [[(tick + 1920 if tick >= 240 else tick, body) for tick, body in part] for part in parts]
    if edited:
        moved[1] += [(6000, b"\x90\x54\x40"), (6100, b"\x80\x54\x40")]
    base = smf(*map(track, parts))
    result, _ = both_ways(base, smf(new, *map(track, moved)), smf(track(parts[0]), kind=1))
    assert [record.conflict_type for record in result.conflicts] == ["track_delete_edit"] * edited
    if not edited:
        assert heard(result.content or b"") == heard(smf(new, track(moved[0])))


def test_a_part_changed_to_the_notes_of_another_part_is_not_taken_for_it() -> None:
    """Found in a real file, whose program also spelled every track anew."""

    def parts(*pitches: int, spelled: int = 0) -> bytes:
        rows = [
            [(0, NAME + b"part"), (0, bytes((0x90, pitch, 64))), (960, bytes((0x90, pitch, 0))[spelled:])]
            for pitch in pitches
        ]
        return smf(*map(track, rows))

    base, ours = parts(60, 64, 67, 72), parts(60, 64, 72, 72, spelled=1)
    theirs = smf(*(track([(0, NAME + b"part"), (0, bytes((0x90, pitch, 64))), (960, bytes((0x90, pitch, 0))), *more])
                   for pitch, more in ((60, []), (64, []), (67, []), (72, [(970, cc(7, 1))]))))  # fmt: skip
    expected = heard(ours)
    expected[3][970, cc(7, 1)] += 1
    assert clean(base, ours, theirs) == expected


def test_one_track_is_one_track_however_much_changed() -> None:
    notes = [(60, 0, 100), (67, 480, 100)]
    late = smf(track(notes_to_events([(pitch, onset + 4000, length) for pitch, onset, length in notes])))
    named = [(0, NAME + b"solo")]
    result, _ = both_ways(song(notes, named), song([*notes, (50, 900, 50)], named), late)
    assert not any("header" in note for note in result.notes)
    assert {record.conflict_type for record in result.conflicts} <= {"note_delete_edit", "note_attribute", "bar_map"}


def test_both_split_a_file_by_channel_and_one_used_a_channel_more() -> None:
    parts = [notes_to_events([(60, 0, 100), (62, 480, 100)], 0), notes_to_events([(40, 0, 900), (41, 960, 100)], 1)]
    base = smf(track(sorted(parts[0] + parts[1], key=lambda event: event[0])))
    solo = notes_to_events([(72, 480, 100)], 7)
    louder = notes_to_events([(60, 0, 100, 99), (62, 480, 100)], 0)
    ours = smf(track([]), track(parts[0]), track(parts[1]), track(solo))
    theirs = smf(track([]), track(louder), track(parts[1]))
    expected = smf(track([]), track(louder), track(parts[1]), track(solo))
    assert clean(base, ours, theirs) == heard(expected)


def test_a_track_both_added_is_there_once_however_it_is_spelled() -> None:
    lead = track(notes_to_events([(60, 0, 100)]))
    drums: Events = [(0, b"\x99\x24\x64"), (10, b"\x99\x24\0"), (20, b"\x99\x24\x60"), (30, b"\x99\x24\0")]
    spelled = [drums[0], *((tick, body[1:]) for tick, body in drums[1:])]  # running status
    base, ours, theirs = smf(lead, kind=1), smf(lead, track(drums)), smf(lead, track(spelled, end=960))
    assert clean(base, ours, theirs) == heard(ours)
    for result in both_ways(base, ours, theirs):
        assert parse(result.content or b"").tracks[1].end_tick == 960


@pytest.mark.parametrize("step", [12, -12])
def test_a_chord_moved_by_an_octave_onto_itself_stays_in_register(step: int) -> None:
    """Octave doublings: an exact match would take the one register's notes for the other's."""
    pitches = [48, 60, 52, 64]
    notes = [(pitch, beat * 480, 400) for beat in range(4) for pitch in pitches]
    moved = [(pitch + step, onset, length) for pitch, onset, length in notes]
    deleted = [note for note in notes if note[:2] != (60, 480)]
    result, _ = both_ways(song(notes), song(moved), song(deleted))
    assert [record.address for record in result.conflicts] == ["track:0/note:1:2:0:0:60#0"]
    louder = [(*note, 110) if note[:2] == (48, 960) else note for note in notes]
    expected_loud = [(*note, 110) if note[:2] == (48 + step, 960) else note for note in moved]
    assert clean(song(notes), song(moved), song(louder)) == heard(song(expected_loud))


def test_a_file_both_added_is_the_one_that_has_all_of_the_other() -> None:
    less = song([(60, 0, 100), (62, 480, 100)])
    more = song([(60, 0, 100), (64, 240, 100), (62, 480, 100)])
    other = song([(60, 0, 100), (65, 240, 100)])
    for base in (None, b""):
        for result in (merge_file("a.mid", base, less, more), merge_file("a.mid", base, more, less)):
            assert (result.content, result.conflicts) == (more, [])
        result = merge_file("a.mid", base, more, other)
        assert result.content == more
        assert [record.conflict_type for record in result.conflicts] == ["file_level"]
        assert "each has something the other has not" in result.notes[0]


def test_a_note_deleted_from_a_track_is_not_back_in_the_track_the_other_side_put_it_into() -> None:
    drums = notes_to_events([(36 + step % 3, step * 240, 100) for step in range(12)], 9)
    bass = notes_to_events([(40 + step, step * 240, 200) for step in range(8)], 1)
    head = track([(0, tempo(500000))])

    def mixed(*parts: Events) -> bytes:
        return smf(head, track(sorted((event for part in parts for event in part), key=lambda event: event[0])))

    base, split = mixed(bass, drums), smf(head, track(bass), track(drums))
    fewer = mixed(bass[2:], drums)  # without the first note of the part that has fewer of them
    result, _ = both_ways(base, split, fewer)
    assert [record.conflict_type for record in result.conflicts] == ["file_level"]
    louder = mixed([(0, bytes((0x91, 40, 99))), *bass[1:]], drums)
    result, _ = both_ways(base, split, louder)
    assert [record.conflict_type for record in result.conflicts] == ["note_delete_edit"]
    more = mixed([*bass, (5000, bytes((0x91, 30, 64))), (5100, bytes((0x81, 30, 64)))], drums)
    assert sum(clean(base, split, more), Counter())[5000, bytes((0x91, 30, 64))] == 1
