"""The base that two deliveries share: where both sides of a merge have delivered some of the same ops, those belong to
the base, and what one side's later ops did to them is a one-sided change.

Without that, what one clone's commit inserted and another's commit had inserted and deleted again is back after their
merge: for the merge of trees only one side ever had it.

What other clones tell of their deliveries is not believed: the commit must hold the ops (`evidence`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from muse.core.errors import MuseError
from muse.core.op_log import OpLog, in_spans
from muse.domain import PluginFor, SnapshotManifest
from muse.engine.history.ancestry import merge_bases
from muse.engine.session.carriers import Files, carriers
from muse.engine.session.rewritten import follow_all

if TYPE_CHECKING:
    from muse.core.op_log import OpEntry, Replay
    from muse.store.meta.union import Union
    from muse.store.repository import Repository

_CHECKED = 200  # deliveries of others that are looked into for one merge; what is beyond is not believed


class Claim(NamedTuple):
    """A delivery as a clone tells it, and the commits said to carry it; `ref` is that clone's, "" for our own word.

    `files` are those that a commit carries of it, None for all.
    """

    ref: str
    delivery: dict[str, Any]
    commits: frozenset[str]
    files: Mapping[str, Files]

    def of(self, entries: list[OpEntry], commit: str) -> list[OpEntry]:
        """Those of the delivery's ops that a commit is said to carry."""
        from muse.engine.session.evidence import paths_of

        part = self.files.get(commit)
        return entries if part is None else [entry for entry in entries if paths_of(entry) <= part]


Sides = tuple[list[Claim], list[Claim]]


def shared_base(repo: Repository, ours: str, theirs: str, plugin_for: PluginFor) -> str:
    """The tree of the merge base with the ops in it that both sides have delivered since; "" where there are none.

    Also "" where there is more than one merge base, or an op's content is nowhere: then the merge is an ordinary one.
    """
    follow_all(repo, plugin_for)
    sides = deliveries_of(repo, ours, theirs)
    if not sides:
        return ""
    bases = merge_bases(repo, ours, theirs)
    if len(bases) != 1:
        return ""
    files = dict(repo.manifest(bases[0])["files"])
    before = dict(files)
    for session, claims in sorted(sides.items()):
        try:
            files = _replayed(repo, _in_both(repo, session, claims, plugin_for), files, plugin_for)
        except MuseError:
            return ""
    if files == before:
        return ""
    from muse.store.objects.snapshots import write_tree

    repo.content.flush()
    return write_tree(repo, SnapshotManifest(files=files, domain="files"), like=bases[0])


def deliveries_of(repo: Repository, ours: str, theirs: str) -> dict[str, Sides]:
    """By session, the deliveries whose commits only our side has and those only theirs has, where there are both."""
    from muse.core.op_log import list_sessions
    from muse.store.log import checkpoints
    from muse.store.meta.union import Union

    if not repo.git("for-each-ref", "--count=1", "refs/muse/log", "refs/muse-remotes").strip():
        return {}
    found: dict[str, Sides] = {}
    only: list[set[str]] | None = None
    union = Union(repo)
    for session in sorted({*list_sessions(repo.root), *checkpoints.sessions(repo, union, delivered=True)}):
        told = claims(repo, session, union)
        if len(frozenset().union(*(each.commits for each in told))) < 2:
            continue
        only = only or _only(repo, ours, theirs)
        left, right = (
            [each._replace(commits=each.commits & side) for each in told if not each.commits.isdisjoint(side)]
            for side in only
        )
        if left and right:
            found[session] = left, right
    return found


