"""The index as it was before a commit began: a commit that comes to nothing leaves it so, on a full disk too.

Git never writes into the file `index`, it puts another in its place. So a second name for it, `muse-index-PID-HEAD`,
keeps what was in it and takes no room, and giving it back is one rename under Git's own lock. A process that is killed
leaves the name behind, and the next commit gives back what it finds.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from muse.core import leftovers
from muse.core.io import fsync_dir

if TYPE_CHECKING:
    from muse.store.repository import Repository

_PREFIX = "muse-index-"
_Known = tuple[int, int, int]


class IndexBefore:
    """What the index was. `staged` is to be called when we have written to it, `give_back` when it was in vain."""

    def __init__(self, repo: Repository, head: str) -> None:
        self._index = os.path.join(repo.git_dir, "index")
        self._kept = os.path.join(repo.git_dir, f"{_PREFIX}{os.getpid()}-{head}")
        self._ours: _Known | None = None
        try:
            if "GIT_INDEX_FILE" not in repo.env and not _is_split(repo):  # such a one is the caller's to keep
                os.link(self._index, self._kept)
                return
        except OSError:  # none yet, or a disk without hard links
            pass
        self._kept = ""

    def staged(self) -> None:
        """The index as it is now is our work."""
        self._ours = _known(self._index)

    def give_back(self) -> bool:
        """Put the index back as it was; False where that cannot be, or where somebody else has written to it since."""
        if not self._kept:
            return False
        if _known(self._index) not in (self._ours, _known(self._kept)):
            return False
        if _put_back(self._kept, self._index):
            return True
        self._kept = ""  # not dropped: the next commit gives it back, on a disk that may be better then
        return False

    def drop(self) -> None:
        """It is not needed any more."""
        if self._kept:
            with suppress(OSError):
                os.unlink(self._kept)


@contextmanager
def index_before(repo: Repository, head: str) -> Iterator[IndexBefore]:
    """The index, kept for the time of a commit onto `head`."""
    made = IndexBefore(repo, head)
    try:
        yield made
    finally:
        made.drop()


def recover(repo: Repository) -> None:
    """Take back what a commit that was killed had staged and not committed; nothing else that was done since."""
    for name in os.listdir(repo.git_dir):
        pid, _, head = name.removeprefix(_PREFIX).partition("-")
        if not name.startswith(_PREFIX) or not pid.isdigit() or not leftovers.is_gone(int(pid)):
            continue
        kept = os.path.join(repo.git_dir, name)
        here = "GIT_INDEX_FILE" not in repo.env and (repo.head() or "") == head
        if here and _only_staged(repo, _rows(repo, kept), _rows(repo, "")):
            _put_back(kept, os.path.join(repo.git_dir, "index"))
        with suppress(OSError):
            os.unlink(kept)


def _is_split(repo: Repository) -> bool:
    """True where an index may be more than one file: Git may clear the other part away with the next one."""
    return any(name.startswith("sharedindex.") for name in os.listdir(repo.git_dir))


def _only_staged(repo: Repository, kept: set[bytes] | None, now: set[bytes] | None) -> bool:
    """True when the index has all that was kept and more, and what is more is no work of a person's: an ignored path
    is nothing that a commit of ours stages."""
    if kept is None or now is None or not kept < now:
        return False
    paths = b"\0".join(row.partition(b"\t")[2] for row in now - kept)
    return repo.run("check-ignore", "--no-index", "-q", "-z", "--stdin", input=paths).returncode == 1


def _rows(repo: Repository, index: str) -> set[bytes] | None:
    """Mode, id, stage and path of everything in an index, "" is Git's own; None when Git cannot read it."""
    env = {"GIT_INDEX_FILE": index} if index else {}
    found = repo.run("ls-files", "--stage", "-z", env=env)
    return None if found.returncode else set(found.stdout.split(b"\0"))


def _put_back(kept: str, index: str) -> bool:
    if _known(kept) == _known(index):
        return True
    lock = f"{index}.lock"
    try:
        os.link(kept, lock)
    except OSError:
        return False
    try:
        os.replace(lock, index)
        fsync_dir(os.path.dirname(index))
    except OSError:
        with suppress(OSError):
            os.unlink(lock)
        return False
    return True


def _known(path: str) -> _Known | None:
    """By what a file is known to be another; None when there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_mtime_ns
