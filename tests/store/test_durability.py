"""What is synced, and for whom it is not: `muse.fsync`."""

from __future__ import annotations

import pytest

from muse.store import durability
from muse.store.repository import Repository
from tests.conftest import MakeRepo, RunGit


def test_git_that_writes_for_us_syncs_all_of_it_unless_it_is_told_not_to(
    make_repo: MakeRepo, git: RunGit, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_repo(files={"a.txt": "a\n"})
    synced: list[str] = []
    monkeypatch.setattr(durability, "fsync_dir", lambda folder: synced.append(str(folder)))
    for verb in ("commit", "merge", "update-ref", "update-index", "hash-object", "read-tree"):
        assert durability.words(Repository(root), ["-c", "x=y", verb]) == ("-c", "core.fsync=all")
    assert durability.words(Repository(root), ["log"]) == durability.words(Repository(root), ["diff-tree"]) == ()
    durability.settle(Repository(root), ["log"])
    assert synced == []
    durability.settle(Repository(root), ["commit", "-q"])
    assert {str(root / ".git"), str(root / ".git" / "refs" / "heads")} <= set(synced)
    synced.clear()
    git(root, "config", "muse.fsync", "git")
    assert durability.words(Repository(root), ["commit"]) == ()
    durability.settle(Repository(root), ["commit"])
    assert synced == []
