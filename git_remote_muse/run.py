"""Child processes by `os.posix_spawn`: importing subprocess would take most of the time the helper has to start."""

from __future__ import annotations

import os

from muse.core.errors import LateError, MuseError

TYPE_CHECKING = False  # `typing` takes longer to import than all that is done here
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

SIGPIPE, SIGTERM = 13, 15  # the same on every Unix; importing `signal` costs more than running Git does

# What Git clears before it runs the other side of a connection (`git rev-parse --local-env-vars`).
LOCAL_ENV = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_CONFIG",
    "GIT_CONFIG_PARAMETERS",
    "GIT_CONFIG_COUNT",
    "GIT_OBJECT_DIRECTORY",
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_GRAFT_FILE",
    "GIT_INDEX_FILE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_REPLACE_REF_BASE",
    "GIT_PREFIX",
    "GIT_SUPER_PREFIX",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_SHALLOW_FILE",
    "GIT_COMMON_DIR",
)


class Child:
    """A running process: `pid`, and the ends of its pipes we hold (None when it has ours or /dev/null)."""

    __slots__ = ("_process", "pid", "stdin", "stdout")

    def __init__(self, pid: int, stdin: int | None, stdout: int | None, process: Any = None) -> None:
        self.pid = pid
        self.stdin = stdin
        self.stdout = stdout
        self._process = process  # of `subprocess`, where there is no `posix_spawn`

    def close_stdin(self) -> None:
        """Say that nothing more will come; may be called twice."""
        if self.stdin is not None:
            os.close(self.stdin)
            self.stdin = None

    def wait(self) -> int:
        """The exit code (128 + signal for a killed one), after which nothing of the process is left."""
        self.close_stdin()
        if self.stdout is not None:
            os.close(self.stdout)
            self.stdout = None
        if self._process is not None:
            code = self._process.wait()
        else:
            code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return int(code if code >= 0 else 128 - code)

    def ended(self) -> bool:
        """True when it is known to have ended (where it was started with `subprocess`)."""
        return self._process is not None and self._process.poll() is not None

    def stop(self) -> None:
        """End it and wait for it."""
        try:
            os.kill(self.pid, SIGTERM)
        except ProcessLookupError:
            pass
        self.wait()


def spawn(
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    stdin: int | None = -1,
    stdout: int | None = -1,
    stderr: int = 2,
    quiet: bool = False,
) -> Child:
    """Start a program found on PATH. A stream is a descriptor to use, -1 for a pipe to us, None for /dev/null."""
    if not hasattr(os, "posix_spawnp"):
        return _by_subprocess(argv, env, stdin, stdout, os.devnull if quiet else stderr)
    actions, ours, theirs = _streams(stdin, stdout)
    if stderr != 2:
        actions.append((os.POSIX_SPAWN_DUP2, stderr, 2))
    if quiet:
        actions.append((os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0))
    try:
        pid = os.posix_spawnp(
            argv[0],
            list(argv),
            dict(os.environ if env is None else env),
            file_actions=actions,
            setsigdef=(SIGPIPE,),
        )
    except OSError as error:
        for end in ours:
            if end is not None:
                os.close(end)
        raise MuseError(f"cannot run {argv[0]}: {error.strerror}") from None
    finally:
        for end in theirs:
            os.close(end)
    return Child(pid, *ours)


_Action = tuple[int, int, int] | tuple[int, int, str, int, int]


def _streams(stdin: int | None, stdout: int | None) -> tuple[list[_Action], list[int | None], list[int]]:
    """What the child does to get its streams, our ends of pipes, and its ends, which are ours to close."""
    actions: list[_Action] = []
    ours: list[int | None] = [None, None]
    theirs: list[int] = []
    for slot, wanted in ((0, stdin), (1, stdout)):
        if wanted is None:
            actions.append((os.POSIX_SPAWN_OPEN, slot, os.devnull, os.O_RDWR, 0))
        elif wanted == -1:
            read, write = os.pipe()
            ours[slot], given = (write, read) if slot == 0 else (read, write)
            theirs.append(given)
            actions.append((os.POSIX_SPAWN_DUP2, given, slot))
        elif wanted != slot:
            actions.append((os.POSIX_SPAWN_DUP2, wanted, slot))
    return actions, ours, theirs


def _by_subprocess(
    argv: Sequence[str], env: Mapping[str, str] | None, stdin: int | None, stdout: int | None, stderr: int | str
) -> Child:
    """The same on Windows."""
    import subprocess

    ends = [subprocess.DEVNULL if wanted is None else wanted for wanted in (stdin, stdout)]  # -1 is a pipe there too
    try:
        process = subprocess.Popen(
            list(argv),
            stdin=ends[0],
            stdout=ends[1],
            stderr=subprocess.DEVNULL if isinstance(stderr, str) else None if stderr == 2 else stderr,
            env=None if env is None else dict(env),
            bufsize=0,
        )
    except OSError as error:
        raise MuseError(f"cannot run {argv[0]}: {error.strerror}") from None
    ours = [None if pipe is None else os.dup(pipe.fileno()) for pipe in (process.stdin, process.stdout)]
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    return Child(process.pid, ours[0], ours[1], process)


def read_all(descriptor: int, limit: int | None = None) -> bytes:
    """Everything until the end, or MuseError beyond `limit` bytes."""
    parts: list[bytes] = []
    size = 0
    while part := os.read(descriptor, 1 << 16):
        parts.append(part)
        size += len(part)
        if limit is not None and size > limit:
            raise MuseError(f"more than {limit} bytes of an answer")
    return b"".join(parts)


def _said(child: Child) -> bytes:
    """All it prints; a child whose output is not wanted any more is stopped."""
    try:
        assert child.stdout is not None
        return read_all(child.stdout)
    except BaseException:
        child.stop()
        raise


def git(
    *args: str,
    input: bytes | None = None,
    check: bool = True,
    env: Mapping[str, str] | None = None,
    quiet: bool = False,
    seconds: float | None = None,
) -> bytes:
    """Standard output of a Git command; its messages go where ours go. MuseError when it fails, unless not `check`,
    and when it was ended because it took longer than `seconds`."""
    if input is not None:
        import tempfile

        with tempfile.TemporaryFile() as given:
            given.write(input)
            given.seek(0)
            child = spawn(("git", *args), env=env, stdin=given.fileno(), quiet=quiet)
    else:
        child = spawn(("git", *args), env=env, stdin=None, quiet=quiet)
    if seconds is None:
        out, late = _said(child), False
    else:
        out, late = _said_within(child, seconds)
    code = child.wait()
    if late:
        raise LateError(seconds or 0)
    if code and check:
        verb = next((word for at, word in enumerate(args) if word != "-c" and args[at - 1] != "-c"), "")
        raise MuseError(f"git {verb} failed", code)
    return out


def _said_within(child: Child, seconds: float) -> tuple[bytes, bool]:
    """All it prints before it ends or is ended, and whether it was."""
    import threading

    late = threading.Event()

    def end() -> None:
        late.set()
        os.kill(child.pid, SIGTERM)

    timer = threading.Timer(seconds, end)
    timer.start()
    try:
        return _said(child), late.is_set()
    finally:
        timer.cancel()
        timer.join()


def both(*argv: str) -> tuple[bytes, bytes]:
    """Standard output and standard error of a command, whatever its exit code."""
    import tempfile

    with tempfile.TemporaryFile() as errors:
        child = spawn(argv, stdin=None, stderr=errors.fileno())
        out = _said(child)
        child.wait()
        errors.seek(0)
        return out, errors.read()
