"""A file kept open against the same operations one at a time, each on the bytes the one before left."""

from __future__ import annotations

import base64
import os
import random
from pathlib import Path
from typing import Any

import pytest

from muse.core.errors import MuseError
from muse.plugins.midi.edit.live_file import LiveFile
from muse.plugins.midi.edit.patch import patch_file
from muse.plugins.midi.file.address import note_addresses
from muse.plugins.midi.file.bars import TimeMap, time_map
from muse.plugins.midi.file.codec import Track, parse
from muse.plugins.midi.file.model import ATTRIBUTES, Content
from muse.plugins.midi.file.slot_address import SlotAddress

from .midi_kit import cc, smf, song, tempo, track, vlq

CORPUS = os.environ.get("MUSE_MIDI_CORPUS")
SEEDS = int(os.environ.get("MUSE_SOAK_SEEDS", "5000"))
PIECES = sorted(Path(__file__).parents[3].glob("fixtures/midi/*.mid"))
CAUGHT = (MuseError, KeyError, TypeError, ValueError, AttributeError, IndexError)


def one_at_a_time(path: str, data: bytes, ops: list[Any]) -> tuple[bytes, str]:
    """The file after a batch, and what was wrong with it."""
    try:
        return patch_file(path, data, ops), ""
    except CAUGHT as problem:
        return data, f"{type(problem).__name__}: {problem}"


