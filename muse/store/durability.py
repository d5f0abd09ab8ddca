"""What Muse commits, joins or merges is on the medium before it answers: the words for Git, and the folders after it.

Git syncs the files it is told to (`core.fsync`), never the folders their names are in; on some file systems a power cut
then takes the name. So after a command that moves a ref, the folders that changed are synced as well.
`muse.fsync=git` leaves all of this to Git's own settings.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from muse.core.io import fsync_dir

if TYPE_CHECKING:
    from muse.store.repository import Repository

WORDS = ("-c", "core.fsync=all")  # Git 2.36 and newer; older ones ignore it
_MOVING = frozenset({"commit", "merge", "update-ref", "pull", "rebase", "cherry-pick", "revert", "reset", "am"})
_WRITING = _MOVING.union(
    [
        "add",
        "apply",
        "checkout",
        "checkout-index",
        "commit-tree",
        "hash-object",
        "index-pack",
        "merge-tree",
        "mktag",
        "mktree",
    ],
    ["read-tree", "rm", "switch", "unpack-objects", "update-index", "write-tree"],
)
_SLACK = 3.0  # seconds by which the clock of a file server may be behind ours


def verb_of(args: Sequence[object]) -> str:
    """Git's own command in a list of words, behind options such as `-c NAME=VALUE`."""
    words = iter(map(str, args))
    for word in words:
        if word in ("-c", "-C", "--git-dir", "--work-tree"):
            next(words, None)
        elif not word.startswith("-"):
            return word
    return ""


def words(repo: Repository, args: Sequence[object]) -> tuple[str, ...]:
    """What goes before the words of a git command that writes, so that it is durable; () for others."""
    verb = verb_of(args)
    if verb in _WRITING and verb != "update-ref":  # which writes no objects
        repo.objects_unsettled = True
    return WORDS if verb in _WRITING and _wanted(repo) else ()


def settle(repo: Repository, args: Sequence[object]) -> None:
    """After a git command that moved a ref: sync the folders in which names have changed since we opened.

    Those of objects only where Git wrote some since the last time: our own writer syncs its folders itself.
    """
    if verb_of(args) not in _MOVING or not _wanted(repo):
        return
    since = repo.opened - _SLACK
    objects = _object_folders(repo) if repo.objects_unsettled else []
    for folder in (*objects, *_ref_folders(repo)):
        try:
            if os.stat(folder).st_mtime >= since:
                fsync_dir(folder)
        except OSError:
            continue  # gone meanwhile, or a system that syncs no folders
    repo.opened, repo.objects_unsettled = time.time(), False


def _wanted(repo: Repository) -> bool:
    return (repo.config("muse.fsync") or "").lower() != "git"


def _object_folders(repo: Repository) -> list[str]:
    objects = os.fspath(repo.objects_dir)
    try:
        names = os.listdir(objects)
    except OSError:
        return []
    return [objects, *(os.path.join(objects, name) for name in names if len(name) == 2 or name == "pack")]


def _ref_folders(repo: Repository) -> list[str]:
    """The Git directories, and the folders of the branch HEAD is on and of our own refs."""
    found = [os.fspath(repo.git_dir), os.fspath(repo.common_dir)]
    try:
        with open(os.path.join(repo.git_dir, "HEAD"), encoding="utf-8", errors="surrogateescape") as file:
            branch = file.read(4096).removeprefix("ref: ").strip()
    except OSError:
        branch = ""
    for name in (branch, "refs/muse/log/x", "refs/muse/meta/x"):
        parts = name.split("/")[:-1] if name.startswith("refs/") and ".." not in name else []
        found += [os.path.join(repo.common_dir, *parts[: at + 1]) for at in reversed(range(len(parts)))]
    return list(dict.fromkeys(found))
