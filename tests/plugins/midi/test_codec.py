"""The codec keeps every byte, and refuses what is no MIDI file with an offset."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from muse.core.errors import FormatError
from muse.plugins.midi.file.codec import Song as ParsedSong
from muse.plugins.midi.file.codec import parse, vlq, write

from .midi_kit import cc, smf, song, tempo, track

CORPUS = os.environ.get("MUSE_MIDI_CORPUS")

# Files of the corpus that are no well-formed MIDI files, and what is wrong with them.
REFUSED = {
    "corrupt-file-missing-byte.mid": "are left",
    "empty-file.mid": "no MThd",
    "not-a-midi-file.mid": "no MThd",
    "illegal-message-all.mid": "undefined",
    "illegal-message-f4.mid": "undefined",
    "illegal-message-f5.mid": "undefined",
    "illegal-message-f9.mid": "undefined",
    "illegal-message-fd.mid": "undefined",
    "negative-ticks-per-beat.mid": "division 65535",
    "zero-ticks-per-beat.mid": "division 0",
}

ODDITIES = {
    "running status": smf(track([(0, b"\x90\x3c\x40"), (10, b"\x3c\0"), (10, b"\x40\x40"), (20, b"\x40\0")])),
    "running status across a meta event": smf(track([(0, b"\x90\x3c\x40"), (5, tempo(9)), (10, b"\x3c\0")])),
    "padded lengths": smf(track([(0, b"\xff\x01\x80\x02hi"), (0, b"\xf0\x80\x80\x01\xf7")])),
    "split exclusive": smf(track([(0, b"\xf0\x02\x43\x12"), (9, b"\xf7\x02\x00\xf7")])),
    "unknown chunk": smf(track([(0, cc(7, 1))])) + b"XFIH\0\0\0\3abc",
    "bytes after the last chunk": song([(60, 0, 10)]) + b"\0\0junk",
    "bytes after end-of-track": smf(track([(0, cc(7, 1))], tail=b"\x00\x90\x3c\x40rest")),
    "long header": b"MThd\0\0\0\x08\0\0\0\1\1\xe0ab" + track([]),
    "SMPTE division": smf(track([(0, cc(7, 1))]), division=0xE728),
    "format 2": smf(track([]), track([(0, cc(7, 1))]), kind=2),
    "system real-time": smf(track([(0, b"\xf8"), (1, b"\xf2\1\2"), (2, b"\xfe")])),
    "largest delta": smf(track([((1 << 28) - 1, cc(7, 1))])),
}


def rmid(data: bytes) -> bytes:
    """The RIFF wrapper around a file."""
    body = b"RMIDdata" + len(data).to_bytes(4, "little") + data + b"\0" * (len(data) & 1)
    body += b"LIST\4\0\0\0INFO"
    return b"RIFF" + len(body).to_bytes(4, "little") + body


@pytest.mark.parametrize("name", sorted(ODDITIES))
def test_oddities_come_back_byte_for_byte(name: str) -> None:
    for data in (ODDITIES[name], rmid(ODDITIES[name])):
        assert write(parse(data)) == data


@pytest.mark.skipif(not CORPUS, reason="MUSE_MIDI_CORPUS is not set")
def test_every_well_formed_file_of_the_corpus_comes_back_byte_for_byte() -> None:
    files = sorted(Path(str(CORPUS)).glob("*.mid"))
    assert files, "the corpus is empty"
    same = 0
    for file in files:
        data = file.read_bytes()
        expected = next((why for name, why in REFUSED.items() if file.name.endswith(name)), None)
        if expected is None:
            assert write(parse(data)) == data, file.name
            same += 1
        else:
            with pytest.raises(FormatError, match=expected) as caught:
                parse(data)
            assert caught.value.offset is not None
    assert same + len(REFUSED) == len(files)


@pytest.mark.skipif(not CORPUS, reason="MUSE_MIDI_CORPUS is not set")
def test_mido_reads_the_same_events() -> None:
    import io

    mido = pytest.importorskip("mido")
    compared = 0
    for file in sorted(Path(str(CORPUS)).glob("*.mid")):
        data = file.read_bytes()
        try:
            ours = parse(data)
            theirs = mido.MidiFile(file=io.BytesIO(data), clip=True)
        except (FormatError, OSError, EOFError, ValueError, KeyError, IndexError):
            continue
        for track_, other in zip(ours.tracks, theirs.tracks, strict=True):
            now, notes = 0, []
            for message in other:
                now += message.time
                if message.type in ("note_on", "note_off", "control_change", "program_change"):
                    notes.append((now, bytes(message.bytes())))
            mine = [(t, b) for t, b in zip(track_.ticks, track_.bodies) if b[0] >> 4 in (8, 9, 0xB, 0xC)]
            assert mine == notes, file.name
        compared += 1
    assert compared > 100


def refused(data: bytes, words: str) -> None:
    with pytest.raises(FormatError, match=words):
        parse(data)


def test_refusals_name_what_is_wrong() -> None:
    good = song([(60, 0, 10)])
    refused(b"", "no MThd")
    refused(b"MThd\0\0", "cut short")
    refused(good[:12] + b"\0\0" + good[14:], "division 0")
    refused(good[:-3], "are left")
    refused(good.replace(b"\xff\x2f\0", b"\xff\x01\0"), "no end-of-track")
    refused(smf(track([(0, b"\x3c\x40")])), "data byte")
    refused(smf(track([(0, b"\x90\x3c\x90\x40")])), "status byte")
    refused(smf(track([(0, b"\xff\x01\xff\xff\xff\x7f")])), "claims")
    refused(smf(track([(0, b"\xff\x01\xff\xff\xff\xff\x7f")])), "more than four bytes")
    refused(b"MThd\0\0\0\6\0\1\0\5\1\xe0" + track([]), "5 tracks are announced, 1 are there")


def test_every_truncation_is_refused_or_reads_as_a_whole_file() -> None:
    for data in (song([(60, 0, 10), (62, 10, 10)], [(0, tempo(500000))]), rmid(ODDITIES["split exclusive"])):
        for size in range(len(data)):
            try:
                assert write(parse(data[:size])) == data[:size]
            except FormatError as error:
                assert error.offset is None or 0 <= error.offset <= len(data)
            lenient = None
            try:
                lenient = parse(data[:size], lenient=True)
            except FormatError:
                continue
            assert isinstance(lenient, ParsedSong)


def test_random_bytes_never_raise_anything_else() -> None:
    generator = random.Random(7)
    good = ODDITIES["running status"] + ODDITIES["unknown chunk"]
    for _ in range(3000):
        data = bytearray(good)
        for _ in range(generator.randint(1, 6)):
            data[generator.randrange(14, len(data))] = generator.randrange(256)
        try:
            assert write(parse(bytes(data))) == bytes(data)
        except FormatError:
            pass


def test_quantities() -> None:
    assert [vlq(n) for n in (0, 127, 128, 16383, 16384, (1 << 28) - 1)] == [
        b"\0", b"\x7f", b"\x81\0", b"\xff\x7f", b"\x81\x80\0", b"\xff\xff\xff\x7f",
    ]  # fmt: skip
    with pytest.raises(FormatError):
        vlq(1 << 28)


def test_a_million_empty_tracks_are_read_in_one_pass() -> None:
    data = b"MThd\0\0\0\6\0\1\xff\xff\0\x60" + track([]) * 65535 + track([]) * 200_000
    song_ = parse(data)
    assert len(song_.tracks) == 65535
    assert write(song_) == data
