"""The rest of a large merge answered at once: files that Git merges cleanly by text, and that keep the law.

Git starts a driver for each file both sides changed. Where that has taken a while already, one driver looks at the
whole merge, as `muse merge` does, and leaves the answers in the Git directory; the configured command hands them out
without starting Python. An answer belongs to three contents, named by their object ids, so a stale one is never found.
What conflicts, is joined or needs a plugin's word is not answered ahead.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from muse.core import paths
from muse.drivers.job import complete_path

if TYPE_CHECKING:
    from muse.core.gitcommand import Command
    from muse.drivers.job import Job
    from muse.store.repository import Repository

WORTH = 0.08  # seconds of processor time that Git's children have taken so far
SECONDS = 60.0  # for all answers together
DONE = ".done"
_MOST_BYTES = 256 << 20


def wanted(job: Job, command: Command) -> str:
    """The id of what is merged into HEAD, where it is worth while to answer the rest of the merge now; else ""."""
    if command.name != "merge" or job.virtual or job.options:
        return ""
    heads = [name.removeprefix("GITHEAD_") for name in os.environ if name.startswith("GITHEAD_")]
    if len(heads) != 1 or _spent(command.pid) < WORTH:
        return ""
    return heads[0]


def prepare(job: Job, command: Command, git_dir: str, theirs: str) -> None:
    """Answer what can be answered, once for this Git process; never a reason to fail."""
    folder = folder_of(git_dir, command.pid, job.off)
    if os.path.lexists(folder):
        return
    from functools import partial

    from muse.core import guard, leftovers

    leftovers.sweep(git_dir)

    guard.run(partial(_write, job, folder, theirs), SECONDS)
    os.makedirs(folder, 0o700, exist_ok=True)
    open(os.path.join(folder, DONE), "wb").close()  # once is enough, whatever came of it


def folder_of(git_dir: str, pid: int, off: bool) -> str:
    """Where the answers for a Git process are kept; the configured command spells the same name."""
    return os.path.join(git_dir, "muse", f"ahead-{pid}-{'0' if off else ''}")


def _spent(pid: int) -> float:
    """Processor seconds of the children a process has waited for; 0.0 where that cannot be read."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
        return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return 0.0


def _write(job: Job, folder: str, theirs: str) -> list[bytes]:
    """Put the answers into `folder`, all at once; how many there are."""
    from muse.store.repository import Repository

    repo = Repository(paths.find_root_text("."))
    temp = f"{folder}.{os.getpid()}"
    os.makedirs(temp, 0o700)
    count = size = 0
    for name, data in _answers(job, repo, theirs):
        size += len(data)
        if size > _MOST_BYTES:
            break
        with open(os.path.join(temp, name), "wb") as file:
            file.write(data)
        count += 1
    os.rename(temp, folder)
    return [b"%d" % count]


def _answers(job: Job, repo: Repository, theirs: str) -> Iterator[tuple[str, bytes]]:
    """Name and content of each answer: the three object ids, and the merged file."""
    complete_path(job)
    from muse.engine.merge.whole_tree import clean_texts
    from muse.plugins import registry

    domain = registry.read_domain(repo.root)
    plugin_for = None if job.off else (lambda path: registry.plugin_for_path(path, first=domain))
    found: dict[str, bytes | None] = {}
    for stages, merged in clean_texts(repo, theirs, plugin_for):
        if stages.keys() == {1, 2, 3}:
            name = "-".join(stages[number].id for number in (1, 2, 3))
            found[name] = merged if found.get(name, merged) == merged else None  # one content, two verdicts
    yield from ((name, merged) for name, merged in found.items() if merged is not None)
