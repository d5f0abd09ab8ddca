"""What the op log promises to its callers: identity, order, positions, replicas, names, refusals."""

from __future__ import annotations

import json
import random
import threading
from pathlib import Path
from typing import Any

import pytest

from muse.core.errors import DamageError, FormatError, MuseError
from muse.core.op_log import OpLog, list_sessions, make_op_entry, without_echoes
from muse.core.op_log.entries import JUMP, LATEST, finish, seal, strip
from muse.core.types import content_hash
from tests.core.log_kit import entry, insert, names

# Entries ---------------------------------------------------------------------------------------------------------


def test_an_id_is_the_hash_of_all_but_the_wall_clock() -> None:
    one = entry("n", 7, parent_op_ids=["b", "a"])
    assert one["parent_op_ids"] == ["a", "b"]
    body = {key: value for key, value in one.items() if key not in ("op_id", "created_at")}
    assert one["op_id"] == content_hash(body)
    assert one["op_id"] == entry("n", 7, parent_op_ids=["a", "b"])["op_id"] != entry("n", 8)["op_id"]


def test_entries_come_back_as_they_were(tmp_path: Path) -> None:
    log = OpLog(tmp_path, "s")
    made = [entry("é\n\u2028\x00", 1), entry("b", 2, intent_id="i", reservation_id="r"), entry("c", 2, "bob")]
    log.append(made[0])
    log.append_many(made[1:])
    assert log.read_all() == OpLog(tmp_path, "s").read_all() == made
    lines = (log.folder / "ops.jsonl").read_bytes().splitlines()
    assert [json.loads(line)["sequence"] for line in lines] == [1, 2, 3]
    assert len({json.loads(line)["instance"] for line in lines}) == 1


def test_a_field_of_a_later_version_is_kept(tmp_path: Path) -> None:
    log = OpLog(tmp_path, "s")
    later = {**entry("b", 2), "mood": "calm"}
    later["op_id"] = content_hash({k: v for k, v in later.items() if k not in ("op_id", "created_at")})
    made = [entry("a", 1), later, entry("c", 3)]
    log.append_many(made)
    assert log.read_all() == log.replay_since_checkpoint() == made


def test_blocks_read_at_once_say_what_their_lines_say_one_by_one(tmp_path: Path) -> None:
    log = OpLog(tmp_path, "s")
    ops = [insert(f"é{at}\n", content=[at, 1.5, None]) for at in range(900)]
    log.append_many([make_op_entry("ada" if at % 3 else "bob", "midi", op, at + 1) for at, op in enumerate(ops)])
    healthy = (log.folder / "ops.jsonl").read_bytes()
    alone = [strip(json.loads(line)) for line in healthy.splitlines()]
    assert log.read_all() == log.replay_since_checkpoint() == alone
    assert [[*found] for found in log.read_all()] == [[*found] for found in alone]
    draw = random.Random(5)
    for turn in range(40):
        data, at = bytearray(healthy), draw.randrange(len(healthy) - 1)
        data[at] ^= 1 << draw.randrange(8)
        other = OpLog(tmp_path / str(turn), "s")
        other.folder.mkdir(parents=True)
        (other.folder / "ops.jsonl").write_bytes(data)
        hit = healthy.count(b"\n", 0, at)
        assert healthy[at] != 10, "draw again: a line end makes one line of two"
        assert other.read_all() == other.replay_since_checkpoint() == alone[:hit] + alone[hit + 1 :]
        assert [note["offset"] for note in other.damage()] == [healthy.rfind(b"\n", 0, at) + 1]


def test_what_was_seen_to_be_whole_is_still_looked_at(tmp_path: Path) -> None:
    log = OpLog(tmp_path, "s")
    log.record("ada", "midi", [insert(f"n{at}", content="x" * 1500) for at in range(3000)])
    path, seen = log.folder / "ops.jsonl", log.folder / "seen"
    healthy = log.read_all()
    assert len(healthy) == 3000 and seen.stat().st_size >= 16 * (path.stat().st_size >> 17)
    assert log.read_all() == log.replay_since_checkpoint() == healthy
    data = bytearray(path.read_bytes())
    at = len(data) // 2
    data[at] ^= 1
    path.write_bytes(data)
    hit = data.count(b"\n", 0, at)
    other = OpLog(tmp_path, "s")
    assert other.read_all() == other.replay_since_checkpoint() == healthy[:hit] + healthy[hit + 1 :]
    assert [note["offset"] for note in other.damage()] == [data.rfind(b"\n", 0, at) + 1]
    data[at] ^= 1
    path.write_bytes(data)
    kept = seen.read_bytes()
    for damaged in (b"", b"x", kept[:-3], kept[1:], bytes(len(kept)), kept[::-1], b"\xff" * len(kept)):
        seen.write_bytes(damaged)
        assert OpLog(tmp_path, "s").read_all() == healthy


