"""Note-level merges: what merges, what conflicts, and what the bytes are."""

from __future__ import annotations

from muse.core import options
from muse.core.attributes import AttributeRule
from muse.domain import FileMerge
from muse.plugins.midi.file.codec import parse
from muse.plugins.midi.merge.file import merge_file

from .midi_kit import Spec, cc, notes_to_events, smf, song, tempo, track

SCALE: list[Spec] = [(60 + step, step * 480, 480) for step in range(8)]


def events(data: bytes) -> list[list[tuple[int, bytes]]]:
    """The events of each track, without their order inside a tick."""
    return [sorted(zip(track.ticks, track.bodies)) for track in parse(data).tracks]


def merged(base: bytes, ours: bytes, theirs: bytes) -> bytes:
    """A merge that has to be clean, and the same the other way round."""
    result, mirror = merge_file("a.mid", base, ours, theirs), merge_file("a.mid", base, theirs, ours)
    assert result.conflicts == [] == mirror.conflicts, (result, mirror)
    assert result.content is not None and mirror.content is not None
    assert sorted(events(result.content)) == sorted(events(mirror.content))
    assert merge_file("a.mid", base, result.content, theirs).content == result.content
    return result.content


def test_a_file_that_only_has_the_name_of_one_is_merged_as_git_merges_it() -> None:
    base = b"a\nb\nc\nd\ne\n"
    assert merge_file("a.mid", base, b"A" + base[1:], base[:-2] + b"E\n") == FileMerge(b"A\nb\nc\nd\nE\n")
    disputed = merge_file("a.mid", base, b"A" + base[1:], b"X" + base[1:])
    assert disputed.conflicts and b"<<<<<<< ours\nA\n=======\nX\n>>>>>>> theirs\n" in (disputed.content or b"")
    binary = merge_file("a.mid", b"\0a", b"\0b", b"\0c")
    assert (binary.content, len(binary.conflicts)) == (b"\0b", 1)


def conflict(base: bytes, ours: bytes, theirs: bytes) -> FileMerge:
    """A merge that has to conflict, with the same conflicts the other way round."""
    result, mirror = merge_file("a.mid", base, ours, theirs), merge_file("a.mid", base, theirs, ours)
    assert result.conflicts and mirror.conflicts
    assert [(c.address, c.conflict_type) for c in result.conflicts] == [
        (c.address, c.conflict_type) for c in mirror.conflicts
    ]
    assert [c.ours_summary for c in result.conflicts] == [c.theirs_summary for c in mirror.conflicts]
    return result


def edited(at: int, **change: int) -> list[Spec]:
    notes = [list(note) + [80, 64][len(note) - 3 :] for note in SCALE]
    for name, value in change.items():
        notes[at][("pitch", "onset", "length", "velocity", "release").index(name)] = value
    return [tuple(note) for note in notes]


BASE = song(SCALE)


def test_edits_of_different_notes() -> None:
    result = merged(BASE, song(edited(1, velocity=90)), song(edited(2, pitch=70)))
    both = edited(1, velocity=90)
    both[2] = (70, *both[2][1:])
    assert result == song(both)


def test_velocity_and_pitch_of_one_note() -> None:
    both = edited(3, pitch=71, velocity=99)
    assert merged(BASE, song(edited(3, pitch=71)), song(edited(3, velocity=99))) == song(both)


def test_the_same_edit_twice() -> None:
    base, one = song(SCALE), song(edited(3, pitch=71))
    other = song([*edited(3, pitch=71), (20, 0, 100)])
    assert merged(base, one, other) == other


def test_notes_added_by_both_in_one_chord() -> None:
    result = merged(BASE, song([*SCALE, (64 + 12, 0, 480)]), song([*SCALE, (67 + 12, 0, 480)]))
    assert result == song([*SCALE, (76, 0, 480), (79, 0, 480)])


def test_both_add_the_same_note() -> None:
    more = song([*SCALE, (76, 0, 480)])
    assert merged(BASE, more, song([*SCALE, (76, 0, 480), (79, 0, 480)])) == song([*SCALE, (76, 0, 480), (79, 0, 480)])


def test_delete_and_an_edit_elsewhere() -> None:
    result = merged(BASE, song(SCALE[:2] + SCALE[3:]), song(edited(5, velocity=1)))
    both = edited(5, velocity=1)
    assert result == song(both[:2] + both[3:])


def test_controller_and_notes() -> None:
    curve = [(480 * step, cc(7, 100 - step)) for step in range(4)]
    assert merged(BASE, song(SCALE, curve), song(edited(2, pitch=70))) == song(edited(2, pitch=70), curve)


