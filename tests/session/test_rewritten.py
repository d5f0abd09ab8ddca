"""Where a person rewrites the commit of a delivery, what carries it now is known, here and in other clones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from muse.core.op_log import OpLog
from tests.conftest import RunGit
from tests.session.stories import WORDS, agent, muse, read, symbol, write
from tests.session.two_clones import BOT, files, wanted

pytestmark = pytest.mark.needs_git(2, 38, "git merge-tree --write-tree")


def amended(root: Path, git: RunGit) -> None:
    git(root, "reset", "-q", "--hard", "HEAD^")
    write(root, "words.txt", WORDS.replace(b"one", b"ONE"))
    git(root, "commit", "-q", "-a", "--amend", "-m", "amended")


def rebased(root: Path, git: RunGit) -> None:
    git(root, "switch", "-qc", "old", "HEAD~2")
    write(root, "base.txt", b"base\n")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "what comes first")
    git(root, "switch", "-q", "main")
    git(root, "rebase", "-q", "old")


def squashed(root: Path, git: RunGit) -> None:
    git(root, "reset", "-q", "--soft", "HEAD~2")
    git(root, "commit", "-qm", "both in one")


def split(root: Path, git: RunGit) -> None:
    git(root, "reset", "-q", "HEAD~2")
    for path in ("bot.py", "code.py", "words.txt"):
        git(root, "add", path)
        git(root, "commit", "-qm", f"only {path}")
    git(root, "commit", "-qam", "the rest")


def split_and_squashed(root: Path, git: RunGit) -> None:
    split(root, git)
    muse(root, "session", "status", "jam")
    git(root, "reset", "-q", "--soft", "HEAD~3")
    git(root, "commit", "-qm", "all but the first")


def picked(root: Path, git: RunGit) -> None:
    git(root, "switch", "-qC", "release", "HEAD~2")
    write(root, "release.txt", b"1.0\n")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "a release")
    git(root, "cherry-pick", "main^")
    git(root, "cherry-pick", "main")
    git(root, "branch", "-qM", "release", "main")


STORIES: list[Callable[[Path, RunGit], None]] = [amended, rebased, squashed, split, picked]


@pytest.mark.parametrize("how", STORIES, ids=lambda how: how.__name__)
def test_what_another_clone_took_back_stays_taken_back(
    clones: tuple[Path, Path], git: RunGit, how: Callable[[Path, RunGit], None]
) -> None:
    alice, _ = clones
    old = git(alice, "rev-parse", "HEAD~1")
    how(alice, git)
    assert old not in git(alice, "rev-list", "main").split()
    muse(alice, "merge", "other/main", "-m", "both")
    assert files(alice) == wanted()
    assert "in no branch" not in muse(alice, "session", "status", "jam")
    made = OpLog(alice, "jam").read_checkpoint()
    assert made is not None and old in made["rewritten"]


@pytest.mark.parametrize("how", [rebased, squashed, split_and_squashed], ids=lambda how: how.__name__)
def test_the_other_clone_knows_it_too(
    clones: tuple[Path, Path], git: RunGit, how: Callable[[Path, RunGit], None]
) -> None:
    alice, bob = clones
    how(alice, git)
    muse(alice, "session", "status", "jam")
    git(bob, "fetch", "-q", "other", "+main:refs/remotes/other/main", "+refs/muse/*:refs/muse-remotes/other/*")
    git(bob, "merge", "-q", "-m", "by hand", "other/main")
    assert read(bob, "bot.py") == BOT, "what Git makes of it"
    assert "has no effect" in muse(bob, "session", "status", "jam")
    muse(bob, "session", "repair", "jam")
    assert files(bob) == wanted()


def test_ops_go_on_from_what_a_delivery_became(clones: tuple[Path, Path], git: RunGit) -> None:
    alice, _ = clones
    squashed(alice, git)
    write(alice, "code.py", (read(alice, "code.py") or b"").replace(b"return 10", b"return 11"))
    git(alice, "commit", "-qam", "by hand")
    agent(alice, symbol("code.py", "third", "def third():\n    return 30\n"))
    muse(alice, "session", "commit", "jam")
    code = read(alice, "code.py") or b""
    assert b"return 11" in code and b"return 30" in code and read(alice, "old.txt") is None


def test_a_dropped_commit_is_no_rewritten_one(clones: tuple[Path, Path], git: RunGit) -> None:
    alice, _ = clones
    git(alice, "reset", "-q", "--hard", "HEAD~2")
    write(alice, "code.py", b"def other():\n    return 99\n")
    git(alice, "commit", "-qam", "something else")
    assert "in no branch any more" in muse(alice, "session", "status", "jam")
    made = OpLog(alice, "jam").read_checkpoint()
    assert made is not None and not made.get("rewritten")
