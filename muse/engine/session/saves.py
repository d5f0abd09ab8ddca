"""Files whose writer is done with them, as far as the system tells it: nobody need wait and see."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable

from muse.core.paths import StrPath, path_bytes, path_text
from muse.core.platform.changes import Changes

_SETTLED = 0.02
"""Seconds after which nobody opened it again to go on writing."""


class Saves:
    """Paths of one work tree; nothing is told until folders were named."""

    def __init__(self, root: StrPath) -> None:
        self._root = os.fspath(root)
        self._changes = Changes()
        self._done: dict[str, float] = {}

    def beside(self, paths: Iterable[str]) -> None:
        """From now on also what is written in the folders of these files, and at the top."""
        folders = {"", *(os.path.dirname(path) for path in paths)}
        self._changes.also(os.path.join(self._root, os.fsdecode(path_bytes(folder))) for folder in folders)

    def wait(self, seconds: float) -> list[str]:
        """Wait so long, or until something is done; what is."""
        due = min(self._done.values(), default=float("inf")) + _SETTLED - time.monotonic()
        for whole, done in self._changes.wait(max(min(seconds, due), 0.0)):
            path = path_text(os.fsencode(os.path.relpath(whole, self._root)))
            self._done.pop(path, None)
            if done:
                self._done[path] = time.monotonic()
        before = time.monotonic() - _SETTLED
        found = sorted(path for path, since in self._done.items() if since <= before)
        for path in found:
            del self._done[path]
        return found