@pytest.mark.parametrize(
    "change",
    [
        {"op_id": "x"},
        {"lamport_ts": True},
        {"lamport_ts": -1},
        {"lamport_ts": LATEST + 1},
        {"lamport_ts": "1"},
        {"actor_id": 3},
        {"domain_op": []},
        {"domain_op": {"op": "explode", "address": "x"}},
        {"domain_op": {"op": "insert"}},
        {"parent_op_ids": "abc"},
        {"parent_op_ids": [1]},
        {"sequence": 3},
        {"created_at": None},
        {"intent_id": None},
        {"lamport_ts": 2**53},
        {"domain_op": {"op": "insert", "address": "x", "content": float("nan")}},
    ],
)
def test_what_is_no_entry_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    log = OpLog(tmp_path, "s")
    log.append(entry("first", 1))
    bad = {**entry("bad", 2), **change}
    if "op_id" not in change:
        try:
            bad["op_id"] = content_hash({k: v for k, v in bad.items() if k not in ("op_id", "created_at")})
        except ValueError:
            pass
    with pytest.raises(FormatError):
        log.append_many([entry("fine", 2), bad])
    log.append(entry("second", 2))
    assert names(log.read_all()) == ["first", "second"]
    assert [key.sequence for key, _ in log.records()] == [1, 2]


def test_json_bombs_are_refused(tmp_path: Path) -> None:
    deep: Any = "x"
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(FormatError):
        make_op_entry("a", "midi", insert("x", content=deep), 1)
    deep = "x"
    for _ in range(150):
        deep = {"k": [deep, '"}]']}
    with pytest.raises(FormatError, match="nested"):
        OpLog(tmp_path, "s").append(make_op_entry("a", "midi", insert("x", content=deep), 1))
    wide = make_op_entry("a", "midi", insert("x", content=[["]"]] * 5000), 1)
    OpLog(tmp_path, "s").append(wide)
    assert OpLog(tmp_path, "s").read_all() == [wide]


# Time ------------------------------------------------------------------------------------------------------------


def test_times_are_never_handed_out_twice(tmp_path: Path) -> None:
    logs = [OpLog(tmp_path, "s") for _ in range(3)]
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda log=log: found.extend(log.next_lamport_ts() for _ in range(50))) for log in logs
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == list(range(1, 151))
    logs[0].append(entry("x", 500))
    assert OpLog(tmp_path, "s").next_lamport_ts() == 501


def test_lamport_jumps_are_refused(tmp_path: Path) -> None:
    log = OpLog(tmp_path, "s")
    log.append(entry("x", 5))
    with pytest.raises(FormatError, match="jumps"):
        log.append(entry("y", 6 + JUMP))
    log.append(entry("y", 5 + JUMP))


def test_a_cause_has_a_smaller_time(tmp_path: Path) -> None:
    log = OpLog(tmp_path, "s")
    cause = entry("cause", 5)
    log.append(cause)
    for opened in (log, OpLog(tmp_path, "s")):
        with pytest.raises(FormatError, match="cause"):
            opened.append(entry("effect", 5, parent_op_ids=[cause["op_id"]]))
    OpLog(tmp_path, "s").append(entry("effect", 6, parent_op_ids=[cause["op_id"]]))
    assert names(log.replay_since_checkpoint()) == ["cause", "effect"] and log.waiting() == []


def test_ops_with_unknown_causes_wait_visibly(tmp_path: Path) -> None:
    log = OpLog(tmp_path, "s")
    cause = entry("cause", 3)
    effect = entry("effect", 4, parent_op_ids=[cause["op_id"]])
    later = entry("later", 5, parent_op_ids=[effect["op_id"]])
    log.append_many([entry("free", 1), effect, later])
    assert names(log.replay_since_checkpoint()) == ["free"]
    assert names(log.waiting()) == ["effect", "later"] and len(log.read_all()) == 3
    log.checkpoint("one")
    assert log.replay_since_checkpoint() == []
    OpLog(tmp_path, "s").append(cause)
    assert names(log.replay_since_checkpoint()) == ["cause", "effect", "later"]
    log.checkpoint("two")
    assert log.replay_since_checkpoint() == [] and log.waiting() == []
    ckpt = log.read_checkpoint()
    assert ckpt is not None and ckpt["op_count"] == 4 and "holes" not in ckpt


