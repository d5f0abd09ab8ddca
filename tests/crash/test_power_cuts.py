"""Power cuts: what a verb answered for is there after the disk has lost everything that was not synced.

An ext4 image is mounted and shut down by ioctl without flushing its journal, which is what a power cut leaves. Where
that is not allowed, the test says so. MUSE_POWER_CUTS=150 makes `make soak` of it.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import struct
import subprocess
import sys

import pytest

CYCLES = int(os.environ.get("MUSE_POWER_CUTS", "4"))
_SHUTDOWN = 0x8004587D  # EXT4_IOC_SHUTDOWN: _IOR('X', 125, __u32)
_NO_LOG_FLUSH = 2
X = f"sha256:{hashlib.sha256(b'x').hexdigest()}"


class Disk:
    """An ext4 file system in a file, whose power can be cut."""

    def __init__(self, image, place):
        self.image, self.place = image, place
        with open(image, "wb") as file:
            file.truncate(96 << 20)
        self._run("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", str(image))
        place.mkdir()
        self.on()

    @staticmethod
    def _run(*words):
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode:
            raise OSError(f"{words[0]}: {done.stderr.strip()}")

    def on(self):
        self._run("mount", "-o", "loop,data=ordered,commit=300", str(self.image), str(self.place))

    def cut(self):
        """Lose what is not on the medium, and start again from there."""
        folder = os.open(self.place, os.O_RDONLY)
        try:
            fcntl.ioctl(folder, _SHUTDOWN, struct.pack("I", _NO_LOG_FLUSH))
        finally:
            os.close(folder)
        self._run("umount", str(self.place))
        self.on()

    def off(self):
        subprocess.run(["umount", str(self.place)], capture_output=True, check=False)


@pytest.fixture
def disk(tmp_path):
    made = None
    try:
        made = Disk(tmp_path / "image", tmp_path / "disk")
        made.cut()
    except OSError as error:
        if made is not None:
            made.off()
        pytest.skip(f"power cuts need root, loop devices and ext4: {error}")
    yield made
    made.off()


@pytest.fixture
def muse(git_env):
    def run(where, *words, input=""):
        return subprocess.run(
            [sys.executable, "-m", "muse.cli", *words],
            cwd=where, env=git_env, input=input, capture_output=True, text=True, check=False,
        )  # fmt: skip

    return run


def sound(where, git_env, expected):
    """HEAD is the commit that was answered for, and Git finds everything it names."""
    run = {"cwd": where, "env": git_env, "capture_output": True, "text": True}
    assert subprocess.run(["git", "rev-parse", "HEAD"], **run).stdout.strip() == expected
    done = subprocess.run(["git", "fsck", "--full", "--strict", "--no-dangling"], **run)
    assert done.returncode == 0, done.stdout + done.stderr
    status = subprocess.run(["git", "status", "--porcelain"], **run)
    assert status.returncode == 0, status.stderr  # the index can be read


def head(where, git_env):
    words = ["git", "rev-parse", "HEAD"]
    return subprocess.run(words, cwd=where, env=git_env, capture_output=True, text=True, check=True).stdout.strip()


def test_a_commit_that_was_answered_for_is_there(disk, muse, git_env):
    repo = disk.place / "repo"
    subprocess.run(["git", "init", "-q", str(repo)], env=git_env, check=True)
    os.sync()
    for number in range(CYCLES):
        (repo / "a.py").write_text(f"def f():\n    return {number}\n")
        (repo / f"new{number}.txt").write_text(f"{number}\n")
        done = muse(repo, "commit", "-q", "-m", f"number {number}")
        assert done.returncode == 0, done.stderr
        expected = head(repo, git_env)
        disk.cut()
        sound(repo, git_env, expected)
        subprocess.run(["git", "reset", "-q", "--hard"], cwd=repo, env=git_env, check=True)


def test_a_session_commit_and_its_durable_ops_are_there(disk, muse, git_env):
    repo = disk.place / "repo"
    subprocess.run(["git", "init", "-q", str(repo)], env=git_env, check=True)
    (repo / "a.txt").write_text("0\n")
    os.sync()  # what `git init` wrote is not ours
    assert muse(repo, "commit", "-q", "-m", "first").returncode == 0
    for number in range(CYCLES):
        op = {
            "op": "insert", "address": f"f{number}.txt", "position": None, "content_id": X,
            "content_summary": "x", "content_b64": "eA==",
        }  # fmt: skip
        done = muse(
            repo, "session", "append", "--create", "live", "--level", "durable", input=json.dumps({"op": op}) + "\n"
        )
        assert done.returncode == 0, done.stdout + done.stderr
        acked = json.loads(done.stdout)["ack"]
        if number % 2:  # before the commit: the op is there, and a commit still can be made
            disk.cut()
            listed = muse(repo, "session", "show", "live", "--json")
            assert acked in listed.stdout, listed.stderr
        done = muse(repo, "session", "commit", "live", "-m", f"number {number}")
        assert done.returncode == 0, done.stdout + done.stderr
        expected = head(repo, git_env)
        disk.cut()
        sound(repo, git_env, expected)
        subprocess.run(["git", "checkout", "-q", "--", "."], cwd=repo, env=git_env, check=True)


def test_a_merge_that_was_answered_for_is_there(disk, muse, git_env):
    repo = disk.place / "repo"

    def git(*words):
        subprocess.run(["git", *words], cwd=repo, env=git_env, check=True, capture_output=True)

    subprocess.run(["git", "init", "-q", str(repo)], env=git_env, check=True)
    (repo / "a.py").write_text("def f():\n    return 0\n\n\ndef g():\n    return 0\n")
    git("add", "-A")
    git("commit", "-q", "-m", "first")
    for number in range(CYCLES):
        git("switch", "-q", "-c", f"side{number}")
        (repo / f"side{number}.txt").write_text("x\n")
        git("add", "-A")
        git("commit", "-q", "-m", "side")
        git("switch", "-q", "main")
        (repo / f"main{number}.txt").write_text("x\n")
        git("add", "-A")
        git("commit", "-q", "-m", "main")
        os.sync()
        done = muse(repo, "merge", "-q", f"side{number}")
        assert done.returncode == 0, done.stderr
        expected = head(repo, git_env)
        disk.cut()
        sound(repo, git_env, expected)
        git("reset", "-q", "--hard")
