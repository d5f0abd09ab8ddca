"""Joining two lines of one branch where no person is asked: for a push that came second, and for `muse sync`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from muse.core.errors import ConflictError, MuseError
from muse.domain import PluginFor
from muse.engine.history.ancestry import merge_bases
from muse.engine.merge import join_states
from muse.engine.merge.git_trees import too_old
from muse.engine.merge.plugin_answer import wants_join
from muse.engine.merge.whole_tree import WholeMerge, merge_commits
from muse.store.objects import commits

if TYPE_CHECKING:
    from muse.store.repository import Repository


class Joined(NamedTuple):
    """A merge commit nobody points at yet, and how many paths both sides had changed."""

    commit: str
    both: int


def join_commits(
    repo: Repository, ours: str, theirs: str, plugin_for: PluginFor, *, message: str, anything: bool = False
) -> Joined:
    """The merge of two commits as a commit (parents ours, theirs); no branch, index or work tree is touched.

    Only where every path that both sides changed is joined as a CRDT, or with `anything` where the merge is clean.
    ConflictError names the paths that stand in the way, or the version of git it takes.
    """
    if not merge_bases(repo, ours, theirs):
        raise ConflictError("the histories have no common commit")
    if said := too_old():
        raise ConflictError(said)
    merged = merge_commits(repo, ours, theirs, plugin_for, ours_label=ours[:12], theirs_label=theirs[:12])
    stuck = sorted(merged.stages) if anything else _not_joined(merged, plugin_for)
    if stuck or not merged.clean:
        raise ConflictError(_sentence([os.fsdecode(path) for path in stuck]))
    commit = commits.write(repo, merged.tree, [ours, theirs], f"{message}\n")
    join_states.keep(repo, ours, theirs, merged.tree, merged.joined)
    return Joined(commit, len(merged.git.both))


def _not_joined(merged: WholeMerge, plugin_for: PluginFor) -> list[bytes]:
    """Paths that both sides changed and that are not CRDTs, or that are left in conflict."""
    stuck = set(merged.stages)
    for path in merged.git.both.keys() - stuck:
        name = os.fsdecode(path)
        try:
            joined = wants_join(plugin_for(name), name, merged.how)
        except MuseError:
            joined = False
        if not joined:
            stuck.add(path)
    return sorted(stuck)


def _sentence(paths: list[str]) -> str:
    if not paths:
        return "they conflict"
    more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
    return f"both changed {', '.join(paths[:3])}{more}"
