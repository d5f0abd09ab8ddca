"""The base that two deliveries share: where both sides of a merge have delivered some of the same ops, those belong to
the base, and what one side's later ops did to them is a one-sided change.

Without that, what one clone's commit inserted and another's commit had inserted and deleted again is back after their
merge: for the merge of trees only one side ever had it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from muse.core.errors import MuseError
from muse.core.op_log import OpLog, in_spans
from muse.domain import PluginFor, SnapshotManifest
from muse.engine.history.ancestry import merge_bases

if TYPE_CHECKING:
    from muse.core.op_log import OpEntry
    from muse.store.repository import Repository

Delivery = dict[str, Any]


def shared_base(repo: Repository, ours: str, theirs: str, plugin_for: PluginFor) -> str:
    """The tree of the merge base with the ops in it that both sides have delivered since; "" where there are none.

    Also "" where there is more than one merge base, or an op's content is nowhere: then the merge is an ordinary one.
    """
    sides = deliveries_of(repo, ours, theirs)
    if not sides:
        return ""
    bases = merge_bases(repo, ours, theirs)
    if len(bases) != 1:
        return ""
    files = dict(repo.manifest(bases[0])["files"])
    before = dict(files)
    for session, (left, right) in sorted(sides.items()):
        try:
            files = _replayed(repo, _in_both(repo, session, left, right), files, plugin_for)
        except MuseError:
            return ""
    if files == before:
        return ""
    from muse.store.objects.snapshots import write_tree

    repo.content.flush()
    return write_tree(repo, SnapshotManifest(files=files, domain="files"), like=bases[0])


def deliveries_of(repo: Repository, ours: str, theirs: str) -> dict[str, tuple[list[Delivery], list[Delivery]]]:
    """By session, the deliveries whose commits only our side has and those only theirs has, where there are both."""
    from muse.store.log import checkpoints

    if not repo.git("for-each-ref", "--count=1", "refs/muse/log", "refs/muse-remotes").strip():
        return {}
    found: dict[str, tuple[list[Delivery], list[Delivery]]] = {}
    only: list[set[str]] | None = None
    for session in checkpoints.sessions(repo):
        told = {
            each["id"]: each
            for made in checkpoints.checkpoints(repo, session)
            for each in made.get("deliveries", ())
            if each["commit"] and not each.get("back")
        }
        if len(told) < 2:
            continue
        only = only or _only(repo, ours, theirs)
        left, right = ([each for each in told.values() if each["commit"] in side] for side in only)
        if left and right:
            found[session] = left, right
    return found


def _only(repo: Repository, ours: str, theirs: str) -> list[set[str]]:
    """The commits only one of two sides has."""
    rows = repo.git("rev-list", "--left-right", f"{repo.resolve(ours)}...{repo.resolve(theirs)}").decode().split()
    return [{row[1:] for row in rows if row[0] == side} for side in "<>"]


def _in_both(repo: Repository, session: str, left: list[Delivery], right: list[Delivery]) -> list[OpEntry]:
    """The ops both have delivered, in their order; those that one of them rejected are in that one's files nowhere."""
    from muse.store.log import checkpoints

    log = OpLog(repo.root, session)
    checkpoints.pull(repo, log)
    view = log.replay([])
    return [
        entry
        for entry, row in zip(view.entries, view.rows)
        if all(_has(side, row, entry["op_id"]) for side in (left, right))
    ]


def _has(side: Iterable[Delivery], row: Any, op_id: str) -> bool:
    return any(in_spans(each["ops"], row) and op_id not in each["rejected"] for each in side)


def _replayed(repo: Repository, entries: list[OpEntry], files: dict[str, str], plugin_for: PluginFor) -> dict[str, str]:
    from muse.engine.session.replay import replay

    return replay(entries, files, repo.content, plugin_for).files if entries else files


__all__ = ["deliveries_of", "shared_base"]
