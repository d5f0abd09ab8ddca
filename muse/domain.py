"""The vocabulary: operations, deltas, snapshots, merge results, and the protocols a domain plugin implements.

Shapes are TypedDicts so that they are plain JSON on disk and on the wire. A snapshot names files by digest; bytes are
reached through `muse.core.content` alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, NotRequired, Protocol, TypedDict, Union, runtime_checkable

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Mapping

    from muse.core.schema import CRDTDimensionSpec, DomainSchema
    from muse.results import DriftReport as DriftReport
    from muse.results import MergeResult as MergeResult

DomainAddress = str
"""Where in the state: a path for a file, `path::name` for a symbol, `track:1/note:...` for a note."""


class SnapshotManifest(TypedDict):
    """One state: path -> `sha256:<hex>` of the bytes, and the domain's name."""

    files: dict[str, str]
    domain: str


StateSnapshot = SnapshotManifest


class InsertOp(TypedDict):
    """An element appeared; `position` is its index in the target, None in unordered collections.

    `quiet`, here and below: replaying needs it, a person does not; what is printed leaves it out.
    """

    op: Literal["insert"]
    address: DomainAddress
    position: int | None
    content_id: str
    content_summary: str
    content: NotRequired[Any]
    content_b64: NotRequired[str]
    quiet: NotRequired[bool]


class DeleteOp(TypedDict):
    """An element vanished; `position` is its index in the base, None in unordered collections."""

    op: Literal["delete"]
    address: DomainAddress
    position: int | None
    content_id: str
    content_summary: str
    quiet: NotRequired[bool]


class MoveOp(TypedDict):
    """An element changed its place and nothing else."""

    op: Literal["move"]
    address: DomainAddress
    from_position: int
    to_position: int
    content_id: str
    quiet: NotRequired[bool]


class ReplaceOp(TypedDict):
    """An element's value changed as a whole."""

    op: Literal["replace"]
    address: DomainAddress
    position: int | None
    old_content_id: str
    new_content_id: str
    old_summary: str
    new_summary: str
    content: NotRequired[Any]
    content_b64: NotRequired[str]
    quiet: NotRequired[bool]


LeafDomainOp = Union[InsertOp, DeleteOp, MoveOp, ReplaceOp]


class PatchOp(TypedDict):
    """A container changed inside. For a file, the digests before and after may be named; `from_address` says that it
    was renamed as well."""

    op: Literal["patch"]
    address: DomainAddress
    child_ops: list[DomainOp]
    child_domain: str
    child_summary: str
    from_address: NotRequired[DomainAddress]
    old_content_id: NotRequired[str]
    new_content_id: NotRequired[str]
    quiet: NotRequired[bool]


DomainOp = Union[InsertOp, DeleteOp, MoveOp, ReplaceOp, PatchOp]


class StructuredDelta(TypedDict):
    """What changed between two snapshots; applied to the base it gives the target."""

    domain: str
    ops: list[DomainOp]
    summary: str


StateDelta = StructuredDelta
LiveState = Union[SnapshotManifest, "pathlib.Path"]
"""A manifest, or the path of a folder whose files are the state."""


class Element(NamedTuple):
    """Something inside a file that an op can name.

    `address` is what the op says, `content` what it holds in the form an op brings it (None where no op could), and
    `content_id` the digest of that. `kind` is a word of its domain; `lines`, where there are any, count from 1.
    """

    address: str
    kind: str
    summary: str
    content: Any
    content_id: str
    lines: tuple[int, int] | None = None

    def to_dict(self) -> dict[str, Any]:
        """A JSON object with every field."""
        return {**self._asdict(), "lines": None if self.lines is None else list(self.lines)}


class _Record:
    """Named fields, equality and a repr: a dataclass without `dataclasses`, whose import outlasts a small merge."""

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.__dict__ == self.__dict__

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in self.__dict__.items())
        return f"{type(self).__name__}({fields})"


class ConflictRecord(_Record):
    """One thing a person has to decide.

    `address` names it inside the file ("" for the whole file) and is the key for `muse resolve --pick`;
    `conflict_type` is a short kind such as `note_attribute`, `delete_edit`, `symbol_body`, `file_level`; the summaries
    are short texts for a person; `hint` says how to settle it; `detail` is JSON for renderers, with `both` true where
    the pick `both` is understood.
    """

    FIELDS = (
        "path", "conflict_type", "ours_summary", "theirs_summary", "addresses", "address", "base_summary", "dimension",
        "hint", "detail",
    )  # fmt: skip

    def __init__(
        self,
        path: str,
        conflict_type: str = "file_level",
        ours_summary: str = "",
        theirs_summary: str = "",
        addresses: list[str] | None = None,
        address: str = "",
        base_summary: str = "",
        dimension: str = "",
        hint: str = "",
        detail: dict[str, Any] | None = None,
    ) -> None:
        self.path = path
        self.conflict_type = conflict_type
        self.ours_summary = ours_summary
        self.theirs_summary = theirs_summary
        self.addresses: list[str] = [] if addresses is None else addresses
        self.address = address
        self.base_summary = base_summary
        self.dimension = dimension
        self.hint = hint
        self.detail: dict[str, Any] = {} if detail is None else detail

    def to_dict(self) -> dict[str, Any]:
        """A JSON object with every field."""
        return dict(self.__dict__)

    @property
    def takes_both(self) -> bool:
        """True for a conflict over text, which a pick of `both` settles with one text behind the other."""
        return self.detail.get("both") is True


