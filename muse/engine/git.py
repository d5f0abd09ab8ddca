"""Git commands the whole engine needs: on the user's own streams, or read record by record."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from muse.core import leftovers, progress
from muse.core.errors import MuseError
from muse.core.paths import StrPath
from muse.core.platform.files import as_git_has_it
from muse.store import durability

if TYPE_CHECKING:
    from muse.store.repository import Repository


def forced_color() -> bool | None:
    """What NO_COLOR or FORCE_COLOR asks for (no-color.org: set and not empty), None when neither does."""
    if os.environ.get("NO_COLOR"):
        return False
    return True if os.environ.get("FORCE_COLOR", "0") not in ("", "0") else None


def attended(
    repo: Repository,
    *args: str,
    env: Mapping[str, str] | None = None,
    meanwhile: Callable[[], object] | None = None,
    cwd: StrPath | None = None,
) -> int:
    """Run git on the user's own terminal, in the folder they stand in or in `cwd`; its exit code.

    For whatever may open an editor, ask for a passphrase or run a hook that talks. Ctrl-C is Git's to answer, which
    leaves it to an editor. `meanwhile` is called while git works.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    told = forced_color()
    color = [] if told is None else ["-c", f"color.ui={'always' if told else 'never'}"]
    words = [*durability.words(repo, args), *color, *args]
    code = on_terminal(words, {**repo.env, **(env or {})}, meanwhile, cwd)
    durability.settle(repo, args)
    return code


def on_terminal(
    words: Sequence[str],
    env: Mapping[str, str] | None = None,
    meanwhile: Callable[[], object] | None = None,
    cwd: StrPath | None = None,
) -> int:
    """`attended` where there is no repository yet. What ends us ends git, and what it started in turn, as well."""
    try:
        process = subprocess.Popen(["git", *words], env=env, cwd=cwd)
    except OSError as error:
        raise MuseError(f"cannot run git: {error.strerror}") from None
    before = _ignore_interrupts()
    ended = _passed_on(process)
    try:
        if meanwhile is not None:
            meanwhile()
    finally:
        code = process.wait()
        if before is not None:
            signal.signal(signal.SIGINT, before)
        for number, handler in ended.items():
            signal.signal(number, handler)
    return code if code >= 0 else 128 - code


def _ignore_interrupts() -> Any:
    """Leave Ctrl-C to the child; the handler to put back, None where it cannot be changed."""
    if threading.current_thread() is not threading.main_thread():
        return None
    return signal.signal(signal.SIGINT, signal.SIG_IGN)


def _passed_on(process: subprocess.Popen[bytes]) -> dict[signal.Signals, Any]:
    """Pass SIGTERM and SIGHUP on to a child and to its children, and wait for it; the handlers to put back.

    `git daemon` is git's child, and git ends at once without it.
    """
    if threading.current_thread() is not threading.main_thread():
        return {}

    def end(number: int, frame: object) -> None:
        for pid in (*_children(process.pid), process.pid):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue

    names = [signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
    return {number: signal.signal(number, end) for number in names}


def _children(pid: int) -> list[int]:
    """The processes that a process has started, theirs first; none where that cannot be read."""
    try:
        said = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, check=False).stdout
    except OSError:
        return []
    rows = [tuple(map(int, line.split())) for line in said.splitlines() if len(line.split()) == 2]
    found = [child for child, parent in rows if parent == pid]
    return [each for child in found for each in (*_children(child), child)]


def streamed(repo: Repository, *args: str) -> subprocess.Popen[bytes]:
    """Git with its standard output as a pipe, in the folder the user stands in; complaints go to their terminal."""
    try:
        return subprocess.Popen(
            ["git", *args], env=repo.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, bufsize=1 << 16
        )
    except OSError as error:
        raise MuseError(f"cannot run git: {error.strerror}") from None


def watched(repo: Repository, *args: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[bytes]:
    """`repo.run` of a git command that takes --progress: what it tells of that goes where our own progress goes."""
    if not progress.wanted():
        return repo.run(*args, env=env)
    import tempfile

    at = next(n for n, word in enumerate(args) if word in ("fsck", "fetch")) + 1
    words = ["git", *args[:at], "--progress", *(word for word in args[at:] if word != "-q")]
    with (
        tempfile.TemporaryFile() as out,
        subprocess.Popen(
            words,
            cwd=repo.root,
            env={**repo.env, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.PIPE,
        ) as process,
    ):
        assert process.stderr is not None
        said = [line for part in records(process.stderr, b"\r") for line in part.split(b"\n") if not _told(line)]
        process.wait()
        out.seek(0)
        return subprocess.CompletedProcess(words, process.returncode, out.read(), b"\n".join(filter(None, said)))


def _told(line: bytes) -> bool:
    """True for a line of Git's progress, which was passed on: `Checking objects:  45% (9/20)`."""
    what, _, rest = line.removeprefix(b"remote: ").partition(b": ")
    share, _, count = rest.partition(b"(")
    done, _, total = count.partition(b")")[0].partition(b"/")
    if not (share.strip().endswith(b"%") and done.isdigit() and total.isdigit()):
        return False
    progress.say(what.decode("utf-8", "replace").lower(), int(done), int(total))
    return True


def records(stream: IO[bytes], end: bytes = b"\0") -> Iterator[bytes]:
    """The parts of a stream that end in `end`, as they arrive."""
    rest = b""
    read = getattr(stream, "read1", stream.read)
    while chunk := read(1 << 16):
        *whole, rest = (rest + chunk).split(end)
        yield from whole
    if rest:
        yield rest


def below_top(repo: Repository) -> str:
    """Where the user stands below the top of the work tree, as a relative path; "" at the top or outside."""
    if repo.work_tree is None:
        return ""
    path = os.path.relpath(os.path.realpath("."), os.path.realpath(repo.work_tree))
    return "" if path == "." or path.split(os.sep)[0] == ".." else as_git_has_it(path)


@contextmanager
def scratch(repo: Repository) -> Iterator[Repository]:
    """The same repository with a temporary place for new objects: what is worked out in it leaves no trace."""
    import copy
    import tempfile

    with tempfile.TemporaryDirectory(prefix=leftovers.passing("objects")) as folder:
        other = copy.copy(repo)
        for name in ("objects", "content", "manifests", "memo", "tree_diffs"):
            other.__dict__.pop(name, None)
        behind = [str(repo.objects_dir), repo.env.get("GIT_ALTERNATE_OBJECT_DIRECTORIES", "")]
        other.objects_dir = Path(folder)
        other.env = {
            **repo.env,
            "GIT_OBJECT_DIRECTORY": folder,
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": os.pathsep.join(part for part in behind if part),
        }
        try:
            yield other
        finally:
            other.close()


@cache
def git_version() -> tuple[int, int]:
    """Major and minor version of the installed git."""
    try:
        words = subprocess.run(["git", "version"], capture_output=True, check=False).stdout.split()
    except OSError as error:
        raise MuseError(f"cannot run git: {error.strerror}") from None
    numbers = words[2].split(b".") if len(words) > 2 else []
    if len(numbers) < 2 or not (numbers[0].isdigit() and numbers[1].isdigit()):
        raise MuseError("cannot tell which version of git is installed", hint="git version")
    return int(numbers[0]), int(numbers[1])


def shown(path: bytes) -> str:
    """A path as the surrogate-escaped text that the rest of the program passes on."""
    return os.fsdecode(path)
