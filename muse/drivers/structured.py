"""The part of a driver's call that needs a plugin; it runs in the guarded child.

Kept apart from `muse.drivers.merge` so that a trivial merge imports none of it.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from muse.core import gitcommand
from muse.core.errors import MuseError
from muse.core.textmerge import has_markers
from muse.domain import FileMerge
from muse.drivers.as_text import by_git
from muse.drivers.job import complete_path
from muse.drivers.records import find_root, options_for, record
from muse.engine.merge.one_file import merge_one
from muse.engine.merge.plugin_answer import wants_join

if TYPE_CHECKING:
    from typing import Any

    from muse.core.options import MergeOptions
    from muse.drivers.job import Job
    from muse.engine.merge.join import Past

_COOPERATIVE = 0.9  # share of the deadline after which a plugin that looks at the clock gives up by itself


def answer(job: Job, seconds: float) -> list[bytes]:
    """What the child sends back: status, merged bytes, notes, the record's file ("" for none), the record."""
    merged, record_file, kept = merge(job, seconds)
    status = b"conflict" if merged.conflicts else b"clean"
    said = [" ".join(note.split()) for note in merged.notes[:5]] + _next_step(merged)
    notes = os.fsencode("\n".join(said))
    return [status, merged.content or b"", notes, os.fsencode(record_file), kept]


def _next_step(merged: FileMerge) -> list[str]:
    """What to type, for a file that cannot show its conflicts by markers."""
    count = len(merged.conflicts)
    if not count or not merged.content or has_markers(merged.content):
        return []
    return [f"{count} conflict{'s' if count > 1 else ''} to settle: muse conflicts shows them, muse resolve -i asks"]


def merge(job: Job, seconds: float) -> tuple[FileMerge, str, bytes]:
    """The merged file, the name of its conflict record ("" outside of a repository), and the record (b"": none)."""
    from muse.plugins import registry

    root = find_root()
    domain = _domain(root)
    alone = registry.is_alone(job.path, first=domain)
    if not alone:
        complete_path(job)
    how, warning = options_for(job, root)
    how = how._replace(deadline=time.monotonic() + seconds * _COOPERATIVE)
    base = job.base or None  # Git hands an empty file where both sides added theirs
    plugin = registry.plugin_for_path(job.path, first=domain)
    joined = root is not None and wants_join(plugin, job.path, how)
    if alone and joined:
        complete_path(job)  # for what is stored of earlier joins
    past = _past(job, root) if root is not None and joined else None
    merged = merge_one(plugin, job.path, base, job.ours, job.theirs, how, past)
    if job.virtual and merged.conflicts:
        merged = _between_bases(plugin, job, base, merged, how)
    side = gitcommand.favoured(job.options)
    if side and merged.conflicts:
        merged = _favouring(side, plugin, job, base, merged, how)
    if warning:
        merged.notes.append(warning)
    return merged, *record(job, root, merged, how)


def _past(job: Job, root: str) -> Past | None:
    """What is stored about the path's CRDT states, where Git says what it merges into HEAD, as `git merge` does."""
    heads = [name.removeprefix("GITHEAD_") for name in os.environ if name.startswith("GITHEAD_")]
    if len(heads) != 1 or job.virtual:
        return None
    from muse.engine.history.ancestry import merge_bases
    from muse.engine.merge.join_states import History
    from muse.store.repository import Repository

    try:
        repo = Repository(root)
        ours = repo.resolve("HEAD")
        return History(repo, ours, heads[0], merge_bases(repo, ours, heads[0])).of(os.fsencode(job.path))
    except (MuseError, OSError):
        return None


def _domain(root: str | None) -> str:
    """The repository's own domain, which is asked first; "" when there is none or it cannot be read."""
    from muse.plugins import registry

    try:
        return registry.read_domain(root) if root is not None else ""
    except MuseError:
        return ""  # `options_for` warns about the same file


def _between_bases(plugin: Any, job: Job, base: bytes | None, merged: FileMerge, how: MergeOptions) -> FileMerge:
    """A conflict between merge bases must stay one in the merge above.

    Text keeps its markers, as with Git. A file without markers takes the base's value at each conflict: with one side's
    value, the merge above would see that side as unchanged and quietly take the other.
    """
    if has_markers(merged.content or b""):
        return merged
    picks = {conflict.address: "base" for conflict in merged.conflicts}
    again = merge_one(plugin, job.path, base, job.ours, job.theirs, how._replace(picks=picks))  # type: ignore[arg-type]
    return FileMerge(job.base if again.conflicts else again.content, merged.conflicts)


def _favouring(side: str, plugin: Any, job: Job, base: bytes | None, merged: FileMerge, how: MergeOptions) -> FileMerge:
    """`-X ours` and `-X theirs`: what is in dispute is that side's, the clean edits of both stay."""
    picks = {conflict.address: side for conflict in merged.conflicts}
    again = merge_one(plugin, job.path, base, job.ours, job.theirs, how._replace(picks=picks))  # type: ignore[arg-type]
    if again.conflicts:
        settled = by_git(job)
        if settled is not None and settled[1]:
            return FileMerge(settled[0])
    return again
