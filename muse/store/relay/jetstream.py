"""A relay on NATS JetStream. The one file that imports nats-py.

nats-py is not left to reconnect: a lost connection ends it, and whoever joined connects anew, looks at the stream and
goes on from the marks. So there is one way to begin, whatever happened before.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error, NoRespondersError, NoServersError
from nats.js import api
from nats.js.client import JetStreamContext
from nats.js.errors import APIError, NotFoundError, ServiceUnavailableError

from muse.store.relay import MOST, MOST_PARTS, Message, RelayError, RelayRefusedError, Room, Stream
from muse.store.relay.address import Access

T = TypeVar("T")
PATIENCE = 5.0  # seconds for an answer
HEARTBEAT = 1.0  # seconds between signs of life of a consumer with nothing to deliver
SILENCE = 4.0  # seconds without any, after which it is thought to be gone
AT_ONCE = 256  # messages taken off the wire and not yet asked for
TOGETHER = 4 << 20  # bytes of messages that are handed on together
LARGEST = 8 << 20  # bytes of a message; a server may be set to more, and then it is not listened to
WINDOW = 120.0  # seconds in which a message that is sent again is known by its id
logging.getLogger("nats").propagate = False  # it logs tracebacks of what a server sends; we say it in a line
logging.getLogger("nats").addHandler(logging.NullHandler())
LARGE = "Muse-Large"
PARTS = "Muse-Parts"


async def connect(access: Access, room: Room) -> JetStreamRelay:
    """Connect once. RelayError where nobody answers, RelayRefusedError where we may not come in."""
    options = access.options()
    made = JetStreamRelay(room)
    try:
        await made.begin(access, options)
    except BaseException:
        await made.close()
        raise
    return made


class JetStreamRelay:
    """One connection for one room."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.most = MOST
        self.salt = ""
        self._client = Client()
        self._stream: JetStreamContext
        self._lost = asyncio.Event()
        self._arrived: asyncio.Queue[Msg | None] = asyncio.Queue(AT_ONCE)  # None: nothing more will
        self._denied = ""
        self._met: Exception | None = None

    async def begin(self, access: Access, wanted: dict[str, Any]) -> None:
        """Connect with the options of `access`, and learn how much a message may hold."""
        options: dict[str, Any] = {
            "servers": list(access.servers),
            "name": f"muse {self.room.writer}",
            "allow_reconnect": False,
            "max_reconnect_attempts": 1,  # of each server, at once: whoever joins tries again by itself
            "reconnect_time_wait": 0.05,
            "connect_timeout": PATIENCE,
            "error_cb": self._problem,
            "closed_cb": self._closed,
            "disconnected_cb": self._closed,
            **wanted,
        }
        try:
            await asyncio.wait_for(self._client.connect(**options), 2 * PATIENCE)
        except (Error, OSError, ValueError, TimeoutError) as problem:
            cause = self._met if isinstance(problem, NoServersError) else None
            raise _unreachable(cause or problem, self._denied, access) from None
        self.most = min(MOST, self._client.max_payload - 2048)
        self._stream = self._client.jetstream(timeout=PATIENCE, domain=access.domain or None)

    async def close(self) -> None:
        """Let go of the connection, whatever state it is in."""
        with contextlib.suppress(Error, OSError, TimeoutError):
            await asyncio.wait_for(self._client.close(), 1.0)

    # The stream --------------------------------------------------------------------------------------------------

    async def look(self, *, create: bool = False) -> Stream | None:
        """The stream as it is; made where there is none and `create` says so."""
        try:
            found = await self._answer(self._stream.stream_info(self.room.stream))
        except _Absent:
            if not create:
                return None
            found = await self._answer(self._stream.add_stream(self._wanted()))
        state, config = found.state, found.config
        limits = (config.max_age, config.max_bytes, config.max_msgs, config.max_msgs_per_subject)
        limited = any(limit is not None and limit > 0 for limit in limits)
        return Stream(str(found.created), state.first_seq, state.last_seq, limited)

    def _wanted(self) -> api.StreamConfig:
        return api.StreamConfig(
            name=self.room.stream,
            subjects=[self.room.everyone, f"{self.room.everyone}.content.>"],
            duplicate_window=WINDOW,
            allow_direct=True,
        )

    async def send(self, data: bytes, large: str = "") -> int:
        """Keep lines in the stream; their number."""
        headers = {"Nats-Msg-Id": self._id(data + large.encode()), **({LARGE: large} if large else {})}
        sent = await self._publish(self.room.subject, data, headers)
        return int(sent.seq)

    async def _publish(self, subject: str, data: bytes, headers: dict[str, str]) -> api.PubAck:
        return await self._answer(self._stream.publish(subject, data, stream=self.room.stream, headers=headers))

    async def put(self, digest: str, data: bytes) -> None:
        """Keep content in parts, each a message of its own."""
        parts = [data[at : at + self.most] for at in range(0, len(data), self.most)] or [b""]
        if len(parts) > MOST_PARTS:
            raise RelayRefusedError(f"content of {len(data)} bytes is too large for {self.room.stream}")
        for number, part in enumerate(parts):
            subject = _content(self.room.subject, digest, number)
            headers = {"Nats-Msg-Id": self._id(subject.encode()), PARTS: str(len(parts))}
            await self._publish(subject, part, headers)

    async def get(self, writer: str, digest: str) -> bytes | None:
        """What a writer keeps under a digest, put together; None when any of it is not there."""
        subject = self.room._replace(writer=writer).subject
        found: list[bytes] = []
        wanted = 1
        while len(found) < wanted:
            try:
                part = await self._answer(
                    self._stream.get_msg(self.room.stream, subject=_content(subject, digest, len(found)))
                )
            except _Absent:
                return None
            said = (part.headers or {}).get(PARTS, "")
            wanted = int(said) if said.isdigit() and len(said) < 4 else 0
            if not len(found) < wanted <= MOST_PARTS:
                return None
            found.append(part.data or b"")
        return b"".join(found)

    # Listening ---------------------------------------------------------------------------------------------------

    async def messages(self, first: int) -> AsyncIterator[list[Message]]:
        """Messages from a number on. A gap, silence or the end of the connection is a RelayError: begin again."""
        inbox = self._client.new_inbox()
        told = await self._answer(self._client.subscribe(inbox, cb=self._arrived.put))
        try:
            await self._answer(self._stream._jsm.add_consumer(self.room.stream, self._consumer(inbox, first)))
            batch: list[Message] = []
            expected, size = 1, 0
            while True:
                msg = await self._next()
                quiet = (msg.headers or {}).get("Status") == "100"
                try:
                    message = None if quiet else self._read(msg, expected)
                except RelayError:
                    if batch:
                        yield batch
                    raise
                if message is not None:
                    batch.append(message)
                    size += len(message.data)
                expected += not quiet
                if batch and (quiet or size >= TOGETHER or self._arrived.empty()):
                    yield batch
                    batch, size = [], 0
                if quiet:
                    await self._signal(msg, expected)
        finally:
            with contextlib.suppress(Error, OSError):
                await told.unsubscribe()

    def _consumer(self, inbox: str, first: int) -> api.ConsumerConfig:
        return api.ConsumerConfig(
            deliver_subject=inbox,
            deliver_policy=api.DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=max(first, 1),
            ack_policy=api.AckPolicy.NONE,
            filter_subject=self.room.everyone,
            flow_control=True,
            idle_heartbeat=HEARTBEAT,
            inactive_threshold=30.0,
            mem_storage=True,
            num_replicas=1,
            max_deliver=1,
        )

    async def _next(self) -> Msg:
        """What is there, or what comes before we have heard nothing for too long."""
        if not self._arrived.empty():
            msg = self._arrived.get_nowait()
        elif self._lost.is_set():
            msg = None
        else:
            try:
                async with asyncio.timeout(SILENCE):
                    msg = await self._arrived.get()
            except TimeoutError:
                raise RelayError("the relay fell silent") from None
        if msg is None:
            raise RelayError("the connection was lost")
        return msg

    async def _signal(self, msg: Msg, expected: int) -> None:
        """A sign of life, or a question whether we have come this far: what came before it has been handed on."""
        headers = msg.headers or {}
        last = headers.get(api.Header.LAST_CONSUMER)
        if last is not None and last != str(expected - 1):
            raise RelayError(f"the relay has delivered up to message {last}, and {expected - 1} arrived")
        if reply := msg.reply or headers.get(api.Header.CONSUMER_STALLED):
            await self._answer(self._client.publish(reply))

    def _read(self, msg: Msg, expected: int) -> Message | None:
        """The message at a place among those delivered; None for one that nobody here would have sent."""
        try:
            numbers = msg.metadata.sequence
        except (Error, ValueError, IndexError):
            raise RelayError("the relay sends what is no message of a stream") from None
        if numbers.consumer != expected:
            raise RelayError(f"message {expected} of the relay did not arrive")
        writer = msg.subject.rpartition(".")[2]
        large = (msg.headers or {}).get(LARGE, "")
        ours = msg.subject == self.room._replace(writer=writer).subject
        fits = len(msg.data) <= LARGEST and len(large) <= 100
        return Message(numbers.stream, writer, msg.data, large) if ours and fits else None

    # Presence ----------------------------------------------------------------------------------------------------

    async def say(self, data: bytes) -> None:
        """Tell who is here; nobody keeps it."""
        await self._answer(self._client.publish(f"{self.room.subject}.here", data))

    async def hear(self, told: Callable[[str, bytes], None]) -> None:
        """Listen to what others say."""

        async def heard(msg: Msg) -> None:
            tokens = msg.subject.split(".")
            if len(tokens) == 5:
                told(tokens[3], msg.data)

        subject = f"{self.room.everyone}.here"
        await self._answer(self._client.subscribe(subject, cb=heard, pending_msgs_limit=1000))

    # Answers -----------------------------------------------------------------------------------------------------

    async def _answer(self, wish: Awaitable[T], patience: float = 2 * PATIENCE, silent: str = "") -> T:
        """What comes of a request; RelayError when the connection goes away or nobody answers."""
        task, lost = asyncio.ensure_future(wish), asyncio.ensure_future(self._lost.wait())
        try:
            done, _ = await asyncio.wait({task, lost}, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
            if task not in done:
                raise RelayError("the connection was lost" if lost in done else silent or "the server does not answer")
            return task.result()
        except NotFoundError:
            raise _Absent from None
        except (NoRespondersError, ServiceUnavailableError) as problem:
            why = getattr(problem, "description", None) or "it is not enabled, or this is a leaf node (--domain)"
            raise RelayError(f"JetStream does not answer there: {why}", hint="nats-server --jetstream") from None
        except APIError as problem:
            raise RelayRefusedError(f"the server refuses: {problem.description}") from None
        except (Error, OSError, ValueError, TimeoutError) as problem:
            if self._denied:
                raise RelayRefusedError(self._denied) from None
            raise RelayError(f"the server does not answer as it should: {problem}") from None
        finally:
            task.cancel()
            lost.cancel()

    def _id(self, data: bytes) -> str:
        return hashlib.sha256(self.salt.encode() + data).hexdigest()[:32]

    async def _problem(self, problem: Exception) -> None:
        words, self._met = str(problem), problem
        if "permissions violation" in words.lower() or "authoriz" in words.lower():
            self._denied = f"the server refuses: {words.removeprefix('nats: ')}"

    async def _closed(self) -> None:
        self._lost.set()
        if self._arrived.empty():  # else whoever listens looks before he waits
            self._arrived.put_nowait(None)


class _Absent(Exception):
    """There is none of that name. Internal."""


def _content(subject: str, digest: str, part: int) -> str:
    return f"{subject}.content.{digest.removeprefix('sha256:')}.{part}"


def _unreachable(problem: Exception, denied: str, access: Access) -> RelayError:
    words = denied or str(problem).removeprefix("nats: ") or type(problem).__name__
    if denied or "uthoriz" in words or "credential" in words or "ertificate" in words:
        return RelayRefusedError(f"{access.shown} does not let us in: {words}", hint="--creds FILE or --nkey FILE")
    return RelayError(f"cannot reach {access.shown}: {words}", hint=f"is nats-server running there? ({access.shown})")


__all__ = ["JetStreamRelay", "connect", "nats"]
