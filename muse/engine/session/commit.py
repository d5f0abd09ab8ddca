"""From live edits to a commit: replay a session's ops onto HEAD, reconcile them with the files on disk, commit.

Ops are delivered once (`delivery`), and never over a commit: they are replayed on what they were made against
(`ground`), and that is merged with HEAD.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from muse.core import content
from muse.core.errors import ConflictError, DamageError, MuseError
from muse.core.op_log import OpEntry, OpLog, OpLogCheckpoint, Replay, in_runs, list_sessions, missing_content, spans
from muse.core.op_log.decoding import Row
from muse.core.op_log.entries import row_key
from muse.core.terminal import word
from muse.core.types import plural
from muse.domain import PluginFor, SnapshotManifest
from muse.engine.merge.one_file import how_from, merge_one
from muse.engine.session import delivery, rewritten, sparse, under_way, worktree
from muse.engine.session.delivery import effective, session_text
from muse.engine.session.elsewhere import elsewhere, unbacked
from muse.engine.session.ground import Choices
from muse.engine.session.modes import modes, on_disk
from muse.engine.session.on_head import on_head
from muse.engine.session.op_content import without_content
from muse.engine.session.own_index import needed, own_index
from muse.engine.session.replay import Replayed
from muse.engine.worktree.commit import keep_deltas

if TYPE_CHECKING:
    from muse.core.options import MergeOptions
    from muse.store.repository import Repository

Take = Literal["live", "log"]
EXTERNAL = "external"


@dataclass
class SessionCommit:
    """What `commit` did. `code` is Git's; `commit` is None when no file changed or Git refused."""

    code: int
    commit: str | None
    snapshot_id: str
    ops: int
    changed: list[str]
    external: list[str] = field(default_factory=list)
    overridden: list[str] = field(default_factory=list)
    waiting: int = 0
    rejected: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)


def start(repo: Repository, session: str) -> OpLog:
    """Begin a session: it belongs to the branch we stand on. A session that exists is joined."""
    log = OpLog(repo.root, session)
    pull(repo, log)
    if log.read_checkpoint() is None and not log.end():
        delivery.begin(repo, log, delivery.here(repo))
    return log


def existing(repo: Repository, session: str) -> OpLog:
    """The log of a session known here or to any writer whose refs we have, with their ops taken in."""
    log = OpLog(repo.root, session)
    pull(repo, log)
    if not log.folder.is_dir():
        raise MuseError(f"there is no session {session!r:.80}", hint="muse session list")
    return log


def known(repo: Repository, session: str) -> OpLog:
    """The log of a session that ops may be appended to; MuseError when nobody began it, here or elsewhere."""
    import shlex

    log = OpLog(repo.root, session)
    if not log.folder.is_dir() and session not in names(repo):
        name = shlex.quote(session)
        hint = f"muse session start {name}, or muse session append --create {name}; muse session list has the others"
        raise MuseError(f"there is no session {session!r:.80}", hint=hint)
    return log


def pull(repo: Repository, log: OpLog) -> list[str]:
    """Take in what other writers committed; lines about what was not taken."""
    from muse.store.log import checkpoints

    if checkpoints.is_foreign(repo, log.read_checkpoint()):
        raise MuseError(
            f"session {log.session_id()!r:.80} was recorded in another repository: its history is not here",
            hint=f"git fetch that history, or move {word(str(log.folder))} away",
        )
    report = checkpoints.pull(repo, log)
    return report.quarantined + report.doubted


def names(repo: Repository) -> list[str]:
    """Every session known here or to any writer, sorted."""
    from muse.store.log import checkpoints

    return sorted({*list_sessions(repo.root), *checkpoints.sessions(repo)})


