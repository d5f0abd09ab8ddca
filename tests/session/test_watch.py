"""`muse session watch`: an editor's saves become ops; others' ops become files, never over what is not saved as one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from muse.cli.main import main
from muse.core.errors import MuseError
from muse.core.op_log import OpLog
from muse.engine.session.saves import Saves
from muse.engine.session.watch import Event, Watch
from muse.plugins.registry import plugin_for_path
from muse.store.repository import Repository
from tests.conftest import RunGit
from tests.session.kit import CODE, PIECE, append, note_up


def watching(root: Path, *paths: str, apply: bool = False) -> Watch:
    return Watch(Repository(root), OpLog(root, "jam"), plugin_for_path, "hand", paths, apply=apply, quiet=1.0)


def settled(watch: Watch) -> list[Event]:
    """Look, wait as long as it takes to be left alone, look again."""
    now = time.monotonic()
    return [*watch.step(now), *watch.step(now + 2)]


def ops(root: Path) -> list[Any]:
    return [entry["domain_op"] for entry in OpLog(root, "jam").read_all()]


def test_saves_become_ops_as_their_domain_sees_them(jam: Path, capfd: pytest.CaptureFixture[str]) -> None:
    watch = watching(jam)
    assert settled(watch) == []
    (jam / "code.py").write_bytes(CODE.replace(b"return 2", b"return 22"))
    (jam / "piece.mid").write_bytes(note_up(PIECE.read_bytes(), 3))
    (jam / "new.txt").write_text("new\n")
    (jam / "words.txt").unlink()
    assert settled(watch) == [Event("saved", name) for name in ("code.py", "new.txt", "piece.mid", "words.txt")]
    made = {op["address"]: op for op in ops(jam)}
    assert [child["address"] for child in made["code.py"]["child_ops"]] == ["code.py::second"]
    assert made["piece.mid"]["op"] == "patch" and (made["new.txt"]["op"], made["words.txt"]["op"]) == (
        "insert",
        "delete",
    )
    assert settled(watch) == []
    assert main(["session", "commit", "jam"]) == 0 and "changed outside" not in capfd.readouterr().err
    assert Repository(jam).git("status", "--porcelain") == b""
    assert b"return 22" in Repository(jam).git("show", "HEAD:code.py")


def test_thousands_of_files_are_looked_at_by_few_processes(jam: Path, git: RunGit, monkeypatch) -> None:
    """Each took one of git when watching began, and when a commit changed them."""
    names = [f"many/{number}.txt" for number in range(60)] + ['many/"quoted".txt', "many/é.txt", "many/two\nlines.txt"]
    (jam / "many").mkdir()
    for name in names:
        (jam / name).write_text(f"{name}\r\n")
    (jam / ".gitattributes").write_text("*.txt text\n")
    (jam / "many" / "link.txt").symlink_to("nowhere")
    git(jam, "add", "."), git(jam, "commit", "-qm", "many")
    (jam / names[3]).write_text("edited\n")
    (jam / "many" / "new.txt").write_text("new\n")
    ran: list[Any] = []
    real = Repository.run
    monkeypatch.setattr(
        Repository, "run", lambda self, *words, **named: (ran.append(words), real(self, *words, **named))[1]
    )
    watch = watching(jam)
    assert len(ran) < 60, [words[0] for words in ran]
    assert settled(watch) == [Event("saved", names[3])], "the rest is as Git has it, line ends and all"
    ran.clear()
    for name in names[:50]:
        (jam / name).write_text("other\n")
    git(jam, "commit", "-qam", "others")
    assert settled(watch) == [] and len(ran) < 60


def test_a_file_is_left_alone_until_it_is_quiet(jam: Path) -> None:
    watch, now = watching(jam), time.monotonic()
    for at in range(4):  # an editor that writes in pieces
        (jam / "words.txt").write_text("x" * (at + 1))
        assert list(watch.step(now + at * 0.5)) == []
    assert list(watch.step(now + 9)) == [Event("saved", "words.txt")]
    assert len(ops(jam)) == 1 and Repository(jam).content.get(ops(jam)[0]["new_content_id"]) == b"xxxx"


def test_a_save_is_merged_with_what_others_did_meanwhile(jam: Path) -> None:
    watch = watching(jam)
    append(jam, "jam", {"op": {"op": "replace", "address": "code.py::first", "content": "def first():\n    return 11"}})
    (jam / "code.py").write_bytes(CODE.replace(b"return 3", b"return 33"))
    assert settled(watch) == [Event("saved", "code.py")]
    assert main(["session", "commit", "jam"]) == 0
    assert (jam / "code.py").read_bytes() == CODE.replace(b"return 1", b"return 11").replace(b"return 3", b"return 33")


def test_what_others_do_is_written_but_never_over_unsaved_changes(jam: Path) -> None:
    watch = watching(jam, apply=True)
    edit = {"op": "replace", "address": "code.py::first", "content": "def first():\n    return 11"}
    append(jam, "jam", {"op": edit}, {"op": {"op": "insert", "address": "deep/new.txt", "content": "n\n"}})
    os.chmod(jam / "code.py", 0o755)
    assert settled(watch) == [Event("applied", "code.py"), Event("applied", "deep/new.txt")]
    assert (jam / "code.py").read_bytes() == CODE.replace(b"return 1", b"return 11")
    assert (jam / "code.py").stat().st_mode & 0o777 == 0o755 and (jam / "deep" / "new.txt").read_text() == "n\n"
    assert settled(watch) == [] and len(ops(jam)) == 2, "what was written is no save"
    mine = (jam / "code.py").read_bytes().replace(b"return 3", b"return 33")
    (jam / "code.py").write_bytes(mine)
    append(jam, "jam", {"op": {**edit, "content": "def first():\n    return 111"}})
    now = time.monotonic()
    assert list(watch.step(now)) == [Event("kept", "code.py")] and (jam / "code.py").read_bytes() == mine
    assert list(watch.step(now + 2)) == [Event("saved", "code.py"), Event("applied", "code.py")]
    assert (jam / "code.py").read_bytes() == mine.replace(b"return 11", b"return 111")
    append(jam, "jam", {"op": {"op": "delete", "address": "deep/new.txt"}})
    assert settled(watch) == [Event("applied", "deep/new.txt")] and not (jam / "deep" / "new.txt").exists()


def test_what_comes_between_two_looks_is_written_at_once(jam: Path) -> None:
    watch = watching(jam, apply=True)
    settled(watch)
    assert list(watch.arrived()) == []
    append(jam, "jam", {"op": {"op": "replace", "address": "code.py::first", "content": "def first():\n    return 11"}})
    (jam / "words.txt").write_text("not looked at yet\n")
    assert list(watch.arrived()) == [Event("applied", "code.py")]
    assert (jam / "code.py").read_bytes() == CODE.replace(b"return 1", b"return 11")
    append(jam, "jam", {"op": {"op": "insert", "address": "words.txt", "content": "of another\n"}})
    assert list(watch.arrived()) == [Event("kept", "words.txt")]
    assert (jam / "words.txt").read_text() == "not looked at yet\n"
    (jam / ".git" / "MERGE_HEAD").write_text("")
    append(jam, "jam", {"op": {"op": "delete", "address": "code.py"}})
    assert list(watch.arrived()) == [] and (jam / "code.py").exists()


def test_only_what_was_asked_for_and_nothing_ignored(jam: Path, git: RunGit) -> None:
    (jam / ".gitignore").write_text("*.log\n")
    (jam / "sub").mkdir()
    git(jam, "add", "."), git(jam, "commit", "-qm", "ignore")
    watch = watching(jam, "sub")
    (jam / "words.txt").write_text("other\n")
    (jam / "sub" / "a.log").write_text("x")
    (jam / "sub" / "a.txt").write_text("x")
    os.symlink("/etc/passwd", jam / "sub" / "link")
    assert settled(watch) == [Event("saved", "sub/a.txt"), Event("saved", "sub/link")]
    assert b"root" not in b"".join(Repository(jam).content.get(op["content_id"]) for op in ops(jam))


def test_changes_from_before_are_taken_once(jam: Path) -> None:
    (jam / "words.txt").write_text("before\n")
    assert main(["session", "watch", "--once", "jam"]) == 0
    assert [op["address"] for op in ops(jam)] == ["words.txt"]
    assert main(["session", "watch", "--once", "jam"]) == 0
    assert len(ops(jam)) == 1


def test_it_runs_until_interrupted(jam: Path) -> None:
    command = [sys.executable, "-m", "muse.cli", "session", "watch", "jam", "--interval", "0.1", "--quiet", "0.1"]
    process = subprocess.Popen(command, cwd=jam, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stderr is not None
    try:
        time.sleep(2)
        (jam / "words.txt").write_text("live\n")
        assert process.stdout.readline() == "saved words.txt\n"
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)
    assert "Traceback" not in process.stderr.read() and ops(jam)[0]["address"] == "words.txt"
    process.stdout.close(), process.stderr.close()
    assert main(["session", "watch", "none"]) == 128


def test_what_git_writes_is_no_save(jam: Path, git: RunGit) -> None:
    git(jam, "switch", "-qc", "other")
    (jam / "code.py").write_bytes(CODE.replace(b"return 1", b"return 'other'"))
    git(jam, "commit", "-qam", "other")
    with pytest.raises(MuseError, match="belongs to branch main"):
        watching(jam)
    git(jam, "switch", "-q", "main")
    watch = watching(jam, apply=True)
    git(jam, "switch", "-q", "other")
    append(jam, "jam", {"op": {"op": "insert", "address": "new.txt", "content": "n\n"}})
    (event,) = settled(watch)
    assert event.what == "paused" and "branch other is checked out" in event.path and not (jam / "new.txt").exists()
    assert settled(watch) == [] and len(ops(jam)) == 1
    git(jam, "switch", "-q", "main")
    assert settled(watch) == [Event("resumed", ""), Event("applied", "new.txt")]
    git(jam, "merge", "-q", "--ff-only", "other")
    assert settled(watch) == [] and len(ops(jam)) == 1, "a pull is in the history already"
    (jam / "words.txt").write_text("mine\n")
    assert settled(watch) == [Event("saved", "words.txt")]
    assert main(["session", "commit", "jam"]) == 0 and settled(watch) == []
    assert b"'other'" in (jam / "code.py").read_bytes() and (jam / "words.txt").read_text() == "mine\n"


def test_a_conflict_is_no_save(jam: Path, git: RunGit) -> None:
    git(jam, "switch", "-qc", "other")
    (jam / "words.txt").write_text("theirs\n")
    git(jam, "commit", "-qam", "theirs")
    git(jam, "switch", "-q", "main")
    (jam / "words.txt").write_text("ours\n")
    git(jam, "commit", "-qam", "ours")
    watch = watching(jam)
    Repository(jam).run("merge", "other")
    assert b"<<<<<<<" in (jam / "words.txt").read_bytes()
    assert settled(watch) == [Event("paused", "a merge is in progress")]
    (jam / "words.txt").write_text("both\n")
    assert settled(watch) == []
    git(jam, "commit", "-qam", "merged")
    assert settled(watch) == [Event("resumed", "")] and ops(jam) == []
    (jam / ".git" / "index.lock").touch()
    assert settled(watch) == [], "git is at work for a moment"
    os.utime(jam / ".git" / "index.lock", (1, 1))
    (event,) = settled(watch)
    assert event.what == "paused" and "index.lock is there" in event.path
    assert main(["session", "watch", "--once", "jam"]) == 128


@pytest.mark.parametrize("how", ["stash", "squash"])
def test_a_conflict_without_a_merge_is_no_save(jam: Path, git: RunGit, how: str) -> None:
    """Git leaves its marks in the file, and nothing but the index says so."""
    if how == "squash":
        git(jam, "switch", "-qc", "other")
    (jam / "words.txt").write_text("theirs\n")
    git(jam, *(["commit", "-qam", "theirs"] if how == "squash" else ["stash", "-q"]))
    if how == "squash":
        git(jam, "switch", "-q", "main")
    (jam / "words.txt").write_text("ours\n")
    git(jam, "commit", "-qam", "ours")
    watch = watching(jam)
    Repository(jam).run(*(["merge", "--squash", "other"] if how == "squash" else ["stash", "pop"]))
    assert b"<<<<<<<" in (jam / "words.txt").read_bytes()
    assert settled(watch) == [Event("paused", "a conflict in words.txt is to be settled")] and ops(jam) == []
    (jam / "words.txt").write_text("both\n")
    assert settled(watch) == []
    git(jam, "add", "words.txt")
    assert settled(watch) == [Event("resumed", ""), Event("saved", "words.txt")]
    assert Repository(jam).content.get(ops(jam)[0]["new_content_id"]) == b"both\n"


# Where the system tells -----------------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who closed what")
def test_a_save_is_an_op_once_its_writer_has_closed_it(jam: Path) -> None:
    """Not before: a file that is being written is never read, however long its writer takes. Nor an empty one."""
    watch, saves = watching(jam), Saves(jam)
    list(watch.step())
    saves.beside(watch.known())

    def done() -> list[Event]:
        found: list[Event] = []
        for _ in range(5):
            found += watch.closed(saves.wait(0.02))
        return found

    with (jam / "words.txt").open("w") as file:
        file.write("half")
        file.flush()
        assert done() == []
        file.write(" and whole\n")
    assert done() == [Event("saved", "words.txt")]
    (ours,) = ops(jam)
    assert Repository(jam).content.get(ours["new_content_id"]) == b"half and whole\n"
    (jam / "words.txt").write_text("")
    (jam / ".gitignore").write_text("*.tmp\n")
    (jam / "x.tmp").write_text("x")
    (jam / "y.new").write_text("y")
    os.rename(jam / "y.new", jam / "new.txt")
    assert done() == [Event("saved", ".gitignore"), Event("saved", "new.txt")]
    assert list(watch.step(time.monotonic() + 9)) == [Event("saved", "words.txt")], "emptied, and left so"
    assert list(watch.step(time.monotonic() + 9)) == []
    assert [op["address"] for op in ops(jam)] == ["words.txt", ".gitignore", "new.txt", "words.txt"]
