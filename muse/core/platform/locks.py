"""One process at a time: a lock on an open file, held until it is released, closed, or its process is gone."""

from __future__ import annotations

import errno
import os
from typing import Any

_TAKEN = frozenset({errno.EAGAIN, errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK})
_FAR = 1 << 40
"""Windows locks bytes, and nobody else may read those: one far behind every end."""


def lock(fd: int, *, wait: bool = True) -> bool:
    """Take the lock of a file, or without `wait` False when somebody else has it. OSError where the file system has
    none."""
    files = _unix()
    while True:
        try:
            if files is not None:
                files.flock(fd, files.LOCK_EX | (0 if wait else files.LOCK_NB))
            else:
                _on_byte(fd, "LK_LOCK" if wait else "LK_NBLCK")
            return True
        except OSError as error:
            if error.errno not in _TAKEN or (wait and files is not None):
                raise
            if not wait:
                return False  # with `wait`, Windows has asked for ten seconds


def unlock(fd: int) -> None:
    """Let others have it."""
    files = _unix()
    if files is not None:
        files.flock(fd, files.LOCK_UN)
    else:
        _on_byte(fd, "LK_UNLCK")


def _on_byte(fd: int, how: str) -> None:
    import msvcrt

    windows: Any = msvcrt
    here = os.lseek(fd, 0, os.SEEK_CUR)
    os.lseek(fd, _FAR, os.SEEK_SET)
    try:
        windows.locking(fd, getattr(windows, how), 1)
    finally:
        os.lseek(fd, here, os.SEEK_SET)


def _unix() -> Any:
    try:
        import fcntl
    except ImportError:
        return None
    return fcntl
