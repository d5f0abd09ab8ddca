"""What a checkpoint of the log holds and what is replayed past it, whoever wrote it and whatever became of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from muse.core.op_log import OpLog, make_op_entry
from tests.core.log_kit import entry, insert, names


def test_trap_an_op_from_a_slow_clock_is_replayed(tmp_path: Path) -> None:
    fast, slow = OpLog(tmp_path, "s"), OpLog(tmp_path, "s")
    fast.append_many([entry(f"f{at}", at) for at in (100, 101)])
    fast.checkpoint("one")
    slow.append(entry("late", 3))
    assert names(fast.replay_since_checkpoint()) == ["late"]
    assert fast.to_structured_delta("midi") == {
        "domain": "midi",
        "ops": [insert("late")],
        "summary": "1 insert",
    }


def test_trap_ops_of_others_that_came_after_the_replay_are_not_swallowed(tmp_path: Path) -> None:
    log, other = OpLog(tmp_path, "s"), OpLog(tmp_path, "s")
    log.append(entry("a", 1))
    log.to_structured_delta("midi")
    other.append(entry("b", 2))
    log.append(entry("c", 3))
    log.checkpoint("snap")
    assert names(log.replay_since_checkpoint()) == ["b"]
    log.checkpoint("snap2")
    assert log.replay_since_checkpoint() == []


def test_a_replay_covers_exactly_its_ops(tmp_path: Path) -> None:
    log, other = OpLog(tmp_path, "s"), OpLog(tmp_path, "s")
    log.append(entry("a", 1))
    replay = log.replay()
    other.append(entry("b", 1))
    log.append(entry("c", 2))
    made = log.checkpoint("snap", replay=replay)
    assert made["op_count"] == 1 and made["lamport_ts"] == 1
    assert names(log.replay_since_checkpoint()) == ["b", "c"]


def test_replay_survives_the_loss_of_offsets(tmp_path: Path) -> None:
    log = OpLog(tmp_path, "s")
    log.append_many([entry(f"n{at}", at) for at in range(1, 10)])
    log.checkpoint("snap")
    log.append(entry("new", 2))
    log.close()
    (log.folder / "state").unlink()
    again = OpLog(tmp_path, "s")
    assert names(again.replay_since_checkpoint()) == ["new"]
    assert again.next_lamport_ts() == 10
    again.checkpoint("snap2")
    assert again.replay_since_checkpoint() == []


def test_a_checkpoint_of_another_implementation_is_understood(tmp_path: Path) -> None:
    log = OpLog(tmp_path, "s")
    log.append_many([entry(f"n{at}", at) for at in range(1, 5)])
    old = {"session_id": "s", "snapshot_id": "x", "lamport_ts": 3, "op_count": 3, "created_at": "2020"}
    (log.folder / "checkpoint.json").write_text(json.dumps(old))
    assert names(log.replay_since_checkpoint()) == ["n4"]
    assert log.checkpoint("y")["op_count"] == 4
    assert log.replay_since_checkpoint() == []


def test_a_damaged_checkpoint_is_set_aside(tmp_path: Path) -> None:
    log = OpLog(tmp_path, "s")
    log.append(entry("a", 1))
    log.checkpoint("x")
    for text in ("{", "[]", '{"session_id": 3}', "null"):
        (log.folder / "checkpoint.json").write_text(text)
        assert log.read_checkpoint() is None and names(log.replay_since_checkpoint()) == ["a"]
    assert {found["reason"] for found in log.damage()} == {"damaged checkpoint"}


def test_trap_a_checkpoint_that_contradicts_the_log_hides_no_op(tmp_path: Path) -> None:
    log, late = OpLog(tmp_path, "s"), OpLog(tmp_path, "s")
    log.append_many([entry(f"n{at}", at) for at in range(1, 5)])
    late.append(entry("early", 5))
    honest = log.checkpoint("x")
    path = log.folder / "checkpoint.json"
    late.append_many([entry("new", 6), entry("newer", 7)])
    everything = ["n1", "n2", "n3", "n4", "early", "new", "newer"]
    lies: list[dict[str, Any]] = [
        {"positions": dict.fromkeys(honest["positions"], 99)},
        {"positions": {}},
        {"offset": log.end()},
        {"offset": 17},
        {"end": 10**9},
        {"op_count": 99},
    ]
    for lie in lies:  # a checksum tells that it was changed: nothing of it is believed
        path.write_text(json.dumps({**honest, **lie}))
        assert names(OpLog(tmp_path, "s").replay_since_checkpoint()) == everything, lie
    assert {found["reason"] for found in log.damage()} == {"damaged checkpoint"}
    bare = {name: value for name, value in honest.items() if name != "sum"}
    for lie in (lies[0], {"offset": honest["end"] + 5}, {"offset": 10**9}, {"offset": -5}):
        path.write_text(json.dumps({**bare, **lie}))  # one that was made so: ops appended after it are not in it
        assert names(OpLog(tmp_path, "s").replay_since_checkpoint()) == ["new", "newer"], lie


def test_the_delta_counts_kinds_and_filters_by_domain(tmp_path: Path) -> None:
    log = OpLog(tmp_path, "s")
    assert log.to_structured_delta("midi")["summary"] == "no ops"
    gone = {"op": "delete", "address": "b", "position": None, "content_id": "c", "content_summary": ""}
    log.append_many([make_op_entry("a", "midi", op, at) for at, op in ((3, insert("c")), (1, insert("a")), (2, gone))])
    log.append(make_op_entry("a", "code", insert("f"), 4))
    delta = log.to_structured_delta("midi")
    assert [op["address"] for op in delta["ops"]] == ["a", "b", "c"] and delta["summary"] == "1 delete, 2 insert"
