"""The MIDI domain: notes, controllers and 19 more dimensions, merged note by note."""

from __future__ import annotations

from typing import TYPE_CHECKING

from muse._version import __version__
from muse.core import content
from muse.core.filejoin import JoinedFiles
from muse.core.types import content_hash
from muse.domain import ConflictRecord, CRDTSnapshotManifest, DomainOp, Element, FileMerge, Played

if TYPE_CHECKING:
    from muse.core.filejoin import FileJoin
    from muse.core.schema import CRDTDimensionSpec, DomainSchema
    from muse.plugins.midi.edit.live_file import LiveFile


class MidiPlugin(JoinedFiles):
    """Standard MIDI files, lossless."""

    name = "midi"
    patterns = ("*.mid", "*.midi", "*.kar", "*.rmi", "*.smf")

    def schema(self) -> DomainSchema:
        """The 21 dimensions."""
        from muse.plugins.midi.declaration import schema

        return schema(__version__)

    def diff_file(self, path: str, old: bytes, new: bytes) -> tuple[list[DomainOp], str] | None:
        """Operations per track, note and event, with addresses in bars and beats; FormatError for damaged files."""
        from muse.plugins.midi.show.diff import diff_files

        return diff_files(old, new)

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

    def elements(self, path: str, data: bytes) -> list[Element]:
        """What an op can name in a file: tracks, notes, controllers and other events."""
        from muse.plugins.midi.show.elements import elements

        return list(elements(path, data))

    def inner_address(self, rest: str) -> str:
        """What follows a file's path, where `/` and not `::` was written before it."""
        return rest

    def rename(self, path: str, data: bytes, address: str, to: str) -> list[DomainOp]:
        """The op that gives a track another name."""
        from muse.plugins.midi.edit.rename import rename

        return rename(path, data, address, to)

    def played(self, data: bytes, path: str) -> Played:
        """The file itself."""
        return Played(data)

    def listing(self, data: bytes, path: str) -> str:
        """One line per note and event."""
        from muse.plugins.midi.show.listing import listing

        return listing(data)

    def compared(self, old: bytes, new: bytes, path: str) -> tuple[str, str, str]:
        """The listings of two versions, with bars counted as in the new one, and what changed in one line."""
        from muse.plugins.midi.show.compared import compared

        return compared(old, new)

    # Join ------------------------------------------------------------------------------------------------------------

    def crdt_schema(self) -> list[CRDTDimensionSpec]:
        """Which CRDT carries which dimension."""
        from muse.plugins.midi.declaration import crdt_schema

        return crdt_schema()

    def file_join(self) -> FileJoin:
        """Notes and events as an add-wins map."""
        from muse.plugins.midi.join.join import FILE_JOIN

        return FILE_JOIN

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


plugin = MidiPlugin()

__all__ = ["MidiPlugin", "content_hash", "plugin"]
