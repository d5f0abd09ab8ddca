"""One call of the merge driver: its arguments, what Git and the user said about it, and how it answers."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # `typing` and `collections` take longer than a trivial merge
if TYPE_CHECKING:
    from collections.abc import Mapping

CLEAN, CONFLICT = 0, 1
OPTIONS = {
    "-L": "size",
    "-o": "out",
    "-p": "path",
    "-s": "base_label",
    "-x": "ours_label",
    "-y": "theirs_label",
    "--guarded": "report",
    "--style": "style",
}
STYLES = ("", "merge", "diff3", "zdiff3")
# What Git leaves in place of a value it does not know: %S, %X and %Y before 2.44, any of them with an old driver line.
PLACEHOLDERS = {"-L": "%L", "-p": "%P", "-s": "%S", "-x": "%X", "-y": "%Y"}


class Job:
    """One call: the three files, and what Git said about them.

    `config` are the settings (`muse.core.gitconfig.read`), `options` the `-X` words Git was given; both are filled in
    once more than a trivial merge is asked for.
    """

    def __init__(self, files: list[str], given: dict[str, str], virtual: bool) -> None:
        self.base_file, self.ours_file, self.theirs_file = files
        self.path = given.get("path") or os.path.basename(self.ours_file)
        self.out_file = given.get("out", "")
        self.size = _marker_size(given.get("size", ""))
        self.style = given.get("style", "")  # of the markers; "": as `merge.conflictStyle` says
        self.labels = [
            given.get("ours_label") or ("Temporary merge branch 1" if virtual else "ours"),
            given.get("base_label") or "base",
            given.get("theirs_label") or ("Temporary merge branch 2" if virtual else _named_head() or "theirs"),
        ]
        self.report = int(given["report"]) if given.get("report", "").isdigit() else 2
        self.virtual = virtual
        self.off = os.environ.get("MUSE") == "0"
        self.base = self.ours = self.theirs = b""
        self.begun = 0.0  # when the git began that merges; 0.0 where that is not known
        self.config: Mapping[str, str] = {}
        self.options: list[str] = []

    def say(self, text: str) -> None:
        """One line for the user; nobody reading it is no reason to fail."""
        if self.virtual:
            return  # a merge of merge bases is Git's own affair
        from muse.core.terminal import path

        text = " ".join(text.split()).removeprefix(f"{self.path}: ")
        self.tell(f"muse: {path(self.path)}: {text}")

    def tell(self, line: str) -> None:
        """A line, without what could act on a terminal."""
        from muse.core.terminal import escaped

        try:
            os.write(self.report, f"{escaped(line)}\n".encode("utf-8", "surrogateescape"))
        except OSError:
            pass

    def read(self) -> None:
        """The three versions; OSError when one cannot be read. With another file for the result, ours goes there."""
        self.base, self.ours, self.theirs = map(read, (self.base_file, self.ours_file, self.theirs_file))
        if self.out_file and self.out_file != self.ours_file:
            with open(self.out_file, "wb") as file:
                file.write(self.ours)
            self.ours_file = self.out_file

    def write(self, data: bytes, code: int) -> int:
        """Replace `%A`, or leave it as it was and answer that there is something to settle."""
        if data == self.ours:
            return code
        temp = self.temp()
        try:
            if self.out_file and not os.path.isfile(self.out_file):  # a device, which is to stay one
                from muse.core.io import write_into

                write_into(self.out_file, data)
                return code
            with open(temp, "wb", buffering=0) as file:
                view = memoryview(data)
                while view:
                    view = view[file.write(view) or 0 :]
            os.replace(temp, self.ours_file)
        except OSError as error:
            self.say(f"the merge cannot be written, ours is kept: {error.strerror}")
            code = CONFLICT
        finally:
            remove(temp)
        return code

    def temp(self) -> str:
        """A name beside `%A`."""
        return f"{self.ours_file}.{os.getpid()}.muse"

    def keep_record(self, name: str, record: bytes) -> None:
        """Write the conflict's record, or drop an older one; never a reason to change the answer."""
        if not name or self.virtual:
            return
        try:
            if record:
                from muse.core import sharing
                from muse.core.io import write_bytes_atomic
                from muse.engine import conflict_records

                git_dir = os.path.dirname(os.path.dirname(os.path.dirname(name)))
                sharing.remember(git_dir, self.config.get("core.sharedrepository"))
                conflict_records.clear_older(git_dir, self.begun)
                write_bytes_atomic(name, record, durable=False)  # as durable as the merged file, which Git wrote
            elif os.path.exists(name):
                os.unlink(name)
        except OSError as error:
            self.say(f"the conflict's record cannot be kept: {error.strerror}")


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
    return Job(files, given, virtual) if len(files) == 3 and given.get("style", "") in STYLES else None


def read(name: str) -> bytes:
    """A file's bytes."""
    with open(name, "rb", buffering=0) as file:
        return file.read()


def remove(name: str) -> None:
    """Take a file away, if it is there."""
    try:
        os.unlink(name)
    except OSError:
        pass  # it was renamed into place, or never made


def trace(error: Exception) -> None:
    """Print a traceback where MUSE_TRACE asks for it."""
    if os.environ.get("MUSE_TRACE"):
        import traceback

        traceback.print_exception(error)


def complete_path(job: Job) -> None:
    """Where installed packages are found: Git starts us without `site`, which a trivial merge needs not wait for."""
    if sys.flags.no_site:
        import site

        site.main()
    look_in(job.config)


def look_in(config: Mapping[str, str]) -> None:
    """Find plugins in the folders of `muse.pluginPath` too; relative ones would lead into a clone."""
    sys.path += filter(os.path.isabs, config.get("pluginpath", "").split(os.pathsep))


def _marker_size(text: str) -> int:
    """Git's `%L`; 7 for what no markers could be made of."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 and int(text) > 0 else 7


def _named_head() -> str | None:
    """The name of the merged branch, from what `git merge` leaves in the environment; for Git before 2.44."""
    names = {value for key, value in os.environ.items() if key.startswith("GITHEAD_")}
    return names.pop() if len(names) == 1 else None
