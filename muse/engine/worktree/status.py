"""`muse status`: Git's own status, read record by record, with each path's change in the words of its domain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from muse.domain import DomainOp, PluginFor
    from muse.store.repository import Repository


class Entry(NamedTuple):
    """One path of Git's status: kind "1" changed, "2" renamed or copied, "u" unmerged, "?" untracked.

    `staged` and `unstaged` are Git's letters ("." for none), for an unmerged path what each side did.
    """

    kind: str
    staged: str
    unstaged: str
    path: bytes
    old_path: bytes = b""
    modes: tuple[str, str, str] = ("", "", "")  # HEAD, index, work tree
    head_id: str = ""
    submodule: bool = False


@dataclass
class Status:
    """Where HEAD stands and what differs from it."""

    commit: str = ""  # "" on an unborn branch
    branch: str = ""  # "" when HEAD is detached
    upstream: str = ""
    ahead: int | None = None
    behind: int | None = None
    entries: list[Entry] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """True when index and work tree are as in HEAD and nothing is untracked."""
        return not self.entries


def read_status(repo: Repository, *, untracked: str = "all", paths: tuple[str, ...] = ()) -> Status:
    """Git's status of the whole work tree, or of some pathspecs below its top."""
    output = repo.git(
        "status",
        "--porcelain=v2",
        "-z",
        "--branch",
        "--ahead-behind",
        "--no-show-stash",
        "--find-renames",
        f"--untracked-files={untracked}",
        "--",
        *paths,
    )
    status = Status()
    fields = iter(output.split(b"\0"))
    for row in fields:
        if row.startswith(b"# "):
            _header(status, row.decode("utf-8", "surrogateescape"))
        elif row:
            status.entries.append(_entry(row, fields))
    return status


def _header(status: Status, row: str) -> None:
    _, name, value = row.split(" ", 2)
    if name == "branch.oid":
        status.commit = "" if value == "(initial)" else value
    elif name == "branch.head":
        status.branch = "" if value == "(detached)" else value
    elif name == "branch.upstream":
        status.upstream = value
    elif name == "branch.ab":
        ahead, behind = value.split()
        status.ahead, status.behind = int(ahead), -int(behind)


def _entry(row: bytes, fields: Iterator[bytes]) -> Entry:
    kind = chr(row[0])
    if kind in "?!":
        return Entry(kind, ".", "?", row[2:])
    parts = row.split(b" ", {"1": 8, "2": 9, "u": 10}[kind])
    staged, unstaged = chr(parts[1][0]), chr(parts[1][1])
    modes = [part.decode() for part in parts[3:7]]
    inside = parts[2].startswith(b"S")
    if kind == "u":
        return Entry(kind, staged, unstaged, parts[10], modes=(modes[0], modes[1], modes[3]), submodule=inside)
    old = next(fields) if kind == "2" else b""
    return Entry(kind, staged, unstaged, parts[-1], old, (modes[0], modes[1], modes[2]), parts[6].decode(), inside)


def described(repo: Repository, entry: Entry, plugin_for: PluginFor) -> DomainOp | None:
    """What a tracked path's change, from HEAD to the work tree, means; None for what has no such meaning."""
    if entry.kind not in "12" or entry.submodule:
        return None
    from muse.engine.history.changes import Change
    from muse.engine.history.diff import describe_one  # a clean status does without

    head, _, work = entry.modes
    if head == "000000":
        status = "A"
    elif work == "000000":
        status = "D"
    else:
        status = "R" if entry.kind == "2" else "M"
    work_id = "0" * len(entry.head_id)
    change = Change(status, entry.path, entry.old_path or entry.path, head, work, entry.head_id, work_id)
    return describe_one(repo, change, plugin_for)
