"""Real NATS servers on loopback, and joined sessions over them as users run them."""

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
from tests.conftest import isolated_env
from tests.servers.conftest import free_port, need, running

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


def end(root: Path) -> None:
    from muse.engine.live.process import joined_by

    if pid := joined_by(OpLog(root, "jam").folder):
        os.kill(pid, signal.SIGKILL)


def config(folder: Path, words: str) -> list[str]:
    """A configuration file for a server, beside what the command line says."""
    folder.mkdir(exist_ok=True)
    (folder / "nats.conf").write_text(words)
    return ["-c", str(folder / "nats.conf")]


def nkey(folder: Path, name: str) -> tuple[str, str]:
    """The file with a fresh user's seed, and the public key the server gets to know."""
    nkeys: Any = pytest.importorskip("nkeys")
    seed = nkeys.encode_seed(os.urandom(32), nkeys.PREFIX_BYTE_USER)
    path = folder / f"{name}.nk"
    path.write_bytes(seed)
    return str(path), nkeys.from_seed(seed).public_key.decode()


def refused(root: Path, *words: str) -> str:
    """A command that fails; what it says."""
    done = subprocess.run(
        [*MUSE, *words], cwd=root, capture_output=True, text=True, timeout=60, env=isolated_env(root.parent)
    )
    assert done.returncode and "Traceback" not in done.stderr, done.stderr
    return done.stderr


def until_status(root: Path, true: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """What status says of the joined session, once that is true."""
    began = time.monotonic()
    while True:
        live: dict[str, Any] = json.loads(muse(root, "session", "status", "--json", "jam"))["live"]
        if true(live):
            return live
        assert time.monotonic() - began < 30, live


def fails(root: Path, *words: str) -> bool:
    done = subprocess.run([*MUSE, *words], cwd=root, capture_output=True, timeout=60, env=isolated_env(root.parent))
    return done.returncode != 0
