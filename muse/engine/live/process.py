"""One process per clone and session keeps it joined: who that is, and how it is told to end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from muse.core.errors import MuseError
from muse.core.op_log import OpLog
from muse.core.platform.files import OPEN
from muse.core.platform.locks import lock
from muse.core.sharing import open_or_make
from muse.core.terminal import command

PID = "relay.pid"
PATIENCE = 10.0
"""Seconds a process gets to end, or to say that it has joined."""


@contextlib.contextmanager
def only_one(log: OpLog) -> Iterator[None]:
    """Held while this process keeps the session joined. MuseError when another one does already.

    The lock is what counts; the file's number only says whose it is, and a process that was killed leaves no lock.
    """
    log.folder.mkdir(parents=True, exist_ok=True)
    fd = open_or_make(log.folder / PID)
    try:
        if not lock(fd, wait=False):
            name = log.session_id()
            raise MuseError(
                f"session {name!r:.80} is joined already, by process {_number(log.folder)}",
                hint=command("muse", "session", "leave", name),
            )
        os.ftruncate(fd, 0)
        os.lseek(fd, 0, os.SEEK_SET)
        os.write(fd, b"%d\n" % os.getpid())
        yield
        os.ftruncate(fd, 0)
    finally:
        os.close(fd)


def joined_by(folder: Path) -> int:
    """The process that keeps a session joined; 0 when there is none."""
    try:
        fd = os.open(folder / PID, os.O_RDWR | OPEN)
    except OSError:
        return 0
    try:
        return 0 if lock(fd, wait=False) else _number(folder)
    finally:
        os.close(fd)


def end(folder: Path) -> int:
    """End the process that keeps a session joined, once it has sent what it is sending; its number, 0 for none."""
    pid = joined_by(folder)
    if not pid:
        return 0
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    until = time.monotonic() + PATIENCE
    while joined_by(folder) == pid:
        if time.monotonic() > until:
            raise MuseError(f"process {pid} does not end", hint=f"kill -9 {pid}: nothing is lost by it")
        time.sleep(0.02)
    return pid


def run(work: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """Run until it ends, or SIGINT or SIGTERM sets the event."""

    async def main() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C ends it as it is, and nothing is lost
                loop.add_signal_handler(number, stop.set)
        await work(stop)

    asyncio.run(main())


def _number(folder: Path) -> int:
    try:
        text = (folder / PID).read_text(encoding="ascii").strip()
        return int(text) if text.isdigit() and len(text) < 10 else 0
    except (OSError, ValueError):
        return 0


__all__ = ["end", "joined_by", "only_one", "run"]
