"""Merges that plain Git made of two deliveries: which ops have lost their effect there, and the commit that mends it.

`git merge` cannot be helped while it runs: it takes what both sides have of one op for two changes. Afterwards it
is made again on the base both sides share (`shared`). Where that differs from what `git merge` left, and nobody has
touched it since, an effect is missing; it is brought in by one more three-way merge, of what the merge left, HEAD, and
what it should have been.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from muse.core.errors import MuseError
from muse.core.op_log import OpLog, in_spans
from muse.domain import PluginFor, SnapshotManifest
from muse.engine.session import under_way
from muse.engine.session.evidence import merged_digest
from muse.engine.session.shared import Claim, claims, deliveries_of, shared_base

if TYPE_CHECKING:
    from muse.store.repository import Repository

_MERGES = 100  # the newest are looked at


@dataclass
class Missing:
    """A file of a merge commit in which ops have no effect, and what HEAD's would be with it."""

    merge: str
    path: str
    now: str | None
    wanted: str | None
    ops: list[str]


def missing(repo: Repository, log: OpLog, plugin_for: PluginFor) -> list[Missing]:
    """What is missing in HEAD because a merge in its history knew nothing of the session, the oldest merge first.

    Nothing where the installed git cannot merge whole trees: then no merge can be made again.
    """
    from muse.engine.merge.git_trees import too_old

    if too_old():
        return []
    found: dict[str, Missing] = {}
    done = _repaired(repo, log)
    files = dict(repo.manifest(repo.head() or repo.empty_tree)["files"]) if repo.head() else {}
    for merge in _merges(repo, log):
        if merge in done:
            continue
        for each in _missing_in(repo, log, merge, files, plugin_for):
            found[each.path] = each
            if each.wanted is None:
                files.pop(each.path, None)
            else:
                files[each.path] = each.wanted
    return list(found.values())


def repair(
    repo: Repository, log: OpLog, plugin_for: PluginFor, message: str | None = None
) -> tuple[int, list[Missing]]:
    """Commit what is missing; Git's exit code and what was brought in, nothing where nothing is missing."""
    from muse.engine.git import attended
    from muse.store.objects.snapshots import write_tree

    if repo.work_tree is None:
        raise MuseError("this repository has no work tree to commit from")
    under_way.refuse(repo)
    lost = missing(repo, log, plugin_for)
    if not lost:
        return 0, []
    if repo.run("diff-index", "--cached", "--quiet", "HEAD", "--").returncode:
        raise MuseError(
            "something is staged", hint="git commit, or git restore --staged ., then the same command again"
        )
    old = repo.resolve("HEAD")
    files = dict(repo.manifest(old)["files"])
    for each in lost:
        if each.wanted is None:
            files.pop(each.path, None)
        else:
            files[each.path] = each.wanted
    repo.content.flush()
    tree = write_tree(repo, SnapshotManifest(files=files, domain="files"), like=old)
    repo.run("update-index", "-q", "--refresh")  # a copied folder has other times
    moved = repo.run("read-tree", "-m", "-u", old, tree)
    if moved.returncode:
        said = moved.stderr.decode("utf-8", "replace").strip().splitlines()
        raise MuseError((said or ["files on disk are in the way"])[0].removeprefix("error: "))
    merges = ", ".join(sorted({each.merge[:10] for each in lost}))
    words = message or f"session {log.session_id()[:200]!r}: what the merge {merges} had lost"
    code = attended(repo, "commit", "-q", "-m", words, cwd=repo.root)
    if code or repo.head() == old:
        repo.run("read-tree", "-m", "-u", tree, old)
        return code or 1, lost
    _remember(repo, log, {each.merge for each in lost}, repo.resolve("HEAD"))
    return 0, lost


def _missing_in(
    repo: Repository, log: OpLog, merge: str, files: dict[str, str], plugin_for: PluginFor
) -> list[Missing]:
    from muse.engine.merge.whole_tree import merge_commits

    ours, theirs = repo.git("rev-parse", f"{merge}^1", f"{merge}^2").decode().split()
    sides = deliveries_of(repo, ours, theirs).get(log.session_id())
    if sides is None or not shared_base(repo, ours, theirs, plugin_for):
        return []
    better = merge_commits(repo, ours, theirs, plugin_for)
    plain = merge_commits(repo, ours, theirs, plugin_for, shared=False)
    unsettled = {raw.decode("utf-8", "surrogateescape") for raw in better.stages}
    wanted, made, told = (repo.manifest(tree)["files"] for tree in (better.tree, plain.tree, merge))
    by_git = repo.manifest(plain.git.tree)["files"]
    found = []
    for path in sorted(wanted.keys() | made.keys()):
        was = told.get(path)
        if wanted.get(path) in (made.get(path), was) or was not in (made.get(path), by_git.get(path)):
            continue  # nothing is missing, or a person settled it in another way
        ops = _ops_on(log, sides, path)
        if path in unsettled:
            continue
        result, clean = merged_digest(repo, path, (was, files.get(path), wanted.get(path)), plugin_for)
        if clean and result != files.get(path):
            found.append(Missing(merge, path, files.get(path), result, ops))
    return found


def _ops_on(log: OpLog, sides: tuple[list[Claim], list[Claim]], path: str) -> list[str]:
    """The ops on a file that only one side has delivered, in words."""
    view = log.replay([])
    told = []
    for entry, row in zip(view.entries, view.rows):
        op: Any = entry["domain_op"]
        has = [any(in_spans(each.delivery["ops"], row) for each in side) for side in sides]
        if op["address"].partition("::")[0] == path and has[0] != has[1]:
            told.append(f"{op['op']} {op['address']:.200} of {entry['actor_id']:.60} ({entry['op_id'][7:19]})")
    return told


def _merges(repo: Repository, log: OpLog) -> list[str]:
    """Merge commits of HEAD's history with deliveries of the session on both sides, the oldest first."""
    told = set().union(*(each.commits for each in claims(repo, log.session_id())))
    here = [name for name in told if name and repo.objects.resolve(f"{name}^{{commit}}") is not None]
    if len(here) < 2 or repo.head() is None:
        return []
    base = repo.run("merge-base", "--octopus", *here).stdout.decode().split()
    limits = [f"^{name}" for name in base]
    rows = repo.git("rev-list", f"-n{_MERGES}", "--min-parents=2", "--max-parents=2", "HEAD", *limits).decode().split()
    return rows[::-1]


def _repaired(repo: Repository, log: OpLog) -> set[str]:
    """Merges whose repair is in HEAD's history, as any clone has noted."""
    from muse.store.log import checkpoints

    last = log.read_checkpoint()
    notes = [*([last] if last is not None else []), *checkpoints.checkpoints(repo, log.session_id())]
    told: dict[str, str] = {}
    for each in notes:
        told.update(each.get("repaired", {}))
    return {
        merge
        for merge, commit in told.items()
        if re.fullmatch("[0-9a-f]{40,64}", commit) and repo.is_ancestor(commit, "HEAD")
    }


def _remember(repo: Repository, log: OpLog, merges: set[str], commit: str) -> None:
    from muse.store.log import checkpoints

    last = log.read_checkpoint()
    if last is not None:
        log.annotate(repaired={**last.get("repaired", {}), **dict.fromkeys(sorted(merges), commit)})
        checkpoints.save(repo, log)


__all__ = ["Missing", "missing", "repair"]
