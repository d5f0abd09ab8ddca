"""Two clones deliver the same ops, one of them with later ones that take some back: the merge has these taken back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import MakeRepo, RunGit
from tests.session.stories import ONE, WORDS, added, agent, changed, muse, read, removed, symbol, write

BOT = b"def bot():\n    return 0\n"
WITH = ONE.replace(b"def second", b"def fourth():\n    return 4\n\n\ndef second")


@pytest.fixture
def clones(request: pytest.FixtureRequest, make_repo: MakeRepo, git: RunGit, tmp_path: Path) -> tuple[Path, Path]:
    """Both have the ops of one agent; alice has committed those, bob those and his own that undo them in part.

    With the parameter "inside", one of these is a function that stands among others. Bob's branch is not merged yet;
    each has the other's commit and log.
    """
    inside = getattr(request, "param", "") == "inside"
    first = make_repo(files={"code.py": ONE, "words.txt": WORDS, "old.txt": b"old\n"})
    git(tmp_path, "clone", "-q", "--bare", first, "server.git")
    alice, bob = tmp_path / "alice", tmp_path / "bob"
    git(tmp_path, "clone", "-q", "server.git", alice)
    git(tmp_path, "clone", "-q", "server.git", bob)
    muse(alice, "session", "start", "jam")
    agent(
        alice,
        added("bot.py", BOT),
        removed("old.txt", b"old\n"),
        *([changed("code.py", ONE, WITH)] if inside else []),
        symbol("code.py", "first", "def first():\n    return 10\n"),
    )
    muse(alice, "sync")
    muse(bob, "sync")
    muse(bob, "session", "status", "jam")  # takes alice's ops in
    muse(alice, "session", "commit", "jam", "-m", "alice")
    agent(
        bob,
        removed("bot.py", BOT),
        added("old.txt", b"old\n"),
        *([{"op": "delete", "address": "code.py::fourth"}] if inside else []),
        symbol("code.py", "first", "def first():\n    return 1\n"),
        symbol("code.py", "second", "def second():\n    return 20\n"),
    )
    write(alice, "words.txt", WORDS.replace(b"one", b"ONE"))
    git(alice, "commit", "-qam", "by hand")
    muse(bob, "session", "commit", "jam", "-m", "bob")
    for root, other in ((alice, bob), (bob, alice)):
        git(root, "remote", "add", "other", other)
        git(root, "fetch", "-q", "other", "main")
        git(root, "fetch", "-q", "other", "+refs/muse/*:refs/muse-remotes/other/*")
    return alice, bob


WANTED = {
    "bot.py": None,
    "old.txt": b"old\n",
    "code.py": ONE.replace(b"return 2", b"return 20"),
    "words.txt": WORDS.replace(b"one", b"ONE"),
}


def files(root: Path) -> dict[str, bytes | None]:
    """What HEAD has, blank lines aside: what a deleted function leaves of them is not what is asked here."""
    return {path: without_blanks(read(root, path)) for path in WANTED}


def without_blanks(data: bytes | None) -> bytes | None:
    return None if data is None else re.sub(rb"\n{2,}", b"\n", data)


def wanted(**others: bytes) -> dict[str, bytes | None]:
    return {path: without_blanks(data) for path, data in {**WANTED, **others}.items()}


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
    write(alice, "bot.py", BOT)  # wanted back, by a person
    git(alice, "add", "bot.py")
    git(alice, "commit", "-qm", "back by hand")
    assert "nothing to repair" in muse(alice, "session", "repair", "jam")
    assert read(alice, "bot.py") == BOT


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
