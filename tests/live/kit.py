"""What keeps sessions joined while a test runs, and what tests ask of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from muse.core.op_log import OpLog
from muse.engine.live.join import Joined
from muse.engine.session import commit as session
from muse.store.repository import Repository
from tests.live.fake import FakeServer


def joined(root: Path, server: FakeServer) -> Joined:
    """A session `jam` of a clone, over a relay in this process."""
    repo = Repository(root)
    return Joined(repo, session.start(repo, "jam"), "fake", server.connect, root.name)


@asynccontextmanager
async def running(*all_of_them: Joined) -> AsyncIterator[None]:
    """Keep sessions joined inside the block; what goes wrong in one comes out of it."""
    stop = asyncio.Event()
    tasks = [asyncio.create_task(each.run(stop)) for each in all_of_them]
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*tasks)


async def until(true: Callable[[], bool], what: str = "") -> None:
    """Wait for something to come true, 20 seconds at most."""
    for _ in range(2000):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"never came true: {what}")


def lines(root: Path) -> list[bytes]:
    """The lines of a clone's log, sorted."""
    return sorted(OpLog(root, "jam").raw_lines())


def run(test: Callable[[], Awaitable[None]]) -> None:
    """A test that awaits things, two minutes at most."""

    async def main() -> None:
        await asyncio.wait_for(test(), 120)

    asyncio.run(main())


__all__ = ["joined", "lines", "run", "running", "until"]
