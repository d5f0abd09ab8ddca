"""Durable, atomic writes: same directory, fsync the file, replace, fsync the directory."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

from muse.core.platform.durable import sync_file
from muse.core.platform.files import OPEN, set_mode
from muse.core.sharing import make_folders, share
from muse.core.types import load_json_file as load_json_file

if TYPE_CHECKING:
    StrPath = str | os.PathLike[str]


def read_regular(path: StrPath, most: int = -1, *, within: StrPath | None = None) -> bytes:
    """At most so many bytes of a regular file; OSError for a device, a pipe, a folder.

    With `within`, also for a link that leads out of that folder: a clone may hold a link to anything.
    """
    if within is not None:
        real, top = os.path.realpath(path), os.path.realpath(within)
        if real != top and not real.startswith(os.path.join(top, "")):
            raise OSError(errno.ELOOP, "it is a link that leads out of the repository", os.fspath(path))
    if not stat.S_ISREG(os.stat(path).st_mode):  # opening some devices is an act already
        raise OSError(errno.EINVAL, "it is no regular file", os.fspath(path))
    fd = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | OPEN)
    with open(fd, "rb") as file:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise OSError(errno.EINVAL, "it is no regular file", os.fspath(path))
        return file.read(most)


def fsync_dir(path: StrPath) -> None:
    """Make a rename or a new name in a directory survive power loss."""
    if not hasattr(os, "O_DIRECTORY"):
        return  # Windows opens no folders; its journal keeps the order of renames
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        sync_file(fd)
    finally:
        os.close(fd)


def write_all(fd: int, data: bytes) -> None:
    """Write every byte of `data`, however short the kernel's writes are."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def is_special(path: StrPath) -> bool:
    """True for a device or a pipe, such as /dev/null."""
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    return stat.S_ISCHR(mode) or stat.S_ISBLK(mode) or stat.S_ISFIFO(mode)


def write_into(path: StrPath, data: bytes) -> None:
    """Write to what is there already; OSError passes through, for a pipe that nobody reads as well."""
    fd = os.open(path, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0) | OPEN)
    try:
        os.set_blocking(fd, True)
        write_all(fd, data)
    finally:
        os.close(fd)


def write_bytes_atomic(path: StrPath, data: bytes, *, mode: int | None = None, durable: bool = True) -> None:
    """Replace `path` by `data`, or leave it exactly as it was.

    Readers see the old bytes or the new, never a part; after a power cut too, unless it need not be `durable`. The file
    keeps its permission bits when it exists, else gets `mode`, else what the umask and, in a Git directory,
    `core.sharedRepository` give. Missing parent directories are made. A device or a pipe is written to: in its place a
    file would stand for everybody. OSError passes through.
    """
    path = os.fspath(path)
    if is_special(path):
        write_into(path, data)
        return
    folder = os.path.dirname(path) or "."
    make_folders(folder)
    if mode is None:
        try:
            mode = os.stat(path).st_mode & 0o7777
        except FileNotFoundError:
            mode = None
    temp = os.path.join(folder, f".{os.path.basename(path)[:100]}.{os.getpid()}.{os.urandom(4).hex()}.tmp")
    try:
        fd = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL | OPEN, 0o666)
    except OSError as error:
        error.filename = path  # nobody knows the temporary name
        raise
    try:
        try:
            if mode is not None:
                set_mode(fd, mode)
            else:
                share(temp)
            write_all(fd, data)
            if durable:
                sync_file(fd)
        finally:
            os.close(fd)
        os.replace(temp, path)
    except BaseException:
        try:
            os.unlink(temp)
        except FileNotFoundError:
            pass
        raise
    if durable:
        fsync_dir(folder)


def write_text_atomic(path: StrPath, text: str) -> None:
    """Replace `path` by `text` as UTF-8, durably and atomically (see `write_bytes_atomic`)."""
    write_bytes_atomic(path, text.encode())
