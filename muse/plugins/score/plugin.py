"""The `score` domain: MusicXML (`.musicxml`, `.mxl`) and MuseScore 3 and 4 (`.mscx`, `.mscz`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from muse._version import __version__
from muse.core import options
from muse.core.errors import FormatError
from muse.core.filedomain import FileDomain, merge_as_text, whole_file_conflict
from muse.core.schema import DimensionSpec, DomainSchema, SequenceSchema, SetSchema
from muse.core.types import content_hash
from muse.domain import ConflictRecord, DomainOp, Element, FileMerge, Played

if TYPE_CHECKING:
    from collections.abc import Mapping

    from muse.plugins.score.container import Package
    from muse.plugins.score.outline import Score

_MEASURES = SequenceSchema(
    kind="sequence", element_type="measure", identity="by_content", diff_algorithm="myers", alphabet=None
)
_TEXT = SetSchema(kind="set", element_type="element", identity="by_content")
Datas = tuple[bytes, bytes, bytes]
_STAMPS = ("Thumbnails/", "viewsettings.json", "audiosettings.json")


class ScorePlugin(FileDomain):
    """Notation: parts, measures, voices, notes."""

    name = "score"
    patterns = ("*.musicxml", "*.mxl", "*.mscx", "*.mscz")

    def schema(self) -> DomainSchema:
        """Two dimensions: the measures, and what stands around them."""
        return DomainSchema(
            domain=self.name,
            description="Scores: MusicXML and MuseScore",
            dimensions=[
                DimensionSpec(
                    name="measures", description="measures through all parts", schema=_MEASURES, independent_merge=True
                ),
                DimensionSpec(
                    name="text", description="titles, parts, style, frames", schema=_TEXT, independent_merge=True
                ),
            ],
            top_level=_MEASURES,
            merge_mode="three_way",
            schema_version=__version__,
        )

    def merge_file(self, path: str, base: bytes | None, ours: bytes, theirs: bytes) -> FileMerge:
        """Measure by measure, note by note; Git's text merge where a side is no score that is read."""
        from muse.plugins.score.container import Package, is_package

        if base is None:
            return whole_file_conflict(path, base, ours, theirs)
        packed = [is_package(side) for side in (base, ours, theirs)]
        try:
            if any(packed):
                if not all(packed):
                    raise FormatError("packed on one side, plain on the other")
                packages = Package(base), Package(ours), Package(theirs)
                if _are_parts_new(*packages):
                    from muse.plugins.score.linked import NEW_PARTS

                    raise FormatError(NEW_PARTS)
                return _merge_packages(path, *packages)
            return _merge_documents(path, (base, ours, theirs), {})[0]
        except FormatError as error:
            merged = merge_as_text(path, base, ours, theirs) if not any(packed) else None
            if merged is None or not merged.conflicts:  # Git's clean lines may be a score that no program opens
                merged = whole_file_conflict(path, base, ours, theirs)
            return _told(merged, path, error)

    def diff_file(self, path: str, old: bytes, new: bytes) -> tuple[list[DomainOp], str] | None:
        """One operation per measure of a part that changed, and one per change of the measures' number."""
        from muse.plugins.score.differences import differences

        return differences(path, read(old), read(new))

    def patch_file(self, path: str, old: bytes, child_ops: list[DomainOp]) -> bytes:
        """The file after measures were replaced by others of the same place."""
        from muse.plugins.score.container import is_package
        from muse.plugins.score.differences import patched

        if is_package(old):
            package = _package(old)
            return package.write({**package.members, package.root: patched(path, package.score, child_ops)})
        return patched(path, old, child_ops)

    def elements(self, path: str, data: bytes) -> list[Element]:
        """What an op can name: every measure of every part."""
        score, found = read(data), []
        for at, part in enumerate(score.parts):
            for column in score.columns:
                cell = column.cells[at]
                if cell is not None and column.bar:
                    text = cell.raw.decode("utf-8", "replace")
                    name = f"{part.name}, bar {column.bar}"
                    found.append(
                        Element(f"{path}::{part.id}/measure:{column.bar}", "measure", name, text, content_hash(text))
                    )
        return found

    def played(self, data: bytes, path: str) -> Played:
        """The score as music, bar for bar; FormatError when it cannot be read."""
        from muse.plugins.score.sounding import midi_of

        score = read(data)
        return Played(midi_of(score), tuple(part.id for part in score.parts))

    def listing(self, data: bytes, path: str) -> str:
        """Parts, bars and notes as lines; ValueError when it cannot be read."""
        from muse.plugins.score.words import listing

        try:
            return listing(read(data))
        except FormatError as error:
            raise ValueError(str(error)) from None


