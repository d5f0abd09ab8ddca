"""What the op log promises to its callers: identity, order, positions, replicas, names, refusals."""

from __future__ import annotations

import json
import random
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muse.core.errors import DamageError, FormatError, MuseError
from muse.core.op_log import OpLog, list_sessions, make_op_entry, without_echoes
from muse.core.op_log.canonical import canonical, utc_now
from muse.core.op_log.entries import JUMP, LATEST, finish, seal, strip
from muse.core.types import canonical_json, content_hash, now_utc_iso


def insert(name: str, **more: Any) -> Any:
    return {"op": "insert", "address": name, "position": None, "content_id": "c", "content_summary": name, **more}


def entry(name: str, time: int, actor: str = "ada", **more: Any) -> Any:
    return make_op_entry(actor, "midi", insert(name), time, **more)


def names(entries: list[Any]) -> list[str]:
    return [found["domain_op"]["address"] for found in entries]


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


# Checkpoints -----------------------------------------------------------------------------------------------------


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


# Quick encoding --------------------------------------------------------------------------------------------------

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(), inner, max_size=4)
        | st.dictionaries(st.integers(), inner, max_size=2)
        | st.tuples(inner)
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None, database=None, derandomize=True)
@given(_json)
def test_the_quick_encoder_writes_canonical_json(value: Any) -> None:
    assert canonical(value) == canonical_json(value)


def test_the_quick_encoder_writes_every_letter_as_the_plain_one() -> None:
    text = "".join(chr(code) for code in range(0x110000) if not 0xD800 <= code <= 0xDFFF)
    assert canonical({"k": text}) == canonical_json({"k": text})
    for bad in (float("nan"), b"x", {1, 2}, object(), "\ud800", 1j):
        with pytest.raises((TypeError, ValueError)):
            canonical({"k": [bad]})
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(ValueError, match="Circular"):
        canonical(loop)


def test_the_quick_clock_tells_the_time() -> None:
    before, now, after = now_utc_iso(), utc_now(), now_utc_iso()
    assert before <= now <= after and len(now) == len(before)
