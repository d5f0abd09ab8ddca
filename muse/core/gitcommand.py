"""The git command a driver works for, and the `-X` options it was given: Git tells drivers of neither.

What is running is read from the process table (`/proc`, else `ps`); a rebase or a cherry-pick that goes on has its
options in a file of the Git directory, `branch.<name>.mergeOptions` gives a merge more of them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple

FAVOURS = ("ours", "theirs")
SPACES = ("ignore-space-change", "ignore-all-space", "ignore-space-at-eol", "ignore-cr-at-eol")
_CONTENT = (*FAVOURS, *SPACES, "patience", "histogram", "minimal")
_LEVELS = 4  # Git, a shell or two, we
# Short options whose value may follow in the next word, and long ones; all others carry theirs or have none.
_SHORT_VALUES = {"cherry-pick": "mX", "revert": "mX", "rebase": "sXxC", "merge-tree": "X"}
_MERGE_SHORT_VALUES = "mFsXjo"
_SHORT_OPTIONAL = "Sr"  # whose value, if any, is the rest of the word
_LONG_VALUES = ("message", "file", "strategy", "strategy-option", "into-name", "onto", "exec", "mainline", "cleanup")
_GLOBAL_VALUES = ("-c", "-C", "--git-dir", "--work-tree", "--namespace", "--config-env", "--super-prefix")


class Command(NamedTuple):
    """`name` of the git command (`merge`, `rebase`) and its other words; `name` is "" where no git was found."""

    name: str = ""
    words: tuple[str, ...] = ()
    pid: int = 0


def running(pid: int = 0) -> Command | None:
    """The nearest git above this process (or the one with that id); None where processes cannot be looked at."""
    pid = pid or os.getppid()
    for _ in range(_LEVELS):
        argv, parent = _process(pid)
        if argv is None:
            return None
        if argv and _is_git(argv[0]):
            return _parsed(argv, pid)
        pid = parent
        if pid < 2:
            break
    return Command()


def options(command: Command, git_dir: str, config: Mapping[str, str]) -> list[str]:
    """The `-X` options in force that concern contents, in order (`ours`, `ignore-space-change`)."""
    found = _given(command)
    if command.name == "rebase":
        found = _rebasing(git_dir) or found
    elif command.name in ("cherry-pick", "revert") and not found:
        found = _picking(git_dir)
    elif command.name == "merge":
        found = _configured(git_dir, config) + found
    return [word for word in found if word in _CONTENT or word.startswith("diff-algorithm=")]


def begun(command: Command) -> float:
    """When the command was started, in seconds since the epoch; 0.0 where that cannot be known."""
    try:
        return os.stat(f"/proc/{command.pid}").st_mtime
    except OSError:
        return 0.0


def favoured(words: list[str]) -> str:
    """`ours` or `theirs`, the last that was given; "" for neither."""
    return next((word for word in reversed(words) if word in FAVOURS), "")


def _is_git(program: str) -> bool:
    name = os.path.basename(program)
    return name in ("git", "git.exe") or name.startswith("git-merge")


def _parsed(argv: list[str], pid: int) -> Command:
    name = os.path.basename(argv[0])
    if name.startswith("git-"):
        return Command(name[4:], tuple(argv[1:]), pid)
    words = iter(argv[1:])
    for word in words:
        if word in _GLOBAL_VALUES:
            next(words, None)
        elif not word.startswith("-"):
            return Command(word, tuple(words), pid)
    return Command("", (), pid)


def _given(command: Command) -> list[str]:
    """Every `-X` of the command line."""
    found: list[str] = []
    words = iter(command.words)
    values = _SHORT_VALUES.get(command.name, _MERGE_SHORT_VALUES)
    for word in words:
        if word == "--":
            break
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            if not equals and _is_long(name):
                value = next(words, "")
            if len(name) > len("strategy") and "strategy-option".startswith(name):
                found.append(value)
        elif word.startswith("-"):
            letter, value, missing = _short(word[1:], values)
            value = next(words, "") if missing else value
            found += [value] * (letter == "X")
    return [word.removeprefix("--") for word in found]


def _is_long(name: str) -> bool:
    return any(known.startswith(name) for known in _LONG_VALUES) and name not in ("s", "m", "f", "no-ff", "ff")


def _short(letters: str, values: str) -> tuple[str, str, bool]:
    """The first letter of a cluster that takes a value, the value in the same word, and whether it is yet to come."""
    for at, letter in enumerate(letters):
        if letter in values:
            return letter, letters[at + 1 :], at + 1 == len(letters)
        if letter in _SHORT_OPTIONAL:
            break
    return "", "", False


def _rebasing(git_dir: str) -> list[str]:
    text = _read(os.path.join(git_dir, "rebase-merge", "strategy_opts"))
    return _split(text)


def _picking(git_dir: str) -> list[str]:
    """`strategy-option` of `.git/sequencer/opts`, which is a configuration file."""
    found = []
    for line in _read(os.path.join(git_dir, "sequencer", "opts")).splitlines():
        name, _, value = line.strip().partition(" = ")
        if name == "strategy-option":
            found.append(value.strip('"'))
    return found


def _configured(git_dir: str, config: Mapping[str, str]) -> list[str]:
    branch = _read(os.path.join(git_dir, "HEAD")).removeprefix("ref: refs/heads/").rstrip("\n")
    text = config.get(f"branch.{branch}.mergeoptions", "")
    return _given(Command("merge", tuple(_words(text)))) if text else []


def _split(text: str) -> list[str]:
    return [word.removeprefix("--") for word in _words(text)]


def _words(text: str) -> list[str]:
    import shlex

    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read(1 << 16)
    except OSError:
        return ""


def _process(pid: int) -> tuple[list[str] | None, int]:
    """The command line of a process and its parent's id; None where it cannot be had."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            argv = [os.fsdecode(word) for word in file.read().split(b"\0")[:-1]]
        with open(f"/proc/{pid}/stat", "rb") as file:
            return argv, int(file.read().rpartition(b")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return _process_by_ps(pid)


def _process_by_ps(pid: int) -> tuple[list[str] | None, int]:
    from muse.core.gitconfig import started

    try:
        parent, _, line = started(["ps", "-ww", "-o", "ppid=,args=", "-p", str(pid)])().strip().partition(b" ")
        return _words(os.fsdecode(line)), int(parent)
    except (OSError, ValueError):
        return None, 0
