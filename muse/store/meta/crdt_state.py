"""CRDT states of a tree's files, kept by (tree, path) in the meta ref.

Equal trees may have been given states by several clones; loading returns all of them, for the plugin to join.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from muse._version import __version__
from muse.core.content import fetch
from muse.core.errors import FormatError
from muse.core.types import blob_digest, canonical_json
from muse.domain import CRDTSnapshotManifest
from muse.store.layout import crdt_path
from muse.store.meta.broken import commit_files
from muse.store.meta.union import Entry, Union
from muse.store.meta.writer_refs import own_tip
from muse.store.objects.snapshots import domain_of

if TYPE_CHECKING:
    from muse.store.repository import Repository

MAX_HEAD = 16 << 20  # bytes of state.json
MAX_STATE = 256 << 20  # bytes of one path's state
MOST = 16  # writers' states of one path that are looked at

States = Mapping[str, tuple[bytes, dict[str, int]]]
"""Path -> its state's bytes and its clock."""


def save(repo: Repository, tree: str, state: CRDTSnapshotManifest) -> None:
    """Keep the CRDT state that belongs to a tree; the states' bytes must be in the repository's content store."""
    with repo.content.batch():
        states = {path: fetch(repo.content, digest) for path, digest in state["crdt_state"].items()}
    head = {
        "format": 1,
        "domain": state["domain"],
        "vclock": state["vclock"],
        "crdt_state": state["crdt_state"],
        "schema_version": state["schema_version"],
    }
    files = {crdt_path(tree, path): data for path, data in states.items()}
    commit_files(repo, "meta", {**files, crdt_path(tree): canonical_json(head)}, f"state of {tree[:12]}")


def add(repo: Repository, trees: Mapping[str, States], message: str) -> None:
    """Keep states of trees' paths beside those that our ref has; of a path that has one, that one stays. One commit."""
    tip = own_tip(repo, "meta")
    files: dict[str, bytes] = {}
    for tree, states in trees.items():
        head = _own_head(repo, tip, tree)
        fresh = {path: kept for path, kept in states.items() if path not in head["crdt_state"]}
        for path, (data, clock) in fresh.items():
            files[crdt_path(tree, path)] = data
            head["crdt_state"][path] = blob_digest(data)
            for actor, count in clock.items():
                head["vclock"][actor] = max(count, head["vclock"].get(actor, 0))
        if fresh:
            files[crdt_path(tree)] = canonical_json({**head, "format": 1})
    if files:
        commit_files(repo, "meta", files, message)


def _own_head(repo: Repository, tip: str | None, tree: str) -> dict[str, Any]:
    """What our ref says of a tree, for adding to it."""
    found = None if tip is None else repo.objects.resolve(f"{tip}:{crdt_path(tree)}")
    if found is not None:
        try:
            head = decode(repo.objects.blob(found, MAX_HEAD))
            return {name: value for name, value in head.items() if name != "files"}
        except FormatError:
            pass  # damaged: written anew
    return {"domain": domain_of(repo, tree), "vclock": {}, "crdt_state": {}, "schema_version": __version__}


def newest(union: Union, trees: Sequence[str], path: str) -> list[tuple[bytes, dict[str, int]]]:
    """The states of a path, with their trees' clocks, of the first of the trees that has any; each once, sorted."""
    entries: dict[str, list[Entry]] = {}
    for entry in union.among("meta", [name for tree in trees for name in (crdt_path(tree, path), crdt_path(tree))]):
        entries.setdefault(entry.path, []).append(entry)
    for tree in trees:
        found: dict[bytes, dict[str, int]] = {}
        heads = {entry.ref: entry for entry in entries.get(crdt_path(tree), ())}
        for entry in entries.get(crdt_path(tree, path), ())[:MOST]:
            try:
                head = decode(union.read(heads[entry.ref], MAX_HEAD) if entry.ref in heads else None)
            except FormatError as error:
                union.note(entry, str(error))
                continue
            data = union.read(entry, MAX_STATE)
            if data is not None and blob_digest(data) == head["crdt_state"].get(path):
                found[data] = head["vclock"]
        if found:
            return sorted(found.items())
    return []


def load(repo: Repository, tree: str) -> list[CRDTSnapshotManifest]:
    """The states clones kept for a tree, [] when none did; each one's bytes are in the content store afterwards."""
    union = Union(repo)
    found: dict[str, CRDTSnapshotManifest] = {}
    for entry in union.writers("meta", crdt_path(tree)):
        if entry.blob in found:
            continue
        try:
            state = decode(union.read(entry, MAX_HEAD))
            blobs = {
                path: _state_of(repo, union, entry, tree, path, digest) for path, digest in state["crdt_state"].items()
            }
        except FormatError as error:
            union.note(entry, str(error))
            continue
        repo.content.know(blobs.values())
        state["files"] = repo.manifest(tree)["files"]
        found[entry.blob] = state
    return list(found.values())


def _state_of(repo: Repository, union: Union, head: Entry, tree: str, path: str, digest: str) -> tuple[str, str]:
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
