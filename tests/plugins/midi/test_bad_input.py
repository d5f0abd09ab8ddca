"""Damaged and hostile files: one clear refusal, an ordinary conflict with ours on disk, little memory."""

from __future__ import annotations

import random
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

from muse.core.errors import FormatError
from muse.plugins.midi.file.codec import parse
from muse.plugins.midi.merge.file import merge_file
from muse.plugins.midi.show.listing import listing

from .fixture_cases import CASES
from .midi_kit import cc, notes_to_events, smf, song, tempo, track

OTHERS = [(0, tempo(500000)), (0, b"\xff\x03\x04solo"), (90, b"\xf0\x03\x43\x10\xf7")]
BASE = song([(60, 0, 100), (62, 480, 100)], OTHERS)
OURS = song([(60, 0, 100, 90), (62, 480, 100)], OTHERS)
HEAD = b"MThd\0\0\0\6\0\1\0\1\1\xe0"
LONGEST = b"\xff\xff\xff\x7f"  # a pause of 2^28 - 1 ticks

HOSTILE = {
    "nothing": (b"", "no MThd"),
    "a header alone": (b"MThd", "cut short"),
    "a header of 500 MB": (b"MThd" + (500_000_000).to_bytes(4, "big") + HEAD[8:], "claims"),
    "a track of 500 MB": (HEAD + b"MTrk" + (500_000_000).to_bytes(4, "big") + b"\0\xff\x2f\0", "are left"),
    "a text of 250 MB": (smf(track([(0, b"\xff\x01" + LONGEST)]), kind=1), "claims"),
    "an exclusive of 250 MB": (smf(track([(0, b"\xf0" + LONGEST)]), kind=1), "claims"),
    "a quantity of five bytes": (smf(track([(0, b"\xff\x01\x80" + LONGEST)]), kind=1), "more than four bytes"),
    "65535 tracks announced": (HEAD[:10] + b"\xff\xff" + HEAD[12:] + track([]), "65535 tracks are announced"),
    "division 0": (HEAD[:12] + b"\0\0" + track([]), "division 0"),
    "SMPTE with no ticks": (HEAD[:12] + b"\xe7\0" + track([]), "division"),
    "format 9": (HEAD[:8] + b"\0\x09" + HEAD[10:] + track([]), "format 9"),
    "no end of track": (OURS.replace(b"\xff\x2f\0", b"\xff\x01\0"), "no end-of-track"),
    "running status from nowhere": (smf(track([(0, b"\x3c\x40")]), kind=1), "data byte"),
    "a status byte as data": (smf(track([(0, b"\x90\x3c\x90")]), kind=1), "status byte"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_damaged_file_is_refused_by_name_and_place(name: str) -> None:
    data, words = HOSTILE[name]
    tracemalloc.start()
    try:
        with pytest.raises(FormatError, match=words):
            parse(data)
        result = merge_file("a.mid", BASE, OURS, data)
        try:
            assert listing(data).startswith("MIDI")
        except FormatError as error:
            assert words in str(error)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert result.content == OURS
    assert [record.conflict_type for record in result.conflicts] == ["file_level"]
    assert words in str(result.conflicts[0].detail["reason"])
    assert peak < 2_000_000


@pytest.mark.parametrize("name", ["a track of 500 MB", "no end of track", "65535 tracks announced", "division 0"])
def test_in_the_driver_it_is_an_ordinary_conflict(name: str, tmp_path: Path) -> None:
    for letter, data in zip("OAB", (BASE, OURS, HOSTILE[name][0])):
        (tmp_path / letter).write_bytes(data)
    for order in ("OAB", "AOB", "BOA"):
        words = [sys.executable, "-m", "muse.drivers.merge", *order, "-p", "song.mid"]
        before = {letter: (tmp_path / letter).read_bytes() for letter in "OAB"}
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert "Traceback" not in done.stderr and done.stderr.count("\n") == 2, done.stderr
        assert done.stderr.endswith("1 conflict to settle: muse conflicts shows them, muse resolve -i asks\n")
        assert {letter: (tmp_path / letter).read_bytes() for letter in "OAB"} == before


@pytest.mark.parametrize("name", ["c1-two-velocities", "c5-two-tempos", "finer-ticks", "c9-two-texts"])
def test_truncated_at_every_byte_nothing_is_lost(name: str) -> None:
    """Small prefixes at every byte, the rest of the file at every seventh."""
    case = CASES[name]
    base, ours, theirs = case.base.data(), case.ours.data(), case.theirs.data()
    for size in [*range(min(160, len(theirs))), *range(160, len(theirs), 7)]:
        result = merge_file("a.mid", base, ours, theirs[:size])
        assert result.conflicts and result.content == ours, size


def test_random_damage_gives_a_conflict_or_a_file_that_can_be_read() -> None:
    generator = random.Random(41)
    case = CASES["pitch-and-velocity-of-one-note"]
    base, ours, theirs = case.base.data(), case.ours.data(), case.theirs.data()
    clean = 0
    for _ in range(400):
        damaged = bytearray(theirs)
        for _ in range(generator.randint(1, 4)):
            damaged[generator.randrange(len(damaged))] = generator.randrange(256)
        result = merge_file("a.mid", base, ours, bytes(damaged))
        if not result.conflicts:
            assert result.content is not None
            parse(result.content)
            clean += 1
    assert 20 < clean < 380


def test_the_longest_pauses_are_kept_and_none_longer_is_written() -> None:
    far = b"".join(LONGEST + cc(7, value) for value in range(20))
    body = far + b"\0\xff\x2f\0"
    base = smf(b"MTrk" + len(body).to_bytes(4, "big") + body)
    louder = smf(b"MTrk" + len(body).to_bytes(4, "big") + body.replace(cc(7, 3), cc(7, 99)))
    pan = smf(b"MTrk" + len(body).to_bytes(4, "big") + body.replace(cc(7, 15), cc(7, 98)))
    result = merge_file("a.mid", base, louder, pan)
    assert result.conflicts == []
    assert result.content == smf(
        b"MTrk" + len(body).to_bytes(4, "big") + body.replace(cc(7, 3), cc(7, 99)).replace(cc(7, 15), cc(7, 98))
    )
    assert listing(base).count("\n") > 20
    half = 1 << 27
    three = [(0, cc(7, 1)), (half, cc(7, 2)), (2 * half, cc(7, 3)), (3 * half, cc(7, 4))]
    kept = merge_file(
        "a.mid", smf(track(three)), smf(track([three[0], *three[2:]])), smf(track([*three[:2], three[3]]))
    )
    assert kept.conflicts and kept.content == smf(track([three[0], *three[2:]]))


def test_a_crowd_at_one_tick_merges() -> None:
    """Thousands of events at one tick, changed on both sides: order is looked at pair by pair only where it may be."""
    notes = [(pitch, 0, 1 + number % 7, 1 + number % 126) for number in range(20) for pitch in range(128)]
    crowd = notes_to_events(notes)
    ours = [(tick, body[:2] + b"\x7f" if at < 900 and body[0] == 0x90 and body[2] else body)
            for at, (tick, body) in enumerate(crowd)]  # fmt: skip
    theirs = [*crowd, (40, cc(7, 1))]
    result = merge_file("a.mid", smf(track(crowd)), smf(track(ours)), smf(track(theirs)))
    assert result.conflicts == []
    assert result.content == smf(track([*ours, (40, cc(7, 1))]))
