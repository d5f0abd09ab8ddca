"""Operations replayed on a file: recorded differences and live edits."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import pytest

from muse.core.errors import FormatError, MuseError
from muse.plugins.midi.edit.patch import patch_file
from muse.plugins.midi.file.codec import parse, parse_track
from muse.plugins.midi.show.diff import diff_files

from .midi_kit import cc, smf, song, tempo, track

CORPUS = os.environ.get("MUSE_MIDI_CORPUS")
BASE = song([(60, 0, 480), (60, 0, 480), (64, 480, 240)], [(0, tempo(500000)), (480, cc(7, 90))])


def heard(data: bytes) -> list[list[tuple[int, bytes]]]:
    parsed = parse(data)
    return [[*sorted(zip(each.ticks, each.bodies)), (each.end_tick, b"")] for each in parsed.tracks]


def note(pitch: int, onset: int, length: int, velocity: int = 80) -> dict[str, int]:
    return {"channel": 0, "pitch": pitch, "onset": onset, "length": length, "velocity": velocity, "release": 0x840}


def op(kind: str, address: str, content: Any = None) -> Any:
    made: dict[str, Any] = {"op": kind, "address": address, "position": None}
    if content is not None:
        made["content"] = content
    return made


def test_live_edits_one_after_another() -> None:
    ops = [
        op("insert", "track:0/note:1:3:0:0:67#0", note(67, 960, 100)),
        op("replace", "track:0/note:1:3:0:0:67#0/velocity", 33),
        op("delete", "track:0/note:1:1:0:0:60#1"),
        op("replace", "track:0/note:1:2:0:0:64#0/pitch", 65),
        op("replace", "track:0/note:1:2:0:0:64#0/velocity", 7),  # still under the address it had
        op("replace", "track:0/cc_volume:1:2:0:0:7", [[480, "b00705"]]),
        op("insert", "track:0/cc_sustain:1:1:0:0:64", [[0, "b0407f"]]),
        op("delete", "track:0/tempo_map:1:1:0:81"),
    ]
    expected = song(
        [(60, 0, 480), (65, 480, 240, 7), (67, 960, 100, 33)], [(0, cc(64, 127)), (480, cc(7, 5))], end=1060
    )
    assert heard(patch_file("a.mid", BASE, ops)) == heard(expected)


@pytest.mark.parametrize(
    "wrong",
    [
        op("delete", "track:0/note:1:1:0:0:61#0"),
        op("delete", "track:0/note:1:1:0:0:60#2"),
        op("delete", "track:7/note:1:1:0:0:60#0"),
        op("insert", "track:0/note:1:1:0:0:61#0"),
        op("insert", "track:0/note:1:1:0:0:61#0", {**note(61, 0, 9), "velocity": 0}),
        op("insert", "track:0/note:1:1:0:0:61#0", {**note(61, 0, 9), "pitch": 128}),
        op("insert", "track:0/cc_volume:1:1:0:0:7", [[0, "b007"]]),
        op("insert", "track:0/cc_volume:1:1:0:0:7", [[0, "zz"]]),
        op("insert", "track:0/cc_volume:1:1:0:0:7", [[0, "ff2f"]]),
        op("replace", "track:0/cc_pan:1:1:0:0:10", [[0, "b00a05"]]),
        op("delete", "track:9"),
        op("replace", "track:0/nonsense:1:1:0"),
        op("replace", "elsewhere/3"),
    ],
)
def test_an_operation_that_does_not_fit_is_refused_by_address(wrong: Any) -> None:
    with pytest.raises(MuseError, match=wrong["address"].split("#")[0]):
        patch_file("a.mid", BASE, [wrong])


def test_tracks_come_go_and_move() -> None:
    one, two, three = (track([(0, b"\xff\x03\x01" + name), (5, cc(7, 1))]) for name in (b"a", b"b", b"c"))
    for old, new in (
        (smf(one, two, three), smf(three, one, two)),
        (smf(one, two), smf(one, three, two)),
        (smf(one, two, three), smf(one, three)),
        (smf(one), smf(one, two)),
    ):
        ops, _ = diff_files(old, new)
        assert patch_file("a.mid", old, ops) == new


def test_untouched_tracks_and_events_keep_their_bytes() -> None:
    odd = track([(0, b"\x90\x3c\x40"), (10, b"\x3c\0"), (10, b"\xff\x01\x80\x02hi")], tail=b"rest")
    base = smf(odd, track([(0, b"\x91\x3c\x40"), (10, b"\x3c\0"), (20, b"\x40\x40"), (30, b"\x40\0")]))
    changed = patch_file("a.mid", base, [op("replace", "track:1/note:1:1:20:1:64#0/velocity", 9)])
    assert changed == base.replace(b"\x40\x40", b"\x40\x09")


@pytest.mark.skipif(not CORPUS, reason="MUSE_MIDI_CORPUS is not set")
def test_the_difference_of_two_real_files_replays() -> None:
    generator = random.Random(3)
    known: list[bytes] = []
    for file in sorted(Path(str(CORPUS)).glob("*.mid")):
        try:
            parse(file.read_bytes())
        except FormatError:
            continue
        if file.stat().st_size < 30_000:
            known.append(file.read_bytes())
    for _ in range(60):
        old, new = generator.sample(known, 2)
        ops, words = diff_files(old, new)
        assert words
        assert heard(patch_file("a.mid", old, ops)) == heard(new)


def test_a_parsed_track_of_its_own() -> None:
    assert parse_track(b"\0\xff\x2f\0").end_tick == 0
