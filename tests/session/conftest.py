"""A repository with a session in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from muse.cli.main import main
from tests.conftest import MakeRepo
from tests.session.kit import CODE, PIECE


@pytest.fixture
def jam(make_repo: MakeRepo, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with code and a piece, and a session `jam` in it."""
    root = make_repo(files={"code.py": CODE, "piece.mid": PIECE.read_bytes(), "words.txt": "one\ntwo\nthree\n"})
    monkeypatch.chdir(root)
    assert main(["session", "start", "jam"]) == 0
    return root
