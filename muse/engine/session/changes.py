"""What commits did to which files, as Git says it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from muse.store.repository import Repository


class Change(NamedTuple):
    """What a commit did to a path: blobs before and after, None where there is no file."""

    old: str | None
    new: str | None


Changes = dict[str, Change]


def changes(repo: Repository, commits: list[str]) -> dict[str, Changes]:
    """What each commit did to which files, against its first parent; links and submodules are left out."""
    words = ("diff-tree", "--stdin", "-r", "--raw", "-z", "--root", "--no-abbrev", "--no-renames")
    if not commits:
        return {}
    rows = repo.git(*words, "--diff-merges=first-parent", input="\n".join(commits).encode() + b"\n").split(b"\0")
    found: dict[str, Changes] = {}
    name, at = "", 0
    while at < len(rows) - 1:
        row = rows[at]
        if not row.startswith(b":"):
            name = row.decode()
            at += 1
            continue
        modes, path = row[1:].split(b" "), rows[at + 1].decode("utf-8", "surrogateescape")
        at += 2
        if not {modes[0], modes[1]} & {b"120000", b"160000"}:
            old, new = (None if not each.strip(b"0") else each.decode() for each in modes[2:4])
            found.setdefault(name, {})[path] = Change(old, new)
    return found


__all__ = ["Change", "Changes", "changes"]
