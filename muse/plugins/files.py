"""Whole files: the domain of every path that no other claims. Text merges as Git merges it."""

from __future__ import annotations

from muse._version import __version__
from muse.core import options
from muse.core.filedomain import FileDomain, whole_file_conflict
from muse.core.schema import DimensionSpec, DomainSchema, SetSchema
from muse.core.textmerge import merge_text
from muse.domain import ConflictRecord, FileMerge

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
        merged = merge_text(base or b"", ours, theirs, options.current())
        if merged is None:
            return whole_file_conflict(path, base, ours, theirs)
        data, count = merged
        if not count:
            return FileMerge(data)
        hint = f"edit {path}, then: git add {path}"
        return FileMerge(data, [ConflictRecord(path=path, conflict_type="text", hint=hint,
                                               ours_summary=f"{count} conflicting hunk(s)")])
