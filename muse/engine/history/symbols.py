"""The history of one symbol, across renames of the symbol and of its file.

A domain takes part when its plugin has `symbol_lines` and `symbol_before`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from muse.core.errors import MuseError
from muse.core.progress import counted
from muse.domain import PluginFor
from muse.engine.git import shown
from muse.engine.history.changes import between
from muse.engine.history.log import Commit, commits
from muse.engine.worktree.commit import tree_of_commit

if TYPE_CHECKING:
    from muse.store.repository import Repository


class Step(NamedTuple):
    """A commit that changed the symbol: its address after the commit, and before it ("" when it was added)."""

    commit: Commit
    address: str
    before: str


def lines_of(repo: Repository, path: str, address: str, rev: str | None, plugin_for: PluginFor) -> tuple[int, int]:
    """First and last line of a symbol in a revision, or in the work tree; MuseError when it is not there."""
    plugin = _plugin(path, plugin_for)
    if rev is None:
        from muse.core.filedomain import inside, read_entry

        if repo.work_tree is None:
            raise MuseError("this repository has no work tree", hint="name a revision")
        try:
            data = read_entry(inside(repo.work_tree, path))
        except OSError as error:
            raise MuseError(f"{path}: {error.strerror}") from None
    else:
        data = _blob(repo, repo.resolve(rev), path)
    found: tuple[int, int] | None = plugin.symbol_lines(path, data, address)
    if found is None:
        raise MuseError(f"there is no {address} in {path}")
    return found


def history(repo: Repository, path: str, address: str, words: Sequence[str], plugin_for: PluginFor) -> Iterator[Step]:
    """The commits that changed a symbol, newest first, down to the one that added it.

    `words` are `git log` options and at most one revision to start from (HEAD when there is none).
    """
    plugin = _plugin(path, plugin_for)
    newest = next(iter(commits(repo, [*words, "-n1"])), None)
    if newest is not None and plugin.symbol_lines(path, _blob(repo, newest.id, path), address) is None:
        raise MuseError(f"there is no {address} in {path} at {newest.id[:9]}")
    names = [(path, address)]  # what the symbol is called, and was called before
    waiting: list[Commit] = []  # on a branch where it had a name that is not known yet
    for commit in counted(commits(repo, [*words, "--follow", "--", f":(top,literal){path}"]), "reading commits"):
        todo = [commit]
        while todo:
            commit = todo.pop(0)
            place = next((name for name in names if _has(repo, commit, name, plugin)), None)
            if place is None:
                waiting.append(commit)
                continue
            before = _before(repo, commit, place, plugin)
            if before is None:
                yield Step(commit, "::".join(place), "")
                return
            older, same = before
            if not same:
                yield Step(commit, "::".join(place), "::".join(older))
            if older not in names:
                names.append(older)
                todo, waiting = [*todo, *waiting], []


def _has(repo: Repository, commit: Commit, name: tuple[str, str], plugin: Any) -> bool:
    try:
        data = repo.objects.blob(f"{commit.id}:{name[0]}")
    except KeyError:
        return False
    return plugin.symbol_lines(name[0], data, name[1]) is not None


def _before(
    repo: Repository, commit: Commit, name: tuple[str, str], plugin: Any
) -> tuple[tuple[str, str], bool] | None:
    """What the symbol was in the first parent, and whether it was the same there; None when the commit added it."""
    path, address = name
    old_path = _old_path(repo, commit, path)
    if old_path == "":  # a merge that took the file from its first parent
        return name, True
    found = (
        None
        if old_path is None
        else plugin.symbol_before(path, _blob(repo, commit.parents[0], old_path), _blob(repo, commit.id, path), address)
    )
    if old_path is None or found is None:
        return None
    return (old_path, found[0]), found[1] and found[0] == address


def _plugin(path: str, plugin_for: PluginFor) -> Any:
    plugin = plugin_for(path)
    if not hasattr(plugin, "symbol_before"):
        raise MuseError(f"{path} has no symbols that Muse knows", hint="muse domains")
    return plugin


def _blob(repo: Repository, commit: str, path: str) -> bytes:
    try:
        return repo.objects.blob(f"{commit}:{path}")
    except KeyError:
        raise MuseError(f"there is no {path} in {commit[:9]}") from None


def _old_path(repo: Repository, commit: Commit, path: str) -> str | None:
    """The file's path in the first parent; None when the commit added it, "" when it did not change it."""
    if not commit.parents:
        return None
    for change in between(repo, tree_of_commit(repo, commit.parents[0]), commit.tree):
        if shown(change.path) == path:
            return None if change.status == "A" else shown(change.old_path)
    return ""
