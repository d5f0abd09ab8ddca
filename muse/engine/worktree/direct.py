"""A commit without anybody to ask: its blobs, trees and the commit itself written here, index and ref moved by Git.

Only where `git commit -a` would do nothing else: a message is given, no hook, signature, template or filter has a say,
and nothing is under way. Everything else is Git's, and so is whatever turns out on the way not to be that plain.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from muse.core.errors import MuseError
from muse.core.filedomain import read_entry
from muse.store import refs
from muse.store.objects import commits
from muse.store.objects.database import EXECUTABLE, FILE, SYMLINK
from muse.store.objects.trees import edit

if TYPE_CHECKING:
    from muse.engine.worktree.status import Status
    from muse.store.objects.trees import Change
    from muse.store.repository import Repository

_HOOKS = ("pre-commit", "prepare-commit-msg", "commit-msg", "post-commit", "reference-transaction", "post-index-change")
_UNDER_WAY = (
    "MERGE_HEAD",
    "CHERRY_PICK_HEAD",
    "REVERT_HEAD",
    "rebase-merge",
    "rebase-apply",
    "sequencer",
    "MERGE_MODE",
)
_SETTINGS = {
    "core.hookspath": None,
    "core.autocrlf": "false",
    "core.symlinks": "true",
    "core.filemode": "true",
    "core.sparsecheckout": "false",
    "commit.gpgsign": "false",
    "commit.template": None,
    "commit.cleanup": None,
    "commit.verbose": "false",
    "commit.status": "true",
    "i18n.commitencoding": "utf-8",
}
"""Settings that give somebody else a say, and the value (or none) with which they do not."""
_IDENTITY = ("text", "crlf")  # attributes that change nothing in a file without a carriage return
_FILTERS = ("filter", "ident", "working-tree-encoding")
_LARGE = 32 << 20  # bytes of one file; Git streams those
_GC_AUTO, _GC_PACKS = 6700, 50  # Git's own defaults


class _Work(NamedTuple):
    """One path as it is now: what it becomes in the tree, and by what it is known to be unchanged since."""

    change: tuple[int, bytes] | None
    seen: tuple[int, ...]


def message_of(flags: Sequence[str]) -> tuple[str, bool] | None:
    """The message and whether to be quiet, where flags say nothing else; cleaned as `git commit -m` does it."""
    texts: list[str] = []
    quiet = False
    rest = iter(flags)
    for flag in rest:
        if flag == "-m":
            texts.append(next(rest, ""))
        elif flag in ("-q", "--quiet"):
            quiet = True
        else:
            return None
    lines = [line.rstrip() for line in "\n\n".join(text.rstrip("\n") for text in texts).split("\n")]
    cleaned = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
    try:
        cleaned.encode()
    except UnicodeEncodeError:
        return None
    return (cleaned + "\n", quiet) if cleaned and "\0" not in cleaned else None


def may_write(repo: Repository, status: Status) -> bool:
    """True when nobody but us has a say in a commit of this work tree."""
    for name, harmless in _SETTINGS.items():
        value = repo.config(name)
        if value is not None and value.lower() != harmless:
            return False
    if any(os.path.lexists(repo.git_dir / name) for name in _UNDER_WAY) or not status.commit:
        return False
    if any(os.access(repo.common_dir / "hooks" / name, os.X_OK) for name in _HOOKS):
        return False
    return not any(entry.submodule or entry.kind not in "1?" or entry.staged == "T" for entry in status.entries)


def commit(repo: Repository, status: Status, added: Sequence[bytes], message: str) -> str | None:
    """The commit's id; None where Git should do it after all, and then index and HEAD are as they were or staged."""
    paths = [entry.path for entry in status.entries if entry.kind == "1"] + list(added)
    work = _read(repo, paths)
    if not work:
        return None
    with repo.writer() as writer:
        changes: dict[bytes, Change] = {
            path: None if each.change is None else (each.change[0], writer.blob(each.change[1]))
            for path, each in work.items()
        }
        tree = edit(repo, writer, repo.tree_of(status.commit), changes)
    if tree == repo.tree_of(status.commit):
        return None
    made = commits.write(repo, tree, [status.commit], message, sign=False)
    flags = ("--add", "--replace", "--remove", "-z", "--stdin")
    repo.git("update-index", *flags, input=b"\0".join(paths) + b"\0")
    if any(_stamp(repo, path) != each.seen for path, each in work.items()):
        return None  # somebody edits beside us: what the index has now is not what we read
    try:
        refs.update(repo, "HEAD", made, status.commit, message=f"commit: {message.partition(chr(10))[0]}")
    except MuseError:
        return None  # Git says better what is the matter
    _collect(repo)
    return made


