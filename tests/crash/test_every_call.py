"""Every system call of a session's life fails once, in turn: what was acknowledged is there, and the log goes on."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from muse.core.errors import MuseError
from muse.core.op_log import OpLog, Request

CALLS: list[tuple[ModuleType, str]] = [
    (os, "open"),
    (os, "write"),
    (os, "fdatasync"),
    (os, "fsync"),
    (os, "ftruncate"),
    (os, "pread"),
    (os, "replace"),
    (os, "stat"),
    (os, "fstat"),
    (os, "mkdir"),
    (os, "rename"),
    (os, "listdir"),
    (os, "dup"),
    (os, "fchmod"),
    (fcntl, "flock"),
]


class OneFault:
    """A function that does not work on its `at`-th call: an error, or half of the bytes."""

    def __init__(self, patch: pytest.MonkeyPatch, module: ModuleType, name: str, at: int, how: int) -> None:
        self.real, self.count, self.at, self.how = getattr(module, name), 0, at, how
        patch.setattr(module, name, self)

    def __call__(self, *args: Any, **named: Any) -> Any:
        self.count += 1
        if self.count != self.at:
            return self.real(*args, **named)
        if self.how:
            raise OSError(self.how, "injected")
        return self.real(args[0], args[1][: len(args[1]) // 2])


def op(name: str) -> Any:
    return {"op": "insert", "address": name, "position": None, "content_id": "c", "content_summary": name}


def live(root: Path, foreign: list[bytes]) -> tuple[set[str], set[str]]:
    """A session's life, every step on its own; which ops were acknowledged, and which went into the checkpoint."""
    log = OpLog(root, "s", writer="w")
    told: set[str] = set()
    held: set[str] = set()

    def step(work: Callable[[], Any], *made: str) -> None:
        try:
            work()
        except (OSError, MuseError):
            return
        told.update(made)

    def checkpoint() -> None:
        view = log.replay()
        held.update(entry["domain_op"]["address"] for entry in view.entries)
        log.checkpoint("snapshot", replay=view)

    def buffered() -> None:
        log.record("a", "midi", [op("e")], level="buffered")
        log.flush()

    step(lambda: log.record("a", "midi", [op("a")]), "a")
    step(lambda: log.record_all([Request("a", "midi", op("b")), Request("b", "midi", op("c"), cause=0)]), "b", "c")
    step(lambda: log.close_segment())
    step(lambda: log.record("a", "midi", [op("d")], level="durable"), "d")
    step(buffered, "e")
    step(checkpoint)
    step(lambda: log.merge_replica(foreign), "g")
    step(lambda: OpLog(root, "s", writer="w").close_segment())
    step(lambda: OpLog(root, "s", writer="w").record("o", "midi", [op("h")]), "h")
    step(lambda: log.record("a", "midi", [op("i")], level="durable"), "i")
    step(log.read_all)
    step(log.close)
    return told, held


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """A line of another writer."""
    other = OpLog(tmp_path_factory.mktemp("other"), "s", writer="other")
    other.record("g", "midi", [op("g")])
    return other.raw_lines()


@pytest.mark.parametrize(("module", "name"), CALLS, ids=[name for _, name in CALLS])
def test_every_call_fails_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, foreign: list[bytes], module: ModuleType, name: str
) -> None:
    with monkeypatch.context() as patch:
        fault = OneFault(patch, module, name, 0, 0)
        assert live(tmp_path / "whole", foreign)[0] == set("abcdeghi")
    assert fault.count, "the scenario does not use it: take it off the list"
    ways = [errno.EIO, errno.ENOSPC] + ([0] if name == "write" else [])
    for at in range(1, fault.count + 1):
        for how in ways:
            root = tmp_path / f"{at}-{how}"
            with monkeypatch.context() as patch:
                OneFault(patch, module, name, at, how)
                told, held = live(root, foreign)
            again = OpLog(root, "s", writer="w")
            again.record("z", "midi", [op("z")])
            records = again.records()
            there = [entry["domain_op"]["address"] for _, entry in records]
            assert told <= set(there), (at, how)
            assert len({key for key, _ in records}) == len(records), (at, how)
            fresh = {entry["domain_op"]["address"] for entry in again.replay_since_checkpoint()}
            assert fresh in (set(there), set(there) - held), "an op is neither in a checkpoint nor replayed"
            assert all(found["reason"].startswith("torn tail") for found in again.damage()), (at, how)
            again.close()
