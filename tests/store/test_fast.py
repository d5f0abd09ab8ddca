"""Quick ways to ask much: what libgit2 or an open git answers is what git answers, one question at a time."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from muse.core.errors import MuseError
from muse.engine.history.changes import Change, between, parse_raw
from muse.store.objects import fast
from muse.store.repository import Repository

Git = Callable[..., str]


def history(root: Path, git: Git, seed: int, length: int = 12) -> list[str]:
    """Trees of a history with every kind of change in it."""
    dice = random.Random(seed)
    trees = [git(root, "rev-parse", "HEAD^{tree}")]
    head = git(root, "rev-parse", "HEAD")
    for step in range(length):
        for _ in range(dice.randrange(1, 5)):
            path = dice.choice(["a", "b.txt", "d/x", "d/e/y", "d/é", "run", "d/e", "z"])
            kind = dice.randrange(5)
            if kind == 0:
                git(root, "rm", "-q", "-r", "-f", "--cached", "--ignore-unmatch", path)
            elif kind == 1:
                git(root, "update-index", "--add", "--replace", "--cacheinfo", f"160000,{head},{path}")
            else:
                blob = git(root, "hash-object", "-w", "--stdin", input=f"{step} {dice.random()}")
                mode = ("100644", "100755", "120000")[kind - 2]
                git(root, "update-index", "--add", "--replace", "--cacheinfo", f"{mode},{blob},{path}")
        trees.append(git(root, "write-tree"))
    return trees


@pytest.fixture
def repo(make_repo: Callable[..., Path]) -> Repository:
    return Repository(make_repo(files={"a": "1\n", "d/x": "2\n", "d/e/y": "3\n"}))


def raw(git: Git, root: Path, old: str, new: str) -> list[Change]:
    said = git(root, "diff-tree", "-r", "-z", "-M", "--raw", "--no-abbrev", old, new)
    return list(parse_raw(iter(said.encode("utf-8", "surrogateescape").split(b"\0"))))


def test_every_tree_diff_is_gits(repo: Repository, git: Git) -> None:
    """Told from the trees, or by the process that stays open: the same, with renames and names that are traps."""
    trees = history(repo.root, git, 3)
    mark = git(repo.root, "hash-object", "-w", "--stdin", input="x")
    git(repo.root, "update-index", "--add", "--cacheinfo", f"100644,{mark},end-\nfoo")
    git(repo.root, "update-index", "--add", "--cacheinfo", f"100644,{mark},a\n:100644 100644")
    trees.append(git(repo.root, "write-tree"))
    compared = 0
    for old in trees:
        for new in trees:
            found = sorted(between(repo, old, new))
            assert found == sorted(raw(git, repo.root, old, new)), (old, new)
            compared += len(found)
    assert compared > 200


def test_a_tree_that_is_not_here_ends_no_later_answer(repo: Repository, git: Git) -> None:
    tree = repo.tree_of("HEAD")
    repo.memo["tree diffs"] = 100
    with pytest.raises(MuseError):
        between(repo, "1" * 40, tree)
    assert [change.path for change in between(repo, repo.empty_tree, tree)] == [b"a", b"d/e/y", b"d/x"]


def test_a_fork_asks_a_process_of_its_own(repo: Repository) -> None:
    tree = repo.tree_of("HEAD")
    assert repo.tree_diffs.raw(repo.empty_tree, tree)
    child = os.fork()
    if child == 0:
        os._exit(0 if (repo.tree_diffs.raw(repo.empty_tree, tree) or b"").count(b"\0") == 6 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert (repo.tree_diffs.raw(repo.empty_tree, tree) or b"").count(b"\0") == 6


@pytest.mark.parametrize("why", ["sha256", "promisor", "switched off"])
def test_where_it_cannot_answer_git_does(
    why: str, make_repo: Callable[..., Path], git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_repo(files={"a": "1\n"}, sha256=why == "sha256")
    if why == "promisor":
        git(root, "config", "remote.origin.promisor", "true")
    if why == "switched off":
        monkeypatch.setenv("MUSE_NO_FAST", "1")
    repo = Repository(root)
    assert fast.opened(repo) is None
    repo.memo["tree diffs"] = 100
    assert [change.path for change in between(repo, repo.empty_tree, repo.tree_of("HEAD"))] == [b"a"]
