"""What libgit2 answers in the process is what git answers; where it cannot, git does, without a word."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from muse.engine.history.diff import between
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


def test_tree_diffs_are_gits(repo: Repository, git: Git) -> None:
    pytest.importorskip("pygit2")
    trees = history(repo.root, git, 3)
    repo.memo["tree diffs"] = fast.WORTH_DIFFS
    compared = 0
    for old in trees:
        for new in trees:
            found = fast.tree_changes(repo, old, new)
            assert found is not None
            said = git(repo.root, "diff-tree", "-r", "-z", "--no-renames", "--raw", "--no-abbrev", old, new)
            fields = said.split("\0")
            rows = [
                (head[1:].split(" "), path.encode("utf-8", "surrogateescape"))
                for head, path in zip(fields[0::2], fields[1::2])
            ]
            want = [fast.TreeChange(head[4], path, head[0], head[1], head[2], head[3]) for head, path in rows]
            assert found == sorted(want, key=lambda row: row.path), (old, new)
            compared += len(found)
    assert compared > 200


def test_changes_with_renames_are_the_same_either_way(repo: Repository, git: Git) -> None:
    trees = history(repo.root, git, 4)
    plain = Repository(repo.root)
    quick = Repository(repo.root)
    for old in trees:
        for new in trees:
            quick.memo["tree diffs"], plain.memo["tree diffs"] = fast.WORTH_DIFFS, -(10**6)
            assert between(quick, old, new) == between(plain, old, new), (old, new)


def test_a_process_that_asks_little_never_loads_it(repo: Repository) -> None:
    tree = repo.tree_of("HEAD")
    answers = [fast.tree_changes(repo, repo.empty_tree, tree) for _ in range(fast.WORTH_DIFFS + 1)]
    assert answers[: fast.WORTH_DIFFS - 1] == [None] * (fast.WORTH_DIFFS - 1)


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
    repo.memo["tree diffs"] = fast.WORTH_DIFFS
    tree = repo.tree_of("HEAD")
    assert fast.tree_changes(repo, repo.empty_tree, tree) is None
    assert [change.path for change in between(repo, repo.empty_tree, tree)] == [b"a"]
