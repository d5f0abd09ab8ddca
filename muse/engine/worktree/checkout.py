"""Going to another state: Git's own checkout, which refuses before it loses anything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from muse.core.errors import MuseError
from muse.engine.git import attended

if TYPE_CHECKING:
    from muse.store.repository import Repository


def checkout(repo: Repository, words: Sequence[str]) -> int:
    """`git checkout WORDS` on the user's terminal; its exit code."""
    if repo.work_tree is None:
        raise MuseError("this operation must be run in a work tree")
    return attended(repo, "checkout", *words)
