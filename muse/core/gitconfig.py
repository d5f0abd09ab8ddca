"""The few settings that a merge asks Git for, read with one cheap process."""

from __future__ import annotations

import os

PATTERN = r"^(muse\..*|merge\.conflictstyle|merge\.muse\.mode)$"


def read() -> dict[str, str]:
    """Settings by key, the last value of each: `muse.*` without the `muse.`, the others as they are.

    Sections and names are in lower case, as Git prints them. Empty outside of a repository with nothing set, and where
    git cannot be run: a merge goes on with the defaults.
    """
    try:
        return parse(_output(["git", "config", "-z", "--get-regexp", PATTERN]))
    except OSError:
        return {}


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


def _output(argv: list[str]) -> bytes:
    if not hasattr(os, "posix_spawnp"):
        import subprocess

        return subprocess.run(argv, capture_output=True, check=False).stdout
    reader, writer = os.pipe()
    try:
        quiet = (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)
        actions = [(os.POSIX_SPAWN_DUP2, writer, 1), quiet]
        pid = os.posix_spawnp(argv[0], argv, os.environ, file_actions=actions)
    except OSError:
        os.close(reader)
        raise
    finally:
        os.close(writer)
    with open(reader, "rb") as pipe:
        data = pipe.read()
    os.waitpid(pid, 0)
    return data
