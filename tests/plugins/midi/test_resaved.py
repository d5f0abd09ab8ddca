"""What programs write anew is no conflict: how notes end, how texts are encoded; nor are interleaved curves clean."""

from __future__ import annotations

import random

import pytest

from muse.domain import FileMerge
from muse.plugins.midi.merge.file import merge_file

from .midi_kit import Spec, cc, notes_to_events, smf, song, track
from .test_bars import heard

NOTES: list[Spec] = [(60 + n % 12, n * 480, 400, 70 + n % 20) for n in range(32)]
LINE = "re-saved by another program (release, note-off style)"


def ending(notes: list[Spec], release: int) -> list[Spec]:
    return [(*note[:4], release) for note in notes]


def change(at: int, **what: int) -> list[Spec]:
    names = ("pitch", "onset", "length", "velocity")
    return [tuple({**dict(zip(names, note)), **what}.values()) if n == at else note for n, note in enumerate(NOTES)]


def both_ways(base: bytes, one: bytes, two: bytes) -> list[FileMerge]:
    return [merge_file("a.mid", base, one, two), merge_file("a.mid", base, two, one)]


@pytest.mark.parametrize(("one", "two"), [(64, 80), (0, -1), (-1, 64), (80, 0)])
def test_two_programs_and_one_edit_a_side(one: int, two: int) -> None:
    higher, louder = change(0, pitch=72), change(9, velocity=120)
    both = [higher[0], *louder[1:]]
    found = both_ways(song(ending(NOTES, 40)), song(ending(higher, one)), song(ending(louder, two)))
    for result, kept in zip(found, (one, two)):
        assert not result.conflicts and heard(result.content) == heard(song(ending(both, kept)))
        assert result.notes[-1].endswith(LINE)


def test_a_deletion_against_a_resave() -> None:
    shorter = [*NOTES[:5], *NOTES[6:]]
    found = both_ways(song(ending(NOTES, 64)), song(ending(shorter, 64)), song(ending(change(20, pitch=90), -1)))
    wanted = [n for n in change(20, pitch=90) if n != NOTES[5]]
    for result, kept in zip(found, (64, -1)):
        assert not result.conflicts and heard(result.content) == heard(song(ending(wanted, kept)))


def test_played_releases_come_back_from_a_program_that_cannot_write_them() -> None:
    made = random.Random(3)
    played: list[Spec] = [(*note, made.randint(1, 127)) for note in NOTES]
    softer = [(*note[:3], 11, note[4]) if n == 4 else note for n, note in enumerate(played)]
    flat = ending(change(9, pitch=100), 64)
    result = merge_file("a.mid", song(played), song(softer), song(flat))
    wanted = [(100, *note[1:4], 64) if n == 9 else note for n, note in enumerate(softer)]
    assert not result.conflicts
    got, right = heard(result.content), heard(song(wanted))
    assert [row for row in got if row[2][0] >> 4 == 9] == [row for row in right if row[2][0] >> 4 == 9]
    assert sum(row in right for row in got) >= len(right) - 1


def test_two_played_releases_of_one_note_are_a_conflict() -> None:
    made = random.Random(3)
    played: list[Spec] = [(*note, made.randint(1, 100)) for note in NOTES]
    sides = [
        song([(*note[:4], release) if n == 4 else note for n, note in enumerate(played)]) for release in (110, 120)
    ]
    for result in both_ways(song(played), *sides):
        assert [record.conflict_type for record in result.conflicts] == ["note_attribute"]


def named(name: bytes, notes: list[Spec]) -> bytes:
    return smf(track([(0, b"\xff\x03" + bytes([len(name)]) + name), *notes_to_events(notes)]))


def test_one_name_in_two_encodings() -> None:
    base, one = named("Flöte".encode("latin-1"), NOTES), named("Flöte".encode(), change(0, pitch=72))
    two = named("Flöte".encode("latin-1"), change(9, velocity=120))
    wanted = [change(0, pitch=72)[0], *change(9, velocity=120)[1:]]
    for result, name in zip(both_ways(base, one, two), ("utf-8", "latin-1")):
        assert not result.conflicts and heard(result.content) == heard(named("Flöte".encode(name), wanted))


def curve(values: list[int]) -> bytes:
    return song(NOTES, [(n * 120, cc(11, value)) for n, value in enumerate(values)])


def test_interleaved_edits_of_one_curve_are_one_conflict() -> None:
    old = [40 + n for n in range(24)]
    ours = [value + 30 if n % 2 else value for n, value in enumerate(old)]
    theirs = [value if n % 2 else value - 20 for n, value in enumerate(old)]
    for result in both_ways(curve(old), curve(ours), curve(theirs)):
        assert [record.conflict_type for record in result.conflicts] == ["curve_overlap"]


def test_two_places_of_one_curve_stay_apart() -> None:
    old = [40 + n for n in range(24)]
    ours = [value + 30 if n < 6 else value for n, value in enumerate(old)]
    theirs = [value - 20 if n > 12 else value for n, value in enumerate(old)]
    both = [a if a != value else b for value, a, b in zip(old, ours, theirs)]
    for result in both_ways(curve(old), curve(ours), curve(theirs)):
        assert not result.conflicts and heard(result.content) == heard(curve(both))
