"""The same work on many things by forked copies of this process, under a deadline for each thing.

Meant for work that takes milliseconds each and answers with something small. A thing on which a copy hangs or dies gets
another answer, and a fresh copy goes on with the rest: work that is not ours (a plugin's) can cost time, never a merge.
"""

from __future__ import annotations

import os
import pickle
import select
import threading
import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from muse.core import guard
from muse.core.progress import counted, say

T = TypeVar("T")
R = TypeVar("R")
WORTH = 16  # things; fewer are done before a second copy has started
_GRACE = 0.25  # seconds granted beyond a copy's own alarm


def spread(
    things: Sequence[T],
    work: Callable[[T], R],
    what: str = "working",
    *,
    seconds: float,
    instead: Callable[[T, str], R],
    jobs: int | None = None,
) -> list[R]:
    """`[work(thing) for thing in things]`, each within so many seconds.

    `instead(thing, why)` is the answer for a thing on which `work` was ended or died. `work` must not use open files or
    child processes of this one. Without `os.fork`, and where threads run, the work is done here, unguarded.
    """
    if not things:
        return []
    if not hasattr(os, "fork") or threading.active_count() > 1:
        return [work(thing) for thing in counted(things, what)]
    count = min(jobs or _processors(), len(things)) if len(things) >= WORTH else 1
    found: dict[int, R] = {}
    copies = [_Copy(things, list(range(start, len(things), count)), work, seconds) for start in range(count)]
    try:
        while copies:
            wait = max(0.0, min(copy.until for copy in copies) - time.monotonic())
            readable = set(select.select([copy.source for copy in copies], [], [], wait)[0])
            now = time.monotonic()
            copies = [left for copy in copies for left in copy.go_on(copy.source in readable, now, found, instead)]
            if len(things) >= WORTH:
                say(what, len(found), len(things))
    finally:
        for copy in copies:
            copy.end()
    return [found[index] for index in range(len(things))]


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Copy(Generic[T, R]):
    """A copy of this process that does some of the things, one after the other."""

    def __init__(self, things: Sequence[T], mine: list[int], work: Callable[[T], R], seconds: float) -> None:
        self.things, self.mine, self.work, self.seconds = things, mine, work, seconds
        self.until = time.monotonic() + seconds + _GRACE
        self.source, sink = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self.source)
            self._work_off(sink)
        os.close(sink)

    def _work_off(self, sink: int) -> None:
        """Never returns."""
        code = 1
        try:
            guard.become_child()
            for index in self.mine:
                guard.set_alarm(self.seconds)
                data = pickle.dumps(self.work(self.things[index]), pickle.HIGHEST_PROTOCOL)
                guard.set_alarm(0)
                guard.write_all(sink, len(data).to_bytes(8, "big") + data)
            code = 0
        except Exception as error:  # noqa: BLE001  the parent takes it for a death, and answers for this thing itself
            if os.environ.get("MUSE_TRACE"):
                import traceback

                traceback.print_exception(error)
        finally:
            os._exit(code)  # nothing of the parent's is flushed or cleaned up twice

    def go_on(
        self, has_said: bool, now: float, found: dict[int, R], instead: Callable[[T, str], R]
    ) -> list[_Copy[T, R]]:
        """Take what it says; who works on what is left (itself, a fresh copy, nobody)."""
        if not has_said and now <= self.until:
            return [self]
        data = self._frame() if has_said else None
        if data is None:
            why = self.end()
            if not self.mine:
                return []
            index, *rest = self.mine
            found[index] = instead(self.things[index], why)
            return [_Copy(self.things, rest, self.work, self.seconds)] if rest else []
        found[self.mine.pop(0)] = pickle.loads(data)  # written by our own copy, through a pipe nobody else has
        self.until = time.monotonic() + self.seconds + _GRACE
        return [self]

    def _frame(self) -> bytes | None:
        """One answer; None at the end, or where it breaks off."""
        head = self._exactly(8)
        return None if head is None else self._exactly(int.from_bytes(head, "big"))

    def _exactly(self, size: int) -> bytes | None:
        parts = []
        while size:
            if not select.select([self.source], [], [], max(0.0, self.until - time.monotonic()))[0]:
                return None
            part = os.read(self.source, min(size, 1 << 20))
            if not part:
                return None
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def end(self) -> str:
        """End it, and why it had not answered."""
        os.close(self.source)
        late = time.monotonic() > self.until
        if self.mine:
            guard.kill(self.pid)
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return guard.why(status, late, self.seconds)