def status(repo: Repository, log: OpLog, plugin_for: PluginFor | None = None) -> dict[str, Any]:
    """What a person asks about a session, as JSON; with `plugin_for`, what merges by hand have lost of it as well."""
    from muse.engine.session import expunge, repair

    with delivery.if_free(log) as free:  # else somebody is delivering, and sees to it
        if free:
            delivery.settle(repo, log)
        if free and plugin_for is not None:
            rewritten.follow(repo, log, plugin_for)
    count, actors = 0, set()
    for row in log.each():
        count += 1
        actors.add(row["actor_id"])
    view = log.replay(effective(repo, log))
    last = log.read_checkpoint()
    lost = [entry["op_id"] for entry in view.entries if missing_content(entry["domain_op"], repo.content)]
    gone = delivery.dropped(repo, log)
    return {
        "session": log.session_id(),
        "ops": count,
        "uncommitted": len(view.entries),
        "waiting": [entry["op_id"] for entry in view.waiting],
        "missing_content": lost,
        "actors": sorted(actors),
        "damage": log.damage(),
        "branch": None if last is None else last.get("branch"),
        "delivered": 0 if last is None else sum(not each.get("back") for each in last.get("deliveries", ())),
        "rejected": [] if last is None else [op for each in last.get("deliveries", ()) for op in each["rejected"]],
        "told_expunged": expunge.told_by_others(repo, log),
        "dropped": [each["commit"] for each in gone],
        "dropped_in": {each["commit"]: sorted(each["lost"]) for each in gone if each["lost"]},
        "elsewhere": [
            {"commit": each["commit"], "branch": each["branch"], "by": each["by"]} for each in elsewhere(repo, log)
        ],
        "unbacked": unbacked(repo, log),
        "lost_in_merges": []
        if plugin_for is None
        else [
            {"merge": each.merge, "path": each.path, "ops": each.ops} for each in repair.missing(repo, log, plugin_for)
        ],
        "checkpoint": None
        if last is None
        else {
            "snapshot_id": last["snapshot_id"],
            "created_at": last["created_at"],
            "op_count": last["op_count"],
        },
    }


def commit(
    repo: Repository,
    log: OpLog,
    plugin_for: PluginFor,
    *,
    flags: Sequence[str] = (),
    message: str | None = None,
    take: Take | None = None,
    accept_damage: bool = False,
    strict: bool = False,
    domain: str = "files",
    onto: str | None = None,
    choices: Choices | None = None,
    partial: bool = False,
) -> SessionCommit:
    """Commit what the session's pending ops make of what was delivered, merged with HEAD.

    What HEAD and the session both changed is a ConflictError unless `choices` settle it. Files on disk that differ from
    both HEAD and the result are merged with it, and the difference is recorded as an op of the actor `external`; where
    that conflicts, `take` decides or ConflictError is raised. Damage that no checkpoint has seen must be accepted.
    `strict` refuses ops that override one another; ops that cannot be applied are refused unless `partial`. `onto` is
    a branch the session is to belong to from now on.
    """
    if repo.work_tree is None:
        raise MuseError("this repository has no work tree to commit from")
    from muse.store.log import checkpoints

    under_way.refuse(repo)
    checkpoints.refuse_newer(repo, log.session_id())
    with delivery.one_at_a_time(log):
        told = [delivery.settle(repo, log), delivery.home(repo, log, onto)]
        rewritten.keep_roots(repo, log)
        rewritten.follow(repo, log, plugin_for)
        since = effective(repo, log)
        view = log.replay(since)
        _refuse_damage(log, accept_damage)
        left: list[str] = []
        if accept_damage:
            view, left = _without_lost(view, repo)
        done = on_head(repo, log, view, plugin_for, choices or Choices(), partial)
        done.overridden[:0] = left
        if strict and done.overridden:
            raise ConflictError("ops of the session override one another:\n" + "\n".join(done.overridden))
        before = _head_files(repo)
        live: dict[str, str | None] = {}
        away = sparse.left_out(repo, done.touched)
        external = _reconcile(repo, log, before, done, live, plugin_for, take, away)
        if external:
            view = _with_external(log, log.replay(since), view)
        snapshot = SnapshotManifest(files=done.files, domain=domain)
        work = _Work(repo, log, view, since, before, done, live, away)
        result = work.commit(snapshot, list(flags), message)
    result.external = external
    result.told[:0] = filter(None, told)
    if result.commit is not None:
        name = session_text(log.session_id())[:200]
        origin = {"session": name, "ops": len(work.view.entries), "snapshot_id": result.snapshot_id}
        trouble = keep_deltas(repo, result.commit, plugin_for, domain=domain, origin=origin)
        result.overridden += [trouble] if trouble else []
    return result


def _with_external(log: OpLog, now: Replay, view: Replay) -> Replay:
    """The view with the ops just recorded, but without what others appended in the meantime."""
    held = spans(view.rows)
    return now.only(
        lambda row: in_runs(held, row_key(row)) or (row["instance"], row["actor_id"]) == (log.instance, EXTERNAL)
    )


