"""One side writes the piece in double or half note values, the other edits it."""

from __future__ import annotations

import pytest

from muse.plugins.midi.merge.file import merge_file

from .test_bars import BAR, Parts, both_ways, heard, merged, parts, song, with_note

OLD = parts()


def times(some: Parts, over: int, under: int) -> Parts:
    return [[(p, on * over // under, n * over // under, *rest) for p, on, n, *rest in notes] for notes in some]


@pytest.mark.parametrize(("over", "under"), [(2, 1), (1, 2), (3, 2)])
def test_what_the_other_side_adds_is_written_so_too(over: int, under: int) -> None:
    tempo = [(6 * BAR, b"\xff\x51\x03\x06\x00\x00")]
    there = [(6 * BAR * over // under, tempo[0][1])]
    slow, edited = times(OLD, over, under), with_note(OLD, 6)
    merged(song(OLD), song(slow), song(edited, tempo), song(times(edited, over, under), there))
    ours = [*slow[:1], [(note[0], note[1], note[2], 33) if n == 5 else note for n, note in enumerate(slow[1])]]
    wanted = [times(edited, over, under)[0], ours[1]]
    merged(song(OLD), song(ours), song(edited), song(wanted))  # and it edits something itself
    merged(song(OLD), song(slow), song(times(edited, over, under)), song(times(edited, over, under)))


def test_what_does_not_fit_is_asked_about_once() -> None:
    odd = [*OLD[:1], [*OLD[1], (100, 5 * BAR + 1, 300, 99)]]
    for result in both_ways(song(OLD), song(times(OLD, 1, 2)), song(odd)):
        assert len(result.conflicts) == 1 and "other note values" in result.notes[0]


def test_a_piece_twice_as_long_is_not_stretched() -> None:
    loop: Parts = [[(60 + beat % 2, beat * 480, 400, 80) for beat in range(64)] for _ in range(2)]
    longer: Parts = [[(60 + beat % 2, beat * 480, 400, 80) for beat in range(128)] for _ in range(2)]
    louder = [[(*note[:3], 33) if n == 1 else note for n, note in enumerate(notes)] for notes in loop]
    result = merge_file("a.mid", song(loop), song(longer), song(louder))
    at = [row for row in heard(result.content) if row[2][2:] == b"\x21"]
    assert result.conflicts or at == [(1, 480, b"\x90\x3d\x21"), (2, 480, b"\x90\x3d\x21")]
