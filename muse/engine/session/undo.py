"""Ops that take others back: new ops, appended like any other; nothing is rewritten.

What ops did is the difference between a replay with them and one without, on what their delivery was made on (for
pending ones: on what they stand on). That difference, turned round, is merged with the session as it is now. What was
changed since by somebody else is left alone, and told; so are ops that others build on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from muse.core import content
from muse.core.errors import ConflictError, MuseError
from muse.core.op_log import OpEntry, OpLog, Replay, Request
from muse.core.types import plural
from muse.domain import PluginFor, SnapshotManifest
from muse.engine.session.checked_out import CheckedOut
from muse.engine.session.delivery import effective
from muse.engine.session.evidence import merged_digest, paths_of
from muse.engine.session.ground import Choices, ground
from muse.engine.session.live_view import LiveView
from muse.engine.session.modes import before
from muse.engine.session.replay import Replayed, replay
from muse.engine.session.shared import Claim, claims, named

if TYPE_CHECKING:
    from muse.store.repository import Repository

_NAMED = 1000  # ops that one op says it takes back
_SHORTEST = 4  # characters of an op's id
Files = dict[str, str]


@dataclass
class Undone:
    """What was taken back: the ops appended for it, and lines about what was left alone."""

    taken: list[str]
    made: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


@dataclass
class _Group:
    """Ops that came into the files together, and what those were before and after."""

    before: Files
    after: Files  # with all of them, as they are in the commit
    entries: Sequence[OpEntry]
    done: Replayed
    without: Replayed


def choose(
    repo: Repository, log: OpLog, *, ops: Sequence[str] = (), last: int = 0, actor: str | None = None, commit: str = ""
) -> list[OpEntry]:
    """The ops that are meant: by id (or its beginning), the last ones, an actor's, or those of a delivery.

    Ops that were taken back already are left out. MuseError where an id or a commit names nothing.
    """
    view = log.replay([])
    if commit:
        found = [each for each in claims(repo, log.session_id()) if commit in each.commits]
        if not found:
            raise MuseError(f"commit {commit[:10]} is no delivery of the session", hint="muse session status NAME")
        meant = {entry["op_id"] for each in found for entry in named(view, each)}
    elif actor is not None:
        meant = {entry["op_id"] for entry in view.entries if entry["actor_id"] == actor}
        if not meant:
            raise MuseError(f"{actor!r:.80} has made no op of the session", hint="muse session show NAME")
    else:
        meant = {one(view.entries, name) for name in ops}
    back = undone(view.entries)
    if last:
        meant = {entry["op_id"] for entry in [each for each in view.entries if each["op_id"] not in back][-last:]}
    return [entry for entry in view.entries if entry["op_id"] in meant - back.keys()]


def one(entries: Sequence[OpEntry], name: str) -> str:
    """The id of the op that a name is the beginning of."""
    short = name.removeprefix("sha256:")
    found = [entry["op_id"] for entry in entries if entry["op_id"].startswith(f"sha256:{short}")]
    if len(short) < _SHORTEST or not found:
        raise MuseError(f"there is no op {name!r:.80}", hint="muse session show NAME")
    if len(set(found)) > 1:
        raise MuseError(f"{name} is the beginning of {len(set(found))} ops' ids", hint="more of it: muse session show")
    return found[0]


def undone(entries: Sequence[OpEntry]) -> dict[str, str]:
    """By id of an op, the one that took it back last; an op that was brought back by another undo is not there."""
    back: dict[str, str] = {}
    for entry in entries:
        op: Any = entry["domain_op"]
        names = op.get("undoes")
        for name in names if isinstance(names, list) else ():
            if isinstance(name, str):
                back[name] = entry["op_id"]
    return {name: by for name, by in back.items() if by not in back}


def undo(
    repo: Repository, log: OpLog, plugin_for: PluginFor, chosen: list[OpEntry], actor: str, *, partial: bool = False
) -> Undone:
    """Append what takes these ops back. ConflictError where something must be left alone, unless `partial`."""
    wanted = {entry["op_id"]: entry for entry in chosen}
    view = LiveView(repo, log, plugin_for)
    log.head = CheckedOut(repo).commit
    files = dict(view.files())
    now, result = dict(files), Undone(list(wanted))
    with repo.content.batch():
        for group in _groups(repo, log, plugin_for, wanted, result.left):
            _take_back(repo, plugin_for, group, wanted, files, result.left)
    if result.left and not partial:
        lines = "\n".join(f"  {line}" for line in result.left[:20])
        raise ConflictError(
            f"not all of {plural(len(wanted), 'op')} can be taken back:\n{lines}",
            hint="--partial takes back the rest; nothing was appended",
        )
    for path in sorted(now.keys() | files.keys()):
        if now.get(path) != files.get(path):
            about = [op for op, entry in wanted.items() if path in paths_of(entry)] or list(wanted)
            result.made += _record(repo, log, plugin_for, (path, now.get(path), files.get(path)), actor, about)
    return result


def _groups(
    repo: Repository, log: OpLog, plugin_for: PluginFor, wanted: dict[str, OpEntry], left: list[str]
) -> list[_Group]:
    """What the ops came with, the newest first; those of which that is not known are told."""
    pending = log.replay(effective(repo, log))
    ids = {row["op_id"] for row in pending.rows}
    found: list[_Group] = []
    if not ids.isdisjoint(wanted):
        first = next(filter(None, pending.heads()), "")

        def made(ops: Replay) -> Replayed:
            stands = ground(repo, log, plugin_for, Choices("session"), first)
            return replay(ops.entries, stands.files, repo.content, plugin_for, ground=stands, heads=ops.heads())

        done = made(pending)
        rest = pending.only(lambda row: row["op_id"] not in wanted)
        found.append(_Group({}, {}, pending.entries, done, made(rest)))
    missing = wanted.keys() - ids
    everything = log.replay([])
    told = sorted(claims(repo, log.session_id()), key=lambda each: str(each.delivery["made_at"]), reverse=True)
    for claim in told:
        entries = named(everything, claim) if missing else []
        if missing.isdisjoint(entry["op_id"] for entry in entries):
            continue
        group = _delivered(repo, claim, entries, wanted, plugin_for)
        if group is not None:
            found.append(group)
            missing = missing - {entry["op_id"] for entry in entries}
    for name in sorted(missing):
        left.append(f"{_name(wanted[name])}: the commit that delivered it is not here, or it was rejected")
    return found


def _delivered(
    repo: Repository, claim: Claim, entries: list[OpEntry], wanted: dict[str, OpEntry], plugin_for: PluginFor
) -> _Group | None:
    for commit in sorted(claim.commits, key=lambda name: name != claim.delivery["commit"]):
        done = repo.run("rev-list", "--parents", "-n1", commit)
        if done.returncode:
            continue
        parents = done.stdout.decode().split()[1:2]
        try:
            before = dict(repo.manifest(parents[0])["files"]) if parents else {}
            after = dict(repo.manifest(commit)["files"])
        except MuseError:
            continue
        rest = [entry for entry in entries if entry["op_id"] not in wanted]
        made = (replay(some, before, repo.content, plugin_for) for some in (entries, rest))
        return _Group(before, after, entries, *made)
    return None


def _take_back(
    repo: Repository,
    plugin_for: PluginFor,
    group: _Group,
    wanted: dict[str, OpEntry],
    files: Files,
    left: list[str],
) -> None:
    """Merge what a group would be without the ops into the files."""
    built = [row for op, row in group.without.rejected.items() if op not in group.done.rejected]
    held = {path for path, _ in built}
    left += [f"{line.partition(': it cannot')[0]} builds on what is to be taken back" for _, line in built]
    for path in sorted(group.done.touched | group.without.touched):
        there, gone = group.done.files.get(path), group.without.files.get(path)
        alone = all(entry["op_id"] in wanted for entry in group.entries if path in paths_of(entry))
        if alone and group.after:
            there, gone = group.after.get(path), group.before.get(path)  # a hook's work included
        if there == gone or path in held:
            continue
        merged, clean = merged_digest(repo, path, (there, files.get(path), gone), plugin_for)
        if not clean:
            left.append(f"{path}: what they did was changed since")
        elif merged is None:
            files.pop(path, None)
        else:
            files[path] = merged


def _record(
    repo: Repository,
    log: OpLog,
    plugin_for: PluginFor,
    change: tuple[str, str | None, str | None],
    actor: str,
    about: list[str],
) -> list[str]:
    """Append what changes a file, as its domain tells it, and which ops that takes back."""
    from muse.store.log import checkpoints

    path, old, new = change
    plugin = plugin_for(path)
    name = getattr(plugin, "name", "files")
    sides = [SnapshotManifest(files={} if digest is None else {path: digest}, domain=name) for digest in (old, new)]
    repo.content.flush()
    checkpoints.pin(repo, filter(None, (old, new)))
    with content.using(repo.content):
        ops: list[Any] = [{**op, "undoes": about[:_NAMED]} for op in plugin.diff(*sides)["ops"]]
    mode = before(repo, path) if old is None else ""
    if mode:
        ops = [{**op, "mode": mode} for op in ops]
    made = log.record_all([Request(actor, name, op) for op in ops], level="durable")
    return [entry["op_id"] for entry in made]


def _name(entry: OpEntry) -> str:
    op: Any = entry["domain_op"]
    return f"op {entry['op_id'][7:19]} of {entry['actor_id']:.60} on {op['address']:.200}"


__all__ = ["Undone", "choose", "one", "undo", "undone"]