class FileMerge(_Record):
    """One file merged: its bytes (None: the file is deleted), and what is left to settle.

    With conflicts, `content` is what the user finds on disk: text with markers, or a valid file with ours at each
    conflict. `notes` are lines worth telling a person, `dimensions` dimension -> verdict. `joined` names what a join
    kept without showing it: values beside the one that is seen; `states` are (bytes, vector clock) of the CRDT states
    of ours, theirs and the result.
    """

    states: tuple[tuple[bytes, dict[str, int]], ...] = ()

    def __init__(
        self,
        content: bytes | None,
        conflicts: list[ConflictRecord] | None = None,
        notes: list[str] | None = None,
        dimensions: dict[str, str] | None = None,
        joined: list[ConflictRecord] | None = None,
    ) -> None:
        self.content = content
        self.conflicts: list[ConflictRecord] = [] if conflicts is None else conflicts
        self.notes: list[str] = [] if notes is None else notes
        self.dimensions: dict[str, str] = {} if dimensions is None else dimensions
        self.joined: list[ConflictRecord] = [] if joined is None else joined


_RESULTS = ("MergeResult", "DriftReport")


def __getattr__(name: str) -> Any:
    """`MergeResult` and `DriftReport`, which are dataclasses: imported when somebody asks for them."""
    if name in _RESULTS:
        from muse import results

        return getattr(results, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class OpenFile(Protocol):
    """A file open for edits, as `open_file(path, data)` of a domain gives it.

    A hundred batches leave the bytes that `patch_file` called a hundred times would leave.
    """

    def apply(self, child_ops: list[DomainOp]) -> None:
        """Apply a batch of child operations, all of it; raises what `patch_file` does, and then nothing is applied."""
        ...

    def data(self) -> bytes:
        """The bytes of the file as it is now."""
        ...


class PlayedPlace(NamedTuple):
    """Where something stands in a piece: its track, from where to where in quarters, and its pitch if it has one."""

    track: int
    start: float
    end: float
    pitch: int | None = None


class Played(NamedTuple):
    """What the page draws and plays of a file: a Standard MIDI File, and how addresses of conflicts name its tracks
    (`P1` where they read `P1/measure:5`); without names they count tracks, as `track:0/...` does. `places` has the
    addresses of what is known by other names than bars, each standing for what is below it too."""

    midi: bytes
    tracks: tuple[str, ...] = ()
    places: Mapping[str, PlayedPlace] = {}


@runtime_checkable
class PlayedPlugin(Protocol):
    """A domain of music: pages draw its files as piano rolls, and play them."""

    def played(self, data: bytes, path: str) -> Played:
        """A file as music; FormatError for one that is none."""
        ...


PluginFor = Callable[[str], Any]
"""Path -> the plugin that owns it; the doors hand one to the engine, which knows no plugin by name."""


@runtime_checkable
class MuseDomainPlugin(Protocol):
    """The six methods every domain implements.

    A plugin may also have: `patterns`, a tuple of file-name globs it claims; `listing(data, path) -> str`, the text
    `git diff` shows; `merge_file(path, base, ours, theirs) -> FileMerge`, the one-file form of `merge_ops`, which doors
    call to spare the diffs. `muse.core.filedomain.FileDomain` supplies all but the domain's own part.
    """

    def snapshot(self, live_state: LiveState) -> StateSnapshot:
        """The live state as a manifest; `.museignore` holds for paths."""
        ...

    def diff(self, base: StateSnapshot, target: StateSnapshot, *, repo_root: pathlib.Path | None = None) -> StateDelta:
        """What leads from `base` to `target`, as deep as the content at hand allows."""
        ...

    def merge(
        self,
        base: StateSnapshot,
        left: StateSnapshot,
        right: StateSnapshot,
        *,
        repo_root: pathlib.Path | None = None,
    ) -> MergeResult:
        """Three-way merge of whole files."""
        ...

    def drift(self, committed: StateSnapshot, live: LiveState) -> DriftReport:
        """How the live state differs from the committed one."""
        ...

    def apply(self, delta: StateDelta, live_state: LiveState) -> LiveState:
        """The live state after the delta; a Path is changed in place and returned."""
        ...

    def schema(self) -> DomainSchema:
        """The domain's declaration; constant."""
        ...


@runtime_checkable
class StructuredMergePlugin(MuseDomainPlugin, Protocol):
    """A domain that merges inside files."""

    def merge_ops(
        self,
        base: StateSnapshot,
        ours_snap: StateSnapshot,
        theirs_snap: StateSnapshot,
        ours_ops: list[DomainOp],
        theirs_ops: list[DomainOp],
        *,
        repo_root: pathlib.Path | None = None,
    ) -> MergeResult:
        """Operation-level three-way merge that builds the merged content, not only a verdict."""
        ...


class CRDTSnapshotManifest(TypedDict):
    """A snapshot with its CRDT state: `crdt_state` maps a path to the digest of its state's bytes."""

    files: dict[str, str]
    domain: str
    vclock: dict[str, int]
    crdt_state: dict[str, str]
    schema_version: str


@runtime_checkable
class CRDTPlugin(MuseDomainPlugin, Protocol):
    """A domain whose states join: commutative, associative, idempotent, never a conflict.

    Optional: `advance_crdt_state(crdt, delta, *, actor) -> CRDTSnapshotManifest`, which carries a state along a delta
    made outside of Muse.
    """

    def crdt_schema(self) -> list[CRDTDimensionSpec]:
        """Which CRDT carries which dimension."""
        ...

    def join(self, a: CRDTSnapshotManifest, b: CRDTSnapshotManifest) -> CRDTSnapshotManifest:
        """The least state that has everything of both."""
        ...

    def to_crdt_state(self, snapshot: StateSnapshot) -> CRDTSnapshotManifest:
        """Lift a plain snapshot; ids derive from content and occurrence, so that equal inputs lift equally."""
        ...

    def from_crdt_state(self, crdt: CRDTSnapshotManifest) -> StateSnapshot:
        """The plain snapshot a state stands for."""
        ...
