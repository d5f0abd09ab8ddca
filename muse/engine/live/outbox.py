"""What this clone appends goes out: lines of its own writer id, as they stand in the log, with what they need."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from muse.core.op_log import OpLog
from muse.core.platform.changes import Changes
from muse.core.types import blob_digest
from muse.engine.live.contents import Contents
from muse.engine.live.marks import Marks
from muse.engine.live.needs import needed
from muse.engine.live.shared import Shared, aside
from muse.store.relay import MOST_PARTS, Relay

STRETCH = 4 << 20
"""Bytes of the log looked at at once."""
QUICK, SLOW, CALM = 0.004, 0.02, 5.0
"""Seconds between two looks while something happens, and once nothing has for so long."""
TOLD = 0.5
"""Seconds between two looks where the system tells of each write."""
_WRITER = re.compile(rb',"writer":"([0-9a-z_-]{1,64})"')


class Batch(NamedTuple):
    """Lines that go out together; a `large` one alone, under its digest."""

    data: bytes
    large: str = ""


class Outbox:
    """One session's log, read from the mark on."""

    def __init__(self, contents: Contents, log: OpLog, marks: Marks, shared: Shared) -> None:
        self.contents = contents
        self.log = log
        self.marks = marks
        self.shared = shared
        self._put: set[str] = set()
        self._written = Changes()

    def forget(self) -> None:
        """The stream has nothing of ours any more."""
        self._put.clear()

    async def run(self, relay: Relay) -> None:
        """Send whatever is there and whatever comes, until the relay fails."""
        self._written = Changes([os.fspath(self.log.folder)])
        try:
            while True:
                await self._all(relay)
        finally:
            self._written.close()

    async def _all(self, relay: Relay) -> None:
        """Send what is there, and wait for more."""
        batches, contents, end = await aside(self.log.end() - self.marks.sent, self.collect, relay.most)
        for digest in contents:
            await self._send_content(relay, digest)
        await self._send(relay, batches)
        self.marks.sent = end
        self.shared.sent()
        self.shared.problem = ""
        await self._grown(end)

    async def _send(self, relay: Relay, batches: Sequence[Batch]) -> None:
        for batch in batches:
            if batch.large:
                await relay.put(batch.large, batch.data)
        wishes = [relay.send(b"" if batch.large else batch.data, batch.large) for batch in batches]
        numbers = await asyncio.gather(*wishes)
        self.shared.own.update(numbers)
        self.marks.number = max([self.marks.number, *numbers])

    async def _send_content(self, relay: Relay, digest: str) -> None:
        data = await asyncio.to_thread(self.contents.get, digest)
        if len(data) > relay.most * MOST_PARTS:
            self.shared.too_large.add(digest)
            return
        await relay.put(digest, data)
        self._put.add(digest)

    async def _grown(self, end: int) -> None:
        """Wait until the log is longer: each look costs one `stat`."""
        waited = 0.0
        while self.log.end() <= end:
            if self._written.fd >= 0:
                await self._told()
                continue
            pause = QUICK if waited < CALM else SLOW
            await asyncio.sleep(pause)
            waited += pause

    async def _told(self) -> None:
        """Wait for a write in the log's folder. One that came since the last look is told at once."""
        loop, told = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._written.fd, told.set)
        later = loop.call_later(TOLD, told.set)
        try:
            await told.wait()
        finally:
            later.cancel()
            loop.remove_reader(self._written.fd)
        self._written.told()

    # What there is to send ----------------------------------------------------------------------------------------

    def collect(self, most: int) -> tuple[list[Batch], list[str], int]:
        """What is ours of the next stretch of the log, which content goes before it, and where the stretch ends."""
        lines, end = self.log.stretch(self.marks.sent, STRETCH)
        ours = [line for line in lines if writer_of(line) in self.shared.ours]
        wanted = set().union(*map(needed, ours)) - self._put - self.shared.too_large
        return [*_batches(ours, most)], self.contents.here(wanted) if wanted else [], end


def _batches(lines: Sequence[bytes], most: int) -> Iterator[Batch]:
    """Lines in their order, as many in one message as fit."""
    batch: list[bytes] = []
    size = 0
    for line in lines:
        if batch and (size + len(line) + 1 > most):
            yield Batch(b"".join(batch))
            batch, size = [], 0
        if len(line) + 1 > most:
            yield Batch(line, blob_digest(line))
            continue
        batch.append(line + b"\n")
        size += len(line) + 1
    if batch:
        yield Batch(b"".join(batch))


def writer_of(line: bytes) -> str:
    """Whose line it is; "" when it does not say."""
    found = _WRITER.search(line, max(line.rfind(b',"writer":'), 0))
    return "" if found is None else found[1].decode()


__all__ = ["Outbox", "writer_of"]
