"""The merge driver that Git calls for one file: `muse-merge-driver %O %A %B -L %L -p %P -s %S -x %X -y %Y`.

Reads the three files, replaces `%A`, and answers 0 (clean) or 1 (conflict). Nothing is imported before it is needed: a
trivial merge and a merge as text cost a bare Python start and little more. The structured merge runs in a child with a
deadline (`muse.core.guard`); if it fails in any way the answer is Git's text merge, and where Git calls the file binary
it is ours with a conflict. Messages go to stderr, or to the descriptor that `--guarded` names.
"""

from __future__ import annotations

import os
import sys

CLEAN, CONFLICT, USAGE, INTERRUPTED = 0, 1, 129, 130
GUARDED = {CLEAN: 70, CONFLICT: 71}
"""Answers under `--guarded`: no broken Python answers them, so the configured command can tell that we really ran."""

DEADLINE = 5.0
CHILD = 0.9  # share of the deadline for the child; the rest is for Git's text merge should there be no answer
USAGE_TEXT = "usage: muse-merge-driver BASE OURS THEIRS [-L SIZE] [-p PATH] [-s LABEL] [-x LABEL] [-y LABEL]"
OPTIONS = {
    "-L": "size",
    "-p": "path",
    "-s": "base_label",
    "-x": "ours_label",
    "-y": "theirs_label",
    "--guarded": "report",
}
# What Git leaves in place of a value it does not know: %S, %X and %Y before 2.44, any of them with an old driver line.
PLACEHOLDERS = {"-L": "%L", "-p": "%P", "-s": "%S", "-x": "%X", "-y": "%Y"}


class Job:
    """One call: the three files, and what Git said about them."""

    def __init__(self, files: list[str], given: dict[str, str], virtual: bool) -> None:
        self.base_file, self.ours_file, self.theirs_file = files
        self.path = given.get("path") or os.path.basename(self.ours_file)
        self.size = _marker_size(given.get("size", ""))
        self.labels = [
            given.get("ours_label") or "ours",
            given.get("base_label") or "base",
            given.get("theirs_label") or _named_head() or "theirs",
        ]
        self.report = int(given["report"]) if given.get("report", "").isdigit() else 2
        self.virtual = virtual
        self.base = self.ours = self.theirs = b""

    def say(self, text: str) -> None:
        """One line for the user; nobody reading it is no reason to fail."""
        if self.virtual:
            return  # a merge of merge bases is Git's own affair
        from muse.core.terminal import escaped, path

        try:
            text = " ".join(text.split()).removeprefix(f"{self.path}: ")
            line = escaped(f"muse: {path(self.path)}: {text}")
            os.write(self.report, f"{line}\n".encode("utf-8", "surrogateescape"))
        except OSError:
            pass


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
        answer = _surely(job)
    except KeyboardInterrupt:
        return INTERRUPTED
    return GUARDED[answer] if "--guarded" in args else answer


def _fill_standard_streams() -> None:
    """Where stdin, stdout or stderr is closed, the next file opened would take its place and a message its content."""
    for fd in range(3):
        try:
            os.fstat(fd)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free


def _marker_size(text: str) -> int:
    """Git's `%L`; 7 for what no markers could be made of."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 and int(text) > 0 else 7


def _surely(job: Job) -> int:
    """The merge, else Git's, else what is on disk: ours, and a conflict for the user to decide."""
    for attempt in (merge, merge_as_text):
        try:
            return attempt(job)
        except Exception as error:  # noqa: BLE001  a driver never dies
            _trace(error)
            job.say(f"{attempt.__name__} failed: {type(error).__name__}: {error}")
            if isinstance(error, OSError):
                break  # a full disk would only fail again
    job.say("not merged, ours is kept")
    return CONFLICT


def parse(args: list[str]) -> Job | None:
    """The call's arguments; None when they are not as they should be."""
    files: list[str] = []
    given: dict[str, str] = {}
    virtual = False
    rest = iter(args)
    for arg in rest:
        if arg == "--virtual":
            virtual = True
        elif arg in OPTIONS:
            value = next(rest, None)
            if value is None:
                return None
            if value != PLACEHOLDERS.get(arg):
                given[OPTIONS[arg]] = value
        else:
            files.append(arg)
    return Job(files, given, virtual) if len(files) == 3 else None