def read(data: bytes) -> Score:
    """The score in a file, plain or packed; FormatError for what is none."""
    from muse.core.xml_tree import decoded
    from muse.plugins.score.container import is_package
    from muse.plugins.score.outline import Score

    return Score(decoded(_package(data).score if is_package(data) else data)[0])


def _package(data: bytes) -> Package:
    from muse.plugins.score.container import Package

    return Package(data)


def _told(merged: FileMerge, path: str, why: object) -> FileMerge:
    """The question about the whole file, with why it is one."""
    merged.notes.append(f"{path}: {why}")
    for record in merged.conflicts:
        record.detail["reason"] = str(why)
    return merged


def _merge_documents(path: str, sides: Datas, beside: Mapping[str, Datas]) -> tuple[FileMerge, dict[str, bytes]]:
    from muse.core.xml_tree import decoded
    from muse.plugins.score.laws import Unmergeable
    from muse.plugins.score.merge import merge_scores

    base, ours, theirs = (decoded(side) for side in sides)
    try:
        merged, members = merge_scores(path, (base[0], ours[0], theirs[0]), options.current().picks, beside)
        if ours[1] != "utf-8" and merged.content is not None:
            merged.content = merged.content.decode().encode(ours[1])
        return merged, members
    except Unmergeable as error:
        return _told(whole_file_conflict(path, *sides), path, error), {}


def _are_parts_new(*packages: Package) -> bool:
    """True where one side has new linked parts, as MuseScore 4 keeps them, and the other one edited the score."""
    base = packages[0]
    for side, other in ((packages[1], packages[2]), (packages[2], packages[1])):
        new = any(name.endswith(".mscx") for name in side.members.keys() - base.members.keys() - {side.root})
        if new and other.score != base.members.get(base.root):
            return True
    return False


def _merge_packages(path: str, base: Package, ours: Package, theirs: Package) -> FileMerge:
    """The scores inside merged, with their linked parts; other members three-way as wholes, thumbnails and window
    settings ours."""
    packages = base, ours, theirs
    base.name_root(ours.root)
    theirs.name_root(ours.root)
    scores = base.members.get(base.root, b""), ours.score, theirs.score
    known = [package.members for package in packages]
    beside = {
        name: (known[0][name], known[1][name], known[2][name])
        for name in known[0].keys() & known[1].keys() & known[2].keys()
        if name.endswith(".mscx") and name != ours.root and len({side[name] for side in known}) == 3
    }
    done: dict[str, bytes] = {}
    if not beside and (scores[1] == scores[2] or scores[2] == scores[0]):
        merged = FileMerge(scores[1])
    elif not beside and scores[1] == scores[0]:
        merged = FileMerge(scores[2])
    else:
        merged, done = _merge_documents(path, scores, beside)
    members: dict[str, bytes] = {}
    picks = options.current().picks
    for name in dict.fromkeys([*ours.members, *theirs.members]):
        if name in (ours.root, theirs.root):
            if name == ours.root:
                members[name] = merged.content or b""
            continue
        if name in done:
            members[name] = done[name]
            continue
        was, mine, other = (package.members.get(name) for package in packages)
        chosen = other if mine == was else mine
        if mine != other and was not in (mine, other) and not name.startswith(_STAMPS):
            address = f"member:{name}"
            pick = picks.get(address)
            chosen = {"theirs": other, "base": was}.get(pick or "ours", mine)
            if pick is None:
                merged.conflicts.append(_member_conflict(path, address))
        if chosen is not None:
            members[name] = chosen
    return FileMerge(ours.write(members), merged.conflicts, merged.notes)


def _member_conflict(path: str, address: str) -> ConflictRecord:
    from muse.core.terminal import edit_or_pick

    return ConflictRecord(
        path=path,
        conflict_type="score_member",
        address=address,
        addresses=[address],
        dimension="text",
        ours_summary="changed inside the file",
        theirs_summary="changed differently",
        hint=edit_or_pick(path, address),
    )
