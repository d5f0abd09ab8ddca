"""Whether a `git gc` is under way: what no ref names yet it may take away."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from muse.core.paths import StrPath

_FORGOTTEN = 12 * 3600
"""Seconds after which Git itself heeds no `gc.pid`: one that is killed leaves it."""


def under_way(common_dir: StrPath) -> bool:
    """True while a `git gc` is, as Git itself judges: by its process where that is of this machine, and by the time."""
    try:
        with open(os.path.join(common_dir, "gc.pid"), "rb") as file:
            began = os.fstat(file.fileno()).st_mtime
            words = os.fsdecode(file.read(1 << 10)).split()
    except FileNotFoundError:
        return False
    except OSError:
        return True
    if time.time() - began > _FORGOTTEN:
        return False
    return not (len(words) == 2 and words[1] == this_machine() and words[0].isdecimal() and _is_gone(int(words[0])))


def this_machine() -> str:
    """What Git calls this machine in its notes."""
    import socket

    return socket.gethostname()


def _is_gone(pid: int) -> bool:
    from muse.core.leftovers import is_gone

    return is_gone(pid)


__all__ = ["this_machine", "under_way"]
