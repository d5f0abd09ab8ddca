"""What killed processes leave among the temporary files: the next merge or `muse gc` takes it away, and only that."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from muse.core import leftovers
from tests.conftest import MakeRepo, RunGit

TEXT = "one\ntwo\nthree\nfour\nfive\nsix\nseven\n"
HELD = """
import os, signal, sys
from muse.engine.merge import {module} as at
def die(*args, **named):
    os.kill(os.getpid(), signal.SIGKILL)
at.{name} = die
from muse.cli.main import main
sys.exit(main(["merge", "topic"]))
"""


@pytest.fixture
def passing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files, of this test alone."""
    folder = tmp_path / "passing"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return folder


@pytest.fixture
def forked(make_repo: MakeRepo, git: RunGit) -> Path:
    root = make_repo(files={"a.py": TEXT})
    for branch, old, new in (("topic", "one", "ONE"), ("main", "seven", "SEVEN")):
        git(root, "switch", "-q", *["-c"] * (branch == "topic"), branch)
        (root / "a.py").write_text(TEXT.replace(old, new))
        git(root, "commit", "-qam", branch)
    return root


def long_ago(path: Path) -> None:
    then = time.time() - leftovers.OLD - 60
    os.utime(path, (then, then), follow_symlinks=False)


@pytest.mark.needs_git(2, 38, "git merge-tree --write-tree")
@pytest.mark.parametrize(("module", "name"), [("git_trees", "_configuration"), ("worktree", "attended")])
def test_a_killed_merge_is_cleared_up_by_the_next(forked: Path, passing: Path, module: str, name: str) -> None:
    died = [sys.executable, "-c", HELD.format(module=module, name=name)]
    assert subprocess.run(died, cwd=forked, capture_output=True).returncode == -signal.SIGKILL
    left = [path for path in passing.iterdir() if path.name.startswith("muse-")]
    assert left, "it left nothing: the test is about another place now"
    again = [sys.executable, "-m", "muse.cli", "merge", "--dry-run", "topic"]
    subprocess.run(again, cwd=forked, check=True, capture_output=True)
    assert all(path.exists() for path in left), "its process may run where we cannot see it"
    for path in left:
        long_ago(path)
    subprocess.run(again, cwd=forked, check=True, capture_output=True)
    assert not any(path.exists() for path in left)


def test_only_what_is_ours_and_old_goes(passing: Path, tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    kept = tmp_path / "kept"
    (kept / "inner").mkdir(parents=True)
    (kept / "inner" / "file").write_text("mine")
    names = [f"muse-merge-{gone.pid}-a", f"muse-strategy-{os.getpid()}-b", f"muse-other-{gone.pid}-c", "muse-merge-x"]
    for name in names:
        (passing / name).mkdir()
        (passing / name / "file").write_text("x")
    (passing / names[0] / "link").symlink_to(kept)
    (passing / f"muse-merge-{gone.pid}-link").symlink_to(kept)
    (passing / f"muse-merge-{gone.pid}-file").write_text("x")
    (passing / f"muse-objects-{gone.pid}-new").mkdir()
    for path in passing.iterdir():
        if not path.name.endswith("-new"):
            long_ago(path)
    before = {path.name for path in passing.iterdir()}
    assert leftovers.sweep_temporary() == [names[0]]
    assert {path.name for path in passing.iterdir()} == before - {names[0]}
    assert (kept / "inner" / "file").read_text() == "mine"
    if os.geteuid() == 0:
        other = passing / f"muse-bundle-{gone.pid}-d"
        other.mkdir()
        os.chown(other, 65534, 65534)
        long_ago(other)
        assert leftovers.sweep_temporary() == [] and other.exists()


@pytest.mark.parametrize("torn", [b"", b"\0" * 41])
@pytest.mark.parametrize("flag", ["-q", "--no-ff"])
def test_an_orig_head_that_a_power_cut_left_empty(forked: Path, git: RunGit, torn: bytes, flag: str) -> None:
    """Plain Git writes it unsynced, and refused every merge from then on."""
    (forked / ".git" / "ORIG_HEAD").write_bytes(torn)
    words = [sys.executable, "-m", "muse.cli", "merge", flag, "topic"]
    assert subprocess.run(words, cwd=forked, capture_output=True).returncode == 0
    assert (forked / "a.py").read_text() == TEXT.replace("one", "ONE").replace("seven", "SEVEN")
    assert git(forked, "rev-parse", "HEAD^2") == git(forked, "rev-parse", "topic")