# Following -------------------------------------------------------------------------------------------------------


def test_follow_yields_what_others_append(tmp_path: Path) -> None:
    log, other = OpLog(tmp_path, "s"), OpLog(tmp_path, "s")
    log.append(entry("old", 1))
    told: list[str] = []
    stream = log.follow(since=0, poll=0.001, stop=lambda: len(told) >= 5)
    for found in stream:
        told.append(found["domain_op"]["address"])
        if len(told) == 1:
            other.append_many([entry("n1", 2), entry("n2", 3)])
        if len(told) == 3:
            log.record("ada", "midi", [insert("n3"), insert("n4")])
    assert told == ["old", "n1", "n2", "n3", "n4"]
    fresh, offset = log.read_from(log.end())
    assert fresh == [] and offset == (log.folder / "ops.jsonl").stat().st_size


def test_buffered_ops_are_written_by_a_flush_and_by_reading(tmp_path: Path) -> None:
    log = OpLog(tmp_path, "s", level="buffered")
    log.record("ada", "midi", [insert("a")])
    assert OpLog(tmp_path, "s").read_all() == []
    log.flush()
    assert names(OpLog(tmp_path, "s").read_all()) == ["a"]
    made = log.record("ada", "midi", [insert("b")])
    assert made[0]["lamport_ts"] == 2 and names(log.read_all()) == ["a", "b"]
    log.record("ada", "midi", [insert("c")], level="durable")
    assert names(OpLog(tmp_path, "s").read_all()) == ["a", "b", "c"]


# Replicas --------------------------------------------------------------------------------------------------------


def test_replicas_merge_to_one_total_order(tmp_path: Path) -> None:
    one, two = OpLog(tmp_path / "a", "s", writer="wa"), OpLog(tmp_path / "b", "s", writer="wb")
    for at in range(1, 6):
        one.append(entry(f"a{at}", at))
        two.append(entry(f"b{at}", at))
    assert one.merge_replica(two).added == 5
    report = two.merge_replica(one)
    assert (report.added, report.known, report.quarantined) == (5, 5, [])
    assert one.replay_since_checkpoint() == two.replay_since_checkpoint()
    assert names(one.replay_since_checkpoint())[:4] == ["a1", "b1", "a2", "b2"]
    assert one.merge_replica(two).added == 0


def test_one_actor_one_time_one_op_in_two_processes_are_two_ops(tmp_path: Path) -> None:
    one, two = OpLog(tmp_path, "s"), OpLog(tmp_path, "s")
    one.append(entry("same", 1))
    two.append(entry("same", 1))
    assert len({found["op_id"] for found in one.read_all()}) == 1
    assert len(one.replay_since_checkpoint()) == 2 and len({key for key, _ in one.records()}) == 2


def test_what_does_not_verify_is_quarantined_and_the_rest_is_taken(tmp_path: Path) -> None:
    source = OpLog(tmp_path / "a", "s", writer="wa")
    source.append_many([entry(f"n{at}", at) for at in range(1, 4)])
    good = source.raw_lines()
    target = OpLog(tmp_path / "b", "s", writer="wb")
    other = entry("impostor", 2)
    body, tail = seal(other)
    same_key = finish(body, tail, ("wa", source.instance, 2))
    forged = finish(body.replace(b"impostor", b"imposter"), tail, ("wa", source.instance, 9))
    far = finish(*seal(entry("far", LATEST)), ("wa", source.instance, 10))
    skipping = finish(*seal(entry("skipping", 4)), ("wa", source.instance, 10**9))
    strange = finish(*seal(entry("x", 3)), ("../../x", source.instance, 11))
    lines = [*good, same_key, forged, far, skipping, strange, good[0][:-3], b"", b"[]", b"\xff" * 50]
    report = target.merge_replica(lines)
    assert report.added == 4 and len(report.quarantined) == 8
    assert names(target.read_all()) == ["n1", "n2", "impostor", "n3"], "two ops of one number are both kept"
    assert len(target.damage()) == 8
    assert target.checkpoint("x")["quarantined"] == [found["name"] for found in target.damage()]


