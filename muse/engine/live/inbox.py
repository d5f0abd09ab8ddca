"""What others send comes in: through the merge of replicas, as much at once as came together.

It can be read as soon as it is written; the mark follows once it is durable, and nobody waits for that.

Lines are judged there: checksum, id, times and numbers. What does not verify goes to quarantine. A peer that sends too
much of that is not listened to any more, and `muse session status` says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from muse.core.op_log import OpLog, ReplicaReport, Told
from muse.core.op_log.tombstones import names_any
from muse.core.types import blob_digest
from muse.engine.live.contents import Contents
from muse.engine.live.marks import Marks
from muse.engine.live.needs import needed
from muse.engine.live.shared import TELL, Shared, aside
from muse.store.relay import Message, Relay

MOST_REFUSED = 100
"""Lines of one peer that may go to quarantine; more, and we do not listen to it."""


class Inbox:
    """One session's log, and what comes for it."""

    def __init__(self, contents: Contents, log: OpLog, marks: Marks, shared: Shared) -> None:
        self.contents = contents
        self.log = log
        self.marks = marks
        self.shared = shared
        self._written = asyncio.Event()

    async def run(self, relay: Relay) -> None:
        """Take in what is there and what comes, until the relay fails."""
        async with asyncio.TaskGroup() as both:
            both.create_task(self._listen(relay))
            both.create_task(self._settle())

    async def _listen(self, relay: Relay) -> None:
        async for batch in relay.messages(self.marks.taken + 1):
            await self.take(relay, batch)

    async def take(self, relay: Relay, batch: Sequence[Message]) -> None:
        """Bring messages into the log."""
        news = [message for message in batch if message.number not in self.shared.own]
        self.shared.own.difference_update(message.number for message in batch)
        whole = [found for message in news if (found := await self._whole(relay, message)) is not None]
        lines = [
            Told(line, frozenset({message.writer}))
            for message in whole
            if self.shared.refused.get(message.writer, 0) < MOST_REFUSED
            for line in message.data.split(b"\n")
            if line
        ]
        if lines:
            await self._content(relay, lines)
            await aside(sum(len(told.line) for told in lines), self._merge, lines)
        self.shared.taken = batch[-1].number
        self.shared.last = max(self.shared.last, self.shared.taken)
        self._written.set()

    async def _settle(self) -> None:
        """Make durable what was written, then move the mark behind it, as often as marks are kept.

        A disk that syncs all the time lets every append of everybody wait.
        """
        while True:
            await self._written.wait()
            self._written.clear()
            number = self.shared.taken
            await asyncio.to_thread(self.log.flush, level="durable")
            self.marks.taken = max(self.marks.taken, number)
            self.shared.sent()
            await asyncio.sleep(TELL)

    async def _whole(self, relay: Relay, message: Message) -> Message | None:
        """A message with the line it names in its place; None when that is not there or another."""
        if not message.large:
            return message
        data = await relay.get(message.writer, message.large)
        if data is None or blob_digest(data) != message.large:
            self.shared.refused[message.writer] = self.shared.refused.get(message.writer, 0) + 1
            return None
        return message._replace(data=data)

    def _merge(self, lines: list[Told]) -> None:
        made = self.log.read_checkpoint()
        gone = {} if made is None else made.get("expunged", {})
        wanted = [told for told in lines if not (gone and names_any(told.line, gone))]
        self.log.merge_replica(wanted, ReplicaReport(blamed=self.shared.refused, most=MOST_REFUSED), level="written")

    async def _content(self, relay: Relay, lines: Sequence[Told]) -> None:
        """Fetch what lines need and this repository lacks, before they are in the log; what nobody has is told."""
        wanted = {digest: writer for told in lines for digest in needed(told.line) for writer in told.by or ()}
        if not wanted:
            return
        for digest in await asyncio.to_thread(self.contents.lacking, wanted):
            data = await relay.get(wanted[digest], digest)
            if data is None or blob_digest(data) != digest:
                self.shared.missing.add(digest)
                continue
            await asyncio.to_thread(self.contents.put, data)
            self.shared.missing.discard(digest)


__all__ = ["Inbox"]