def rmid(data: bytes, more: bytes = b"") -> bytes:
    """A file in the wrapper that some programs for Windows write; `more` are chunks behind it."""
    body = b"RMIDdata" + len(data).to_bytes(4, "little") + data + b"\0" * (len(data) & 1) + more
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def test_in_a_riff_wrapper_notes_merge_as_in_a_plain_file() -> None:
    about = b"LIST\x0c\0\0\0INFOINAM\0\0\0\0"
    base, ours, theirs = BASE, song(edited(1, velocity=99)), song([*SCALE, (90, 300, 31)], [(7, cc(7, 9))])
    plain = merge_file("a.mid", base, ours, theirs)
    assert plain.content is not None and not plain.conflicts and len({len(each) % 2 for each in (base, theirs)}) == 2
    for more in (b"", about):
        for sides in ((ours, theirs), (theirs, ours)):
            found = merge_file("a.rmi", rmid(base, more), *(rmid(side, more) for side in sides))
            assert not found.conflicts and found.content is not None
            size = int.from_bytes(found.content[16:20], "little")
            assert found.content == rmid(found.content[20 : 20 + size], more)
            assert events(found.content) == events(plain.content)
    disputed = merge_file("a.rmi", rmid(base), rmid(ours), rmid(song(edited(1, velocity=11))))
    assert [record.conflict_type for record in disputed.conflicts] == ["note_attribute"]
    torn = merge_file("a.rmi", rmid(base), rmid(ours), rmid(theirs)[:60])
    assert torn.conflicts and torn.content == rmid(ours)


def test_one_attribute_two_values() -> None:
    result = conflict(BASE, song(edited(3, velocity=90)), song(edited(3, velocity=99)))
    record = result.conflicts[0]
    assert record.address == "track:0/note:1:4:0:0:63#0"
    assert record.conflict_type == "note_attribute"
    assert "bar 1 beat 4" in record.ours_summary and "velocity 90" in record.ours_summary
    assert result.content == song(edited(3, velocity=90))


def test_clean_edits_of_both_sides_survive_a_conflict() -> None:
    ours = edited(3, velocity=90)
    theirs = edited(3, velocity=99, pitch=50)
    theirs[6] = (90, *theirs[6][1:])
    result = conflict(BASE, song(ours), song(theirs))
    expected = edited(3, velocity=90, pitch=50)
    expected[6] = theirs[6]
    assert result.content == song(expected)


def test_a_pick_settles_a_conflict() -> None:
    ours, theirs = song(edited(3, velocity=90)), song(edited(3, velocity=99))
    for choice, velocity in (("ours", 90), ("theirs", 99), ("base", 80)):
        picks = {"track:0/note:1:4:0:0:63#0": choice}
        with options.using(options.MergeOptions(picks=picks)):  # type: ignore[arg-type]
            result = merge_file("a.mid", BASE, ours, theirs)
        assert result.conflicts == []
        assert result.content == song(edited(3, velocity=velocity))


def test_deleted_and_changed() -> None:
    result = conflict(BASE, song(SCALE[:3] + SCALE[4:]), song(edited(3, velocity=99)))
    assert result.conflicts[0].conflict_type == "note_delete_edit"
    assert result.content == song(SCALE[:3] + SCALE[4:])


def test_overlapping_insertions_of_one_pitch() -> None:
    result = conflict(BASE, song([*SCALE, (90, 100, 300)]), song([*SCALE, (90, 200, 400)]))
    assert result.conflicts[0].conflict_type == "note_insert_insert"
    assert result.content == song([*SCALE, (90, 100, 300)])


def test_an_overlap_neither_side_had() -> None:
    result = conflict(BASE, song([*SCALE, (62, 1500, 400)]), song(edited(2, length=900)))
    assert result.conflicts[0].conflict_type == "note_overlap"


def test_tempo_at_one_place() -> None:
    base = song(SCALE, [(0, tempo(500000))])
    result = conflict(base, song(SCALE, [(0, tempo(400000))]), song(SCALE, [(0, tempo(600000))]))
    assert result.conflicts[0].address == "track:0/tempo_map:1:1:0:81"
    assert result.conflicts[0].dimension == "tempo_map"


def test_overlapping_curves_are_one_conflict() -> None:
    ours = [(tick, cc(11, 60)) for tick in range(0, 960, 60)]
    theirs = [(tick, cc(11, 90)) for tick in range(450, 1500, 60)]
    result = conflict(BASE, song(SCALE, ours), song(SCALE, theirs))
    assert len(result.conflicts) == 1
    assert result.conflicts[0].conflict_type == "curve_overlap"
    assert result.content == song(SCALE, ours)


def test_reordering_events_of_one_tick_is_an_edit() -> None:
    wrong = [(0, b"\x90\x3c\x40"), (0, b"\xc0\x05"), (480, b"\x80\x3c\x40")]
    right = [wrong[1], wrong[0], wrong[2]]
    louder = [(0, b"\x90\x3c\x50"), *wrong[1:]]
    expected = smf(track([wrong[1], louder[0], wrong[2]]))
    assert merged(smf(track(wrong)), smf(track(right)), smf(track(louder))) == expected


