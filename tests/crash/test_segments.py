"""Closing segments of a log: nobody who reads or appends can tell, and a death in the middle of it costs nothing."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from muse.core.errors import DamageError
from muse.core.op_log import OpLog


def insert(name: str, size: int = 0) -> Any:
    return {"op": "insert", "address": name, "position": None, "content_id": "c", "content_summary": "x" * size}


def names(log: OpLog) -> list[str]:
    return [found["domain_op"]["address"] for found in log.read_all()]


def test_a_log_reads_the_same_however_it_was_cut(tmp_path: Path) -> None:
    """The same life of a log twice, once with segments closed at random: every way of reading gives the same."""
    rng = random.Random(7)
    plain, cut = OpLog(tmp_path / "a", "s", writer="w"), OpLog(tmp_path / "b", "s", writer="w")
    reader = OpLog(tmp_path / "b", "s")
    told = reader.follow(since=0, stop=lambda: True)
    seen: list[Any] = []
    parents: list[str] = []
    for at in range(120):
        made = plain.record("a", "midi", [insert(f"{at}", rng.randrange(300))], parent_op_ids=parents[-1:])
        cut.append_many(made)
        parents.append(made[0]["op_id"])
        if rng.random() < 0.2:
            assert cut.close_segment() and not cut.close_segment()
        if rng.random() < 0.1:
            seen += told
            told = reader.follow(since=reader.end(), stop=lambda: True)
        if at == 60:
            for log in (plain, cut):
                log.checkpoint("x", replay=log.replay())
        if rng.random() < 0.05:
            cut.close()
            (cut.folder / "state").unlink()  # then times and the place of the live file come from names alone
    seen += told
    assert len(cut.segments()) > 10 and cut.end() == plain.end()
    assert cut.read_all() == plain.read_all() == seen
    assert [line.split(b',"instance"')[0] for line in cut.raw_lines()] == [
        line.split(b',"instance"')[0] for line in plain.raw_lines()
    ]
    assert cut.replay_since_checkpoint() == plain.replay_since_checkpoint()
    assert cut.replay([]).entries == plain.replay([]).entries
    for at in (0, plain.end() // 2, plain.end() - 1, plain.end()):
        assert cut._journal.read(at, cut.end()) == cut._journal.read(0, cut.end())[at:]
    made_from = OpLog(tmp_path / "c", "s", writer="w2")
    made_from.merge_replica(cut)
    assert sorted(entry["op_id"] for entry in made_from.read_all()) == sorted(parents)
    assert cut.merge_replica(plain.raw_lines()).quarantined == []
    assert cut.next_lamport_ts() == plain.next_lamport_ts() == 121


def test_a_cause_in_a_closed_segment_is_found(tmp_path: Path) -> None:
    log = OpLog(tmp_path, "s")
    (early,) = log.record("a", "midi", [insert("early")])
    for at in range(3):
        log.close_segment()
        log.record("a", "midi", [insert(f"{at}")])
    again = OpLog(tmp_path, "s")
    again.record("a", "midi", [insert("late")], parent_op_ids=[early["op_id"]])
    assert again.waiting() == [] and b"unmet" not in again.raw_lines()[-1]


def test_whoever_has_the_file_open_goes_on_in_the_new_one(tmp_path: Path) -> None:
    logs = [OpLog(tmp_path, "s") for _ in range(3)]
    for turn in range(4):
        for number, log in enumerate(logs):
            log.record("a", "midi", [insert(f"{turn}/{number}")])
            log.record("a", "midi", [insert(f"{turn}/{number} in the head")], level="buffered")
        closed = {path: path.read_bytes() for path in (logs[0].folder / "archive").glob("*")}
        assert OpLog(tmp_path, "s").close_segment()
        assert closed.items() <= {path: path.read_bytes() for path in (logs[0].folder / "archive").glob("*")}.items()
    for log in logs:
        log.flush()
    assert all(len(set(names(log))) == 24 == len(names(log)) for log in logs)
    assert len(logs[0].segments()) == 4 and logs[0].damage() == []


def test_threads_that_append_read_and_sync_while_segments_are_closed(tmp_path: Path) -> None:
    log = OpLog(tmp_path, "s")
    log.record("a", "midi", [insert("first")])
    done = threading.Event()
    wrong: list[BaseException] = []

    def work(step: Callable[[int], object]) -> None:
        try:
            for at in range(60):
                step(at)
        except BaseException as error:  # noqa: BLE001  told below
            wrong.append(error)

    def read(at: int) -> None:
        found = names(log)
        assert len(set(found)) == len(found) and found[0] == "first"

    steps: list[Callable[[int], object]] = [
        lambda at: log.record("a", "midi", [insert(f"w{at}", 3000)]),
        lambda at: log.record("a", "midi", [insert(f"d{at}")], level="durable"),
        read,
        lambda at: OpLog(tmp_path, "s").close_segment(),
    ]
    threads = [threading.Thread(target=work, args=(step,)) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done.set()
    assert wrong == [] and log.damage() == []
    assert sorted(names(log)) == sorted(["first", *(f"{kind}{at}" for kind in "wd" for at in range(60))])


DIES = """
import os, sys
root, at = sys.argv[1], int(sys.argv[2])
from muse.core.op_log import OpLog
log = OpLog(root, "s")
log.end()
count = 0

def dying(real):
    def call(*args, **named):
        global count
        count += 1
        if count == at:
            os._exit(9)
        return real(*args, **named)
    return call

for name in ("open", "rename", "fsync", "fdatasync", "mkdir", "fchmod", "close", "fstat", "stat", "listdir"):
    setattr(os, name, dying(getattr(os, name)))
