"""What the stories of delivery share: a person who commits with Git, and agents who append to a session."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.session.kit import added, append, changed, removed

ONE = b"def first():\n    return 1\n\n\ndef second():\n    return 2\n\n\ndef third():\n    return 3\n"
WORDS = b"one\ntwo\nthree\nfour\nfive\nsix\nseven\n"


def muse(root: Path, *words: str, code: int | None = 0, env: dict[str, str] | None = None) -> str:
    """Run muse as a stranger would; standard output and error together."""
    done = subprocess.run(
        [sys.executable, "-m", "muse.cli", *words],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, **(env or {})},
    )
    said = done.stdout.decode()
    assert code is None or done.returncode == code, said
    assert "Traceback" not in said, said
    return said


def symbol(path: str, name: str, text: str) -> dict[str, Any]:
    """An agent gives a function its new text."""
    return {
        "op": "replace",
        "address": f"{path}::{name}",
        "position": None,
        "old_content_id": "",
        "new_content_id": "",
        "old_summary": "",
        "new_summary": "",
        "content": text.rstrip("\n"),
    }


def agent(root: Path, *ops: dict[str, Any], name: str = "jam", actor: str = "bot", check: bool = True) -> None:
    """Append ops; every one is acknowledged. `check=False` takes also what does not fit the files here."""
    words = () if check else ("--no-check",)
    answers = append(root, name, *({"op": op, "actor": actor} for op in ops), args=words)
    assert all("ack" in answer for answer in answers), answers


def write(root: Path, path: str, data: bytes) -> None:
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)


def read(root: Path, path: str, rev: str = "HEAD") -> bytes | None:
    """A file of a commit; None where it is not there."""
    done = subprocess.run(["git", "show", f"{rev}:{path}"], cwd=root, capture_output=True)
    return done.stdout if done.returncode == 0 else None


def pending(root: Path) -> int:
    return int(json.loads(muse(root, "session", "status", "jam", "--json"))["uncommitted"])


def delivered_once(root: Path, git: Callable[..., str]) -> None:
    assert git(root, "status", "--porcelain") == "" and pending(root) == 0
    head = git(root, "rev-parse", "HEAD")
    assert "nothing to commit" in muse(root, "session", "commit", "jam")
    assert git(root, "rev-parse", "HEAD") == head


__all__ = [
    "ONE",
    "WORDS",
    "added",
    "agent",
    "changed",
    "delivered_once",
    "muse",
    "pending",
    "read",
    "removed",
    "symbol",
    "write",
]
