"""A push that came second: joined where it may be, rejected in Git's words where it may not, never anything lost."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

whole_merges = pytest.mark.needs_git(2, 38, "git merge-tree --write-tree")
RunAny = Callable[..., subprocess.CompletedProcess[bytes]]
Ok = Callable[..., str]
JOIN = '[[rules]]\npath = "*.mid"\ndimension = "*"\nstrategy = "join"\n'


def piece(first: int = 60, second: int = 62) -> bytes:
    """Two tracks of one quarter note each; either edit is the other writer's neighbour, in one file."""
    chunks = [b"MThd" + struct.pack(">IHHH", 6, 1, 2, 480)]
    for pitch in (first, second):
        data = bytes([0, 0x90, pitch, 64, 0x83, 0x60, 0x80, pitch, 64, 0, 0xFF, 0x2F, 0])
        chunks.append(b"MTrk" + struct.pack(">I", len(data)) + data)
    return b"".join(chunks)


def show(repo: Path, what: str) -> bytes:
    return subprocess.run(["git", "show", what], cwd=repo, capture_output=True, check=True).stdout


@pytest.fixture
def server(make_repo: Callable[..., Path], git: Ok) -> Path:
    """A bare repository whose scores are joined."""
    source = make_repo("source", {"a.mid": piece(), "a.txt": "a\n", ".museattributes": JOIN})
    git(source.parent, "clone", "-q", "--bare", str(source), "server")
    return source.parent / "server"


@pytest.fixture
def pair(server: Path, tmp_path: Path, ok: Ok) -> tuple[Path, Path]:
    """Two clones of it."""
    for name in ("one", "two"):
        ok(tmp_path, "clone", "-q", "muse::server", name)
    return tmp_path / "one", tmp_path / "two"


@whole_merges
def test_edits_of_one_score_are_joined(
    server: Path, pair: tuple[Path, Path], git: Ok, ok: Ok, commit: Ok, run_git: RunAny
) -> None:
    one, two = pair
    commit(one, {"a.mid": piece(first=72)})
    ok(one, "push", "-q")
    mine = commit(two, {"a.mid": piece(second=50), "new.txt": "n"})
    done = run_git(two, "push")
    assert done.returncode == 0, done.stderr
    tip = git(server, "rev-parse", "main")
    assert git(server, "rev-parse", "main^1", "main^2").split() == [mine, git(one, "rev-parse", "HEAD")]
    assert show(server, "main:a.mid") == piece(72, 50)
    assert git(server, "show", "main:new.txt") == "n"
    # The local branch stays, the tracking branch goes to the merge, and that is said.
    assert git(two, "rev-parse", "HEAD") == mine and git(two, "rev-parse", "origin/main") == tip
    assert b"muse: main joined with" in done.stderr
    # The next push of the branch that did not move is joined again, although we know the other side already.
    commit(two, {"new.txt": "m"})
    ok(two, "push", "-q")
    assert git(server, "show", "main:new.txt") == "m" and show(server, "main:a.mid") == piece(72, 50)
    assert git(server, "fsck", "--strict", "--no-dangling") == ""


@whole_merges
def test_a_file_that_is_no_crdt_is_rejected_as_ever(
    server: Path, pair: tuple[Path, Path], git: Ok, ok: Ok, commit: Ok, run_git: RunAny
) -> None:
    one, two = pair
    commit(one, {"a.txt": "one\n"})
    ok(one, "push", "-q")
    commit(two, {"a.txt": "two\n"})
    before = git(server, "rev-parse", "main")
    done = run_git(two, "push")
    assert done.returncode == 1 and b"! [rejected]        main -> main (fetch first)" in done.stderr
    assert b"muse: main is not joined: both changed a.txt" in done.stderr
    assert git(server, "rev-parse", "main") == before


@whole_merges
def test_join_on_push_by_setting_takes_clean_merges_and_stops_at_conflicts(
    make_repo: Callable[..., Path], tmp_path: Path, git: Ok, ok: Ok, commit: Ok, run_git: RunAny
) -> None:
    lines = [f"{number}\n" for number in range(20)]
    bare = tmp_path / "plain.git"
    git(tmp_path, "clone", "-q", "--bare", str(make_repo("plain", {"a.txt": "".join(lines)})), str(bare))
    for name in ("one", "two"):
        ok(tmp_path, "clone", "-q", f"muse::{bare}", name)
    one, two = tmp_path / "one", tmp_path / "two"
    commit(one, {"a.txt": "first\n" + "".join(lines[1:])})
    ok(one, "push", "-q")
    commit(two, {"a.txt": "".join(lines[:-1]) + "last\n"})
    assert run_git(two, "push").returncode == 1
    git(two, "config", "muse.joinOnPush", "true")
    ok(two, "push", "-q")
    assert git(bare, "show", "main:a.txt") == ("first\n" + "".join(lines[1:-1]) + "last")
    git(two, "reset", "-q", "--hard", "HEAD~1")
    commit(two, {"a.txt": "other\n" + "".join(lines[1:])})
    before = git(bare, "rev-parse", "main")
    done = run_git(two, "push")
    assert done.returncode == 1 and b"both changed a.txt" in done.stderr
    assert git(bare, "rev-parse", "main") == before
    done = run_git(two, "push", "--dry-run", "origin", "HEAD~1:refs/heads/dry")
    assert done.returncode == 0 and git(bare, "for-each-ref", "refs/heads/dry") == ""


