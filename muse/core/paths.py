"""Every place on disk, worked out from the file system alone (no Git process, no Git library).

`root` is a work tree's top folder, or the repository itself when it is bare. A linked worktree's own Git directory
differs from the common one; logs, writer ids and caches belong to the common one, conflict records to the worktree's.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from muse.core.errors import NotARepositoryError

if TYPE_CHECKING:
    from pathlib import Path

StrPath = str | os.PathLike[str]


def _path(*parts: StrPath) -> Path:
    from pathlib import Path  # its import takes longer than all that is done here

    return Path(*parts)


def is_git_dir(path: StrPath) -> bool:
    """True when `path` looks like a Git directory, by the test Git itself applies."""
    join = os.path.join
    return os.path.lexists(join(path, "HEAD")) and (
        os.path.isfile(join(path, "commondir"))
        or (os.path.isdir(join(path, "objects")) and os.path.isdir(join(path, "refs")))
    )


def git_dir(root: StrPath) -> Path | None:
    """The Git directory of a work tree or bare repository at `root`, or None when there is none."""
    found = git_dir_text(root)
    return None if found is None else _path(found)


def git_dir_text(root: StrPath) -> str | None:
    """`git_dir` as text, for doors that start once a file."""
    dot_git = os.path.join(root, ".git")
    if os.path.isdir(dot_git) and is_git_dir(dot_git):
        return dot_git
    try:
        with open(dot_git, "rb") as file:
            text = file.read(65536)
    except OSError:
        return os.fspath(root) if is_git_dir(root) else None
    if not text.startswith(b"gitdir: "):
        return None
    return os.path.normpath(os.path.join(root, os.fsdecode(text[8:].rstrip(b"\r\n"))))


def common_dir(git: StrPath) -> Path:
    """The Git directory shared by all linked worktrees."""
    return _path(common_dir_text(git))


def common_dir_text(git: StrPath) -> str:
    """`common_dir` as text."""
    try:
        with open(os.path.join(git, "commondir"), encoding="utf-8", errors="surrogateescape") as file:
            return os.path.normpath(os.path.join(git, file.read().rstrip("\r\n")))
    except OSError:
        return os.fspath(git)


def find_root(start: StrPath = ".") -> Path:
    """The work tree (or bare repository) at or above `start`; NotARepositoryError when there is none."""
    return _path(find_root_text(start))


def find_root_text(start: StrPath = ".") -> str:
    """`find_root` as text."""
    here = folder = os.path.abspath(start)
    while git_dir_text(folder) is None:
        folder, below = os.path.dirname(folder), folder
        if folder == below:
            raise NotARepositoryError(
                f"not a git repository (or any of the parent directories): {here}",
                hint="make one with `muse init`, or go into one with `cd`",
            )
    return folder


def state_dir(root: StrPath) -> Path:
    """Where Muse keeps what all worktrees share: `<common git dir>/muse`, or `root/.muse` outside Git."""
    git = git_dir(root)
    return _path(root) / ".muse" if git is None else common_dir(git) / "muse"


def op_log_dir(repo_root: StrPath) -> Path:
    """Where the op logs of all sessions live; out of reach of `git clean -fdx` inside a Git repository."""
    return state_dir(repo_root) / "op_log"


def coordination_dir(repo_root: StrPath) -> Path:
    """Reservations and intents of the work tree."""
    return _path(repo_root) / ".muse" / "coordination"


def config_file(repo_root: StrPath) -> Path:
    """`.muse/config.toml` of the work tree."""
    return _path(repo_root) / ".muse" / "config.toml"


_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789_-")


def encode_name(name: str) -> str:
    """Any text as one name for a file or a tree row, the same on every disk; no two texts get one name.

    Lower-case letters, digits, `_` and `-` stay, other bytes become `%XX`; a result over 100 bytes is replaced by the
    SHA-256 of the text, so whoever uses it keeps the text itself in a file `name` beside.
    """
    data = name.encode("utf-8", "surrogatepass")
    plain = "".join(chr(byte) if byte in _PLAIN else f"%{byte:02X}" for byte in data) or "%"
    if len(plain) > 100:
        import hashlib

        return hashlib.sha256(data).hexdigest()
    if len(plain) == 64 and all(c in "0123456789abcdef" for c in plain):
        return f"%{data[0]:02X}{plain[1:]}"  # it would look like the SHA-256 of another text
    return plain


_ESCAPE = r"%(?=(?:25)*[89A-F][0-9A-F])"
_UNESCAPE = rb"%(?:25(?=(?:25)*[89A-F][0-9A-F])|([89A-F][0-9A-F]))"


def path_text(path: bytes) -> str:
    """A Git path as manifests spell it: UTF-8, other bytes as `%XX`. `path_bytes` is its exact inverse."""
    if b"%" not in path:
        try:
            return path.decode()
        except UnicodeDecodeError:
            pass
    import re

    text = re.sub(_ESCAPE, "%25", path.decode("utf-8", "surrogateescape"))
    return "".join(f"%{ord(c) - 0xDC00:02X}" if 0xDC80 <= ord(c) <= 0xDCFF else c for c in text)


def path_bytes(path: str) -> bytes:
    """The Git path of a manifest's path."""
    raw = path.encode("utf-8", "surrogateescape")
    if b"%" not in raw:
        return raw
    import re

    return re.sub(_UNESCAPE, lambda found: bytes.fromhex(found[1].decode()) if found[1] else b"%", raw)
