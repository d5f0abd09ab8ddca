"""The merge driver that Git calls for one file: `muse-merge-driver %O %A %B -L %L -p %P -s %S -x %X -y %Y`.

Reads the three files, replaces `%A` (or writes `-o FILE`), and answers 0 (clean) or 1 (conflict). Nothing is imported
before it is needed: a trivial merge and a merge as text cost a bare Python start and little more. The user's word comes
first: a path that their attributes give to another driver is handed to it, `-X` means what it means in Git, `MUSE=0` is
Git without us. The structured merge runs in a child with a deadline (`muse.core.guard`); if it fails in any way the
answer is Git's text merge, and where Git calls the file binary it is ours with a conflict. Messages go to stderr, or to
the descriptor that `--guarded` names.
"""

from __future__ import annotations

import gc
import os
import sys

from muse.drivers.job import CLEAN, CONFLICT, Job, parse, trace

USAGE, INTERRUPTED = 129, 130
GUARDED = {CLEAN: 70, CONFLICT: 71}
"""Answers under `--guarded`: no broken Python answers them, so the configured command can tell that we really ran."""

CHILD = 0.9  # share of the deadline for the child; the rest is for Git's text merge should there be no answer
USAGE_TEXT = (
    "usage: muse-merge-driver BASE OURS THEIRS [-L SIZE] [-p PATH] [-s LABEL] [-x LABEL] [-y LABEL] [-o FILE] "
    "[--style merge|diff3|zdiff3]"
)


def main(argv: list[str] | None = None) -> int:
    """Merge one file as Git's driver; returns the exit code."""
    args = sys.argv[1:] if argv is None else argv
    _fill_standard_streams()
    job = parse(args)
    if job is None:
        from muse.core.terminal import tell

        tell(USAGE_TEXT)
        return USAGE
    try:
        answer = _with_fallbacks(job)
    except KeyboardInterrupt:
        return INTERRUPTED
    if argv is None:
        gc.freeze()  # the process ends, which would walk through all of it twice
    return GUARDED[answer] if "--guarded" in args else answer


def _fill_standard_streams() -> None:
    """Where stdin, stdout or stderr is closed, the next file opened would take its place and a message its content."""
    for fd in range(3):
        try:
            os.fstat(fd)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free


def _with_fallbacks(job: Job) -> int:
    """The merge, else Git's, else what is on disk: ours, and a conflict for the user to decide."""
    for attempt in (merge, merge_as_text):
        try:
            return attempt(job)
        except Exception as error:  # noqa: BLE001  a driver never dies
            trace(error)
            job.say(f"{attempt.__name__} failed: {type(error).__name__}: {error}")
            if isinstance(error, OSError):
                break  # a full disk would only fail again
    job.say("not merged, ours is kept")
    return CONFLICT


def merge(job: Job) -> int:
    """Decide, cheapest first."""
    try:
        job.read()
    except OSError as error:
        job.say(f"cannot be merged: {error.strerror}")
        return CONFLICT
    if job.ours == job.theirs or job.base == job.theirs:
        return CLEAN
    if job.base == job.ours:
        return job.write(job.theirs, CLEAN)
    from muse.core import collector

    collector.begin_briefly()
    from muse.drivers import others

    name = others.look(job)
    if name is not None:
        return others.hand_over(job, name)
    from muse.core.textmerge import has_markers

    if job.off or any(map(has_markers, (job.base, job.ours, job.theirs))):
        return merge_as_text(job)  # switched off; or replayed conflicts, which no parser should see
    if others.is_spaced(job):  # what the user calls no difference is none
        from muse.drivers.as_text import by_git

        settled = by_git(job)
        if settled is not None and settled[1]:
            return job.write(settled[0], CLEAN)
    return merge_structured(job)


def merge_as_text(job: Job, why: str = "") -> int:
    """Git's text merge; `why` is told."""
    from muse.drivers import as_text

    return as_text.merge_as_text(job, why)


def merge_structured(job: Job) -> int:
    """The domain's merge, in a child; the text merge when there is no answer in time."""
    from functools import partial

    from muse.core import gitconfig, guard
    from muse.drivers import structured

    seconds = gitconfig.deadline(job.config)
    reply, why = guard.run(partial(structured.answer, job, seconds * CHILD), seconds * CHILD)
    if reply is None:
        return merge_as_text(job, f"merged as text, because the structured merge {why}")
    status, result, notes, record_file, record = reply
    for note in os.fsdecode(notes).splitlines():
        job.say(note)
    code = job.write(result, CLEAN if status == b"clean" else CONFLICT)
    job.keep_record(os.fsdecode(record_file), record)
    return code


if __name__ == "__main__":
    sys.exit(main())
