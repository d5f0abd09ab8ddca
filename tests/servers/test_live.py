"""Joined sessions over real NATS servers on loopback, as users run them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from muse.core.op_log import OpLog
from tests.conftest import MakeRepo, RunGit, isolated_env
from tests.servers.conftest import free_port, need, running

pytestmark = pytest.mark.servers
MUSE = [sys.executable, "-m", "muse.cli"]


class Nats:
    """One nats-server, which can be killed and started again on the same port and store."""

    def __init__(self, folder: Path, *words: str) -> None:
        folder.mkdir(exist_ok=True)
        self.port = free_port()
        self.address = f"nats://127.0.0.1:{self.port}"
        self.log = folder / "nats.log"
        self.pid = folder / "pid"
        where = ["-P", str(self.pid), "-js", "-a", "127.0.0.1", "-p", str(self.port), "-sd", str(folder / "store")]
        self.command = [need("nats-server"), *where, *words]

    @contextmanager
    def up(self) -> Iterator[None]:
        with running(self.command, self.port, self.log):
            yield


def muse(root: Path, *words: str, given: str = "") -> str:
    """A command that succeeds; what it says."""
    done = subprocess.run(
        [*MUSE, *words],
        cwd=root,
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        env=isolated_env(root.parent),
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def append(root: Path, *ops: dict[str, Any]) -> None:
    muse(
        root,
        "session",
        "append",
        "jam",
        "--actor",
        root.name,
        given="".join(json.dumps({"op": op}) + "\n" for op in ops),
    )


def until(true: Callable[[], bool], what: str) -> float:
    """Wait for it, 30 seconds at most; how long that took."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < 30, what
        time.sleep(0.005)
    return time.monotonic() - began


def lines(root: Path) -> list[bytes]:
    return sorted(OpLog(root, "jam").raw_lines())


def text(name: str) -> dict[str, Any]:
    return {"op": "insert", "address": name, "content": f"{name}\n"}


@pytest.fixture
def pair(make_repo: MakeRepo, git: RunGit, tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """Two clones; whatever is joined in them is ended afterwards."""
    alice = make_repo(files={"code.py": "def first():\n    return 1\n"})
    git(tmp_path, "clone", "-q", alice, "bob")
    both = alice, tmp_path / "bob"
    try:
        yield both
    finally:
        for root in both:
            end(root)


def end(root: Path) -> None:
    from muse.engine.live.process import joined_by

    if pid := joined_by(OpLog(root, "jam").folder):
        os.kill(pid, signal.SIGKILL)


def test_two_clones_see_each_other_at_once(pair: tuple[Path, Path], tmp_path: Path) -> None:
    nats = Nats(tmp_path / "nats")
    with nats.up():
        muse(pair[0], "session", "start", "jam")
        for root in pair:
            assert f"is joined over {nats.address}" in muse(root, "session", "join", "--detach", "jam", nats.address)
        append(pair[0], text("a.txt"))
        until(lambda: len(lines(pair[1])) == 1, "alice's op in bob's log")
        append(pair[1], text("b.txt"), text("c.txt"))
        until(lambda: len(lines(pair[0])) == 3, "bob's ops in alice's log")
        assert lines(pair[0]) == lines(pair[1])
        until(lambda: "is here" in muse(pair[0], "session", "status", "jam"), "bob's word")
        live = json.loads(muse(pair[0], "session", "status", "--json", "jam"))["live"]
        assert (live["connected"], live["unsent"], live["behind"], len(live["peers"])) == (True, 0, 0, 1)
        again = subprocess.run(
            [*MUSE, "session", "join", "jam"], cwd=pair[0], capture_output=True, text=True, timeout=60
        )
        assert again.returncode and "is joined already" in again.stderr
        for root in pair:
            assert muse(root, "session", "leave", "jam") == "left session jam\n"
        assert "joined" not in muse(pair[0], "session", "status", "jam")


def test_a_server_that_is_killed_loses_nothing(pair: tuple[Path, Path], tmp_path: Path) -> None:
    nats = Nats(tmp_path / "nats")
    for turn in range(3):
        with nats.up():
            if not turn:
                for root in pair:
                    muse(root, "session", "join", "--detach", "jam", nats.address)
            append(pair[0], *(text(f"a{turn}-{number}.txt") for number in range(20)))
            append(pair[1], *(text(f"b{turn}-{number}.txt") for number in range(20)))
            until(
                lambda turn=turn: len(lines(pair[0])) == 60 * turn + 40 and lines(pair[0]) == lines(pair[1]),
                "all of it",
            )  # type: ignore[misc]
            os.kill(int(nats.pid.read_text()), signal.SIGKILL)
        append(pair[0], *(text(f"off{turn}-{number}.txt") for number in range(20)))
