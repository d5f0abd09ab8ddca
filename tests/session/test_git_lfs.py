"""Files that Git LFS keeps: the commit has pointers, the work tree the bytes, and a session knows of neither."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.conftest import MakeRepo, RunGit
from tests.session.kit import PIECE, append, b64
from tests.session.stories import ONE, added, agent, muse, read, symbol, write

pytestmark = pytest.mark.skipif(shutil.which("git-lfs") is None, reason="git-lfs is not installed: apt install git-lfs")
POINTER = b"version https://git-lfs.github.com/spec/v1"
NOTE = "song.mid::track:1/note:1:1:0:0:74#0/velocity"


@pytest.fixture
def root(make_repo: MakeRepo, git: RunGit) -> Path:
    made = make_repo(files={"code.py": ONE})
    git(made, "lfs", "install", "--local")
    git(made, "lfs", "track", "*.bin", "*.mid")
    write(made, "big.bin", b"\x00" * 5000)
    write(made, "song.mid", PIECE.read_bytes())
    git(made, "add", "-A")
    git(made, "commit", "-qm", "kept by LFS")
    assert (read(made, "song.mid") or b"").startswith(POINTER)
    muse(made, "session", "start", "jam")
    return made


def test_whole_files(root: Path, git: RunGit) -> None:
    op = {"op": "replace", "address": "big.bin", "content_b64": b64(b"\x01" * 6000)}
    assert "ack" in append(root, "jam", {"op": op})[0]
    agent(root, added("more.bin", b"\x02" * 7000), symbol("code.py", "first", "def first():\n    return 100\n"))
    muse(root, "session", "commit", "jam")
    assert git(root, "status", "--porcelain") == ""
    write(root, "more.bin", b"\x03" * 8000)
    git(root, "commit", "-qam", "by hand")
    agent(root, symbol("code.py", "third", "def third():\n    return 333\n"))
    muse(root, "session", "commit", "jam")
    assert (root / "more.bin").read_bytes() == b"\x03" * 8000 and (root / "big.bin").read_bytes() == b"\x01" * 6000
    for path in ("big.bin", "more.bin"):
        assert (read(root, path) or b"").startswith(POINTER)
    assert git(root, "status", "--porcelain") == "" and git(root, "lfs", "fsck") == "Git LFS fsck OK"


def test_a_note_in_a_song_is_refused_in_words(root: Path, git: RunGit) -> None:
    """Git has only the pointer, so that no two versions of the song could be merged."""
    (answer,) = append(root, "jam", {"op": {"op": "replace", "address": NOTE, "content": 33}})
    assert answer["code"] == "unfit" and "is kept by Git LFS" in answer["error"] and "content_b64" in answer["error"]
    assert (root / "song.mid").read_bytes() == PIECE.read_bytes() and git(root, "status", "--porcelain") == ""
