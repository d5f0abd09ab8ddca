"""The op log when things die: killed writers, torn tails, full disks, failing syncs, files that vanish.

`MUSE_KILL_CYCLES` raises the number of kills (the soak test asks for 1,000); the number is printed there.
"""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import random
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from muse.core.errors import DamageError
from muse.core.op_log import OpLog, make_op_entry

CYCLES = int(os.environ.get("MUSE_KILL_CYCLES", "6"))
SOAK_CYCLES = int(os.environ.get("MUSE_KILL_CYCLES", "1000"))

WRITER = """
import os, random, sys
from muse.core.op_log import OpLog
root, name, size, level = sys.argv[1:]
log = OpLog(root, "s", level=level)
out = sys.stdout
at = 0
while True:
    at += 1
    op = dict(op="insert", address=f"{name}/{at}", position=None, content_id="c", content_summary="x" * int(size))
    batch = [op] if at % 7 else [dict(op, address=f"{name}/{at}.{n}") for n in range(5)]
    made = log.record(name, "midi", batch)
    out.write("".join(f"{found['op_id']}\\n" for found in made))
    out.flush()
"""


def insert(name: str, size: int = 0) -> Any:
    return {"op": "insert", "address": name, "position": None, "content_id": "c", "content_summary": "x" * size}


def names(log: OpLog) -> list[str]:
    return [found["domain_op"]["address"] for found in log.read_all()]


# Killed writers --------------------------------------------------------------------------------------------------


CLOSER = """
import sys, time
from muse.core.op_log import OpLog
while True:
    if OpLog(sys.argv[1], "s").close_segment(4000):
        sys.stdout.write("closed\\n")
        sys.stdout.flush()
    time.sleep(0.001)
"""


