"""A program that writes ticks per beat into which the base's do not fit: what it rounded is no edit."""

from __future__ import annotations

import random

import pytest

from muse.plugins.midi.merge.file import merge_file

from .midi_kit import Spec, smf, track
from .midi_kit import notes_to_events as events
from .test_bars import heard


def piece(division: int, scale: int, notes: list[Spec]) -> bytes:
    """Notes in ticks of `scale` a beat, rounded to another number of them."""

    def to(tick: int) -> int:
        return (2 * tick * division + scale) // (2 * scale)

    rows = [(p, to(on), max(1, to(on + n) - to(on)), *rest) for p, on, n, *rest in notes]
    return smf(track([(0, b"\xff\x51\x03\x07\xa1\x20")]), track(events(rows)), division=division)


@pytest.mark.parametrize(("scale", "division"), [(1024, 10080), (960, 480), (384, 480), (192, 10080), (480, 220)])
def test_rounding_is_no_edit(scale: int, division: int) -> None:
    made = random.Random(scale)
    notes: list[Spec] = [
        (made.randrange(50, 80), n * scale // 2 + made.randrange(scale // 12), scale // 3, made.randint(40, 90))
        for n in range(60)
    ]
    higher = [(p + 1, *rest) if n == 50 else (p, *rest) for n, (p, *rest) in enumerate(notes)]
    louder = [(*note[:3], 111) if n == 3 else note for n, note in enumerate(notes)]
    both = [(*note[:3], 111) if n == 3 else note for n, note in enumerate(higher)]
    sides = piece(division, scale, higher), piece(scale, scale, louder)
    for one, two in (sides, sides[::-1]):
        result = merge_file("a.mid", piece(scale, scale, notes), one, two)
        assert not result.conflicts and heard(result.content) == heard(piece(scale, scale, both))


def test_another_piece_on_another_grid_is_asked_about() -> None:
    made = [random.Random(n) for n in range(2)]
    old, new = ([(r.randrange(50, 80), n * 480 + r.randrange(400), 77, 64) for n in range(60)] for r in made)
    louder = [(*note[:3], 111) if n == 3 else note for n, note in enumerate(old)]
    result = merge_file("a.mid", piece(960, 960, old), piece(10080, 960, new), piece(960, 960, louder))
    assert result.conflicts
