"""Join of snapshots whose files join one by one: states by digest in the content store, one per file.

A domain says in a `FileJoin` how one file is lifted, carried along an edit, joined and written; this room does what is
the same for all of them: manifests, clocks, files that one side deleted, files that have no state.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from muse._version import __version__
from muse.core import content
from muse.core.content import ContentStore
from muse.core.errors import MuseError
from muse.core.filedomain import FileDomain
from muse.core.types import edit_name
from muse.domain import CRDTSnapshotManifest, StateDelta, StateSnapshot


class FileJoin(NamedTuple):
    """One domain's way with one file. `actor` names one single edit of one single state.

    A state has `join(other)`, everything of both, and `to_bytes()`: equal states give equal bytes.
    """

    read: Callable[[bytes], Any]
    """State bytes -> state; FormatError when they are none."""
    lift: Callable[[str, bytes], Any]
    """Path, file -> the state of a file without history; equal files lift equally."""
    build: Callable[[str, Any], bytes]
    """Path, state -> file."""
    advance: Callable[[str, Any, bytes, str], Any]
    """Path, state, the file as edited, actor -> state."""
    remove: Callable[[Any, str], Any]
    """State, actor -> the state of a deleted file."""
    alive: Callable[[Any], bool]
    """True while the file is there."""


class JoinedFiles(FileDomain):
    """The four methods of `CRDTPlugin`, for a domain of files that says `file_join()`."""

    def file_join(self) -> FileJoin:
        """How one file joins; imported when somebody asks."""
        raise MuseError(f"domain {self.name} does not say how a file joins")

    def to_crdt_state(self, snapshot: StateSnapshot) -> CRDTSnapshotManifest:
        """Lift every file; equal bytes lift to equal states."""
        how, store = self.file_join(), content.current()
        states = {
            path: store.put(how.lift(path, content.fetch(store, digest)).to_bytes())
            for path, digest in snapshot["files"].items()
        }
        return manifest(snapshot["files"], snapshot["domain"], {}, states)

    def from_crdt_state(self, crdt: CRDTSnapshotManifest) -> StateSnapshot:
        """The files the states stand for."""
        how, store = self.file_join(), content.current()
        files = dict(crdt["files"])
        for path, digest in crdt["crdt_state"].items():
            if path in files:
                files[path] = store.put(how.build(path, _read(how, store, digest)))
        return StateSnapshot(files=files, domain=crdt["domain"])

    def join(self, a: CRDTSnapshotManifest, b: CRDTSnapshotManifest) -> CRDTSnapshotManifest:
        """Everything of both sides; a file deleted on one side stays while the other side has edited it."""
        how, store = self.file_join(), content.current()
        states: dict[str, str] = {}
        files: dict[str, str] = {}
        for path in sorted(a["crdt_state"].keys() | b["crdt_state"].keys()):
            sides = [_read(how, store, side["crdt_state"][path]) for side in (a, b) if path in side["crdt_state"]]
            both = sides[0].join(sides[1]) if len(sides) == 2 else sides[0]
            states[path] = store.put(both.to_bytes())
            if how.alive(both):
                files[path] = store.put(how.build(path, both))
        for path in sorted((a["files"].keys() | b["files"].keys()) - states.keys()):  # files without a state
            files[path] = max(side["files"][path] for side in (a, b) if path in side["files"])
        clock = {
            actor: max(a["vclock"].get(actor, 0), b["vclock"].get(actor, 0))
            for actor in sorted(a["vclock"].keys() | b["vclock"].keys())
        }
        return manifest(files, a["domain"], clock, states)

    def advance_crdt_state(self, crdt: CRDTSnapshotManifest, delta: StateDelta, *, actor: str) -> CRDTSnapshotManifest:
        """Carry the states along edits that were made outside of Muse."""
        how, store = self.file_join(), content.current()
        done = self.apply(delta, StateSnapshot(files=dict(crdt["files"]), domain=crdt["domain"]))
        after = done["files"] if isinstance(done, dict) else {}
        states, files = dict(crdt["crdt_state"]), dict(after)
        for path in sorted(crdt["files"].keys() | after.keys()):
            if crdt["files"].get(path) == after.get(path):
                continue
            state = _read(how, store, states[path]) if path in states else None
            name = edit_name(actor, states.get(path, ""), after.get(path, ""))
            if path in after:
                new = content.fetch(store, after[path])
                state = how.lift(path, new) if state is None else how.advance(path, state, new, name)
                files[path] = store.put(how.build(path, state))
            elif state is not None:
                state = how.remove(state, name)
            if state is not None:
                states[path] = store.put(state.to_bytes())
        return manifest(files, crdt["domain"], {**crdt["vclock"], actor: crdt["vclock"].get(actor, 0) + 1}, states)


def _read(how: FileJoin, store: ContentStore, digest: str) -> Any:
    return how.read(content.fetch(store, digest))


def manifest(
    files: Mapping[str, str], domain: str, clock: Mapping[str, int], states: Mapping[str, str]
) -> CRDTSnapshotManifest:
    """A CRDT snapshot of this version's schema."""
    return CRDTSnapshotManifest(
        files=dict(files), domain=domain, vclock=dict(clock), crdt_state=dict(states), schema_version=__version__
    )