def kill_cycles(root: Path, cycles: int, seed: int) -> tuple[int, int]:
    """Four writers and one who closes segments, killed at random and replaced; returns (acknowledged, in the log)."""
    rng = random.Random(seed)
    acknowledged: list[bytes] = []
    running: list[tuple[subprocess.Popen[bytes], bytearray, bool]] = []

    def start(number: int, closes: bool) -> None:
        size = "200000" if number % 4 == 3 else rng.choice(["10", "4000"])
        words = [CLOSER, str(root)] if closes else [WRITER, str(root), f"w{number}", size, "written"]
        command = [sys.executable, "-c", *words]
        running.append((subprocess.Popen(command, stdout=subprocess.PIPE), bytearray(), closes))

    def drain(seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            pipes = {process.stdout: heard for process, heard, _ in running}
            for pipe in select.select(list(pipes), [], [], left)[0]:
                assert pipe is not None
                pipes[pipe] += os.read(pipe.fileno(), 1 << 16)

    def stop(at: int) -> bool:
        process, heard, closes = running.pop(at)
        process.send_signal(signal.SIGKILL)
        rest, _ = process.communicate()
        acknowledged.extend(line for line in bytes(heard + rest).split(b"\n")[:-1] if line != b"closed")
        return closes

    for number in range(5):
        start(number, number == 4)
    for number in range(5, 5 + cycles):
        victim = rng.randrange(len(running))
        while not running[victim][1]:  # one that has not written yet has nothing to lose
            assert running[victim][0].poll() is None, "a writer died by itself"
            drain(0.01)
        drain(rng.uniform(0.0, 0.05))
        start(number, stop(victim))
    while running:
        stop(0)
    return len(acknowledged), _nothing_is_lost(root, set(acknowledged))


def _nothing_is_lost(root: Path, acknowledged: set[bytes]) -> int:
    """How many ops the log has, each of those acknowledged among them and none twice."""
    found = [entry["op_id"].encode() for entry in OpLog(root, "s").read_all()]
    lost = acknowledged - set(found)
    assert not lost, f"{len(lost)} of {len(acknowledged)} acknowledged ops are lost"
    keys = [key for key, _ in OpLog(root, "s").records()]
    assert len(keys) == len(set(keys)), "one key twice"
    assert len(OpLog(root, "s").segments()) > 1, "no segment was closed"
    assert all(note["reason"].startswith("torn tail") for note in OpLog(root, "s").damage())
    return len(found)


def test_trap_nothing_acknowledged_is_lost_to_kill_9(tmp_path: Path) -> None:
    acknowledged, found = kill_cycles(tmp_path, CYCLES, seed=1)
    assert acknowledged > 20 and found >= acknowledged


@pytest.mark.soak
def test_one_thousand_kills(tmp_path: Path) -> None:
    total = 0
    cycles = SOAK_CYCLES
    for round_number in range(max(cycles // 50, 1)):
        folder = tmp_path / str(round_number)
        total += kill_cycles(folder, 50, seed=round_number)[0]
        shutil.rmtree(folder)
    print(f"\n{cycles} kills of 4 writers and one who archives, {total} acknowledged ops, none lost")


def append_some(root: str, name: str, count: int) -> None:
    log = OpLog(root, "s")
    for at in range(count):
        entry = make_op_entry(name, "midi", insert(f"{name}/{at}"), log.next_lamport_ts())
        log.append(entry)


def test_many_processes_append_at_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=append_some, args=(str(tmp_path), f"w{n}", 100)) for n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    entries = OpLog(tmp_path, "s").read_all()
    assert len(entries) == 400 and len({entry["lamport_ts"] for entry in entries}) == 400
    for number in range(4):
        mine = [entry for entry in entries if entry["actor_id"] == f"w{number}"]
        assert [entry["domain_op"]["address"] for entry in mine] == [f"w{number}/{at}" for at in range(100)]
        times = [entry["lamport_ts"] for entry in mine]
        assert times == sorted(times)


def test_a_fork_writes_as_an_instance_of_its_own(tmp_path: Path) -> None:
    log = OpLog(tmp_path, "s")
    log.record("p", "midi", [insert("before")])
    log.record("p", "midi", [insert("buffered")], level="buffered")
    child = os.fork()
    if child == 0:
        for at in range(50):
            log.record("c", "midi", [insert(f"c{at}")])
        os._exit(0)
    for at in range(50):
        log.record("p", "midi", [insert(f"p{at}")])
    assert os.waitpid(child, 0)[1] == 0
    records = log.records()
    assert len(records) == 102 and len({key for key, _ in records}) == 102
    assert len({key.instance for key, _ in records}) == 2
    assert names(log).count("buffered") == 1


# Torn tails and damage -------------------------------------------------------------------------------------------


def test_truncation_at_every_byte_of_the_last_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)  # two thousand repairs; what is at stake here is bytes
    log = OpLog(tmp_path, "s")
    ends = [0]
    for at in range(4):
        log.record("a", "midi", [insert(f"n{at}")])
        ends.append(log.end())
    log.close()
    path = log.folder / "ops.jsonl"
    whole, state = path.read_bytes(), (log.folder / "state").read_bytes()
    for cut in range(ends[2], len(whole) + 1):
        for keep_state in (True, False):
            path.write_bytes(whole[:cut])
            if keep_state:
                (log.folder / "state").write_bytes(state)
            else:
                (log.folder / "state").unlink()
            again = OpLog(tmp_path, "s")
            kept = sum(end <= cut for end in ends[1:])
            made = again.record("a", "midi", [insert("after")])
            assert names(again) == [*(f"n{at}" for at in range(kept)), "after"], cut
            assert made[0]["lamport_ts"] == (5 if keep_state else kept + 1)
            torn = whole[ends[kept] : cut]
            saved = [found.read_bytes() for found in (log.folder / "quarantine").glob("*.bin")]
            assert not torn or torn in saved, "a torn tail was thrown away"
            again.close()
            for found in (log.folder / "quarantine").glob("*"):
                found.unlink()


def test_trap_an_op_after_a_torn_tail_is_not_glued_to_it(tmp_path: Path) -> None:
    """What lost 28 of 2,986 acknowledged ops elsewhere: a writer dies in the middle of a line, the next one appends."""
    log = OpLog(tmp_path, "s")
    log.record("a", "midi", [insert("whole")])
    path = log.folder / "ops.jsonl"
    with path.open("ab") as file:
        file.write(b'{"actor_id":"dead","domain":"midi","domain_op":{"address":"to')
    OpLog(tmp_path, "s").record("b", "midi", [insert("next")])
    log.record("a", "midi", [insert("after")])
    assert names(OpLog(tmp_path, "s")) == ["whole", "next", "after"]
    assert [found["reason"] for found in log.damage()] == ["torn tail of a writer that died"]
    assert path.read_bytes().count(b"\n") == 3 and b"dead" not in path.read_bytes()


def test_a_damaged_byte_hides_one_line_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)
    log = OpLog(tmp_path, "s")
    for at in range(3):
        log.record("a", "midi", [insert(f"n{at}")])
    log.close()
    path = log.folder / "ops.jsonl"
    whole = path.read_bytes()
    starts = [0, whole.index(b"\n") + 1, whole.index(b"\n", whole.index(b"\n") + 1) + 1]
    for at in range(starts[1], starts[2] - 1, 7):
        for change in (whole[at] ^ 1, 0, 0xFF):
            path.write_bytes(whole[:at] + bytes([change]) + whole[at + 1 :])
            again = OpLog(tmp_path, "s")
            assert names(again) == ["n0", "n2"], (at, change)
            assert len(again.damage()) == 1
            assert again.replay().end == len(whole)
            again.close()
            for found in (log.folder / "quarantine").glob("*"):
                found.unlink()


