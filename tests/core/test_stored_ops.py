"""Ops that stay in the log until they are asked for are those that were read whole, in the same order."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from muse.core.errors import DamageError
from muse.core.op_log import OpLog, make_op_entry
from muse.core.op_log.entries import intact, order_key, strip
from muse.core.op_log.stored import AT_ONCE


def op(number: int, size: int = 0) -> Any:
    return {"op": "insert", "address": f"f{number % 7}.txt", "position": None, "content": "x" * size, "n": number}


def lines(log: OpLog) -> list[dict[str, Any]]:
    """Every whole line, by its checksum and JSON; one that was glued to a torn one as well."""
    data = (log.folder / "ops.jsonl").read_bytes().split(b"\n")[:-1]
    last = [line[max(line.rfind(b'{"actor_id":'), 0) :] for line in data]
    return [json.loads(line) for line in last if intact(line)]


@pytest.fixture
def log(tmp_path: Path) -> OpLog:
    """Ops of any size from several openings, times out of order, with damage in between."""
    dice = random.Random(7)
    writers = [OpLog(tmp_path, "jam", writer=name) for name in ("ada", "bob", "cy")]
    for number in range(400):
        size = dice.choice([0, 10, 700, 5000] + [AT_ONCE + 9] * (number % 90 == 0))
        dice.choice(writers).record(f"agent{number % 5}", "files", [op(number, size)])
    for each in writers:
        each.close()
    path = writers[0].folder / "ops.jsonl"
    whole = path.read_bytes().split(b"\n")
    whole[30] = whole[30][:40] + b"?" + whole[30][41:]  # one is damaged, a torn one is glued to the next
    whole[77] = whole[77][:25] + whole[78]
    del whole[78]
    path.write_bytes(b"\n".join(whole))
    (path.parent / "state").unlink()
    return OpLog(tmp_path, "jam")


def test_the_same_rows_in_any_way(log: OpLog) -> None:
    view, wanted = log.replay([]), sorted(lines(log), key=order_key)
    assert len(wanted) == 398 and [*view.rows] == wanted
    assert [view.rows[at] for at in range(len(wanted))] == wanted and view.rows[-1] == wanted[-1]
    assert [*view.rows[50:9:-3]] == wanted[50:9:-3]
    assert [*view.entries] == [strip(dict(row)) for row in wanted] and view.entries == [*view.entries]
    dice = random.Random(3)
    places = [dice.randrange(len(wanted)) for _ in range(300)]
    assert [*view.rows.taken(places)] == [wanted[at] for at in places]  # type: ignore[attr-defined]
    assert [json.loads(line) for line in view.rows.taken(sorted(set(places))).lines()] == [  # type: ignore[attr-defined]
        wanted[at] for at in sorted(set(places))
    ]
    some = view.only(lambda row: row["actor_id"] == "agent3")
    assert [*some.rows] == [row for row in wanted if row["actor_id"] == "agent3"] and some.end == view.end
    with pytest.raises(IndexError):
        view.rows[len(wanted)]


def test_a_checkpoint_holds_just_what_was_seen(log: OpLog) -> None:
    view = log.replay([])
    half = view.only(lambda row: row["domain_op"]["n"] % 2 == 0)
    log.record("late", "files", [op(1000)])
    log.checkpoint("sha256:" + "0" * 64, replay=half)
    left = [row["domain_op"]["n"] for row in log.replay().rows]
    assert left == [row["domain_op"]["n"] for row in view.rows if row["domain_op"]["n"] % 2] + [1000]


def test_a_log_that_was_rewritten_meanwhile_is_noticed(log: OpLog) -> None:
    view = log.replay([])
    gone = view.entries[100]["op_id"]
    log.expunge([gone])
    with pytest.raises(DamageError, match="was changed at byte"):
        assert len([*view.rows]) == 398
    assert gone not in {entry["op_id"] for entry in log.replay([]).entries}


def test_ties_are_in_the_total_order(tmp_path: Path) -> None:
    first, second = OpLog(tmp_path, "jam", writer="b"), OpLog(tmp_path, "jam", writer="a")
    for at in range(30):
        for log in (first, second):
            log.append(make_op_entry(f"x{at % 3}", "files", op(at), 100 + at // 4))
    found = [*second.replay([]).rows]
    assert found == sorted(lines(second), key=order_key) and len(found) == 60
    found = [*second.replay([]).rows]
    assert {row["writer"] for row in found} == {"a", "b"}


def test_the_plain_format_is_read_by_its_places(tmp_path: Path) -> None:
    log = OpLog(tmp_path, "jam")
    log.folder.mkdir(parents=True)
    plain = [make_op_entry("ada", "files", op(at), at + 1) for at in range(50)]
    (log.folder / "ops.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in plain))
    view = log.replay([])
    assert [*view.entries] == plain
    every = [row["sequence"] for row in view.rows]
    assert [row["sequence"] for row in view.rows.taken(range(0, 50, 7))] == every[::7]  # type: ignore[attr-defined]
