"""What other clones say they delivered, in commits that are nowhere here: nothing comes twice, nothing is silent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import MakeRepo, RunGit
from tests.session.stories import ONE, added, agent, muse, read, symbol


@pytest.fixture
def pair(make_repo: MakeRepo, git: RunGit, tmp_path: Path) -> tuple[Path, Path, str]:
    """Bob delivers what alice's agents made, and drops the commit; the log says that it was delivered."""
    git(tmp_path, "clone", "-q", "--bare", make_repo(files={"code.py": ONE}), "server.git")
    alice, bob = tmp_path / "alice", tmp_path / "bob"
    for root in (alice, bob):
        git(tmp_path, "clone", "-q", "server.git", root.name)
    muse(alice, "session", "start", "jam")
    agent(alice, added("bot.py", b"x = 1\n"), symbol("code.py", "first", "def first():\n    return 100\n"))
    for root in (alice, bob):
        muse(root, "sync")
    muse(bob, "session", "commit", "jam", "-m", "by bob")
    commit = git(bob, "rev-parse", "HEAD")
    git(bob, "reset", "-q", "--hard", "HEAD~1")
    for root in (bob, alice):
        muse(root, "sync")
    return alice, bob, commit


def test_it_is_told_and_asked_back(pair: tuple[Path, Path, str], git: RunGit) -> None:
    alice, bob, commit = pair
    said = muse(alice, "session", "status", "jam")
    assert "0 not committed yet" in said and f"commit {commit[:10]} of another clone" in said and "redeliver" in said
    (told,) = json.loads(muse(alice, "session", "status", "jam", "--json"))["elsewhere"]
    assert (told["commit"], told["branch"]) == (commit, "refs/heads/main") and "/origin/log/" in told["by"]
    assert "nothing to commit" in muse(alice, "session", "commit", "jam"), "nothing comes back unasked"
    assert "nothing to redeliver" in muse(alice, "session", "redeliver", "jam")
    assert "2 ops" in muse(alice, "session", "redeliver", "jam", commit[:12])
    muse(alice, "session", "commit", "jam")
    assert read(alice, "bot.py") == b"x = 1\n" and b"return 100" in (read(alice, "code.py") or b"")
    after = json.loads(muse(alice, "session", "status", "jam", "--json"))
    assert after["elsewhere"] == [] and after["uncommitted"] == 0
    for root in (alice, bob):
        muse(root, "sync")
        assert "nothing to commit" in muse(root, "session", "commit", "jam")
    assert git(bob, "rev-parse", "HEAD") == git(alice, "rev-parse", "HEAD")


def test_a_commit_that_arrives_is_no_news(pair: tuple[Path, Path, str], git: RunGit) -> None:
    alice, bob, commit = pair
    git(bob, "push", "-q", "origin", f"{commit}:refs/heads/topic")
    git(alice, "fetch", "-q", "origin")
    assert "of another clone" not in muse(alice, "session", "status", "jam")
    assert json.loads(muse(alice, "session", "status", "jam", "--json"))["elsewhere"] == []