def test_a_line_glued_to_a_torn_one_is_found(tmp_path: Path) -> None:
    log = OpLog(tmp_path, "s")
    for at in range(3):
        log.record("a", "midi", [insert(f"n{at}")])
    log.close()
    path = log.folder / "ops.jsonl"
    first, second, third = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + second[:-20] + third)
    again = OpLog(tmp_path, "s")
    assert names(again) == ["n0", "n2"]
    assert "whole one after it" in again.damage()[0]["reason"]


def test_zeros_after_power_loss_do_not_swallow_the_next_op(tmp_path: Path) -> None:
    log = OpLog(tmp_path, "s")
    log.record("a", "midi", [insert("kept")])
    end = log.end()
    log.record("a", "midi", [insert("never reached the disk")])
    log.close()
    path = log.folder / "ops.jsonl"
    data = path.read_bytes()
    path.write_bytes(data[:end] + bytes(len(data) - end))
    again = OpLog(tmp_path, "s")
    again.record("a", "midi", [insert("next")])
    assert names(again) == ["kept", "next"] and len(again.damage()) == 1


def test_a_shortened_log_is_reported(tmp_path: Path) -> None:
    log = OpLog(tmp_path, "s")
    log.record("a", "midi", [insert("a"), insert("b")])
    first = (log.folder / "ops.jsonl").read_bytes().splitlines(keepends=True)[0]
    log.close()
    (log.folder / "ops.jsonl").write_bytes(first)
    again = OpLog(tmp_path, "s")
    assert names(again) == ["a"] and again.damage()[0]["reason"] == "the log became shorter"


@pytest.mark.parametrize("garbage", [b"", b"x", bytes(47), bytes(48), b"museops1" + b"\xff" * 40, os.urandom(4096)])
def test_a_damaged_state_is_rebuilt(tmp_path: Path, garbage: bytes) -> None:
    log = OpLog(tmp_path, "s")
    log.record("a", "midi", [insert("a"), insert("b")])
    log.close()
    (log.folder / "state").write_bytes(garbage)
    again = OpLog(tmp_path, "s")
    assert again.next_lamport_ts() == 3 and names(again) == ["a", "b"]


def test_a_log_deleted_under_an_open_writer_is_made_anew(tmp_path: Path) -> None:
    log = OpLog(tmp_path, "s")
    log.record("a", "midi", [insert("gone")])
    for path in log.folder.iterdir():
        path.unlink()
    log.folder.rmdir()
    log.record("a", "midi", [insert("here")])
    assert names(OpLog(tmp_path, "s")) == names(log) == ["here"]


# Failing system calls --------------------------------------------------------------------------------------------


