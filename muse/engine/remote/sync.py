"""One round of `muse sync`: everything of a remote in, joined where it may be, everything of ours out.

Many processes may do this at once: one at a time per clone (a lock beside the repository), and against other clones by
Git's own compare-and-swap, with another try when somebody was quicker.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from muse.core.errors import ConflictError, MuseError
from muse.core.sharing import locked
from muse.engine.git import watched
from muse.engine.merge.join_push import join_commits
from muse.store import sync
from muse.store.remotes import follow
from muse.store.repository import git_error

if TYPE_CHECKING:
    from muse.domain import PluginFor
    from muse.store.repository import Repository

TRIES = 20
PLAIN = {"GIT_TERMINAL_PROMPT": "0"}


@dataclass
class Round:
    """What one round did; `branch` is None on a detached HEAD or without an upstream.

    `repairs` names the sessions of which a merge in HEAD's history has lost something, as can be seen since this round.
    """

    remote: str
    fetched: int = 0
    pushed: int = 0
    branch: str | None = None
    action: str = "up to date"
    commit: str | None = None
    problem: str = ""
    repairs: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, object]:
        """The round as agents read it."""
        return dict(vars(self))


def default_remote(repo: Repository) -> str:
    """The remote of the current branch, else the only one, else origin."""
    branch = current_branch(repo)
    told = repo.config(f"branch.{branch}.remote") if branch else None
    if told and told != ".":
        return told
    names = repo.git("remote").decode().split()
    if not names:
        raise MuseError("this repository has no remote", hint="git remote add origin muse::<where>")
    return names[0] if len(names) == 1 else "origin"


def known_remote(repo: Repository, name: str) -> None:
    """MuseError when there is no such remote."""
    names = repo.git("remote").decode("utf-8", "surrogateescape").split()
    if name not in names:
        known = ", ".join(names) if names else "none; git remote add NAME URL"
        raise MuseError(f"there is no remote {name!r}", hint=f"remotes here: {known}")


def current_branch(repo: Repository) -> str | None:
    """The branch HEAD is on, without `refs/heads/`; None when it is detached."""
    name = repo.git("symbolic-ref", "-q", "--short", "HEAD", check=False).decode().strip()
    return name or None


def address(repo: Repository, remote: str) -> str:
    """Where plain Git finds the remote: its URL without `muse::`."""
    url = repo.git("remote", "get-url", "--", remote).decode("utf-8", "surrogateescape").strip()
    url = url.removeprefix("muse::")
    return "file" + url.removeprefix("muse") if url.startswith("muse://") else url


def sync_once(repo: Repository, remote: str, plugin_for: PluginFor, *, push: bool = True) -> Round:
    """One round. A branch that cannot be joined is a `problem`; an unreachable remote a MuseError."""
    from muse.engine.session.keep import let_go
    from muse.engine.session.rewritten import follow_all
    from muse.store.meta.broken import mend

    done = Round(remote)
    with locked(repo.common_dir / "muse" / "sync.lock"):
        mend(repo, quick=True)
        follow(repo, lambda gone: let_go(repo, gone), remote)
        where = address(repo, remote)
        done.fetched = _metadata_in(repo, remote, where, done)
        for attempt in range(TRIES):
            _fetch(repo, remote)
            if _settle_branch(repo, remote, plugin_for, done, push):
                break
            time.sleep(random.uniform(0, min(0.05 * 2**attempt, 2.0)))
        else:
            done.problem = f"{done.branch} moved {TRIES} times while we tried to push"
        if push and done.action != "refused":  # what a server refuses, it does not get by another way
            follow_all(repo, plugin_for)
            _metadata_out(repo, remote, where, done)
        if done.fetched or done.action in ("fast-forwarded", "joined", "joined and pushed"):
            done.repairs = _repairs(repo, plugin_for)
    return done


def _repairs(repo: Repository, plugin_for: PluginFor) -> list[str]:
    """The sessions here of which merges by plain Git have lost something: it shows when another clone's log comes."""
    from muse.core.op_log import OpLog, list_sessions
    from muse.engine.session import repair

    names = list_sessions(repo.root) if repo.work_tree is not None else []
    return [name for name in names if repair.missing(repo, OpLog(repo.root, name), plugin_for)]


