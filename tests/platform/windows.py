"""What Windows lacks, taken away from this process: run before anything of Muse is imported.

`subprocess` keeps what it needs, as it does there. `msvcrt.locking` is played by the system's own byte locks, and a
text mode for `os.open` by refusing what is opened without `O_BINARY`.
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
import selectors
import signal
import subprocess
import sys
import types
from typing import Any

O_BINARY, O_NOINHERIT = 1 << 28, 1 << 29
_ABSENT = {
    os: (
        "fork forkpty posix_spawn posix_spawnp POSIX_SPAWN_DUP2 POSIX_SPAWN_OPEN register_at_fork wait4 WNOHANG "
        "fchmod fchown pread pwrite fdatasync sync statvfs mkfifo O_CLOEXEC O_DIRECTORY O_NONBLOCK O_NOFOLLOW "
        "killpg getuid geteuid getgid getpgid getpgrp setpgid setsid tcgetpgrp sysconf sched_getaffinity uname"
    ),
    signal: "SIGALRM SIGHUP SIGKILL SIGUSR1 SIGUSR2 SIGPIPE SIGCHLD setitimer alarm ITIMER_REAL pthread_sigmask",
    select: "poll epoll",
}
_MODULES = "fcntl resource termios tty pwd grp pty syslog"


def play() -> None:
    """Take it all away."""
    _keep_subprocess()
    _fake_msvcrt()
    _fake_open()
    _keep_open_files_in_place()
    for module, names in _ABSENT.items():
        for name in names.split():
            if hasattr(module, name):
                delattr(module, name)
    for name in _MODULES.split():
        sys.modules[name] = None  # type: ignore[assignment]  # what is imported now is not there


def _keep_subprocess() -> None:
    kept_select = types.SimpleNamespace(**vars(select))
    selectors.select = kept_select  # type: ignore[attr-defined]
    kept_os = types.SimpleNamespace(**vars(os))
    subprocess.os = kept_os  # type: ignore[attr-defined]
    subprocess.signal = types.SimpleNamespace(**vars(signal))  # type: ignore[attr-defined]


def _fake_msvcrt() -> None:
    lockf, modes = fcntl.lockf, (fcntl.LOCK_UN, fcntl.LOCK_EX, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def locking(fd: int, mode: int, size: int) -> None:
        lockf(fd, modes[mode], size, os.lseek(fd, 0, os.SEEK_CUR))

    sys.modules["msvcrt"] = types.SimpleNamespace(locking=locking, LK_UNLCK=0, LK_LOCK=1, LK_NBLCK=2)  # type: ignore[assignment]


def _keep_open_files_in_place() -> None:
    """What this process has open can be neither renamed, replaced nor deleted."""
    listed, read = os.listdir, os.readlink

    def is_open(path: Any) -> bool:
        real = os.path.realpath(os.fspath(path))
        found = []
        for number in listed("/proc/self/fd"):
            try:
                found.append(os.fsdecode(read(f"/proc/self/fd/{number}")))
            except OSError:
                continue  # the one that listed them
        return os.fsdecode(real) in found

    def guarded(call: Any, count: int) -> Any:
        def wrapped(*paths: Any, **named: Any) -> Any:
            for path in paths[:count]:
                if is_open(path):
                    raise PermissionError(errno.EACCES, "it is open (WinError 32)", os.fspath(path))
            return call(*paths, **named)

        return wrapped

    for name, count in (("rename", 2), ("replace", 2), ("unlink", 1), ("remove", 1)):
        setattr(os, name, guarded(getattr(os, name), count))


def _fake_open() -> None:
    opened = os.open
    inside = os.sep + "muse" + os.sep

    def open_binary(path: Any, flags: int, *rest: Any, **named: Any) -> int:
        where = sys._getframe(1).f_code.co_filename
        if os.path.isdir(path):
            raise PermissionError(errno.EACCES, "Windows opens no folders", path)
        if inside in where and not flags & O_BINARY and os.fspath(path) != os.devnull:
            raise AssertionError(f"{where} opens {path!r} as text")
        return opened(path, flags & ~(O_BINARY | O_NOINHERIT), *rest, **named)

    os.open = open_binary
    os.O_BINARY, os.O_NOINHERIT = O_BINARY, O_NOINHERIT  # type: ignore[attr-defined]
