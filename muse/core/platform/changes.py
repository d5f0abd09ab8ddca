"""What the system tells of files that are written below some folders, so that nobody need look all the time.

Linux has inotify, asked for through the C library; elsewhere nothing is told, and who waits just waits. It is a hint:
what is told may be late or missing (a full queue, a share of another machine), and whoever uses it looks now and then.
"""

from __future__ import annotations

import os
import select
import struct
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any

_MODIFY, _CLOSE_WRITE, _MOVED_TO, _IGNORED = 0x2, 0x8, 0x80, 0x8000
_ASKED = _MODIFY | _CLOSE_WRITE | _MOVED_TO | 0x03000000  # of folders only, and not through a link
_HEAD = struct.Struct("iIII")
_MOST = 8192
"""Folders; how many the system has for one user is its own matter."""


class Changes:
    """Folders whose files are told of. `fd` can be waited for with others; it is -1 where nothing is told."""

    def __init__(self, folders: Iterable[str] = ()) -> None:
        self._libc: Any = None
        self.fd = -1
        self._folders: dict[int, str] = {}
        self.also(folders)

    def also(self, folders: Iterable[str]) -> None:
        """These folders too. One that cannot be told of is left out."""
        new = set(folders) - set(self._folders.values())
        if new and self._libc is None and (libc := _libc()) is not None:
            self._libc, self.fd = libc, libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        for folder in new if self.fd >= 0 else ():
            if len(self._folders) >= _MOST:
                return
            number = self._libc.inotify_add_watch(self.fd, os.fsencode(folder), _ASKED)
            if number >= 0:
                self._folders[number] = folder

    def wait(self, seconds: float) -> list[tuple[str, bool]]:
        """What is told within so many seconds, at once when something is: paths, and whether their writer is done."""
        if self.fd < 0:
            time.sleep(seconds)
            return []
        select.select([self.fd], [], [], seconds)
        return self.told()

    def told(self) -> list[tuple[str, bool]]:
        """What is told by now."""
        return list(self._told()) if self.fd >= 0 else []

    def _told(self) -> Iterator[tuple[str, bool]]:
        while True:
            try:
                data = os.read(self.fd, 1 << 16)
            except BlockingIOError:
                return
            at = 0
            while at < len(data):
                number, mask, _, size = _HEAD.unpack_from(data, at)
                name = data[at + _HEAD.size : at + _HEAD.size + size].rstrip(b"\0")
                at += _HEAD.size + size
                if mask & _IGNORED:
                    self._folders.pop(number, None)  # the folder is gone
                elif name and number in self._folders:
                    yield os.path.join(self._folders[number], os.fsdecode(name)), not mask & _MODIFY

    def close(self) -> None:
        """Hear no more."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


def _libc() -> Any:
    if sys.platform != "linux":
        return None
    try:
        import ctypes

        library = ctypes.CDLL(None)
        return library if hasattr(library, "inotify_init1") else None
    except (ImportError, OSError):
        return None
