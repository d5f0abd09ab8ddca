"""The MIDI domain: notes, controllers and 19 more dimensions, merged note by note."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING

from muse._version import __version__
from muse.core import content
from muse.core.filedomain import FileDomain
from muse.core.types import content_hash, edit_name
from muse.domain import ConflictRecord, CRDTSnapshotManifest, DomainOp, FileMerge, StateDelta, StateSnapshot

if TYPE_CHECKING:
    from muse.core.schema import CRDTDimensionSpec, DomainSchema
    from muse.plugins.midi.edit.live_file import LiveFile


class MidiPlugin(FileDomain):
    """Standard MIDI files, lossless."""

    name = "midi"
    patterns = ("*.mid", "*.midi", "*.kar", "*.rmi", "*.smf")

    def schema(self) -> DomainSchema:
        """The 21 dimensions."""
        from muse.plugins.midi.declaration import schema

        return schema(__version__)

    def diff_file(self, path: str, old: bytes, new: bytes) -> tuple[list[DomainOp], str] | None:
        """Operations per track, note and event, with addresses in bars and beats; None for damaged files."""
        from muse.core.errors import FormatError
        from muse.plugins.midi.show.diff import diff_files

        try:
            return diff_files(old, new)
        except FormatError:
            return None

    def merge_file(self, path: str, base: bytes | None, ours: bytes, theirs: bytes) -> FileMerge:
        """Merge note by note; a conflict leaves a playable file with ours where people have to decide."""
        from muse.plugins.midi.merge.file import merge_file

        return merge_file(path, base, ours, theirs)

    def patch_file(self, path: str, old: bytes, child_ops: list[DomainOp]) -> bytes:
        """The file after note, controller, event and track operations."""
        from muse.plugins.midi.edit.patch import patch_file

        return patch_file(path, old, child_ops)

    def open_file(self, path: str, data: bytes) -> LiveFile:
        """The file kept open, so that an edit costs what it changes."""
        from muse.plugins.midi.edit.live_file import LiveFile

        return LiveFile(path, data)

    def listing(self, data: bytes, path: str) -> str:
        """One line per note and event."""
        from muse.plugins.midi.show.listing import listing

        return listing(data)

    # Join ------------------------------------------------------------------------------------------------------------

    def crdt_schema(self) -> list[CRDTDimensionSpec]:
        """Which CRDT carries which dimension."""
        from muse.plugins.midi.declaration import crdt_schema

        return crdt_schema()

    def to_crdt_state(self, snapshot: StateSnapshot) -> CRDTSnapshotManifest:
        """Lift every file; equal bytes lift to equal states."""
        from muse.plugins.midi.join.join import lift

        store = content.current()
        states = {path: store.put(lift(content.fetch(store, digest)).to_bytes())
                  for path, digest in snapshot["files"].items()}  # fmt: skip
        return _crdt(snapshot["files"], snapshot["domain"], {}, states)

    def from_crdt_state(self, crdt: CRDTSnapshotManifest) -> StateSnapshot:
        """The files the states stand for."""
        from muse.plugins.midi.join.join import build
        from muse.plugins.midi.join.state import JoinState

        store = content.current()
        files = dict(crdt["files"])
        for path in files:
            state = crdt["crdt_state"].get(path)
            if state is not None:
                files[path] = store.put(build(JoinState.from_bytes(content.fetch(store, state))))
        return StateSnapshot(files=files, domain=crdt["domain"])

    def join(self, a: CRDTSnapshotManifest, b: CRDTSnapshotManifest) -> CRDTSnapshotManifest:
        """Everything of both sides; a file deleted on one side stays while the other side has edited it."""
        from muse.plugins.midi.join.join import build
        from muse.plugins.midi.join.state import JoinState

        store = content.current()
        states: dict[str, str] = {}
        files: dict[str, str] = {}
        for path in sorted(a["crdt_state"].keys() | b["crdt_state"].keys()):
            sides = [each["crdt_state"][path] for each in (a, b) if path in each["crdt_state"]]
            joined = JoinState.from_bytes(content.fetch(store, sides[0]))
            for other in sides[1:]:
                joined = joined.join(JoinState.from_bytes(content.fetch(store, other)))
            states[path] = store.put(joined.to_bytes())
            if joined.alive("file"):
                files[path] = store.put(build(joined))
        for path in sorted((a["files"].keys() | b["files"].keys()) - states.keys()):  # files without a state
            files[path] = max(each["files"][path] for each in (a, b) if path in each["files"])
        clock = {actor: max(a["vclock"].get(actor, 0), b["vclock"].get(actor, 0))
                 for actor in sorted(a["vclock"].keys() | b["vclock"].keys())}  # fmt: skip
        return _crdt(files, a["domain"], clock, states)

    def hidden_values(self, crdt: CRDTSnapshotManifest) -> dict[str, list[ConflictRecord]]:
        """What the states keep without it being heard: per path, values that lost to another written meanwhile."""
        from muse.plugins.midi.join.state import JoinState

        store = content.current()
        found: dict[str, list[ConflictRecord]] = {}
        for path, digest in sorted(crdt["crdt_state"].items()):
            state = JoinState.from_bytes(content.fetch(store, digest))
            found[path] = [
                ConflictRecord(
                    path=path, conflict_type="joined", address=key, ours_summary=str(state.read(key, None)),
                    theirs_summary=", ".join(map(str, others)), dimension=key.rpartition("/")[2],
                )
                for key, others in state.hidden().items()
            ]  # fmt: skip
        return found

    def advance_crdt_state(self, crdt: CRDTSnapshotManifest, delta: StateDelta, *, actor: str) -> CRDTSnapshotManifest:
        """Carry the states along edits that were made outside of Muse."""
        from muse.plugins.midi.join.join import advance, build, lift
        from muse.plugins.midi.join.state import JoinState

        store = content.current()
        states, files = dict(crdt["crdt_state"]), dict(crdt["files"])
        before = dict(files)
        self.apply_delta(files, delta)
        for path in sorted(before.keys() | files.keys()):
            if before.get(path) == files.get(path):
                continue
            known = states.get(path)
            state = JoinState.from_bytes(content.fetch(store, known)) if known is not None else None
            name = edit_name(actor, known or "", files.get(path, ""))
            if path in files:
                new = content.fetch(store, files[path])
                state = lift(new) if state is None else advance(state, new, name)
                files[path] = store.put(build(state))
            elif state is not None:
                state = state.copy(name)
                state.remove("file")
            if state is not None:
                states[path] = store.put(state.to_bytes())
        clock = dict(crdt["vclock"])
        clock[actor] = clock.get(actor, 0) + 1
        return _crdt(files, crdt["domain"], clock, states)

    def apply_delta(self, files: dict[str, str], delta: StateDelta) -> None:
        """Apply a delta to path -> digest, in place."""
        after = self.apply(delta, StateSnapshot(files=dict(files), domain=self.name))
        if not isinstance(after, PathLike):
            files.clear()
            files.update(after["files"])


def _crdt(files: dict[str, str], domain: str, clock: dict[str, int], states: dict[str, str]) -> CRDTSnapshotManifest:
    return CRDTSnapshotManifest(
        files=dict(files), domain=domain, vclock=clock, crdt_state=states, schema_version=__version__
    )


plugin = MidiPlugin()

__all__ = ["MidiPlugin", "content_hash", "plugin"]
