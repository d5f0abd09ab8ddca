"""When ops became part of a branch: once, and on the branch they were meant for.

A session belongs to the branch it was started on. A delivery is recorded by op key: prepared before the commit, with an
id that Git writes into the reflog (GIT_REFLOG_ACTION), and confirmed after it. What died between the two is decided by
that id, or without reflogs by a child of the prepared parent with the prepared message. Nothing that happens to history
later makes a delivered op pending again; `redeliver` does, when somebody asks.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from muse.core.errors import MuseError
from muse.core.op_log import NOTHING, OpLog, OpLogCheckpoint, Replay, in_spans, spans
from muse.core.sharing import locked
from muse.core.terminal import command, word
from muse.core.types import now_utc_iso
from muse.engine.session import parts, under_way
from muse.engine.session.carriers import carriers
from muse.engine.session.checked_out import where_checked_out
from muse.engine.session.renamed import followed, mark

if TYPE_CHECKING:
    from pathlib import Path

    from muse.store.repository import Repository

_RECENT = 200
Spans = dict[str, list[list[int]]]


class Place(NamedTuple):
    """Where a session is at home: a branch's full name, or "" and the commit of a detached HEAD."""

    branch: str
    at: str


@contextmanager
def one_at_a_time(log: OpLog) -> Iterator[None]:
    """Held while deliveries of a session are prepared, made or settled: by one process.

    MuseError in a hook of the very commit that delivers the session, which would wait for itself.
    """
    with if_free(log) as free:
        if free:
            yield
            return
    last = log.read_checkpoint()
    made = None if last is None else last.get("prepared")
    if made is not None and os.environ.get("GIT_REFLOG_ACTION") == _action(made["id"]):
        raise MuseError(
            f"session {log.session_id()!r:.80} is being committed, and this is a hook of that commit",
            hint="run it when the commit is made",
        )
    with locked(_lock_file(log)):
        yield


def if_free(log: OpLog) -> AbstractContextManager[bool]:
    """As `one_at_a_time`, without waiting; False when somebody else has it."""
    return locked(_lock_file(log), wait=False)


def _lock_file(log: OpLog) -> Path:
    return log.folder / "delivery.lock"


def session_text(name: str) -> str:
    """A session's name in text that can be hashed and written: it may hold bytes that are not UTF-8."""
    return name.encode("utf-8", "backslashreplace").decode()


# Which ops are delivered -------------------------------------------------------------------------------------------


def effective(repo: Repository, log: OpLog, history: str = "HEAD") -> list[OpLogCheckpoint]:
    """The checkpoints that count: our own, other writers', and of those from before deliveries the ones whose tree is
    that of a commit in HEAD's history, or in that of another branch.
    """
    from muse.store.log import checkpoints

    last = log.read_checkpoint()
    own = [] if last is None else [last, *last.get("earlier", ())]
    foreign = checkpoints.checkpoints(repo, log.session_id())
    there = trees_in_history(repo, {made["tree"] for made in (*own, *foreign) if "tree" in made}, history)
    counting = [made for made in own if made.get("tree") is None or made["tree"] in there][:1]
    back = [] if last is None else [cast(Spans, each["ops"]) for each in last.get("deliveries", ()) if each.get("back")]
    others = [made for made in foreign if ("tree" in made and made["tree"] in there) or "branch" in made]
    return counting + [_without(made, back) for made in others]


def _without(made: OpLogCheckpoint, back: list[Spans]) -> OpLogCheckpoint:
    """A checkpoint that does not hold ops which were asked back here."""
    if not back:
        return made
    holes = {who: set(missing) for who, missing in made.get("holes", {}).items()}
    for ops in back:
        for who, runs in ops.items():
            top = made.get("positions", {}).get(who, 0)
            missing = holes.setdefault(who, set())
            missing.update(n for first, last in runs for n in range(first, min(last, top) + 1))
    return cast(OpLogCheckpoint, {**made, "holes": {who: sorted(found) for who, found in holes.items() if found}})


