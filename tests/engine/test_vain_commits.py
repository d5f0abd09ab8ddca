"""A commit that comes to nothing leaves the index as it was: refused by a hook, on a full disk, killed half way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from muse.core.errors import MuseError
from muse.engine.worktree import commit as room
from muse.engine.worktree.commit import PACK_FROM, commit
from muse.plugins.registry import plugin_for_path
from muse.store.repository import Repository
from tests.conftest import MakeRepo, RunGit

FILES = {f"old{n}": f"{n}\n" for n in range(3)}


def edit(root: Path, count: int = 2) -> None:
    """Work that `muse commit` takes: an edited file, a deleted one, new ones."""
    (root / "old0").write_text("edited\n")
    (root / "old1").unlink()
    for n in range(count):
        (root / f"new{n}").write_bytes(os.urandom(500))


def state(root: Path, git: RunGit) -> tuple[str, str, list[str]]:
    left = [path.name for path in (root / ".git").iterdir() if path.name.startswith("muse-index-")]
    return git(root, "rev-parse", "HEAD"), git(root, "ls-files", "--stage"), left


def again(root: Path, git: RunGit) -> None:
    """The same commit once more goes through, and nothing is left to commit."""
    assert commit(Repository(root), ["-q", "-m", "again"], plugin_for_path) == (0, "")
    assert git(root, "status", "--porcelain") == "" and git(root, "log", "-1", "--format=%s") == "again"


@pytest.fixture
def root(make_repo: MakeRepo, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = make_repo(files=FILES)
    monkeypatch.chdir(made)
    return made


@pytest.mark.parametrize(("count", "split"), [(2, False), (PACK_FROM, False), (2, True)])
def test_a_hook_that_refuses(root: Path, git: RunGit, count: int, split: bool) -> None:
    if split:
        git(root, "config", "splitIndex.maxPercentChange", "0")  # a new shared part at every write
        git(root, "update-index", "--split-index")
    edit(root, count)
    before = state(root, git)
    hook = root / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\ngit diff --cached --quiet && exit 0\nexit 1\n")
    hook.chmod(0o755)
    assert commit(Repository(root), ["-q", "-m", "x"], plugin_for_path)[0] == 1
    assert state(root, git) == before
    hook.unlink()
    again(root, git)


def test_what_somebody_else_stages_meanwhile_stays(root: Path, git: RunGit, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(root)

    def refused(*words: object, **more: object) -> int:
        git(root, "add", "old0")
        return 1

    monkeypatch.setattr(room, "attended", refused)
    before = state(root, git)
    assert commit(Repository(root), ["-q", "-m", "x"], plugin_for_path)[0] == 1
    rows = state(root, git)[1].splitlines()
    assert [row.split("\t")[1] for row in rows] == ["old0", "old1", "old2"]
    assert len({*rows} - {*before[1].splitlines()}) == 1


KILLED = """
import os, signal, sys
from muse.engine.worktree import commit as room, direct
from muse.plugins.registry import plugin_for_path
from muse.store import refs
from muse.store.repository import Repository

def die(*words, **more):
    os.kill(os.getpid(), signal.SIGKILL)

if sys.argv[2] == "commit":
    room.attended = die
else:
    refs.update = die
