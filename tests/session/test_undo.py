"""Ops are taken back by new ones, committed like any other; what people did since stays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from muse.core.op_log import OpLog
from tests.conftest import MakeRepo, RunGit
from tests.session.stories import ONE, WORDS, added, agent, muse, read, removed, symbol, write

BOT = b"def bot():\n    return 0\n"
TEN = ONE.replace(b"return 1", b"return 10")


@pytest.fixture
def jam(make_repo: MakeRepo) -> Path:
    """Two actors: ada edits, adds and deletes; bob edits another function and adds a file."""
    root = make_repo(files={"code.py": ONE, "words.txt": WORDS, "old.txt": b"old\n"})
    muse(root, "session", "start", "jam")
    agent(root, symbol("code.py", "first", "def first():\n    return 10\n"), actor="ada")
    agent(root, added("bot.py", BOT), removed("old.txt", b"old\n"), actor="ada")
    agent(root, symbol("code.py", "third", "def third():\n    return 30\n"), added("bob.txt", b"bob\n"), actor="bob")
    return root


def commit(root: Path, message: str = "jam") -> None:
    muse(root, "session", "commit", "jam", "-m", message)


def without_ada(root: Path) -> None:
    assert read(root, "code.py") == ONE.replace(b"return 3", b"return 30")
    assert read(root, "bot.py") is None and read(root, "old.txt") == b"old\n" and read(root, "bob.txt") == b"bob\n"


@pytest.mark.parametrize("delivered", [False, True], ids=["pending", "delivered"])
def test_what_an_actor_did(jam: Path, git: RunGit, delivered: bool) -> None:
    if delivered:
        commit(jam, "first")
        write(jam, "words.txt", b"by hand\n")
        git(jam, "commit", "-qam", "by hand")
    before = git(jam, "rev-parse", "HEAD")
    assert "3 ops taken back by 3 ops" in muse(jam, "session", "undo", "jam", "--actor", "ada")
    assert git(jam, "rev-parse", "HEAD") == before, "it is committed when that is asked for"
    commit(jam, "taken back")
    assert git(jam, "rev-parse", "HEAD^") == before
    without_ada(jam)
    assert read(jam, "words.txt") == (b"by hand\n" if delivered else WORDS)
    assert git(jam, "status", "--porcelain") == ""
    assert "nothing to undo" in muse(jam, "session", "undo", "jam", "--actor", "ada")
    assert "nothing to commit" in muse(jam, "session", "commit", "jam")
    shown = muse(jam, "session", "show", "jam").splitlines()
    assert [("undone by" in line) for line in shown] == [True] * 3 + [False] * 5
    by = [line.split("undone by ")[1].rstrip(")") for line in shown[:3]]
    assert {line.split()[1] for line in shown[5:]} == set(by)


def test_one_op_of_a_delivery_and_back_again(jam: Path, git: RunGit) -> None:
    commit(jam)
    first = next(entry for _, entry in OpLog(jam, "jam").records())
    said = json.loads(muse(jam, "session", "undo", "jam", first["op_id"][7:15], "--json"))
    assert said["undone"] == [first["op_id"]] and len(said["ops"]) == 1 and said["left"] == []
    commit(jam)
    assert read(jam, "code.py") == ONE.replace(b"return 3", b"return 30") and read(jam, "bot.py") == BOT
    muse(jam, "session", "undo", "jam", said["ops"][0])
    commit(jam)
    assert read(jam, "code.py") == TEN.replace(b"return 3", b"return 30")
    assert "3 ops" in muse(jam, "session", "undo", "jam", "--actor", "ada"), "the first counts again"


def test_a_whole_delivery(jam: Path, git: RunGit) -> None:
    commit(jam, "first")
    delivered = git(jam, "rev-parse", "HEAD")
    agent(jam, symbol("code.py", "second", "def second():\n    return 20\n"), actor="bob")
    commit(jam, "second")
    muse(jam, "session", "undo", "jam", "--delivery", delivered)
    commit(jam, "back")
    assert read(jam, "code.py") == ONE.replace(b"return 2", b"return 20")
    assert read(jam, "bot.py") is None and read(jam, "bob.txt") is None and read(jam, "old.txt") == b"old\n"


def test_a_delivery_that_a_hook_formatted(jam: Path, git: RunGit) -> None:
    hook = jam / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nsed -i 's/    /  /' bot.py code.py && git add bot.py code.py\n")
    hook.chmod(0o755)
    commit(jam, "formatted")
    hook.unlink()
    muse(jam, "session", "undo", "jam", "--delivery", "HEAD")
    commit(jam, "back")
    assert read(jam, "code.py") == ONE and read(jam, "bot.py") is None and read(jam, "bob.txt") is None


def test_what_was_changed_since_is_left_alone(jam: Path, git: RunGit) -> None:
    commit(jam)
    write(jam, "code.py", (read(jam, "code.py") or b"").replace(b"return 10", b"return 11"))
    git(jam, "commit", "-qam", "by hand")
    ops = len(OpLog(jam, "jam").records())
    said = muse(jam, "session", "undo", "jam", "--actor", "ada", code=1)
    assert "code.py: what they did was changed since" in said and "--partial" in said
    assert len(OpLog(jam, "jam").records()) == ops
    assert "left alone: code.py" in muse(jam, "session", "undo", "jam", "--actor", "ada", "--partial", code=3)
    commit(jam)
    assert b"return 11" in (read(jam, "code.py") or b"")
    assert read(jam, "bot.py") is None and read(jam, "old.txt") == b"old\n"


def test_what_others_build_on_is_named(jam: Path) -> None:
    agent(jam, symbol("bot.py", "bot", "def bot():\n    return 7\n"), actor="bob")
    said = muse(jam, "session", "undo", "jam", "--actor", "ada", code=1)
    assert "bot.py" in said and "of bob builds on what is to be taken back" in said
    muse(jam, "session", "undo", "jam", "--actor", "ada", "--partial", code=3)
    commit(jam)
    assert read(jam, "bot.py") == b"def bot():\n    return 7\n" and read(jam, "old.txt") == b"old\n"


def test_the_last_ones(jam: Path) -> None:
    muse(jam, "session", "undo", "jam", "--last", "2")
    commit(jam)
    assert read(jam, "code.py") == TEN and read(jam, "bob.txt") is None and read(jam, "bot.py") == BOT


def test_after_a_squash_and_in_another_clone(jam: Path, git: RunGit, tmp_path: Path) -> None:
    commit(jam)
    write(jam, "more.txt", b"more\n")
    git(jam, "add", "-A")
    git(jam, "commit", "-qm", "more")
    git(jam, "reset", "-q", "--soft", "HEAD~2")
    git(jam, "commit", "-qm", "one")
    muse(jam, "session", "status", "jam")
    git(tmp_path, "clone", "-q", jam, "other")
    other = tmp_path / "other"
    git(other, "fetch", "-q", "origin", "+refs/muse/*:refs/muse-remotes/origin/*")
    muse(other, "session", "undo", "jam", "--actor", "ada", "--as", "eve")
    commit(other)
    without_ada(other)
    assert read(other, "more.txt") == b"more\n"


@pytest.mark.parametrize(
    "words, what",
    [
        ((), "which ops"),
        (("abcd", "--last", "1"), "which ops"),
        (("--last", "0"), "range"),
        (("abcd1234",), "there is no op"),
        (("",), "there is no op"),
        (("sha256:",), "there is no op"),
        (("--actor", "nobody\x1b[2J"), "has made no op"),
        (("--delivery", "HEAD"), "is no delivery"),
        (("--delivery", "nowhere"), "nowhere"),
    ],
)
def test_bad_words(jam: Path, words: tuple[str, ...], what: str) -> None:
    said = muse(jam, "session", "undo", "jam", *words, code=None)
    assert what in said and "\x1b" not in said
    assert len(OpLog(jam, "jam").records()) == 5


def test_undoes_of_a_stranger_may_be_anything(jam: Path) -> None:
    for odd in (7, [7, None], {"a": 1}, "x", ["sha256:zz"]):
        agent(jam, {**added(f"odd{odd!r:.3}.txt", b"odd\n"), "undoes": odd}, actor="eve")
    muse(jam, "session", "show", "jam")
    muse(jam, "session", "undo", "jam", "--actor", "ada")
    commit(jam)
    without_ada(jam)
