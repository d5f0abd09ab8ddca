"""From a log of single edits to a commit: edits of files kept open, and `muse session commit` as people call it.

    python benchmarks/session_commit.py            (MUSE_BENCH_EDITS=300000, MUSE_BENCH_FILES=20)

50 agents edit single notes of files of 10,000 notes, and single functions of Python's own `inspect.py`. Beside each
rate stands that of the same edits one at a time through the domain's `patch_file`, which reads and writes the file for
each. The whole command is timed by the clock, with the time and the memory of its process.
"""

from __future__ import annotations

import inspect
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from midi_speed import piece
from timing import BIN, environment, once

from muse.core.op_log import OpLog
from muse.core.op_log.entries import Request
from muse.plugins.code.languages import language_of
from muse.plugins.code.plugin import CodePlugin
from muse.plugins.code.syntax.symbols import symbols_of
from muse.plugins.midi.file.address import note_address
from muse.plugins.midi.file.bars import time_map
from muse.plugins.midi.file.codec import parse
from muse.plugins.midi.file.model import ATTRIBUTES, Content
from muse.plugins.midi.plugin import MidiPlugin

EDITS = int(os.environ.get("MUSE_BENCH_EDITS", "300000"))
FILES = int(os.environ.get("MUSE_BENCH_FILES", "20"))
AGENTS = 50


class Notes:
    """Edits of single notes: four new ones, five velocities and one deletion of ten."""

    def __init__(self, data: bytes) -> None:
        song = parse(data)
        self.dice = random.Random(1)
        self.times = time_map(song)
        self.tracks = [Content(track) for track in song.tracks]

    def op(self) -> Any:
        """One edit, with an address inside the file."""
        dice = self.dice
        track = dice.randrange(1, len(self.tracks))
        note = dice.choice(self.tracks[track].notes)
        address = note_address(track, self.times, note)
        kind = dice.randrange(10)
        if kind < 4:
            new = (note[0], dice.randrange(30, 90), dice.randrange(300_000), 200, 70, 0x840)
            return {
                "op": "insert",
                "address": note_address(track, self.times, new),
                "position": None,
                "content_id": "",
                "content_summary": "",
                "content": dict(zip(ATTRIBUTES, new)),
            }
        if kind < 9:
            return {
                "op": "replace",
                "address": f"{address}/velocity",
                "position": None,
                "old_content_id": "",
                "new_content_id": "",
                "old_summary": "",
                "new_summary": "",
                "content": dice.randrange(1, 128),
            }
        return {"op": "delete", "address": address, "position": None, "content_id": "", "content_summary": ""}


def functions_of(data: bytes) -> Callable[[], Any]:
    """Edits of single functions: a comment at the end of a line."""
    language = language_of("a.py")
    assert language is not None
    symbols = [each for each in symbols_of(language, data) or () if each.leaf and each.kind == "function"]
    dice = random.Random(1)

    def op() -> Any:
        symbol = dice.choice(symbols)
        lines = symbol.text.decode().splitlines(keepends=True)
        at = dice.randrange(len(lines))
        text = "".join([*lines[:at], lines[at].rstrip("\n"), f"  # {dice.random()}\n", *lines[at + 1 :]])
        return {"op": "replace", "address": f"a.py::{symbol.address}", "content": text}

    return op


def rates(name: str, plugin: Any, files: dict[str, bytes], op: Callable[[], Any], count: int, alone: int) -> None:
    """Edits a second of files kept open, and one at a time."""
    ops = [op() for _ in range(count)]
    paths = list(files)
    start = time.process_time()
    for number, path in enumerate(paths):
        file = plugin.open_file(path, files[path])
        for each in ops[number :: len(paths)]:
            _try(file.apply, [each])
        file.data()
    kept = time.process_time() - start
    start = time.process_time()
    for number, each in enumerate(ops[:alone]):
        path = paths[number % len(paths)]
        _try(plugin.patch_file, path, files[path], [each])
    single = (time.process_time() - start) / alone
    print(
        f"{count:,} edits of {name}: {kept:.2f} s, {count / kept:,.0f} a second; one at a time {1 / single:,.0f} "
        f"a second ({count / kept * single:,.0f} times as many)"
    )


def _try(step: Callable[..., Any], *args: Any) -> None:
    """Edits of notes that are gone by now are part of it."""
    from muse.core.errors import MuseError

    try:
        step(*args)
    except MuseError:
        pass


def whole(edits: int, data: bytes) -> None:
    """`muse session commit` of a log of so many edits."""
    with tempfile.TemporaryDirectory(prefix="muse-bench-") as name:
        folder, env = Path(name) / "repo", environment(Path(name) / "home")
        os.makedirs(folder)
        once(["git", "init", "-q"], folder, env)
        for number in range(FILES):
            (folder / f"piece{number}.mid").write_bytes(data)
        once(["git", "add", "."], folder, env)
        once(["git", "commit", "-qm", "before"], folder, env)
        muse = os.fspath(BIN / "muse")
        once([muse, "session", "start", "jam"], folder, env)
        notes, log = Notes(data), OpLog(folder, "jam")
        for first in range(0, edits, 1000):
            requests = []
            for at in range(first, min(first + 1000, edits)):
                op = notes.op()
                op["address"] = f"piece{notes.dice.randrange(FILES)}.mid::{op['address']}"
                requests.append(Request(f"agent{at % AGENTS}", "midi", op))
            log.record_all(requests)
        log.close()
        used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        took = once([muse, "session", "commit", "jam", "-m", "jam"], folder, env)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        changed = once(["git", "diff", "--quiet", "HEAD~1", "HEAD"], folder, env, expect=1)
        assert changed >= 0
        print(
            f"muse session commit of {edits:,} edits of {AGENTS} agents in {FILES} files: {took:.1f} s by the clock, "
            f"{after.ru_utime - used:.1f} s of CPU, {edits / took:,.0f} a second, {after.ru_maxrss >> 10:,} MB"
        )


def main() -> None:
    """Print everything."""
    print(f"Python {sys.version.split()[0]}")
    data, source = piece(10_000), Path(inspect.__file__).read_bytes()
    rates("notes in a file of 10,000", MidiPlugin(), {"a.mid": data}, Notes(data).op, 10_000, 50)
    rates("notes in 100 such files", MidiPlugin(), {f"{at}.mid": data for at in range(100)}, Notes(data).op, 1_000, 50)
    lines = source.count(b"\n")
    rates(f"functions of inspect.py ({lines:,} lines)", CodePlugin(), {"a.py": source}, functions_of(source), 1_000, 20)
    for edits in (EDITS // 100, EDITS // 10, EDITS):
        whole(edits, data)


if __name__ == "__main__":
    main()
