"""The CRDT states that clones kept for one path of a tree."""

from __future__ import annotations

from muse.store.meta import crdt_state
from muse.store.repository import Repository


def states_of(repo: Repository, tree: str, path: str) -> list[bytes]:
    """Each state once, in the order of writers."""
    found = [state["crdt_state"][path] for state in crdt_state.load(repo, tree) if path in state["crdt_state"]]
    return list(dict.fromkeys(map(repo.content.get, found)))
