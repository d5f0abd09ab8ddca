"""Music that was played rather than written: what is off every grid, and many small changes, in words."""

from __future__ import annotations

import random

from muse.plugins.midi.show.diff import diff_files
from muse.plugins.midi.show.listing import listing

from .midi_kit import Spec, song


def test_a_performance_is_told_without_ticks_and_kind_by_kind() -> None:
    made = random.Random(4)
    score: list[Spec] = [(60 + n % 13, n * 240, 200, 80) for n in range(64)]
    played: list[Spec] = [
        (p, max(0, on + made.randint(-9, 9)), length + made.randint(-9, 9), v + made.randint(-5, 5))
        for p, on, length, v in score
    ]
    again: list[Spec] = [(p, round(on / 240) * 240, length, v) for p, on, length, v in played]
    assert diff_files(song(score), song(played))[1].startswith("track 1 bars 1-8: timing, length, velocity changed (6")
    told = diff_files(song(played), song(again))
    assert told[1].split(";")[0].startswith("track 1 bars 1-8: quantised to 1/8 (")
    lines = listing(song(played)).splitlines()
    assert "tick" not in "".join(lines[:-1] + [str(op) for op in told[0]]) and "quarters" in lines[5]
    finer = song([(p, on * 2, length * 2, v) for p, on, length, v in played])
    assert listing(finer[:12] + (960).to_bytes(2, "big") + finer[14:]).splitlines()[:-1] == lines[:-1]


def test_many_scattered_edits_are_one_phrase_a_kind() -> None:
    def notes(louder: bool) -> list[Spec]:
        return [(60 + n % 13, n * 960, 200, 99 - n % 7 if louder and n % 7 == 0 else 80) for n in range(256)]

    assert diff_files(song(notes(False)), song(notes(True)))[1] == "track 1 bars 1-127: velocity +19 (37 notes)"