class Failing:
    """Stands in for one function of `os`: fails or writes short on chosen calls."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str, plan: Callable[[int], Any]) -> None:
        self.real, self.calls, self.plan = getattr(os, name), 0, plan
        monkeypatch.setattr(os, name, self)

    def __call__(self, *args: Any) -> Any:
        self.calls += 1
        what = self.plan(self.calls)
        if isinstance(what, OSError):
            raise what
        if isinstance(what, int):
            return self.real(args[0], args[1][:what])
        return self.real(*args)


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC, errno.EDQUOT])
def test_a_failed_write_leaves_the_log_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    log = OpLog(tmp_path, "s")
    log.record("a", "midi", [insert("a")])
    before = (log.folder / "ops.jsonl").read_bytes()
    with monkeypatch.context() as patch:
        Failing(patch, "write", lambda _: OSError(code, "injected"))
        with pytest.raises(OSError, match="injected"):
            log.record("a", "midi", [insert("b")])
    assert (log.folder / "ops.jsonl").read_bytes() == before
    log.record("a", "midi", [insert("c")])
    assert names(log) == ["a", "c"] and len({key for key, _ in log.records()}) == 2


def test_a_short_write_is_undone_at_every_length(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = OpLog(tmp_path, "s")
    log.record("a", "midi", [insert("a")])
    before = (log.folder / "ops.jsonl").read_bytes()
    for length in range(0, 2 * len(before) - 2, 5):
        with monkeypatch.context() as patch:
            Failing(patch, "write", lambda _, length=length: length)
            with pytest.raises(OSError, match="could be written"):
                log.record("a", "midi", [insert("b"), insert("c")])
        assert (log.folder / "ops.jsonl").read_bytes() == before
    log.record("a", "midi", [insert("d")])
    assert names(log) == ["a", "d"] and log.damage() == []


def test_a_short_write_that_cannot_be_undone_is_repaired_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = OpLog(tmp_path, "s")
    log.record("a", "midi", [insert("a")])
    size = log.end()
    with monkeypatch.context() as patch:
        Failing(patch, "write", lambda _: size + 20)
        Failing(patch, "ftruncate", lambda _: OSError(errno.EIO, "injected"))
        with pytest.raises(OSError, match="injected"):
            log.record("a", "midi", [insert("b"), insert("c")])
    other = OpLog(tmp_path, "s")
    other.record("o", "midi", [insert("d")])
    log.record("a", "midi", [insert("b"), insert("c")])
    found = log.records()
    assert len({key for key, _ in found}) == len(found)
    assert names(log) == ["a", "b", "d", "b", "c"], "b was written once unacknowledged and once acknowledged"
    assert len(log.damage()) == 1


def test_a_buffered_op_survives_a_failed_flush(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = OpLog(tmp_path, "s", level="buffered")
    log.record("a", "midi", [insert("a")])
    with monkeypatch.context() as patch:
        Failing(patch, "write", lambda _: OSError(errno.ENOSPC, "injected"))
        with pytest.raises(OSError, match="injected"):
            log.flush()
        with pytest.raises(OSError, match="injected"):
            log.record("a", "midi", [insert("refused")], level="written")
    log.flush()
    assert names(log) == ["a"]


def test_nothing_is_acknowledged_after_a_failed_sync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = OpLog(tmp_path, "s", level="durable")
    log.record("a", "midi", [insert("a")])
    with monkeypatch.context() as patch:
        Failing(patch, "fdatasync", lambda calls: OSError(errno.EIO, "injected") if calls == 1 else None)
        with pytest.raises(DamageError, match="could not be made durable"):
            log.record("a", "midi", [insert("b")])
        for level in ("written", "durable"):
            with pytest.raises(DamageError, match="nothing more is accepted"):
                log.record("a", "midi", [insert("c")], level=level)  # type: ignore[arg-type]
    with pytest.raises(DamageError):
        log.checkpoint("x")
    assert "c" not in names(log)


def test_a_checkpoint_that_cannot_be_written_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = OpLog(tmp_path, "s")
    log.record("a", "midi", [insert("a")])
    log.checkpoint("one")
    log.record("a", "midi", [insert("b")])
    for name in ("replace", "fsync"):
        with monkeypatch.context() as patch:
            Failing(patch, name, lambda _: OSError(errno.ENOSPC, "injected"))
            with pytest.raises(OSError, match="injected"):
                log.checkpoint("two")
    checkpoint = log.read_checkpoint()
    assert checkpoint is not None and checkpoint["snapshot_id"] == "one"
    assert [entry["domain_op"]["address"] for entry in log.replay_since_checkpoint()] == ["b"]
    assert json.loads((log.folder / "checkpoint.json").read_text())["op_count"] == 1


def test_a_disk_that_is_full_at_the_very_first_op_is_an_error_and_not_a_dead_process(tmp_path: Path) -> None:
    """The state is a mapped file: storing into a hole of it on a full disk would be SIGBUS."""
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(small)], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.decode().strip()}")
    code = (
        "import sys; from muse.core.op_log import OpLog, make_op_entry\n"
        "op = {'op': 'delete', 'address': 'x', 'position': None, 'content_id': '', 'content_summary': ''}\n"
        "try: OpLog(sys.argv[1], 's').append(make_op_entry('a', 'files', op, 1))\n"
        "except OSError as error: print(error.strerror)\n"
        "else: print('ok')\n"
    )
    try:
        rest = small / "rest"
        with rest.open("wb") as file:
            disk = os.statvfs(small)
            os.posix_fallocate(file.fileno(), 0, disk.f_bavail * disk.f_frsize)
        ran = [subprocess.run([sys.executable, "-c", code, str(small)], capture_output=True, text=True)]
        rest.unlink()
        ran.append(subprocess.run([sys.executable, "-c", code, str(small)], capture_output=True, text=True))
        assert [(done.returncode, done.stdout, done.stderr) for done in ran] == [
            (0, "No space left on device\n", ""),
            (0, "ok\n", ""),
        ]
        assert len(OpLog(small, "s").read_all()) == 1
    finally:
        subprocess.run(["umount", str(small)], check=True)
