"""Lists of labels, one a line in alphabetical order, joined as an OR-set: adding wins over taking away."""

from __future__ import annotations

import json
import os

from muse.core import content
from muse.core.address import inside
from muse.core.crdts import ORSet
from muse.core.errors import FormatError, MuseError
from muse.core.filedomain import FileDomain
from muse.core.schema import CRDTDimensionSpec, DimensionSpec, DomainSchema, SetSchema
from muse.core.types import canonical_json, content_hash
from muse.domain import (
    CRDTSnapshotManifest,
    DeleteOp,
    DomainOp,
    FileMerge,
    InsertOp,
    SnapshotManifest,
    StateDelta,
    StateSnapshot,
)

VERSION = "0.1.0"
_LABELS = SetSchema(kind="set", element_type="label", identity="by_content")


class LabelsPlugin(FileDomain):
    """Labels in `*.labels`."""

    name = "labels"
    patterns = ("*.labels",)

    def schema(self) -> DomainSchema:
        """One dimension, the labels; `crdt` says that the files are joined."""
        labels = DimensionSpec(name="labels", description="the labels", schema=_LABELS, independent_merge=True)
        return DomainSchema(
            domain=self.name,
            description="Lists of labels",
            dimensions=[labels],
            top_level=_LABELS,
            merge_mode="crdt",
            schema_version=VERSION,
        )

    def diff_file(self, path: str, old: bytes, new: bytes) -> tuple[list[DomainOp], str] | None:
        """One operation a label, at `path/label`."""
        was, now = _read(old), _read(new)
        gone: list[DomainOp] = [
            DeleteOp(
                op="delete",
                address=f"{path}/{label}",
                position=None,
                content_id=content_hash(label),
                content_summary=label,
            )
            for label in sorted(was - now)
        ]
        come: list[DomainOp] = [
            InsertOp(
                op="insert",
                address=f"{path}/{label}",
                position=None,
                content_id=content_hash(label),
                content_summary=label,
                content=label,
            )
            for label in sorted(now - was)
        ]
        return gone + come, f"{len(come)} labels added, {len(gone)} taken away"

    def patch_file(self, path: str, old: bytes, child_ops: list[DomainOp]) -> bytes:
        """Replay what `diff_file` says."""
        labels = set(_read(old))
        for op in child_ops:
            label = inside(path, op["address"])
            if op["op"] == "insert":
                labels.add(label)
            elif op["op"] == "delete":
                labels.discard(label)
            else:
                raise MuseError(f"cannot replay {op['op']} of {op['address']}")
        return _write(labels)

    def merge_file(self, path: str, base: bytes | None, ours: bytes, theirs: bytes) -> FileMerge:
        """Asked only where a rule says `three_way`: a label stays unless one side took it away."""
        was, mine, other = _read(base or b""), _read(ours), _read(theirs)
        return FileMerge(_write((mine | other) - (was - mine) - (was - other)))

    # The join --------------------------------------------------------------------------------------------------------

    def crdt_schema(self) -> list[CRDTDimensionSpec]:
        """An OR-set carries the labels."""
        return [
            CRDTDimensionSpec(
                name="labels", description="adding wins over taking away", crdt_type="or_set", independent_merge=True
            )
        ]

    def to_crdt_state(self, snapshot: StateSnapshot) -> CRDTSnapshotManifest:
        """Lift files that have no past: the tokens come from the labels, so that equal files lift equally."""
        states = {}
        for path, digest in snapshot["files"].items():
            state = ORSet()
            for label in sorted(_read(content.fetch(content.current(), digest))):
                state, _ = state.add(label, token=content_hash(["lifted", label]))
            states[path] = _put(state)
        return _manifest(snapshot["files"], {}, states)

    def from_crdt_state(self, crdt: CRDTSnapshotManifest) -> StateSnapshot:
        """The files the states stand for."""
        store = content.current()
        files = dict(crdt["files"])
        for path, digest in crdt["crdt_state"].items():
            files[path] = store.put(_write(_get(digest).elements()))
        return SnapshotManifest(files=files, domain=self.name)

    def join(self, a: CRDTSnapshotManifest, b: CRDTSnapshotManifest) -> CRDTSnapshotManifest:
        """Everything of both."""
        states = {**a["crdt_state"], **b["crdt_state"]}
        for path in a["crdt_state"].keys() & b["crdt_state"].keys():
            states[path] = _put(_get(a["crdt_state"][path]).join(_get(b["crdt_state"][path])))
        clocks = a["vclock"], b["vclock"]
        clock = {who: max(each.get(who, 0) for each in clocks) for who in sorted({*clocks[0], *clocks[1]})}
        joined = _manifest({**a["files"], **b["files"]}, clock, states)
        joined["files"] = self.from_crdt_state(joined)["files"]
        return joined

    def advance_crdt_state(self, crdt: CRDTSnapshotManifest, delta: StateDelta, *, actor: str) -> CRDTSnapshotManifest:
        """Carry the states along an edit made outside of Muse; `actor` names this one edit."""
        after = self.apply(delta, SnapshotManifest(files=dict(crdt["files"]), domain=self.name))
        assert not isinstance(after, os.PathLike)
        states = dict(crdt["crdt_state"])
        for path, digest in after["files"].items():
            if digest == crdt["files"].get(path):
                continue
            before = states.get(path, "")
            state = _get(before) if before else ORSet()
            now = _read(content.fetch(content.current(), digest))
            for label in sorted(state.elements() - now):
                state = state.remove(label, state.tokens_for(label))
            for label in sorted(now - state.elements()):
                state, _ = state.add(label, token=content_hash([actor, before, label]))
            states[path] = _put(state)
        clock = {**crdt["vclock"], actor: crdt["vclock"].get(actor, 0) + 1}
        return _manifest(after["files"], clock, states)


def _read(data: bytes) -> frozenset[str]:
    """The labels; FormatError unless writing them gives the same bytes again."""
    labels = frozenset(data.decode("utf-8", "surrogateescape").split("\n")[:-1])
    if _write(labels) != data:
        raise FormatError("not one label a line, in alphabetical order")
    return labels


def _write(labels: frozenset[str] | set[str]) -> bytes:
    return "".join(f"{label}\n" for label in sorted(labels)).encode("utf-8", "surrogateescape")


def _put(state: ORSet) -> str:
    return content.current().put(canonical_json(state.to_dict()))


def _get(digest: str) -> ORSet:
    return ORSet.from_dict(json.loads(content.fetch(content.current(), digest)))


def _manifest(files: dict[str, str], clock: dict[str, int], states: dict[str, str]) -> CRDTSnapshotManifest:
    return CRDTSnapshotManifest(
        files=dict(files), domain=LabelsPlugin.name, vclock=clock, crdt_state=states, schema_version=VERSION
    )