def say(repo: Repository, status: Status, made: str) -> bytes:
    """What `git commit` says when it is done."""
    where = (status.branch or "detached HEAD").replace("%", "%%")
    said = repo.git("show", "-M", f"--format=[{where} %h] %s", "--shortstat", "--summary", made)
    return said.replace(b"\n\n", b"\n", 1)


def _read(repo: Repository, paths: Sequence[bytes]) -> dict[bytes, _Work] | None:
    """Every path as it is in the work tree; None where one is better left to Git."""
    assert repo.work_tree is not None
    said = _attributes(repo, paths)
    if any(name in _FILTERS for names in said.values() for name in names):
        return None
    found = {}
    for path in paths:
        at = os.path.join(os.fsencode(repo.work_tree), path)
        seen = _stamp(repo, path)
        if not seen:
            found[path] = _Work(None, ())
            continue
        if not (stat.S_ISREG(seen[0]) or stat.S_ISLNK(seen[0])) or seen[1] > _LARGE:
            return None
        try:
            data = read_entry(os.fsdecode(at))
        except OSError:
            return None
        if said.get(path) and b"\r" in data:
            return None
        mode = SYMLINK if stat.S_ISLNK(seen[0]) else EXECUTABLE if seen[0] & stat.S_IXUSR else FILE
        found[path] = _Work((mode, data), seen)
    return found


def _stamp(repo: Repository, path: bytes) -> tuple[int, ...]:
    """Mode, size, inode and times of a file; () when there is none."""
    try:
        found = os.lstat(os.path.join(os.fsencode(repo.work_tree or ""), path))
    except (FileNotFoundError, NotADirectoryError):
        return ()
    return found.st_mode, found.st_size, found.st_ino, found.st_mtime_ns, found.st_ctime_ns


def _attributes(repo: Repository, paths: Sequence[bytes]) -> dict[bytes, set[str]]:
    """Which attributes that change content on its way into the repository each path has."""
    said: dict[bytes, set[str]] = {}
    if paths:
        names = (*_IDENTITY, *_FILTERS)
        fields = repo.git("check-attr", "-z", "--stdin", *names, input=b"\0".join(paths) + b"\0").split(b"\0")
        for path, name, value in zip(fields[::3], fields[1::3], fields[2::3]):
            if value not in (b"unspecified", b"unset"):
                said.setdefault(path, set()).add(name.decode())
    return said


def _collect(repo: Repository) -> None:
    """`git gc --auto` where Git would find it worth the while, told as Git tells it: by one folder and the packs."""
    limit = int(repo.config("gc.auto") or _GC_AUTO) if (repo.config("gc.auto") or "1").isdigit() else 0
    if limit <= 0:
        return
    loose, packs = (_count(repo.objects_dir / name) for name in ("17", "pack"))
    if loose > limit // 256 or packs > 3 * _GC_PACKS:
        repo.run("maintenance", "run", "--auto", "--quiet")


def _count(folder: os.PathLike[str]) -> int:
    try:
        return len(os.listdir(folder))
    except OSError:
        return 0
