"""The user's word on a path: which driver their attributes name, and the `-X` options that Git was given.

Git called us because of our own lines, which may outrank theirs. So Git is asked what it would do without those
(`muse.core.gitattributes`), and a path that is somebody else's is merged by them: Git's text, union or binary merge, or
the command of another driver, with what Git would have handed it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from muse.core import gitattributes, gitcommand, gitconfig, paths
from muse.core.errors import MuseError
from muse.core.platform.processes import run
from muse.core.terminal import path as path_shown
from muse.drivers import ahead
from muse.drivers.job import CLEAN, CONFLICT, remove

if TYPE_CHECKING:
    from muse.drivers.job import Job

LFS_POINTER = b"version https://git-lfs.github.com/spec/"
_ALGORITHMS = (
    "merge",
    "pull",
    "rebase",
    "cherry-pick",
    "revert",
    "merge-tree",
)  # commands that compare as gitmerge does
_BINARY = ("unset", "binary")
_TEXT = ("set", "text")


def look(job: Job) -> str | None:
    """Fill in the job's settings and `-X` options; the driver that the user's attributes name, None when it is we."""
    reading = gitconfig.begin()
    root, git_dir = _places()
    if not job.off:
        import muse.drivers.structured  # noqa: F401  most paths turn out to be ours; this is loaded while Git reads
    job.config = {**reading(), **({"merge.conflictstyle": job.style} if job.style else {})}
    if git_dir is None:
        return None
    asking = gitattributes.begin([job.path], root, git_dir, job.config.get("core.attributesfile"))
    command = gitcommand.running()
    if command is None:
        job.say("which -X options git was given cannot be seen here; merged without any")
    elif command.name:
        _take_options(job, command, git_dir)
        theirs = ahead.wanted(job, command)
        if theirs:
            ahead.prepare(job, command, git_dir, theirs)
    return _owner(job, asking().get(job.path, {}))


def _take_options(job: Job, command: gitcommand.Command, git_dir: str) -> None:
    if command.name in ("merge", "rebase", "cherry-pick", "revert"):  # none of them begins with conflicts left
        job.begun = gitcommand.begun(command)
    job.options = gitcommand.options(command, git_dir, job.config)
    if job.virtual:  # Git favours nobody between merge bases
        job.options = [word for word in job.options if word not in gitcommand.FAVOURS]
    elif job.labels[0] == "ours" and command.name in _ALGORITHMS:
        job.labels[0] = "HEAD"
    if command.name not in _ALGORITHMS and not job.options:
        job.options = ["diff-algorithm=myers"] * job.off


def _places() -> tuple[str | None, str | None]:
    """The work tree (None in a bare repository) and the Git directory; (None, None) outside of one."""
    named = os.environ.get("GIT_DIR")
    try:
        root = paths.find_root_text(".")
    except MuseError:
        return None, named
    git_dir = named or paths.git_dir_text(root)
    return None if git_dir == root else root, git_dir


def _owner(job: Job, said: dict[str, str]) -> str | None:
    """Who merges the path; LFS pointers are nobody's text."""
    name = said.get("merge", "unspecified")
    is_pointer = said.get("filter") == "lfs" or job.ours.startswith(LFS_POINTER)
    if name in gitattributes.LEFT_TO_US:
        return "binary" if is_pointer else None
    if is_pointer and _command(job, name) is None:
        return "binary"
    return name


def hand_over(job: Job, name: str) -> int:
    """Merge as the named driver does."""
    if name in _BINARY:
        return _as_binary(job)
    if name == "union":
        return _as_union(job)
    command = None if name in _TEXT else _command(job, name)
    if command is not None:
        return _run(job, command)
    from muse.drivers.as_text import merge_as_text

    job.off = True  # Git's text merge, of a driver that is not configured as well
    return merge_as_text(job)


def is_spaced(job: Job) -> bool:
    """True when the user asked to ignore some white space."""
    return any(word in gitcommand.SPACES for word in job.options)


def _as_binary(job: Job) -> int:
    side = gitcommand.favoured(job.options)
    if side:
        return job.write(job.ours if side == "ours" else job.theirs, CLEAN)
    if job.virtual:
        return job.write(job.base, CONFLICT)
    job.tell(f"warning: Cannot merge binary files: {path_shown(job.path)} ({job.labels[0]} vs. {job.labels[2]})")
    return CONFLICT


def _as_union(job: Job) -> int:
    from muse.core.textmerge import is_binary, merge_files

    if any(map(is_binary, (job.base, job.ours, job.theirs))):
        return _as_binary(job)
    temp = job.temp()
    try:
        flags = ["--union", "--marker-size", str(job.size)]
        if merge_files(flags, job.ours_file, job.base_file, job.theirs_file, temp) != 0:
            return CONFLICT
        with open(temp, "rb") as file:
            return job.write(file.read(), CLEAN)
    finally:
        remove(temp)


def _command(job: Job, name: str) -> str | None:
    """The command of another driver, that for merges between merge bases where this is one; None without any."""
    pattern = rf"^merge\.{_escaped(name)}\.(driver|recursive)$"
    listing = gitconfig.parse(gitconfig.started(["git", "config", "-z", "--get-regexp", pattern])())
    inner = listing.get(f"merge.{name}.recursive")
    if job.virtual and inner and inner != name:
        return None if inner in (*_BINARY, *_TEXT, "union") else _command(job, inner)
    return listing.get(f"merge.{name}.driver") or None


def _escaped(name: str) -> str:
    return "".join(char if char.isalnum() or char in "-_" else "[" + char + "]" for char in name if char not in "[]^\\")


def _run(job: Job, command: str) -> int:
    """Run another driver as Git would; what it says on stderr reaches the user."""
    import shlex

    ours, base, theirs = map(shlex.quote, job.labels)
    values = {"O": job.base_file, "A": job.ours_file, "B": job.theirs_file, "L": str(job.size), "%": "%"}
    values |= {"P": shlex.quote(job.path), "S": base, "X": ours, "Y": theirs}
    parts = command.split("%")
    filled, at = [parts[0]], 1
    while at < len(parts):
        if not parts[at] and at + 1 < len(parts):  # "%%"
            filled.append("%" + parts[at + 1])
            at += 2
            continue
        mark, rest = parts[at][:1], parts[at][1:]
        filled.append(values[mark] + rest if mark in values else "%" + parts[at])
        at += 1
    code = run(["sh", "-c", "".join(filled)], {2: job.report} if job.report != 2 else {})
    if code < 0 or code > 128:
        job.say(f"the driver that .gitattributes names failed ({code})")
    return CLEAN if code == 0 else CONFLICT
