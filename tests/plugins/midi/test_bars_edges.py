"""Bars put in or cut within a bar of the file: what stands before the place stays, what stands behind it moves."""

from __future__ import annotations

import pytest

from muse.plugins.midi.merge.file import merge_file
from muse.plugins.midi.show.diff import diff_files

from .midi_kit import smf, track
from .test_bars import BAR, Parts, both_ways, heard, merged, parts, song

BEAT = BAR // 4


def shifted(some: Parts, start: int, by: int) -> Parts:
    """Everything from a tick on so many ticks later; what lies before the place it comes to is gone when earlier."""
    gone = range(start, start - by)
    return [[(p, on + by if on >= start else on, *rest) for p, on, *rest in notes if on not in gone] for notes in some]


def with_notes(some: Parts, *ticks: int) -> Parts:
    return [[*some[0], *((100, tick + 240, 200, 99) for tick in ticks)], some[1]]


def later(tick: int, start: int, by: int) -> int:
    return tick + by if tick >= start else tick


@pytest.mark.parametrize("beat", [1, 2, 3])
@pytest.mark.parametrize("edited", [0, 1, 2, 3])
def test_an_edit_in_the_bar_into_which_the_other_side_put_bars(beat: int, edited: int) -> None:
    old, start, tick = parts(), 4 * BAR + beat * BEAT, 4 * BAR + edited * BEAT
    if tick + 240 + 240 > start > tick:
        pytest.skip("the new note lies across the place")
    new = shifted(old, start, 2 * BAR)
    words = merged(
        song(old), song(new), song(with_notes(old, tick)), song(with_notes(new, later(tick, start, 2 * BAR)))
    )
    assert words == [f"ours: 2 bars inserted at bar 5 beat {beat + 1}"]
    assert diff_files(song(old), song(new))[1] == f"2 bars inserted at bar 5 beat {beat + 1}"


@pytest.mark.parametrize("beat", [1, 2, 3])
@pytest.mark.parametrize("edited", ["before", "behind"])
def test_an_edit_beside_bars_that_the_other_side_cut_from_a_beat(beat: int, edited: str) -> None:
    old, start = parts(), 4 * BAR + beat * BEAT
    new = shifted(old, start, -2 * BAR)
    tick = start - BEAT if edited == "before" else start + 2 * BAR
    wanted = tick if edited == "before" else start
    base, ours, theirs = song(old), song(new), song(with_notes(old, tick))
    for result in both_ways(base, ours, theirs):
        if result.conflicts:  # bars that were cut in part are asked about where they are nearly as good elsewhere
            assert [record.conflict_type for record in result.conflicts] == ["bar_map"]
        else:
            assert heard(result.content) == heard(song(with_notes(new, wanted)))
    assert diff_files(base, ours)[1] == f"2 bars cut from bar 5 beat {beat + 1}"


def test_an_edit_in_a_rest_somewhere_in_which_bars_were_put_is_asked_about() -> None:
    """Beats 2 and 3 of bar 5 are empty: whether the new bars stand before or behind beat 3 nobody can tell."""
    old = parts()
    rest = range(4 * BAR + BEAT, 4 * BAR + 3 * BEAT)
    old = [[note for note in notes if note[1] not in rest] for notes in old]
    new = shifted(old, 4 * BAR + 3 * BEAT, 2 * BAR)
    for result in both_ways(song(old), song(new), song(with_notes(old, 4 * BAR + BEAT))):
        assert [(r.address, r.conflict_type) for r in result.conflicts] == [("bars:5", "bar_map")]
    merged(song(old), song(new), song(with_notes(old, 4 * BAR)), song(with_notes(new, 4 * BAR)))


def test_one_side_deletes_a_track_while_the_other_puts_bars_in() -> None:
    old = parts()
    third = [(p - 12, on, *rest) for p, on, *rest in parts(seed=9)[0]]
    base, longer = [*old, third], shifted([*old, third], 4 * BAR, 2 * BAR)
    merged(song(base), song(longer), song(old), song(longer[:2]))


def test_a_track_that_one_side_only_spelled_anew_is_deleted_by_the_other() -> None:
    on, off = b"\x90\x3c\x50", b"\x80\x3c\x40"
    keep = track([(0, b"\x91\x3c\x50"), (480, b"\x81\x3c\x40")])
    gone = track([(0, on), (240, off), (480, on), (960, off), (960, b"\xb0\x07\x40"), (960, b"\xb0\x0a\x40")])
    anew = track([(0, on), (240, off), (480, on), (960, off), (960, b"\xb0\x07\x40"), (960, b"\x0a\x40")])  # running
    for sides in ((smf(keep, anew), smf(keep, kind=1)), (smf(keep, kind=1), smf(keep, anew))):
        result = merge_file("a.mid", smf(keep, gone), *sides)
        assert (result.conflicts, result.content) == ([], smf(keep, kind=1))
