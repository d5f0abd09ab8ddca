"""One joined session: connect, look at the stream, run the loops; when anything fails, from the beginning again.

Nothing that goes wrong on the other side ends it, but a server that does not let us in at the very first.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from muse.core.errors import MuseError
from muse.core.op_log import OpLog
from muse.core.paths import encode_name
from muse.engine.live import marks
from muse.engine.live.contents import Contents
from muse.engine.live.inbox import Inbox
from muse.engine.live.outbox import Outbox
from muse.engine.live.presence import Presence
from muse.engine.live.repository_id import repository_id
from muse.engine.live.shared import TELL, Shared
from muse.store.relay import Relay, RelayError, RelayRefusedError, Room
from muse.store.writer import previous_writers, writer_id

if TYPE_CHECKING:
    from muse.store.repository import Repository

Connect = Callable[[Room], Awaitable[Relay]]
LOOK = 2.0
"""Seconds between two looks at the stream: is it still the one it was?"""
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
"""Seconds before the next try to connect; twice as long each time."""


class Joined:
    """A session of this clone, and the relay it is joined over."""

    def __init__(self, repo: Repository, log: OpLog, address: str, connect: Connect, who: str) -> None:
        self.repo = repo
        self.log = log
        self.connect = connect
        me = writer_id(repo)
        self.room = Room(repository_id(repo, log), encode_name(log.session_id()), me)
        self.shared = Shared(log.folder, address, frozenset({me, *previous_writers(repo)}))
        self.marks = marks.load(log)
        self.contents = Contents(repo)
        reading = OpLog(repo.root, log.session_id())  # an opening of its own: its thread reads while the other writes
        self.outbox = Outbox(self.contents, reading, self.marks, self.shared)
        self.inbox = Inbox(self.contents, log, self.marks, self.shared)
        self.presence = Presence(repo, self.shared, who)

    async def run(self, stop: asyncio.Event, joined: Callable[[], None] = lambda: None) -> None:
        """Until `stop`; `joined` is called once, when the session is joined for the first time.

        RelayError when that cannot be done; later the server may come and go as it likes.
        """
        telling = asyncio.create_task(self._tell())
        pause, before = FIRST_PAUSE, False
        try:
            while not stop.is_set():
                try:
                    await self._once(stop, None if before else joined)
                    return
                except RelayError as problem:
                    if not before and not self.shared.connected:
                        raise
                    pause = FIRST_PAUSE if self.shared.connected else min(2 * pause, LONGEST_PAUSE)
                    if isinstance(problem, RelayRefusedError):
                        pause = LONGEST_PAUSE
                    self._lost(problem)
                before = True
                await _until(stop, pause)
        finally:
            telling.cancel()
            self.shared.connected = False
            await asyncio.to_thread(self.keep)

    def _lost(self, problem: RelayError) -> None:
        if self.shared.problem != str(problem):
            logging.getLogger(__name__).warning("%s; trying again", problem)
        self.shared.connected, self.shared.problem = False, str(problem)

    async def _once(self, stop: asyncio.Event, joined: Callable[[], None] | None) -> None:
        relay = await self.connect(self.room)
        try:
            await self._align(relay)
            self.shared.connected = True  # the problem stays until something was sent
            if joined is not None:
                self.shared.tell()
                joined()
            await self._loops(relay, stop)
        finally:
            await relay.close()

    async def _loops(self, relay: Relay, stop: asyncio.Event) -> None:
        """All loops until one fails or we are told to stop."""
        tasks = [
            asyncio.create_task(each)
            for each in (self.outbox.run(relay), self.inbox.run(relay), self.presence.run(relay), self._watch(relay))
        ]
        ended = asyncio.create_task(stop.wait())
        try:
            done, _ = await asyncio.wait([*tasks, ended], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (*tasks, ended):
                task.cancel()
            await asyncio.gather(*tasks, ended, return_exceptions=True)
        for task in done - {ended}:
            raise _first(task.exception())

    async def _align(self, relay: Relay) -> None:
        """Before the loops begin: marks that are those of this stream."""
        if await self._lost_some(relay, create=True):
            self.shared.own.clear()
            self.outbox.forget()
        relay.salt = self.marks.salt
        self.shared.taken = self.marks.taken

    async def _lost_some(self, relay: Relay, *, create: bool = False) -> bool:
        """Look at the stream: is it another than the marks say? With `create` they are begun anew then."""
        held = self.marks.held()
        stream = await relay.look(create=create)
        if stream is None:
            raise RelayError("the stream is gone")
        log_id = await asyncio.to_thread(self.log.log_id)
        self.shared.last = max(stream.last, self.marks.held())
        lost = self.marks.is_lost(log_id, self.room.writer, stream, held)
        if lost and create:
            self.marks.begin(log_id, self.room.writer, stream)
        return lost

    async def _watch(self, relay: Relay) -> None:
        while True:
            await asyncio.sleep(LOOK)
            if await self._lost_some(relay):
                raise RelayError("the stream was purged or replaced")

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(TELL)
            await asyncio.to_thread(self.keep)

    def keep(self) -> None:
        """Write down marks and state, and have our ref name the content that came."""
        try:
            self.contents.pin()
            if self.shared.unkept:
                self.shared.unkept = 0
                self.marks.keep(self.log.folder)
        except (MuseError, OSError) as problem:
            logging.getLogger(__name__).warning("%s", problem)
        self.shared.tell()


def _first(problem: BaseException | None) -> BaseException:
    """The error in a group of them."""
    while isinstance(problem, BaseExceptionGroup):
        problem = problem.exceptions[0]
    return problem or RelayError("a loop ended")


async def _until(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        pass


__all__ = ["Connect", "Joined", "RelayRefusedError"]
