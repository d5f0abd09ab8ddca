"""Which branch is the one a session was started on, though it was renamed and another one made under its old name.

Git keeps a branch's reflog in a file and takes that along when the branch is renamed. So a mark of the file says
whether a name still means what it did; where it does not, the branch that has the same first entry, and tells that it
was renamed, is meant.
"""

from __future__ import annotations

import os
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from muse.store.repository import Repository

_LINE = 1 << 12  # bytes of a reflog's first line that are looked at


def mark(repo: Repository, branch: str) -> str:
    """What tells a branch from a later one of its name; "" where no reflog is kept in a file, or for no branch."""
    if not branch:
        return ""
    try:
        with open(os.fsencode(repo.common_dir / "logs" / branch), "rb") as file:
            return f"{os.fstat(file.fileno()).st_ino} {sha256(file.readline(_LINE)).hexdigest()[:20]}"
    except OSError:
        return ""


def followed(repo: Repository, branch: str, marked: str) -> str:
    """The name that the branch has now which had this name and mark."""
    if not marked or mark(repo, branch) == marked:
        return branch
    for name in _renamed_from(repo, branch):
        if mark(repo, name).partition(" ")[2] == marked.partition(" ")[2]:
            return name
    return branch


def _renamed_from(repo: Repository, old: str) -> list[str]:
    """The branches whose reflogs say that they were renamed from one of that name."""
    at = "refs/heads/"
    words = ("log", "-g", "--branches", "--format=%gD%x00%gs", "--fixed-strings", f"--grep-reflog=renamed {old} to ")
    found = {}
    for line in repo.run(*words).stdout.decode("utf-8", "surrogateescape").split("\n"):
        name, _, said = line.partition("\0")
        if f"renamed {old} to " in said:
            found[at + name.rpartition("@{")[0].removeprefix(at).removeprefix("heads/")] = True
    return list(found)


__all__ = ["followed", "mark"]
