"""A repository with a session in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from muse.cli.main import main
from tests.conftest import MakeRepo, RunGit
from tests.session import two_clones
from tests.session.kit import CODE, PIECE


@pytest.fixture
def jam(make_repo: MakeRepo, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with code and a piece, and a session `jam` in it."""
    root = make_repo(files={"code.py": CODE, "piece.mid": PIECE.read_bytes(), "words.txt": "one\ntwo\nthree\n"})
    monkeypatch.chdir(root)
    assert main(["session", "start", "jam"]) == 0
    return root


@pytest.fixture
def clones(request: pytest.FixtureRequest, make_repo: MakeRepo, git: RunGit, tmp_path: Path) -> tuple[Path, Path]:
    """`two_clones.begin`; with the parameter "inside", one of the ops is about a function among others."""
    return two_clones.begin(make_repo, git, tmp_path, inside=getattr(request, "param", "") == "inside")