def merge(job: Job) -> int:
    """Decide, cheapest first."""
    try:
        job.base, job.ours, job.theirs = (_read(name) for name in (job.base_file, job.ours_file, job.theirs_file))
    except OSError as error:
        job.say(f"cannot be merged: {error.strerror}")
        return CONFLICT
    if job.ours == job.theirs or job.base == job.theirs:
        return CLEAN
    if job.base == job.ours:
        return _write(job, job.theirs, CLEAN)
    from muse.core.textmerge import has_markers

    if os.environ.get("MUSE") == "0" or any(map(has_markers, (job.base, job.ours, job.theirs))):
        return merge_as_text(job)  # switched off; or replayed conflicts, which no parser should see
    return merge_structured(job)


def merge_structured(job: Job) -> int:
    """The domain's merge, in a child; the text merge when there is no answer in time."""
    from muse.core import gitconfig, guard

    reading = gitconfig.begin()
    from muse.drivers import structured  # imported here, while git reads its configuration, for the child to find

    config = reading()
    seconds = max(0.05, gitconfig.number(config.get("mergedeadline"), DEADLINE))
    reply, why = guard.run(lambda: structured.answer(job, config, seconds * CHILD), seconds * CHILD)
    if reply is None:
        return merge_as_text(job, f"merged as text, because the structured merge {why}")
    status, result, notes, record_file, record = reply
    for note in os.fsdecode(notes).splitlines():
        job.say(note)
    code = _write(job, result, CLEAN if status == b"clean" else CONFLICT)
    _keep_record(job, os.fsdecode(record_file), record)
    return code


def merge_as_text(job: Job, why: str = "") -> int:
    """Git's text merge; a binary file stays ours, or the base's between merge bases, as Git does it."""
    from muse.core.textmerge import is_binary, merge_files

    if why:
        job.say(why)
    conflicts = None
    temp = _temp(job)
    try:
        if not any(map(is_binary, (job.base, job.ours, job.theirs))):
            ours, base, theirs = job.labels
            flags = ["--marker-size", str(job.size), "-L", ours, "-L", base, "-L", theirs]
            conflicts = merge_files(flags, job.ours_file, job.base_file, job.theirs_file, temp, _style())
        merged = _read(temp) if conflicts is not None else job.base if job.virtual else job.ours
    finally:
        _remove(temp)
    code = _write(job, merged, CONFLICT if conflicts != 0 else CLEAN)
    if code == CONFLICT and os.environ.get("MUSE") != "0":
        _record_text(job, merged)
    return code


def _record_text(job: Job, merged: bytes) -> None:
    try:
        from muse.drivers import structured

        _keep_record(job, *structured.record_as_text(job, merged))
    except Exception as error:  # noqa: BLE001  the answer stands; what is lost is a line of `muse conflicts`
        _trace(error)


def _style() -> str:
    from muse.core import gitconfig

    style = gitconfig.read().get("merge.conflictstyle", "merge")
    return style if style in ("diff3", "zdiff3") else "merge"


def _write(job: Job, data: bytes, code: int) -> int:
    """Replace `%A`, or leave it as it was and answer that there is something to settle."""
    if data == job.ours:
        return code
    temp = _temp(job)
    try:
        with open(temp, "wb", buffering=0) as file:
            view = memoryview(data)
            while view:
                view = view[file.write(view) or 0 :]
        os.replace(temp, job.ours_file)
    except OSError as error:
        job.say(f"the merge cannot be written, ours is kept: {error.strerror}")
        code = CONFLICT
    finally:
        _remove(temp)
    return code


def _keep_record(job: Job, name: str, record: bytes) -> None:
    """Write the conflict's record, or drop an older one; never a reason to change the answer."""
    if not name or job.virtual:
        return
    try:
        if record:
            from muse.core.io import write_bytes_atomic

            write_bytes_atomic(name, record)
        elif os.path.exists(name):
            os.unlink(name)
    except OSError as error:
        job.say(f"the conflict's record cannot be kept: {error.strerror}")


def _remove(name: str) -> None:
    try:
        os.unlink(name)
    except OSError:
        pass  # it was renamed into place, or never made


def _read(name: str) -> bytes:
    with open(name, "rb", buffering=0) as file:
        return file.read()


def _temp(job: Job) -> str:
    return f"{job.ours_file}.{os.getpid()}.muse"


def _named_head() -> str | None:
    """The name of the merged branch, from what `git merge` leaves in the environment; for Git before 2.44."""
    names = {value for key, value in os.environ.items() if key.startswith("GITHEAD_")}
    return names.pop() if len(names) == 1 else None


def _trace(error: Exception) -> None:
    if os.environ.get("MUSE_TRACE"):
        import traceback

        traceback.print_exception(error)


if __name__ == "__main__":
    sys.exit(main())
