"""Which stretches of a log were found whole before, and the checksum of each, so that lines need no second look.

The sums are a check of the bytes like those of the lines, at the speed at which zlib reads: a stretch that changed has
another sum, and then its lines are looked at one by one. The file `seen` is local, made by whoever reads a long log,
and may be lost or damaged at any time: what it says wrongly matches no bytes.
"""

from __future__ import annotations

import os
import struct
import zlib
from contextlib import suppress
from pathlib import Path

from muse.core.sharing import share

_RECORD = struct.Struct("<QII")
_LONG = 1 << 22


class Seen:
    """The sums of stretches of whole lines, by offset and length; nothing is kept of a log shorter than 4 MB."""

    def __init__(self, folder: Path, size: int) -> None:
        self._path = os.fspath(folder / "seen")
        self._most = size >> 14 if size >= _LONG else 0
        self._known: dict[tuple[int, int], int] = {}
        self._new = 0
        if self._most:
            with suppress(OSError, struct.error), open(self._path, "rb") as file:
                self._known = {(at, length): total for at, length, total in _RECORD.iter_unpack(file.read())}

    def whole(self, at: int, block: bytes) -> bool:
        """True when these very bytes were looked at before."""
        total = self._known.get((at, len(block)))
        return total is not None and total == zlib.crc32(block)

    def add(self, at: int, block: bytes) -> None:
        """Every line of these bytes has its checksum."""
        if self._most:
            self._known[at, len(block)] = zlib.crc32(block)
            self._new += 1

    def keep(self) -> None:
        """Write down what is new, if it is worth it; a disk that takes nothing is no reason not to read."""
        if self._new << 4 < len(self._known) or not self._new:
            return
        kept = list(self._known.items())[-self._most :]
        self._new = 0
        beside = f"{self._path}.{os.getpid()}"
        try:
            with open(beside, "wb") as file:
                file.write(b"".join([_RECORD.pack(at, length, total) for (at, length), total in kept]))
            share(beside)
            os.replace(beside, self._path)
        except OSError:
            with suppress(OSError):
                os.unlink(beside)