def trees_in_history(repo: Repository, trees: set[str], history: str = "HEAD") -> set[str]:
    """Which trees are those of HEAD (or another branch) or its ancestors; the recent ones are looked at first."""
    there = {repo.empty_tree} & trees
    if repo.head() is None:
        return there
    for limit in ([f"-n{_RECENT}"], []):
        if trees <= there:
            break
        there |= trees & set(repo.git("log", "--format=%T", *limit, history, "--").decode().split())
    return there


def lines(repo: Repository, log: OpLog) -> list[list[dict[str, Any]]]:
    """The confirmed deliveries each clone has told of, its oldest first; ours are the last of the lines."""
    from muse.store.log import checkpoints

    last = log.read_checkpoint()
    own = [] if last is None else last.get("deliveries", [])
    ours = {each["id"] for each in own}
    told = [made.get("deliveries", []) for made in checkpoints.checkpoints(repo, log.session_id())]
    return [*([each for each in line if each["id"] not in ours] for line in told), own]


# Where a session is at home ----------------------------------------------------------------------------------------


def here(repo: Repository) -> Place:
    """Where HEAD stands."""
    return Place(repo.branch() or "", repo.head() or "")


def home(repo: Repository, log: OpLog, onto: str | None = None) -> str:
    """Make sure that the session may be committed where HEAD stands; a line about a place it took just now, or "".

    A branch that was renamed is followed. `onto` is the branch that is wanted instead of the session's own; it must be
    the one that is checked out. MuseError with what to type, else.
    """
    made, now = log.read_checkpoint(), here(repo)
    if onto is not None:
        wanted = onto if onto.startswith("refs/") else f"refs/heads/{onto}"
        if wanted != now.branch and not (onto == "HEAD" and not now.branch):
            raise MuseError(
                f"{onto} is not checked out", hint=f"{command('git', 'switch', onto)}, then the same command again"
            )
        begin(repo, log, now)
        return ""
    if made is None or "branch" not in made:
        found = told_by_others(repo, log) or _of_its_tree(repo, made)
        begin(repo, log, found or now)
        if found is None:
            return f"the session belongs to {_name(now)} from now on" if made is not None or log.end() else ""
        made = log.read_checkpoint()
        assert made is not None
    was = Place(_followed(repo, log, made), made.get("at", ""))
    if was.branch == now.branch:
        if was.branch or not was.at or (now.at and repo.is_ancestor(was.at, now.at)) or was.at in reflog(repo, "HEAD"):
            return ""
    elif was.branch and now.branch and _renamed(repo, was.branch, now.branch):
        log.annotate(branch=now.branch, born=mark(repo, now.branch))
        return ""
    away = under_way.away(repo) if was.branch and not now.branch else None
    if away is not None and away.branch == was.branch:
        raise away.refusal()
    gone = was.branch and repo.run("rev-parse", "-q", "--verify", was.branch).returncode
    other = f"{_name(was)}, which is gone" if gone else _name(was)
    hint = f"{command('muse', 'session', 'commit', 'NAME', '--onto', _short(now.branch) or 'HEAD')} delivers here"
    if was.branch and not gone:
        there = where_checked_out(repo, was.branch)
        first = f"it is checked out in {word(there)}" if there else command("git", "switch", _short(was.branch))
        hint = f"{first}, or {hint}"
    raise MuseError(f"the session belongs to {other}; {_name(now)} is checked out", hint=hint)


def _followed(repo: Repository, log: OpLog, made: OpLogCheckpoint) -> str:
    """The session's branch under the name it has now, which is noted."""
    known = made.get("born", "")
    branch = followed(repo, made["branch"], known)
    now = mark(repo, branch)
    if (branch, now) != (made["branch"], known):
        log.annotate(branch=branch, born=now)
    return branch


def told_by_others(repo: Repository, log: OpLog) -> Place | None:
    """Where other clones say that a session is at home."""
    from muse.store.log import checkpoints

    told = [made for made in checkpoints.checkpoints(repo, log.session_id()) if made.get("branch")]
    return Place(told[-1]["branch"], told[-1].get("at", "")) if told else None


