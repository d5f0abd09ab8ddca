"""Commits killed at every step: whatever was written, `git fsck` accepts it, and the same commit again goes through.

A step is a file of an object opened, synced or named, a folder synced, or a git command begun; SIGKILL comes before it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from muse.engine.worktree.commit import PACK_FROM
from muse.store.objects import disk
from tests.conftest import MakeRepo, RunGit
from tests.crash.dying import killed_at

COMMIT = """
os.link, os.unlink = counted(os.link), counted(os.unlink)
repository._run = counted(repository._run)
from muse.cli.main import main
sys.exit(main(["commit", "-q", "-m", "x"]))
"""


def work(root: Path, count: int, step: int) -> dict[str, bytes]:
    """Something to commit: an edited file, new ones, other ones at every step, and one that is gone."""
    (root / f"new{step - 1}-0").unlink(missing_ok=True)
    files = {f"new{step}-{n}": os.urandom(40) for n in range(count)} | {"a": b"%d\n" % step}
    for name, data in files.items():
        (root / name).write_bytes(data)
    return files


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("sha256", [False, True], ids=["sha1", "sha256"])
@pytest.mark.parametrize("count", [3, PACK_FROM])
def test_a_commit_killed_at_every_step(make_repo: MakeRepo, git: RunGit, count: int, sha256: bool) -> None:
    root = make_repo(files={"a": "0\n", "b": "0\n"}, sha256=sha256)
    step, going = 0, True
    while going:
        step += 1
        files = work(root, count, step)
        before = git(root, "rev-parse", "HEAD")
        going = killed_at(step, COMMIT, root)
        assert git(root, "fsck", "--strict", "--no-dangling") == "", step
        made = git(root, "rev-parse", "HEAD") != before
        if not made:
            done = subprocess.run(
                [sys.executable, "-m", "muse.cli", "commit", "-q", "-m", "again"],
                cwd=root,
                capture_output=True,
                timeout=120,
            )
            assert done.returncode == 0, (step, done.stderr)
        assert git(root, "status", "--porcelain") == "", step
        assert git(root, "rev-parse", "HEAD^") == before
        for name, data in files.items():
            if name.endswith("-0") or name == "a":
                assert subprocess.check_output(["git", "cat-file", "blob", f"HEAD:{name}"], cwd=root) == data
        assert [each.name for each in (root / ".git").glob("muse-index-*")] == [] or made
    print(f"{step} steps")
    assert step > 12
    git(root, "gc", "-q", "--prune=now")
    left = [name for _, _, names in os.walk(root / ".git") for name in names if "tmp_" in name or name == "index.lock"]
    assert left == []
    assert disk.LOOSE_LIMIT < PACK_FROM, "both ways of writing were killed"
