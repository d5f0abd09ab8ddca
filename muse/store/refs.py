"""Refs, moved by compare-and-swap only. Git itself does the moving, so files, packed refs and reftable are alike."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from muse.core.errors import MuseError, RefMovedError

if TYPE_CHECKING:
    from muse.store.repository import Repository

_TRIES = 8
_PAUSE = 0.02  # seconds; grows with each try


def read(repo: Repository, name: str) -> str | None:
    """The id a ref holds (through symbolic refs), or None when there is no such ref."""
    done = repo.run("rev-parse", "--verify", "-q", "--end-of-options", _checked(name))
    return done.stdout.decode().strip() or None


def read_many(repo: Repository, *prefixes: str) -> dict[str, str]:
    """Every ref below the prefixes (folders such as `refs/muse/`), name -> id, sorted."""
    if not prefixes:
        return {}
    lines = repo.git("for-each-ref", "--format=%(objectname) %(refname)", *prefixes).split(b"\n")
    pairs = (os.fsdecode(line).split(" ", 1) for line in lines if line)
    return {name: value for value, name in pairs}


def update(repo: Repository, name: str, new: str | None, old: str | None, *, message: str = "") -> None:
    """Move a ref from `old` to `new`; None stands for "no such ref" on either side.

    RefMovedError when the ref is not at `old`; MuseError when it stays locked or cannot be written. The objects `new`
    names must be stored already.
    """
    update_many(repo, [(name, new, old)], message=message)


def update_many(repo: Repository, moves: Iterable[tuple[str, str | None, str | None]], *, message: str = "") -> None:
    """Move several refs, all or none (see `update`)."""
    todo = [(_checked(name), new, old) for name, new, old in moves]
    zero = repo.zero
    lines = [f"update {name}\0{new or zero}\0{old or zero}\0" for name, new, old in todo]
    script = os.fsencode("".join(["start\0", *lines, "prepare\0commit\0"]))
    flags = ["-m", message] if message else []
    for attempt in range(_TRIES):
        done = repo.run("-c", "core.fsync=committed,reference", "update-ref", "--stdin", "-z", *flags, input=script)
        if done.returncode == 0:
            return
        for name, _, old in todo:
            found = read(repo, name)
            if found != old:
                raise RefMovedError(f"{name} moved to {found or 'nothing'} while we worked", hint="try again")
        if attempt + 1 < _TRIES:
            pause(_PAUSE * (attempt + 1))
    raise _stuck(repo, [name for name, _, _ in todo], done.stderr)


def pause(seconds: float) -> None:
    """Sleep between half and one and a half times as long, so that those who wait for each other part."""
    time.sleep(seconds * (0.5 + os.urandom(1)[0] / 255))


def _stuck(repo: Repository, names: list[str], stderr: bytes) -> MuseError:
    for name in names:
        for folder in (repo.git_dir, repo.common_dir):
            lock = folder / f"{name}.lock"
            if lock.exists():
                return MuseError(
                    f"{name} is locked by another process",
                    hint=f"wait for it; if no git command is running, delete {lock}",
                )
    lines = [line for line in stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    why = lines[0].removeprefix("fatal: ") if lines else "git update-ref failed"
    return MuseError(f"cannot move {', '.join(names)}: {why}", hint="is the disk full or the repository read-only?")


def _checked(name: str) -> str:
    """The name itself, when it can be a full ref name that says nothing else on a command line."""
    if name != "HEAD" and (not name.startswith("refs/") or any(c <= " " or c in "\x7f~^:?*[\\" for c in name)):
        raise MuseError(f"not a full ref name: {name!r}")
    return name
