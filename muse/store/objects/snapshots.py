"""Snapshots are trees: a manifest from a tree, a tree from a manifest, and what differs between two trees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from muse.core.attributes import FILE_NAME as ATTRIBUTES
from muse.core.attributes import MAX_BYTES, AttributesError, parse_attributes
from muse.core.errors import FormatError, MuseError
from muse.core.types import content_hash
from muse.domain import SnapshotManifest
from muse.store.layout import path_bytes, path_text
from muse.store.objects.database import FILE, SUBMODULE
from muse.store.objects.trees import Change, edit

if TYPE_CHECKING:
    from muse.store.objects.needs import WithSnapshots

_KEPT = 8  # manifests a process remembers per repository


class Difference(NamedTuple):
    """One path that differs between two trees; mode 0 and an id of zeros stand for "not there"."""

    path: bytes
    old_mode: int
    new_mode: int
    old_id: str
    new_id: str


def manifest(repo: WithSnapshots, tree: str) -> SnapshotManifest:
    """The manifest of a tree: regular files and symbolic links by digest; submodules are not part of it.

    Only blobs never seen before are read, and next to a manifest this process made already only what differs is
    looked at.
    """
    known = repo.manifests
    if tree not in known:
        files = _from_neighbour(repo, tree) if known else None
        if files is None:
            files = _listed(repo, tree)
        known[tree] = SnapshotManifest(files=files, domain=domain_of(repo, tree))
        while len(known) > _KEPT:
            del known[next(iter(known))]
    return SnapshotManifest(files=dict(known[tree]["files"]), domain=known[tree]["domain"])


def submodules(repo: WithSnapshots, commit: str) -> frozenset[str]:
    """The paths of a commit's submodules, of which no manifest speaks."""
    if not commit:
        return frozenset()
    rows = repo.git("ls-tree", "-r", "-z", "--full-tree", commit).split(b"\0")
    return frozenset(path_text(row.partition(b"\t")[2]) for row in rows if row.startswith(b"160000"))


def _listed(repo: WithSnapshots, tree: str) -> dict[str, str]:
    blobs: dict[str, str] = {}
    for row in repo.git("ls-tree", "-r", "-z", "--full-tree", tree).split(b"\0"):
        if row and not row.startswith(b"160000"):
            head, _, path = row.partition(b"\t")
            blobs[path_text(path)] = head[12:].decode()
    digests = repo.content.digests(blobs.values())
    return {path: digests[blob] for path, blob in blobs.items()}


def _from_neighbour(repo: WithSnapshots, tree: str) -> dict[str, str] | None:
    """The files of a tree by what differs from the last one; None where that cannot be told: `git gc` may have it."""
    near = next(reversed(repo.manifests))
    files = dict(repo.manifests[near]["files"])
    changed: dict[str, str] = {}
    try:
        rows = list(differences(repo, near, tree))
    except MuseError:
        del repo.manifests[near]
        return None
    for row in rows:
        path = path_text(row.path)
        files.pop(path, None)
        if row.new_mode not in (0, SUBMODULE):
            changed[path] = row.new_id
    digests = repo.content.digests(changed.values())
    files.update({path: digests[blob] for path, blob in changed.items()})
    return files


def differences(repo: WithSnapshots, old_tree: str, new_tree: str) -> Iterator[Difference]:
    """What differs between two trees, by path; renames are not looked for."""
    fields = repo.git("diff-tree", "-r", "-z", "--no-renames", "--raw", old_tree, new_tree).split(b"\0")
    for head, path in zip(fields[0::2], fields[1::2]):
        old_mode, new_mode, old_id, new_id, _ = head[1:].split(b" ")
        yield Difference(path, int(old_mode, 8), int(new_mode, 8), old_id.decode(), new_id.decode())


def domain_of(repo: WithSnapshots, tree: str) -> str:
    """The domain the tree's own `.museattributes` names, else `files`; so every clone gives the same answer."""
    try:
        named = parse_attributes(repo.objects.blob(f"{tree}:{ATTRIBUTES}", MAX_BYTES)).get("meta", {})
    except (KeyError, FormatError, AttributesError):
        return "files"
    domain = named.get("domain") if isinstance(named, dict) else None
    return domain if isinstance(domain, str) and domain else "files"


def snapshot_id(snapshot: SnapshotManifest) -> str:
    """The id of a snapshot, which has nothing of Git's in it."""
    return content_hash({"files": snapshot["files"], "domain": snapshot["domain"]})


def write_tree(
    repo: WithSnapshots, snapshot: SnapshotManifest, *, like: str | None = None, modes: Mapping[str, int] | None = None
) -> str:
    """The id of a tree with exactly the files of a manifest, whose contents the repository has (KeyError if not).

    `modes` says how paths are to be stored; others keep the mode they have in the tree `like`, or are plain files.
    Submodules of `like` stay.
    """
    like = None if like is None else repo.tree_of(like)
    old = manifest(repo, like)["files"] if like is not None else {}
    new = snapshot["files"]
    changes: dict[bytes, Change] = {path_bytes(path): None for path in old.keys() - new.keys()}
    touched = {path for path, digest in new.items() if old.get(path) != digest or (modes and path in modes)}
    kept = _modes(repo, like) if like is not None and touched & old.keys() else {}
    for path in touched:
        raw = path_bytes(path)
        changes[raw] = ((modes or {}).get(path) or kept.get(raw, FILE), repo.content.blob_id(new[path]))
    with repo.writer() as writer:
        return edit(repo, writer, like, changes)


def _modes(repo: WithSnapshots, tree: str) -> dict[bytes, int]:
    rows = repo.git("ls-tree", "-r", "-z", "--full-tree", tree).split(b"\0")
    return {row.partition(b"\t")[2]: int(row[:6], 8) for row in rows if row}