def _metadata_in(repo: Repository, remote: str, where: str, done: Round) -> int:
    try:
        return sync.fetch_metadata(repo, remote, where)
    except sync.Contradiction as error:
        done.problem = str(error)
        return 0


def _metadata_out(repo: Repository, remote: str, where: str, done: Round) -> None:
    from muse.store.log import checkpoints
    from muse.store.meta.writer_refs import check_own

    check_own(repo)  # after a restored backup or a copied disk we go on under a new name
    for error in checkpoints.save_all(repo):
        done.problem = done.problem or str(error)
    prefix = repo.config("muse.refPrefix") or "refs/muse/"
    try:
        done.pushed = sync.push_own(repo, remote, where, prefix=prefix, renew=lambda: check_own(repo))
    except MuseError as error:
        done.problem = done.problem or str(error)


def _fetch(repo: Repository, remote: str) -> None:
    """Branches only: the metadata has its own fetch."""
    words = ("-c", "muse.autoSetup=false", "fetch", "-q", "--no-write-fetch-head", "--no-auto-gc", "--", remote)
    done = watched(repo, *words, env=PLAIN)
    if done.returncode:
        raise git_error(done.stderr, f"git fetch failed ({done.returncode})")


def _settle_branch(repo: Repository, remote: str, plugin_for: PluginFor, done: Round, push: bool) -> bool:
    """Bring the current branch and its upstream together; False when somebody was quicker."""
    done.branch = current_branch(repo)
    upstream = repo.git("rev-parse", "-q", "--symbolic-full-name", "@{upstream}", check=False).decode().strip()
    target = repo.config(f"branch.{done.branch}.merge")
    if not done.branch or not target or repo.config(f"branch.{done.branch}.remote") != remote:
        done.branch = None
        return True
    ours = repo.head()
    theirs = repo.git("rev-parse", "-q", "--verify", upstream, check=False).decode().strip() if upstream else ""
    if ours is None or (theirs and repo.is_ancestor(ours, theirs)):
        if theirs and theirs != ours:
            _forward(repo, theirs, done, "fast-forwarded")
        return True
    if theirs and not repo.is_ancestor(theirs, ours):
        anything = repo.config_bool("muse.joinOnPush", False)
        message = f"Merge branch '{done.branch}' of {remote}"
        try:
            joined = join_commits(repo, ours, theirs, plugin_for, message=message, anything=anything)
        except ConflictError as error:
            done.action, done.problem = "diverged", f"{done.branch} and {remote} are not joined: {error}"
            return True
        if not _forward(repo, joined.commit, done, "joined"):
            return True
    return not push or _push_branch(repo, remote, target, done)


def _forward(repo: Repository, commit: str, done: Round, action: str) -> bool:
    """Move branch and work tree forward, or leave both and say why (uncommitted changes in the way)."""
    moved = repo.run("merge", "-q", "--ff-only", "--no-stat", commit)
    if moved.returncode:
        said = moved.stderr.decode("utf-8", "replace").strip().splitlines()
        done.action, done.problem = (
            "stopped",
            said[0].removeprefix("error: ") if said else "the work tree is in the way",
        )
        return False
    done.action, done.commit = action, commit
    return True


def _push_branch(repo: Repository, remote: str, target: str, done: Round) -> bool:
    settings = ("-c", "muse.autoSetup=false", "-c", "muse.joinOnPush=false")
    sent = repo.run(*settings, "push", "-q", "--porcelain", remote, f"HEAD:{target}", env=PLAIN)
    if sent.returncode == 0:
        done.action = "joined and pushed" if done.action == "joined" else "pushed"
        done.commit = repo.head()
        return True
    out = sent.stdout.decode("utf-8", "replace")
    if any(word in out for word in ("fetch first", "non-fast-forward", "failed to update ref", "cannot lock ref")):
        return False
    if "!" not in out:
        raise MuseError((sent.stderr.decode("utf-8", "replace").strip().splitlines() or ["the push failed"])[0])
    done.action = "refused"
    done.problem = next(line for line in out.splitlines() if line.startswith("!")).split("\t")[-1]
    return True
