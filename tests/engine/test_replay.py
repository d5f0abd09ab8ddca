"""A session's ops replayed at once against the same ops replayed one by one, each on the files the one before left."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import pytest

from muse.core.content import MemoryContent
from muse.core.errors import MuseError
from muse.core.op_log import OpEntry, make_op_entry
from muse.core.types import blob_digest
from muse.engine.session.replay import Replayed, replay
from muse.plugins.code.plugin import CodePlugin
from muse.plugins.files import FilesPlugin
from muse.plugins.midi.plugin import MidiPlugin

from ..plugins.code.test_open_file import Agent as Coder
from ..plugins.midi.midi_kit import song
from ..plugins.midi.test_live import Agent as Player
from ..plugins.midi.test_live import crowded

SEEDS = int(os.environ.get("MUSE_SOAK_SEEDS", "500"))
SOURCE = (Path(__file__).parents[2] / "muse" / "core" / "paths.py").read_bytes()


def plain(path: str) -> Any:
    """A path's domain without its open files: else the same, because merging treats a stranger's domain otherwise."""
    domain = plugin_for(path)
    domain.open_file = None
    return domain


def plugin_for(path: str) -> Any:
    return MidiPlugin() if path.endswith(".mid") else CodePlugin() if path.endswith(".py") else FilesPlugin()


def one_by_one(entries: list[OpEntry], files: dict[str, str], store: MemoryContent) -> Replayed:
    """Each op alone, by the domains' `patch_file`."""
    done = Replayed(dict(files))
    for entry in entries:
        step = replay([entry], done.files, store, plain)
        done = Replayed(step.files, done.touched | step.touched, done.overridden + step.overridden)
    return done