log.close_segment()
os._exit(0)
"""


def test_a_process_that_dies_at_any_step_of_it_takes_nothing_along(tmp_path: Path) -> None:
    at, code, cut = 0, 9, set()
    while code == 9:
        at += 1
        root = tmp_path / str(at)
        open_before = OpLog(root, "s")
        open_before.record("a", "midi", [insert("one"), insert("two")])
        open_before.close_segment()
        open_before.record("a", "midi", [insert("three")])
        made = open_before.checkpoint("x")
        code = subprocess.run([sys.executable, "-c", DIES, str(root), str(at)]).returncode
        cut.add(len(open_before.segments()))
        assert names(OpLog(root, "s")) == ["one", "two", "three"], "a reader who comes first sees it all"
        open_before.record("a", "midi", [insert("four")])
        OpLog(root, "s").record("b", "midi", [insert("five")])
        assert names(open_before) == names(OpLog(root, "s")) == ["one", "two", "three", "four", "five"]
        assert [entry["lamport_ts"] for entry in OpLog(root, "s").read_all()] == [1, 2, 3, 4, 5]
        assert [entry["lamport_ts"] for entry in OpLog(root, "s").replay_since_checkpoint()] == [4, 5]
        assert open_before.damage() == [] and open_before.log_id() == made["log"]
    assert code == 0 and at > 10 and cut == {1, 2}


LOST = {
    "one is gone": {"1a", "1b"},
    "the last is gone": {"3a", "3b"},
    "one is cut off": {"1b"},
    "a byte is wrong": {"1b"},
    "all are gone": {f"{at}{half}" for at in range(4) for half in "ab"},
}


@pytest.mark.parametrize("how", LOST)
def test_what_is_lost_of_closed_segments_is_told_and_hides_no_other_op(tmp_path: Path, how: str) -> None:
    log = OpLog(tmp_path, "s")
    for at in range(6):
        log.record("a", "midi", [insert(f"{at}a", 500), insert(f"{at}b", 500)])
        if at < 4:
            log.close_segment()
    end = log.end()
    log.close()
    files = [Path(segment.local) for segment in log.segments()]
    gone = {"one is gone": files[1:2], "the last is gone": files[-1:], "all are gone": files}.get(how, [])
    for path in gone:
        path.unlink()
    if how == "one is cut off":
        os.truncate(files[1], files[1].stat().st_size - 3)
    if how == "a byte is wrong":
        data = bytearray(files[1].read_bytes())
        data[-1] = 0  # the newline, so that the last line of it runs into the next file
        files[1].write_bytes(data)
    every = [f"{at}{half}" for at in range(6) for half in "ab"]
    for _ in range(2):
        again = OpLog(tmp_path, "s")
        assert [name for name in every if name not in names(again)] == sorted(LOST[how])
        assert len(again.damage()) == (1 if how != "one is cut off" else 2), again.damage()
        again.close()
    if "last" not in how and "all" not in how:
        assert again.end() == end
    (made,) = again.record("a", "midi", [insert("new")])
    assert made["lamport_ts"] == 13 and names(again)[-1] == "new"


def test_a_file_that_cannot_be_made_durable_is_not_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = OpLog(tmp_path, "s")
    log.record("a", "midi", [insert("a")])
    with monkeypatch.context() as patch:

        def failing(_: int) -> None:
            raise OSError(5, "injected")

        patch.setattr(os, "fdatasync", failing)
        with pytest.raises(DamageError, match="could not be made durable"):
            log.close_segment()
    assert log.segments() == () and names(OpLog(tmp_path, "s")) == ["a"]


def test_looking_at_a_session_without_a_log_closes_nothing(tmp_path: Path) -> None:
    log = OpLog(tmp_path, "s")
    assert not log.close_segment() and log.segments() == () and not log.folder.exists()


def test_files_of_other_names_in_the_archive_are_nobodys(tmp_path: Path) -> None:
    log = OpLog(tmp_path, "s")
    log.record("a", "midi", [insert("a")])
    log.close_segment()
    before = log.segments()
    for name in ("notes.txt", "1-2-3.jsonl", f"{0:012d}-{5:012d}-9.jsonl", f"{9:012d}-{9:012d}-1.json", "x" * 200):
        (log.folder / "archive" / name).write_text(json.dumps({"size": 1}))
    again = OpLog(tmp_path, "s")
    again.record("a", "midi", [insert("b")])
    assert names(again) == ["a", "b"] and again.segments() == before


def test_a_durable_op_is_in_a_file_whose_name_is_durable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever closed the file before may have died, or be waiting for the disk still."""
    log = OpLog(tmp_path, "s")
    log.record("a", "midi", [insert("a")])
    log.close_segment()
    synced: list[int] = []

    def noting(real: Callable[[int], None]) -> Callable[[int], None]:
        def noted(fd: int) -> None:
            synced.append(os.fstat(fd).st_ino)
            real(fd)

        return noted

    for name in ("fsync", "fdatasync"):
        monkeypatch.setattr(os, name, noting(getattr(os, name)))
    another = OpLog(tmp_path, "s")
    another.record("a", "midi", [insert("b")])
    assert synced == []
    another.record("a", "midi", [insert("c")], level="durable")
    folders = [log.folder / "archive", log.folder, log.folder.parent]
    assert synced[:4] == [path.stat().st_ino for path in (log.folder / "ops.jsonl", *folders)]
    del synced[:]
    another.record("a", "midi", [insert("d")], level="durable")
    assert len(synced) == 1
