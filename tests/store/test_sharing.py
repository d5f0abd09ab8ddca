"""`core.sharedRepository`: what Muse writes has the permissions that Git gives to what it writes itself."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from muse.cli.main import main
from muse.core.io import write_text_atomic
from muse.core.sharing import _known, bits
from tests.conftest import MakeRepo, RunGit
from tests.session.kit import added, append

VALUES = ("group", "true", "1", "all", "world", "2", "umask", "false", "0", "0640", "0660", "0600", "0664")
SONG = (Path(__file__).parents[2] / "fixtures" / "midi" / "menuet.mid").read_bytes()


@pytest.fixture(params=[0o077, 0o022, 0o002], ids=["umask077", "umask022", "umask002"])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def mode(path: Path) -> str:
    return f"{stat.S_IMODE(path.stat().st_mode):o}"


@pytest.mark.parametrize("value", VALUES)
def test_a_file_and_its_folder_are_as_git_makes_them(make_repo: MakeRepo, git: RunGit, value: str, umask: int) -> None:
    root = make_repo(files={"a": "1\n"})
    git(root, "config", "core.sharedRepository", value)
    git(root, "update-ref", "refs/tags/new/tag", "HEAD")
    _known.clear()
    write_text_atomic(root / ".git" / "muse" / "new" / "file", "x")
    tag, ours = root / ".git/refs/tags/new/tag", root / ".git/muse/new/file"
    assert (mode(ours), mode(ours.parent)) == (mode(tag), mode(tag.parent))
    write_text_atomic(root / "sub" / "b", "x")
    assert mode(root / "sub" / "b") == f"{0o666 & ~umask:o}", "a file of the work tree is nobody's concern"


def use(root: Path, git: RunGit, tag: str, muse: Callable[..., None]) -> None:
    """What leaves files in the Git directory: set-up, commits, sessions, looking at history, a conflict, sync."""
    (root / f"{tag}.mid").write_bytes(SONG)
    muse("install")
    muse("commit", "-q", "-m", f"{tag}: one song")
    muse("session", "start", tag)
    (told,) = append(root, tag, {"op": added(f"{tag}-new.txt", tag.encode())})
    assert "ack" in told
    muse("session", "commit", tag, "-m", f"{tag}: from a session")
    muse("log")
    git(root, "checkout", "-q", "-b", f"{tag}-topic")
    for branch, text in ((f"{tag}-topic", "theirs"), ("main", "ours")):
        git(root, "checkout", "-q", branch)
        (root / "a.py").write_text(f"def f():\n    return '{tag} {text}'\n")
        git(root, "commit", "-qam", f"{tag}: {text}")
    done = subprocess.run(["git", "merge", "-q", f"{tag}-topic"], cwd=root, capture_output=True)
    assert done.returncode == 1, done
    assert list((root / ".git/muse/conflicts").iterdir())
    muse("resolve", "--ours", "a.py")
    git(root, "commit", "-qm", f"{tag}: settled")
    muse("sync", "origin")


def in_process(*words: str) -> None:
    assert main(list(words)) == 0, words


def test_nothing_is_kept_from_the_group(
    make_repo: MakeRepo, git: RunGit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = shared(make_repo, git, tmp_path)
    monkeypatch.chdir(root)
    known = {*(root / ".git").rglob("*")}
    before = os.umask(0o077)
    try:
        use(root, git, "one", in_process)
    finally:
        os.umask(before)
    made = [*{*(root / ".git").rglob("*")} - known, *(tmp_path / "hub.git").rglob("*")]
    assert len(made) > 100
    kept = [f"{mode(path)} {path}" for path in made if not path.is_symlink() and not _for_the_group(path)]
    assert sorted(kept) == []


def shared(make_repo: MakeRepo, git: RunGit, folder: Path) -> Path:
    """A repository whose Git directory and server are a group's."""
    root = make_repo(files={"a.py": "def f():\n    return 1\n"})
    git(folder, "init", "-q", "--bare", "--shared=group", "hub.git")
    git(root, "remote", "add", "origin", str(folder / "hub.git"))
    git(root, "config", "core.sharedRepository", "group")
    return root


def _for_the_group(path: Path) -> bool:
    bits = stat.S_IMODE(path.stat().st_mode)
    if path.is_dir():
        return bits & 0o2070 == 0o2070
    return bool(bits & 0o040) and (bool(bits & 0o020) or not bits & 0o200)


@pytest.mark.parametrize("value", ["nonsense", "0060", "9"])
def test_what_git_refuses_shares_nothing(value: str) -> None:
    assert bits(value) == 0
