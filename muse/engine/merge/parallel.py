"""The same work on many things, on all processors, by forked copies of this process.

Meant for work that takes milliseconds each and answers with something small. A copy that dies costs speed, never an
answer: what it did not say is worked out here.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

from muse.core.progress import counted

T = TypeVar("T")
R = TypeVar("R")
WORTH = 16  # things; fewer are done before a copy has started


def spread(things: Sequence[T], work: Callable[[T], R], what: str = "working", *, jobs: int | None = None) -> list[R]:
    """`[work(thing) for thing in things]`, on several processors where there is much to do.

    `work` must not use open files or child processes of this one, and must not raise.
    """
    count = min(jobs or _processors(), len(things))
    if count < 2 or len(things) < WORTH or not hasattr(os, "fork") or threading.active_count() > 1:
        return [work(thing) for thing in counted(things, what)]
    found: dict[int, R] = {}
    children = [_start(things, range(start, len(things), count), work) for start in range(1, count)]
    for index in counted(range(0, len(things), count), what):
        found[index] = work(things[index])
    for pid, source in children:
        found.update(_answers(pid, source))
    return [found[index] if index in found else work(thing) for index, thing in enumerate(things)]


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _start(things: Sequence[T], mine: range, work: Callable[[T], R]) -> tuple[int, int]:
    """A copy of this process that does some of the things: its id, and where it answers."""
    import pickle

    source, sink = os.pipe()
    pid = os.fork()
    if pid:
        os.close(sink)
        return pid, source
    code = 1
    try:
        os.close(source)
        with open(sink, "wb") as file:
            pickle.dump({index: work(things[index]) for index in mine}, file, pickle.HIGHEST_PROTOCOL)
        code = 0
    finally:
        os._exit(code)  # nothing of the parent's is flushed or cleaned up twice


def _answers(pid: int, source: int) -> dict[int, R]:
    import pickle

    with open(source, "rb") as file:
        data = file.read()
    if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) != 0:
        return {}
    answers: dict[int, R] = pickle.loads(data)  # written by our own copy, through a pipe nobody else has
    return answers
