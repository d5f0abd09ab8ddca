"""What macOS lacks or does otherwise, played in this process: run before anything of Muse is imported.

Taken away: `fdatasync`, /proc and what else only Linux has. File names are one name in whatever case and composition,
and a folder lists them decomposed (`é` as `e` and an accent), as HFS+ does; `F_FULLFSYNC` is there and counted.
"""

from __future__ import annotations

import builtins
import errno
import fcntl
import functools
import io
import os
import select
import signal
import sys
import sysconfig
import types
import unicodedata
from collections.abc import Callable
from typing import Any

FULL_SYNC = 51
_ABSENT = {
    os: (
        "fdatasync posix_fadvise posix_fallocate sched_getaffinity sched_setaffinity pipe2 memfd_create eventfd splice "
        "copy_file_range getrandom pidfd_open preadv2 O_TMPFILE O_PATH O_DIRECT O_NOATIME getxattr listxattr setxattr "
        "removexattr unshare setns getresuid setresuid waitid sendfile"
    ),
    signal: "SIGPWR SIGSTKFLT SIGPOLL sigtimedwait sigwaitinfo pidfd_send_signal",
    select: "epoll",
}
_ONE = "open stat lstat access mkdir rmdir unlink remove readlink listdir chmod utime statvfs chdir truncate"
_TWO = "rename replace link"


def play() -> None:
    """All of it."""
    _take_away()
    _fake_full_sync()
    _one_name_in_any_spelling()
    _list_decomposed()
    sysconfig.get_config_vars()  # reads a file that has the system's name in its own
    sys.platform = "darwin"
    sys.modules["_scproxy"] = types.SimpleNamespace(  # type: ignore[assignment]  # what urllib asks there
        _get_proxy_settings=dict, _get_proxies=dict
    )


def _take_away() -> None:
    for module, names in _ABSENT.items():
        for name in names.split():
            if hasattr(module, name):
                delattr(module, name)


def _fake_full_sync() -> None:
    real = fcntl.fcntl

    def played(fd: int, request: int, *rest: Any) -> Any:
        return os.fsync(fd) or 0 if request == FULL_SYNC else real(fd, request, *rest)

    fcntl.fcntl = played
    fcntl.F_FULLFSYNC = FULL_SYNC  # type: ignore[attr-defined]


def folded(name: str) -> str:
    """What two spellings of one name have in common."""
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())


_lexists, _listed, _fspath = os.path.lexists, os.listdir, os.fspath


def spelled(path: Any, lstat: Callable[..., Any] = os.lstat) -> Any:
    """The path as it is written on this disk; what is not there stays as it is, and /proc is not there."""
    if isinstance(path, int):
        return path
    text = os.fsdecode(_fspath(path))
    if text == "/proc" or text.startswith("/proc/"):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), text)
    try:
        lstat(text)
        return path
    except OSError:
        pass
    found = "/" if text.startswith("/") else ""
    for part in text.split("/"):
        if part:
            found = os.path.join(found, _in_folder(found, part, lstat))
    return os.fsencode(found) if isinstance(path, bytes) else found


def _in_folder(folder: str, part: str, lstat: Callable[..., Any]) -> str:
    try:
        lstat(os.path.join(folder, part))
        return part
    except OSError:
        pass
    try:
        return next((name for name in _listed(folder or ".") if folded(name) == folded(part)), part)
    except OSError:
        return part


def _one_name_in_any_spelling() -> None:
    def wrapped(call: Any, count: int) -> Any:
        @functools.wraps(call)
        def played(*words: Any, **named: Any) -> Any:
            if named.get("dir_fd") is None and named.get("src_dir_fd") is None:
                words = (*map(spelled, words[:count]), *words[count:])
            return call(*words, **named)

        return played

    for names, count in ((_ONE, 1), (_TWO, 2)):
        for name in names.split():
            if hasattr(os, name):
                setattr(os, name, wrapped(getattr(os, name), count))
    symlink = os.symlink
    os.symlink = lambda target, path, *rest, **named: symlink(target, spelled(path), *rest, **named)
    builtins.open = io.open = wrapped(io.open, 1)  # type: ignore[assignment]


def decomposed(name: Any) -> Any:
    """A name as a folder lists it."""
    return unicodedata.normalize("NFD", name) if isinstance(name, str) else name


class Entry:
    """One of `os.scandir`."""

    def __init__(self, entry: Any) -> None:
        self._entry, self.name = entry, decomposed(entry.name)
        self.path = os.path.join(os.path.dirname(entry.path), self.name)

    def __fspath__(self) -> Any:
        return self.path

    def __getattr__(self, name: str) -> Any:
        return getattr(self._entry, name)


class Scan:
    """What `os.scandir` returns."""

    def __init__(self, entries: Any) -> None:
        self._entries, self.close = entries, entries.close

    def __iter__(self) -> Any:
        return map(Entry, self._entries)

    def __next__(self) -> Any:
        return Entry(next(self._entries))

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *what: Any) -> None:
        self.close()


def _list_decomposed() -> None:
    listdir, scandir, getcwd = os.listdir, os.scandir, os.getcwd
    os.listdir = lambda *words: [decomposed(name) for name in listdir(*words)]
    os.scandir = lambda path=".": Scan(scandir(path if isinstance(path, int) else spelled(path)))  # type: ignore[assignment,misc]
    os.getcwd = lambda: decomposed(getcwd())


TOOLS = {
    "uname": 'test "$*" = "" -o "$*" = -s && echo Darwin || exec /bin/uname "$@"',
    "stat": 'case " $* " in *" -c"*) echo "stat: illegal option -- c" >&2; exit 1;; esac; exec /usr/bin/stat "$@"',
    "date": 'case "$*" in *%N*) echo "date: no %N" >&2; exit 1;; esac; exec /bin/date "$@"',
    "sed": 'case " $* " in *" -i "*|*" -r "*) echo "sed: illegal option" >&2; exit 1;; esac; exec /bin/sed "$@"',
}
_PLAIN = "ps cksum mv cp rm ln mkdir mktemp readlink sort head tail tr cut xargs grep find touch cat tar"
_GNU_ONLY = 'for word; do case $word in --) break;; --*) echo "{0}: illegal option -- -" >&2; exit 64;; esac; done; '
ABSENT_TOOLS = "timeout nproc setsid sha256sum md5sum realpath tac ionice flock prlimit truncate"


def tools(folder: Any) -> str:
    """A folder of programs that take what those of the BSDs take, to be the first on PATH."""
    os.makedirs(folder)
    lines = dict(TOOLS)
    lines |= {name: f'exec "$(PATH=/usr/bin:/bin command -v {name})" "$@"' for name in _PLAIN.split()}
    lines = {name: _GNU_ONLY.format(name) + line for name, line in lines.items()}
    lines |= {name: f'echo "sh: {name}: command not found" >&2; exit 127' for name in ABSENT_TOOLS.split()}
    for name, line in lines.items():
        path = os.path.join(folder, name)
        with open(path, "w") as file:
            file.write(f"#!/bin/sh\n{line}\n")
        os.chmod(path, 0o755)
    return os.fspath(folder)
