"""`muse session append` and the verbs that read: what comes in is answered line by line, whatever it is."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from muse.cli.main import main
from muse.core.op_log import OpLog
from muse.core.types import blob_digest, content_hash
from muse.engine.session import commit as session
from muse.store.repository import Repository
from tests.session.kit import CODE, PIECE, added, append, b64, changed, commit, removed, replayed


def test_bad_lines_are_answered_and_hurt_nobody(jam: Path) -> None:
    good = json.dumps({"op": added("a.txt", b"a\n")}).encode()
    lost = {"op": {**added("b.txt", b"b\n"), "content_b64": b64(b"other")}}
    gone = {"op": {key: value for key, value in added("c.txt", b"c\n").items() if key != "content_b64"}}
    deep = b'{"op": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    lines = [
        good,
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        json.dumps(lost).encode(),
        json.dumps(gone).encode(),
        deep,
        b'{"op": {"op": "explode", "address": "x"}}',
        b'{"op": 3}',
        b'{"actor": "x"}',
        b'{"op": {}, "x": 1}',
        b'{"op": {"op": "delete", "address": "x", "content_summary": NaN}}',
        b'{"op": {"op": "delete", "address": "x", "content_id": "", "position": null}, "parents": [3]}',
        good,
    ]
    answers = append(jam, "jam", raw=b"\n".join(lines))
    assert ["ack" in answer for answer in answers] == [True, *[False] * 12, True]
    assert [answer["sequence"] for answer in answers if "ack" in answer] == [1, 2]
    assert len(OpLog(jam, "jam").read_all()) == 2
    status = session.status(Repository(jam), OpLog(jam, "jam"))
    assert status["damage"] == [] and status["uncommitted"] == 2


@pytest.mark.parametrize("kind", ["insert", "replace"])
@pytest.mark.parametrize("carried", ["content", "content_b64"])
def test_content_that_is_not_what_its_id_says_is_refused_with_both_digests(jam: Path, kind: str, carried: str) -> None:
    wrong = blob_digest(b"something else\n")
    op = added("a.txt", b"a\n") if kind == "insert" else changed("words.txt", b"one\ntwo\nthree\n", b"a\n")
    op["content_id" if kind == "insert" else "new_content_id"] = wrong
    if carried == "content":
        del op["content_b64"]
        op["content"] = "a\n"
    inside = {
        "op": "replace",
        "address": "code.py::second",
        "position": None,
        "old_content_id": "",
        "old_summary": "",
        "new_summary": "",
        "content": "def second():\n    return 22",
        "new_content_id": content_hash("its own"),
    }
    answers = append(jam, "jam", {"op": op}, {"op": inside})
    assert blob_digest(b"a\n") in answers[0]["error"] and wrong in answers[0]["error"] and "ack" in answers[1]
    assert [entry["domain_op"]["address"] for entry in OpLog(jam, "jam").read_all()] == ["code.py::second"]


def test_large_content_goes_to_the_content_store_first(jam: Path) -> None:
    data = os.urandom(200_000)
    append(jam, "jam", {"op": added("big.bin", data)}, args=("--level", "durable"))
    line = (OpLog(jam, "jam").folder / "ops.jsonl").read_bytes()
    assert len(line) < 2000 and Repository(jam).content.get(blob_digest(data)) == data
    commit(jam)
    assert (jam / "big.bin").read_bytes() == data


def test_an_op_whose_content_was_lost_is_named(jam: Path, capfd: pytest.CaptureFixture[str]) -> None:
    op: Any = {key: value for key, value in added("lost.txt", b"lost\n").items() if key != "content_b64"}
    OpLog(jam, "jam").record("ada", "files", [op])
    assert main(["session", "commit", "jam"]) == 128
    assert "lost.txt" in capfd.readouterr().err


@pytest.mark.parametrize("path", ["../../x", "/etc/x", ".git/config", "a/../../x", "", "words.txt/x", "code.py/../x"])
def test_an_op_cannot_leave_the_work_tree(jam: Path, path: str, capfd: pytest.CaptureFixture[str]) -> None:
    refused, _ = append(jam, "jam", {"op": added(path, b"x\n")}, {"op": added("fine.txt", b"fine\n")})
    assert refused["code"] in ("place", "unfit") and path.partition("/")[0] in refused["error"]
    OpLog(jam, "jam").record("mallory", "files", [added(path, b"x\n")])  # type: ignore[list-item] # past every door
    assert main(["session", "commit", "jam"]) == 3 and "--partial" in capfd.readouterr().err
    assert main(["session", "commit", "jam", "--partial"]) == 3
    assert f"{path}: op " in (told := capfd.readouterr().err) and "it cannot be applied" in told
    assert not (jam.parent.parent / "x").exists() and "[core]" in (jam / ".git" / "config").read_text()
    assert (jam / "fine.txt").read_bytes() == b"fine\n" and (jam / "words.txt").read_text() == "one\ntwo\nthree\n"
    assert main(["session", "commit", "jam"]) == 0 and "nothing to commit" in capfd.readouterr().out


def test_an_op_that_cannot_be_applied_is_told_and_the_session_goes_on(jam: Path) -> None:
    """What a hostile or confused agent may leave in the log, past every door."""
    base = PIECE.read_bytes()
    bad: list[Any] = [
        {"op": "delete", "address": "piece.mid::track:9/note:1:1:0:0:60#0", "position": None, "content_id": ""},
        {"op": "replace", "address": "code.py::nothing", "position": None, "content": "def x(): pass"},
        {"op": "patch", "address": "code.py", "child_ops": 3, "child_domain": "code", "child_summary": ""},
        {"op": "patch", "address": "gone.py", "child_ops": [{"op": "delete"}], "from_address": "words.txt"},
        {"op": "patch", "address": "piece.mid", "child_ops": [{"op": 7, "address": []}], "from_address": 4},
        {"op": "move", "address": "code.py", "from_position": 1, "to_position": 2, "content_id": ""},
        {"op": "delete", "address": "words.txt"},
        {"op": "insert", "address": "x.txt", "content": "x"},
    ]
    log = OpLog(jam, "jam")
    log.record("mallory", "files", bad)
    append(jam, "jam", {"op": added("fine.txt", b"fine\n")})
    done = commit(jam)
    refused = [line for line in done.overridden if "cannot be applied" in line]
    assert len(refused) >= len(bad) - 1 and done.changed == ["fine.txt"], (done.overridden, done.changed)
    assert (jam / "piece.mid").read_bytes() == base and (jam / "code.py").read_bytes() == CODE
    assert len(log.read_all()) == len(bad) + 1 and session.status(Repository(jam), log)["uncommitted"] == 0
    assert replayed(jam, "HEAD~1") == Repository(jam).manifest("HEAD")["files"]


def test_follow_list_show_and_status(jam: Path, capfd: pytest.CaptureFixture[str]) -> None:
    answers = append(jam, "jam", {"op": added("a.txt", b"a\n"), "actor": "ada"})
    append(
        jam,
        "jam",
        {"op": removed("a.txt", b"a\n"), "parents": [answers[0]["ack"]]},
        {"op": added("w.txt", b"w\n"), "parents": ["sha256:unknown"]},
    )
    capfd.readouterr()
    assert main(["session", "follow", "jam", "--all", "-n", "3"]) == 0
    told = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert told == OpLog(jam, "jam").read_all()
    assert main(["session", "list", "--json"]) == 0
    assert json.loads(capfd.readouterr().out) == ["jam"]
    assert main(["session", "show", "jam"]) == 0
    shown = capfd.readouterr().out.splitlines()[0].split()
    assert shown[1:5] == [told[0]["op_id"][7:19], "ada", "insert", "a.txt"]
    assert main(["session", "status", "jam"]) == 0
    out = capfd.readouterr().out
    assert "3 ops by 2 actors" in out and "1 wait for" in out and "2 not committed" in out
    assert main(["session", "status", "nobody"]) == 128
