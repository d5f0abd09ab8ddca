"""One file joined as a CRDT, with what is known of its past.

A side's state is the newest one kept in its history, carried on to the file as it is now. It counts only if it holds
all of the merge base's state: two states that say the same thing in different words, joined, would say it twice, and
what one of them deleted would come back. Otherwise the base's state (kept, or lifted from the file) is carried along
the side. So a state kept by nobody knows whom can at worst decide between values that both sides wrote.
"""

from __future__ import annotations

from functools import reduce
from typing import Any, NamedTuple

from muse._version import __version__
from muse.core import content
from muse.core.content import MemoryContent
from muse.core.errors import MuseError
from muse.core.types import blob_digest
from muse.domain import ConflictRecord, CRDTSnapshotManifest, FileMerge, SnapshotManifest

_REFUSED = (MuseError, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What a plugin may raise at a stored state that is none; such a state is not used."""


class Kept(NamedTuple):
    """A stored state of a path: its bytes, and the clock of the tree it was stored for."""

    state: bytes
    vclock: dict[str, int]


class Past(NamedTuple):
    """What is stored about a path: the newest states of either side's history, best first; for each merge base its file
    and its states. Several merge bases say nothing of the file that is called base."""

    ours: tuple[Kept, ...] = ()
    theirs: tuple[Kept, ...] = ()
    bases: tuple[tuple[bytes, tuple[Kept, ...]], ...] = ()


def join_file(
    plugin: Any, path: str, base: bytes | None, ours: bytes, theirs: bytes, store: MemoryContent, past: Past
) -> FileMerge:
    """Both sides' edits of a file; `FileMerge.states` has the states of ours, theirs and the result.

    Each edit is named by what was edited and what became of it, so that the answer does not depend on who merges.
    """
    work = _Join(plugin, path, store)
    bases = () if len(past.bases) == 1 and past.bases[0][0] != base else past.bases
    roots = [work.best(kept, data) for data, kept in bases]
    known = [state for state in roots if state is not None]
    if base is None or not known or len(known) < len(roots):
        root = work.lifted(base)
        below = [root] if base is not None and len(roots) < 2 else []  # the merge of several bases is nobody's past
    else:
        root, below = reduce(plugin.join, known), known
    sides = []
    for data, kept in ((ours, past.ours), (theirs, past.theirs)):
        found = work.best(kept, data, below) if below else None
        sides.append(work.upto(root, data) if found is None else found)
    state = plugin.join(*sides)
    merged = plugin.from_crdt_state(state)
    hidden: list[ConflictRecord] = plugin.hidden_values(state).get(path, []) if hasattr(plugin, "hidden_values") else []
    notes = ["joined: both sides' edits are kept"]
    if hidden:
        notes = [f"joined: {len(hidden)} value(s) are kept unseen beside the other side's; muse conflicts --joined"]
    done = FileMerge(content.fetch(store, merged["files"][path]), notes=notes, joined=hidden)
    done.states = tuple(work.kept(each) for each in (*sides, state))
    return done


def join_lifted(plugin: Any, path: str, ours: bytes, theirs: bytes, store: MemoryContent) -> FileMerge:
    """Both files lifted as they are and joined, for a plugin that carries no state along an edit.

    What one side deleted is still in the other file and comes back; whoever asks has to look for that.
    """
    work = _Join(plugin, path, store)
    state = plugin.join(work.lifted(ours), work.lifted(theirs))
    merged = plugin.from_crdt_state(state)
    if path not in merged["files"]:
        raise MuseError("the plugin joined two files to none")
    note = "joined from the files alone: the plugin has no advance_crdt_state"
    return FileMerge(content.fetch(store, merged["files"][path]), notes=[note])


def carry(plugin: Any, path: str, kept: tuple[Kept, ...], old: bytes, new: bytes) -> Kept | None:
    """The state of a file after one edit, from what is stored of the file before; None when the plugin cannot say."""
    store = MemoryContent()
    with content.using(store):
        work = _Join(plugin, path, store)
        try:
            before = work.best(kept, old)
            return work.kept(work.upto(work.lifted(old) if before is None else before, new))
        except _REFUSED:
            return None


class _Join:
    def __init__(self, plugin: Any, path: str, store: MemoryContent) -> None:
        self.plugin = plugin
        self.path = path
        self.store = store
        self.domain = str(getattr(plugin, "name", "")) or str(plugin.schema()["domain"])

    def manifest(self, data: bytes | None) -> SnapshotManifest:
        """A snapshot of the one file."""
        return SnapshotManifest(files={} if data is None else {self.path: self.store.put(data)}, domain=self.domain)

    def lifted(self, data: bytes | None) -> CRDTSnapshotManifest:
        """The state of a file without a past."""
        state: CRDTSnapshotManifest = self.plugin.to_crdt_state(self.manifest(data))
        return state

    def kept(self, state: CRDTSnapshotManifest) -> Kept:
        """A state as it is stored."""
        return Kept(content.fetch(self.store, state["crdt_state"][self.path]), state["vclock"])

    def best(
        self, kept: tuple[Kept, ...], data: bytes, below: list[CRDTSnapshotManifest] | None = None
    ) -> CRDTSnapshotManifest | None:
        """The first stored state that holds all those `below`, carried on to the file; None when there is none."""
        for each in kept:
            try:
                state = self.upto(self._read(each), data)
                if all(self._holds(state, other) for other in below or ()):
                    return state
            except _REFUSED:
                continue
        return None

    def upto(self, state: CRDTSnapshotManifest, data: bytes) -> CRDTSnapshotManifest:
        """The state carried along what leads from its file to `data`."""
        was = SnapshotManifest(files=state["files"], domain=self.domain)
        now = self.manifest(data)
        if was["files"] == now["files"]:
            return state
        actor = blob_digest(data)[7:23]
        carried: CRDTSnapshotManifest = self.plugin.advance_crdt_state(state, self.plugin.diff(was, now), actor=actor)
        return carried

    def _read(self, kept: Kept) -> CRDTSnapshotManifest:
        digest = self.store.put(kept.state)
        state = CRDTSnapshotManifest(
            files={self.path: digest},
            domain=self.domain,
            vclock=dict(kept.vclock),
            crdt_state={self.path: digest},
            schema_version=__version__,
        )
        state["files"] = self.plugin.from_crdt_state(state)["files"]
        return state

    def _holds(self, state: CRDTSnapshotManifest, other: CRDTSnapshotManifest) -> bool:
        both = self.plugin.join(state, other)
        return bool(both["crdt_state"] == state["crdt_state"])
