"""Two replicas of a session, each open twice, in any order of appends, crashes, torn tails, checkpoints and merges.

The model is a set of names per replica: what was acknowledged, and what a checkpoint took. Whatever happens, every
acknowledged op is in the log once, and is held by a checkpoint or replayed or visibly waiting, never two of these.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from muse.core.op_log import OpLog, Request

CASES = int(os.environ.get("MUSE_LAW_CASES", "150"))
side = st.integers(0, 1)


def op(name: str) -> Any:
    return {"op": "insert", "address": name, "position": None, "content_id": "c", "content_summary": ""}


class Sessions(RuleBasedStateMachine):
    """Sides 0 and 1 are replicas; each has two handles, as two processes would."""

    @initialize()
    def start(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="muse-machine-"))
        self.logs = [[self.open(at), self.open(at)] for at in (0, 1)]
        self.told: list[set[str]] = [set(), set()]
        self.held: list[set[str]] = [set(), set()]
        self.buffered: dict[tuple[int, int], list[str]] = {(at, handle): [] for at in (0, 1) for handle in (0, 1)}
        self.ids: list[str] = []
        self.count = 0

    def open(self, at: int) -> OpLog:
        return OpLog(self.root / str(at), "s", writer=f"w{at}")

    def fresh(self, number: int) -> list[str]:
        self.count += number
        return [f"n{self.count - back}" for back in range(number)]

    @rule(at=side, handle=side, number=st.integers(1, 4), cause=st.none() | st.integers(0, 50))
    def append(self, at: int, handle: int, number: int, cause: int | None) -> None:
        names = self.fresh(number)
        parents = (self.ids[cause % len(self.ids)],) if cause is not None and self.ids else ()
        log = self.logs[at][handle]
        try:
            made = log.record_all([Request("a", "midi", op(name), parents) for name in names])
        except ValueError as problem:  # its cause has a later time here
            assert "cause" in str(problem)
            return
        self.ids += [entry["op_id"] for entry in made]
        self.told[at].update(names)
        self.flushed(at, handle)

    @rule(at=side, handle=side)
    def buffer(self, at: int, handle: int) -> None:
        (name,) = self.fresh(1)
        self.logs[at][handle].record("a", "midi", [op(name)], level="buffered")
        self.buffered[at, handle].append(name)

    @rule(at=side, handle=side)
    def flush(self, at: int, handle: int) -> None:
        self.logs[at][handle].flush()
        self.flushed(at, handle)

    def flushed(self, at: int, handle: int) -> None:
        self.told[at].update(self.buffered[at, handle])
        self.buffered[at, handle].clear()

    @rule(at=side, handle=side, torn=st.sampled_from([b"", b"{", b'{"actor_id":"x","domain":"mi', b"\x00" * 9]))
    def die(self, at: int, handle: int, torn: bytes) -> None:
        """One process is gone in the middle of a line; what it had only buffered is gone with it."""
        old = self.logs[at][handle]
        old._buffer.clear()
        old._journal.close()
        path = old.folder / "ops.jsonl"
        if path.exists():
            with path.open("ab") as file:
                file.write(torn)
        self.buffered[at, handle].clear()
        self.logs[at][handle] = self.open(at)

    @rule(at=side)
    def lose_state(self, at: int) -> None:
        for handle in (0, 1):
            self.logs[at][handle].close()
            self.flushed(at, handle)
        (self.logs[at][0].folder / "state").unlink(missing_ok=True)

    @rule(at=side, handle=side)
    def close_segment(self, at: int, handle: int) -> None:
        self.logs[at][handle].close_segment()
        self.flushed(at, handle)

    @rule(at=side, handle=side, other=side)
    def merge(self, at: int, handle: int, other: int) -> None:
        source = self.logs[1 - at][other]
        report = self.logs[at][handle].merge_replica(source)
        assert report.quarantined == []
        self.flushed(at, handle)
        self.flushed(1 - at, other)
        self.told[at] |= self.told[1 - at]

    @rule(at=side, handle=side, meanwhile=st.booleans())
    def checkpoint(self, at: int, handle: int, meanwhile: bool) -> None:
        log = self.logs[at][handle]
        view = log.replay()
        self.flushed(at, handle)
        if meanwhile:
            self.append(at, 1 - handle, 1, None)
        log.checkpoint("snapshot", replay=view)
        self.held[at].update(entry["domain_op"]["address"] for entry in view.entries)

    @invariant()
    def nothing_is_lost(self) -> None:
        for at in (0, 1) if hasattr(self, "logs") else ():
            log = self.open(at)
            records = log.records()
            there = [entry["domain_op"]["address"] for _, entry in records]
            assert sorted(there) == sorted(self.told[at])
            assert len({key for key, _ in records}) == len(records)
            view = log.replay()
            parts = (view.entries, view.waiting)
            ready, waiting = ([entry["domain_op"]["address"] for entry in part] for part in parts)
            assert sorted([*ready, *waiting, *self.held[at]]) == sorted(there)
            place = {entry["op_id"]: number for number, entry in enumerate(view.entries)}
            for entry in view.entries:
                assert all(place.get(parent, -1) < place[entry["op_id"]] for parent in entry["parent_op_ids"])
            log.close()

    def teardown(self) -> None:
        if not hasattr(self, "logs"):
            return
        for _ in range(2):
            for at in (0, 1):
                self.merge(at, 0, 0)
        orders = [[entry["op_id"] for entry in self.open(at).replay([]).entries] for at in (0, 1)]
        assert orders[0] == orders[1] and self.told[0] == self.told[1]
        shutil.rmtree(self.root)


def test_two_replicas_as_a_state_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)  # thousands of them; what is at stake here is what is in the files
    monkeypatch.setattr(os, "fdatasync", lambda _: None)
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Sessions, settings=settings(max_examples=max(CASES // 15, 10), stateful_step_count=20, deadline=None)
    )