class Session:
    """Ops of agents who see the files as they are, or as they were a while ago."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.store = MemoryContent()
        self.player, self.coder = Player(seed), Coder("a.py", SOURCE, seed)
        first = {"a.mid": crowded(seed), "b.mid": crowded(seed + 1), "a.py": SOURCE[:1400], "c.txt": b"1\n", "d/e": b""}
        self.files = {path: self.store.put(data) for path, data in first.items()}
        self.seen = [dict(self.files)]
        self.entries: list[OpEntry] = []

    def op(self) -> Any:
        """One op, of a single note or symbol more often than not."""
        dice = self.dice
        then = self.seen[-1] if dice.random() < 0.7 else dice.choice(self.seen)
        path = dice.choice(["a.mid", "a.mid", "b.mid", "a.py", "a.py", *then, "nowhere.mid", "c.txt/x", "d"])
        data = self.store.get(then[path]) if path in then else b""
        if dice.random() < 0.8 and path in ("a.mid", "b.mid", "a.py"):
            inner = self.inner(path, data)
            if len(inner) == 1 and inner[0]["op"] != "patch" and dice.random() < 0.7:
                address = inner[0]["address"]
                return {**inner[0], "address": f"{path}::{address.partition('::')[2] or address}"}
            made = {"op": "patch", "address": path, "child_ops": inner}
            if dice.random() < 0.2:  # as `diff` names both states, of which nobody has brought the new one
                made |= {"old_content_id": then.get(path, ""), "new_content_id": self.result(path, data, inner)}
            return made
        return self.whole(path, data, then)

    def inner(self, path: str, data: bytes) -> list[Any]:
        try:
            if path.endswith(".mid"):
                return self.player.batch(data)
            return self.coder.batch(data, False)
        except MuseError:
            return [{"op": "delete", "address": "track:0/note:1:1:0:0:60#0"}]

    def result(self, path: str, data: bytes, inner: list[Any]) -> Any:
        try:
            return blob_digest(plugin_for(path).patch_file(path, data, inner))
        except (MuseError, KeyError, TypeError, ValueError, AttributeError, IndexError):
            return self.dice.choice(("sha256:" + "0" * 64, 7, [], None))

    def whole(self, path: str, data: bytes, then: dict[str, str]) -> Any:
        """An op on a whole file: the old state may be one that only the replay went through."""
        dice = self.dice
        old = then.get(path, "sha256:" + "1" * 64)
        earlier = dice.choice(self.seen).get(path, old)
        known = self.store.blobs.get(earlier, b"")
        text = known.decode("latin-1") + "more\n" if dice.random() < 0.5 else "new\n"
        digest = blob_digest(text.encode())
        new = {"content": text, "new_content_id": digest, "content_id": digest}
        return dice.choice((
            {"op": "replace", "address": path, "old_content_id": old, **new},
            {"op": "replace", "address": path, "old_content_id": earlier, **new},
            {"op": "insert", "address": path + dice.choice(("", "2", "/x")), **new},
            {"op": "delete", "address": path, "content_id": dice.choice((old, earlier))},
            {"op": "patch", "address": path, "old_content_id": old, "new_content_id": earlier, "child_ops": []},
            {"op": "patch", "address": dice.choice(("a.mid", "z.mid", "d")), "from_address": path, "child_ops": []},
            {"op": "patch", "address": path, "from_address": dice.choice((None, [], "b.mid")), "child_ops": []},
            {"op": "patch", "address": path, "child_ops": None}, {"op": "move", "address": path},
            {"op": "patch", "address": path}, {"op": "delete", "address": "../x::y"},
        ))  # fmt: skip

    def play(self, steps: int) -> Replayed:
        """Ops and what they come to one by one; those whose content is nowhere are left out."""
        done = Replayed(dict(self.files))
        for at in range(steps):
            entry = make_op_entry(f"agent{at % 3}", "files", self.op(), at + 1)
            try:
                step = one_by_one([entry], done.files, self.store)
            except MuseError:
                continue
            self.entries.append(entry)
            done = Replayed(step.files, done.touched | step.touched, done.overridden + step.overridden)
            self.seen.append(dict(done.files))
        return done


def _refused(lines: list[str]) -> list[str]:
    return sorted(line for line in lines if "it overrides" not in line)


def compare(seed: int, steps: int) -> tuple[int, int]:
    """How many ops there were, and how many lines were told."""
    session = Session(seed)
    at_first = dict(session.store.blobs)
    wanted = session.play(steps)
    store = MemoryContent(at_first)
    made = replay(session.entries, session.files, store, plugin_for)
    assert _refused(made.overridden) == _refused(wanted.overridden), seed
    # What one op overrides of another is told once for a batch: of ops on one thing, only where the last one stands.
    # One op alone overrides nothing inside a file.
    told = {line for line in made.overridden if "it overrides what" not in line}
    assert told <= set(wanted.overridden), seed
    assert made.files == wanted.files and made.touched == wanted.touched, seed
    assert all(store.get(digest) == session.store.get(digest) for digest in made.files.values())
    return len(session.entries), len(wanted.overridden)


def test_all_at_once_is_one_by_one() -> None:
    counts = [compare(seed, 40) for seed in range(40)]
    assert sum(ops for ops, _ in counts) > 1000 and sum(told for _, told in counts) > 100


@pytest.mark.soak
def test_all_at_once_is_one_by_one_for_long() -> None:
    counts = [compare(seed, 60) for seed in range(1000, 1000 + SEEDS)]
    print(
        f"{sum(ops for ops, _ in counts):,} ops in {SEEDS:,} sessions, {sum(told for _, told in counts):,} told, "
        "all as one by one"
    )


def test_notes_in_a_patch_carry_their_content() -> None:
    """Their addresses begin inside the file, and their content is JSON of the domain, not bytes of a file."""
    note = {"channel": 0, "pitch": 60, "onset": 960, "length": 10, "velocity": 9, "release": 0x840}
    child = {"op": "insert", "address": "track:0/note:1:3:0:0:60#0", "content_id": "", "content": note}
    op: Any = {"op": "patch", "address": "a.mid", "child_ops": [child], "new_content_id": "sha256:" + "0" * 64}
    store = MemoryContent()
    files = {"a.mid": store.put(song([(64, 0, 480)]))}
    done = replay([make_op_entry("ada", "midi", op, 1)], files, store, plugin_for)
    assert done.overridden == [] and store.get(done.files["a.mid"]) == song([(64, 0, 480), (60, 960, 10, 9)])
