"""The history of one symbol, across renames of the symbol and of its file.

A domain takes part when its plugin has `symbol_lines` and `symbol_before`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from muse.core.errors import MuseError
from muse.core.progress import counted
from muse.engine.changes import PluginFor, between
from muse.engine.gitio import shown
from muse.engine.log import Commit, commits
from muse.engine.record import tree_of_commit

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
        from muse.core.filedomain import inside

        if repo.work_tree is None:
            raise MuseError("this repository has no work tree", hint="name a revision")
        try:
            data = inside(repo.work_tree, path).read_bytes()
        except OSError as error:
            raise MuseError(f"{path}: {error.strerror}") from None
    else:
        data = _blob(repo, repo.resolve(rev), path)
    found: tuple[int, int] | None = plugin.symbol_lines(path, data, address)
    if found is None:
        raise MuseError(f"there is no {address} in {path}")
    return found


def history(
    repo: Repository, path: str, address: str, words: Sequence[str], plugin_for: PluginFor
) -> Iterator[Step]:
    """The commits that changed a symbol, newest first, down to the one that added it.

    `words` are `git log` options and at most one revision to start from (HEAD when there is none).
    """
    plugin = _plugin(path, plugin_for)
    known = False
    found = commits(repo, [*words, "--follow", "--", f":(top,literal){path}"])
    for commit in counted(found, "reading commits"):
        data = _blob(repo, commit.id, path)
        if not known and plugin.symbol_lines(path, data, address) is None:
            raise MuseError(f"there is no {address} in {path} at {commit.id[:9]}")
        known = True
        old_path = _old_path(repo, commit, path)
        if old_path is None:
            yield Step(commit, f"{path}::{address}", "")
            return
        if old_path == "":  # a merge that took the file from its first parent
            continue
        before = plugin.symbol_before(path, _blob(repo, commit.parents[0], old_path), data, address)
        if before is None:
            yield Step(commit, f"{path}::{address}", "")
            return
        name, same = before
        if not same or name != address:
            yield Step(commit, f"{path}::{address}", f"{old_path}::{name}")
        path, address = old_path, name


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
