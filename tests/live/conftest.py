"""Two clones of a repository whose sessions can be joined."""

from __future__ import annotations

from pathlib import Path

import pytest

from muse.engine.live import join
from tests.conftest import MakeRepo, RunGit


@pytest.fixture
def pair(make_repo: MakeRepo, git: RunGit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Alice's repository and Bob's clone of it; nobody waits long for the next look."""
    monkeypatch.setattr(join, "LOOK", 0.05)
    monkeypatch.setattr(join, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(join, "LONGEST_PAUSE", 0.05)
    alice = make_repo(files={"code.py": "def first():\n    return 1\n"})
    git(tmp_path, "clone", "-q", alice, "bob")
    return alice, tmp_path / "bob"
