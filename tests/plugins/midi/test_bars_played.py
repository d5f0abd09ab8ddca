"""Playing that makes notes early or late, and one soft kick, against bars that the other side puts in or cuts."""

from __future__ import annotations

import random

import pytest

from .midi_kit import Spec
from .test_bars import BAR, Parts, both_ways, heard, later, merged, parts, song


def humanised(some: Parts, seed: int, early: int, late: int) -> Parts:
    made = random.Random(seed)
    return [
        [(p, max(0, on + made.randint(-early, late)), long, loud + made.randint(-9, 9)) for p, on, long, loud in notes]
        for notes in some
    ]


def put_in(old: Parts, new: Parts, bar: int, bars: int) -> Parts:
    """The notes of `new` with so many bars put before a bar: each goes as far as the one of `old` that it was."""
    start = (bar - 1) * BAR
    return [
        [(p, on + (bars * BAR if was[1] >= start else 0), long, loud) for was, (p, on, long, loud) in zip(*both)]
        for both in zip(old, new)
    ]


@pytest.mark.parametrize(("early", "late"), [(8, 8), (30, 30), (0, 60), (60, 0)])
@pytest.mark.parametrize("bar", [2, 5, 12])
@pytest.mark.parametrize("seed", range(3))
def test_humanise_with_insert(early: int, late: int, bar: int, seed: int) -> None:
    """A downbeat that is played early goes with its bar, not with the one that it now begins in."""
    old = parts()
    played = humanised(old, seed, early, late)
    merged(song(old), song(later(old, bar, 2)), song(played), song(put_in(old, played, bar, 2)))


@pytest.mark.parametrize("early", [1, 120])
def test_one_downbeat_that_comes_early_goes_with_its_bar(early: int) -> None:
    old, at = parts(), 4 * BAR
    played = [[(p, on - early if on == at else on, *rest) for p, on, *rest in old[0]], old[1]]
    merged(song(old), song(later(old, 5, 2)), song(played), song(put_in(old, played, 5, 2)))


def test_a_note_made_late_over_the_place_stays_behind_its_bar() -> None:
    """It was early in the base, before the bars that were put in, and is quantised."""
    old, at = parts(), 4 * BAR
    old[0] = [(p, on - 20 if on == at else on, *rest) for p, on, *rest in old[0]]
    new = [[(p, at if on == at - 20 else on, *rest) for p, on, *rest in old[0]], old[1]]
    merged(song(old), song(later(old, 5, 2)), song(new), song(put_in(old, new, 5, 2)))


@pytest.mark.parametrize("repeats", [4, 16, 60])
def test_of_a_roll_each_stroke_goes_where_its_own_stroke_went(repeats: int) -> None:
    """Strokes of one pitch on both sides of the place, closer than they may be early."""
    old, at = parts(), 4 * BAR
    step = 480 // repeats
    roll: list[Spec] = [(90, at + n * step, step // 2, 80) for n in range(-repeats, repeats)]
    old[0] = [*(note for note in old[0] if not at - 480 <= note[1] < at + 480), *roll]
    made = random.Random(repeats)
    new = [[(p, on - made.randint(0, 3) if p == 90 else on, *rest) for p, on, *rest in old[0]], old[1]]
    merged(song(old), song(later(old, 5, 2)), song(new), song(put_in(old, new, 5, 2)))


def test_a_downbeat_behind_cut_bars_is_not_lost_when_it_comes_early() -> None:
    old, at = parts(), 6 * BAR
    played = [[(p, on - 5 if on == at else on, *rest) for p, on, *rest in old[0]], old[1]]
    cut = [[(p, on - 5 if on == 4 * BAR and n == 0 else on, *rest) for p, on, *rest in notes]
           for n, notes in enumerate(later(old, 5, -2))]  # fmt: skip
    for result in both_ways(song(old), song(later(old, 5, -2)), song(played)):
        if not result.conflicts:
            assert heard(result.content) == heard(song(cut))
        else:
            assert [record.conflict_type for record in result.conflicts] == ["bar_cut_edit"]


KICKS: list[Spec] = [(36, beat * 480, 100, 90) for beat in range(32)]


def test_insert_drum() -> None:
    """A drum loop has one bar eight times: the soft kick of bar 6 belongs to bar 8, or it is one question."""
    soft = [(*kick[:3], 20) if kick[1] == 5 * BAR else kick for kick in KICKS]
    right, where_it_was = later([soft], 3, 2)[0], later([KICKS], 3, 2)[0]
    where_it_was = [(*kick[:3], 20) if kick[1] == 5 * BAR else kick for kick in where_it_was]
    sides = song([KICKS]), song(later([KICKS], 3, 2)), song([soft])
    for at, result in enumerate(both_ways(*sides)):
        if not result.conflicts:
            assert heard(result.content) == heard(song([right]))
            continue
        (record,) = result.conflicts
        assert record.address == "bars:6" and "2 bars inserted at bar 3?" in record.ours_summary + record.theirs_summary
        for pick, wanted in zip(("ours", "theirs"), (right, where_it_was) if at == 0 else (where_it_was, right)):
            settled = both_ways(*sides, picks={"bars:6": pick})[at]
            assert not settled.conflicts and heard(settled.content) == heard(song([wanted])), pick
