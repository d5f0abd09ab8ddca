"""libgit2 in the process, where it was measured to beat git's own; without a word not, where it cannot be had.

It knows neither SHA-256 repositories nor reftable, and asks no promisor remote. Whatever it does not answer, the caller
asks Git. What it was tried for, and lost, is in ARCHITECTURE.md.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from muse.store.repository import Repository

WORTH = 5_000  # blobs; loading pygit2 pays from 2,000 on where they are loose, from 15,000 on where they are packed
WORTH_DIFFS = 25  # tree diffs that a process has asked git for before; as above


class TreeChange(NamedTuple):
    """A path that differs between two trees, in Git's letters; modes as `100644`, zeros for "not there"."""

    status: str
    path: bytes
    old_mode: str
    new_mode: str
    old_id: str
    new_id: str


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


def opened(repo: Repository) -> FastReader | None:
    """A reader, or None where pygit2 is missing or cannot open this repository."""
    pygit2 = _library(repo)
    if pygit2 is None:
        return None
    try:
        return FastReader(pygit2.Odb(os.fspath(repo.objects_dir)))
    except (pygit2.GitError, KeyError, ValueError, OSError):
        return None


def tree_changes(repo: Repository, old: str, new: str) -> list[TreeChange] | None:
    """What `git diff-tree -r --no-renames` says of two trees; None until a process has asked for many, or where libgit2
    does not say."""
    asked = repo.memo["tree diffs"] = repo.memo.get("tree diffs", 0) + 1
    if asked < WORTH_DIFFS:
        return None
    pygit2 = _library(repo)
    if pygit2 is None:
        return None
    try:
        if "libgit2" not in repo.memo:
            repo.memo["libgit2"] = pygit2.Repository(os.fspath(repo.git_dir))
        trees = [repo.memo["libgit2"][name] for name in (old, new)]
        found = trees[0].diff_to_tree(trees[1], flags=pygit2.enums.DiffOption.INCLUDE_TYPECHANGE, context_lines=0)
        rows = [_row(delta) for delta in found.deltas]
    except (pygit2.GitError, KeyError, ValueError, OSError, AttributeError):
        return None
    return sorted(rows, key=lambda row: row.path)


def _row(delta: Any) -> TreeChange:
    old, new = delta.old_file, delta.new_file
    side = new if delta.status_char() != "D" else old
    zero = "0" * 40
    gone, made = delta.status_char() == "D", delta.status_char() == "A"
    return TreeChange(
        delta.status_char(),
        side.raw_path,
        "000000" if made else f"{int(old.mode):06o}",
        "000000" if gone else f"{int(new.mode):06o}",
        zero if made else str(old.id),
        zero if gone else str(new.id),
    )


def _library(repo: Repository) -> Any:
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
