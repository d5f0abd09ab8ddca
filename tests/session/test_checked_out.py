"""Which commit an op is told to stand on: looked at for every batch, without opening what has long been as it is."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from muse.engine.session.checked_out import CheckedOut
from muse.store.repository import Repository
from tests.conftest import MakeRepo, RunGit


def _grown_old(root: Path, seconds: int) -> None:
    """HEAD and its branch as they are some time after they were written."""
    then = time.time() - seconds
    for path in (root / ".git" / "HEAD", *(root / ".git" / "refs" / "heads").iterdir()):
        os.utime(path, (then, then))


CHANGES: dict[str, list[list[str]]] = {
    "commit": [["commit", "-q", "--allow-empty", "-m", "more"]],
    "amend": [["commit", "-q", "--amend", "--allow-empty", "-m", "other words"]],
    "switch": [["checkout", "-q", "other"]],
    "detach": [["checkout", "-q", "--detach", "other"]],
    "reset": [["reset", "-q", "--hard", "other"]],
    "pack and commit": [["pack-refs", "--all"], ["commit", "-q", "--allow-empty", "-m", "more"]],
    "orphan": [["checkout", "-q", "--orphan", "new"]],
}


@pytest.mark.parametrize("age", [0, 60], ids=["just written", "a minute old"])
@pytest.mark.parametrize("change", CHANGES)
def test_every_move_of_head_is_seen(change: str, age: int, make_repo: MakeRepo, git: RunGit) -> None:
    root = make_repo(files={"a.txt": "one\n"})
    git(root, "branch", "other")
    git(root, "commit", "-q", "--allow-empty", "-m", "here")
    if age:
        _grown_old(root, age)
    seen = CheckedOut(Repository.discover(root))
    assert seen.commit() == seen.commit() == git(root, "rev-parse", "HEAD")
    for words in CHANGES[change]:
        git(root, *words)
    assert seen.commit() == ("" if change == "orphan" else git(root, "rev-parse", "HEAD"))


def test_a_branch_written_in_place_in_its_own_length_is_seen(make_repo: MakeRepo, git: RunGit) -> None:
    root = make_repo(files={"a.txt": "one\n"})
    first = git(root, "rev-parse", "HEAD")
    git(root, "commit", "-q", "--allow-empty", "-m", "here")
    second = git(root, "rev-parse", "HEAD")
    _grown_old(root, 60)
    branch = root / ".git" / git(root, "symbolic-ref", "HEAD")
    seen = CheckedOut(Repository.discover(root))
    assert [seen.commit(), seen.commit()] == [second, second]
    branch.write_text(first + "\n")
    assert seen.commit() == first


def test_what_was_just_written_is_read_each_time(make_repo: MakeRepo, git: RunGit) -> None:
    """Two writes within one tick of a coarse clock leave equal times, which tell nothing until it has moved on."""
    root = make_repo(files={"a.txt": "one\n"})
    first = git(root, "rev-parse", "HEAD")
    git(root, "commit", "-q", "--allow-empty", "-m", "here")
    second = git(root, "rev-parse", "HEAD")
    branch = root / ".git" / git(root, "symbolic-ref", "HEAD")
    now = time.time()
    os.utime(branch, (now, now))
    seen = CheckedOut(Repository.discover(root))
    assert seen.commit() == second
    branch.write_text(first + "\n")
    os.utime(branch, (now, now))
    assert seen.commit() == first


@pytest.mark.parametrize("age", [0, 60], ids=["just written", "a minute old"])
def test_a_branch_that_stands_for_another(age: int, make_repo: MakeRepo, git: RunGit) -> None:
    root = make_repo(files={"a.txt": "one\n"})
    git(root, "branch", "other")
    git(root, "commit", "-q", "--allow-empty", "-m", "here")
    git(root, "symbolic-ref", "refs/heads/alias", git(root, "symbolic-ref", "HEAD"))
    git(root, "checkout", "-q", "alias")
    if age:
        _grown_old(root, age)
    seen = CheckedOut(Repository.discover(root))
    assert seen.commit() == seen.commit() == git(root, "rev-parse", "HEAD")
    git(root, "commit", "-q", "--allow-empty", "-m", "more")
    assert seen.commit() == git(root, "rev-parse", "HEAD")
    git(root, "symbolic-ref", "refs/heads/alias", "refs/heads/other")
    assert seen.commit() == git(root, "rev-parse", "other")


def test_a_linked_work_tree_keeps_its_head_in_a_table_of_its_own(
    make_repo: MakeRepo, git: RunGit, tmp_path: Path
) -> None:
    """With `extensions.refStorage` reftable, of which HEAD, the file, says nothing."""
    root = make_repo(files={"a.txt": "one\n"})
    git(root, "worktree", "add", "-q", tmp_path / "linked")
    seen = CheckedOut(Repository.discover(tmp_path / "linked"))
    home = root / ".git" / "worktrees" / "linked"
    (home / "HEAD").write_text("ref: refs/heads/.invalid\n")
    (home / "reftable").mkdir()
    (home / "reftable" / "tables.list").write_text("one\n")
    before = seen.state()
    assert seen.state() == before
    (home / "reftable" / "tables.list").write_text("one\ntwo\n")
    assert seen.state() != before