def _of_its_tree(repo: Repository, made: OpLogCheckpoint | None) -> Place | None:
    """Of a session from before deliveries: the branch whose history has its last checkpoint, where HEAD's has not."""
    tree = None if made is None else made.get("tree")
    if tree is None or tree in trees_in_history(repo, {tree}):
        return None
    commit = commit_of_tree(repo, [tree], "--branches")
    words = ("for-each-ref", "--count=1", "--format=%(refname)", "--contains", commit, "refs/heads")
    return Place(repo.git(*words).decode().strip(), commit) if commit else None


def begin(repo: Repository, log: OpLog, place: Place) -> None:
    """Give a session its place; where it has no checkpoint of this kind yet, one that holds what counts so far."""
    from muse.store.log import checkpoints
    from muse.store.objects import snapshots

    made = log.read_checkpoint()
    if made is not None and "branch" in made:
        log.annotate(branch=place.branch, at=place.at, born=mark(repo, place.branch))
        return
    old = made is not None and "tree" in made and bool(place.at) and place.at != repo.head()
    history = place.at if old and repo.objects.resolve(f"{place.at}^{{commit}}") is not None else "HEAD"
    since = effective(repo, log, history)
    more: dict[str, Any] = {"branch": place.branch, "at": place.at, "born": mark(repo, place.branch)}
    told = [each for each in since if "tree" in each]
    if told:  # from before deliveries: the commit that has its tree
        more["at"] = commit_of_tree(repo, [each["tree"] for each in told], history) or place.at
    if made is None:
        more["roots"] = checkpoints.roots(repo)
    known = bool(more["at"]) and repo.objects.resolve(f"{more['at']}^{{commit}}") is not None
    tree = repo.tree_of(more["at"]) if known else repo.empty_tree
    what = snapshots.snapshot_id(repo.manifest(tree)) if tree != repo.empty_tree else snapshots.snapshot_id(_EMPTY)
    more["quarantined"] = list(made.get("quarantined", ())) if made is not None else []  # nobody has been told yet
    log.checkpoint(what, replay=NOTHING, since=since, more=more)


_EMPTY: Any = {"files": {}, "domain": "files"}


def commit_of_tree(repo: Repository, trees: list[str], history: str = "HEAD") -> str:
    """The newest commit of HEAD's history, or of what else is named, that has one of the trees; or ""."""
    if repo.head() is None:
        return ""
    for line in repo.git("log", "--format=%H %T", history, "--").decode().splitlines():
        commit, _, tree = line.partition(" ")
        if tree in trees:
            return commit
    return ""


def _renamed(repo: Repository, old: str, new: str) -> bool:
    if not repo.run("rev-parse", "-q", "--verify", old).returncode:
        return False
    said = repo.run("reflog", "show", "--format=%gs", new, "--").stdout.decode("utf-8", "replace").split("\n")
    return any(f"renamed {old} to " in line for line in said)


def reflog(repo: Repository, ref: str) -> list[str]:
    """What a ref was, the newest first; nothing where no reflog is kept."""
    return repo.run("reflog", "show", "--format=%H", ref or "HEAD", "--").stdout.decode().split()


def _short(branch: str) -> str:
    return branch.removeprefix("refs/heads/")


def _name(place: Place) -> str:
    return f"branch {_short(place.branch)}" if place.branch else f"a detached HEAD at {place.at[:10]}"


# One delivery ------------------------------------------------------------------------------------------------------


def prepare(
    repo: Repository,
    log: OpLog,
    view: Replay,
    rejected: list[str],
    message: str,
    files: Mapping[str, str | None] | None = None,
    tree: str = "",
) -> dict[str, Any]:
    """Note durably what the commit to come is going to deliver, and the contents it will put on the disk before; by its
    `tree` it is known too, where no reflog is kept and a hook changed its message.
    """
    made = {
        "id": os.urandom(8).hex(),
        "commit": "",
        "parent": repo.head() or "",
        "branch": repo.branch() or "",
        "message": message,
        "ops": spans(view.rows),
        "rejected": rejected,
        "made_at": now_utc_iso(),
    }
    log.annotate(prepared={**made, "tree": tree}, written=_with(written(log), files or {}) or None)
    return made


def written(log: OpLog) -> dict[str, list[str | None]]:
    """Path -> what commits that were never made may have put there."""
    last = log.read_checkpoint()
    return {} if last is None else last.get("written", {})


