"""Power cuts: what a verb answered for is there after the disk has lost everything that was not synced.

An ext4 image is mounted and shut down by ioctl without flushing its journal, which is what a power cut leaves. Where
that is not allowed, the test says so. MUSE_POWER_CUTS=150 makes `make soak` of it.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import random
import struct
import subprocess
import sys
import time

import pytest

CYCLES = int(os.environ.get("MUSE_POWER_CUTS", "4"))
SEED = int(os.environ.get("MUSE_SOAK_SEED", "16"))
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
        self._let_go()
        self.on()

    def _let_go(self):
        """Wait until nobody has the image: in another mount namespace it is still mounted, and shut down."""
        ends = time.monotonic() + 300
        while subprocess.run(["losetup", "-j", self.image], capture_output=True, check=True).stdout:
            if time.monotonic() > ends:
                raise OSError(f"another mount namespace holds {self.image}")
            time.sleep(0.05)

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
    found = subprocess.run(["git", "rev-parse", "HEAD"], **run)
    assert found.stdout.strip() == expected, found.stderr
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


class Life:
    """A repository on a disk whose power is cut after any verb has answered, and what it answered for."""

    def __init__(self, disk, muse, git_env):
        self.disk, self.muse, self.env = disk, muse, git_env
        self.repo = disk.place / "repo"
        self.acked, self.number = set(), 0
        for words in (["init", "-q", str(self.repo)], ["init", "-q", "--bare", str(disk.place / "server.git")]):
            subprocess.run(["git", *words], env=git_env, check=True)
        self.git("remote", "add", "origin", str(disk.place / "server.git"))
        self.git("-C", str(disk.place / "server.git"), "config", "core.fsync", "all")  # a server is as its Git is set
        (self.repo / "a.txt").write_text("0\n")
        self.did("commit", "-q", "-m", "first")
        self.did("install")
        os.sync()

    def git(self, *words):
        subprocess.run(["git", *words], cwd=self.repo, env=self.env, check=True, capture_output=True)

    def did(self, *words, input=""):
        done = self.muse(self.repo, *words, input=input)
        assert done.returncode == 0, f"{words}: {(done.stdout + done.stderr)[-600:]!r}"
        return done.stdout

    def append(self, level):
        op = {"op": {"op": "insert", "address": f"op{self.number}.txt", "content": f"{self.number}\n"}}
        said = self.did("session", "append", "--create", "live", "--level", level, input=json.dumps(op) + "\n")
        if level == "durable":
            self.acked.add(json.loads(said)["ack"])

    def commit(self, files=1):
        for number in range(files):
            (self.repo / f"file{self.number}-{number}.txt").write_text(f"{number}\n")
        self.did("commit", "-q", "-m", f"number {self.number}")

    def session_commit(self):
        self.append("durable")
        self.did("session", "commit", "live", "-m", f"number {self.number}")

    def undo(self):
        self.session_commit()
        self.did("session", "undo", "live", "--last", "1")

    def merge(self):
        for branch in (f"side{self.number}", "main"):
            self.git("switch", "-q", *["-c"] * (branch != "main"), branch)
            (self.repo / f"{branch}-{self.number}.txt").write_text("x\n")
            self.git("add", "-A")
            self.git("commit", "-q", "-m", branch)
        os.sync()  # plain Git's commits are as durable as Git makes them
        self.did("merge", "-q", f"side{self.number}")

    def sync(self):
        self.append("durable")
        self.did("sync")

    def archive(self):
        self.append("durable")
        self.did("session", "commit", "live", "-m", f"number {self.number}")
        self.did("gc", "--archive-from", "0", "--prune-archived")

    def verbs(self):
        levels = [lambda level=level: self.append(level) for level in ("buffered", "written", "durable")]
        named = dict(zip(("append buffered", "append written", "append durable"), levels))
        for each in (self.commit, self.session_commit, self.undo, self.merge, self.sync, self.archive):
            named[each.__name__] = each
        return {**named, "commit of 600 files": lambda: self.commit(600)}

    def cut(self):
        """The power goes; afterwards all that was answered for is there, and Git and the session can go on."""
        expected = head(self.repo, self.env)
        self.disk.cut()
        sound(self.repo, self.env, expected)
        self.git("reset", "-q", "--hard")
        self.git("clean", "-q", "-f", "-d")
        if self.acked:
            shown = self.did("session", "show", "live", "--json")
            lost = {name for name in self.acked if name not in shown}
            assert not lost, f"{len(lost)} of {len(self.acked)} durable ops are lost"
        self.number += 1


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.needs_git(2, 38, "git merge-tree --write-tree")
def test_every_verb_at_every_level(disk, muse, git_env):
    """As many cycles as MUSE_POWER_CUTS says, 20 at least: each verb twice, then as they are drawn."""
    life = Life(disk, muse, git_env)
    draw = random.Random(SEED)
    done = []
    while len(done) < max(CYCLES, 20):
        for name in draw.sample(list(life.verbs()), len(life.verbs())):
            try:
                life.verbs()[name]()
                life.cut()
            except AssertionError as error:
                raise AssertionError(f"{name}, after {done[-5:]}: {error}") from None
            done.append(name)
    print(f"{len(done)} power cuts after {len(life.verbs())} verbs, {len(life.acked)} durable ops")
