"""Data on the medium, not only in the operating system's hands. OSError of any of these means that nothing is known.

Linux and the BSDs: `fdatasync` and `fsync`. macOS has no `fdatasync`, and its `fsync` leaves the data in the drive's
own cache; `F_FULLFSYNC` asks the drive to empty that. Volumes that do not know the request (network shares, some USB
drives) say so, and get the `fsync` that is all there is for them.
"""

from __future__ import annotations

import errno
import os
from typing import Any

_UNKNOWN_TO_VOLUME = frozenset({errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOTTY, errno.EINVAL, errno.ENOSYS})


def sync_file(fd: int) -> None:
    """A file's bytes and what its folder says of it; also a folder's own entries."""
    if not _flush_drive(fd):
        os.fsync(fd)


def sync_data(fd: int) -> None:
    """A file's bytes and its length; times and the like may be lost."""
    if not _flush_drive(fd):
        getattr(os, "fdatasync", os.fsync)(fd)


def _flush_drive(fd: int) -> bool:
    """Have the drive empty its cache, where the system has a request for that; False where it has none."""
    files, request = _full_sync()
    if request is None:
        return False
    try:
        files.fcntl(fd, request)
    except OSError as error:
        if error.errno not in _UNKNOWN_TO_VOLUME:
            raise
        return False
    return True


def _full_sync() -> tuple[Any, int | None]:
    try:
        import fcntl
    except ImportError:  # Windows, whose `os.fsync` empties the drive's cache
        return None, None
    return fcntl, getattr(fcntl, "F_FULLFSYNC", None)
