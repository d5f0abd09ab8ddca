"""A bar put before a track against edits of single notes: each edit goes where its note went."""

from __future__ import annotations

import random

import pytest

from muse.plugins.midi.file.codec import parse
from muse.plugins.midi.merge.file import merge_file
from muse.plugins.midi.plugin import MidiPlugin

from .midi_kit import Spec, song


def tune(seed: int) -> list[Spec]:
    """Few pitches in a steady beat, so that by chance many notes have one of their pitch a bar later."""
    made = random.Random(seed)
    return [
        (made.choice((60, 62, 64, 65)), beat * 240 + made.choice((0, 0, 60)), 170, made.randint(40, 110))
        for beat in range(32)
    ]


def heard(data: bytes) -> list[tuple[int, bytes]]:
    """Every event but the end of the track, which deleted notes leave where it was."""
    only = parse(data).tracks[0]
    return sorted((tick, body) for tick, body in zip(only.ticks, only.bodies, strict=True) if body[:2] != b"\xff\x2f")


@pytest.mark.parametrize("bars", [1, 2, -1])
@pytest.mark.parametrize("seed", range(8))
def test_edits_follow_notes_that_a_new_bar_moved(seed: int, bars: int) -> None:
    late = max(0, -bars) * 1920
    notes: list[Spec] = [(pitch, onset + late, *rest) for pitch, onset, *rest in tune(seed)]

    def moved(some: list[Spec]) -> list[Spec]:
        return [(pitch, onset + bars * 1920, *rest) for pitch, onset, *rest in some]

    higher = [(pitch + 24 if at == 5 else pitch, *rest) for at, (pitch, *rest) in enumerate(notes)]
    softer = [(*note[:3], 7) if at == 12 else note for at, note in enumerate(notes)]
    deleted = notes[:7] + notes[8:]
    for edited in (higher, softer, deleted):
        for sides in ((moved(notes), edited), (edited, moved(notes))):
            merged = merge_file("a.mid", song(notes), song(sides[0]), song(sides[1]))
            assert not merged.conflicts and heard(merged.content or b"") == heard(song(moved(edited)))


def test_a_bar_put_before_a_track_is_told_as_one_bar() -> None:
    notes = tune(3)
    told = MidiPlugin().diff_file("a.mid", song(notes), song([(p, onset + 1920, *rest) for p, onset, *rest in notes]))
    assert told is not None and told[1] == "1 bar inserted at bar 1"
