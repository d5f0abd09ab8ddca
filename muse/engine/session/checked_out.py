"""Which commit is checked out, for every batch of ops: two small files are looked at, Git is asked if they changed."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from muse.core.platform.files import OPEN

if TYPE_CHECKING:
    from pathlib import Path

    from muse.store.repository import Repository

Stamp = tuple[int, int, int]
_DEEPEST = 5  # a branch may stand for another, as Git allows
_SETTLED = 3_000_000_000
"""Nanoseconds after which a later change of a file shows in its time: no file system counts in steps of more than two
seconds."""


class CheckedOut:
    """HEAD of one work tree, remembered for as long as the files it is kept in stay as they are."""

    def __init__(self, repo: Repository) -> None:
        self._repo = repo
        self._head, self._common = str(repo.git_dir / "HEAD"), os.fsencode(repo.common_dir)
        homes = dict.fromkeys((repo.common_dir, repo.git_dir))  # a linked work tree keeps its own HEAD
        self._elsewhere = [repo.common_dir / "packed-refs", *(home / "reftable/tables.list" for home in homes)]
        self._refs: list[bytes] = []
        self._state: object = None
        self._stamps: object = None
        self._commit = ""

    def commit(self) -> str:
        """The id of the commit, or "" before the first."""
        stamps = self._stamped()
        if stamps is not None and stamps == self._stamps:
            return self._commit
        state = self.state()
        if state != self._state:
            self._commit, self._state = self._repo.head() or "", state
        self._stamps = stamps if stamps is not None and self._refs and _settled(stamps) else None
        return self._commit

    def _stamped(self) -> list[Stamp] | None:
        """What tells without opening them that the files are as they were; None where one is not there."""
        if not self._refs:
            return None
        try:
            return [_stamp(os.stat(self._head)), *(_stamp(os.stat(ref)) for ref in self._refs)]
        except (OSError, ValueError):
            return None

    def state(self) -> object:
        """Something that is another one when another branch or commit is checked out."""
        said, refs = [_read(self._head)], list[bytes]()
        while said[-1].startswith(b"ref: ") and len(refs) < _DEEPEST:
            refs.append(os.path.join(self._common, said[-1][5:].strip()))
            said.append(_read(refs[-1]))
        self._refs = refs
        return said, [] if said[-1] else [_stamp_of(path) for path in self._elsewhere]


def _stamp(status: os.stat_result) -> Stamp:
    return status.st_mtime_ns, status.st_ino, status.st_size


def _stamp_of(path: Path) -> Stamp | None:
    try:
        return _stamp(os.stat(path))
    except OSError:
        return None


def _settled(stamps: list[Stamp]) -> bool:
    now = time.time_ns()
    return all(now - changed > _SETTLED for changed, _, _ in stamps)


def where_checked_out(repo: Repository, branch: str) -> str:
    """The work tree that has a branch checked out, "" where none has."""
    folder = ""
    for line in repo.run("worktree", "list", "--porcelain").stdout.splitlines():
        name, _, value = os.fsdecode(line).partition(" ")
        folder = value if name == "worktree" else folder
        if name == "branch" and value == branch:
            return folder
    return ""


def _read(path: str | bytes) -> bytes:
    try:
        file = os.open(path, os.O_RDONLY | OPEN)
    except (OSError, ValueError):
        return b""
    try:
        return os.read(file, 1 << 12)
    except OSError:
        return b""
    finally:
        os.close(file)
