"""Snapshots are trees: a manifest from a tree, and a tree from a manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from muse.core.attributes import FILE_NAME as ATTRIBUTES
from muse.core.attributes import AttributesError, parse_attributes
from muse.domain import SnapshotManifest
from muse.store.layout import path_text

if TYPE_CHECKING:
    from muse.store.repository import Repository


def manifest(repo: Repository, tree: str) -> SnapshotManifest:
    """The manifest of a tree: regular files and symbolic links by digest; submodules are not part of it."""
    blobs: dict[str, str] = {}
    for row in repo.git("ls-tree", "-r", "-z", "--full-tree", tree).split(b"\0"):
        if row and not row.startswith(b"160000"):
            head, _, path = row.partition(b"\t")
            blobs[path_text(path)] = head[12:].decode()
    digests = repo.content.digests(blobs.values())
    return SnapshotManifest(files={path: digests[blob] for path, blob in blobs.items()}, domain=domain_of(repo, tree))


def domain_of(repo: Repository, tree: str) -> str:
    """The domain the tree's own `.museattributes` names, else `files`; so every clone gives the same answer."""
    try:
        named = parse_attributes(repo.objects.blob(f"{tree}:{ATTRIBUTES}")).get("meta", {})
    except (KeyError, AttributesError):
        return "files"
    domain = named.get("domain") if isinstance(named, dict) else None
    return domain if isinstance(domain, str) and domain else "files"
