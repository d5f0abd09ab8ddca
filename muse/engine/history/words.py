"""What `muse log` says below a commit, worked out once: one line per changed path.

The key is everything the words follow from: the changes Git finds, the domains that tell them, how music is spelled.
What is not remembered is told as long as `SECONDS` of processor time last, further commits by path alone; the next
`muse log` goes on from there.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

from muse.core.errors import FormatError, MuseError
from muse.core.filedomain import summarise
from muse.domain import DomainOp, PluginFor, StructuredDelta
from muse.engine.history import remembered
from muse.engine.history.changes import Change, path_text
from muse.engine.history.diff import describe, outline
from muse.engine.history.remembered import Remembered
from muse.store.meta.deltas import check_delta

if TYPE_CHECKING:
    from muse.store.repository import Repository

SECONDS = 0.8  # of processor time, for all commits after the first few
ALWAYS = 10  # commits that are told whatever it takes: what a screen shows


class Words:
    """The short deltas of one run of `muse log`: no operations inside of files."""

    def __init__(self, repo: Repository) -> None:
        self._repo = repo
        self._remembered = Remembered(repo)
        self._spent, self._told = 0.0, 0
        self.by_path = 0  # commits told by path alone for want of time

    def delta(self, found: list[Change], plugin_for: PluginFor, domain: str) -> StructuredDelta:
        """The changes as a delta whose operations are paths, in remembered words where there are some."""
        key = _key(found, plugin_for)
        ops = self._known(key, found) if key else None
        if ops is None:
            if self._told >= ALWAYS and self._spent > SECONDS:
                self.by_path += 1
                return outline(found, domain)
            begun = time.process_time()
            ops = [_short(op) for op in describe(self._repo, found, plugin_for, domain=domain)["ops"]]
            self._spent += time.process_time() - begun
            self._told += 1
            if key:
                self._remembered.put(key, ops)
        return StructuredDelta(domain=domain, ops=ops, summary=summarise(ops))

    def close(self) -> None:
        """Keep what is new for the next time."""
        self._remembered.close()

    def _known(self, key: bytes, found: list[Change]) -> list[DomainOp] | None:
        try:
            ops = check_delta({"domain": "", "summary": "", "ops": self._remembered.get(key) or []})["ops"]
        except FormatError:
            return None
        return ops if [op["address"] for op in ops] == [path_text(change.path) for change in found] else None


def _short(op: DomainOp) -> DomainOp:
    """An operation on a path without what is inside: no operations on elements, no contents."""
    left: Any = {name: value for name, value in op.items() if name not in ("child_ops", "content")}
    if op["op"] == "patch":
        left["child_ops"] = []
    short: DomainOp = left
    return short


def _key(found: list[Change], plugin_for: PluginFor) -> bytes | None:
    """What the words follow from; None where that cannot be said: a plugin from elsewhere may change any day."""
    rows: list[list[str]] = []
    for change in found:
        path = path_text(change.path)
        try:
            plugin: Any = plugin_for(path)
        except MuseError:
            return None
        if not type(plugin).__module__.startswith("muse.plugins."):
            return None
        rows.append([plugin.name, path, path_text(change.old_path), change.status, *change[3:]])
    return remembered.key("words", os.environ.get("MUSE_WORDS", ""), rows)
