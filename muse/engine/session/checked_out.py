"""Which commit is checked out, for every batch of ops: two small files are read, Git is asked where they changed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from muse.core.platform.files import OPEN

if TYPE_CHECKING:
    from muse.store.repository import Repository

_ELSEWHERE = ("packed-refs", "reftable/tables.list")


class CheckedOut:
    """HEAD of one work tree, remembered for as long as the files it is kept in stay as they are."""

    def __init__(self, repo: Repository) -> None:
        self._repo = repo
        self._head, self._common = str(repo.git_dir / "HEAD"), os.fsencode(repo.common_dir)
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
        head = _read(self._head)
        if not head.startswith(b"ref: "):
            return head
        ref = _read(os.path.join(self._common, head[5:].strip()))
        return head, ref, *([] if ref else map(self._time, _ELSEWHERE))

    def _time(self, name: str) -> int:
        try:
            return os.stat(self._repo.common_dir / name).st_mtime_ns
        except OSError:
            return 0


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
