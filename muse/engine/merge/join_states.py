"""What is stored about the CRDT states of paths in a merge's history, and storing what a merge worked out.

States are kept by (tree, path) under `refs/muse/meta`: those of both sides and of the result, so that whoever merges
any of these commits again, in whatever order, goes on from the very same states.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from muse.core.errors import FormatError, MuseError
from muse.engine.git import shown
from muse.engine.merge.join import Kept, Past, carry
from muse.store.layout import path_text
from muse.store.meta import crdt_state
from muse.store.meta.union import Union

if TYPE_CHECKING:
    from muse.domain import PluginFor
    from muse.store.repository import Repository

Stored = tuple[bytes, dict[str, int]]
MOST = 1000  # commits back
MAX_EDITED = 4 << 20  # bytes of a file whose state a commit carries on; beyond, the next join does it
MAX_KEPT = 32 << 20  # bytes of a state; where one grows larger, the next join begins anew


class History:
    """The stored states along the histories of a merge's sides and bases."""

    def __init__(self, repo: Repository, ours: str, theirs: str, merge_bases: Sequence[str]) -> None:
        self._repo = repo
        self._union = Union(repo)
        self._ours, self._theirs, self._bases = [], [], {}
        self._empty = not self._union.any("meta", "crdt/")
        if not self._empty:
            without = [f"^{base}" for base in merge_bases]
            self._ours, self._theirs = (_trees(repo, side, *without) for side in (ours, theirs))
            self._bases = {base: _trees(repo, base) for base in merge_bases}

    def of(self, path: bytes) -> Past:
        """What is stored about a path."""
        if self._empty:
            return Past()
        files = {base: _file(self._repo, base, path) for base in self._bases}
        bases = [(data, self._kept(self._bases[base], path)) for base, data in files.items() if data is not None]
        return Past(self._kept(self._ours, path), self._kept(self._theirs, path), tuple(bases))

    def _kept(self, trees: list[str], path: bytes) -> tuple[Kept, ...]:
        return tuple(Kept(*each) for each in crdt_state.newest(self._union, trees, path_text(path)))


def keep(repo: Repository, ours: str, theirs: str, result: str, joined: Mapping[bytes, Sequence[Stored]]) -> None:
    """Store what a merge of two commits joined to a tree: of each path the states of ours, theirs and the result.

    A warning where that cannot be: the merge stands whatever happens.
    """
    trees: dict[str, dict[str, Stored]] = {}
    for path, states in joined.items():
        for tree, state in zip((repo.tree_of(ours), repo.tree_of(theirs), result), states):
            trees.setdefault(tree, {})[path_text(path)] = state
    _add(repo, trees, f"joined into {result[:12]}")


def keep_commit(repo: Repository, commit: str, parent: str, paths: Sequence[bytes], plugin_for: PluginFor) -> None:
    """Store the states of files that a commit edited, so that the next join knows its edits one by one."""
    union, trees = Union(repo), _trees(repo, parent)
    states: dict[str, Stored] = {}
    for path in paths:
        old, new = (_file(repo, each, path) for each in (parent, commit))
        if old is not None and new is not None and old != new and max(len(old), len(new)) <= MAX_EDITED:
            kept = tuple(Kept(*each) for each in crdt_state.newest(union, trees, path_text(path)))
            state = carry(plugin_for(shown(path)), shown(path), kept, old, new)
            states.update({} if state is None else {path_text(path): state})
    tree = repo.tree_of(commit)
    _add(repo, {tree: states}, f"edited to {tree[:12]}")


def _add(repo: Repository, trees: Mapping[str, Mapping[str, Stored]], message: str) -> None:
    small = {
        tree: {path: state for path, state in states.items() if len(state[0]) <= MAX_KEPT}
        for tree, states in trees.items()
    }
    try:
        crdt_state.add(repo, small, message)
    except (MuseError, OSError) as error:
        import logging

        logging.getLogger(__name__).warning("the commit is made, the states of joined files were not kept: %s", error)


def _trees(repo: Repository, *commits: str) -> list[str]:
    """The trees of a line of history, the newest first, each once."""
    rows = repo.git("log", f"-n{MOST}", "--format=%T", *commits).decode().split()
    return list(dict.fromkeys(rows))


def _file(repo: Repository, commit: str, path: bytes) -> bytes | None:
    """The path's file in a commit; None where there is none of that name, or it is no file."""
    try:
        return repo.objects.blob(f"{commit}:{shown(path)}")
    except (KeyError, FormatError):
        return None
