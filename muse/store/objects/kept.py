"""Packs that no `git gc` may take away yet: a note beside each says which process keeps it, and on which machine.

A process that is killed leaves its notes; the next one that writes here takes them away. A `.keep` of somebody else's,
Git's own among them, is left alone.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress

_BEGINNING = b"muse "
_LONGEST = 1 << 10
_ENDING = ".keep"


def keep(base: str) -> str:
    """Keep a pack, by its name without ending, as long as this process lives; the note's path, or "" where somebody
    else keeps it for good."""
    path = base + _ENDING
    note = _read(path)
    if note is not None and not note.startswith(_BEGINNING):
        return ""
    beside = os.path.join(os.path.dirname(base), f"tmp_keep_{os.getpid()}_{os.path.basename(base)}")
    with open(beside, "wb") as file:  # one that is killed here leaves what Git knows for temporary, and not half a note
        file.write(_mine())
    os.replace(beside, path)
    return path


def let_go(path: str) -> None:
    """Take a note of this process away."""
    if _read(path) == _mine():
        _unlink(path)


def sweep(folder: str) -> list[str]:
    """Take the notes of processes that are gone away; the names. One of another machine, or that does not say of which,
    has to be a day old."""
    try:
        names = [name for name in os.listdir(folder) if name.endswith(_ENDING)]
    except OSError:
        return []
    return [name for name in names if _is_left(os.path.join(folder, name)) and _unlink(os.path.join(folder, name))]


def _is_left(path: str) -> bool:
    from muse.core.leftovers import OLD, is_gone

    note = _read(path)
    words = [] if note is None else os.fsdecode(note).split()
    if words[:1] != ["muse"] or not words[1:] or not words[1].isdecimal():
        return False
    if words[2:] == [_machine()]:
        return is_gone(int(words[1]))
    try:
        return time.time() - os.stat(path).st_mtime > OLD and (len(words) > 2 or is_gone(int(words[1])))
    except OSError:
        return False


def _mine() -> bytes:
    return _BEGINNING + os.fsencode(f"{os.getpid()} {_machine()}\n")


def _machine() -> str:
    from muse.store.objects.collecting import this_machine

    return "-".join(this_machine().split()) or "nameless"


def _read(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read(_LONGEST)
    except FileNotFoundError:
        return None
    except OSError:
        return b""


def _unlink(path: str) -> bool:
    with suppress(OSError):
        os.unlink(path)
        return True
    return False


__all__ = ["keep", "let_go", "sweep"]
