"""Work that may hang, crash or eat memory, done in a forked child under a hard deadline.

A handler for SIGALRM would not do: Python runs it between bytecodes, so that a plugin stuck in C code never gets there.
The kernel's default action for SIGALRM ends the child wherever it is, even when its parent is gone; the parent waits
with a time limit of its own. A fork costs about a millisecond, and whatever dies in it, the parent can still answer.
"""

from __future__ import annotations

import os
from collections.abc import Callable

_GRACE = 0.25  # seconds the parent grants beyond the child's own alarm


def run(work: Callable[[], list[bytes]], seconds: float) -> tuple[list[bytes] | None, str]:
    """What `work` returned, and ""; or None and why there is nothing.

    In the child, stdin, stdout and stderr are /dev/null (stderr stays with MUSE_TRACE). Where there is no `os.fork` the
    work has to be a function of a module, or a `partial` of one: it is done in a fresh Python.
    """
    if not hasattr(os, "fork"):
        from muse.core.platform import worker

        return worker.run(work, seconds)
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        _child(work, writer, seconds)
    os.close(writer)
    done = False
    try:
        reply = _read_until(reader, seconds + _GRACE)
        done = reply is not None
    finally:
        os.close(reader)
        if not done:
            kill(pid)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    frames = _unpack(reply) if reply else None
    if frames is None:
        return None, why(status, reply is None, seconds)
    if frames[0] != b"ok":
        return None, "failed: " + os.fsdecode(frames[1])
    return frames[1:], ""


def _child(work: Callable[[], list[bytes]], writer: int, seconds: float) -> None:
    """Never returns."""
    code = 1
    try:
        become_child()
        set_alarm(seconds)
        try:
            frames = [b"ok", *work()]
        except Exception as error:  # noqa: BLE001  reported to the parent, which decides
            if os.environ.get("MUSE_TRACE"):
                import traceback

                traceback.print_exception(error)
            frames = [b"failed", os.fsencode(f"{type(error).__name__}: {error}"[:500])]
        write_all(writer, _pack(frames))
        code = 0
    finally:
        os._exit(code)


def become_child() -> None:
    """In a fresh fork: a process group of its own, signals as the kernel has them, nothing to read and to print to."""
    import signal

    os.setpgid(0, 0)  # so that what it started can be ended with it
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2)[: 2 if os.environ.get("MUSE_TRACE") else 3]:
        os.dup2(null, fd)


def set_alarm(seconds: float) -> None:
    """Let the kernel end this process in so many seconds; 0 takes that back."""
    import signal

    signal.setitimer(signal.ITIMER_REAL, seconds)


def why(status: int, late: bool, seconds: float) -> str:
    """What to say of a child that gave no answer: `status` as `os.waitstatus_to_exitcode` has it."""
    if late or status == -_alarm():
        return f"took longer than {seconds:g} s"
    return f"was ended by signal {-status}" if status < 0 else "ended without an answer"


def _alarm() -> int:
    import signal

    return int(signal.SIGALRM)


def kill(pid: int) -> None:
    """End a child and what it started."""
    import signal

    for end in (os.killpg, os.kill):
        try:
            end(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass  # not yet a group of its own, or gone already


def _read_until(reader: int, seconds: float) -> bytes | None:
    """Everything up to the end of the pipe; None when that does not come in time."""
    import select
    import time

    end = time.monotonic() + seconds
    chunks: list[bytes] = []
    while select.select([reader], [], [], max(0.0, end - time.monotonic()))[0]:
        chunk = os.read(reader, 1 << 20)
        if not chunk:
            return b"".join(chunks)
        chunks.append(chunk)
    return None


def write_all(fd: int, data: bytes) -> None:
    """Write all of it."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def _pack(frames: list[bytes]) -> bytes:
    return b" ".join(b"%d" % len(frame) for frame in frames) + b"\n" + b"".join(frames)


def _unpack(data: bytes) -> list[bytes] | None:
    """The frames, or None when the child died before it had written all of them."""
    header, newline, rest = data.partition(b"\n")
    frames = []
    for size in map(int, header.split() if newline else ()):
        frames.append(rest[:size])
        if len(frames[-1]) != size:
            return None
        rest = rest[size:]
    return frames or None
