"""The few settings that a merge asks Git for, read with one cheap process."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

TYPE_CHECKING = False  # `typing` takes longer to import than all that is done here
if TYPE_CHECKING:
    from muse.core.options import ConflictStyle

DEADLINE = 5.0
PATTERN = (
    r"^(muse\..*|merge\.conflictstyle|merge\.muse\.mode|core\.(attributesfile|sharedrepository)|diff\.algorithm"
    r"|branch\..*\.mergeoptions)$"
)


def read() -> dict[str, str]:
    """Settings by key, the last value of each: `muse.*` without the `muse.`, the others as they are.

    Sections and names are in lower case, as Git prints them. Empty outside of a repository with nothing set, and where
    git cannot be run: a merge goes on with the defaults.
    """
    return begin()()


def begin() -> Callable[[], dict[str, str]]:
    """Start reading; the function that is returned waits for the answer. Git works while the caller does."""
    argv = ["git", "config", "-z", "--get-regexp", PATTERN]
    try:
        finish = started(argv)
    except OSError:
        return dict
    return lambda: parse(finish())


def parse(listing: bytes) -> dict[str, str]:
    """What `git config -z --get-regexp` printed; a key without a value is true."""
    found: dict[str, str] = {}
    for entry in os.fsdecode(listing).split("\0"):
        key, separator, value = entry.partition("\n")
        if key:
            found[key.removeprefix("muse.")] = value if separator else "true"
    return found


def is_false(value: str | None) -> bool:
    """Git's words for no."""
    return value is not None and value.lower() in ("false", "no", "off", "0", "")


def number(value: str | None, default: float) -> float:
    """A number with Git's suffixes k, m and g; the default for what is none."""
    units = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
    try:
        return float(value.rstrip("kKmMgG")) * units.get(value[-1].lower(), 1) if value else default
    except ValueError:
        return default


def deadline(config: Mapping[str, str]) -> float:
    """`muse.mergeDeadline` in seconds: the time for one file, wherever it is merged.

    Between 0.05 and 86,400; what is no such number (`inf`, `nan`, `-1`, a word) is the default of 5.
    """
    seconds = number(config.get("mergedeadline"), DEADLINE)
    return min(max(seconds, 0.05), 86400.0) if 0 < seconds < float("inf") else DEADLINE


def conflict_style(config: Mapping[str, str]) -> ConflictStyle:
    """`merge.conflictStyle`; what Git does not know is `merge`."""
    style = config.get("merge.conflictstyle")
    return "zdiff3" if style == "zdiff3" else "diff3" if style == "diff3" else "merge"


def started(argv: list[str], env: Mapping[str, str] | None = None) -> Callable[[], bytes]:
    """Start a program; the function that is returned waits for it and gives what it printed. OSError if it cannot."""
    if not hasattr(os, "posix_spawnp"):
        import subprocess

        done = subprocess.run(argv, env=env, capture_output=True, check=False).stdout
        return lambda: done
    reader, writer = os.pipe()
    try:
        quiet = (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)
        actions = [(os.POSIX_SPAWN_DUP2, writer, 1), quiet]
        pid = os.posix_spawnp(argv[0], argv, os.environ if env is None else env, file_actions=actions)
    except OSError:
        os.close(reader)
        raise
    finally:
        os.close(writer)

    def finish() -> bytes:
        with open(reader, "rb") as pipe:
            data = pipe.read()
        os.waitpid(pid, 0)
        return data

    return finish
