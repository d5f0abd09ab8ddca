"""Scores, rolls, graphs and trees, without a page around them."""

from __future__ import annotations

import re
from typing import Any

import mido
import pytest
from hypothesis import given
from hypothesis import strategies as st

from muse.domain import ConflictRecord
from muse.plugins.midi.plugin import MidiPlugin
from muse.view import dag, pianoroll
from muse.view.score import Score, read_score
from muse.view.tree import changes, lines


def counts(svg: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for kind, number in re.findall(r'class="n (\w+)" data-track="\d+" data-count="(\d+)"', svg):
        found[kind] = found.get(kind, 0) + int(number)
    return found


@pytest.fixture(scope="module")
def four(music: Any) -> Score:
    base = music.edited(music.piece, lambda song: None)

    def both(song: Any) -> None:
        music.theirs(song)
        music.ours(song)

    conflicts = [
        ConflictRecord("song.mid", address="track:1/note:2:1:0:0:74#0"),
        ConflictRecord("song.mid", address="track:2/cc_volume:3:1:0:1:7"),
    ]
    sides = {
        "base": base,
        "ours": music.edited(base, music.ours),
        "theirs": music.edited(base, music.theirs),
        "result": music.edited(base, both),
    }
    score = read_score("a.mid", sides, conflicts, MidiPlugin())
    assert score is not None
    return score


def test_each_panel_says_whose_each_note_is(four: Score) -> None:
    score = four
    drawn = {name: counts(svg) for name, svg in pianoroll.panels(score, "x")}
    everywhere = sum(note.have == score.everywhere for note in score.notes)
    assert drawn["base"] == {"same": everywhere, "goes": 2}
    assert drawn["ours"] == {"ours": 2, "gone": 2}
    assert drawn["theirs"] == {"theirs": 7, "same": 1, "gone": 1}
    assert drawn["result"] == {"ours": 2, "theirs": 6, "gone": 2, "lost": 1}


def test_what_every_version_has_is_drawn_once(four: Score) -> None:
    svgs = [svg for _, svg in pianoroll.panels(four, "x")]
    assert 'id="x-same"' in svgs[0] and all('<use href="#x-same"/>' in svg for svg in svgs[1:])


def test_conflicts_lanes_and_signs_have_their_places(four: Score) -> None:
    score = four
    assert [(mark.index, mark.x, mark.pitch) for mark in score.marks] == [(0, 72.0, 74), (1, 144.0, None)]
    changed = [lane.name for lane in score.lanes if lane.differs(4)]
    assert changed == ["volume, channel 2"]
    assert score.bars[:3] == [(0.0, 1), (72.0, 2), (144.0, 3)]
    assert score.measures[:2] == [(0.0, 1, 24.0), (72.0, 2, 24.0)]
    assert "Drums <b>" in score.tracks and (0.0, "3/4", 0b1111) in score.signs


def test_versions_in_another_time_base_are_the_same_music(music: Any) -> None:
    def doubled(song: Any) -> None:
        song.ticks_per_beat *= 2
        for track in song.tracks:
            for event in track:
                event.time *= 2

    score = read_score("a.mid", {"before": music.piece, "after": music.edited(music.piece, doubled)}, (), MidiPlugin())
    assert score is not None and {note.have for note in score.notes} == {0b11}


def test_a_note_twice_is_two_notes(music: Any) -> None:
    def twice(song: Any) -> None:
        on = music.ons(song)[0]
        extra = mido.MidiTrack([on.copy(time=0), mido.Message("note_off", note=on.note, channel=on.channel, time=480)])
        song.tracks.extend([extra, mido.MidiTrack(extra)])

    score = read_score("a.mid", {"before": music.piece, "after": music.edited(music.piece, twice)}, (), MidiPlugin())
    assert score is not None
    assert sum(note.have == 0b10 for note in score.notes) == 2


@pytest.mark.parametrize(
    "sides",
    [
        {"before": b"", "after": b""},
        {"before": None, "after": b"no music"},
        {"before": b"MThd", "after": None},
    ],
)
def test_what_is_no_music_has_no_score(sides: dict[str, bytes | None]) -> None:
    assert read_score("a.mid", sides, (), MidiPlugin()) is None


def test_every_kind_of_note_has_a_look_that_does_not_need_colour() -> None:
    from muse.view.page import template

    css = template("svg.css")
    for kind in pianoroll.KINDS:
        assert f".{kind}" in css
    patterns = dict(re.findall(r"\.(\w+)(?:\.n)?\{fill:url\(#p-(\w+)\)", css))
    drawn = {
        name: re.sub(r"var\(--\w+\)", "", body)
        for name, body in re.findall(r'<pattern id="p-(\w+)"[^>]*>(.*?)</pattern>', pianoroll.defs())
    }
    assert drawn["ours"] != drawn["theirs"] != drawn["both"] != drawn["ours"]
    assert set(patterns.values()) <= drawn.keys()


@given(st.lists(st.lists(st.integers(1, 6), max_size=3), max_size=25))
def test_edges_of_a_graph_lead_to_their_commits(parents: list[list[int]]) -> None:
    commits = [(str(row), tuple(dict.fromkeys(str(row + step) for step in steps))) for row, steps in enumerate(parents)]
    placed = dag.lanes(commits)
    assert len(placed) == len(commits)
    for row, ((column, edges), (_, above)) in enumerate(zip(placed, commits)):
        assert column >= 0 and len(edges) == len(above)
        for (to_row, to_column), parent in zip(edges, above):
            if int(parent) < len(commits):
                assert to_row == int(parent) > row and to_column == placed[to_row][0]
            else:
                assert to_row == -1


def test_a_straight_line_is_straight_and_a_branch_stands_beside_it() -> None:
    assert [column for column, _ in dag.lanes([("c", ("b",)), ("b", ("a",)), ("a", ())])] == [0, 0, 0]
    forked = dag.lanes([("m", ("x", "y")), ("x", ("b",)), ("y", ("b",)), ("b", ())])
    assert [column for column, _ in forked] == [0, 0, 1, 0]


def test_changes_nest_and_name_renames() -> None:
    ops: list[Any] = [
        {
            "op": "patch",
            "address": "a.py::C<T>",
            "child_domain": "code",
            "child_summary": "m <changed>",
            "child_ops": [
                {
                    "op": "replace",
                    "address": "a.py::C<T>.m",
                    "position": None,
                    "old_content_id": "",
                    "new_content_id": "",
                    "old_summary": "method m",
                    "new_summary": "method n: renamed n",
                }
            ],
        },
        {"op": "delete", "address": "a.py::f", "position": None, "content_id": "", "content_summary": "removed f"},
    ]
    assert changes(ops, "a.py") == [
        {
            "op": "patch",
            "name": "C<T>",
            "said": "m <changed>",
            "inside": [
                {"op": "replace", "name": "m", "said": "", "old": "method m", "new": "method n: renamed n"},
            ],
        },
        {"op": "delete", "name": "f", "said": "removed f"},
    ]


def test_lines_show_changes_with_three_around_them() -> None:
    old = [f"line {number}" for number in range(40)]
    new = [*old[:20], "<new>", *old[21:]]
    rows = lines("\n".join(old), "\n".join(new))
    around = [["same", f"line {number}"] for number in (17, 18, 19, 21, 22, 23)]
    assert [row for row in rows if row[0] != "hunk"] == [
        *around[:3], ["del", "line 20"], ["add", "<new>"], *around[3:],
    ]  # fmt: skip
    assert lines("same\n", "same\n") == []
