"""What the files of a session are on disk, and how they come there."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from muse.core.errors import MuseError
from muse.engine.session import worktree
from muse.store.repository import Repository
from tests.conftest import MakeRepo, RunGit


@pytest.mark.skipif(sys.platform == "win32", reason="no such names")
def test_many_files_at_once_are_what_each_is(make_repo: MakeRepo, git: RunGit) -> None:
    """A line that Git reads loses a carriage return at its end: another file's name."""
    names = [*(f"f{number}" for number in range(9)), "f1\r", '"f2"', "f\n3", " f4 "]
    root = make_repo(files={name: f"{number}\n" for number, name in enumerate(names)})
    (root / "f5").write_text("not in Git yet\n")
    repo = Repository.discover(root)
    found = worktree.lives(repo, [*names, "nowhere"])
    assert found == {name: worktree.live(repo, name) for name in [*names, "nowhere"]}
    assert len(set(found.values())) == len(names) + 1


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_folder_that_becomes_a_link_meanwhile(
    make_repo: MakeRepo, git: RunGit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As two names do that a disk takes for one: the first is written as a link, the second would go through it."""
    root = make_repo(files={"a": "1\n", "dir/hook": "2\n"})
    outside = tmp_path / "outside"
    outside.mkdir()
    (root / "dir" / "hook").unlink(), (root / "dir").rmdir()
    real = os.replace

    def replaced(source: str, target: str) -> None:
        real(source, target)
        if target.endswith("a"):
            (root / "dir").symlink_to(outside)

    monkeypatch.setattr(worktree.os, "replace", replaced)
    with pytest.raises(MuseError, match="is a symbolic link"):
        worktree._write(Repository.discover(root), [b"a", b"dir/hook"])
    assert list(outside.iterdir()) == []