room.commit(Repository(sys.argv[1]), ["-q", "-m", "x"], plugin_for_path)
"""


@pytest.mark.parametrize(("where", "count"), [("commit", 2), ("ref", PACK_FROM)])
def test_killed_between_index_and_commit(root: Path, git: RunGit, where: str, count: int) -> None:
    edit(root, count)
    done = subprocess.run([sys.executable, "-c", KILLED, str(root), where], capture_output=True, timeout=60)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert len(state(root, git)[2]) == 1, "what the index was is kept"
    again(root, git)
    assert state(root, git)[2] == []


def test_what_was_staged_by_hand_after_a_kill_is_not_taken_back(root: Path, git: RunGit) -> None:
    edit(root)
    subprocess.run([sys.executable, "-c", KILLED, str(root), "commit"], capture_output=True, timeout=60)
    git(root, "add", "old0")
    (root / "old0").write_text("edited once more\n")
    with pytest.raises(MuseError, match="partly staged"):
        commit(Repository(root), ["-q", "-m", "x"], plugin_for_path)
    assert git(root, "cat-file", "blob", ":old0") == "edited"


def test_what_was_forced_in_by_hand_after_a_kill_is_not_taken_back(root: Path, git: RunGit) -> None:
    """An ignored file is nothing a commit stages by itself: it would be left out of the next one, without a word."""
    (root / ".git" / "info" / "exclude").write_text("*.log\n")
    edit(root)
    (root / "old0").write_text("0\n")
    git(root, "checkout", "-q", "old1")
    subprocess.run([sys.executable, "-c", KILLED, str(root), "commit"], capture_output=True, timeout=60)
    (root / "kept.log").write_text("by hand\n")
    git(root, "add", "-f", "kept.log")
    again(root, git)
    assert git(root, "show", "HEAD:kept.log") == "by hand"


def test_a_kept_index_that_cannot_be_read_is_not_put_back(root: Path, git: RunGit) -> None:
    edit(root)
    subprocess.run([sys.executable, "-c", KILLED, str(root), "commit"], capture_output=True, timeout=60)
    git(root, "add", "-A")
    (kept,) = (root / ".git").glob("muse-index-*")
    kept.unlink()  # a second name of the first index: its bytes are not to be touched
    kept.write_bytes(b"DIRC of another time")
    again(root, git)
    assert set(git(root, "ls-files").split()) == {"old0", "old2", "new0", "new1"}


@pytest.fixture
def small(tmp_path: Path, git: RunGit, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], Path]]:
    """A work tree whose Git directory is on a disk with so many bytes to spare."""
    disk, made = tmp_path / "disk", tmp_path / "tree"
    disk.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)]
    mounted = subprocess.run(words, capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"a full disk needs the right to mount one: {mounted.stderr.strip()}")
    git(tmp_path, "init", "-q", "--separate-git-dir", str(disk / "git"), str(made))
    for name, text in FILES.items():
        (made / name).write_text(text)
    git(made, "add", "-A")
    git(made, "commit", "-qm", "first")
    monkeypatch.chdir(made)

    def fill(spare: int) -> Path:
        with open(disk / "filler", "wb") as file:
            file.write(bytes(max(0, os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize - spare)))
        return made

    yield fill
    subprocess.run(["umount", "-l", str(disk)], capture_output=True)


@pytest.mark.parametrize("spare", [0, 8 << 10, 16 << 10, 24 << 10, 32 << 10, 40 << 10])
def test_a_full_disk(small: Callable[[int], Path], git: RunGit, tmp_path: Path, spare: int) -> None:
    root = small(spare)
    edit(root)
    head, rows = git(root, "rev-parse", "HEAD"), git(root, "ls-files", "--stage")
    try:
        code, _ = commit(Repository(root), ["-q", "-m", "x"], plugin_for_path)
    except MuseError as error:
        code = 1
        assert "No space left" in str(error) or "diskspace" in str(error)
    (tmp_path / "disk" / "filler").unlink()
    git(root, "fsck", "--strict", "--no-dangling")
    if code:
        assert (git(root, "rev-parse", "HEAD"), git(root, "ls-files", "--stage")) == (head, rows)
        again(root, git)
    else:
        assert git(root, "status", "--porcelain") == "" and git(root, "rev-parse", "HEAD^") == head


@pytest.mark.parametrize("call", ["link", "replace"])
def test_a_disk_on_which_nothing_can_be_given_back(
    root: Path, git: RunGit, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """The commit is in vain, and so is giving the index back: no lock is left, and the next commit goes through."""
    edit(root)
    real = getattr(os, call)

    def failing(source: str, target: str, *rest: object) -> None:
        if os.fspath(target).endswith(("index.lock", "/index")):
            raise OSError(28, "No space left on device")
        real(source, target, *rest)

    def full(*words: object, **named: object) -> int:
        return 128

    with monkeypatch.context() as patch:
        patch.setattr(os, call, failing)
        patch.setattr(room, "attended", full)
        assert commit(Repository(root), ["-q", "-m", "vain"], plugin_for_path)[0] == 128
    assert not (root / ".git" / "index.lock").exists()
    kept = next((root / ".git").glob("muse-index-*"))
    kept.rename(kept.with_name(f"muse-index-{2**22 + 1}-{kept.name.rpartition('-')[2]}"))  # of a process that is gone
    again(root, git)