def test_a_damaged_line_is_healed_by_a_replica(tmp_path: Path) -> None:
    one, two = OpLog(tmp_path / "a", "s", writer="wa"), OpLog(tmp_path / "b", "s", writer="wb")
    one.append_many([entry(f"n{at}", at) for at in range(1, 6)])
    two.merge_replica(one)
    one.close()
    path = one.folder / "ops.jsonl"
    data = bytearray(path.read_bytes())
    data[data.index(b"n3")] ^= 1
    path.write_bytes(data)
    again = OpLog(tmp_path / "a", "s", writer="wa")
    assert names(again.read_all()) == ["n1", "n2", "n4", "n5"] and len(again.damage()) == 1
    made = again.checkpoint("x")
    assert list(made["holes"].values()) == [[3]]
    assert again.merge_replica(two).added == 1
    assert names(again.replay_since_checkpoint()) == ["n3"]


def test_a_log_of_another_session_is_no_replica(tmp_path: Path) -> None:
    with pytest.raises(MuseError, match="no replica"):
        OpLog(tmp_path, "one").merge_replica(OpLog(tmp_path, "two"))
    log = OpLog(tmp_path, "one")
    log.append(entry("a", 1))
    with pytest.raises(DamageError):
        OpLog(tmp_path, "two").adopt_checkpoint(log.checkpoint("x"))


# Names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "plain",
        "../../x",
        "a/b",
        ".",
        "..",
        "",
        "NUL",
        "nul\0nul",
        "x" * 10_000,
        "é🎵" * 2000,
        "a.lock",
        "A",
        "%41",
        "%",
        "content",
        "name",
        "\ud800",
        "f" * 64,
        "a" * 64 + "/",
    ],
)
def test_trap_any_text_names_a_session_and_stays_inside(tmp_path: Path, name: str) -> None:
    log = OpLog(tmp_path, name)
    log.append(make_op_entry(name if "\ud800" not in name else "x", "midi", insert("n"), 1))
    assert list_sessions(tmp_path) == [name]
    assert OpLog(tmp_path, name).read_all() == log.read_all() and len(log.read_all()) == 1
    assert log.folder.parent == tmp_path / ".muse" / "op_log"
    assert [path.name for path in tmp_path.iterdir()] == [".muse"]


def test_similar_names_are_different_sessions(tmp_path: Path) -> None:
    sessions = ["a", "A", "%41", "a ", "é", "e\u0301"]
    for name in sessions:
        OpLog(tmp_path, name).append(entry(name, 1))
    assert list_sessions(tmp_path) == sorted(sessions)
    assert all(names(OpLog(tmp_path, name).read_all()) == [name] for name in sessions)


def test_looking_makes_nothing(tmp_path: Path) -> None:
    log = OpLog(tmp_path, "s")
    assert log.read_all() == log.replay_since_checkpoint() == log.waiting() == log.damage() == []
    assert log.read_checkpoint() is None and list_sessions(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_level_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MuseError, match="buffered, written, durable"):
        OpLog(tmp_path, "s", level="safe")  # type: ignore[arg-type]


# Deltas ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("domain", ["code", "midi"])
def test_a_delta_becomes_ops_with_a_patch_as_its_childrens_cause(tmp_path: Path, domain: str) -> None:
    import importlib

    module = importlib.import_module(f"muse.plugins.{domain}._op_log_integration")
    patch = {
        "op": "patch",
        "address": "a",
        "child_ops": [insert("a::f"), insert("a::g")],
        "child_domain": domain,
        "child_summary": "",
    }
    delta: Any = {"domain": domain, "ops": [insert("b"), patch], "summary": ""}
    log = getattr(module, f"open_{domain}_session")(tmp_path, "s")
    cause = log.record("ada", domain, [insert("first")])[0]["op_id"]
    ids = module.record_delta_ops(tmp_path, delta, session_id="s", actor_id="ada", parent_op_ids=[cause])
    made = log.read_all()[1:]
    assert [entry["op_id"] for entry in made] == ids and names(made) == ["b", "a", "a::f", "a::g"]
    assert [entry["parent_op_ids"] for entry in made] == [[cause], [cause], [ids[1]], [ids[1]]]
    assert [entry["lamport_ts"] for entry in made] == [2, 3, 4, 5]
    assert {entry["domain"] for entry in made} == {domain}
    assert names(without_echoes(made)) == ["b", "a"]