def test_tags_deletions_force_and_new_branches_go_as_git_sends_them(
    server: Path, pair: tuple[Path, Path], git: Ok, ok: Ok, commit: Ok, run_git: RunAny
) -> None:
    one, _ = pair
    first = git(one, "rev-parse", "HEAD")
    tip = commit(one, {"b.txt": "b"})
    git(one, "tag", "-a", "-m", "t", "v1")
    ok(one, "push", "origin", "HEAD:main", "HEAD:refs/heads/side", "v1")
    assert git(server, "rev-parse", "main", "side", "v1^0").split() == [tip] * 3
    assert b"Everything up-to-date" in run_git(one, "push", "origin", "main", "v1").stderr
    ok(one, "push", "origin", ":side")
    assert git(server, "for-each-ref", "refs/heads/side") == ""
    ok(one, "push", "--force", "origin", f"{first}:main")
    assert git(server, "rev-parse", "main") == first
    ok(one, "push", f"--force-with-lease=main:{first}", "origin", "main")
    assert git(server, "rev-parse", "main") == tip
    stale = run_git(one, "push", f"--force-with-lease=main:{first}", "origin", f"+{first}:main")
    assert stale.returncode == 1 and b"(stale info)" in stale.stderr
    assert git(server, "rev-parse", "main") == tip


@whole_merges
def test_atomic_with_a_hook_that_refuses_changes_nothing(
    server: Path, pair: tuple[Path, Path], git: Ok, ok: Ok, commit: Ok, run_git: RunAny
) -> None:
    one, two = pair
    commit(one, {"a.mid": piece(first=72)})
    ok(one, "push", "-q")
    commit(two, {"a.mid": piece(second=50)})
    hook = server / "hooks" / "update"
    hook.write_text('#!/bin/sh\necho "no $1"\n[ "$1" != refs/heads/bad ]\n')
    hook.chmod(0o755)
    before = git(server, "for-each-ref")
    done = run_git(two, "push", "--atomic", "origin", "main", "main:refs/heads/bad")
    assert done.returncode == 1 and b"remote: no refs/heads/bad" in done.stderr
    assert git(server, "for-each-ref") == before
    ok(two, "push", "--atomic", "origin", "main", "main:refs/heads/good")
    assert show(server, "main:a.mid") == piece(72, 50)


@whole_merges
def test_metadata_follows_a_joined_push(
    server: Path, pair: tuple[Path, Path], git: Ok, ok: Ok, commit: Ok, chain: Ok, refs: Callable[..., dict[str, str]]
) -> None:
    one, two = pair
    commit(one, {"x": "x"})
    ok(one, "push", "-q")
    commit(two, {"y": "y"})
    tip = chain(two, "mine")
    git(two, "update-ref", "refs/muse/log/w", tip)
    ok(two, "push", "-q")
    assert refs(server)["refs/muse/log/w"] == tip


@whole_merges
def test_a_sha256_repository_is_joined_too(
    make_repo: Callable[..., Path], tmp_path: Path, git: Ok, ok: Ok, commit: Ok
) -> None:
    source = make_repo("wide", {"a.mid": piece(), ".museattributes": JOIN}, sha256=True)
    git(tmp_path, "clone", "-q", "--bare", str(source), "wide.git")
    for name in ("one", "two"):
        ok(tmp_path, "clone", "-q", "muse::wide.git", name)
    commit(tmp_path / "one", {"a.mid": piece(first=72)})
    ok(tmp_path / "one", "push", "-q")
    commit(tmp_path / "two", {"a.mid": piece(second=50)})
    ok(tmp_path / "two", "push", "-q")
    assert show(tmp_path / "wide.git", "main:a.mid") == piece(72, 50)


PUSH = """
import subprocess, sys
for number in range(int(sys.argv[2])):
    name = f"{sys.argv[1]}-{number}.txt"
    open(name, "w").write(name)
    subprocess.run(["git", "add", "-A"], check=True)
    subprocess.run(["git", "commit", "-qm", name], check=True)
    subprocess.run(["git", "push", "-q", "origin", "HEAD:main"], check=True)
"""


def swarm(server: Path, tmp_path: Path, git: Ok, writers: int, pushes: int) -> None:
    """Everybody pushes to one branch at once; everything must arrive."""
    running = []
    for number in range(writers):
        git(tmp_path, "clone", "-q", str(server), f"w{number}")
        git(tmp_path / f"w{number}", "remote", "set-url", "origin", f"muse::{server}")
        running.append(
            subprocess.Popen(
                [sys.executable, "-c", PUSH, str(number), str(pushes)],
                cwd=tmp_path / f"w{number}", env=dict(os.environ), stderr=subprocess.PIPE,
            )
        )  # fmt: skip
    said = [process.communicate(timeout=300)[1].decode() for process in running]
    assert [process.returncode for process in running] == [0] * writers, said
    names = set(git(server, "ls-tree", "--name-only", "main").splitlines())
    assert {f"{writer}-{number}.txt" for writer in range(writers) for number in range(pushes)} <= names
    assert git(server, "fsck", "--strict", "--no-dangling") == ""


@whole_merges
def test_four_writers_at_once_all_get_through(server: Path, tmp_path: Path, git: Ok, muse_on_path: Path) -> None:
    swarm(server, tmp_path, git, writers=4, pushes=1)


@pytest.mark.soak
@whole_merges
def test_sixteen_writers_at_once_all_get_through(server: Path, tmp_path: Path, git: Ok, muse_on_path: Path) -> None:
    swarm(server, tmp_path, git, writers=16, pushes=3)
