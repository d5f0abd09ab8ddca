"""`muse sync` with plain and muse:: remotes: everything in, joined, everything out, from many processes at once."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from muse.store import writer
from muse.store.repository import Repository

Ok = Callable[..., str]
Refs = Callable[..., dict[str, str]]


@pytest.fixture
def server(make_repo: Callable[..., Path], git: Ok) -> Path:
    source = make_repo("source", {"a.txt": "".join(f"{number}\n" for number in range(20))})
    git(source.parent, "clone", "-q", "--bare", str(source), "server")
    return source.parent / "server"


@pytest.fixture(params=["plain", "muse"])
def pair(request: pytest.FixtureRequest, server: Path, tmp_path: Path, ok: Ok) -> tuple[Path, Path]:
    """Two clones, by plain Git or through muse::."""
    for name in ("one", "two"):
        ok(tmp_path, "clone", "-q", str(server) if request.param == "plain" else f"muse::{server}", name)
    return tmp_path / "one", tmp_path / "two"


def sync(where: Path, *words: str, code: int = 0) -> dict[str, object]:
    """`muse sync --json`: its last line."""
    done = subprocess.run(
        ["muse", "sync", "--json", *words], cwd=where, env=dict(os.environ), capture_output=True, timeout=60
    )
    assert done.returncode == code, done.stderr.decode()
    assert b"Traceback" not in done.stderr
    row = json.loads(done.stdout.splitlines()[-1])
    assert isinstance(row, dict)
    return row


def test_a_round_in_each_clone_brings_everything_to_both(
    server: Path, pair: tuple[Path, Path], git: Ok, chain: Ok, refs: Refs, commit: Ok
) -> None:
    one, two = pair
    mine = chain(one, "mine")
    git(one, "update-ref", "refs/muse/log/w1", mine)
    tip = commit(one, {"b.txt": "b\n"})
    row = sync(one)
    assert (row["action"], row["commit"], row["pushed"], row["problem"]) == ("pushed", tip, 1, "")
    assert refs(server)["refs/muse/log/w1"] == mine
    row = sync(two)
    assert (row["action"], row["commit"], row["fetched"]) == ("fast-forwarded", tip, 1)
    assert (two / "b.txt").read_text() == "b\n" and git(two, "status", "--porcelain") == ""
    assert refs(two)["refs/muse-remotes/origin/log/w1"] == mine
    assert sync(two)["action"] == "up to date"


@pytest.mark.needs_git(2, 38, "git merge-tree --write-tree")
def test_diverged_branches_are_joined_where_they_may_be_and_left_alone_where_not(
    server: Path, pair: tuple[Path, Path], git: Ok, commit: Ok
) -> None:
    one, two = pair
    lines = [f"{number}\n" for number in range(20)]
    commit(one, {"a.txt": "first\n" + "".join(lines[1:])})
    sync(one)
    mine = commit(two, {"a.txt": "".join(lines[:-1]) + "last\n"})
    row = sync(two, code=1)
    assert row["action"] == "diverged" and "both changed a.txt" in str(row["problem"])
    assert git(two, "rev-parse", "HEAD") == mine
    git(two, "config", "muse.joinOnPush", "true")
    row = sync(two)
    assert row["action"] == "joined and pushed"
    assert (two / "a.txt").read_text() == "first\n" + "".join(lines[1:-1]) + "last\n"
    assert git(server, "rev-parse", "main") == git(two, "rev-parse", "HEAD") == row["commit"]
    assert git(two, "status", "--porcelain") == ""


def test_uncommitted_work_in_the_way_stays(pair: tuple[Path, Path], commit: Ok) -> None:
    one, two = pair
    commit(one, {"a.txt": "theirs\n"})
    sync(one)
    (two / "a.txt").write_text("unsaved\n")
    row = sync(two, code=1)
    assert row["action"] == "stopped"
    assert (two / "a.txt").read_text() == "unsaved\n"


def test_watching_goes_on_and_many_at_once_are_safe(
    server: Path, pair: tuple[Path, Path], git: Ok, commit: Ok, refs: Refs, chain: Ok
) -> None:
    one, _ = pair
    for number in range(3):
        git(one, "update-ref", f"refs/muse/log/w{number}", chain(one, str(number)))
    commit(one, {"b.txt": "b"})
    running = [
        subprocess.Popen(["muse", "sync", "--json", "--watch", "--rounds=2", "--interval=0.1"], cwd=one,
                         stdout=subprocess.PIPE)
        for _ in range(3)
    ]  # fmt: skip
    outputs = [process.communicate(timeout=60)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0, 0]
    rows = [json.loads(line) for output in outputs for line in output.splitlines()]
    assert len(rows) == 6 and sum(row["pushed"] for row in rows) == 3
    assert refs(server)["refs/heads/main"] == git(one, "rev-parse", "HEAD")


def test_a_server_that_knows_more_under_our_name_makes_us_take_a_new_name(
    server: Path, pair: tuple[Path, Path], git: Ok, refs: Refs, chain: Ok
) -> None:
    one, _ = pair
    repo = Repository(one)
    us = writer.writer_id(repo)
    base = chain(one, "base")
    git(one, "update-ref", f"refs/muse/log/{us}", base)
    sync(one)
    ahead = chain(server, "written by the same disk, restored elsewhere", base)
    git(server, "update-ref", f"refs/muse/log/{us}", ahead)
    mine = chain(one, "ours", base)
    git(one, "update-ref", f"refs/muse/log/{us}", mine)
    sync(one)
    assert refs(server)[f"refs/muse/log/{us}"] == ahead  # never overwritten
    assert writer.writer_id(repo) != us and us in writer.previous_writers(repo)
    assert refs(server)[f"refs/muse/log/{writer.writer_id(repo)}"] == mine  # and what we have is out at once


def test_a_host_that_takes_heads_only_gets_the_other_prefix(
    server: Path, pair: tuple[Path, Path], git: Ok, refs: Refs, chain: Ok
) -> None:
    one, two = pair
    hook = server / "hooks" / "update"
    hook.write_text('#!/bin/sh\ncase "$1" in refs/heads/*) exit 0;; esac\nexit 1\n')
    hook.chmod(0o755)
    mine = chain(one, "mine")
    git(one, "update-ref", "refs/muse/log/w1", mine)
    assert "did not take the metadata" in str(sync(one, code=1)["problem"])
    git(one, "config", "muse.refPrefix", "refs/heads/muse-meta")
    assert sync(one)["pushed"] == 1
    assert refs(server)["refs/heads/muse-meta/log/w1"] == mine
    sync(two)
    assert refs(two)["refs/muse-remotes/origin/log/w1"] == mine


def test_a_remote_that_is_not_there(pair: tuple[Path, Path], git: Ok) -> None:
    one, _ = pair
    git(one, "remote", "set-url", "origin", "/nowhere/at/all")
    done = subprocess.run(["muse", "sync"], cwd=one, capture_output=True, timeout=60)
    assert done.returncode == 128 and b"Traceback" not in done.stderr and b"/nowhere/at/all" in done.stderr
