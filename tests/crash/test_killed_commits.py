"""Commits killed at every step: whatever was written, `git fsck` accepts it, and the same commit again goes through.

A step is a file of an object opened, synced or named, a folder synced, or a git command begun; SIGKILL comes before it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from muse.engine.worktree.commit import PACK_FROM
from muse.store.objects import disk
from tests.conftest import MakeRepo, RunGit

DIE_AT = """
import os, signal, sys
from muse.store import repository
from muse.store.objects import disk
last, steps = int(sys.argv[1]), 0

def counted(real):
    def call(*args, **kwargs):
        global steps
        steps += 1
        if steps == last:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **kwargs)
    return call

disk.GitFile = counted(disk.GitFile)
disk.sync_file, disk.fsync_dir = counted(disk.sync_file), counted(disk.fsync_dir)
disk.write_pack_index = counted(disk.write_pack_index)
os.replace, os.link, os.unlink = counted(os.replace), counted(os.link), counted(os.unlink)
repository._run = counted(repository._run)
from muse.cli.main import main
sys.exit(main(sys.argv[2:]))
"""


def killed_at(root: Path, step: int, *words: str) -> bool:
    """Run a command that dies before that step; False when it came to its end first."""
    command = [sys.executable, "-c", DIE_AT, str(step), *words]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=120)
    assert done.returncode in (0, -signal.SIGKILL), (step, done.stderr)
    return done.returncode != 0


def work(root: Path, count: int, step: int) -> dict[str, bytes]:
    """Something to commit: an edited file, new ones, other ones at every step, and one that is gone."""
    (root / f"new{step - 1}-0").unlink(missing_ok=True)
    files = {f"new{step}-{n}": os.urandom(40) for n in range(count)} | {"a": b"%d\n" % step}
    for name, data in files.items():
        (root / name).write_bytes(data)
    return files


@pytest.mark.soak
@pytest.mark.parametrize("sha256", [False, True], ids=["sha1", "sha256"])
@pytest.mark.parametrize("count", [3, PACK_FROM])
def test_a_commit_killed_at_every_step(make_repo: MakeRepo, git: RunGit, count: int, sha256: bool) -> None:
    root = make_repo(files={"a": "0\n", "b": "0\n"}, sha256=sha256)
    step, going = 0, True
    while going:
        step += 1
        files = work(root, count, step)
        before = git(root, "rev-parse", "HEAD")
        going = killed_at(root, step, "commit", "-q", "-m", f"step {step}")
        assert git(root, "fsck", "--strict", "--no-dangling") == "", step
        made = git(root, "rev-parse", "HEAD") != before
        if not made:
            done = subprocess.run(
                [sys.executable, "-m", "muse.cli", "commit", "-q", "-m", "again"], cwd=root, capture_output=True
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
