"""What `docs/sessions.md` says of old sessions, shallow clones, commits that nobody has here, and `follow`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from muse.core.op_log import OpLog
from tests.conftest import RunGit
from tests.session.kit import CODE
from tests.session.stories import added, agent, delivered_once, muse, read, removed, symbol
from tests.session.test_ordinary_days import code, func, person

WORDS = b"one\ntwo\nthree\n"


def as_before_deliveries(root: Path, git: RunGit) -> None:
    """The checkpoint as it was when it told a tree and no branch."""
    log = OpLog(root, "jam")
    gone = dict.fromkeys(("branch", "at", "born", "deliveries", "paths", "rewritten"))
    log.annotate(tree=git(root, "rev-parse", "HEAD^{tree}"), **gone)
    log.close()
    for ref in git(root, "for-each-ref", "--format=%(refname)", "refs/muse/log").split():
        git(root, "update-ref", "-d", ref)


@pytest.fixture
def old(jam: Path, git: RunGit) -> Path:
    """A session that has delivered, and a person who took some of that back."""
    agent(jam, func("first", 10), added("new.txt", b"new\n"))
    muse(jam, "session", "commit", "jam")
    as_before_deliveries(jam, git)
    git(jam, "rm", "-q", "new.txt")
    person(jam, git, first=11)
    return jam


def test_an_old_session_takes_the_branch_that_has_its_tree(old: Path, git: RunGit) -> None:
    git(old, "branch", "topic", "HEAD~2")
    agent(old, func("third", 30))
    said = muse(old, "session", "commit", "jam")
    assert "belongs to branch main from now on" in said
    assert read(old, "code.py") == code(first=11, third=30) and read(old, "new.txt") is None
    agent(old, func("second", 20))
    assert "from now on" not in muse(old, "session", "commit", "jam")
    git(old, "switch", "-q", "topic")
    agent(old, added("late.txt", b"late\n"))
    assert "belongs to branch main" in muse(old, "session", "commit", "jam", code=128)


def test_an_old_session_is_not_delivered_again_on_another_branch(old: Path, git: RunGit) -> None:
    git(old, "switch", "-qc", "topic", "HEAD~2")
    agent(old, func("third", 30))
    said = muse(old, "session", "commit", "jam", code=128)
    assert "belongs to branch main" in said and read(old, "code.py") == CODE
    git(old, "switch", "-q", "main")
    muse(old, "session", "commit", "jam")
    assert read(old, "code.py") == code(first=11, third=30) and read(old, "new.txt") is None
    delivered_once(old, git)


def test_an_old_session_whose_tree_is_nowhere_takes_the_branch_it_is_committed_on(jam: Path, git: RunGit) -> None:
    agent(jam, func("first", 10))
    log = OpLog(jam, "jam")
    log.annotate(**dict.fromkeys(("branch", "at", "born")))
    log.close()
    git(jam, "switch", "-qc", "topic")
    assert "belongs to branch topic from now on" in muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == code(first=10)
    git(jam, "switch", "-q", "main")
    agent(jam, func("third", 30))
    assert "belongs to branch topic" in muse(jam, "session", "commit", "jam", code=128)


def test_what_a_shallow_clone_cannot_tell_is_a_conflict(jam: Path, git: RunGit, tmp_path: Path) -> None:
    """Never the advice to pull: whether the branch had the delivery nobody knows there."""
    agent(jam, added("bot.py", b"def bot():\n    return 0\n"))
    muse(jam, "session", "commit", "jam")
    git(jam, "reset", "-q", "--hard", "HEAD~1")
    person(jam, git, third=30)
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{jam}", "shallow")
    shallow = tmp_path / "shallow"
    git(shallow, "fetch", "-q", "origin", "+refs/muse/*:refs/muse-remotes/origin/*")
    muse(shallow, "session", "status", "jam")
    agent(shallow, symbol("bot.py", "bot", "def bot():\n    return 7\n"), func("first", 10), check=False)
    said = muse(shallow, "session", "commit", "jam", code=None)
    assert "git pull" not in said and read(shallow, "bot.py") is None
    muse(shallow, "session", "commit", "jam", "--take", "head", "--partial", code=None)
    assert read(shallow, "bot.py") is None and read(shallow, "code.py") == code(first=10, third=30)


def test_ops_on_what_is_on_no_branch_here_say_how_to_get_it(jam: Path, git: RunGit) -> None:
    agent(jam, added("bot.py", b"def bot():\n    return 0\n"))
    muse(jam, "session", "commit", "jam")
    made = git(jam, "rev-parse", "HEAD")
    git(jam, "reset", "-q", "--hard", "HEAD~1")
    git(jam, "reflog", "expire", "--expire=now", "--all")
    agent(jam, symbol("bot.py", "bot", "def bot():\n    return 7\n"), check=False)
    said = muse(jam, "session", "commit", "jam", code=128)
    assert f"build on commit {made[:10]}, which this branch has not got" in said
    assert "git pull" not in said and f"muse session redeliver jam {made[:10]}" in said, said
    muse(jam, "session", "redeliver", "jam", made[:10])
    muse(jam, "session", "commit", "jam")
    assert read(jam, "bot.py") == b"def bot():\n    return 7\n"
    delivered_once(jam, git)


def test_follow_shows_what_a_plain_fetch_and_another_process_bring(jam: Path, git: RunGit, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", jam, "other")
    other = tmp_path / "other"
    git(other, "fetch", "-q", "origin", "+refs/muse/*:refs/muse-remotes/origin/*")
    muse(other, "session", "start", "jam")
    words = [sys.executable, "-m", "muse.cli", "session", "follow", "jam", "--all", "-n", "3"]
    agent(other, added("begun.txt", b"begun\n"))
    with subprocess.Popen(words, cwd=other, stdout=subprocess.PIPE) as following:
        try:
            assert following.stdout is not None
            assert "begun.txt" in following.stdout.readline().decode()
            agent(jam, added("fetched.txt", b"fetched\n"))
            muse(jam, "session", "commit", "jam")
            git(other, "fetch", "-q", "origin", "+refs/muse/*:refs/muse-remotes/origin/*")
            assert "fetched.txt" in following.stdout.readline().decode()
            agent(other, added("here.txt", b"here\n"))
            said, _ = following.communicate(timeout=60)
        finally:
            following.kill()
    assert json.loads(said)["domain_op"]["address"] == "here.txt" and following.returncode == 0


def test_rejected_ops_are_told_for_ever(jam: Path, git: RunGit) -> None:
    agent(jam, symbol("code.py", "nowhere", "def nowhere():\n    pass\n"), check=False)
    agent(jam, removed("words.txt", WORDS))
    muse(jam, "session", "commit", "jam", "--partial", code=3)
    (bad, _) = OpLog(jam, "jam").read_all()
    for _ in range(2):
        status = json.loads(muse(jam, "session", "status", "jam", "--json"))
        assert status["rejected"] == [bad["op_id"]] and status["uncommitted"] == 0
        agent(jam, added("more.txt", b"more\n")) if read(jam, "more.txt") is None else None
        muse(jam, "session", "commit", "jam")
    assert bad["op_id"][7:19] in muse(jam, "session", "show", "jam")
    assert read(jam, "more.txt") == b"more\n" and read(jam, "words.txt") is None and read(jam, "code.py") == CODE
