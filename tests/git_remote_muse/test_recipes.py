"""The recipes of docs/hosting.md, run as they are printed."""

from __future__ import annotations

import os
import re
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

Ok = Callable[..., str]
PAGE = Path(__file__).resolve().parents[2] / "docs" / "hosting.md"


def piece(first: int, second: int) -> bytes:
    """Two quarter notes of one track."""
    notes = b"".join(bytes([0, 0x90, pitch, 64, 0x83, 0x60, 0x80, pitch, 64]) for pitch in (first, second))
    data = notes + bytes([0, 0xFF, 0x2F, 0])
    return b"MThd" + struct.pack(">IHHH", 6, 0, 1, 480) + b"MTrk" + struct.pack(">I", len(data)) + data


def test_ci_resolves_a_pull_request_that_git_alone_cannot(
    make_repo: Callable[..., Path], tmp_path: Path, git: Ok, ok: Ok, commit: Ok
) -> None:
    source = make_repo("source", {"a.mid": piece(60, 62)})
    git(tmp_path, "clone", "-q", "--bare", str(source), "server")
    ok(tmp_path, "clone", "-q", "muse::server", "ci")
    ci = tmp_path / "ci"
    git(ci, "checkout", "-q", "-b", "pull-branch")
    pulled = commit(ci, {"a.mid": piece(60, 74)})
    git(ci, "checkout", "-q", "main")
    main = commit(ci, {"a.mid": piece(48, 62)})
    ok(ci, "push", "-q", "origin", "main", "pull-branch")
    recipe = re.search(r"```\n(git fetch origin main pull-branch\n.*?)```", PAGE.read_text(), re.S)
    assert recipe is not None
    done = subprocess.run(["sh", "-e", "-c", recipe[1]], cwd=ci, env=dict(os.environ), capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    server = tmp_path / "server"
    assert git(server, "rev-parse", "pull-branch^1", "pull-branch^2").split() == [pulled, main]
    shown = subprocess.run(["git", "show", "pull-branch:a.mid"], cwd=server, capture_output=True, check=True)
    assert shown.stdout == piece(48, 74)
