"""libgit2 in the process, where it was measured to beat git's own; without a word not, where it cannot be had.

It knows neither SHA-256 repositories nor reftable, and asks no promisor remote. Whatever it does not answer, the caller
asks Git. What it was tried for, and lost, is in docs/measurements.md.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from muse.store.objects.needs import Basics

WORTH = 5_000  # blobs; loading pygit2 pays from 2,000 on where they are loose, from 15,000 on where they are packed


class FastReader:
    """Blobs by id from an opened pygit2 repository."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend

    def blob(self, name: str) -> bytes | None:
        """The blob's bytes; None when it is not there, no blob, or cannot be read this way."""
        try:
            kind, data = self._backend.read(name)
        except (KeyError, ValueError, OSError):
            return None
        return bytes(data) if kind == 3 else None


def opened(repo: Basics) -> FastReader | None:
    """A reader, or None where pygit2 is missing or cannot open this repository."""
    pygit2 = _library(repo)
    if pygit2 is None:
        return None
    try:
        return FastReader(pygit2.Odb(os.fspath(repo.objects_dir)))
    except (pygit2.GitError, KeyError, ValueError, OSError):
        return None


def _library(repo: Basics) -> Any:
    """pygit2, or None where it is missing or this repository is not one it can open."""
    if repo.object_format != "sha1" or repo.config("extensions.refstorage", "files") != "files":
        return None
    if repo.objects_dir != repo.common_dir / "objects" or os.environ.get("MUSE_NO_FAST"):
        return None
    if any(key.startswith("remote.") and key.endswith(".promisor") for key in repo.settings()):
        return None
    try:
        import pygit2
    except ImportError:
        return None
    return pygit2