def _with(known: Mapping[str, list[str | None]], more: Mapping[str, str | None]) -> dict[str, list[str | None]]:
    added = {path: [*(each for each in known.get(path, ()) if each != now), now] for path, now in more.items()}
    return {**known, **added}


def confirm(
    repo: Repository,
    log: OpLog,
    view: Replay,
    since: list[OpLogCheckpoint],
    made: Mapping[str, Any],
    commit: str,
    touched: set[str],
) -> OpLogCheckpoint:
    """Note that a commit has delivered the prepared ops; its files are what was delivered, hooks' work included."""
    from muse.store.log import checkpoints
    from muse.store.objects import snapshots

    snapshot = repo.manifest(commit)
    last = log.read_checkpoint() or cast(OpLogCheckpoint, {})
    paths: dict[str, str | None] = {**last.get("paths", {})}
    paths.update({path: snapshot["files"].get(path) for path in touched})
    told = [
        each for each in last.get("deliveries", ()) if not (each.get("back") and is_part(each["ops"], [made["ops"]]))
    ]
    done = {**{name: value for name, value in made.items() if name != "tree"}, "commit": commit}
    more = {"deliveries": [*told, done], "paths": paths}
    if not made["branch"]:
        more["at"] = commit
    held = log.checkpoint(snapshots.snapshot_id(snapshot), replay=view, since=since, more=more)
    checkpoints.save(repo, log, held)
    return held


def is_part(ops: Spans, of: Sequence[Spans]) -> bool:
    """True when every op of these spans is in one of the others."""
    return all(
        any(a <= first and last <= b for each in of for a, b in each.get(who, ()))
        for who, runs in ops.items()
        for first, last in runs
    )


def settle(repo: Repository, log: OpLog) -> str:
    """Decide a delivery that was prepared and never confirmed; a line about it, or "". The caller holds the lock."""
    last = log.read_checkpoint()
    made = None if last is None else last.get("prepared")
    if made is None:
        return ""
    commit = _made_by(repo, made)
    if not commit:
        log.annotate(prepared=None)
        return ""
    since = effective(repo, log)
    view = log.replay(since)
    view = view.only(lambda row: in_spans(made["ops"], row))
    ops: list[Any] = [row["domain_op"] for row in view.rows]
    names = [name for op in ops for name in (op["address"], op.get("from_address")) if isinstance(name, str)]
    touched = {name.partition("::")[0] for name in names}
    confirm(repo, log, view, since, made, commit, touched)
    return f"commit {commit[:10]} of an interrupted session commit is taken up"


def _made_by(repo: Repository, made: Mapping[str, Any]) -> str:
    """The commit of a prepared delivery, or ""."""
    refs = [ref for ref in (made["branch"], "HEAD") if ref]
    for ref in refs:
        said = repo.run("reflog", "show", "--format=%H %gs", ref, "--").stdout.decode("utf-8", "replace")
        told = [line.partition(" ")[0] for line in said.split("\n") if _action(made["id"]) in line]
        there = [commit for commit in told if _was_at(repo, ref, commit)]
        if there:  # a hook may have gone on from it under the same name
            return next((commit for commit in reversed(there) if repo.is_ancestor(commit, ref)), there[0])
    wanted, mark = made["message"].strip(), os.urandom(8).hex()
    for ref in refs:
        if repo.run("rev-parse", "-q", "--verify", f"{ref}^{{commit}}").returncode or reflog(repo, ref):
            continue
        span = [f"{made['parent']}..{ref}"] if made["parent"] else [ref]
        done = repo.run("log", f"--format={mark}%H %T %P%n%B", *span, "--")
        rows = done.stdout.decode("utf-8", "replace").split(mark)
        for row in filter(None, rows):
            names, _, body = row.partition("\n")
            commit, tree, *parents = names.split()
            same = tree == made.get("tree") or (wanted and body.strip().startswith(wanted))
            if same and "".join(parents[:1]) == made["parent"]:
                return commit
    return ""


