"""A log as the published format has it, without keys and checksums: read, converted by a write, never set aside."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from muse.core.op_log import OpLog, make_op_entry
from muse.core.paths import op_log_dir


def op(name: str) -> Any:
    return {"op": "insert", "address": name, "position": None, "content_id": "", "content_summary": name}


def plain(root: Path, entries: list[Any], *, end: str = "\n", spaces: bool = False) -> Path:
    folder = op_log_dir(root) / "jam"
    folder.mkdir(parents=True)
    separators = (", ", ": ") if spaces else (",", ":")
    text = "\n".join(json.dumps(entry, separators=separators) for entry in entries) + end
    (folder / "ops.jsonl").write_text(text)
    return folder


def three() -> list[Any]:
    first = make_op_entry("ada", "code", op("a"), 7)
    second = make_op_entry("bob", "code", op("b"), 8, parent_op_ids=[first["op_id"]])
    return [first, second, make_op_entry("ada", "code", op("c"), 11)]


@pytest.mark.parametrize("spaces", [False, True])
@pytest.mark.parametrize("end", ["\n", ""])
def test_it_is_read_as_it_is_and_goes_on(tmp_path: Path, end: str, spaces: bool) -> None:
    entries = three()
    folder = plain(tmp_path, entries, end=end, spaces=spaces)
    log = OpLog(tmp_path, "jam")
    assert log.read_all() == entries and log.damage() == []
    assert [entry["domain_op"]["address"] for entry in log.replay_since_checkpoint()] == ["a", "b", "c"]
    assert log.next_lamport_ts() == 12
    log.record("cy", "code", [op("d")])
    assert log.damage() == [] and not (folder / "quarantine").exists()
    again = OpLog(tmp_path, "jam")
    assert again.read_all()[:3] == entries and again.read_all()[3]["lamport_ts"] == 13
    assert all(b'"crc":"' in line for line in (folder / "ops.jsonl").read_bytes().splitlines())
    assert [key.sequence for key, _ in again.records()] == [1, 2, 3, 1]
    assert again.waiting() == []


def test_ids_of_another_kind_are_made_anew_with_all_that_name_them(tmp_path: Path) -> None:
    first, second, third = three()
    first["op_id"], second["op_id"] = "f3c1", "f3c2"
    second["parent_op_ids"] = ["f3c1"]
    plain(tmp_path, [first, second, third])
    log = OpLog(tmp_path, "jam")
    assert [entry["op_id"] for entry in log.read_all()][:2] == ["f3c1", "f3c2"]
    log.record("cy", "code", [op("d")])
    made = OpLog(tmp_path, "jam").read_all()
    assert made[1]["parent_op_ids"] == [made[0]["op_id"]] and made[0]["op_id"].startswith("sha256:")
    assert [entry["created_at"] for entry in made[:3]] == [each["created_at"] for each in (first, second, third)]
    assert OpLog(tmp_path, "jam").waiting() == []


def test_a_plain_checkpoint_holds_what_came_before_its_time(tmp_path: Path) -> None:
    folder = plain(tmp_path, three())
    made = {
        "session_id": "jam",
        "snapshot_id": "s",
        "lamport_ts": 8,
        "op_count": 2,
        "created_at": "2026-01-01T00:00:00Z",
    }
    (folder / "checkpoint.json").write_text(json.dumps(made))
    log = OpLog(tmp_path, "jam")
    assert [entry["domain_op"]["address"] for entry in log.replay_since_checkpoint()] == ["c"]


def test_what_is_no_entry_is_set_aside_all_the_same(tmp_path: Path) -> None:
    folder = plain(tmp_path, three())
    with open(folder / "ops.jsonl", "a") as file:
        file.write('{"op_id": 7}\n')
    log = OpLog(tmp_path, "jam")
    assert len(log.read_all()) == 3 and len(log.damage()) == 1


def test_a_cause_in_another_session_counts_once_that_session_is_here(tmp_path: Path) -> None:
    cause = make_op_entry("ada", "code", op("a"), 50)
    log = OpLog(tmp_path, "jam")
    log.record("bob", "code", [op("b")], parent_op_ids=[cause["op_id"]])
    assert len(log.waiting()) == 1 and log.replay_since_checkpoint() == []
    OpLog(tmp_path, "other").append(cause)
    assert log.waiting() == []
    assert [entry["domain_op"]["address"] for entry in OpLog(tmp_path, "jam").replay_since_checkpoint()] == ["b"]


def test_an_append_reads_nothing_of_the_log_and_a_log_put_in_its_place_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, looked = OpLog(tmp_path, "jam"), []
    log.record("ada", "code", [op("a")])
    log.record("ada", "code", [op("b")])
    with monkeypatch.context() as patched:
        patched.setattr(type(log._journal), "blocks", lambda *_: looked.append(1) or iter(()))
        log.record("ada", "code", [op("c")])
    assert not looked and len(log.read_all()) == 3
    plain(tmp_path / "other", three())
    (op_log_dir(tmp_path) / "jam" / "ops.jsonl").write_bytes(
        (op_log_dir(tmp_path / "other") / "jam" / "ops.jsonl").read_bytes()  # the same file, as `cp` writes it
    )
    log.record("ada", "code", [op("d")])
    assert [entry["domain_op"]["address"] for entry in log.read_all()] == ["a", "b", "c", "d"]
    lines = (op_log_dir(tmp_path) / "jam" / "ops.jsonl").read_bytes().splitlines()
    assert len(lines) == 4 and all(b'"crc":"' in line for line in lines)
