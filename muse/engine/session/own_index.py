"""A commit from an index of its own, where `git commit --only` would not store a file as it is meant.

That takes files from the disk. Where the disk does not say what may be executed or is a link (core.fileMode and
core.symlinks false), Git goes by its index, and in the one that `--only` makes a new file is a plain one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from muse.engine.session.modes import says_modes, stored_in
from muse.store.layout import path_bytes
from muse.store.objects.database import FILE

if TYPE_CHECKING:
    from muse.store.repository import Repository


def needed(repo: Repository, kinds: Mapping[str, int]) -> bool:
    """True when the disk would not say of one of these files what it is to be stored as, nor HEAD."""
    if not kinds or says_modes(repo):
        return False
    head = stored_in(repo, "HEAD") if repo.head() else {}
    return any(mode != head.get(path, FILE) for path, mode in kinds.items())


@contextmanager
def own_index(repo: Repository, tree: str, paths: Sequence[str]) -> Iterator[dict[str, str]]:
    """The environment of a commit of HEAD with these paths: stored as in the tree, their contents as Git takes them
    from the disk, filters and line ends included."""
    file = os.path.join(repo.git_dir, f"index.muse-{os.getpid()}-commit")
    env = {"GIT_INDEX_FILE": file}
    try:
        repo.git("read-tree", *(["HEAD"] if repo.head() else ["--empty"]), env=env)
        names = [path_bytes(path) for path in paths]
        there: dict[bytes, bytes] = {}
        for row in repo.git("ls-tree", "-r", "-z", "--full-tree", tree).split(b"\0"):
            head, _, name = row.partition(b"\t")
            there[name] = b" ".join(head.split(b" ")[0::2])
        gone = b"0 " + repo.zero.encode()
        rows = [there.get(name, gone) + b"\t" + name + b"\0" for name in names]
        rows.sort(key=lambda row: not row.startswith(b"0 "))  # a file that makes room for a folder, first
        repo.git("update-index", "-z", "--index-info", input=b"".join(rows), env=env)
        again = b"".join(name + b"\0" for name in names)
        repo.git("update-index", "--add", "--remove", "--replace", "-z", "--stdin", input=again, env=env)
        yield env
    finally:
        for left in (file, f"{file}.lock"):
            with suppress(OSError):
                os.unlink(left)


__all__ = ["needed", "own_index"]
