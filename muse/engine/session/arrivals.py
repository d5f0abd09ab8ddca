"""Ops of other clones taken in while somebody follows a session: a sync or a fetch of any process brings them."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from muse.core.errors import MuseError
from muse.core.op_log import OpLog
from muse.store import refs
from muse.store.layout import OWN, REMOTES

if TYPE_CHECKING:
    from muse.store.repository import Repository

PAUSE = 1.0
"""Seconds between two looks at the refs, each of which costs a start of git."""


class Arrivals:
    """`look` takes in what came since it looked last."""

    def __init__(self, repo: Repository, log: OpLog) -> None:
        self._repo = repo
        self._log = log
        self._seen: dict[str, str] | None = None
        self._next = 0.0

    def look(self) -> bool:
        """Always False: nothing ends by it. What cannot be read is told, and tried again when something moves."""
        now = time.monotonic()
        if now < self._next:
            return False
        self._next = now + PAUSE
        try:
            tips = refs.read_many(self._repo, f"{OWN}log/", REMOTES)
            if tips != self._seen:
                self._seen = tips
                from muse.store.log import checkpoints

                checkpoints.pull(self._repo, self._log)
        except MuseError as error:
            logging.getLogger(__name__).warning("%s", error)
        return False


__all__ = ["PAUSE", "Arrivals"]
