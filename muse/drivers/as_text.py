"""Git's text merge of one file: by its own `merge-file`, or by whatever the `-X` options ask of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from muse.core import gitconfig
from muse.core.textmerge import is_binary, merge_files
from muse.drivers.job import CLEAN, CONFLICT, read, remove, trace

if TYPE_CHECKING:
    from muse.drivers.job import Job


def merge_as_text(job: Job, why: str = "") -> int:
    """Git's text merge; a binary file stays ours, or the base's between merge bases, as Git does it."""
    if why:
        job.say(why)
    if job.off or job.options:
        settled = by_git(job)
        if settled is not None:
            return _answer_as_text(job, *settled)
    conflicts = None
    temp = job.temp()
    try:
        if not any(map(is_binary, (job.base, job.ours, job.theirs))):
            ours, base, theirs = job.labels
            flags = ["--marker-size", str(job.size), "-L", ours, "-L", base, "-L", theirs]
            style = gitconfig.conflict_style(job.config)
            conflicts = merge_files(flags, job.ours_file, job.base_file, job.theirs_file, temp, style)
        merged = read(temp) if conflicts is not None else job.base if job.virtual else job.ours
    finally:
        remove(temp)
    return _answer_as_text(job, merged, conflicts == 0)


def _answer_as_text(job: Job, merged: bytes, clean: bool) -> int:
    code = job.write(merged, CLEAN if clean else CONFLICT)
    if code == CONFLICT and not job.off:
        _record_text(job, merged)
    return code


def _record_text(job: Job, merged: bytes) -> None:
    try:
        from muse.drivers.records import record_as_text

        job.keep_record(*record_as_text(job, merged))
    except Exception as error:  # noqa: BLE001  the answer stands; what is lost is a line of `muse conflicts`
        trace(error)


def by_git(job: Job) -> tuple[bytes, bool] | None:
    """What Git makes of it without us, `-X` included, and whether it is clean; None where Git cannot be asked."""
    from muse.core import gitmerge

    style = gitconfig.conflict_style(job.config)
    merged = gitmerge.merge(
        job.base,
        job.ours,
        job.theirs,
        job.options,
        labels=job.labels,
        size=job.size,
        style=style,
        config=job.config,
    )
    if merged is None or merged[1] or not any(map(is_binary, (job.base, job.ours, job.theirs))):
        return merged
    return (job.base if job.virtual else job.ours), False