def claims(repo: Repository, session: str, union: Union | None = None) -> list[Claim]:
    """The confirmed deliveries that clones tell of and have not taken back; of ours only as we tell them ourselves."""
    from muse.store.log import checkpoints

    last = OpLog(repo.root, session).read_checkpoint()
    told = checkpoints.told_by(repo, session, union)
    ours = [] if last is None else [last]
    became, by_us = carriers([*ours, *(made for _, made in told)]), carriers(ours)
    own = {each["id"]: each for made in ours for each in made.get("deliveries", ())}
    found: dict[tuple[str, str], Claim] = {}
    for name, each in own.items():
        ours_say, all_say = _names(each, by_us), _names(each, became)
        found["", name] = _claim("", each, ours_say)
        more = {commit: files for commit, files in all_say.items() if commit not in ours_say}
        found["rewritten", name] = _claim("another clone", each, more)
    for ref, made in told:
        for each in made.get("deliveries", ()):
            if each["id"] not in own:
                found[ref.rpartition("/")[2], each["id"]] = _claim(ref, each, _names(each, became))
    return [each for each in found.values() if each.commits and not each.delivery.get("back")]


def _names(told: dict[str, Any], became: Mapping[str, Mapping[str, Files]]) -> dict[str, Files]:
    """The commits a delivery is in, and which of its files."""
    among = became.get(told["commit"], {told["commit"]: None})
    return {commit: files for commit, files in among.items() if commit}


def _claim(ref: str, told: dict[str, Any], names: dict[str, Files]) -> Claim:
    return Claim(ref, told, frozenset(names), names)


def _only(repo: Repository, ours: str, theirs: str) -> list[set[str]]:
    """The commits only one of two sides has."""
    rows = repo.git("rev-list", "--left-right", f"{repo.resolve(ours)}...{repo.resolve(theirs)}").decode().split()
    return [{row[1:] for row in rows if row[0] == side} for side in "<>"]


def _in_both(repo: Repository, session: str, sides: Sides, plugin_for: PluginFor) -> list[OpEntry]:
    """The ops both have delivered, in their order; those that one of them rejected are in that one's files nowhere."""
    from muse.store.log import checkpoints

    log = OpLog(repo.root, session)
    checkpoints.pull(repo, log)
    view = log.replay([])
    both: set[str] | None = None
    for side in sides:
        there = {entry["op_id"] for each in side for entry in named(view, each)}
        both = there if both is None else both & there
    left = _CHECKED
    for side in sides:
        held: set[str] = set()
        for each in side if both else ():
            entries = named(view, each)
            if both is None or both.isdisjoint(entry["op_id"] for entry in entries):
                continue
            left -= len(each.commits) if each.ref else 0
            if left >= 0:
                held |= _held(repo, log, each, entries, plugin_for)
        both = (both or set()) & held
    return [entry for entry in view.entries if entry["op_id"] in (both or ())]


def named(view: Replay, claim: Claim) -> list[OpEntry]:
    """The ops a delivery names and has not rejected, in their order."""
    told = claim.delivery
    return [
        entry
        for entry, row in zip(view.entries, view.rows)
        if in_spans(told["ops"], row) and entry["op_id"] not in told["rejected"]
    ]


def _held(repo: Repository, log: OpLog, claim: Claim, entries: list[OpEntry], plugin_for: PluginFor) -> set[str]:
    """The ops of a delivery that its commits hold; of our own all that they are known to carry."""
    from muse.engine.session import evidence

    held: set[str] = set()
    for commit in sorted(claim.commits):
        there = claim.of(entries, commit)
        if claim.ref:
            told = {**claim.delivery, "commit": commit}
            doubt = evidence.checked(repo, log, claim.ref, told, there, plugin_for)
            there = [entry for entry in there if not doubt.about(evidence.paths_of(entry))]
        held |= {entry["op_id"] for entry in there}
    return held


def _replayed(repo: Repository, entries: list[OpEntry], files: dict[str, str], plugin_for: PluginFor) -> dict[str, str]:
    from muse.engine.session.replay import replay

    return replay(entries, files, repo.content, plugin_for).files if entries else files


__all__ = ["Claim", "claims", "deliveries_of", "named", "shared_base"]
