"""Files that a sparse checkout leaves out: they are as HEAD has them, and on disk only while Git commits them."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from muse.core.filedomain import inside
from muse.engine.session import worktree
from muse.store.layout import path_bytes

if TYPE_CHECKING:
    from muse.store.repository import Repository


def left_out(repo: Repository, paths: Collection[str]) -> frozenset[str]:
    """Those of these paths that Git keeps off the disk, and that nobody has put there."""
    if repo.work_tree is None or not paths or not repo.config_bool("core.sparseCheckout", False):
        return frozenset()
    rows = repo.git("ls-files", "-t", "-z").split(b"\0")
    kept_off = {row[2:] for row in rows if row.startswith(b"S ")}
    top = repo.work_tree
    return frozenset(path for path in paths if path_bytes(path) in kept_off and not os.path.lexists(inside(top, path)))


@contextmanager
def left_out_again(repo: Repository, paths: Collection[str], files: Mapping[str, str]) -> Iterator[None]:
    """For a body that commits these paths: off the disk again afterwards, but for what is neither as in `files` nor as
    HEAD has it by then (a filter may have made a pointer of it)."""
    try:
        yield
    finally:
        if paths:
            head = repo.manifest("HEAD")["files"] if repo.head() is not None else {}
            same = [path for path in sorted(paths) if worktree.live(repo, path) in (files.get(path), head.get(path))]
            _leave_out(repo, same)


def _leave_out(repo: Repository, paths: Collection[str]) -> None:
    assert repo.work_tree is not None
    known = set(repo.git("ls-files", "-z").split(b"\0"))
    names = [raw for raw in map(path_bytes, paths) if raw in known]
    repo.git("update-index", "--skip-worktree", "-z", "--stdin", input=b"".join(name + b"\0" for name in names))
    for path in paths:
        target = inside(repo.work_tree, path)
        target.unlink(missing_ok=True)
        for folder in target.relative_to(repo.work_tree).parents[:-1]:
            try:
                os.rmdir(repo.work_tree / folder)
            except OSError:
                break


__all__ = ["left_out", "left_out_again"]
