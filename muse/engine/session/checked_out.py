"""Which commit is checked out, for every batch of ops: two small files are read, Git is asked where they changed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from muse.store.repository import Repository

_ELSEWHERE = ("packed-refs", "reftable/tables.list")


class CheckedOut:
    """HEAD of one work tree, remembered for as long as the files it is kept in stay as they are."""

    def __init__(self, repo: Repository) -> None:
        self._repo = repo
        self._state: object = None
        self._commit = ""

    def commit(self) -> str:
        """The id of the commit, or "" before the first."""
        state = self.state()
        if state != self._state:
            self._commit, self._state = self._repo.head() or "", state
        return self._commit

    def state(self) -> object:
        """Something that is another one when another branch or commit is checked out."""
        head = _read(self._repo.git_dir / "HEAD")
        if not head.startswith(b"ref: "):
            return head
        ref = _read(self._repo.common_dir / os.fsdecode(head[5:].strip()))
        return head, ref, *([] if ref else map(self._time, _ELSEWHERE))

    def _time(self, name: str) -> int:
        try:
            return os.stat(self._repo.common_dir / name).st_mtime_ns
        except OSError:
            return 0


def _read(path: os.PathLike[str]) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(1 << 12)
    except OSError:
        return b""
