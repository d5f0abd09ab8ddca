"""The MIDI domain: notes, controllers and 19 more dimensions, merged note by note."""

from __future__ import annotations

from typing import TYPE_CHECKING

from muse._version import __version__
from muse.core.filedomain import FileDomain
from muse.core.types import content_hash
from muse.domain import DomainOp, FileMerge

if TYPE_CHECKING:
    from muse.core.schema import DomainSchema


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
        from muse.plugins.midi.diff import diff_files

        try:
            return diff_files(old, new)
        except FormatError:
            return None

    def merge_file(self, path: str, base: bytes | None, ours: bytes, theirs: bytes) -> FileMerge:
        """Merge note by note; a conflict leaves a playable file with ours where people have to decide."""
        from muse.plugins.midi.merge import merge_file

        return merge_file(path, base, ours, theirs)

    def patch_file(self, path: str, old: bytes, child_ops: list[DomainOp]) -> bytes:
        """The file after note, controller, event and track operations."""
        from muse.plugins.midi.patch import patch_file

        return patch_file(path, old, child_ops)

    def listing(self, data: bytes, path: str) -> str:
        """One line per note and event."""
        from muse.plugins.midi.listing import listing

        return listing(data)


plugin = MidiPlugin()

__all__ = ["MidiPlugin", "content_hash", "plugin"]
