"""The `daw` domain: Ableton Live (`.als`), Reaper (`.rpp`) and DAWproject (`.dawproject`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from muse._version import __version__
from muse.core import options
from muse.core.errors import FormatError, MuseError
from muse.core.filedomain import FileDomain, whole_file_conflict
from muse.core.schema import DimensionSpec, DomainSchema, SetSchema
from muse.domain import ConflictRecord, DomainOp, FileMerge, Played

if TYPE_CHECKING:
    from muse.core.xml_tree import Node
    from muse.plugins.daw.container import Packed
    from muse.plugins.daw.formats import Format

_ENTRIES = SetSchema(kind="set", element_type="entry", identity="by_id")


class DawPlugin(FileDomain):
    """Projects: tracks, clips, devices, automation, by their ids."""

    name = "daw"
    patterns = ("*.als", "*.rpp", "*.dawproject")

    def schema(self) -> DomainSchema:
        """One dimension: the project's entries."""
        return DomainSchema(
            domain=self.name,
            description="Projects: Ableton Live, Reaper, DAWproject",
            dimensions=[
                DimensionSpec(
                    name="project", description="tracks, clips, devices", schema=_ENTRIES, independent_merge=True
                )
            ],
            top_level=_ENTRIES,
            merge_mode="three_way",
            schema_version=__version__,
        )

    def merge_file(self, path: str, base: bytes | None, ours: bytes, theirs: bytes) -> FileMerge:
        """Entry by entry; a conflict of the whole file where a side is no project that is read.

        Git's text merge is never the answer: lines that meet may be a project that no program opens.
        """
        from muse.plugins.daw.container import opened
        from muse.plugins.daw.laws import Unmergeable

        if base is None:
            return whole_file_conflict(path, base, ours, theirs)
        if ours == theirs or base in (ours, theirs):
            return FileMerge(theirs if ours == base else ours)
        try:
            return _merged(path, opened(base), opened(ours), opened(theirs))
        except (FormatError, Unmergeable) as error:
            merged = whole_file_conflict(path, base, ours, theirs)
            merged.notes.append(f"{path}: {error}")
            merged.conflicts[0].detail["reason"] = str(error)
        return merged

    def diff_file(self, path: str, old: bytes, new: bytes) -> tuple[list[DomainOp], str] | None:
        """One operation for each thing that changed, with its name."""
        from muse.core.ops import deleted, inserted, replaced
        from muse.core.types import content_hash
        from muse.plugins.daw.clips import labelled
        from muse.plugins.daw.formats import DAWPROJECT
        from muse.plugins.daw.words import changes, summary

        (form, was), (other, now) = _read(old), _read(new)
        if form is not other:
            return None
        if form is DAWPROJECT:
            was, now = map(form.parse, labelled((was.data, now.data)))
        found = changes(form, was, now)
        ops: list[DomainOp] = []
        for change in found:
            address, text = f"{path}::{change.address}", summary([change])
            if change.text.startswith("added"):
                ops.append(inserted(address, "", text))
            elif change.text == "deleted":
                ops.append(deleted(address, "", text))
            else:
                ops.append(replaced(address, ("", content_hash(text)), ("", text)))
        return ops, summary(found) or "windows or view changed"

    def patch_file(self, path: str, old: bytes, child_ops: list[DomainOp]) -> bytes:
        """Not possible: a project takes whole files only."""
        raise MuseError(f"cannot replay edits inside {path}: a project takes whole files only")

    def played(self, data: bytes, path: str) -> Played:
        """The notes of its clips; FormatError where there are none."""
        from muse.plugins.daw.sounding import played

        return played(*_read(data))

    def listing(self, data: bytes, path: str) -> str:
        """Every value with the names of what it is in; ValueError when it cannot be read."""
        from muse.plugins.daw.words import listing

        try:
            return listing(*_read(data))
        except FormatError as error:
            raise ValueError(str(error)) from None


def _read(data: bytes) -> tuple[Format, Node]:
    from muse.plugins.daw.container import opened
    from muse.plugins.daw.formats import format_of

    document = opened(data).document
    form = format_of(document)
    return form, form.parse(document)


def _merged(path: str, base: Packed, ours: Packed, theirs: Packed) -> FileMerge:
    """The documents merged; other members of a ZIP file three-way as wholes."""
    from muse.plugins.daw.formats import format_of
    from muse.plugins.daw.laws import Unmergeable
    from muse.plugins.daw.merge import merge_documents

    documents = (base.document, ours.document, theirs.document)
    forms = [format_of(document) for document in documents]
    if len({form.name for form in forms}) > 1:
        raise Unmergeable("projects of two programs")
    if documents[1] == documents[2] or documents[2] == documents[0]:
        merged = FileMerge(documents[1])
    elif documents[1] == documents[0]:
        merged = FileMerge(documents[2])
    else:
        merged = merge_documents(path, forms[0], documents, options.current().picks)
    members = None
    if ours.members is not None:
        members = _members(path, (base, ours, theirs), merged)
    return FileMerge(ours.write(merged.content or b"", members), merged.conflicts, merged.notes)


def _members(path: str, sides: tuple[Packed, Packed, Packed], merged: FileMerge) -> dict[str, bytes]:
    known = [{} if side.members is None else side.members.members for side in sides]
    found: dict[str, bytes] = {}
    for name in dict.fromkeys([*known[1], *known[2]]):
        was, mine, other = (members.get(name) for members in known)
        chosen = other if mine == was else mine
        if name != "project.xml" and mine != other and was not in (mine, other):
            address = f"member:{name}"
            pick = options.current().picks.get(address)
            chosen = {"theirs": other, "base": was}.get(pick or "ours", mine)
            if pick is None:
                merged.conflicts.append(_member_conflict(path, address))
        if chosen is not None:
            found[name] = chosen
    return found


def _member_conflict(path: str, address: str) -> ConflictRecord:
    from muse.core.terminal import command

    record = ConflictRecord(path, "entry_member", "changed inside the file", "changed differently", [address], address)
    record.dimension, record.hint = "project", command("muse", "resolve", "--pick", f"{address}=theirs", paths=[path])
    return record


__all__ = ["DawPlugin"]
