"""`git gc --prune=now` without a pause beside whoever commits: it takes away what no ref names yet.

Git's own commits break there sooner or later. Ours have to last as long: each kind is tried in a repository of its own,
and counted are the commits that were made and are whole. Session commits do not, and are printed: what they make is
named by an index of their own until the commit is there, of which `git gc` does not know.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import MakeRepo

ROUNDS = int(os.environ.get("MUSE_GC_ROUNDS", "3"))
MOST = 60  # commits of one round
MUSE = [sys.executable, "-m", "muse.cli"]
Run = Callable[..., bool]


@contextmanager
def clearing(root: Path) -> Iterator[None]:
    """A repository that is cleared up all the time."""
    loop = subprocess.Popen(
        ["sh", "-c", "while :; do git gc -q --prune=now; done"],
        cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        yield
    finally:
        os.killpg(loop.pid, signal.SIGKILL)
        loop.wait()


def did(root: Path, *words: str, input: str = "") -> bool:
    done = subprocess.run(words, cwd=root, input=input, capture_output=True, text=True, check=False, timeout=120)
    return done.returncode == 0


def by_git(root: Path, number: int) -> bool:
    (root / f"f{number}.txt").write_text(f"{number}\n")
    return did(root, "git", "add", "-A") and did(root, "git", "commit", "-q", "-m", f"{number}")


def by_muse(root: Path, number: int) -> bool:
    (root / f"f{number}.txt").write_text(f"{number}\n")
    return did(root, *MUSE, "commit", "-q", "-m", f"{number}")


def by_session(root: Path, number: int) -> bool:
    op = json.dumps({"op": {"op": "insert", "address": f"f{number}.txt", "content": f"{number}\n"}}) + "\n"
    return did(root, *MUSE, "session", "append", "--create", "jam", input=op) and did(
        root, *MUSE, "session", "commit", "jam", "-m", f"{number}"
    )


def lasted(root: Path, commit: Callable[[Path, int], bool]) -> int:
    """How many commits are made and whole before one is refused, or has lost an object."""
    with clearing(root):
        for number in range(MOST):
            if not commit(root, number) or not did(root, "git", "rev-list", "--objects", "--quiet", "--all"):
                return number
    return MOST


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_commits_last_as_long_as_gits_own(make_repo: MakeRepo) -> None:
    kinds = {"git": by_git, "muse commit": by_muse, "muse session commit": by_session}
    counts: dict[str, list[int]] = {name: [] for name in kinds}
    for number in range(ROUNDS):
        for name, commit in kinds.items():
            counts[name].append(lasted(make_repo(f"{name.replace(' ', '-')}{number}", {"a.txt": "a\n"}), commit))
    print("; ".join(f"{name}: {found}" for name, found in counts.items()))
    least = sum(counts["git"]) * 0.8  # who breaks first is chance
    assert sum(counts["muse commit"]) >= least, counts