class Agent:
    """Makes operations for the file as it is, as it was, and for none at all."""

    def __init__(self, seed: int, structure: float = 0.02) -> None:
        self.dice = random.Random(seed)
        self.structure = structure
        self.known: dict[bytes, Content] = {}
        self.made: list[Any] = []

    def batch(self, data: bytes) -> list[Any]:
        """One to four operations."""
        dice = self.dice
        if self.made and dice.random() < 0.1:
            return [dice.choice(self.made)]  # somebody else's, once more
        ops = [self.op(data) for _ in range(1 if dice.random() < 0.8 else dice.randrange(2, 5))]
        if dice.random() < 0.2:
            ops = [{"op": "patch", "address": "track:0", "child_ops": ops}]
        elif dice.random() < 0.3:
            ops = [{**op, "address": f"a.mid::{op['address']}"} for op in ops]
        self.made.append(ops[0])
        return ops

    def op(self, data: bytes) -> Any:
        dice = self.dice
        file = parse(data)
        index = dice.randrange(len(file.tracks)) if file.tracks else 0
        if not file.tracks or dice.random() < self.structure:
            return self.structural(data, index)
        part = file.tracks[index]
        content = self.known.setdefault(part.raw, Content(part))
        times = time_map(file, part)
        about = self.about_notes if dice.random() < 0.6 else self.about_slots
        made = about(index, content, times)
        return self.spoilt(made) if dice.random() < 0.12 else made

    def about_notes(self, index: int, content: Content, times: TimeMap) -> Any:
        dice = self.dice
        if not content.notes or dice.random() < 0.25:
            return {"op": "insert", "address": f"track:{index}/note:1:1:0:0:60#0", "content": self.note(content)}
        which = dice.randrange(len(content.notes))
        address = note_addresses(index, times, content.notes, [which])[which]
        kind = dice.random()
        if kind < 0.3:
            return {"op": "delete", "address": address}
        if kind < 0.45:
            return {"op": "replace", "address": address, "content": self.note(content)}
        edits = [self.attribute(address, content) for _ in range(dice.randrange(1, 4))]
        return edits[0] if kind < 0.75 else {"op": "patch", "address": address, "child_ops": edits}

    def attribute(self, address: str, content: Content) -> Any:
        name = self.dice.choice(ATTRIBUTES)
        return {"op": "replace", "address": f"{address}/{name}", "content": self.note(content)[name]}

    def note(self, content: Content) -> dict[str, int]:
        """A note much like those there are, so that they meet."""
        dice = self.dice
        like = list(dice.choice(content.notes)) if content.notes else [0, 60, 0, 240, 80, 0x840]
        like[2] = max(0, like[2] + dice.choice((0, 0, 0, like[3], -like[3], 120, -5, 1)))
        like[3] = max(0, dice.choice((like[3], like[3], 0, like[3] // 2, 240)))
        like[1] = min(127, max(0, like[1] + dice.choice((0, 0, 0, 1, -1, 12))))
        like[0] = dice.choice((like[0], like[0], like[0], dice.randrange(3)))
        like[4] = dice.randrange(1, 128)
        like[5] = dice.choice((like[5], 0x840, 0x900, 0x800))
        return dict(zip(ATTRIBUTES, like))

    def about_slots(self, index: int, content: Content, times: TimeMap) -> Any:
        dice = self.dice
        slots = list(content.slots)
        slot = dice.choice(slots) if slots else ((0xB, 0, 7), 0)
        kind = dice.random()
        if kind < 0.1:
            end = dice.choice((0, 500, 1 << 20, 1 << 29))
            return {"op": "replace", "address": f"track:{index}/end", "content": end}
        address = SlotAddress.of(index, times, slot).format()
        if kind < 0.35:
            return {"op": "delete", "address": address}
        rows = [[tick, body.hex()] for tick, body in content.value(slot)]
        if kind < 0.5:
            dice.shuffle(rows)
        else:
            rows = rows[:-1] if dice.random() < 0.3 else rows
            tick = max(0, slot[1] + dice.choice((0, 0, 0, 120, -7, 480)))
            rows += [[tick + dice.choice((0, 0, 1)), self.body().hex()] for _ in range(dice.randrange(3))]
        return {"op": dice.choice(("insert", "replace")), "address": address, "content": rows}

    def body(self) -> bytes:
        dice = self.dice
        channel, value = dice.randrange(3), dice.randrange(128)
        return dice.choice((
            cc(7, value, channel), cc(64, value, channel), cc(0, value, channel), cc(32, value, channel),
            cc(6, value, channel), cc(38, value, channel), cc(100, value, channel), cc(101, value, channel),
            bytes((0xC0 | channel, value)), bytes((0xE0 | channel, value, 5)), bytes((0xD0 | channel, value)),
            bytes((0x90 | channel, 60 + value % 3, 70)), bytes((0x80 | channel, 60 + value % 3, 70)),
            bytes((0x90 | channel, 60 + value % 3, 0)), b"\xff\x51\x07\xa1\x20", b"\xff\x01text", b"\xff\x03name",
            b"\xff\x58" + bytes((3, 2, 24, 8)), b"\xff\x58\x05", b"\xf0\x7e\xf7", b"\xf7\x01", b"\xf8", b"\xf2\x01\x02",
        ))  # fmt: skip

    def structural(self, data: bytes, index: int) -> Any:
        dice = self.dice
        raw = parse(smf(track([(0, cc(7, 1)), (5, b"\x90\x3c\x40"), (9, b"\x80\x3c\x40")]))).tracks[0].raw
        return dice.choice((
            {"op": "insert", "address": f"track:{index}", "content_b64": base64.b64encode(raw).decode()},
            {"op": "insert", "address": f"track:{index}", "content_b64": "AAAA"},
            {"op": "move", "address": f"track:{index}", "to_position": dice.randrange(3)},
            {"op": "replace", "address": "file/division", "content": dice.choice((96, 480, 1000))},
            {"op": "delete", "address": f"track:{index if dice.random() < 0.3 else 99}"},
        ))  # fmt: skip

    def spoilt(self, op: Any) -> Any:
        dice = self.dice
        ways: tuple[Any, ...] = (
            {**op, "address": op["address"].replace("track:", "track:9")},
            {**op, "address": op["address"].replace("#0", "#7")},
            {**op, "address": op["address"].replace(":1:", ":x:")},
            {**op, "address": op["address"] + ":99"},
            {**op, "address": op["address"].replace(":0:", ":200:")},
            {**op, "op": dice.choice(("move", "delete", "patch", "insert", "replace"))},
            {name: value for name, value in op.items() if name not in ("content", "child_ops")},
            {**op, "content": dice.choice((None, 7, -1, [], [[0, "xx"]], [[1 << 39, "b00740"]], [[0, "ff2f01"]]))},
            {**op, "child_ops": dice.choice((None, 3, [7], [{"op": "delete"}]))},
        )
        return dice.choice(ways)


def same(data: bytes, seed: int, steps: int, *, structure: float = 0.02) -> int:
    """The two ways leave the same bytes and say the same, whatever comes; how many batches did something."""
    agent = Agent(seed, structure)
    now, live, done = data, LiveFile("a.mid", data), 0
    for step in range(steps):
        try:
            ops = agent.batch(now)
        except MuseError:  # the file cannot be read any more
            break
        before = now
        now, wrong = one_at_a_time("a.mid", now, ops)
        try:
            live.apply(ops)
            told = ""
        except CAUGHT as problem:
            told = f"{type(problem).__name__}: {problem}"
        assert told == wrong, (seed, step, ops)
        if agent.dice.random() < 0.5 or step == steps - 1:
            assert live.data() == now, (seed, step, ops, before)
        done += before != now
    assert live.data() == now
    return done


def crowded(seed: int) -> bytes:
    """A small file in which everything meets: few ticks, few keys, notes that hang, running status, odd lengths."""
    dice = random.Random(seed)
    agent = Agent(seed)
    tracks = []
    for _ in range(dice.randrange(1, 4)):
        out, tick, running = b"", 0, 0
        for _ in range(dice.randrange(30)):
            delta = dice.choice((0, 0, 0, 60, 120, 480))
            if dice.random() < 0.6:
                body = bytes((dice.choice((0x80, 0x90, 0x91, 0x90)), 60 + dice.randrange(3), dice.choice((0, 64, 90))))
            else:
                body = agent.body()
            if body[:1] in (b"\xf0", b"\xf7"):
                spelled = body[:1] + vlq(len(body) - 1) + body[1:]
            elif body[0] == 0xFF:
                size = vlq(len(body) - 2)
                spelled = body[:2] + (b"\x80" + size if dice.random() < 0.2 else size) + body[2:]
            else:
                spelled = body[1:] if body[0] == running and dice.random() < 0.8 else body
                running = body[0] if body[0] < 0xF0 else running
            out += (b"\x80" if dice.random() < 0.1 else b"") + vlq(delta) + spelled
            tick += delta
        out += vlq(dice.choice((0, 0, 77))) + dice.choice((b"\xff\x2f\0", b"\xff\x2f\x80\0"))
        out += dice.choice((b"", b"", b"tail"))
        tracks.append(b"MTrk" + len(out).to_bytes(4, "big") + out)
    made = smf(*tracks, kind=dice.choice((1, 1, 2)), division=dice.choice((480, 96, 0xE728)))
    if dice.random() < 0.1:
        made += b"XtraDATA"
    if dice.random() < 0.1:
        pad = b"x" * (len(made) & 1)
        inner = b"RMIDdata" + len(made).to_bytes(4, "little") + made + pad
        made = b"RIFF" + len(inner).to_bytes(4, "little") + inner
    return made


@pytest.mark.parametrize("chunk", range(4))
def test_crowded_files(chunk: int) -> None:
    done = sum(same(crowded(seed), seed, 40) for seed in range(chunk * 40, chunk * 40 + 40))
    assert done > 500


@pytest.mark.soak
def test_crowded_files_for_long() -> None:
    done = sum(same(crowded(seed), seed, 60) for seed in range(1000, 1000 + SEEDS))
    print(f"{SEEDS:,} crowded files, {done:,} batches that did something, each as one at a time")


@pytest.mark.parametrize("file", PIECES, ids=lambda file: str(file.name))
def test_real_pieces(file: Path) -> None:
    assert same(file.read_bytes(), 7, 60, structure=0.05) > 20


@pytest.mark.skipif(not CORPUS, reason="MUSE_MIDI_CORPUS is not set")
def test_the_corpus() -> None:
    found = sorted(Path(str(CORPUS)).glob("*.mid"))
    for seed, file in enumerate(found):
        try:
            parse(file.read_bytes())
        except MuseError:
            continue
        same(file.read_bytes(), seed, 12)


def test_many_edits_of_one_key_leave_the_others_alone() -> None:
    """A note-on that hangs pairs anew with what follows, and an off taken away gives back what it had."""
    base = song([(60, tick, 100) for tick in range(0, 4800, 240)], [(0, tempo(500000))])
    hanging = {"op": "insert", "address": "track:0/notes:1:1:5:0:60", "content": [[5, "903c40"]]}
    live = LiveFile("a.mid", base)
    now = base
    for ops in ([hanging], [{"op": "delete", "address": "track:0/note:1:1:5:0:60#0"}], [hanging], [hanging]):
        now, _ = one_at_a_time("a.mid", now, ops)
        try:
            live.apply(ops)
        except MuseError:
            pass
        assert live.data() == now
    assert len(Content(parse(now).tracks[0]).notes) == 19  # as many as there are ends


def test_a_batch_that_fails_leaves_nothing_behind() -> None:
    base = song([(60, 0, 480), (64, 480, 240)], [(480, cc(7, 90))])
    live = LiveFile("a.mid", base)
    good = {"op": "delete", "address": "track:0/note:1:1:0:0:60#0"}
    far = {"op": "insert", "address": "track:0/cc_volume:1:1:0:0:7", "content": [[1 << 39, "b00740"]]}
    none = {"op": "delete", "address": "track:0/note:1:1:0:0:61#0"}
    for ops in ([good, none], [good, far], [good, {"op": "delete"}]):
        with pytest.raises((MuseError, KeyError)):
            live.apply(ops)  # type: ignore[arg-type]
        assert live.data() == base
    live.apply([good])  # type: ignore[list-item]
    assert live.data() == patch_file("a.mid", base, [good])  # type: ignore[list-item]


def test_a_file_that_cannot_be_read_any_more_says_so_each_time() -> None:
    live = LiveFile("a.mid", song([(60, 0, 480)]))
    live.apply([{"op": "replace", "address": "file/format", "content": 7}])  # type: ignore[typeddict-item]
    for _ in range(2):
        with pytest.raises(MuseError, match="format 7 does not exist"):
            live.apply([])
    assert live.data()[9] == 7


def test_an_untouched_track_is_not_even_indexed() -> None:
    base = smf(track([(0, cc(7, 1))]), track([(0, cc(7, 1))]))
    live = LiveFile("a.mid", base)
    live.apply([{"op": "delete", "address": "track:1/cc_volume:1:1:0:0:7"}])  # type: ignore[typeddict-item]
    assert [type(each) is Track for each in live._tracks] == [True, False]
