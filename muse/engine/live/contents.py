"""The repository's contents for several loops at once: one at a time asks Git."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

from muse.store.log import checkpoints

if TYPE_CHECKING:
    from muse.store.repository import Repository


class Contents:
    """Contents by digest, and which of those that came no ref names yet."""

    def __init__(self, repo: Repository) -> None:
        self._repo = repo
        self._lock = threading.Lock()
        self._unpinned: set[str] = set()

    def here(self, digests: Iterable[str]) -> list[str]:
        """Those of the digests that are in the repository, sorted."""
        with self._lock:
            return sorted(digest for digest in digests if self._repo.content.has(digest))

    def lacking(self, digests: Iterable[str]) -> list[str]:
        """Those of the digests that are not in the repository, sorted."""
        wanted = set(digests)
        return sorted(wanted.difference(self.here(wanted)))

    def get(self, digest: str) -> bytes:
        """The bytes; KeyError when they are not here."""
        with self._lock:
            return self._repo.content.get(digest)

    def put(self, data: bytes) -> None:
        """Keep what came; it is durable when this returns, and `pin` has a ref name it."""
        with self._lock:
            self._unpinned.add(self._repo.content.put(data))

    def pin(self) -> None:
        """Have our ref name what came, so that `git gc` leaves it; after an error it is tried again."""
        with self._lock:
            if not self._unpinned:
                return
            checkpoints.pin(self._repo, self._unpinned)
            self._unpinned = set()


__all__ = ["Contents"]
