"""Work under a hard deadline where a process cannot be forked: in a fresh Python, which gets the work pickled.

The work has to be a function of a module, or a `functools.partial` of one, of things that can be pickled; so has its
answer. A start costs some tenths of a second, which is why a fork is taken where there is one (`muse.core.guard`).
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable

_START = 10.0  # seconds a fresh Python may take to be there


def run(work: Callable[[], list[bytes]], seconds: float) -> tuple[list[bytes] | None, str]:
    """What `work` returned and ""; or None and why there is nothing."""
    code = f"import sys; sys.path[:] = {sys.path!r}; from muse.core.platform import worker; worker.main()"
    with subprocess.Popen(
        [sys.executable, "-I", "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as child:
        assert child.stdin is not None and child.stdout is not None
        try:
            child.stdin.write(pickle.dumps((seconds, work), pickle.HIGHEST_PROTOCOL))
            child.stdin.close()
            child.stdin = None  # `communicate` would close it again
            reply, _ = child.communicate(timeout=seconds + _START)
        except subprocess.TimeoutExpired:
            child.kill()
            return None, f"took longer than {seconds:g} s"
        except OSError as error:
            child.kill()
            return None, f"failed: {error.strerror}"
    if child.returncode == LATE:
        return None, f"took longer than {seconds:g} s"
    if not reply:
        return None, "ended without an answer"
    frames, why = pickle.loads(reply)  # written by our own process, through a pipe nobody else has
    return frames, why


LATE = 124


def main() -> None:
    """In the fresh Python: read the work, do it, write what came of it, and end. Never returns."""
    sent = sys.stdin.buffer.read()
    out = os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1):
        os.dup2(nothing, fd)
    answer: tuple[list[bytes] | None, str]
    try:
        seconds, work = pickle.loads(sent)
        _end_after(seconds)
        answer = work(), ""
    except Exception as error:  # noqa: BLE001  reported to the one who asked, who decides
        answer = None, f"failed: {type(error).__name__}: {error}"[:500]
    with open(out, "wb") as pipe:
        pickle.dump(answer, pipe, pickle.HIGHEST_PROTOCOL)
    os._exit(0)


def _end_after(seconds: float) -> None:
    """End this process when the time is over, whatever it does. (`faulthandler` waits in a thread of C, which needs no
    lock of Python's; its exit code is 1, so that a thread of ours is tried first.)"""
    import faulthandler
    import threading

    threading.Thread(target=_late, args=(seconds,), daemon=True).start()
    faulthandler.dump_traceback_later(seconds + 1.0, exit=True, file=open(os.devnull, "w"))  # noqa: SIM115  it stays open


def _late(seconds: float) -> None:
    import time

    time.sleep(seconds)
    os._exit(LATE)
