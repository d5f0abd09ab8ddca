"""Ops whose content was expunged: a line of the same length stands in the place of each, so that offsets stay true.

`{"expunged":"<op id>"}` and spaces. It is no op: nothing replays it, commits it or takes it in.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from muse.core.errors import MuseError
from muse.core.io import fsync_dir, write_bytes_atomic
from muse.core.op_log.segments import restored

if TYPE_CHECKING:
    from muse.core.op_log.journal import Journal

_TOMBSTONE = re.compile(rb'\{"expunged":"sha256:[0-9a-f]{64}"\} *')
_OP_ID = re.compile(rb',"op_id":"(sha256:[0-9a-f]{64})"')


def is_tombstone(line: bytes) -> bool:
    """True for a line (without its newline) that stands for an expunged op."""
    return line.startswith(b'{"expunged"') and _TOMBSTONE.fullmatch(line) is not None


def names_any(line: bytes, op_ids: Collection[str]) -> bool:
    """True for the line of one of these ops, a damaged or glued one included."""
    return any(found.decode() in op_ids for found in _OP_ID.findall(line))


def bury(journal: Journal, op_ids: Collection[str]) -> int:
    """Put tombstones in the place of these ops' lines, in every file of the log; how many.

    The lock is held, on a file that may no longer be the log afterwards: take it again. Closed segments whose local
    copy was given up are put together first; what says how to do that is taken away, since Git will not have it.
    """
    buried = 0
    for segment in journal.segments():
        if not segment.stem:
            continue
        if not os.path.exists(segment.local):
            beside = f"{segment.local}.{os.getpid()}"
            with open(beside, "wb") as into:
                whole = restored(journal.root, segment, into)
            if not whole:
                os.unlink(beside)
                raise MuseError("a part of the log is archived and cannot be read back from Git", hint="muse verify")
            os.replace(beside, segment.local)
        buried += _rewritten(segment.local, op_ids)
        if os.path.exists(segment.recipe):
            os.unlink(segment.recipe)
            fsync_dir(os.path.dirname(segment.recipe))
    return buried + _rewritten(journal.path, op_ids)


def clear_quarantine(folder: Path, op_ids: Collection[str]) -> None:
    """Delete the pieces of damage that have any of these ops."""
    for piece in sorted((folder / "quarantine").glob("*")):
        if piece.is_file() and names_any(piece.read_bytes(), op_ids):
            piece.unlink()


def _rewritten(path: str, op_ids: Collection[str]) -> int:
    with open(path, "rb") as file:
        lines = file.read().split(b"\n")
    found = [at for at, line in enumerate(lines[:-1]) if not is_tombstone(line) and names_any(line, op_ids)]
    for at in found:
        name = next(name for name in _OP_ID.findall(lines[at]) if name.decode() in op_ids)
        lines[at] = (b'{"expunged":"%b"}' % name).ljust(len(lines[at]))
    if found:
        write_bytes_atomic(path, b"\n".join(lines), mode=os.stat(path).st_mode & 0o7777)
    return len(found)
