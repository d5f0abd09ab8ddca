"""Whole files: the domain of every path that no other claims. Text merges as Git merges it."""

from __future__ import annotations

from muse._version import __version__
from muse.core.filedomain import FileDomain, merge_as_text
from muse.core.schema import DimensionSpec, DomainSchema, SetSchema
from muse.domain import FileMerge

_FILES = SetSchema(kind="set", element_type="file", identity="by_id")


class FilesPlugin(FileDomain):
    """Whole files, merged by Git's text merge."""

    name = "files"

    def schema(self) -> DomainSchema:
        """One dimension: the set of files."""
        return DomainSchema(
            domain=self.name,
            description="Whole files, merged as Git merges text",
            dimensions=[DimensionSpec(name="files", description="the files", schema=_FILES, independent_merge=True)],
            top_level=_FILES,
            merge_mode="three_way",
            schema_version=__version__,
        )

    def merge_file(self, path: str, base: bytes | None, ours: bytes, theirs: bytes) -> FileMerge:
        """Git's text merge; a binary file is a conflict as a whole."""
        return merge_as_text(path, base, ours, theirs)