def _without_lost(view: Replay, repo: Repository) -> tuple[Replay, list[str]]:
    """The view without the ops whose content is nowhere and what follows from them, and a line about each."""
    lost = {entry["op_id"] for entry in without_content(view.entries, repo.content)}
    told: list[str] = []

    def is_left(row: Row) -> bool:
        if row["op_id"] not in lost and lost.isdisjoint(row["parent_op_ids"]):
            return True
        lost.add(row["op_id"])
        where = f"{row['domain_op']['address']:.200}: op {row['op_id'][7:19]} of {row['actor_id']:.60}"
        told.append(f"{where}: it is left out, its content or that of its cause is nowhere to be found")
        return False

    return view.only(is_left), told


def _refuse_damage(log: OpLog, accepted: bool) -> None:
    last = log.read_checkpoint()
    seen = set(last.get("quarantined", ())) if last else set()
    new = [found for found in log.damage() if found["name"] not in seen and found.get("of", "log") == "log"]
    if new and not accepted:
        raise DamageError(
            f"{len(new)} damaged piece(s) of the log lie in quarantine: {new[0]['reason']} at byte {new[0]['offset']}",
            hint=f"look at {log.folder / 'quarantine'}; --accept-damage commits without them",
        )


def _reconcile(
    repo: Repository,
    log: OpLog,
    before: dict[str, str],
    done: Replayed,
    seen: dict[str, str | None],
    plugin_for: PluginFor,
    take: Take | None,
    away: Collection[str],
) -> list[str]:
    """Bring replayed and live files together; the paths that were changed outside of the session.

    Files `away` from the disk are as HEAD has them.
    """
    how, _ = how_from({}, repo.work_tree)
    worktree.refuse_obstacles(repo, done)
    changes: list[tuple[str, str | None]] = []
    disputed: list[str] = []
    died = delivery.written(log)  # by a commit that was never made: the session's own, not somebody's edit
    found = worktree.lives(repo, [path for path in done.touched if path not in away])
    for path in sorted(done.touched):
        was, logged = before.get(path), done.files.get(path)
        seen[path] = live = was if path in away else found[path]
        if live in (logged, was, *died.get(path, ())):
            continue
        merged, clean = _merge_live(repo, path, was, live, logged, plugin_for, how, take)
        if not clean:
            disputed.append(path)
            continue
        steps = [merged] if take != "log" else [live, merged]
        at = logged
        for step in steps:
            if step != at:
                changes.append((path, at))
                _record_external(log, repo, path, at, step, plugin_for)
                at = step
        if merged is None:
            done.files.pop(path, None)
        else:
            done.files[path] = merged
    if disputed:
        hint = "--take live keeps the file and records it as an op, --take log keeps the session's version"
        if any(seen[path] is None for path in disputed):
            hint = f"if it has another name now, `git commit` that first, and the session's edits go there; else {hint}"
        raise ConflictError(f"the file on disk and the session disagree about {', '.join(disputed)}", hint=hint)
    return sorted({path for path, _ in changes})


def _merge_live(
    repo: Repository,
    path: str,
    was: str | None,
    live: str | None,
    logged: str | None,
    plugin_for: PluginFor,
    how: MergeOptions,
    take: Take | None,
) -> tuple[str | None, bool]:
    """The digest of both together, and whether there is one."""
    base, ours, theirs = (
        None if digest is None else content.fetch(repo.content, digest) for digest in (was, live, logged)
    )
    merged = merge_one(plugin_for(path), path, base, ours, theirs, how)
    if merged.conflicts and take is not None:
        pick = "ours" if take == "live" else "theirs"
        picks = {conflict.address: pick for conflict in merged.conflicts}
        how = how._replace(picks=picks)  # type: ignore[arg-type]
        merged = merge_one(plugin_for(path), path, base, ours, theirs, how)
        if merged.conflicts:
            return (live if take == "live" else logged), True
    if merged.conflicts:
        return None, False
    return None if merged.content is None else repo.content.put(merged.content), True


def _record_external(
    log: OpLog, repo: Repository, path: str, old: str | None, new: str | None, plugin_for: PluginFor
) -> None:
    """One op that says what happened to a file outside of the session."""
    from muse.store.log import checkpoints

    op: Any
    if new is None:
        op = {
            "op": "delete",
            "address": path,
            "position": None,
            "content_id": old or "",
            "content_summary": f"deleted {path} outside of the session",
        }
    elif old is None:
        op = {
            "op": "insert",
            "address": path,
            "position": None,
            "content_id": new,
            "content_summary": f"added {path} outside of the session",
            **on_disk(repo, path),
        }
    else:
        op = {
            "op": "replace",
            "address": path,
            "position": None,
            "old_content_id": old,
            "new_content_id": new,
            "old_summary": path,
            "new_summary": f"changed {path} outside of the session",
        }
    checkpoints.pin(repo, filter(None, (old, new)))
    log.record(EXTERNAL, getattr(plugin_for(path), "name", "files"), [op], level="durable")


