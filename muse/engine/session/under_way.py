"""What somebody has begun with Git and not finished: a commit of ours in the middle would end it, or be refused by Git
with the session's files on disk already.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from muse.core.errors import MuseError

if TYPE_CHECKING:
    from muse.store.repository import Repository

_WAITS = (
    ("MERGE_HEAD", "merge", "git commit"),
    ("CHERRY_PICK_HEAD", "cherry-pick", "git cherry-pick --continue"),
    ("REVERT_HEAD", "revert", "git revert --continue"),
)


class Away(NamedTuple):
    """A branch that is not checked out because of what is under way, and comes back at its end."""

    branch: str
    what: str
    hint: str


def refuse(repo: Repository) -> None:
    """MuseError where something is to be finished before anybody may commit."""
    for name, what, hint in _WAITS:
        if (repo.git_dir / name).exists():
            raise MuseError(f"a {what} is under way", hint=f"finish it with `{hint}`, then commit the session")


def away(repo: Repository) -> Away | None:
    """What keeps a branch from being checked out, if anything does."""
    for folder in ("rebase-merge", "rebase-apply"):
        try:
            branch = os.fsdecode((repo.git_dir / folder / "head-name").read_bytes()).strip()
        except OSError:
            continue
        return Away(branch, "rebase", "`git rebase --continue` (or --abort)")
    return None


__all__ = ["Away", "away", "refuse"]
