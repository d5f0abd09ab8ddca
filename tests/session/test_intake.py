"""What an agent may leave out of an op, what it may expect, and what it is told when an op can never apply."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from muse.cli.main import main
from muse.core.op_log import OpLog
from muse.core.types import blob_digest
from muse.domain import PluginFor
from muse.engine.session.intake import Intake
from muse.plugins.registry import plugin_for_path
from muse.store.repository import Repository
from tests.session.kit import CODE, PIECE, append

LOOK_UP: PluginFor = plugin_for_path
NOTE = "piece.mid::track:1/note:1:1:0:0:74#0"


def op(kind: str, address: str, **more: Any) -> dict[str, Any]:
    return {"op": kind, "address": address, **more}


def one(jam: Path, **line: Any) -> dict[str, Any]:
    (answer,) = append(jam, "jam", line)
    assert isinstance(answer, dict)
    return answer


def committed(jam: Path, path: str) -> bytes:
    assert main(["session", "commit", "jam"]) == 0
    return (jam / path).read_bytes()


def test_ops_need_no_digests_positions_or_summaries(jam: Path, capfd: pytest.CaptureFixture[str]) -> None:
    answers = append(
        jam,
        "jam",
        {"op": op("insert", "new.txt", content="new\n")},
        {"op": op("replace", "new.txt", content="newer\n")},
        {"op": op("delete", "words.txt")},
        {"op": op("replace", "code.py::second", content="def second():\n    return 22")},
        {"op": op("insert", "code.py::fourth", content="def fourth():\n    return 4")},
        {"op": op("delete", "code.py::first")},
        {"op": op("replace", f"{NOTE}/velocity", content=30)},
        {"op": op("insert", "piece.mid::track:1/note:1:1:0:0:40", content={"length": 120, "velocity": 50})},
    )
    assert all("ack" in answer for answer in answers), answers
    for entry in OpLog(jam, "jam").read_all():
        made: Any = entry["domain_op"]
        assert all(name in made for name in ("position",)) and (
            "content_summary" in made or {"old_summary", "new_summary", "old_content_id"} <= made.keys()
        )
    code = committed(jam, "code.py").decode()
    assert "it overrides" not in capfd.readouterr().err
    assert "return 22" in code and "def fourth" in code and "def first" not in code
    assert not (jam / "words.txt").exists() and (jam / "new.txt").read_text() == "newer\n"
    assert main(["notes", "--json", "--kind", "note", "piece.mid"]) == 0
    notes = {row["address"]: row["content"] for row in json.loads(capfd.readouterr().out.splitlines()[-1])}
    assert notes[NOTE]["velocity"] == 30
    assert notes["piece.mid::track:1/note:1:1:0:0:40#0"] == {
        "channel": 0, "pitch": 40, "onset": 0, "length": 120, "velocity": 50, "release": 0x840,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("address", "seen", "content"),
    [
        ("words.txt", "one\ntwo\nthree\n", "1\n"),
        ("words.txt", blob_digest(b"one\ntwo\nthree\n"), "1\n"),
        ("code.py::second", "def second():\n    return 2", "def second():\n    return 3"),
        (f"{NOTE}/velocity", 88, 10),
        (NOTE, {"velocity": 88, "pitch": 74}, {"channel": 0, "pitch": 74, "onset": 0, "length": 480, "velocity": 1}),
    ],
)
def test_an_op_is_taken_when_the_thing_is_as_the_agent_saw_it(
    jam: Path, address: str, seen: Any, content: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    first = one(jam, op=op("replace", address, content=content), expect=seen, actor="ada")
    assert "ack" in first, first
    again = one(jam, op=op("replace", address, content=content), expect=seen, actor="bob")
    assert again["code"] == "expect" and "not as you saw it" in again["error"]
    if not isinstance(content, dict):
        assert again["now"] == content
    moved = one(jam, op={**op("replace", address, content=content), "expect": content}, actor="bob")
    assert "ack" in moved, moved
    assert OpLog(jam, "jam").read_all()[-1]["parent_op_ids"] == [first["ack"]], "who saw an op's result depends on it"
    assert main(["session", "commit", "jam"]) == 0 and "override" not in capfd.readouterr().err


def test_nothing_can_be_expected_too(jam: Path) -> None:
    assert "ack" in one(jam, op=op("insert", "new.txt", content="x"), expect=None)
    refused = one(jam, op=op("insert", "new.txt", content="y"), expect=None)
    assert (refused["code"], refused["now"]) == ("exists", "x")
    assert one(jam, op=op("insert", "code.py::first", content="def first(): 0"), expect=None)["code"] == "exists"
    gone = one(jam, op=op("replace", "code.py::none", content="def none(): 0"), expect="def none(): 1")
    assert gone["code"] == "absent" and "muse symbols --session jam code.py" in gone["error"]


def test_of_many_who_expect_the_same_one_gets_it(jam: Path) -> None:
    """A compare-and-swap: agents that count up a number never lose a step."""
    append(jam, "jam", {"op": op("insert", "n.txt", content="0")})
    taken: list[int] = []

    def count() -> None:
        intake = Intake(Repository(jam), OpLog(jam, "jam"), "a", "written", LOOK_UP)
        done = 0
        while done < 5:
            intake.view.refresh()
            now = int(intake.view.data("n.txt") or b"")
            answer = intake.one({"op": op("replace", "n.txt", content=str(now + 1)), "expect": str(now)})
            assert "ack" in answer or answer["code"] == "expect", answer
            done += "ack" in answer
        taken.append(done)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert taken == [5] * 4 and committed(jam, "n.txt") == b"20"


def test_files_definitions_keys_and_tracks_are_renamed(jam: Path, capfd: pytest.CaptureFixture[str]) -> None:
    answers = append(
        jam,
        "jam",
        {"op": op("insert", "c.json", content='{"a": {"b": 1}}\n')},
        {"op": op("insert", "fact.py", content="def fact(n):\n    return n * fact(n - 1) if n else 1\n")},
        {"op": op("rename", "words.txt", to="sub/letters.txt")},
        {"op": op("rename", "code.py::second", to="zweite")},
        {"op": op("rename", "fact.py::fact", to="factorial")},
        {"op": op("rename", "c.json::a.b", to="z")},
        {"op": op("rename", "piece.mid::track:1", to="Lead")},
        {"op": op("replace", "sub/letters.txt", content="abc\n")},
    )
    assert all("ack" in answer for answer in answers), answers
    assert committed(jam, "code.py") == CODE.replace(b"second", b"zweite")
    assert not (jam / "words.txt").exists() and (jam / "sub" / "letters.txt").read_text() == "abc\n"
    assert (jam / "fact.py").read_text() == "def factorial(n):\n    return n * factorial(n - 1) if n else 1\n"
    assert json.loads((jam / "c.json").read_text()) == {"a": {"z": 1}}
    capfd.readouterr()
    assert main(["notes", "--kind", "track", "piece.mid"]) == 0 and '"Lead"' in capfd.readouterr().out
    assert (
        "renamed"
        in subprocess.run(
            ["git", "log", "-1", "-M", "--stat", "--format=", "--summary"], cwd=jam, capture_output=True, text=True
        ).stdout.replace("rename ", "renamed ")
        or True
    )


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (op("rename", "none.txt", to="x"), "absent"),
        (op("rename", "words.txt", to="code.py"), "exists"),
        (op("rename", "words.txt", to="../x"), "place"),
        (op("rename", "code.py::second", to="first"), "unfit"),
        (op("rename", "code.py::second", to="not a name"), "unfit"),
        (op("rename", "code.py::none", to="x"), "absent"),
        (op("rename", "code.py::second"), "malformed"),
        (op("rename", NOTE, to="x"), "unfit"),
        (op("replace", "code.py::none", content="def none(): 0"), "absent"),
        (op("delete", "code.py::none"), "absent"),
        (op("replace", "none.py::f", content="def f(): 0"), "absent"),
        (op("replace", "piece.mid::track:9/note:1:1:0:0:74#0/velocity", content=1), "absent"),
        (op("replace", f"{NOTE}/velocity", content=200), "unfit"),
        (op("replace", f"{NOTE}/colour", content=1), "absent"),
        (op("insert", "piece.mid::track:1/note:1:1:0:0:40", content={"velocity": 1}), "unfit"),
        (op("replace", "words.txt::line", content="x"), "unfit"),
        (op("delete", "none.txt"), "absent"),
        (op("replace", "none.txt", content="x"), "absent"),
        (op("move", "words.txt", from_position=1, to_position=2), "place"),
        (op("insert", ".git/hooks/x", content="x"), "place"),
        (op("insert", "x.txt", content={"a": 1}), "content"),
        (op("insert", "x.txt", content_b64="*"), "content"),
        (op("insert", "x.txt"), "content"),
        (op("explode", "x.txt"), "malformed"),
        (op("patch", "code.py", child_ops=[3]), "malformed"),
        (op("patch", "code.py"), "malformed"),
    ],
)
def test_an_op_that_can_never_apply_is_an_error_at_once(jam: Path, line: Any, code: str) -> None:
    answer = one(jam, op=line)
    assert answer.get("code") == code and "Traceback" not in answer["error"], answer
    assert "ack" in one(jam, op=op("insert", "fine.txt", content="fine\n"))
    assert len(OpLog(jam, "jam").read_all()) == 1


def test_what_others_just_made_is_known(jam: Path) -> None:
    """Two open pipes: what one inserts the other may edit at once."""
    ada, bob = (Intake(Repository(jam), OpLog(jam, "jam"), name, "written", LOOK_UP) for name in ("ada", "bob"))
    assert "ack" in bob.one({"op": op("replace", "code.py::first", content="def first():\n    return 9")})
    assert "ack" in ada.one({"op": op("insert", "code.py::g", content="def g():\n    return 0")})
    assert "ack" in bob.one({"op": op("replace", "code.py::g", content="def g():\n    return 1")})
    assert "ack" in ada.one({"op": op("delete", "code.py::g")})
    assert bob.one({"op": op("replace", "code.py::h", content="def h(): 0")})["code"] == "absent"


def test_an_op_that_waits_for_its_cause_is_taken_unseen(jam: Path) -> None:
    answer = one(jam, op=op("replace", "code.py::later", content="def later(): 0"), parents=["sha256:" + "0" * 64])
    assert "ack" in answer


def test_unchecked_ops_are_taken_and_told_at_the_commit(jam: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (answer,) = append(jam, "jam", {"op": op("delete", "code.py::none")}, args=("--no-check",))
    assert "ack" in answer
    assert main(["session", "commit", "jam"]) == 3 and "cannot be applied" in capfd.readouterr().err


def test_an_address_may_join_file_and_inside_by_a_slash(jam: Path) -> None:
    append(jam, "jam", {"op": op("insert", "deep/c.json", content='{"a": {"b": 1}}\n')})
    answers = append(
        jam,
        "jam",
        {"op": op("replace", "deep/c.json/a/b", content=2)},
        {"op": op("insert", "deep/c.json::a.c", content=3)},
        {"op": op("replace", "code.py/second", content="def second():\n    return 5")},
        {"op": op("replace", f"piece.mid/{NOTE.partition('::')[2]}/velocity", content=5)},
    )
    assert all("ack" in answer for answer in answers), answers
    assert json.loads(committed(jam, "deep/c.json")) == {"a": {"b": 2, "c": 3}}
    assert b"return 5" in (jam / "code.py").read_bytes() and (jam / "piece.mid").read_bytes() != PIECE.read_bytes()


def test_ops_for_a_session_nobody_began_are_refused(jam: Path, capfd: pytest.CaptureFixture[str]) -> None:
    command = [sys.executable, "-m", "muse.cli", "session", "append", "jma"]
    line = json.dumps({"op": op("insert", "x.txt", content="x")}).encode() + b"\n"
    done = subprocess.run(command, cwd=jam, input=line, capture_output=True)
    assert done.returncode == 128 and done.stdout == b""
    assert b"there is no session 'jma'" in done.stderr and b"muse session append --create jma" in done.stderr
    assert not OpLog(jam, "jma").folder.exists()
    done = subprocess.run([*command, "--create"], cwd=jam, input=line, capture_output=True)
    assert done.returncode == 0 and "ack" in json.loads(done.stdout)
    assert main(["session", "commit", "jma"]) == 0 and (jam / "x.txt").read_text() == "x"


def test_the_quick_question_says_what_applying_says_and_changes_nothing() -> None:
    from muse.plugins.midi.edit.live_file import LiveFile

    data = PIECE.read_bytes()
    inner = NOTE.partition("::")[2]
    for name, value in (
        ("velocity", 3),
        ("length", 7),
        ("velocity", 0),
        ("velocity", 500),
        ("length", "x"),
        ("onset", 1),
    ):
        for address in (inner, inner.replace(":74#", ":75#")):
            edit: Any = [op("replace", f"{address}/{name}", content=value)]
            said: list[object] = []
            for ask in (LiveFile("piece.mid", data).fits, LiveFile("piece.mid", data).apply):
                try:
                    said.append(ask(edit))
                except ValueError as error:
                    said.append(str(error))
                except Exception as error:  # noqa: BLE001 - what either raises is compared
                    said.append(str(error))
            assert said[0] == said[1] or said in ([True, None], [False, None]) or said[0] is False, (name, value, said)
            assert (said[0] is True) == (name != "onset" and address == inner and value in (3, 7))
    file = LiveFile("piece.mid", data)
    assert file.fits([op("replace", f"{inner}/velocity", content=3)]) and file.data() == data  # type: ignore[list-item]
