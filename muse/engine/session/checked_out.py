"""Which commit is checked out, for every batch of ops: two small files are looked at, Git is asked if they changed."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from muse.core.platform.files import OPEN

if TYPE_CHECKING:
    from muse.store.repository import Repository

_ELSEWHERE = ("packed-refs", "reftable/tables.list")
_SETTLED = 3_000_000_000
"""Nanoseconds after which a later change of a file shows in its time: no file system counts in steps of more than two
seconds."""


class CheckedOut:
    """HEAD of one work tree, remembered for as long as the files it is kept in stay as they are."""

    def __init__(self, repo: Repository) -> None:
        self._repo = repo
        self._head, self._common = str(repo.git_dir / "HEAD"), os.fsencode(repo.common_dir)
        self._ref: bytes | None = None
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
        self._stamps = stamps if stamps is not None and self._ref is not None and _settled(stamps) else None
        return self._commit

    def _stamped(self) -> list[tuple[int, int, int]] | None:
        """What tells without opening them that both files are as they were; None where one is not there."""
        if self._ref is None:
            return None
        try:
            found = os.stat(self._head), os.stat(self._ref)
        except (OSError, ValueError):
            return None
        return [(status.st_mtime_ns, status.st_ino, status.st_size) for status in found]

    def state(self) -> object:
        """Something that is another one when another branch or commit is checked out."""
        head = _read(self._head)
        if not head.startswith(b"ref: "):
            self._ref = None
            return head
        self._ref = os.path.join(self._common, head[5:].strip())
        ref = _read(self._ref)
        return head, ref, *([] if ref else map(self._time, _ELSEWHERE))

    def _time(self, name: str) -> int:
        try:
            return os.stat(self._repo.common_dir / name).st_mtime_ns
        except OSError:
            return 0


def _settled(stamps: list[tuple[int, int, int]]) -> bool:
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
