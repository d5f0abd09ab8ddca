"""What somebody has begun with Git and not finished: a commit of ours in the middle would end it, or be refused by Git
with the session's files on disk already.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from muse.core.errors import MuseError
from muse.core.paths import path_text

if TYPE_CHECKING:
    from muse.store.repository import Repository

_WAITS = (
    ("MERGE_HEAD", "merge", "git commit"),
    ("CHERRY_PICK_HEAD", "cherry-pick", "git cherry-pick --continue"),
    ("REVERT_HEAD", "revert", "git revert --continue"),
    ("rebase-apply/applying", "git am", "git am --continue"),
)


class Away(NamedTuple):
    """A branch that is not checked out because of what is under way, and comes back at its end."""

    branch: str
    what: str
    hint: str

    def refusal(self) -> MuseError:
        """What is to be done first."""
        name = self.branch.removeprefix("refs/heads/")
        hint = f"finish it with {self.hint}, then commit the session"
        return MuseError(f"a {self.what} of branch {name} is under way", hint=hint)


def refuse(repo: Repository) -> None:
    """MuseError where something is to be finished before anybody may commit."""
    for name, what, hint in _WAITS:
        if (repo.git_dir / name).exists():
            raise MuseError(f"a {what} is under way", hint=f"finish it with `{hint}`, then commit the session")
    names = unmerged(repo)
    found = away(repo) if names else None
    if found is not None:
        raise found.refusal()
    if names:
        few = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        hint = "settle that and `git add` it, then commit the session"
        raise MuseError(f"Git commits nothing before the conflict in {few} is settled", hint=hint)


def unmerged(repo: Repository) -> list[str]:
    """Paths of which the index has more than one side: a stash, a squash or a cherry-pick -n conflicted."""
    rows = repo.git("ls-files", "-u", "-z").split(b"\0")
    return list(dict.fromkeys(path_text(row.partition(b"\t")[2]) for row in rows if row))


def away(repo: Repository) -> Away | None:
    """What keeps a branch from being checked out, if anything does."""
    for folder in ("rebase-merge", "rebase-apply"):
        try:
            branch = os.fsdecode((repo.git_dir / folder / "head-name").read_bytes()).strip()
        except OSError:
            continue
        return Away(branch, "rebase", "`git rebase --continue` (or --abort)")
    try:
        start = os.fsdecode((repo.git_dir / "BISECT_START").read_bytes()).strip()
    except OSError:
        return None
    return Away(f"refs/heads/{start}", "bisect", "`git bisect reset`")


__all__ = ["Away", "away", "refuse", "unmerged"]
