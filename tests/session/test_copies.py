"""A clone and its copy: what one of them delivered is delivered for the other, whoever's ops they were."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.conftest import MakeRepo, RunGit
from tests.session.stories import ONE, added, agent, muse, read, symbol, write

HUNDRED = symbol("code.py", "first", "def first():\n    return 100\n")


@pytest.fixture
def alice(make_repo: MakeRepo, git: RunGit, tmp_path: Path) -> Path:
    first = make_repo(files={"code.py": ONE})
    git(tmp_path, "clone", "-q", "--bare", first, "server.git")
    git(tmp_path, "clone", "-q", "server.git", "alice")
    root = tmp_path / "alice"
    muse(root, "session", "start", "jam")
    agent(root, added("early.txt", b"early\n"))
    muse(root, "session", "commit", "jam")
    muse(root, "sync")
    return root


def copy_of(root: Path) -> Path:
    return Path(shutil.copytree(root, root.with_name("copy"), symlinks=True))


def take_back(root: Path, git: RunGit) -> None:
    """A person deletes what an agent brought, and edits what it edited."""
    assert read(root, "brought.txt") == b"brought\n" and b"return 100" in (read(root, "code.py") or b"")
    write(root, "code.py", ONE.replace(b"return 1", b"return 1000"))
    git(root, "rm", "-q", "brought.txt")
    git(root, "commit", "-qam", "by hand")


def goes_on(root: Path, name: str) -> None:
    agent(root, added(name, b"more\n"))
    muse(root, "session", "commit", "jam")
    assert read(root, name) == b"more\n" and read(root, "early.txt") == b"early\n"
    assert read(root, "brought.txt") is None
    assert read(root, "code.py") == ONE.replace(b"return 1", b"return 1000")
    assert "nothing to commit" in muse(root, "session", "commit", "jam")


def test_what_the_original_delivered_is_delivered_in_the_copy(alice: Path, git: RunGit) -> None:
    copy = copy_of(alice)
    agent(copy, added("mine.txt", b"mine\n"))
    muse(copy, "session", "commit", "jam")
    agent(alice, added("brought.txt", b"brought\n"), HUNDRED)
    muse(alice, "session", "commit", "jam")
    muse(alice, "sync")
    muse(copy, "sync")
    take_back(copy, git)
    goes_on(copy, "more.txt")


def test_what_the_copy_delivered_is_delivered_in_the_original(alice: Path, git: RunGit) -> None:
    """Ops that waited when the folder was copied: both have them, and neither has given them away."""
    agent(alice, added("brought.txt", b"brought\n"), HUNDRED)
    copy = copy_of(alice)
    muse(copy, "session", "commit", "jam")
    muse(copy, "sync")
    git(alice, "pull", "-q", "--no-rebase")
    git(alice, "fetch", "-q", "origin", "+refs/muse/*:refs/muse-remotes/origin/*")
    take_back(alice, git)
    goes_on(alice, "more.txt")


def test_what_was_delivered_after_a_backup_is_delivered_once_it_is_restored(alice: Path, git: RunGit) -> None:
    backup = copy_of(alice)
    agent(alice, added("brought.txt", b"brought\n"), HUNDRED)
    muse(alice, "session", "commit", "jam")
    muse(alice, "sync")
    shutil.rmtree(alice)
    shutil.move(backup, alice)
    git(alice, "pull", "-q", "--no-rebase")
    git(alice, "fetch", "-q", "origin", "+refs/muse/*:refs/muse-remotes/origin/*")
    take_back(alice, git)
    goes_on(alice, "more.txt")