@dataclass
class _Work:
    """One commit on its way: what was replayed on what, and what the files on disk were when we looked."""

    repo: Repository
    log: OpLog
    view: Replay
    since: list[OpLogCheckpoint]
    before: dict[str, str]
    done: Replayed
    live: dict[str, str | None]
    away: frozenset[str]

    def commit(self, snapshot: SnapshotManifest, flags: list[str], message: str | None) -> SessionCommit:
        """Checkpoint, then bring index and files to the snapshot, then let Git commit exactly the changed paths."""
        from muse.engine.git import attended
        from muse.store.log import checkpoints
        from muse.store.objects import snapshots

        repo, files = self.repo, snapshot["files"]
        old = repo.head()
        changed = sorted(path for path in self.before.keys() | files.keys() if self.before.get(path) != files.get(path))
        kinds = modes(repo, files, changed, self.done)
        tree = snapshots.write_tree(repo, snapshot, like=old, modes=kinds)
        checkpoints.save(repo, self.log)
        result = SessionCommit(
            0,
            None,
            _snapshot_id(repo, tree),
            len(self.view.entries),
            changed,
            overridden=self.done.overridden,
            waiting=len(self.view.waiting),
            rejected=list(self.done.rejected),
        )
        what = f"{plural(result.ops, 'op')}, {plural(len(changed), 'file')}"
        words = f"session {session_text(self.log.session_id())}: {what}"
        if message is not None or not flags:
            flags = ["-m", words if message is None else message, *flags]
        said = message if message is not None else words if flags[:2] == ["-m", words] else ""
        paths = sorted({*changed, *self.done.touched})
        with sparse.left_out_again(repo, self.away, files), worktree.staged(repo, paths):
            idle = not self.view.rows and not changed
            now = {path: files.get(path) for path in paths}
            prepared = {} if idle else delivery.prepare(repo, self.log, self.view, result.rejected, said, now, tree)
            worktree.put(repo, tree, paths, self.done, self.live, self.away)
            if idle:
                return result
            if not changed:
                if old is not None:  # HEAD has it all: that is where it was delivered
                    self._confirm(prepared, old, paths)
                return result
            named = worktree.without_displaced(changed, files.keys() & set(changed))
            env = {"GIT_LITERAL_PATHSPECS": "1", **delivery.action(prepared)}
            line = ["commit", "-q", *flags]
            if needed(repo, kinds):
                with own_index(repo, tree, changed) as more:
                    result.code = attended(repo, *line, env={**env, **more}, cwd=repo.root)
            else:
                only = ("--only", "--", *map(worktree.native, named))
                result.code = attended(repo, *line, *only, env=env, cwd=repo.root)  # the paths count from the top
        head = repo.head()
        if result.code or head is None or head == old:
            return result
        result.commit = delivery.made_now(repo, prepared, head)
        self._confirm(prepared, result.commit, paths)
        if repo.tree_of(result.commit) != tree:
            result.told.append(worktree.follow_hooks(repo, tree, _head_tree(repo)))
        return result

    def _confirm(self, prepared: dict[str, Any], commit: str, paths: list[str]) -> None:
        delivery.confirm(self.repo, self.log, self.view, self.since, prepared, commit, set(paths))


def _head_tree(repo: Repository) -> str:
    return repo.empty_tree if repo.head() is None else repo.tree_of("HEAD")


def _head_files(repo: Repository) -> dict[str, str]:
    tree = _head_tree(repo)
    return {} if tree == repo.empty_tree else repo.manifest(tree)["files"]


def _snapshot_id(repo: Repository, tree: str) -> str:
    from muse.store.objects import snapshots

    if tree == repo.empty_tree:
        return snapshots.snapshot_id(SnapshotManifest(files={}, domain="files"))
    return snapshots.snapshot_id(repo.manifest(tree))


def show(log: OpLog) -> list[OpEntry]:
    """Every op of the session in the one total order, those that wait last."""
    view = log.replay([])
    return [*view.entries, *view.waiting]
