"""The progress line: on standard error, only on a terminal, only once something has taken longer than a second."""

from __future__ import annotations

import os
import sys
import time

from muse.core import progress
from muse.core.terminal import one_line

_PATIENCE = 1.0  # seconds before the first word
_EVERY = 0.1
_LEAST = 10  # columns below which there is no room for words


class Line:
    """One line that is written over, and gone when the work is done."""

    def __init__(self) -> None:
        self.next = time.monotonic() + _PATIENCE
        self.shown = False

    def __call__(self, what: str, done: int, total: int | None) -> None:
        """Say how far it is, not more often than one can read."""
        now = time.monotonic()
        if now < self.next:
            return
        self.next = now + _EVERY
        share = f" {100 * done // total:3d}%" if total else ""
        said = f"{what}:{share} ({done}{f'/{total}' if total else ''})"
        said = one_line(said)
        self._write(f"\r{said[: max(_columns() - 1, 0)]}\x1b[K" if _columns() >= _LEAST else "")
        self.shown = True

    def clear(self) -> None:
        """Leave no trace."""
        if self.shown:
            self._write("\r\x1b[K")
            self.shown = False

    def _write(self, text: str) -> None:
        try:
            sys.stderr.write(text)
            sys.stderr.flush()
        except OSError:
            progress.tell(None)  # the terminal is gone; the work goes on


def _columns() -> int:
    try:
        return int(os.environ.get("COLUMNS", "")) or 80
    except ValueError:
        pass
    try:
        return os.get_terminal_size(2).columns or 80
    except OSError:
        return 80