def test_program_comes_before_the_notes_of_its_tick() -> None:
    ours, theirs = song([*SCALE, (80, 480, 480)]), song(SCALE, [(480, b"\xc0\x07")])
    result = merged(BASE, ours, theirs)
    assert result == song([*SCALE, (80, 480, 480)], [(480, b"\xc0\x07")])


def test_untouched_bytes_stay_as_they_were_written() -> None:
    piano = track([(0, b"\x90\x3c\x40"), (480, b"\x3c\0"), (480, b"\x3e\x40"), (960, b"\x3e\0")], tail=b"xyz")
    other = [(0, b"\x91\x30\x40"), (240, b"\x30\0"), (240, b"\x32\x40"), (480, b"\x32\0")]
    other += [(480, b"\x34\x40"), (960, b"\x34\0")]
    louder, higher = list(other), list(other)
    louder[0] = (0, b"\x91\x30\x60")
    higher[4], higher[5] = (480, b"\x37\x40"), (960, b"\x37\0")
    result = merged(smf(piano, track(other)), smf(piano, track(louder)), smf(piano, track(higher)))
    assert piano in result
    assert b"\x91\x30\x60\x81\x70\x30\0\0\x32\x40\x81\x70\x32\0" in result


def test_tracks_added_by_both_and_one_deleted() -> None:
    one, two, three, four = (
        track([(0, b"\xff\x03\x01%d" % channel), *notes_to_events([(40 + channel, 0, 100)], channel)])
        for channel in range(4)
    )
    result = merged(smf(one, two), smf(one, two, three), smf(one, four, kind=1))
    assert result == smf(one, three, four)


def test_a_track_deleted_and_edited() -> None:
    one, two = track(notes_to_events(SCALE)), track(notes_to_events([(40, 0, 100)], 1))
    result = conflict(smf(one, two), smf(one, kind=1), smf(one, track(notes_to_events([(41, 0, 100)], 1))))
    assert result.conflicts[0].conflict_type == "track_delete_edit"
    assert result.conflicts[0].address == "track:1"


def test_damaged_input_is_a_conflict_of_the_whole_file() -> None:
    edit = song(edited(1, pitch=9))
    for sides in ((BASE, BASE[:-2], edit), (b"junk", BASE, edit), (None, BASE, b"x")):
        result = merge_file("a.mid", *sides)  # type: ignore[arg-type]
        assert result.content == sides[1]
        assert [record.conflict_type for record in result.conflicts] == ["file_level"]


def test_new_notes_in_a_transposed_region_stay_or_are_carried_along() -> None:
    base = [(40 + step, step * 480, 480) for step in range(8)]
    up = song([(note[0] + 12, *note[1:]) for note in base])
    more = song([*base, (90, 960, 240)])
    result = merge_file("a.mid", song(base), up, more)
    assert result.conflicts == []
    assert "track 1 bars 1-2: ours transposed +12, theirs added 1 note there; it is kept as written" in result.notes[0]
    assert result.content == song([*((note[0] + 12, *note[1:]) for note in base), (90, 960, 240)])
    with options.using(options.MergeOptions(config={"midi.carrytransform": "true"})):
        for sides in ((up, more), (more, up)):
            carried = merge_file("a.mid", song(base), *sides)
            assert carried.conflicts == []
            assert events(carried.content or b"") == events(
                song([*((note[0] + 12, *note[1:]) for note in base), (102, 960, 240)])
            )


def rule(dimension: str, strategy: str, path: str = "*") -> AttributeRule:
    return AttributeRule(path, dimension, strategy)


def test_rules_settle_conflicts_by_dimension_track_and_bars() -> None:
    base = song(SCALE, [(0, tempo(500000))])
    ours = song(edited(3, velocity=90), [(0, tempo(400000))])
    theirs = song(edited(3, velocity=99), [(0, tempo(600000))])
    left = {
        ("notes",): ["tempo_map"],
        ("tempo_map",): ["notes"],
        ("notes", "tempo_map"): [],
        ("track:0",): [],
        ("track:1",): ["notes", "tempo_map"],
        ("bars:1",): [],
        ("notes track:0 bars:2-9",): ["notes", "tempo_map"],
        ("nonsense",): ["notes", "tempo_map"],
    }
    for words, dimensions in left.items():
        with options.using(options.MergeOptions(rules=tuple(rule(word, "theirs") for word in words))):
            result = merge_file("a.mid", base, ours, theirs)
        assert sorted(record.dimension for record in result.conflicts) == dimensions, words
        if not dimensions:
            assert result.content == theirs
    with options.using(options.MergeOptions(rules=(rule("notes", "manual"), rule("*", "theirs", "*.txt")))):
        assert len(merge_file("a.mid", base, ours, theirs).conflicts) == 2
