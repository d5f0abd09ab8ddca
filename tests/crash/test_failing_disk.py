"""A disk that is full or fails at any one call of a verb and of every git below it: sound afterwards, and told.

A shim written in C (LD_PRELOAD) counts what all processes of a verb do to files of the repository, and lets the n-th
call fail: `write`, `fsync`, `rename`, `link`, `open` for writing and the like. A full disk stays full until the verb
has ended. `make soak` tries ten of them for each verb, `MUSE_DISK_CASES=100000` every one.
"""

from __future__ import annotations

import errno
import json
import mmap
import os
import random
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_name("failing_disk.c")
MUSE = [sys.executable, "-m", "muse.cli"]
MOST = int(os.environ.get("MUSE_DISK_CASES", "10"))  # read here: no test sees what the user has set
SEED = int(os.environ.get("MUSE_SOAK_SEED", "16"))
OPS = "".join(
    json.dumps({"op": {"op": "insert", "address": f"f{n}.txt", "content": f"{n}\n"}}) + "\n" for n in range(3)
)
TEXT = "one\ntwo\nthree\nfour\nfive\nsix\nseven\n"


@pytest.fixture(scope="module")
def shim(tmp_path_factory):
    made = tmp_path_factory.mktemp("shim") / "failing_disk.so"
    if not sys.platform.startswith("linux") or shutil.which("cc") is None:
        pytest.skip("a shim for LD_PRELOAD needs Linux and a C compiler (cc)")
    done = subprocess.run(
        ["cc", "-shared", "-fPIC", "-O1", "-o", made, SOURCE, "-ldl"], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"the shim cannot be compiled here: {done.stderr.strip()[:200]}")
    return made


class Disk:
    """Runs verbs in copies of a repository, with one call failing."""

    def __init__(self, shim, folder, git):
        self.shim, self.folder, self.git = shim, folder, git
        self.counter = folder / "counter"

    def run(self, root, words, at=0, code=0, input=""):
        """(what it said, calls it made); the `at`-th call fails with `code`."""
        self.counter.write_bytes(b"\0" * 8)
        env = {
            **os.environ, "LD_PRELOAD": str(self.shim), "FAULT_COUNTER": str(self.counter), "FAULT_AT": str(at),
            "FAULT_ERRNO": str(code), "FAULT_STAYS": str(int(code == errno.ENOSPC)), "FAULT_ROOT": str(root.resolve()),
        }  # fmt: skip
        done = subprocess.run(
            [*MUSE, *words], cwd=root, env=env, input=input, capture_output=True, text=True, check=False, timeout=120
        )
        with self.counter.open("r+b") as file, mmap.mmap(file.fileno(), 8) as shared:
            return done, struct.unpack("q", shared[:8])[0]

    def copy(self, root):
        """A fresh copy of the repository and of the remote beside it."""
        place = self.folder / "copy"
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(root.parent, place, symlinks=True)
        return place / root.name


@pytest.fixture
def disk(shim, tmp_path, git):
    return Disk(shim, tmp_path, git)


@pytest.fixture
def prepared(tmp_path, git, git_env):
    """A repository with a remote, two branches, a session with ops, and an edit on disk."""
    home = tmp_path / "prepared"
    root = home / "repo"
    home.mkdir()
    git(home, "init", "-q", "--bare", "server.git")
    git(home, "init", "-q", "repo")
    git(root, "remote", "add", "origin", "../server.git")

    def commit(message, **files):
        for name, text in files.items():
            (root / f"{name}.txt").write_text(text)
        git(root, "add", "-A")
        git(root, "commit", "-q", "-m", message)

    commit("first", a=TEXT, b=TEXT)
    git(root, "push", "-q", "-u", "origin", "main")
    git(root, "switch", "-q", "-c", "topic")
    commit("theirs", a=TEXT.replace("one", "ONE"), c="c\n")
    git(root, "switch", "-q", "main")
    commit("ours", a=TEXT.replace("seven", "SEVEN"))
    return root