def made_now(repo: Repository, made: Mapping[str, Any], head: str) -> str:
    """The commit of a prepared delivery when Git is done: HEAD, or what a hook went on from."""
    _, *parents = repo.git("rev-list", "--parents", "-n1", head).decode().split()
    return head if "".join(parents[:1]) == made["parent"] else _made_by(repo, made) or head


def _was_at(repo: Repository, ref: str, commit: str) -> bool:
    """True when a ref that has a commit in its reflog was moved to it: Git writes the line first, and a full disk may
    end it there. Later lines then go on from what the ref was before."""
    if repo.is_ancestor(commit, ref):
        return True
    try:
        lines = ((repo.git_dir if ref == "HEAD" else repo.common_dir) / "logs" / ref).read_bytes().splitlines()
    except OSError:
        return True  # it is kept in another form, whose writes are whole
    return any(line.startswith(commit.encode()) for line in lines)


def action(made: Mapping[str, Any]) -> dict[str, str]:
    """The environment in which Git notes the delivery's id in the reflog."""
    return {"GIT_REFLOG_ACTION": _action(made["id"])}


def _action(name: str) -> str:
    return f"muse-session-{name}"


def dropped(repo: Repository, log: OpLog) -> list[dict[str, Any]]:
    """Deliveries of ours whose commit is in no branch any more, and that were not asked back; with `lost`, the files of
    which that is true where it is not true of all.

    A rewritten commit is in a branch as long as one is that carries the same (`rewritten`).
    """
    last = log.read_checkpoint()
    became = {} if last is None else carriers([last])
    found = []
    for each in () if last is None else last.get("deliveries", ()):
        if each["commit"] and not each.get("back"):
            lost = parts.missing(repo, log, each, became, lambda name: in_a_branch(repo, name))
            if lost is None or lost:
                found.append({**each, "lost": lost})
    return found


def in_a_branch(repo: Repository, commit: str) -> bool:
    """True when a commit is in HEAD's history or in that of a branch, a remote's included."""
    if repo.is_ancestor(commit, "HEAD"):
        return True
    done = repo.run("for-each-ref", "--count=1", "--contains", commit, "refs/heads", "refs/remotes")
    return done.returncode == 0 and bool(done.stdout.strip())


def redeliver(
    repo: Repository, log: OpLog, commits: list[str], others: Sequence[Mapping[str, Any]] = ()
) -> list[dict[str, Any]]:
    """Make the ops of these deliveries pending again (without any: of ours whose commit is in no branch any more).

    `others` are deliveries of other clones among which commits are looked for as well. Where a branch has a part of a
    delivery, that part stays delivered.
    """
    from muse.store.log import checkpoints

    last = log.read_checkpoint()
    told = [] if last is None else last.get("deliveries", [])
    ours = dropped(repo, log)
    waiting = {each["commit"] for each in told if each.get("back")}
    named = [each for each in (*told, *others) if any(each["commit"].startswith(name) for name in commits)]
    wanted = [each for each in named if each.get("back") or each["commit"] not in waiting]
    chosen = {each["id"]: each for each in (wanted if commits else ours)}
    if not chosen or last is None:
        return []
    lost = {each["id"]: each["lost"] for each in (*ours, *others)}
    known = {each["id"] for each in told}
    marked, back = [], []
    for each in (*told, *(made for name, made in chosen.items() if name not in known)):
        if each["id"] not in chosen:
            marked.append(each)
            continue
        plain = {name: value for name, value in each.items() if name not in ("lost", "by")}
        asked, rest = parts.asked_back(log, plain, lost.get(each["id"]))
        if rest is not None and each["id"] in known:
            marked.append(rest)
        else:  # another clone goes on to tell of the rest of its own
            asked["id"] = each["id"]
        back.append(asked)
    holding = _without(last, [each["ops"] for each in back])
    more = {"deliveries": [*marked, *back]}
    log.checkpoint(last["snapshot_id"], replay=NOTHING, since=[_portable(holding)], more=more)
    checkpoints.save(repo, log)
    return back


def _portable(made: OpLogCheckpoint) -> OpLogCheckpoint:
    """A checkpoint without the offsets below which nothing is looked at."""
    return cast(OpLogCheckpoint, {key: value for key, value in made.items() if key not in ("offset", "end", "log")})
