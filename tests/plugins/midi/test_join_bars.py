"""Joins where somebody puts in, cuts or moves bars while others edit: what they add is in the bar they meant."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

from muse.plugins.midi.join.join import advance, build, lift
from muse.plugins.midi.join.state import JoinState

from .midi_kit import notes_to_events, track
from .test_bars import BAR, Parts, heard, later, parts, shuffled, song, with_note

OLD = parts()


def joined(*states: JoinState) -> bytes:
    """What the states give together, the same in every order and through their bytes."""
    results = set()
    for order in itertools.permutations(states):
        state = order[0]
        for other in order[1:]:
            state = state.join(JoinState.from_bytes(other.to_bytes()))
        results.add((state.to_bytes(), build(state)))
    assert len(results) == 1
    return results.pop()[1]


def sides(*edited: bytes, base: bytes | None = None) -> list[JoinState]:
    lifted = lift(song(OLD) if base is None else base)
    out = [advance(lifted, data, f"agent {number}") for number, data in enumerate(edited)]
    assert [heard(build(state)) for state in out] == [heard(data) for data in edited]
    return out


def moved(some: Parts) -> Parts:
    """Bars 3 and 4 behind bar 8."""
    return shuffled(some, [0, 1, 4, 5, 6, 7, 2, 3, *range(8, 12)])


@pytest.mark.parametrize(
    ("rework", "bar", "stands"),
    [
        (lambda some: later(some, 3, 2), 6, 8),
        (lambda some: later(some, 3, 2), 2, 2),
        (lambda some: later(some, 1, 1), 1, 2),
        (lambda some: later(some, 3, -2), 6, 4),
        (moved, 3, 7),
        (moved, 6, 4),
    ],
)
def test_a_new_note_is_in_its_bar(rework: Callable[[Parts], Parts], bar: int, stands: int) -> None:
    result = joined(*sides(song(rework(OLD)), song(with_note(OLD, bar))))
    assert heard(result) == heard(song(with_note(rework(OLD), stands)))


def test_both_put_in_bars_and_a_third_adds_events() -> None:
    point = [(6 * BAR, b"\xff\x51\x03\x06\x00\x00"), (9 * BAR + 480, b"\xff\x06\x02Go")]
    result = joined(*sides(song(later(OLD, 3, 2)), song(later(OLD, 8, 1)), song(OLD, point)))
    wanted = [(8 * BAR, point[0][1]), (12 * BAR + 480, point[1][1])]
    assert heard(result) == heard(song(later(later(OLD, 8, 1), 3, 2), wanted))


def test_the_same_bars_put_in_by_two_are_there_once() -> None:
    one = song(with_note(later(OLD, 5, 2), 5))
    assert heard(joined(*sides(one, one))) == heard(one)


def test_different_bars_put_in_at_one_place_are_all_there() -> None:
    one, two = with_note(later(OLD, 5, 2), 5), with_note(later(OLD, 5, 1), 5, 1)
    result = joined(*sides(song(one), song(two)))
    results = [with_note(with_note(later(OLD, 5, 3), 5 + a), 5 + b, 1) for a, b in ((0, 2), (1, 0))]
    assert heard(result) in [heard(song(each)) for each in results]


def test_bars_that_one_cuts_stay_where_another_edited() -> None:
    cut, edited = sides(song(later(OLD, 5, -4)), song(with_note(with_note(OLD, 6), 10)))
    wanted = with_note(with_note(later(later(OLD, 5, -4), 5, 1), 5), 7)  # bar 6 with the new note, and no other
    both = cut.join(edited)
    assert heard(joined(cut, edited)) == heard(song(wanted))
    without = later(with_note(later(OLD, 5, -4), 6), 5, 1)  # who then deletes the note keeps the bar
    assert heard(build(advance(both, song(without), "c"))) == heard(song(without))
    gone = song(with_note(later(OLD, 5, -4), 6))
    assert heard(build(advance(both, gone, "d"))) == heard(gone)


def test_edits_go_on_after_a_join() -> None:
    one, two = sides(song(later(OLD, 3, 2)), song(with_note(OLD, 6)))
    both = one.join(two)
    inside = with_note(with_note(later(OLD, 3, 2), 8), 3, 1)  # into the new bars
    further = advance(both, song(inside), "c")
    assert heard(build(further)) == heard(song(inside))
    meanwhile = advance(one, song(later(later(OLD, 3, 2), 2, 1)), "a again")  # bars before them
    assert heard(joined(further, meanwhile, two)) == heard(song(later(inside, 2, 1)))


def test_a_track_that_was_added_follows_the_bars() -> None:
    third = track(notes_to_events([(40, bar * BAR, 480) for bar in range(12)]))
    base = song(OLD)
    more = base[:10] + b"\0\4" + base[12:] + third
    result = joined(*sides(song(later(OLD, 7, 2)), more))
    added = [tick for n, tick, body in heard(result) if n == 3 and body[0] == 0x90]
    assert added == [(bar if bar < 6 else bar + 2) * BAR for bar in range(12)]
    longer = song(later(OLD, 7, 2))
    late = track(notes_to_events([(40, 12 * BAR, 480)]))
    state = advance(lift(base), longer[:10] + b"\0\4" + longer[12:] + late, "a")  # bars and track in one edit
    result = joined(state, *sides(song(later(OLD, 2, 1))))
    assert [tick for n, tick, body in heard(result) if n == 3 and body[0] == 0x90] == [13 * BAR]


def test_states_with_senseless_bars_are_built_all_the_same() -> None:
    state = lift(song(OLD)).copy("x")
    for key in ("line/in:5:7", "line/in:x:1:2", "line/cut:9:3", f"line/in:3:{1 << 29}:{1 << 61}", "line/in:0:480:5"):
        state.touch(key)
    for value in ("x", [5], [1 << 62, 1], [0, "1"], {}):
        state.write("line/move:480:960", value)
    far = 1 << 62
    state.touch(f"line/in:{far}:480:{2 * far}")  # in each other, and nowhere in the file
    state.touch(f"line/in:{2 * far}:480:{far}")
    assert heard(build(JoinState.from_bytes(state.to_bytes()))) == heard(song(OLD))


def test_notes_without_a_length_go_along() -> None:
    """On and off of such a note stay a pair where bars were moved, and its neighbours keep their order."""
    empty: Parts = [[*notes, *((90, bar * BAR + 240, 0, 70) for bar in range(12))] for notes in OLD]
    for rework, bar, stands in ((moved, 6, 4), (lambda some: later(some, 3, 2), 6, 8)):
        result = joined(*sides(song(rework(empty)), song(with_note(empty, bar)), base=song(empty)))
        assert heard(result) == heard(song(with_note(rework(empty), stands)))
