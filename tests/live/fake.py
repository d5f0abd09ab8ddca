"""A relay in this process: what the loops ask of one, and what a server, a peer or a cable may do to them."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable

from muse.store.relay import Message, RelayError, Room, Stream


class FakeServer:
    """Streams by room, for as many relays as connect. `up` False: nobody gets in, and whoever is in falls out."""

    def __init__(self) -> None:
        self.up = True
        self.most = 500_000
        self.born: dict[str, str] = {}
        self.first = 1
        self.kept: list[Message] = []
        self.contents: dict[tuple[str, str], bytes] = {}
        self.ids: set[bytes] = set()
        self.heard: list[tuple[str, Callable[[str, bytes], None]]] = []
        self.connections = 0
        self.lose = 0  # how many acknowledgements to lose: what was sent is kept, and the connection falls

    @property
    def last(self) -> int:
        return self.first + len(self.kept) - 1

    def purge(self) -> None:
        """Forget every message, as `nats stream purge` does; ids stay known, as they do there."""
        self.first, self.kept, self.contents = self.last + 1, [], {}

    def replace(self) -> None:
        """Another server at the same address."""
        self.born, self.first, self.kept, self.contents, self.ids = {}, 1, [], {}, set()

    async def connect(self, room: Room) -> FakeRelay:
        self.connections += 1
        if not self.up:
            raise RelayError("cannot reach it")
        return FakeRelay(self, room)

    def tell(self, writer: str, data: bytes, large: str = "") -> int:
        """A message on a writer's subject, whoever sends it."""
        self.kept.append(Message(self.last + 1, writer, data, large))
        return self.last


class FakeRelay:
    """One connection."""

    def __init__(self, server: FakeServer, room: Room) -> None:
        self.server, self.room, self.most, self.salt = server, room, server.most, ""

    async def _ask(self) -> None:
        await asyncio.sleep(0)
        if not self.server.up:
            raise RelayError("the connection was lost")

    async def look(self, *, create: bool = False) -> Stream | None:
        await self._ask()
        born = self.server.born
        if self.room.stream not in born:
            if not create:
                return None
            born[self.room.stream] = f"stream {len(born)} {self.server.connections}"
        seen = Stream(born[self.room.stream], self.server.first, self.server.last)
        await asyncio.sleep(0.02)  # it goes on while the answer is under way
        return seen

    async def send(self, data: bytes, large: str = "") -> int:
        await self._ask()
        assert len(data) <= self.most
        name = hashlib.sha256(self.salt.encode() + data + large.encode()).digest()
        if name in self.server.ids:
            return self.server.last
        self.server.ids.add(name)
        number = self.server.tell(self.room.writer, data, large)
        if self.server.lose:
            self.server.lose -= 1
            raise RelayError("the connection was lost")
        return number

    async def put(self, digest: str, data: bytes) -> None:
        await self._ask()
        self.server.contents[self.room.writer, digest] = data

    async def get(self, writer: str, digest: str) -> bytes | None:
        await self._ask()
        return self.server.contents.get((writer, digest))

    async def messages(self, first: int) -> AsyncIterator[list[Message]]:
        at = max(first, self.server.first)
        while True:
            await self._ask()
            if self.server.first <= at <= self.server.last:
                batch = self.server.kept[at - self.server.first :][:50]
                at += len(batch)
                yield batch
                continue
            await asyncio.sleep(0.005)

    async def say(self, data: bytes) -> None:
        await self._ask()
        for repository, told in list(self.server.heard):
            if repository == self.room.stream:
                told(self.room.writer, data)

    async def hear(self, told: Callable[[str, bytes], None]) -> None:
        await self._ask()
        self.server.heard.append((self.room.stream, told))

    async def close(self) -> None:
        return None


__all__ = ["FakeServer"]
