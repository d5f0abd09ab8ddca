"""What carries a live session between clones, as the loops above see it; `jetstream` is the one that is real.

Nothing here imports NATS: that happens when a session is joined.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import NamedTuple, Protocol

from muse.core.errors import MuseError

MOST = 500_000
"""Bytes of lines in one message."""
MOST_PARTS = 256
"""Messages one content or one long line may take."""


class RelayError(MuseError):
    """The server cannot be reached, or does not do what was asked. The log is not touched; it can be tried again."""


class RelayRefusedError(RelayError):
    """The server says no (credentials, permissions, limits): trying again does not help."""


class Room(NamedTuple):
    """Which session of which repository, and who we are in it: what subjects are made of."""

    repository: str
    session: str
    writer: str

    @property
    def subject(self) -> str:
        """Ours, and only ours."""
        return f"muse.{self.repository}.{self.session}.{self.writer}"

    @property
    def everyone(self) -> str:
        """Those of all writers, lines only."""
        return f"muse.{self.repository}.{self.session}.*"

    @property
    def stream(self) -> str:
        """The stream that keeps them."""
        return f"muse-{self.repository}-{self.session}"


class Stream(NamedTuple):
    """A stream as it is now: its birth (ISO time) names it, `first` and `last` are the numbers of what it has.

    `limited`: its owner has it forget old messages, so that a larger `first` is no loss.
    """

    born: str
    first: int
    last: int
    limited: bool = False


class Message(NamedTuple):
    """Lines of a log as they came: the number in the stream, whose subject it was, and the lines or what they are
    named: `large` is the digest of lines that came in `parts` of their own."""

    number: int
    writer: str
    data: bytes
    large: str = ""


class Relay(Protocol):
    """One joined session. Every method raises RelayError where the server is not there or does not answer in time.

    `most` is how many bytes a message holds. `salt` is part of every message's id: with another one, what a server
    remembers to have had before counts as new.
    """

    most: int
    salt: str

    async def look(self, *, create: bool = False) -> Stream | None:
        """The stream as it is; None when there is none and none is to be made."""

    async def send(self, data: bytes, large: str = "") -> int:
        """Keep lines in the stream, on our subject; their number once the server has them."""

    async def put(self, digest: str, data: bytes) -> None:
        """Keep content (or a long line) on our subject for whoever asks."""

    async def get(self, writer: str, digest: str) -> bytes | None:
        """What a writer keeps under a digest, not verified; None when it is not there."""

    def messages(self, first: int) -> AsyncIterator[list[Message]]:
        """Messages from a number on, in order, without gaps, as many as came together; ends with RelayError."""

    async def say(self, data: bytes) -> None:
        """Tell whoever is here something that is kept nowhere."""

    async def hear(self, told: Callable[[str, bytes], None]) -> None:
        """Have what others say from now on given to `told`, with the writer whose subject it was."""

    async def close(self) -> None:
        """Leave."""


__all__ = ["MOST", "MOST_PARTS", "Message", "Relay", "RelayError", "RelayRefusedError", "Room", "Stream"]
