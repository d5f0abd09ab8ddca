"""What was worked out once, kept in `<git>/muse/words.sqlite`: local, disposable, and keyed by all it follows from.

It travels nowhere. A lost or damaged file costs time, and nothing here raises for want of a disk.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import weakref
from typing import TYPE_CHECKING, Any

from muse._version import __version__
from muse.core.sharing import open_or_make

if TYPE_CHECKING:
    from muse.store.repository import Repository

SIZE_LIMIT = 64 << 20  # bytes, some 100,000 commits; beyond, the cache starts afresh
_FLUSH = 500  # answers kept in memory before they are written
_MADE = f"1 {__version__}"  # to be counted up when answers change
_SCHEMA = "create table if not exists said (key blob primary key, words text not null) without rowid"


def key(kind: str, *parts: object) -> bytes:
    """A key made of everything an answer follows from, this version of Muse included."""
    return hashlib.sha256(json.dumps([_MADE, kind, *parts]).encode("ascii")).digest()


class Remembered:
    """Answers (anything JSON can say) by key; `put` is on disk after `close`, or when there are many."""

    def __init__(self, repo: Repository) -> None:
        self._path = repo.common_dir / "muse" / "words.sqlite"
        self._fresh: dict[bytes, str] = {}
        self._database = self._open()

    def get(self, key: bytes) -> Any:
        """The answer; None when there is none."""
        if key in self._fresh:
            return json.loads(self._fresh[key])
        if self._database is None:
            return None
        try:
            row = self._database.execute("select words from said where key = ?", (key,)).fetchone()
            return json.loads(row[0]) if row else None
        except sqlite3.Error as error:
            self._give_up(error)
        except (ValueError, TypeError, RecursionError):
            pass
        return None

    def put(self, key: bytes, value: Any) -> None:
        """Keep an answer."""
        self._fresh[key] = json.dumps(value)
        if len(self._fresh) >= _FLUSH:
            self.close()

    def close(self) -> None:
        """Write down what is new; more may come."""
        fresh, self._fresh = self._fresh, {}
        if self._database is None or not fresh:
            return
        try:
            with self._database:
                self._database.executemany("insert or replace into said values (?, ?)", fresh.items())
        except sqlite3.Error as error:
            self._give_up(error)

    def _open(self) -> sqlite3.Connection | None:
        try:
            if self._path.exists() and self._path.stat().st_size > SIZE_LIMIT:
                self._path.unlink()
            os.close(open_or_make(self._path))
            database = sqlite3.connect(self._path, timeout=0.5)
        except (sqlite3.Error, OSError):
            return None
        weakref.finalize(self, database.close)
        try:
            database.execute("pragma synchronous = off")
            database.execute(_SCHEMA)
        except sqlite3.Error as error:
            self._give_up(error)
            return None
        return database

    def _give_up(self, error: sqlite3.Error) -> None:
        """Go on without; a damaged file is deleted, so that the next process starts afresh."""
        self._database = None
        if not isinstance(error, sqlite3.OperationalError):  # those are locks, full disks and the like
            try:
                self._path.unlink(missing_ok=True)
            except OSError:
                pass
