"""Merging: one file, whole trees, the join of CRDT states, and putting the answer into a work tree.

`one_file` decides for one path; `git_trees` is Git's half of a whole merge, `whole_tree` ours, `worktree` puts it
there; `join`, `join_states` and `join_push` are the merge that never conflicts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from muse.engine.history.ancestry import find_merge_base as find_merge_base

__all__ = ["find_merge_base"]


def __getattr__(name: str) -> Any:
    if name != "find_merge_base":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from muse.engine.history.ancestry import find_merge_base

    return find_merge_base
