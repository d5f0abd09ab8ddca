"""CRDT states of a tree's files, kept by (tree, path) in the meta ref.

Equal trees may have been given states by several clones; loading returns all of them, for the plugin to join.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from muse.core.content import fetch
from muse.core.errors import FormatError
from muse.core.types import blob_digest, canonical_json
from muse.domain import CRDTSnapshotManifest
from muse.store.layout import crdt_path
from muse.store.meta import commit_files
from muse.store.union import Entry, Union

if TYPE_CHECKING:
    from muse.store.repository import Repository

MAX_HEAD = 16 << 20  # bytes of state.json
MAX_STATE = 256 << 20  # bytes of one path's state


def save(repo: Repository, tree: str, state: CRDTSnapshotManifest) -> None:
    """Keep the CRDT state that belongs to a tree; the states' bytes must be in the repository's content store."""
    head = {
        "format": 1,
        "domain": state["domain"],
        "vclock": state["vclock"],
        "crdt_state": state["crdt_state"],
        "schema_version": state["schema_version"],
    }
    files = {crdt_path(tree): canonical_json(head)}
    with repo.content.batch():
        for path, digest in state["crdt_state"].items():
            files[crdt_path(tree, path)] = fetch(repo.content, digest)
    commit_files(repo, "meta", files, f"state of {tree[:12]}")


def load(repo: Repository, tree: str) -> list[CRDTSnapshotManifest]:
    """The states clones kept for a tree, [] when none did; each one's bytes are in the content store afterwards."""
    union = Union(repo)
    found: dict[str, CRDTSnapshotManifest] = {}
    for entry in union.writers("meta", crdt_path(tree)):
        if entry.blob in found:
            continue
        try:
            state = decode(union.read(entry, MAX_HEAD))
            blobs = {path: _state_of(repo, union, entry, tree, path, digest)
                     for path, digest in state["crdt_state"].items()}
        except FormatError as error:
            union.note(entry, str(error))
            continue
        repo.content.know(blobs.values())
        state["files"] = repo.manifest(tree)["files"]
        found[entry.blob] = state
    return list(found.values())


def load_path(repo: Repository, tree: str, path: str) -> list[bytes]:
    """The states clones kept for one path of a tree, each once."""
    return list(dict.fromkeys(
        repo.content.get(state["crdt_state"][path]) for state in load(repo, tree) if path in state["crdt_state"]
    ))


def _state_of(
    repo: Repository, union: Union, head: Entry, tree: str, path: str, digest: str
) -> tuple[str, str]:
    """(blob id, digest) of one path's state, which must be what `state.json` of the same ref says."""
    for entry in union.writers("meta", crdt_path(tree, path)):
        if entry.ref == head.ref:
            data = union.read(entry, MAX_STATE)
            if data is None or blob_digest(data) != digest:
                break
            return entry.blob, digest
    raise FormatError(f"the state of {path!r} is not what state.json says")


def decode(data: bytes | None) -> CRDTSnapshotManifest:
    """A stored state without its files; FormatError when it is none."""
    try:
        value: Any = json.loads(data or b"")
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict) or value.get("format") != 1:
        raise FormatError("it is no CRDT state of format 1")
    clock, states = value.get("vclock"), value.get("crdt_state")
    if not isinstance(clock, dict) or any(type(count) is not int or count < 0 for count in clock.values()):
        raise FormatError("its vector clock is none")
    if not isinstance(states, dict) or any(not isinstance(digest, str) for digest in states.values()):
        raise FormatError("its states are no digests")
    if not all(isinstance(value.get(key), str) for key in ("domain", "schema_version")):
        raise FormatError("it names no domain or version")
    return CRDTSnapshotManifest(
        files={}, domain=value["domain"], vclock=clock, crdt_state=states, schema_version=value["schema_version"]
    )
