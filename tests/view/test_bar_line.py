"""Versions on one line of bars: what only stands later because bars were put in before it has not changed."""

from __future__ import annotations

from typing import Any

import pytest

from muse.domain import ConflictRecord
from muse.plugins.midi.plugin import MidiPlugin
from muse.view.score import Score, read_score

ALL = 0b1111


BASE = list(range(1, 13))
PUT_IN = [*BASE[:4], 50, 51, *BASE[4:]]
CUT = [*BASE[:8], *BASE[10:]]


def scored(sides: dict[str, bytes], *addresses: str, **told: str) -> Score:
    records = [ConflictRecord("a.mid", "note_attribute", address=each, **told) for each in addresses]
    score = read_score("a.mid", sides, records, MidiPlugin())
    assert score is not None
    return score


def wholes(score: Score) -> dict[int, set[int]]:
    """Which versions have the notes of each bar of the line, counted from 0."""
    found: dict[int, set[int]] = {}
    for note in score.notes:
        found.setdefault(int(note.x // 96), set()).add(note.have)
    return found


def test_bars_put_in_by_one_and_cut_by_the_other_stand_side_by_side(music: Any) -> None:
    song = music.barred
    both = [*PUT_IN[:10], *PUT_IN[12:]]
    score = scored(
        {"base": song(BASE), "ours": song(PUT_IN), "theirs": song(CUT), "result": song(both)},
        "track:0/note:7:1:0:0:60#0",
        "bars:9-10",
    )
    assert score.gaps == {
        0: [(384.0, 576.0)],
        2: [(384.0, 576.0), (960.0, 1152.0)],
        3: [(960.0, 1152.0)],
    }
    have = wholes(score)
    assert {bar for bar, found in have.items() if found == {ALL}} == {0, 1, 2, 3, 6, 7, 8, 9, 12, 13}
    assert have[4] == have[5] == {0b1010} and have[10] == have[11] == {0b0011}
    assert score.width == 14 * 96
    assert [number for _, number, _ in score.measures][:14] == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 11, 12]
    assert [x for x, *_ in score.measures][:14] == [96.0 * bar for bar in range(14)]
    assert [(mark.index, mark.x) for mark in score.marks] == [
        (0, 6 * 96.0),
        (1, 10 * 96.0),
        (1, 11 * 96.0),
    ], "bar 7 of the result; the base's bars 9 and 10"


@pytest.mark.parametrize("sides", [("before", "after"), ("after", "before")])
def test_two_versions_either_way_round(sides: tuple[str, str], music: Any) -> None:
    song = music.barred
    files = {"before": song(BASE), "after": song(PUT_IN)}
    score = scored({name: files[name] for name in sides})
    lacks = sides.index("before")
    assert score.gaps == {lacks: [(384.0, 576.0)]}
    assert {bar for bar, found in wholes(score).items() if found != {0b11}} == {4, 5}


@pytest.mark.parametrize(
    "other",
    [
        BASE,
        [*BASE[:5], 60, *BASE[6:]],  # a bar written anew
        [*BASE, 60, 61],  # goes on
        [*BASE[8:], *BASE[:8]],  # in another order
    ],
)
def test_elsewhere_everything_keeps_its_place(other: list[int], music: Any) -> None:
    score = scored({"before": music.barred(BASE), "after": music.barred(other)})
    assert score.gaps == {} and [x for x, *_ in score.measures][:12] == [96.0 * bar for bar in range(12)]


def test_a_note_that_one_side_moved_away_is_marked_in_both_places(music: Any) -> None:
    sides = dict.fromkeys(("base", "ours", "theirs", "result"), music.barred(BASE))
    told: dict[str, Any] = {
        "ours_summary": "D5 at bar 7 beat 3: moved",
        "theirs_summary": "D5 at bar 2 beat 1: velocity 9",
    }
    score = scored(sides, "track:0/note:2:1:0:0:74#0", **told)
    assert [(mark.index, mark.x, mark.pitch) for mark in score.marks] == [(0, 96.0, 74), (0, 6 * 96 + 48.0, None)]
