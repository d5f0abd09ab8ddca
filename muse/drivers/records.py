"""The conflict's record that a call leaves beside the index, and how the call wants its merge written."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from muse.core import paths
from muse.core.errors import MuseError
from muse.domain import FileMerge
from muse.engine import conflict_records
from muse.engine.merge.one_file import how_from, merge_text_only

if TYPE_CHECKING:
    from muse.core.options import MergeOptions
    from muse.drivers.job import Job


def options_for(job: Job, root: str | None) -> tuple[MergeOptions, str]:
    """How the call wants its merge written, and a warning or ""."""
    ours, base, theirs = job.labels
    return how_from(job.config, root, ours_label=ours, base_label=base, theirs_label=theirs, marker_size=job.size)


def record(job: Job, root: str | None, merged: FileMerge, how: MergeOptions) -> tuple[str, bytes]:
    """Where the conflict's record goes, and its bytes."""
    git_dir = os.environ.get("GIT_DIR") or (paths.git_dir_text(root) if root is not None else None)
    if git_dir is None or job.virtual:
        return "", b""
    name = conflict_records.file_of(git_dir, job.path)
    if not merged.conflicts and not merged.joined:
        return name, b""
    sides = (job.base or None, job.ours, job.theirs)
    return name, conflict_records.encode(conflict_records.make(job.path, merged, sides, how))


def record_as_text(job: Job, data: bytes) -> tuple[str, bytes]:
    """The record of a merge that ended as Git's text merge, or as a whole-file conflict."""
    root = find_root()
    how, _ = options_for(job, root)
    left = merge_text_only(job.path, job.base or None, job.ours, job.theirs, how).conflicts
    return record(job, root, FileMerge(data, left), how)


def find_root() -> str | None:
    """The work tree (or bare repository) Git called us in, or None outside of one."""
    try:
        return paths.find_root_text(".")
    except MuseError:
        return None
