"""The file under a session: locked appends by any number of processes, repair of what a dead writer left, syncing.

Nothing here knows what a line means, except that a line ends with a newline. Offsets count from the beginning of the
whole log; the file has what follows its closed segments (`segments`), that is, what is past `base`.
"""

from __future__ import annotations

import errno
import mmap
import os
import struct
import threading
import weakref
import zlib
from collections.abc import Callable
from pathlib import Path

from muse.core.errors import DamageError
from muse.core.io import fsync_dir
from muse.core.op_log.plain import entry_of
from muse.core.op_log.segment_reader import Files
from muse.core.op_log.segments import FOLDER, closed, stem_of
from muse.core.platform.durable import sync_data
from muse.core.platform.files import OPEN, read_at, set_mode
from muse.core.platform.locks import lock, unlock
from muse.core.sharing import make_folders, open_or_make

_STATE = struct.Struct("<8s16sQQ")
_SUM = struct.Struct("<I")
_MAGIC = b"museops1"
_STATE_SIZE = 48

LamportOf = Callable[[bytes], int]
"""The largest Lamport time in whole lines."""

_open_journals: weakref.WeakSet[Journal] = weakref.WeakSet()


class Journal(Files):
    """`folder/ops.jsonl` with its `state`. Between `acquire` and `release`, `end` and `lamport` are true and ours.

    After any error inside that stretch the caller must not reuse the sequence numbers it tried to write.
    """

    def __init__(self, folder: Path, lamport_of: LamportOf, root: Path | None = None) -> None:
        super().__init__(folder, folder if root is None else root)
        self.path = os.fspath(folder / "ops.jsonl")
        self.lamport = 0
        self.log_id = ""
        self.failed = ""
        self.forks = 0
        self.undone = True
        self.begins_ours = False  # found by whoever looked at the first line of the file that is open
        self._lamport_of = lamport_of
        self._map: mmap.mmap | None = None
        self._raw = b""
        self._ident = (-1, -1)
        self._tail_unchecked = True
        self._mutex = threading.Lock()
        self._sync_mutex = threading.Lock()
        self._synced = 0
        _open_journals.add(self)

    # Opening -----------------------------------------------------------------------------------------------------

    def open(self, *, create: bool, again: bool = False) -> bool:
        """Open the file; False when there is none and none is to be made. `again`: the one we have is not it any more.

        Other threads never see it closed in between.
        """
        if self._fd >= 0 and not again:
            return True
        flags = os.O_RDWR | os.O_APPEND | OPEN
        try:
            fd = os.open(self.path, flags)
        except FileNotFoundError:
            if not create and not closed(self.folder):
                self.close()
                return False
            fd = open_or_make(self.path, flags)
        try:
            segments = closed(self.folder)  # after the file: whoever closes one renames it first
            state = open_or_make(self.folder / "state")
            try:
                _allocate(state)
                before, self._map = self._map, mmap.mmap(state, _STATE_SIZE)
                if before is not None:
                    before.close()
            finally:
                os.close(state)
        except BaseException:
            os.close(fd)
            raise
        status = os.fstat(fd)
        self.use(fd, segments)
        self._ident, self._raw = (status.st_dev, status.st_ino), b""
        self._tail_unchecked, self.begins_ours = True, False
        self._synced = 0
        return True

    def close(self) -> None:
        """Let go of the files; a later use opens them again."""
        self.let_go()
        if self._map is not None:
            self._map.close()
            self._map = None

    def __del__(self) -> None:
        self.close()

    def after_fork(self) -> None:
        """In a forked child: an own file description, because a lock belongs to that, and fresh mutexes."""
        self._mutex, self._sync_mutex, self._files_mutex = threading.Lock(), threading.Lock(), threading.Lock()
        self.forks += 1
        self.close()

    # The locked stretch ------------------------------------------------------------------------------------------

    def acquire(self, *, create: bool = True) -> bool:
        """Wait for the log's lock and repair what is to repair; False when there is no log and none is to be made."""
        self._mutex.acquire()
        try:
            size = self._lock(create=create)
            if size is None:
                self._mutex.release()
                return False
            if not self._load() or self.base + size != self.end or self._tail_unchecked:
                self._repair(size)
        except BaseException:
            self._unlock()
            raise
        return True

    def _lock(self, *, create: bool) -> int | None:
        """Lock the file that has the log's name now; its size, or None when there is none and none is to be made.

        The one we have open may have been deleted, or closed as a segment: what we write there nobody would find.
        """
        again = False
        while self.open(create=create, again=again):
            lock(self._fd)
            size = self._size()
            if size is not None:
                return size
            self._unflock()
            again = True
        return None

    def _size(self) -> int | None:
        """The size of the file; None when the one we have open has not the log's name any more."""
        try:
            status = os.stat(self.path)
        except FileNotFoundError:
            return None
        return status.st_size if (status.st_dev, status.st_ino) == self._ident else None

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
            unlock(self._fd)
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
        if os.fstat(self._fd).st_size > self.end - self.base:
            os.ftruncate(self._fd, self.end - self.base)
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
        top = self.base + size
        whole = self._load() and self.end <= top
        if whole and self.end > self.base:
            whole = read_at(self._fd, 1, self.end - self.base - 1) == b"\n"
        self._tail_unchecked, self.begins_ours = False, False
        if whole and self.end == top:
            return
        if not whole:
            lost = self.end if self.end > top else 0
            if lost:
                note = f"the log had {lost} bytes and now has {top}: acknowledged ops may be missing".encode()
                self.quarantine(note, "the log became shorter", top)
            self.log_id, self.end, self.lamport = os.urandom(8).hex(), 0, max(self.lamport, 0) if lost else 0
        self.end = max(self.end, self.base)
        data = self.read(self.end, top)
        cut = data.rfind(b"\n") + 1
        if cut < len(data) and entry_of(data[cut:]) is not None:  # a plain log may have no end of line at its end
            os.write(self._fd, b"\n")
            data += b"\n"
            cut = len(data)
        if cut < len(data):
            self.quarantine(data[cut:], "torn tail of a writer that died", self.end + cut, "tail")
            os.ftruncate(self._fd, self.end - self.base + cut)
        self.lamport = max(self.lamport, self._lamport_of(data[:cut]), *(segment.lamport for segment in self._closed))
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
            for _ in range(3):
                size = self._size()
                if size is None:
                    if not self.open(create=False, again=True):
                        return 0
                elif self._load() and self.end == self.base + size and not self._tail_unchecked:
                    return self.end
            size = self._lock(create=False)  # a live writer holds it for microseconds
            if size is None:
                return 0
            try:
                if not self._load() or self.base + size != self.end or self._tail_unchecked:
                    self._repair(size)
                return self.end
            finally:
                self._unflock()

    # Closing a segment -------------------------------------------------------------------------------------------

    def close_segment(self, least: int = 1) -> bool:
        """Close the file as it is as a segment, durably, and begin a new one; False when it is shorter than `least`.

        One rename does it. Whoever has the file open finds out once he has its lock; what he reads does not change.
        """
        if not self.acquire(create=False):
            return False
        try:
            if self.end - self.base < max(least, 1):
                return False
            self.sync(self.end)
            folder = self.folder / FOLDER
            make_folders(folder)
            fsync_dir(self.folder)
            mode = os.fstat(self._fd).st_mode & 0o7777
            try:
                os.rename(self.path, stem_of(self.folder, self.base, self.end, self.lamport) + ".jsonl")
            except PermissionError:
                return False  # Windows renames no file that somebody has open: the log stays one file
            fd = os.open(self.path, os.O_RDWR | os.O_CREAT | OPEN, mode)
            try:
                set_mode(fd, mode)
            finally:
                os.close(fd)
            fsync_dir(folder)
            fsync_dir(self.folder)
            return True
        finally:
            self._unlock()

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
            reached = self.end
            fd = self.duplicate()  # what is in a closed segment by now was made durable when that was closed
            try:
                sync_data(fd)
                if not self._synced:  # whoever made the file, or closed the one before, may not have got that far yet
                    self._sync_names()
            except OSError as problem:
                self.failed = f"{self.path} could not be made durable ({problem}); nothing more is accepted"
                raise DamageError(self.failed, hint="check the disk, then start the session again") from problem
            finally:
                os.close(fd)
            self._synced = max(reached, end)

    def _sync_names(self) -> None:
        """Make the name of the file durable, and before it those of what was closed."""
        archive = self.folder / FOLDER
        for folder in (*([archive] if self.base else []), self.folder, self.folder.parent, self.folder.parent.parent):
            fsync_dir(folder)


def _allocate(state: int) -> None:
    """Give the state its place on disk: storing into a mapped hole on a full disk kills the process (SIGBUS)."""
    status = os.fstat(state)
    if status.st_size < _STATE_SIZE:
        os.ftruncate(state, _STATE_SIZE)
    if not status.st_blocks and hasattr(os, "posix_fallocate"):
        os.posix_fallocate(state, 0, _STATE_SIZE)


def _after_fork_in_child() -> None:
    for journal in list(_open_journals):
        journal.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
