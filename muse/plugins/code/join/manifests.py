"""Join of whole snapshots: one state per file, kept in the content store."""

from __future__ import annotations

from collections.abc import Mapping

from muse._version import __version__
from muse.core import content
from muse.core.content import ContentStore
from muse.core.schema import CRDTDimensionSpec
from muse.core.types import edit_name
from muse.domain import CRDTSnapshotManifest, StateSnapshot
from muse.plugins.code.join.join import advance, build, lift
from muse.plugins.code.join.state import FILE, JoinState, Writer

SCHEMA = (
    CRDTDimensionSpec(
        name="order", description="definitions, and the lines between them", crdt_type="rga", independent_merge=False
    ),
    CRDTDimensionSpec(
        name="texts",
        description="the text of each; concurrent ones are all kept",
        crdt_type="aw_map",
        independent_merge=True,
    ),
)


def lifted(snapshot: StateSnapshot) -> CRDTSnapshotManifest:
    """A state for every file."""
    store = content.current()
    states = {
        path: store.put(lift(path, content.fetch(store, digest)).to_bytes())
        for path, digest in snapshot["files"].items()
    }
    return _manifest(snapshot["files"], snapshot["domain"], {}, states)


def built(crdt: CRDTSnapshotManifest) -> StateSnapshot:
    """The files the states stand for."""
    store = content.current()
    files = dict(crdt["files"])
    for path, digest in crdt["crdt_state"].items():
        if path in files:
            files[path] = store.put(build(path, _state(store, digest)))
    return StateSnapshot(files=files, domain=crdt["domain"])


def joined(a: CRDTSnapshotManifest, b: CRDTSnapshotManifest) -> CRDTSnapshotManifest:
    """Everything of both sides."""
    store = content.current()
    states: dict[str, str] = {}
    files: dict[str, str] = {}
    for path in sorted(a["crdt_state"].keys() | b["crdt_state"].keys()):
        first, *rest = [_state(store, side["crdt_state"][path]) for side in (a, b) if path in side["crdt_state"]]
        both = first.join(rest[0]) if rest else first
        states[path] = store.put(both.to_bytes())
        if both.alive():
            files[path] = store.put(build(path, both))
    for path in sorted((a["files"].keys() | b["files"].keys()) - states.keys()):  # files without a state
        files[path] = max(side["files"][path] for side in (a, b) if path in side["files"])
    clock = {
        actor: max(a["vclock"].get(actor, 0), b["vclock"].get(actor, 0))
        for actor in sorted(a["vclock"].keys() | b["vclock"].keys())
    }
    return _manifest(files, a["domain"], clock, states)


def advanced(crdt: CRDTSnapshotManifest, after: Mapping[str, str], actor: str) -> CRDTSnapshotManifest:
    """The states carried along edits by `actor` that lead to the files `after`."""
    store = content.current()
    states, files = dict(crdt["crdt_state"]), dict(after)
    for path in sorted(crdt["files"].keys() | after.keys()):
        if crdt["files"].get(path) == after.get(path):
            continue
        state = _state(store, states[path]) if path in states else None
        name = edit_name(actor, states.get(path, ""), after.get(path, ""))
        if path in after:
            new = content.fetch(store, after[path])
            state = lift(path, new) if state is None else advance(path, state, new, name)
            files[path] = store.put(build(path, state))
        elif state is not None:
            writer = Writer(state, name)
            writer.remove(FILE)
            state = writer.state()
        if state is not None:
            states[path] = store.put(state.to_bytes())
    return _manifest(files, crdt["domain"], {**crdt["vclock"], actor: crdt["vclock"].get(actor, 0) + 1}, states)


def _state(store: ContentStore, digest: str) -> JoinState:
    return JoinState.from_bytes(content.fetch(store, digest))


def _manifest(
    files: Mapping[str, str], domain: str, clock: dict[str, int], states: dict[str, str]
) -> CRDTSnapshotManifest:
    return CRDTSnapshotManifest(
        files=dict(files), domain=domain, vclock=clock, crdt_state=states, schema_version=__version__
    )