def _muse(root, *words, input=""):
    done = subprocess.run([*MUSE, *words], cwd=root, input=input, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done


def _edited(root):
    (root / "a.txt").write_text(TEXT + "more\n")
    (root / "new.txt").write_text("new\n")


def _with_ops(root):
    _muse(root, "session", "append", "--create", "jam", input=OPS)


def _both(root):
    _with_ops(root)
    _edited(root)


def _is_committed(root, git):
    assert git(root, "show", "HEAD:a.txt") == TEXT + "more" and git(root, "show", "HEAD:new.txt") == "new"
    assert git(root, "status", "--porcelain") == ""


def _has_ops(root, git):
    shown = _muse(root, "session", "show", "jam", "--json").stdout
    assert all(f"f{n}.txt" in shown for n in range(3))


def _ops_are_committed(root, git):
    assert [git(root, "show", f"HEAD:f{n}.txt") for n in range(3)] == ["0", "1", "2"]
    assert git(root, "status", "--porcelain") == ""


def _is_merged(root, git):
    assert git(root, "show", "HEAD:a.txt") + "\n" == TEXT.replace("one", "ONE").replace("seven", "SEVEN")
    assert git(root, "rev-parse", "HEAD^2") == git(root, "rev-parse", "topic")
    assert git(root, "status", "--porcelain") == ""


def _is_pushed(root, git):
    assert git(root, "ls-remote", "origin", "refs/heads/main").split()[0] == git(root, "rev-parse", "HEAD")
    assert "refs/muse/log/" in git(root, "ls-remote", "origin")


def _is_installed(root, git):
    assert "muse-merge-driver" in git(root, "config", "merge.muse.driver")
    assert (root / ".git" / "info" / "attributes").read_text().count("# >>> muse install") == 1


VERBS = {
    "commit": (["commit", "-m", "made"], "", _edited, _is_committed),
    "append": (["session", "append", "--create", "jam"], OPS, lambda root: None, _has_ops),
    "session commit": (["session", "commit", "jam", "-m", "made"], "", _with_ops, _ops_are_committed),
    "merge": (["merge", "topic", "-m", "made"], "", lambda root: None, _is_merged),
    "sync": (["sync"], "", _with_ops, _is_pushed),
    "install": (["install"], "", lambda root: None, _is_installed),
}


def _sound(root, git, heads):
    """Git reads everything; HEAD is one of the commits it may be; nothing that was there is gone."""
    fsck = ["git", "fsck", "--full", "--strict", "--no-dangling"]
    done = subprocess.run(fsck, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert git(root, "log", "-1", "--format=%s") in heads
    git(root, "status", "--porcelain")
    git(root, "config", "--list")


def _retry(root, words, input, git):
    """Again, on a disk that works: as somebody would who has read what it said."""
    if words[0] == "merge" and (root / ".git" / "MERGE_HEAD").exists():
        git(root, "merge", "--abort", check=False)
    for lock in (root / ".git").rglob("*.lock"):  # of a git that died: what Git itself tells people to do
        lock.unlink()
    done = subprocess.run([*MUSE, *words], cwd=root, input=input, capture_output=True, text=True, check=False)
    told = done.stdout + done.stderr
    assert done.returncode == 0 or "nothing to commit" in told or "no ops" in told or "Already up to date" in told, told


def _tried(disk, prepared, git, verb, pick):
    words, input, prepare, check = VERBS[verb]
    prepare(prepared)
    whole = disk.copy(prepared)
    done, calls = disk.run(whole, words, input=input)
    assert done.returncode == 0 and calls > 3, (done.stderr, calls)
    check(whole, git)
    cases = [(at, code) for at in range(1, calls + 1) for code in (errno.ENOSPC, errno.EIO)]
    failures = 0
    for at, code in pick(cases):
        root = disk.copy(prepared)
        done, _ = disk.run(root, words, at, code, input=input)
        where = (verb, at, errno.errorcode[code], done.returncode, done.stderr[-500:])
        assert "Traceback" not in done.stderr and "internal error" not in done.stderr, where
        assert done.returncode == 0 or done.stderr.strip() or '"error"' in done.stdout, where
        failures += done.returncode != 0
        try:
            _sound(root, git, {"ours", "made", "first", "Merge branch 'topic'"})
            if done.returncode == 0:
                check(root, git)
            _retry(root, words, input, git)
            _sound(root, git, {"ours", "made", "first", "Merge branch 'topic'"})
            check(root, git)
        except AssertionError as error:
            raise AssertionError(f"{where}: {error}") from None
    print(f"{verb}: {calls} calls, {len(pick(cases))} cases, {failures} of them told as failures")


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("verb", VERBS)
def test_every_call_fails(disk, prepared, git, verb):
    draw = random.Random(SEED)
    _tried(disk, prepared, git, verb, lambda cases: cases if len(cases) <= MOST else sorted(draw.sample(cases, MOST)))
