"""What confused and hostile agents hand to a session, and what lies in its way on disk: told, never lost."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from muse.cli.main import main
from muse.core.errors import MuseError
from muse.core.op_log import OpLog
from muse.core.types import blob_digest
from muse.engine.session import commit as session
from muse.store.log import checkpoints
from muse.store.repository import Repository

MakeRepo = Callable[..., Path]
RunGit = Callable[..., str]
LINES = "one\ntwo\n"


@pytest.fixture
def jam(make_repo: MakeRepo, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one file, and a session `jam` in it."""
    root = make_repo(files={"words.txt": LINES})
    monkeypatch.chdir(root)
    assert main(["session", "start", "jam"]) == 0
    return root


def added(path: str, text: str, **more: Any) -> dict[str, Any]:
    return {
        "op": "insert",
        "address": path,
        "position": None,
        "content_id": blob_digest(text.encode()),
        "content_summary": "",
        "content": text,
        **more,
    }


def append(root: Path, *lines: Any) -> list[dict[str, Any]]:
    data = b"".join((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines)
    command = [sys.executable, "-m", "muse.cli", "session", "append", "jam"]
    done = subprocess.run(command, cwd=root, input=data, capture_output=True)
    assert done.stderr == b"", done.stderr.decode()
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("kind", [["insert"], {"insert": 1}, None, 1.5, True])
def test_a_kind_of_op_that_is_no_text_is_an_error_of_its_line_only(jam: Path, kind: Any) -> None:
    fine = {"op": added("fine.txt", "fine\n")}
    answers = append(jam, fine, {"op": {"op": kind, "address": "x"}}, fine)
    assert ["ack" in answer for answer in answers] == [True, False, True]
    assert answers[1]["error"].startswith("unknown kind of op")


@pytest.mark.parametrize("lie", [
    {"content": "truth\n"}, {"content": {"a": 1}}, {"content": "\ud800"}, {"content_id": None},
    {"op": "replace", "new_content_id": blob_digest(b"other"), "old_content_id": blob_digest(LINES.encode())},
])  # fmt: skip
def test_an_op_whose_content_is_not_what_its_id_says_is_refused(jam: Path, lie: dict[str, Any]) -> None:
    answers = append(jam, {"op": {**added("words.txt", "lie\n"), **lie}}, {"op": added("fine.txt", "fine\n")})
    assert ["ack" in answer for answer in answers] == [False, True] and "content" in answers[0]["error"]
    assert len(OpLog(jam, "jam").read_all()) == 1


@pytest.mark.parametrize("path", ["n" * 256, "a/" * 2000 + "a", ".muse/config.toml", ".MUSE/x"])
def test_a_name_no_disk_takes_or_no_commit_does_not_stop_the_session(
    jam: Path, path: str, capfd: pytest.CaptureFixture[str]
) -> None:
    refused, _ = append(jam, {"op": added(path, "x\n")}, {"op": added("fine.txt", "fine\n")})
    assert refused["code"] == "place"
    OpLog(jam, "jam").record("mallory", "files", [added(path, "x\n")])  # type: ignore[list-item] # past every door
    assert main(["session", "commit", "jam", "--partial"]) == 3
    assert "it cannot be applied" in capfd.readouterr().err
    assert sorted(Repository(jam).manifest("HEAD")["files"]) == ["fine.txt", "words.txt"]


def test_one_op_without_content_does_not_stop_the_session_for_ever(
    jam: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    lost: Any = {**added("lost.txt", "lost\n"), "content": {"not": "bytes"}}
    log = OpLog(jam, "jam")
    log.record("mallory", "files", [lost])
    log.record("mallory", "files", [added("after.txt", "after\n")], parent_op_ids=[log.read_all()[0]["op_id"]])
    append(jam, {"op": added("fine.txt", "fine\n")})
    assert main(["session", "commit", "jam"]) == 128
    said = capfd.readouterr().err
    assert "lost.txt" in said and "--accept-damage" in said
    assert main(["session", "commit", "jam", "--accept-damage"]) == 0
    assert "lost.txt: op " in (said := capfd.readouterr().err) and "after.txt: op " in said
    assert not (jam / "lost.txt").exists() and not (jam / "after.txt").exists() and (jam / "fine.txt").exists()
    assert session.status(Repository(jam), log)["uncommitted"] == 2
    append(jam, {"op": added("lost.txt", "lost\n"), "actor": "ada"})  # as the hint says
    assert main(["session", "commit", "jam"]) == 0
    assert (jam / "lost.txt").read_text() == "lost\n" and (jam / "after.txt").read_text() == "after\n"
    assert session.status(Repository(jam), log)["uncommitted"] == 0


def test_no_name_can_redraw_a_terminal(jam: Path, capfd: pytest.CaptureFixture[str]) -> None:
    op: Any = added("a\x1b[2J\nb/../c", "x\n")
    OpLog(jam, "jam").record("eve\x1b]0;x\x07\nada", "files", [op])
    capfd.readouterr()
    assert main(["session", "show", "jam"]) == 0
    assert main(["session", "commit", "jam", "--partial"]) == 3
    told = capfd.readouterr()
    assert len(told.out.splitlines()) == 2 and len(told.err.splitlines()) == 1
    assert not set(told.out + told.err) & {"\x1b", "\x07"}


def _folder(path: Path) -> None:
    path.mkdir()
    (path / "deep").mkdir()
    (path / "deep" / "only copy").write_text("precious")


@pytest.mark.parametrize(("op_path", "in_the_way", "make"), [
    ("new", "new", _folder), ("folder/new", "folder", lambda path: path.write_text("precious")),
    ("new", "new", lambda path: (path.mkdir(), os.symlink("nowhere", path / "link"), os.symlink("/", path / "dir"))),
    ("new", "new", os.mkfifo), ("words.txt", "words.txt", lambda path: (path.unlink(), _folder(path))),
])  # fmt: skip
def test_what_lies_in_the_way_of_a_file_is_not_swept_away(
    jam: Path, op_path: str, in_the_way: str, make: Callable[[Path], Any], capfd: pytest.CaptureFixture[str]
) -> None:
    append(jam, {"op": added(op_path, "new\n")}, {"op": added("fine.txt", "fine\n")})
    make(jam / in_the_way)
    before = {path: path.lstat().st_ino for path in jam.rglob("*") if ".git" not in path.parts}
    for take in ([], ["--take", "log"], ["--take", "live"]):
        assert main(["session", "commit", "jam", "--take", "session", *take]) == 128
        assert f"is in the way of {op_path}" in (said := capfd.readouterr().err) and "hint: " in said
    assert {path: path.lstat().st_ino for path in jam.rglob("*") if ".git" not in path.parts} == before
    shutil.rmtree(jam / in_the_way) if (jam / in_the_way).is_dir() else (jam / in_the_way).unlink()
    if op_path == "words.txt":
        (jam / op_path).write_text(LINES)
    assert main(["session", "commit", "jam", "--take", "session", "--take", "log"]) == 0
    assert (jam / "fine.txt").exists() and (jam / op_path).read_text().startswith("new\n")


def test_a_session_may_turn_a_file_into_a_folder_and_a_folder_into_a_file(jam: Path, git: RunGit) -> None:
    (jam / "folder").mkdir()
    for name in "ab":
        (jam / "folder" / name).write_text(name)
    git(jam, "add", "."), git(jam, "commit", "-qm", "folder")
    gone = [
        {"op": "delete", "address": path, "position": None, "content_id": blob_digest(data), "content_summary": ""}
        for path, data in (("words.txt", LINES.encode()), ("folder/a", b"a"), ("folder/b", b"b"))
    ]
    append(jam, *({"op": op} for op in gone), {"op": added("words.txt/new", "n\n")}, {"op": added("folder", "f\n")})
    assert main(["session", "commit", "jam"]) == 0
    assert (jam / "words.txt" / "new").read_text() == "n\n" and (jam / "folder").read_text() == "f\n"
    assert git(jam, "status", "--porcelain") == ""


def test_large_text_goes_to_the_content_store_like_large_bytes(jam: Path) -> None:
    text = "x" * 100_000
    both = {**added("b.txt", "b\n"), "content_b64": base64.b64encode(b"b\n").decode()}
    assert all("ack" in answer for answer in append(jam, {"op": added("a.txt", text)}, {"op": both}))
    assert (OpLog(jam, "jam").folder / "ops.jsonl").stat().st_size < 2000
    assert main(["session", "commit", "jam"]) == 0 and (jam / "a.txt").read_text() == text


def test_git_gc_cannot_take_the_content_of_an_acknowledged_op(jam: Path, git: RunGit) -> None:
    """Blobs no ref names are pruned, two weeks later or at once: an op may live longer than that without a commit."""
    git(jam, "config", "gc.auto", "0")
    big = os.urandom(150_000)
    carried = {**added("big.bin", ""), "content_id": blob_digest(big), "content_b64": base64.b64encode(big).decode()}
    del carried["content"]
    (jam / "by hand").write_text("named only\n")
    git(jam, "hash-object", "-w", "by hand")
    (jam / "by hand").unlink()
    named = {name: value for name, value in added("named.txt", "named only\n").items() if name != "content"}
    assert ["ack" in answer for answer in append(jam, {"op": carried}, {"op": named})] == [True, True]
    git(jam, "gc", "-q", "--prune=now")
    assert session.status(Repository(jam), OpLog(jam, "jam"))["missing_content"] == []
    assert main(["session", "commit", "jam"]) == 0 and main(["verify"]) == 0
    assert (jam / "big.bin").read_bytes() == big and (jam / "named.txt").read_text() == "named only\n"
    git(jam, "fsck", "--strict")


def test_what_was_edited_outside_survives_git_gc_when_the_commit_is_refused(jam: Path, git: RunGit) -> None:
    append(
        jam,
        {"op": added("a.txt", "a\n")},
        {
            "op": {
                **added("words.txt", "zero\n" + LINES),
                "op": "replace",
                "old_content_id": blob_digest(LINES.encode()),
                "new_content_id": blob_digest(b"zero\n" + LINES.encode()),
            }
        },
    )
    (jam / "words.txt").write_text(LINES + "by hand\n")
    hook = jam / ".git" / "hooks" / "pre-commit"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    assert main(["session", "commit", "jam"]) == 1
    hook.unlink()
    git(jam, "reset", "-q", "--hard")
    git(jam, "gc", "-q", "--prune=now")
    assert main(["session", "commit", "jam"]) == 0
    assert (jam / "words.txt").read_text() == "zero\n" + LINES + "by hand\n"


def test_content_that_is_gone_before_it_can_be_kept_is_refused(jam: Path) -> None:
    with pytest.raises(MuseError, match="no longer in the repository"):
        checkpoints.pin(Repository(jam), [blob_digest(b"never seen")])
