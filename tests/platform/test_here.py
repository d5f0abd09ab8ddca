"""A day of work on the system this runs on, with the package that is installed: no fixture, no other test's helper, so
that a machine of any system can run it by itself (`.github/workflows/systems.yml`)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

A, B = "def a():\n    return 1\n", "def b():\n    return 2\n"
OP = {"op": "insert", "address": "live.txt", "position": None, "content_id": "", "content_b64": "aGkK"}


def call(where: Path, *words: str, fed: str = "", code: int = 0) -> str:
    """A program's output; fails with what it said when its exit code is another one."""
    env = {**os.environ, "GIT_AUTHOR_NAME": "a", "GIT_COMMITTER_NAME": "a", "EMAIL": "a@example.org"}
    done = subprocess.run(words, cwd=where, input=fed.encode(), capture_output=True, check=False, env=env, timeout=120)
    assert done.returncode == code, (words, done.stdout, done.stderr)
    return done.stdout.decode()


def test_a_day_of_work(tmp_path: Path) -> None:
    repo = tmp_path / "my songs"
    repo.mkdir()
    muse = [sys.executable, "-m", "muse.cli"]
    call(repo, "git", "init", "-q", "-b", "main")
    call(repo, "git", "config", "core.autocrlf", "false")
    call(repo, *muse, "install")
    (repo / "m.py").write_bytes(f"{A}\n\n{B}".encode())
    call(repo, *muse, "commit", "-q", "-m", "one")
    call(repo, "git", "switch", "-q", "-c", "topic")
    (repo / "m.py").write_bytes(f"import os\n\n\n{A}\n\n{B.replace('2', '20')}".encode())
    call(repo, "git", "commit", "-q", "-a", "-m", "topic")
    call(repo, "git", "switch", "-q", "main")
    (repo / "m.py").write_bytes(f"import re\n\n\n{A.replace('1', '10')}\n\n{B}".encode())
    call(repo, "git", "commit", "-q", "-a", "-m", "main")
    call(repo, "git", "merge", "-q", "topic", "-m", "both")  # Git's own verb: our driver settles the imports
    merged = (repo / "m.py").read_text()
    assert [merged.count(line) for line in ("import os\n", "import re\n", "return 10\n", "return 20\n")] == [1, 1, 1, 1]
    call(repo, *muse, "session", "start", "live")
    assert (
        json.loads(call(repo, *muse, "session", "append", "live", fed=json.dumps({"op": OP}) + "\n"))["sequence"] == 1
    )
    call(repo, *muse, "session", "commit", "-m", "live", "live")
    assert (repo / "live.txt").read_bytes() == b"hi\n"
    call(tmp_path, "git", "clone", "-q", "--bare", str(repo), "server.git")
    call(repo, "git", "remote", "add", "origin", str(tmp_path / "server.git"))
    call(repo, *muse, "sync")
    assert "refs/muse/" in call(tmp_path / "server.git", "git", "for-each-ref")
    assert call(repo, *muse, "diff", "HEAD~1")
    call(repo, *muse, "verify")
    call(repo, "git", "fsck", "--strict")
    assert call(repo, "git", "status", "--porcelain") == ""
