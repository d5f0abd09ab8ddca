"""Git's own three-way text merge, which no merge of ours may be worse than.

The bytes come from `git merge-file`, so the answer is Git's by construction. Inputs with NUL bytes are binary to Git
and have no text merge (None). The merge driver reaches this module on its shortest path, so that it imports next to
nothing: a process is started with `posix_spawn`, not with `subprocess`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from muse.core.platform.files import OPEN, scratch
from muse.core.platform.processes import run

if TYPE_CHECKING:
    from muse.core.options import MergeOptions

_SNIFF = 8000
Sides = tuple[bytes, bytes, bytes]  # base, ours, theirs
_known: ContextVar[Mapping[Sides, bytes] | None] = ContextVar("muse_known_merges", default=None)


@contextmanager
def knowing(clean: Mapping[Sides, bytes]) -> Iterator[None]:
    """Answer these clean merges without asking Git again: a merge of whole trees has had them from it already."""
    token = _known.set(clean)
    try:
        yield
    finally:
        _known.reset(token)


def is_binary(data: bytes) -> bool:
    """Git's own test: a NUL in the first 8,000 bytes."""
    return b"\0" in data[:_SNIFF]


def has_markers(data: bytes) -> bool:
    """True for text with lines that open and close a conflict (seven or more `<` and `>`)."""
    return _starts_line(data, b"<<<<<<<") and _starts_line(data, b">>>>>>>")


def _starts_line(data: bytes, mark: bytes) -> bool:
    return data.startswith(mark) or b"\n" + mark in data or b"\r" + mark in data


def merge_text(base: bytes, ours: bytes, theirs: bytes, how: MergeOptions) -> tuple[bytes, int] | None:
    """Git's merge and the number of conflicts left in it (0: clean); None when Git calls an input binary."""
    known = _known.get()
    clean = known.get((base, ours, theirs)) if known else None
    if clean is not None:
        return clean, 0
    labels = ["-L", how.ours_label, "-L", how.base_label, "-L", how.theirs_label]
    return _run(["--marker-size", str(how.marker_size), *labels], base, ours, theirs, how.conflict_style)


def merge_union(base: bytes, ours: bytes, theirs: bytes) -> bytes | None:
    """Git's union merge: both sides' lines at each conflict, ours first."""
    merged = _run(["--union"], base, ours, theirs)
    return None if merged is None else merged[0]


def merge_files(flags: list[str], ours: str, base: str, theirs: str, result: str, style: str = "merge") -> int | None:
    """Merge three files on disk into a fourth: the number of conflicts left in it, None when Git will not merge them.

    MuseError when git cannot be run. `style` is one of merge, diff3 and zdiff3; the user's configuration has no say,
    because the command runs outside of any repository.
    """
    paths = [os.path.abspath(path) for path in (ours, base, theirs)]
    style_flags = [] if style == "merge" else [f"--{style}"]
    code = _spawn(["git", "merge-file", "-p", "-q", *style_flags, *flags, *paths], result)
    if style == "zdiff3" and code in (128, 129):  # Git before 2.35 does not know it
        return merge_files(flags, ours, base, theirs, result, "diff3")
    return code if 0 <= code <= 127 else None


def _spawn(argv: list[str], result: str) -> int:
    """Run `argv` outside of any repository with its output in the file `result`, and return its exit code."""
    env = {**os.environ, "GIT_DIR": os.devnull}
    out = os.open(result, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | OPEN, 0o600)
    quiet = os.open(os.devnull, os.O_RDWR)
    try:
        return run(argv, {0: quiet, 1: out, 2: quiet}, env)
    except OSError as error:
        from muse.core.errors import MuseError

        raise MuseError(f"cannot run git merge-file: {error}", hint="is git on PATH?") from None
    finally:
        os.close(out)
        os.close(quiet)


def _run(flags: list[str], base: bytes, ours: bytes, theirs: bytes, style: str = "merge") -> tuple[bytes, int] | None:
    if is_binary(base) or is_binary(ours) or is_binary(theirs):
        return None
    folder = os.path.join(scratch(), f"muse-merge-{os.getpid()}-{os.urandom(6).hex()}")
    os.mkdir(folder, 0o700)
    names = [os.path.join(folder, name) for name in ("ours", "base", "theirs", "result")]
    try:
        for name, data in zip(names, (ours, base, theirs)):
            with open(name, "wb") as file:
                file.write(data)
        conflicts = merge_files(flags, names[0], names[1], names[2], names[3], style)
        if conflicts is None:
            return None
        with open(names[3], "rb") as file:
            return file.read(), conflicts
    finally:
        for name in names:
            if os.path.exists(name):
                os.unlink(name)
        os.rmdir(folder)
