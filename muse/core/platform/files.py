"""How a file is opened, read and named: as bytes, for this process alone, at an offset, as Git has its name."""

from __future__ import annotations

import os
import sys

OPEN = getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOINHERIT", 0)
"""For every `os.open` of data: Windows would write "\\n" as two bytes, and hand the file to what is started."""


def read_at(fd: int, size: int, offset: int) -> bytes:
    """At most so many bytes from an offset. Windows has no `pread`; there the position moves, so that no two threads
    may read one descriptor."""
    if hasattr(os, "pread"):
        return os.pread(fd, size, offset)
    os.lseek(fd, offset, os.SEEK_SET)
    return os.read(fd, size)


def set_mode(fd: int, mode: int) -> None:
    """The permission bits of an open file, where files have them."""
    if hasattr(os, "fchmod"):
        os.fchmod(fd, mode)


def scratch() -> str:
    """The folder for temporary files, as Git has it. (`tempfile` takes longer to import than a small merge.)"""
    return os.environ.get("TMPDIR") or (os.environ.get("TEMP") if os.sep == "\\" else "") or "/tmp"


def as_git_has_it(name: str) -> str:
    """A path from a folder's listing, a shell or an editor, in the spelling that Git keeps.

    To macOS `é` as one character and as two are one name, and its folders may list the second; Git takes the first
    (`core.precomposeUnicode`). To every other system they are two names.
    """
    if sys.platform != "darwin" or name.isascii():
        return name
    import unicodedata

    return unicodedata.normalize("NFC", name)


_DEVICES = frozenset(
    ["con", "prn", "aux", "nul", "conin$", "conout$", *(f"{name}{n}" for name in ("com", "lpt") for n in range(1, 10))]
)


def cannot_be_named(path: str, *, windows: bool = os.name == "nt") -> str:
    """Why a path of a repository cannot be a file's name on this system; "" when it can.

    Windows takes `a\\b` for two names, `a:b` for a stream of `a`, `aux.txt` for a device and `a.` for `a`: written
    there, such a path would be another one's file, or none.
    """
    if not windows:
        return ""
    for name in path.split("/"):
        bad = next((char for char in name if char in '\\:*?"<>|' or char < " "), "")
        if bad:
            return f"Windows has no files with {bad!r} in their names"
        if name.endswith((".", " ")) and name not in (".", ".."):
            return f"Windows has no files whose names end in {name[-1]!r}"
        if name.partition(".")[0].rstrip(" ").lower() in _DEVICES:
            return f"{name} is a device on Windows"
    return ""
