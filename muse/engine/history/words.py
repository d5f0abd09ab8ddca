"""What `muse log` says below a commit, worked out once: a local, disposable cache of one line per changed path.

It lies in the Git folder, travels nowhere, and is keyed by everything the words follow from: the changes Git finds, the
domains that tell them, how music is spelled. A lost or damaged cache costs time. What is not in it is told as long as
`SECONDS` of processor time last, further commits by path alone; the next `muse log` goes on from there.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import time
import weakref
from typing import TYPE_CHECKING, Any

from muse._version import __version__
from muse.core.errors import FormatError, MuseError
from muse.core.filedomain import summarise
from muse.core.sharing import open_or_make
from muse.domain import DomainOp, PluginFor, StructuredDelta
from muse.engine.history.changes import Change, path_text
from muse.engine.history.diff import describe, outline
from muse.store.meta.deltas import check_delta

if TYPE_CHECKING:
    from muse.store.repository import Repository

SECONDS = 0.8  # of processor time, for all commits after the first few
ALWAYS = 10  # commits that are told whatever it takes: what a screen shows
SIZE_LIMIT = 64 << 20  # bytes, some 100,000 commits; beyond, the cache starts afresh
_MADE = f"1 {__version__}"  # to be counted up when words change
_SCHEMA = "create table if not exists said (key blob primary key, words text not null) without rowid"


class Words:
    """The short deltas of one run of `muse log`: no operations inside of files. Nothing here raises for want of a
    disk."""

    def __init__(self, repo: Repository) -> None:
        self._repo = repo
        self._path = repo.common_dir / "muse" / "words.sqlite"
        self._fresh: list[tuple[bytes, str]] = []
        self._spent, self._told = 0.0, 0
        self.by_path = 0  # commits told by path alone for want of time
        self._database = self._open()

    def delta(self, found: list[Change], plugin_for: PluginFor, domain: str) -> StructuredDelta:
        """The changes as a delta whose operations are paths, in remembered words where there are some."""
        key = _key(found, plugin_for)
        ops = self._known(key, found) if key else None
        if ops is None:
            if self._told >= ALWAYS and self._spent > SECONDS:
                self.by_path += 1
                return outline(found, domain)
            begun = time.process_time()
            ops = [_short(op) for op in describe(self._repo, found, plugin_for, domain=domain)["ops"]]
            self._spent += time.process_time() - begun
            self._told += 1
            if key:
                self._fresh.append((key, json.dumps(ops)))
        return StructuredDelta(domain=domain, ops=ops, summary=summarise(ops))

    def close(self) -> None:
        """Keep what is new for the next time."""
        fresh, self._fresh = self._fresh, []
        if self._database is None or not fresh:
            return
        try:
            with self._database:
                self._database.executemany("insert or replace into said values (?, ?)", fresh)
        except sqlite3.Error as error:
            self._give_up(error)

    def _known(self, key: bytes, found: list[Change]) -> list[DomainOp] | None:
        if self._database is None:
            return None
        try:
            row = self._database.execute("select words from said where key = ?", (key,)).fetchone()
            ops = check_delta({"domain": "", "summary": "", "ops": json.loads(row[0]) if row else []})["ops"]
        except sqlite3.Error as error:
            self._give_up(error)
            return None
        except (ValueError, TypeError, FormatError):
            return None
        return ops if [op["address"] for op in ops] == [path_text(change.path) for change in found] else None

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


def _short(op: DomainOp) -> DomainOp:
    """An operation on a path without what is inside: no operations on elements, no contents."""
    left: Any = {name: value for name, value in op.items() if name not in ("child_ops", "content")}
    if op["op"] == "patch":
        left["child_ops"] = []
    short: DomainOp = left
    return short


def _key(found: list[Change], plugin_for: PluginFor) -> bytes | None:
    """What the words follow from; None where that cannot be said: a plugin from elsewhere may change any day."""
    rows: list[list[str]] = []
    for change in found:
        path = path_text(change.path)
        try:
            plugin: Any = plugin_for(path)
        except MuseError:
            return None
        if not type(plugin).__module__.startswith("muse.plugins."):
            return None
        rows.append([plugin.name, path, path_text(change.old_path), change.status, *change[3:]])
    said = json.dumps([_MADE, os.environ.get("MUSE_WORDS", ""), rows])
    return hashlib.sha256(said.encode("ascii")).digest()
