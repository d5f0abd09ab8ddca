"""The files of a log read as one run of bytes: its closed segments, wherever they are by now, then the live file."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Literal

from muse.core.io import write_bytes_atomic
from muse.core.op_log.segments import Segment, closed, filler, is_filler, restored
from muse.core.platform.files import OPEN, read_at
from muse.core.types import now_utc_iso

Whose = Literal["log", "peer", "tail"]


class Files:
    """What a log has on the disk; the live file begins at `base`, and `end` is as far as it is known to be whole.

    Threads may read while another one goes over to the next live file: every read has a descriptor of its own.
    """

    def __init__(self, folder: Path, root: Path) -> None:
        self.folder = folder
        self.root = root
        self.base = 0
        self.end = 0
        self._fd = -1
        self._closed: tuple[Segment, ...] = ()
        self._restored: dict[str, IO[bytes]] = {}
        self._files_mutex = threading.Lock()

    def use(self, fd: int, segments: tuple[Segment, ...]) -> None:
        """Take a file as the live one, with the segments before it; the one before is closed."""
        with self._files_mutex:
            old, self._fd = self._fd, fd
            self._closed, self.base = segments, segments[-1].last if segments else 0
        if old >= 0:
            os.close(old)

    def let_go(self) -> None:
        """Close whatever is open."""
        with self._files_mutex:
            if self._fd >= 0:
                os.close(self._fd)
                self._fd = -1
            for file in self._restored.values():
                file.close()
            self._restored.clear()

    def duplicate(self) -> int:
        """A descriptor of the live file, the caller's to close; OSError when none is open."""
        with self._files_mutex:
            return os.dup(self._fd)

    def segments(self) -> tuple[Segment, ...]:
        """The closed segments, as they are now."""
        return closed(self.folder)

    # Reading -----------------------------------------------------------------------------------------------------

    def blocks(self, start: int, end: int, size: int = 1 << 16) -> Iterator[bytes]:
        """A stretch of the log in pieces of whole lines, small enough for the processor's cache if the lines are.

        (A larger piece would get fresh pages from the system each time, which costs more than reading it.) What follows
        the last newline comes last, if anything.
        """
        rest: list[bytes] = []
        for part in self._chunks(start, end, size):
            cut = part.rfind(b"\n") + 1
            if cut:
                yield b"".join([*rest, part[:cut]])
                rest = [part[cut:]] if cut < len(part) else []
            else:
                rest.append(part)
        if rest:
            yield b"".join(rest)

    def read(self, start: int, end: int) -> bytes:
        """The bytes of a stretch of the log."""
        return b"".join(self._chunks(start, end, 1 << 30))

    def begins_line(self, offset: int) -> bool:
        """True when a line begins at an offset past the first; where the live file begins, one does."""
        return offset == self.base or self.read(offset - 1, offset) == b"\n"

    def files(self) -> Iterator[tuple[int, int]]:
        """Descriptor and length of every file of the log, the newest first."""
        with self._files_mutex:
            firsts = [self.base, *(segment.first for segment in reversed(self._closed))]
        for first in firsts:
            fd, first, last = self._file_at(first)
            try:
                length = min(os.fstat(fd).st_size, min(last, self.end) - first)
                if length > 0:
                    yield fd, length
            finally:
                os.close(fd)

    def _chunks(self, start: int, end: int, size: int) -> Iterator[bytes]:
        while start < end:
            fd, first, last = self._file_at(start)
            stop, part = min(end, last), b"."
            try:
                while part and start < stop:
                    part = read_at(fd, min(stop - start, size), start - first)
                    start += len(part)
                    if part:
                        yield part
            finally:
                os.close(fd)
            if start < stop:
                if start >= self.base:
                    return
                self.quarantine(f"bytes {start} to {last}".encode(), "archived ops are gone, here and from Git", start)
                yield from filler(stop - start)
                start = stop

    def _file_at(self, offset: int) -> tuple[int, int, int]:
        """A descriptor, the caller's to close, of the file with the byte at an offset; what part of the log it is."""
        with self._files_mutex:
            if offset >= self.base:
                return os.dup(self._fd), self.base, sys.maxsize
            segment = next(segment for segment in self._closed if segment.first <= offset < segment.last)
            return self._opened(segment), segment.first, segment.last

    def _opened(self, segment: Segment) -> int:
        """A segment's file; what Git has of it when it was given up or became shorter."""
        try:
            fd = os.open(segment.local if segment.stem else os.devnull, os.O_RDONLY | OPEN)
        except FileNotFoundError:
            fd = os.open(os.devnull, os.O_RDONLY | OPEN)
        if os.fstat(fd).st_size == segment.last - segment.first:
            return fd
        try:
            known = self._restored.get(segment.stem) or self._restore(segment)
        except BaseException:
            os.close(fd)
            raise
        if known is None:
            return fd
        os.close(fd)
        return os.dup(known.fileno())

    def _restore(self, segment: Segment) -> IO[bytes] | None:
        """A temporary file with what Git has of a segment, kept for the next reader; None when it has not got it."""
        import tempfile

        file = tempfile.TemporaryFile()  # noqa: SIM115
        try:
            if restored(self.root, segment, file):
                self._restored[segment.stem] = file
                return file
        finally:
            if segment.stem not in self._restored:
                file.close()
        return None

    # Damage ------------------------------------------------------------------------------------------------------

    def quarantine(self, data: bytes, reason: str, offset: int, of: Whose = "log") -> str:
        """Keep damaged bytes with a reason, durably; the same damage is kept once. Returns its name.

        `of` says whose damage it is: this "log"'s, a "peer"'s, or a "tail" that nobody was told is written.
        """
        if offset < self.base and is_filler(data):
            return ""
        folder = self.folder / "quarantine"
        name = f"{offset:012d}-{hashlib.sha256(data).hexdigest()[:16]}"
        if not (folder / f"{name}.json").exists():
            write_bytes_atomic(folder / f"{name}.bin", data)
            note = {"reason": reason, "offset": offset, "length": len(data), "of": of, "found_at": now_utc_iso()}
            write_bytes_atomic(folder / f"{name}.json", json.dumps(note, sort_keys=True).encode() + b"\n")
        return name

    def damage(self) -> list[dict[str, Any]]:
        """What lies in quarantine: name, reason, offset, length, found_at, and whose it is; by offset."""
        found = []
        for path in sorted((self.folder / "quarantine").glob("*.json")):
            note = json.loads(path.read_bytes())
            found.append({"name": path.stem, **note})
        return found
