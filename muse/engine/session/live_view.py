"""What a session commit would make of HEAD right now: for an agent that looks, and for ops that say what they saw.

The ops stand on what a commit has them stand on (`ground`); where that would be refused, because HEAD and the session
changed the same, the session's side is seen. Kept up with the log as it grows: new ops are replayed onto what was
there. Whenever that could differ from a replay of everything (HEAD or the last checkpoint moved, an op came from
elsewhere with an earlier time or was made on another commit, one waits for its cause) all of it is done anew.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from muse.core import content
from muse.core.address import ancestors
from muse.core.errors import ContentMissingError, MuseError
from muse.core.op_log import OpEntry, OpLog
from muse.core.op_log.decoding import Row
from muse.core.op_log.entries import strip
from muse.domain import Element, PluginFor
from muse.engine.elements import listed
from muse.engine.session.delivery import effective
from muse.engine.session.ground import Choices, ground
from muse.engine.session.replay import replay

if TYPE_CHECKING:
    from muse.store.repository import Repository


class LiveView:
    """The files of a session as its ops have them now. `refresh` brings it up to date; look-ups never do."""

    def __init__(self, repo: Repository, log: OpLog, plugin_for: PluginFor) -> None:
        self.repo = repo
        self.log = log
        self.plugin_for = plugin_for
        self.end = -1
        self._files: dict[str, str] = {}
        self._state: object = None
        self._head = ""
        self._moved = False  # the ops stand on another commit than HEAD
        self._latest = 0
        self._settled = False
        self._applied: set[str] = set()
        self._last: dict[str, str] = {}
        self._below: dict[str, str] = {}
        self._elements: dict[str, tuple[str, list[Element] | None]] = {}

    def refresh(self) -> None:
        """Take in what was appended or committed since; MuseError when content that an op needs is nowhere."""
        state = self.repo.head(), self._checkpoint()
        if state == self._state and self._settled and self.end >= 0:
            rows, end = self.log.rows_from(self.end)
            if all(self._follows(row) for row in rows) and self._followed([strip(dict(row)) for row in rows]):
                self.end = end
                return
        self._rebuild(state)

    def _followed(self, fresh: list[OpEntry]) -> bool:
        """Replay new ops onto what there is; False where that is not there any more."""
        try:
            files = replay(fresh, self._files, self.repo.content, self.plugin_for).files if fresh else self._files
        except MuseError:  # `git gc` takes what no ref names
            return False
        self._files = files
        self._note(fresh)
        return True

    def _checkpoint(self) -> tuple[int, int]:
        """What changes whenever the checkpoint does: its file is replaced."""
        try:
            found = os.stat(self.log.folder / "checkpoint.json")
        except OSError:
            return 0, 0
        return found.st_ino, found.st_mtime_ns

    def _follows(self, row: Row) -> bool:
        """True when a replay of everything would apply the op last, on what there is now."""
        made_on = row.get("head", self._head if not self._moved else "")
        return (
            row["lamport_ts"] > self._latest
            and made_on == self._head
            and all(parent in self._applied for parent in row["parent_op_ids"])
        )

    def _rebuild(self, state: tuple[str | None, object]) -> None:
        repo = self.repo
        self.end = self.log.end()
        view = self.log.replay(effective(repo, self.log))
        self.end = max(view.end, 0)
        heads = view.heads()
        stands = ground(repo, self.log, self.plugin_for, Choices("session"), next(filter(None, heads), ""))
        self._state, self._head, self._settled = state, state[0] or "", not view.waiting
        self._moved = stands.commit != self._head
        self._applied, self._last, self._below, self._latest = set(), {}, {}, 0
        with repo.content.batch():
            done = replay(view.entries, stands.files, repo.content, self.plugin_for, ground=stands, heads=heads)
        self._files = done.files
        self._note(view.entries)

    def _note(self, entries: Iterable[OpEntry]) -> None:
        """Remember what was seen, and which ops changed what last."""
        for entry in entries:
            self._applied.add(entry["op_id"])
            self._latest = max(self._latest, entry["lamport_ts"])
            for address in addresses(entry["domain_op"]):
                self._last[address] = entry["op_id"]
                self._below.update(dict.fromkeys(ancestors(address), entry["op_id"]))

    # Looking -----------------------------------------------------------------------------------------------------

    def _now(self) -> None:
        if self.end < 0:
            self.refresh()

    def files(self) -> dict[str, str]:
        """Path -> digest."""
        self._now()
        return self._files

    def digest(self, path: str) -> str | None:
        """A file's digest; None when it is not there."""
        self._now()
        return self._files.get(path)

    def data(self, path: str) -> bytes | None:
        """A file's bytes; None when it is not there."""
        digest = self.digest(path)
        try:
            return None if digest is None else content.fetch(self.repo.content, digest)
        except ContentMissingError:  # as above
            self._rebuild((self.repo.head(), self._checkpoint()))
        digest = self._files.get(path)
        return None if digest is None else content.fetch(self.repo.content, digest)

    def elements(self, path: str) -> list[Element] | None:
        """What can be named in a file; None when it is not there or its domain names nothing."""
        digest = self.digest(path)
        known = self._elements.get(path)
        if known is None or known[0] != digest:
            data = self.data(path)
            found = None if data is None else listed(self.plugin_for(path), path, data)
            known = self._elements[path] = digest or "", found
        return known[1]

    def last_ops(self, address: str) -> set[str]:
        """The ops that made a thing, and last changed anything in it: who has seen it as it is now knows of these."""
        return {op for op in (self._last.get(address), self._below.get(address)) if op is not None}

    def knows(self, op_id: str) -> bool:
        """True for an op that is in what is seen."""
        return op_id in self._applied


def addresses(op: Any) -> Iterable[str]:
    """Every address an op speaks of, those of the ops in it included."""
    stack = [op]
    while stack:
        at = stack.pop()
        if isinstance(at, dict) and isinstance(at.get("address"), str):
            yield at["address"]
            children = at.get("child_ops")
            stack.extend(children if isinstance(children, list) else ())


__all__ = ["LiveView", "addresses"]
