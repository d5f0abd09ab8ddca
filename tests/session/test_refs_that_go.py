"""Refs of other clones that go (a removed remote, `muse gc --prune-absorbed`) take nothing along.

No op is lost, and none is delivered a second time.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from muse.core.errors import MuseError
from muse.core.op_log import INLINE
from muse.engine.session import keep
from muse.store.repository import Repository
from tests.conftest import MakeRepo, RunGit
from tests.session.kit import append, b64
from tests.session.stories import ONE, added, agent, muse, read, symbol

LARGE = b"\x07" * (INLINE + 1)
BOT = b"def bot():\n    return 0\n"


@pytest.fixture
def alice(make_repo: MakeRepo, git: RunGit, tmp_path: Path) -> Path:
    """Bob delivered what was appended here, and appended more; alice deleted one of his files and changed another."""
    first = make_repo(files={"code.py": ONE})
    git(tmp_path, "clone", "-q", "--bare", first, "server.git")
    alice, bob = tmp_path / "alice", tmp_path / "bob"
    for root in (alice, bob):
        git(tmp_path, "clone", "-q", "server.git", root.name)
    muse(alice, "session", "start", "jam")
    agent(alice, added("bot.py", BOT), symbol("code.py", "first", "def first():\n    return 100\n"))
    for root in (alice, bob):
        muse(root, "sync")
    muse(bob, "session", "commit", "jam", "-m", "by bob")
    op = {"op": "insert", "address": "large.bin", "content_b64": b64(LARGE)}
    assert "ack" in append(bob, "jam", {"op": op, "actor": "bob"})[0]
    for root in (bob, alice):
        muse(root, "sync")
    git(alice, "rm", "-q", "bot.py")
    (alice / "code.py").write_bytes((read(alice, "code.py") or b"").replace(b"return 100", b"return 111"))
    git(alice, "commit", "-qam", "by hand")
    return alice


def goes_on(root: Path, git: RunGit) -> None:
    """What is delivered stays delivered, and what is not is there to be."""
    git(root, "reflog", "expire", "--expire=now", "--all")
    git(root, "gc", "-q", "--prune=now")
    muse(root, "session", "commit", "jam", "-m", "by alice")
    assert git(root, "show", "--format=", "--name-status", "HEAD") == "A\tlarge.bin"
    assert read(root, "large.bin") == LARGE and read(root, "bot.py") is None
    assert b"return 111" in (read(root, "code.py") or b"")
    assert "nothing to commit" in muse(root, "session", "commit", "jam")


def test_a_removed_remote(alice: Path, git: RunGit) -> None:
    git(alice, "remote", "remove", "origin")
    muse(alice, "gc")
    assert git(alice, "for-each-ref", "refs/muse-remotes") == ""
    goes_on(alice, git)


def test_a_removed_remote_of_a_session_nobody_looked_at_here(alice: Path, git: RunGit, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "server.git", "carol")
    carol = tmp_path / "carol"
    muse(carol, "sync")
    git(carol, "remote", "remove", "origin")
    muse(carol, "gc")
    assert git(carol, "for-each-ref", "refs/muse-remotes") == ""
    muse(carol, "session", "commit", "jam")
    assert git(carol, "show", "--format=", "--name-status", "HEAD") == "A\tlarge.bin"


def test_absorbed_refs(alice: Path, git: RunGit) -> None:
    muse(alice, "gc", "--retired-after", "0", "--prune-absorbed")
    muse(alice, "sync")
    muse(alice, "gc", "--retired-after", "0", "--prune-absorbed", "--remote", "origin")
    assert len(git(alice, "for-each-ref", "--format=x", "refs/muse-remotes/origin/log").split()) == 1
    goes_on(alice, git)


def test_refs_stay_where_what_they_tell_cannot_be_kept(
    alice: Path, git: RunGit, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object) -> None:
        raise MuseError("the disk is full")

    refs = git(alice, "for-each-ref")
    monkeypatch.setattr(keep.delivery, "settle", fails)
    with pytest.raises(MuseError, match="the disk is full"):
        keep.keep_told(Repository(alice))
    keep.let_go(Repository(alice), "origin")
    assert "copies of what origin had stay: the disk is full" in caplog.text and git(alice, "for-each-ref") == refs
    monkeypatch.undo()
    git(alice, "remote", "remove", "origin")
    muse(alice, "gc")
    assert git(alice, "for-each-ref", "refs/muse-remotes") == ""
    goes_on(alice, git)
