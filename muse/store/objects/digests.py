"""Which blob has which SHA-256 digest: a local, disposable cache that any number of processes may share.

SQLite keeps it; where that is not possible (no module, read-only or full disk, a damaged file) it lives in memory for
this process. Every row carries a check, so a damaged one is as good as absent. Deleting the file is always safe.
"""

from __future__ import annotations

import os
import weakref
import zlib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from muse.core.sharing import open_or_make

if TYPE_CHECKING:
    from pathlib import Path

SIZE_LIMIT = 512 << 20  # bytes, some five million blobs; beyond, the cache starts afresh
_CHUNK = 500
_SCHEMA = """
create table if not exists digest (blob blob primary key, digest blob not null, mark int not null) without rowid;
create index if not exists by_digest on digest (digest);
"""


class DigestIndex:
    """Blob id (hex) <-> digest (`sha256:<hex>`). No method raises for want of a working disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._to_digest: dict[str, str] = {}
        self._to_blob: dict[str, str] = {}
        self._database: Any = None
        self._tried = 0

    def digests(self, blobs: Iterable[str]) -> dict[str, str]:
        """What is known of these blobs."""
        wanted = list(blobs)
        found = {blob: self._to_digest[blob] for blob in wanted if blob in self._to_digest}
        missing = [blob for blob in wanted if blob not in found]
        for blob, digest in self._where("blob", [bytes.fromhex(blob) for blob in missing]):
            found[blob] = digest
            self._remember(blob, digest)
        return found

    def blob(self, digest: str) -> str | None:
        """A blob with this digest, or None when none is known."""
        if digest in self._to_blob:
            return self._to_blob[digest]
        if not digest.startswith("sha256:") or len(digest) != 71:
            return None
        try:
            key = bytes.fromhex(digest[7:])
        except ValueError:
            return None
        for blob, found in self._where("digest", [key]):
            self._remember(blob, found)
        return self._to_blob.get(digest)

    def add(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Learn (blob, digest) pairs."""
        new = [(blob, digest) for blob, digest in pairs if self._to_digest.get(blob) != digest]
        for blob, digest in new:
            self._remember(blob, digest)
        rows = [(b := bytes.fromhex(blob), d := bytes.fromhex(digest[7:]), _mark(b, d)) for blob, digest in new]
        if rows:
            self._write("insert or replace into digest values (?, ?, ?)", rows)

    def rows(self) -> list[tuple[str, str]]:
        """Every (blob, digest) pair that is kept."""
        return self._select("select * from digest", [()])

    def forget(self, blob: str) -> None:
        """Drop what is known of a blob."""
        digest = self._to_digest.pop(blob, None)
        if digest is not None:
            self._to_blob.pop(digest, None)
        self._write("delete from digest where blob = ?", [(bytes.fromhex(blob),)])

    def close(self) -> None:
        """Let go of the file; the next use opens it again."""
        if self._database is not None:
            self._close()
        self._database, self._tried = None, 0

    def _remember(self, blob: str, digest: str) -> None:
        self._to_digest[blob] = digest
        self._to_blob[digest] = blob

    def _where(self, column: str, keys: list[bytes]) -> list[tuple[str, str]]:
        """The pairs with one of the keys in a column."""
        parts = [keys[at : at + _CHUNK] for at in range(0, len(keys), _CHUNK)]
        return self._select(f"select * from digest where {column} in (%s)", parts)

    def _select(self, sql: str, parts: Sequence[Sequence[bytes]]) -> list[tuple[str, str]]:
        """The pairs of a statement run for each part, with as many marks as that has keys for its `%s`."""
        database = self._open() if parts else None
        rows: list[tuple[bytes, bytes, int]] = []
        if database is not None:
            import sqlite3

            try:
                for part in parts:
                    rows += database.execute(sql.replace("%s", ",".join("?" * len(part))), part)
            except sqlite3.Error as error:
                self._give_up(error)
        return [(b.hex(), "sha256:" + d.hex()) for b, d, mark in rows if _mark(b, d) == mark]

    def _write(self, sql: str, rows: Sequence[tuple[Any, ...]]) -> None:
        database = self._open()
        if database is None:
            return
        import sqlite3

        try:
            with database:
                database.executemany(sql, rows)
        except sqlite3.Error as error:
            self._give_up(error)

    def _open(self) -> Any:
        if self._tried == os.getpid():
            return self._database
        self._tried = os.getpid()  # a fork must not use its parent's connection
        try:
            import sqlite3
        except ImportError:
            return None
        for _ in range(2):
            try:
                if self._path.exists() and self._path.stat().st_size > SIZE_LIMIT:
                    self._delete()
                self._database = _connect(self._path)
                self._close = weakref.finalize(self, self._database.close)
                return self._database
            except sqlite3.DatabaseError as error:
                if isinstance(error, sqlite3.OperationalError):
                    return None  # locked, read-only or full: no reason to delete it
                self._delete()
            except OSError:
                return None
        return None

    def _give_up(self, error: Exception) -> None:
        """Go on in memory; a damaged file is deleted, so that the next process starts afresh."""
        import sqlite3

        self._close()
        self._database = None
        if not isinstance(error, sqlite3.OperationalError):  # those are locks, full disks and the like
            self._delete()

    def _delete(self) -> None:
        for suffix in ("", "-journal", "-wal", "-shm"):
            try:
                os.unlink(f"{self._path}{suffix}")
            except OSError:
                pass


def _connect(path: Path) -> Any:
    import sqlite3

    os.close(open_or_make(path))
    database = sqlite3.connect(path, timeout=2.0, check_same_thread=False)
    try:
        database.executescript(_SCHEMA)
        database.execute("pragma synchronous = off")
    except BaseException:
        database.close()
        raise
    return database


def _mark(blob: bytes, digest: bytes) -> int:
    return zlib.crc32(blob + digest)
