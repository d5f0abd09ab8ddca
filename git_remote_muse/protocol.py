"""What the client says: relayed byte for byte, and watched just closely enough to know what it was about.

`connect` is blind: `ls-remote`, `fetch` and `push --dry-run` look the same to a helper. The packet lines (or, in
front of `git remote-https`, the helper commands) tell them apart, so follow-up work is done only when it is due.
"""

from __future__ import annotations

import os
import select

TYPE_CHECKING = False  # what only names types would cost each start
if TYPE_CHECKING:
    from collections.abc import Callable

    Idle = Callable[[], None] | None
    Ended = Callable[[], bool] | None

CHUNK = 1 << 16
QUIET = 5  # milliseconds without a word of the client
HEX = frozenset(b"0123456789abcdefABCDEF")
NOTHING = "0" * 40
"""What Git sends instead of an id to delete a ref."""


class Watch:
    """Reads along. `fetched`: objects were asked for; `pushed`: a ref update was sent; `prefixed`: a v2 listing of
    some refs only, which is what a clone or fetch asks for before it knows whether there is anything to get;
    `looked`: such a listing with the tags at the end, which only a fetch asks for, also one that finds nothing new;
    `everything`: a v2 listing of all refs by their common prefix, which is what a mirror asks for; `receive`: the
    other side is to receive; `sent`: what was pushed where, ref over there -> id (zeros: deleted) or what names it
    here; `accepted`: it is known that some of it was taken; `asked` is called before the first question for objects
    is passed on."""

    __slots__ = (
        "_pending",
        "_told",
        "accepted",
        "asked",
        "dry_run",
        "everything",
        "fetched",
        "looked",
        "new",
        "prefixed",
        "pushed",
        "receive",
        "sent",
    )

    def __init__(self, receive: bool = False) -> None:
        self._pending = b""
        self.receive = receive
        self.asked: Idle = None
        self.new = False  # the repository had no ref when the conversation began
        self.sent: dict[str, str] = {}
        self.accepted = False
        self._told = False  # all that is pushed was named
        self.fetched = self.pushed = self.prefixed = self.looked = self.everything = self.dry_run = False

    @property
    def decided(self) -> bool:
        """True when nothing that comes can change the picture."""
        return self.fetched or (self.pushed and self._told)

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the client's side, cut anywhere."""
        if self.decided:
            return
        data = self._pending + data
        at = 0
        while not self.decided and len(data) - at >= 4:
            if not HEX.issuperset(data[at : at + 4]):
                end = data.find(b"\n", at)
                if end < 0:
                    break
                self._line(data[at:end])
                at = end + 1
                continue
            size = int(data[at : at + 4], 16)
            if size < 4:
                self._told = self.pushed
                at += 4
            elif at + size <= len(data):
                self._packet(data[at + 4 : at + size])
                at += size
            else:
                break
        self._pending = data[at:] if not self.decided else b""
        if self.fetched and self.asked is not None:
            self.asked()
        while not self.decided and len(self._pending) < 4 and self._pending.startswith(b"\n"):
            self._line(b"")
            self._pending = self._pending[1:]

    def _packet(self, data: bytes) -> None:
        if self.receive:
            words = data.partition(b"\0")[0].decode("utf-8", "surrogateescape").rstrip("\n").split(" ", 2)
            if len(words) == 3 and words[0] != "shallow":
                self.sent[words[2]] = words[1]
            self.pushed |= words[0] != "shallow"
        elif data.startswith((b"want ", b"command=fetch")):
            self.fetched = True
        elif data.startswith(b"ref-prefix "):
            self.looked |= self.prefixed and data.rstrip(b"\n") == b"ref-prefix refs/tags/"
            self.prefixed = True
            self.everything |= data.rstrip(b"\n") == b"ref-prefix refs/"

    def _line(self, data: bytes) -> None:
        """A command of the helper protocol itself, in front of `git remote-https`."""
        if data.startswith(b"fetch "):
            self.fetched = True
        elif data.startswith(b"push ") and not self.dry_run:
            source, _, target = data[5:].decode("utf-8", "surrogateescape").removeprefix("+").rpartition(":")
            self.sent[target] = source or NOTHING
            self.pushed = True
        elif not data:
            self._told = self.pushed
        elif data.startswith(b"option dry-run "):
            self.dry_run = data.endswith(b"true")


def relay(
    source: int, sink: int, watch: Watch, alive: int | None = None, idle: Idle = None, ended: Ended = None
) -> None:
    """Copy until `source` ends, until nobody reads `sink` any more, or until the pipe `alive` ends.

    Once objects were asked for and the client falls silent, `idle` is called: the other side is at work now, and what
    we need afterwards can be made ready beside it.

    A server that dies must be noticed while Git says nothing: Git waits for the end of a pipe that its own
    `git remote-muse` process keeps open until we exit. Windows cannot wait for two pipes: there `ended` tells it.
    """
    if not hasattr(select, "poll"):
        return _copy_beside(source, sink, watch, ended)
    poll = select.poll()
    poll.register(source, select.POLLIN)
    poll.register(sink, 0)  # only POLLERR and POLLHUP, which need no asking
    if alive is not None:
        poll.register(alive, select.POLLIN)
    while True:
        if idle is not None and watch.fetched and not poll.poll(QUIET):
            idle()
            idle = None
        events = dict(poll.poll())
        if sink in events or alive in events or not (data := os.read(source, CHUNK)):
            return None
        watch.feed(data)
        try:
            write_all(sink, data)
        except BrokenPipeError:
            return None


def _copy_beside(source: int, sink: int, watch: Watch, ended: Ended) -> None:
    """Copy in a thread, until it is done or there is nobody left to copy to."""
    import threading

    copier = threading.Thread(target=_copy, args=(source, sink, watch), daemon=True)
    copier.start()
    while copier.is_alive() and not (ended is not None and ended()):
        copier.join(0.02)


def _copy(source: int, sink: int, watch: Watch) -> None:
    while data := os.read(source, CHUNK):
        watch.feed(data)
        try:
            write_all(sink, data)
        except BrokenPipeError:
            return


def write_all(sink: int, data: bytes) -> None:
    """Write every byte; BrokenPipeError when the reader is gone."""
    view = memoryview(data)
    while view:
        view = view[os.write(sink, view) :]


class Lines:
    """Lines from a descriptor, read unbuffered enough: what follows a line Git waits on is left to the next reader."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._data = b""

    def next(self) -> bytes | None:
        """The next line without its newline, or None at the end."""
        while b"\n" not in self._data:
            part = os.read(self._descriptor, CHUNK)
            if not part:
                return None
            self._data += part
        line, _, self._data = self._data.partition(b"\n")
        return line

    def rest(self) -> bytes:
        """What was read beyond the last line."""
        data, self._data = self._data, b""
        return data
