"""What a merge holds that Git's own merge would not have: worked out again from the commits, so nothing is recorded.

Git's merge is made anew without our driver and laid beside the result; a path can be put back to Git's version.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from muse.core.errors import ConflictError, MuseError
from muse.core.filedomain import inside, read_entry
from muse.core.io import write_bytes_atomic
from muse.core.paths import path_text
from muse.core.terminal import command
from muse.domain import PluginFor
from muse.engine.git import shown
from muse.engine.history.ancestry import parents
from muse.engine.merge.git_trees import Stages
from muse.engine.merge.whole_tree import WholeMerge, entries, merge_commits

if TYPE_CHECKING:
    from muse.store.repository import Repository


@dataclass
class Difference:
    """A path where the result is not Git's: `git` is Git's blob (with markers when `git_clean` is False), `result`
    what was committed or lies in the index or work tree (None: no such file), `by_muse` that Muse wrote it so, `ours`
    our side's version (None: no such file)."""

    path: bytes
    git: bytes
    result: bytes | None
    git_clean: bool
    by_muse: bool
    notes: list[str]
    stages: Stages
    ours: bytes | None = None


@dataclass
class Review:
    """Every difference of one merge; `in_progress` when it is not committed yet."""

    ours: str
    theirs: str
    in_progress: bool
    differences: list[Difference]


def review(repo: Repository, rev: str | None, plugin_for: PluginFor) -> Review:
    """Compare a merge with Git's: that of `rev`, else the one in progress, else HEAD's. MuseError when it is none."""
    head = repo.git_dir / "MERGE_HEAD"
    if rev is None and head.exists():
        theirs = head.read_text().split()
        if len(theirs) != 1:
            raise MuseError("a merge of several heads is Git's alone")
        ours, in_progress, tree = repo.resolve("HEAD"), True, ""
    else:
        sides = parents(repo, rev or "HEAD")
        if len(sides) != 2:
            raise MuseError(f"{rev or 'HEAD'} is no merge of two commits", hint="git log --merges lists them")
        ours, theirs, in_progress, tree = sides[0], sides[1:], False, repo.tree_of(rev or "HEAD")
    merged = merge_commits(repo, ours, theirs[0], plugin_for, ours_label="HEAD", theirs_label=theirs[0][:12])
    return Review(ours, theirs[0], in_progress, _differences(repo, merged, tree))


def merges(repo: Repository, span: str) -> list[str]:
    """Ids of the merges of two commits in a range (A..B, A...B), oldest first. MuseError where an end is unknown."""
    for end in span.replace("...", "..").split("..", 1):
        repo.resolve(end or "HEAD")
    limits = ("--min-parents=2", "--max-parents=2", "--reverse", "--topo-order", "--end-of-options", span)
    return repo.git("rev-list", *limits).decode().split()


def _differences(repo: Repository, merged: WholeMerge, tree: str) -> list[Difference]:
    paths = [decision.path for decision in merged.decisions]
    gits = entries(repo, merged.git.tree, paths)
    results = entries(repo, tree, paths) if tree else {}
    found = []
    for decision in merged.decisions:
        if decision.path not in gits:
            continue
        git = repo.objects.blob(gits[decision.path][1])
        if tree:
            result = repo.objects.blob(results[decision.path][1]) if decision.path in results else None
        else:
            result = _in_work_tree(repo, decision.path)
        if not _same(result, git):
            by_muse = _same(result, decision.merge.content)
            stages = decision.stages
            ours = repo.objects.blob(stages[2].id) if 2 in stages else None
            notes = decision.merge.notes
            found.append(Difference(decision.path, git, result, decision.git_clean, by_muse, notes, stages, ours))
    return found


_MARKER = re.compile(rb"^(<{7,}|\|{7,}|>{7,})(?: [^\r\n]*)?(\r?)$", re.M)


def _same(one: bytes | None, other: bytes | None) -> bool:
    """Equal but for what stands behind conflict markers: names of the sides are the door's, and so are our notes."""
    if one is None or other is None or one == other:
        return one == other
    return _MARKER.sub(rb"\1\2", one) == _MARKER.sub(rb"\1\2", other)


def _in_work_tree(repo: Repository, path: bytes) -> bytes | None:
    assert repo.work_tree is not None
    try:
        return read_entry(os.path.join(repo.work_tree, shown(path)))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise MuseError(f"{shown(path)}: {error.strerror}") from None


def undo(repo: Repository, found: Review, paths: Sequence[str]) -> list[str]:
    """Put Git's version of some paths into the work tree, and its conflict into the index of a merge in progress.

    Refuses, before it changes anything, a path that is not Muse's doing or that was edited since.
    """
    if repo.work_tree is None:
        raise MuseError("this repository has no work tree")
    by_path = {shown(difference.path): difference for difference in found.differences}
    wanted = []
    for path in paths:
        if path not in by_path:
            raise MuseError(f"{path} is as Git merges it, there is nothing to undo", hint="muse review")
        difference = by_path[path]
        if _in_work_tree(repo, difference.path) != difference.result:
            hint = f"{command('git', 'checkout', '--', path)}, then try again"
            raise ConflictError(f"{path} was edited since the merge", hint=hint)
        wanted.append(difference)
    for difference in wanted:
        write_bytes_atomic(inside(repo.work_tree, path_text(difference.path)), difference.git)
        if found.in_progress and not difference.git_clean:
            rows = [b"0 %s\t%s\0" % (repo.zero.encode(), difference.path)]
            rows += [
                b"%s %s %d\t%s\0" % (s.mode, s.id.encode(), n, difference.path)
                for n, s in sorted(difference.stages.items())
            ]
            repo.git("update-index", "-z", "--index-info", input=b"".join(rows))
    return [shown(difference.path) for difference in wanted]
