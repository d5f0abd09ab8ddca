"""`muse commit`: `git add` of what is tracked and of what nobody ignores, `git commit`, then the structured delta.

Git does the first two, so that hooks, identity, signing, filters and attributes are what its configuration says.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from muse.core.errors import ConflictError, MuseError
from muse.core.ignore import is_ignored, load_patterns
from muse.engine.git import attended, shown
from muse.engine.worktree.index import IndexBefore, index_before, recover
from muse.engine.worktree.status import Entry, Status, read_status

if TYPE_CHECKING:
    from muse.domain import PluginFor
    from muse.store.objects.commits import Commit
    from muse.store.repository import Repository

PACK_FROM = 200  # this many new files are written as one pack instead of one file each
MOST = 2000  # changed paths; beyond this a delta is not worth keeping, it can be worked out again


def commit(
    repo: Repository,
    flags: Sequence[str],
    plugin_for: PluginFor,
    *,
    staged: bool = False,
    everything: bool = False,
    domain: str = "files",
    tell: Callable[[bytes], object] = lambda text: None,
) -> tuple[int, str]:
    """Commit and keep the delta: Git's exit code, and what went wrong with the delta in one line ("" when nothing did).

    `staged` commits the index as it is. Otherwise a partly staged index is refused, unless `everything` is meant.
    `tell` gets what `git commit` would print, where it is not Git that commits.
    """
    if repo.work_tree is None:
        raise MuseError("this repository has no work tree to commit from")
    if staged:
        code = attended(repo, "commit", *flags, meanwhile=lambda: _warm_up(repo))
    else:
        recover(repo)
        before = read_status(repo)
        added = untracked(repo, before, everything=everything)
        with index_before(repo, before.commit) as index:
            code = _commit_all(repo, before, added, flags, index, tell)
    return code, "" if code else keep_deltas(repo, "HEAD", plugin_for, domain=domain)


def _commit_all(
    repo: Repository,
    before: Status,
    added: Sequence[bytes],
    flags: Sequence[str],
    index: IndexBefore,
    tell: Callable[[bytes], object],
) -> int:
    """Commit what is tracked and what is added; the exit code. What fails leaves the index as it was."""
    code = 1
    try:
        if _written_here(repo, before, added, flags, tell):
            code = 0
        else:
            index.staged()
            words = stage(repo, before, added)
            index.staged()
            code = attended(repo, *words, "commit", *flags, "-a", meanwhile=lambda: _warm_up(repo))
    finally:
        if code and (repo.head() or "") == before.commit and not index.give_back() and added:
            repo.run("update-index", "--force-remove", "-z", "--stdin", input=b"\0".join(added) + b"\0")
    return code


def _written_here(
    repo: Repository, status: Status, added: Sequence[bytes], flags: Sequence[str], tell: Callable[[bytes], object]
) -> bool:
    """True when the commit was large and plain enough to be written without Git's own program.

    A small one is Git's: there, loading what writes objects takes longer than Git takes for all of it.
    """
    if sum(entry.kind in "12" for entry in status.entries) + len(added) < PACK_FROM:
        return False
    from muse.engine.worktree import direct

    said = direct.message_of(flags)
    if said is None or not direct.may_write(repo, status):
        return False
    message, quiet = said
    made = direct.commit(repo, status, added, message)
    if made is not None and not quiet:
        tell(direct.say(repo, status, made))
    return made is not None


def _warm_up(repo: Repository) -> None:
    """Load what the delta will need while Git commits."""
    import muse.engine.history.diff
    import muse.store.meta.deltas
    import muse.store.objects.disk  # noqa: F401

    repo.settings()


def untracked(repo: Repository, status: Status, *, everything: bool = False) -> list[bytes]:
    """The files to add: untracked, and ignored by nobody. A partly staged index is refused, unless it is all meant."""
    assert repo.work_tree is not None
    patterns = load_patterns(repo.work_tree)
    _refuse(status.entries, everything)
    # a folder is a repository of its own
    new = [entry.path.rstrip(b"/") for entry in status.entries if entry.kind == "?"]
    return [path for path in new if not (patterns and is_ignored(os.fsdecode(path), patterns))]


def stage(repo: Repository, status: Status, wanted: Sequence[bytes]) -> list[str]:
    """Put untracked files into the index; tracked ones are left to `git commit -a`.

    Returns settings for git commands that write many new objects.
    """
    changed = sum(entry.kind in "12" and entry.unstaged != "." for entry in status.entries)
    words = ["-c", "core.bigFileThreshold=1"] if len(wanted) + changed >= PACK_FROM else []
    if wanted:
        flags = ("--add", "--replace", "--remove", "-z", "--stdin")  # --remove: it may have vanished meanwhile
        repo.git(*words, "update-index", *flags, input=b"\0".join(wanted) + b"\0")
    return words


def _refuse(entries: list[Entry], everything: bool) -> None:
    unmerged = [entry for entry in entries if entry.kind == "u"]
    if unmerged:
        names = ", ".join(os.fsdecode(entry.path) for entry in unmerged[:3]) + (", ..." if len(unmerged) > 3 else "")
        raise ConflictError(
            f"{len(unmerged)} path(s) are still in conflict: {names}",
            hint="muse conflicts, then muse resolve PATH (or edit it and git add PATH)",
        )
    tracked = [entry for entry in entries if entry.kind in "12"]
    some_staged = any(entry.staged != "." for entry in tracked)
    left = next((entry for entry in tracked if entry.unstaged not in ".A"), None)
    if some_staged and left is not None and not everything:
        raise MuseError(
            f"the index is partly staged: {os.fsdecode(left.path)} has changes that are not in it",
            hint="muse commit --staged commits the index as it is, muse commit --all everything",
        )


def keep_deltas(
    repo: Repository,
    commit: str,
    plugin_for: PluginFor,
    *,
    domain: str = "files",
    origin: Mapping[str, Any] | None = None,
    most: int = 0,
) -> str:
    """Store the delta from each parent of a commit, with where it came from; "" or why it could not be.

    The commit stands whatever happens. `most`: files above which none is stored; it is then told when it is asked for.
    """
    from muse.engine.history.changes import between
    from muse.engine.history.diff import describe, made_by
    from muse.store.meta import deltas

    try:
        for base, tree in tree_pairs(repo, commit):
            found = between(repo, base, tree) if base != tree else []
            if 0 < len(found) <= (most or MOST):
                delta = describe(repo, found, plugin_for, domain=domain, seconds=5.0)
                deltas.save(repo, base, tree, delta, origin, plugins=made_by(found, plugin_for))
                _keep_states(repo, commit, [change.path for change in found if change.status == "M"], plugin_for)
    except MuseError as error:
        return f"the commit is made, its structured delta was not kept: {error}"
    except OSError as error:
        return f"the commit is made, its structured delta was not kept: {error.strerror}"
    return ""


def _keep_states(repo: Repository, commit: str, paths: list[bytes], plugin_for: PluginFor) -> None:
    """The CRDT states of joined files that a commit of one parent edited."""
    from muse.core.options import MergeOptions
    from muse.engine.merge.one_file import rules_in, settings
    from muse.engine.merge.plugin_answer import wants_join

    parents = _commit(repo, commit).parents
    how = MergeOptions(rules=rules_in(repo, commit), config=settings(repo))
    joined = [path for path in paths if wants_join(plugin_for(shown(path)), shown(path), how)]
    if joined and len(parents) == 1:
        from muse.engine.merge.join_states import keep_commit

        keep_commit(repo, commit, parents[0], joined, plugin_for)


def tree_pairs(repo: Repository, commit: str) -> list[tuple[str, str]]:
    """(parent's tree, commit's tree) for each parent; a root commit's base is the empty tree."""
    found = _commit(repo, commit)
    bases = [_commit(repo, parent).tree for parent in found.parents] or [repo.empty_tree]
    return [(base, found.tree) for base in bases]


def tree_of_commit(repo: Repository, commit: str) -> str:
    """The tree of a commit."""
    return _commit(repo, commit).tree


def _commit(repo: Repository, commit: str) -> Commit:
    """A commit, read without another process."""
    from muse.store.objects.commits import parse

    try:
        _, data = repo.objects.read(f"{commit}^{{commit}}")
    except KeyError:
        raise MuseError(f"commit {commit[:12]} is not in this repository", hint="git fetch --unshallow") from None
    return parse(commit, data)
