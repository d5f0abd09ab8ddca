"""The file under a session: locked appends by any number of processes, repair of what a dead writer left, syncing.

Nothing here knows what a line means, except that a line ends with a newline.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import mmap
import os
import struct
import threading
import weakref
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from muse.core.errors import DamageError
from muse.core.io import fsync_dir, write_bytes_atomic
from muse.core.types import now_utc_iso

_STATE = struct.Struct("<8s16sQQ")
_SUM = struct.Struct("<I")
_MAGIC = b"museops1"
_STATE_SIZE = 48

LamportOf = Callable[[bytes], int]
"""The largest Lamport time in whole lines."""

_open_journals: weakref.WeakSet[Journal] = weakref.WeakSet()


class Journal:
    """`folder/ops.jsonl` with its `state`. Between `acquire` and `release`, `end` and `lamport` are true and ours.

    After any error inside that stretch the caller must not reuse the sequence numbers it tried to write.
    """

    def __init__(self, folder: Path, lamport_of: LamportOf) -> None:
        self.folder = folder
        self.path = os.fspath(folder / "ops.jsonl")
        self.end = 0
        self.lamport = 0
        self.log_id = ""
        self.failed = ""
        self.forks = 0
        self.undone = True
        self._lamport_of = lamport_of
        self._fd = -1
        self._map: mmap.mmap | None = None
        self._raw = b""
        self._ident = (-1, -1)
        self._tail_unchecked = True
        self._mutex = threading.Lock()
        self._sync_mutex = threading.Lock()
        self._synced = 0
        _open_journals.add(self)

    # Opening -----------------------------------------------------------------------------------------------------

    def open(self, *, create: bool) -> bool:
        """Open the file; False when there is none and none is to be made."""
        if self._fd >= 0:
            return True
        flags = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC
        try:
            fd = os.open(self.path, flags)
        except FileNotFoundError:
            if not create:
                return False
            self.folder.mkdir(parents=True, exist_ok=True)
            fd = os.open(self.path, flags | os.O_CREAT, 0o666)
            for folder in (self.folder, self.folder.parent, self.folder.parent.parent):
                fsync_dir(folder)
        try:
            state = os.open(self.folder / "state", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
            try:
                if os.fstat(state).st_size < _STATE_SIZE:
                    os.ftruncate(state, _STATE_SIZE)
                self._map = mmap.mmap(state, _STATE_SIZE)
            finally:
                os.close(state)
        except BaseException:
            os.close(fd)
            raise
        status = os.fstat(fd)
        self._fd, self._ident, self._raw = fd, (status.st_dev, status.st_ino), b""
        self._tail_unchecked = True
        self._synced = 0
        return True

    def close(self) -> None:
        """Let go of the files; a later use opens them again."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        if self._map is not None:
            self._map.close()
            self._map = None

    def __del__(self) -> None:
        self.close()

    def after_fork(self) -> None:
        """In a forked child: an own file description, because a lock belongs to that, and fresh mutexes."""
        self._mutex, self._sync_mutex = threading.Lock(), threading.Lock()
        self.forks += 1
        self.close()

    # The locked stretch ------------------------------------------------------------------------------------------

    def acquire(self, *, create: bool = True) -> bool:
        """Wait for the log's lock and repair what is to repair; False when there is no log and none is to be made."""
        self._mutex.acquire()
        try:
            while True:
                if not self.open(create=create):
                    self._mutex.release()
                    return False
                fcntl.flock(self._fd, fcntl.LOCK_EX)
                status = os.fstat(self._fd)
                if status.st_nlink:
                    break
                self.close()  # the log was deleted while we had it open: what we write must be found
            if not self._load() or status.st_size != self.end or self._tail_unchecked:
                self._repair(status.st_size)
        except BaseException:
            self._unlock()
            raise
        return True

    def release(self) -> None:
        """Let others write."""
        self._unlock()

    def _unlock(self) -> None:
        try:
            if self._fd >= 0:
                self._unflock()
        finally:
            self._mutex.release()

    def _unflock(self) -> None:
        try:
            fcntl.flock(self._fd, fcntl.LOCK_UN)
        except OSError:
            self.close()  # which unlocks too: a lock that stays would stop every other writer for ever

    def write(self, data: bytes, lamport: int) -> int:
        """Append whole lines in one write, or leave the file as it was; returns the new end. OSError on failure."""
        if self.failed:
            raise DamageError(self.failed)
        self.undone = False
        try:
            done = os.write(self._fd, data)
        except OSError:
            self._undo()
            raise
        if done != len(data):
            self._undo()
            raise OSError(errno.ENOSPC, f"only {done} of {len(data)} bytes could be written", self.path)
        self.end += done
        self.lamport = max(self.lamport, lamport)
        self._store()
        return self.end

    def reserve(self) -> int:
        """A Lamport time nobody else gets."""
        self.lamport += 1
        self._store()
        return self.lamport

    def _undo(self) -> None:
        if os.fstat(self._fd).st_size > self.end:
            os.ftruncate(self._fd, self.end)
        self.undone = True

    # State -------------------------------------------------------------------------------------------------------

    def _load(self) -> bool:
        """Read the state; False when it is not whole."""
        assert self._map is not None
        raw = self._map[: _STATE.size + 4]
        if raw == self._raw:
            return True
        if _SUM.unpack_from(raw, _STATE.size)[0] != zlib.crc32(raw[: _STATE.size]):
            return False
        magic, log_id, end, lamport = _STATE.unpack_from(raw)
        if magic != _MAGIC:
            return False
        self.log_id, self.end, self.lamport = log_id.decode("ascii", "replace"), end, lamport
        self._raw = raw
        return True

    def _store(self) -> None:
        assert self._map is not None
        raw = _STATE.pack(_MAGIC, self.log_id.encode(), self.end, self.lamport)
        self._raw = raw + _SUM.pack(zlib.crc32(raw))
        self._map[: _STATE.size + 4] = self._raw

    def _repair(self, size: int) -> None:
        """Bring state and file together: read what the state has not seen, cut off a torn tail."""
        whole = self._load() and self.end <= size and (not self.end or os.pread(self._fd, 1, self.end - 1) == b"\n")
        self._tail_unchecked = False
        if whole and self.end == size:
            return
        if not whole:
            lost = self.end if self.end > size else 0
            if lost:
                note = f"the log had {lost} bytes and now has {size}: acknowledged ops may be missing".encode()
                self.quarantine(note, "the log became shorter", size)
            self.log_id, self.end, self.lamport = os.urandom(8).hex(), 0, max(self.lamport, 0) if lost else 0
        data = self.read(self.end, size)
        cut = data.rfind(b"\n") + 1
        if cut < len(data):
            self.quarantine(data[cut:], "torn tail of a writer that died", self.end + cut)
            os.ftruncate(self._fd, self.end + cut)
        self.lamport = max(self.lamport, self._lamport_of(data[:cut]))
        self.end += cut
        self._store()

    # Reading -----------------------------------------------------------------------------------------------------

    def settled_end(self) -> int:
        """How far the log is whole lines of finished appends; repairs after a dead writer, never waits for a live one.

        0 when there is no log.
        """
        with self._mutex:
            if not self.open(create=False):
                return 0
            try:
                status = os.stat(self.path)
            except FileNotFoundError:
                self.close()
                return 0
            if (status.st_dev, status.st_ino) != self._ident:
                self.close()
                self.open(create=False)
                status = os.fstat(self._fd)
            for _ in range(3):
                if self._load() and self.end == status.st_size and not self._tail_unchecked:
                    return self.end
                status = os.fstat(self._fd)
            try:
                fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                fcntl.flock(self._fd, fcntl.LOCK_EX)  # a live writer holds it for microseconds
            try:
                size = os.fstat(self._fd).st_size
                if not self._load() or size != self.end or self._tail_unchecked:
                    self._repair(size)
                return self.end
            finally:
                self._unflock()

    def blocks(self, start: int, end: int, size: int = 1 << 18) -> Iterator[bytes]:
        """A stretch of the file in pieces of whole lines, small enough for the processor's cache if the lines are.

        What follows the last newline comes last, if anything.
        """
        rest: list[bytes] = []
        while start < end:
            part = os.pread(self._fd, min(end - start, size), start)
            if not part:
                break
            start += len(part)
            cut = part.rfind(b"\n") + 1
            if cut:
                yield b"".join([*rest, part[:cut]])
                rest = [part[cut:]] if cut < len(part) else []
            else:
                rest.append(part)
        if rest:
            yield b"".join(rest)

    def read(self, start: int, end: int) -> bytes:
        """The bytes of a stretch of the file."""
        parts = []
        while start < end:
            part = os.pread(self._fd, min(end - start, 1 << 30), start)
            if not part:
                break
            parts.append(part)
            start += len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    # Durability --------------------------------------------------------------------------------------------------

    def sync(self, end: int) -> None:
        """Return once everything before `end` is on the medium. Callers at the same time share one sync.

        After an error nothing is acknowledged any more: what a disk did with the data cannot be known.
        """
        if self._synced >= end and not self.failed:
            return
        with self._sync_mutex:
            if self.failed:
                raise DamageError(self.failed)
            if self._synced >= end:
                return
            if self._fd < 0:
                raise OSError(errno.EBADF, "the log was closed before it was durable", self.path)
            reached = self.end
            try:
                os.fdatasync(self._fd)
            except OSError as problem:
                self.failed = f"{self.path} could not be made durable ({problem}); nothing more is accepted"
                raise DamageError(self.failed, hint="check the disk, then start the session again") from problem
            self._synced = max(reached, end)

    # Damage ------------------------------------------------------------------------------------------------------

    def quarantine(self, data: bytes, reason: str, offset: int) -> str:
        """Keep damaged bytes with a reason, durably; the same damage is kept once. Returns its name."""
        folder = self.folder / "quarantine"
        name = f"{offset:012d}-{hashlib.sha256(data).hexdigest()[:16]}"
        if not (folder / f"{name}.json").exists():
            write_bytes_atomic(folder / f"{name}.bin", data)
            note = {"reason": reason, "offset": offset, "length": len(data), "found_at": now_utc_iso()}
            write_bytes_atomic(folder / f"{name}.json", json.dumps(note, sort_keys=True).encode() + b"\n")
        return name

    def damage(self) -> list[dict[str, Any]]:
        """What lies in quarantine: name, reason, offset, length, found_at; by offset."""
        found = []
        for path in sorted((self.folder / "quarantine").glob("*.json")):
            note = json.loads(path.read_bytes())
            found.append({"name": path.stem, **note})
        return found


def _after_fork_in_child() -> None:
    for journal in list(_open_journals):
        journal.after_fork()


os.register_at_fork(after_in_child=_after_fork_in_child)
