"""How files are stored that ops speak of. An op is about content: what may be executed, or is a link, is that on disk,
under its former name, by the op that brought it, and in HEAD. Where the disk does not say (core.fileMode is false), the
index does.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from muse.core import content
from muse.core.filedomain import inside
from muse.engine.session import worktree
from muse.engine.session.replay import Replayed
from muse.store.layout import path_text
from muse.store.objects.database import EXECUTABLE, FILE, SYMLINK

if TYPE_CHECKING:
    from muse.store.repository import Repository

SAID = {f"{mode:o}": mode for mode in (EXECUTABLE, SYMLINK)}
"""What an op may say besides nothing at all."""


def modes(repo: Repository, files: Mapping[str, str], changed: Collection[str], done: Replayed) -> dict[str, int]:
    """The modes of changed paths that are not simply those of HEAD."""
    found: dict[str, int] = {}
    trusted = repo.config_bool("core.fileMode", True)
    links = repo.config_bool("core.symlinks", True)  # else they are plain files on the disk, as Git has them there
    index = {} if trusted else stored_in(repo)
    for path in files.keys() & set(changed):
        source = done.renamed.get(path, path)
        mode = _on_disk(repo, source, files[path]) if trusted else _in_index(repo, index.get(source), files[path])
        if (mode is None and source != path) or (mode == FILE and not links):
            was = _in_head(repo, source)
            mode = was if mode is None or was == SYMLINK else mode
        if mode is None:
            mode = SAID.get(done.modes.get(path) or done.modes.get(source, ""))
        if mode is not None:
            found[path] = mode
    return found


def before(repo: Repository, path: str) -> str:
    """How a file was stored that HEAD's history had and has no more, where that is worth saying; else ""."""
    if repo.head() is None:
        return ""
    only = {"GIT_LITERAL_PATHSPECS": "1"}
    row = repo.git("log", "-1", "--format=", "--raw", "--no-abbrev", "HEAD", "--", worktree.native(path), env=only)
    mode, left = row[1:7].decode(), row[8:14]
    return mode if mode in SAID and left == b"000000" else ""


def on_disk(repo: Repository, path: str) -> dict[str, str]:
    """What an op that brings a file from the disk says of how it is stored: a field, or none."""
    assert repo.work_tree is not None
    target = inside(repo.work_tree, path)
    if target.is_symlink():
        mode: int | None = SYMLINK
    elif repo.config_bool("core.fileMode", True):
        mode = _on_disk(repo, path, "")
    else:
        mode = stored_in(repo).get(path)
    return {"mode": f"{mode:o}"} if mode in SAID.values() else {}


def _on_disk(repo: Repository, path: str, digest: str) -> int | None:
    """What Git would store a file as; None for a link that goes on to be one, or where there is nothing."""
    assert repo.work_tree is not None
    target = inside(repo.work_tree, path)
    if target.is_symlink():
        return FILE if b"\n" in content.fetch(repo.content, digest) else None
    if not target.is_file():
        return None
    return EXECUTABLE if os.stat(target).st_mode & 0o100 else FILE


def says_modes(repo: Repository) -> bool:
    """True where the disk says what may be executed and what is a link."""
    return repo.config_bool("core.fileMode", True) and repo.config_bool("core.symlinks", True)


def stored_in(repo: Repository, commit: str = "") -> dict[str, int]:
    """How a commit, else the index, has its files stored; those in conflict are not there."""
    words = ("ls-tree", "-r", "-z", "--full-tree", commit) if commit else ("ls-files", "-s", "-z")
    found: dict[str, int] = {}
    for row in repo.git(*words).split(b"\0"):
        head, _, name = row.partition(b"\t")
        if head and (commit or head.endswith(b" 0")):
            found[path_text(name)] = int(head[:6], 8)
    return found


def _in_index(repo: Repository, mode: int | None, digest: str) -> int | None:
    """What a file is to be stored as that the index has so."""
    return FILE if mode == SYMLINK and b"\n" in content.fetch(repo.content, digest) else mode


def _in_head(repo: Repository, path: str) -> int | None:
    row = repo.git("ls-tree", "-z", "HEAD", "--", worktree.native(path)) if repo.head() else b""
    return int(row[:6], 8) if row else None


__all__ = ["SAID", "before", "modes", "on_disk", "says_modes", "stored_in"]
