"""Ctrl-C as an exception, but not in the middle of an import or of a clean-up.

What is raised there Python loses, or it keeps a lock on the module for good: of 900 commits of a session that were
interrupted one crashed and two never ended. So where one of these is under way the exception waits until it is done.
"""

from __future__ import annotations

import _signal  # what `signal` is made of, without its enums
import _thread
import time

TYPE_CHECKING = False  # the helper starts with this file; `typing` would cost it 7 ms
if TYPE_CHECKING:
    from types import FrameType

_PAUSE = 0.002  # seconds
_CLEANING = ("weakref", "_weakrefset")


def listen() -> None:
    """From now on SIGINT raises KeyboardInterrupt, as soon as that is safe."""
    _signal.signal(_signal.SIGINT, _interrupted)


def _interrupted(number: int, frame: FrameType | None) -> None:
    while frame is not None:
        code = frame.f_code
        if (
            code.co_filename.startswith("<frozen importlib")
            or code.co_name == "__del__"
            or frame.f_globals.get("__name__") in _CLEANING
        ):
            _later(number)
            return
        frame = frame.f_back
    raise KeyboardInterrupt


def _later(number: int) -> None:
    def again() -> None:
        time.sleep(_PAUSE)
        _thread.interrupt_main(number)  # type: ignore[arg-type]

    try:
        _thread.start_new_thread(again, ())
    except RuntimeError:  # no more threads
        raise KeyboardInterrupt from None


__all__ = ["listen"]
