"""Where lines of history meet: merge bases, ancestry, how far two commits are apart. Git walks, we read."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from muse.core.errors import MuseError

if TYPE_CHECKING:
    from muse.core.paths import StrPath
    from muse.store.repository import Repository


def merge_bases(repo: Repository, a: str, b: str) -> list[str]:
    """Every best common ancestor, several in a criss-cross history, none when the histories are unrelated."""
    done = repo.run("merge-base", "--all", "--end-of-options", repo.resolve(a), repo.resolve(b))
    if done.returncode > 1:
        raise MuseError(done.stderr.decode("utf-8", "replace").strip() or f"git cannot compare {a} and {b}")
    return done.stdout.decode().split()


def find_merge_base(repo: Repository | StrPath, a: str, b: str) -> str | None:
    """One best common ancestor, or None when the histories are unrelated; `repo` may be a repository's folder."""
    if isinstance(repo, (str, os.PathLike)):
        from muse.store.repository import Repository

        repo = Repository(repo)
    return next(iter(merge_bases(repo, a, b)), None)


def parents(repo: Repository, commit: str) -> list[str]:
    """Ids of a commit's parents; a shallow clone's oldest commits have none."""
    return repo.git("rev-parse", f"{repo.resolve(commit)}^@").decode().split()


def upstream(repo: Repository) -> str | None:
    """The short name of the branch this one follows, or None."""
    done = repo.run("rev-parse", "--abbrev-ref", "--symbolic-full-name", "@{upstream}")
    return done.stdout.decode("utf-8", "surrogateescape").strip() or None if done.returncode == 0 else None
