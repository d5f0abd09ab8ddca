"""Two clones deliver the same ops, one of them with later ones that take some back: the merge has these taken back."""

from __future__ import annotations

from pathlib import Path

import pytest

from muse.core.op_log import OpLog
from muse.engine.session import repair
from muse.plugins.registry import plugin_for_path
from muse.store.repository import Repository
from tests.conftest import RunGit
from tests.session.stories import agent, muse, read, symbol, write
from tests.session.two_clones import BOT, WANTED, files, wanted


@pytest.mark.needs_git(2, 38, "git merge-tree --write-tree")
@pytest.mark.parametrize("clones", ["inside"], indirect=True)
def test_a_merge_by_muse_keeps_what_was_taken_back(clones: tuple[Path, Path], git: RunGit) -> None:
    alice, bob = clones
    muse(bob, "merge", "other/main", "-m", "both")
    assert files(bob) == wanted()
    assert git(bob, "rev-parse", "HEAD^2") == git(alice, "rev-parse", "HEAD"), "the parents are the real commits"
    muse(alice, "merge", "other/main", "-m", "both")
    assert files(alice) == wanted()
    assert "has no effect" not in muse(bob, "session", "status", "jam")
    agent(bob, symbol("code.py", "third", "def third():\n    return 30\n"))
    muse(bob, "session", "commit", "jam")
    assert files(bob) == wanted(**{"code.py": (WANTED["code.py"] or b"").replace(b"return 3", b"return 30")})


@pytest.mark.needs_git(2, 38, "git merge-tree --write-tree")
def test_a_merge_by_hand_is_told_and_mended(clones: tuple[Path, Path], git: RunGit) -> None:
    alice, _ = clones
    git(alice, "merge", "-q", "-m", "by hand", "other/main")
    assert read(alice, "bot.py") == BOT, "what Git makes of it"
    said = muse(alice, "session", "status", "jam")
    assert "bot.py" in said and "has no effect" in said and "muse session repair jam" in said
    assert "muse session repair jam" in muse(alice, "doctor", code=None)
    merge = git(alice, "rev-parse", "HEAD")
    muse(alice, "session", "repair", "jam")
    assert files(alice) == wanted()
    assert git(alice, "rev-parse", "HEAD^") == merge and git(alice, "status", "--porcelain") == ""
    assert "has no effect" not in muse(alice, "session", "status", "jam")
    assert "nothing to repair" in muse(alice, "session", "repair", "jam")
    git(alice, "reset", "-q", "--hard", merge)
    (alice / "bot.py").touch()  # as in a copied folder; and from a program that stands elsewhere
    code, mended = repair.repair(Repository(alice), OpLog(alice, "jam"), plugin_for_path)
    assert code == 0 and "bot.py" in {each.path for each in mended} and files(alice) == wanted()
    write(alice, "bot.py", BOT)  # wanted back, by a person
    git(alice, "add", "bot.py")
    git(alice, "commit", "-qm", "back by hand")
    assert "nothing to repair" in muse(alice, "session", "repair", "jam")
    assert read(alice, "bot.py") == BOT


@pytest.mark.needs_git(2, 38, "git merge-tree --write-tree")
def test_a_merge_made_before_the_other_log_came_is_told_by_sync(clones: tuple[Path, Path], git: RunGit) -> None:
    alice, bob = clones
    git(alice, "remote", "remove", "other")
    for ref in git(alice, "for-each-ref", "--format=%(refname)", "refs/muse-remotes/other").split():
        git(alice, "update-ref", "-d", ref)
    muse(bob, "sync", "origin")
    git(alice, "pull", "-q", "--no-rebase", "--no-edit", "origin", "main")
    assert read(alice, "bot.py") == BOT, "what Git makes of it"
    assert "nothing to repair" in muse(alice, "session", "repair", "jam"), (
        "nobody here knows what bob's clone delivered"
    )
    assert "muse session repair jam brings it in" in muse(alice, "sync", "origin")
    muse(bob, "sync", "origin")
    assert read(bob, "bot.py") == BOT
    muse(alice, "session", "repair", "jam")
    assert files(alice) == wanted()
    assert "repair" not in muse(alice, "sync", "origin") + muse(bob, "sync", "origin")
    assert files(bob) == wanted()


@pytest.mark.needs_git(2, 38, "git merge-tree --write-tree")
def test_what_a_person_did_after_the_merge_is_not_touched(clones: tuple[Path, Path], git: RunGit) -> None:
    alice, _ = clones
    git(alice, "merge", "-q", "-m", "by hand", "other/main")
    write(alice, "bot.py", b"def bot():\n    return 7\n")
    write(alice, "words.txt", b"mine\n")
    git(alice, "commit", "-qam", "on with it")
    write(alice, "staged.txt", b"staged\n")
    git(alice, "add", "staged.txt")
    assert "staged" in muse(alice, "session", "repair", "jam", code=128)
    git(alice, "rm", "-qf", "--cached", "staged.txt")
    muse(alice, "session", "repair", "jam", code=None)
    assert read(alice, "bot.py") == b"def bot():\n    return 7\n" and read(alice, "words.txt") == b"mine\n"
    assert files(alice)["code.py"] == wanted()["code.py"] and (alice / "staged.txt").read_bytes() == b"staged\n"
