"""Bar maps of files that have no sensible bars: an answer in bounded time, and never an exception."""

from __future__ import annotations

import random
import time

import pytest

from muse.plugins.midi.merge.file import merge_file

from .midi_kit import Spec, notes_to_events, smf, track
from .test_bars import heard


def notes(count: int, step: int, seed: int = 1) -> list[Spec]:
    made = random.Random(seed)
    return [(made.randrange(30, 90), n * step, min(step, 400), made.randint(1, 127)) for n in range(count)]


def piece(some: list[Spec], head: list[tuple[int, bytes]] | None = None, division: int = 480) -> bytes:
    return smf(track(head or []), track(notes_to_events(some)), division=division)


def late(some: list[Spec], at: int, shift: int) -> list[Spec]:
    return [(p, on + shift if n >= at else on, *rest) for n, (p, on, *rest) in enumerate(some)]


def louder(some: list[Spec]) -> list[Spec]:
    return [*some[:-1], (*some[-1][:3], some[-1][3] % 127 + 1)]


@pytest.mark.parametrize(
    ("head", "division"),
    [
        ([(n * 480, b"\xff\x58\x04" + bytes([n % 5 + 1, 2, 24, 8])) for n in range(400)], 480),
        ([(0, b"\xff\x51\x03\0\0\0"), (960, b"\xff\x51\x03\0\0\0")], 480),
        ([(0, b"\xff\x58\x04\0\x07\0\0")], 1),
        ([], 0xE728),
    ],
    ids=["signature-every-beat", "tempo-0", "one-tick-a-beat", "smpte"],
)
def test_odd_time(head: list[tuple[int, bytes]], division: int) -> None:
    old = notes(200, 480)
    sides = piece(late(old, 60, 3840), head, division), piece(louder(old), head, division)
    wanted = piece(louder(late(old, 60, 3840)), head, division)
    for one, two in (sides, sides[::-1]):
        result = merge_file("a.mid", piece(old, head, division), one, two)
        assert len(result.conflicts) <= 1
        assert result.conflicts or heard(result.content) == heard(wanted)


def test_nothing_matches() -> None:
    versions = [piece(notes(400, 240, seed)) for seed in range(3)]
    result = merge_file("a.mid", *versions)
    assert result.conflicts and result.content is not None


def test_files_without_notes() -> None:
    texts = [[(n * 1920, b"\xff\x06\x02%02d" % n) for n in range(20)] for _ in range(3)]
    texts[1] = [(tick + 3840 * (tick >= 9600), body) for tick, body in texts[1]]
    texts[2] = [*texts[2], (15 * 1920 + 5, b"\xff\x06\x03new")]
    files = [smf(track(sorted(rows)), track([])) for rows in texts]
    result = merge_file("a.mid", *files)
    moved = [(17 * 1920 + 5, b"\xff\x06\x03new")]
    assert not result.conflicts and set(heard(result.content)) == {
        *heard(files[1]), *((0, tick, body[:2] + body[3:]) for tick, body in moved)
    }  # fmt: skip


def test_a_million_bars() -> None:
    old = notes(200, 480 * 4 * 5000)
    begun = time.process_time()
    result = merge_file("a.mid", piece(old), piece(late(old, 60, 3840)), piece(louder(old)))
    assert time.process_time() - begun < 20 and result.content is not None


def test_many_tracks() -> None:
    old = [notes(1, 480, seed) for seed in range(3_000)]

    def made(change: dict[int, list[Spec]]) -> bytes:
        return smf(*(track(notes_to_events(change.get(n, some))) for n, some in enumerate(old)))

    begun = time.process_time()
    result = merge_file("a.mid", made({}), made({7: [(1, 3840, 5, 5)]}), made({9: [(2, 3840, 5, 5)]}))
    assert not result.conflicts and time.process_time() - begun < 60


def test_more_bars_than_any_song() -> None:
    old = notes(50_500, 1920)
    begun = time.process_time()
    result = merge_file("a.mid", piece(old), piece(late(old, 100, 3840)), piece(louder(old)))
    assert time.process_time() - begun < 60 and result.content is not None
