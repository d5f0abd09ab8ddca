"""What there is to see of a commit, a range or a merge in progress: each path with its versions side by side."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from muse.core.errors import FormatError, MuseError
from muse.core.io import read_regular
from muse.domain import ConflictRecord, DomainOp, PlayedPlugin, PluginFor
from muse.engine.history.ancestry import find_merge_base
from muse.engine.history.changes import between, path_text
from muse.engine.history.diff import LARGEST, describe_one
from muse.engine.history.log import touching
from muse.engine.resolve import resolve

if TYPE_CHECKING:
    from muse.engine.history.log import Commit
    from muse.engine.resolve.candidates import Dispute
    from muse.engine.resolve.suggest import Suggestion
    from muse.store.repository import Repository

TWO = ("before", "after")
_MOST_TOUCHING = 100
_TOO_LARGE = f"larger than {LARGEST >> 20} MiB, and not shown"
FOUR = ("base", "ours", "theirs", "result")


@dataclass
class Compared:
    """One path. `sides`: name -> bytes, None where there is no such file, in the order they are shown.

    `disputes` and `offers`: address of a conflict over text -> its three texts, and what is suggested. `unread`: a
    version is too large, and none is shown.
    """

    path: str
    sides: dict[str, bytes | None]
    op: DomainOp | None = None
    conflicts: list[ConflictRecord] = field(default_factory=list)
    note: str = ""
    disputes: Mapping[str, Dispute] = field(default_factory=dict)
    offers: Mapping[str, list[Suggestion]] = field(default_factory=dict)
    unread: bool = False


def of_commit(repo: Repository, rev: str, plugin_for: PluginFor, paths: Sequence[str] = ()) -> Iterator[Compared]:
    """A commit against its parent; a merge of two with base, both sides and the result for what both changed."""
    commit = repo.resolve(rev)
    parents = repo.git("rev-list", "--parents", "-n", "1", commit).decode().split()[1:]
    if len(parents) == 2:
        base = find_merge_base(repo, *parents)
        if base is not None:
            yield from _merge(repo, base, parents, commit, plugin_for, paths)
            return
    old = repo.tree_of(parents[0]) if parents else repo.empty_tree
    yield from of_trees(repo, old, repo.tree_of(commit), plugin_for, paths)


class Piece(NamedTuple):
    """One piece of music as a commit has it, and the commits that touched it, newest first."""

    path: str
    data: bytes
    commits: list[Commit]


def pieces(repo: Repository, rev: str, plugin_for: PluginFor, paths: Sequence[str] = ()) -> Iterator[Piece]:
    """The music of a commit's tree, path by path."""
    for change in between(repo, repo.empty_tree, repo.tree_of(rev)):
        path = path_text(change.path)
        plugin = plugin_for(path)
        if not _wanted(path, paths) or not isinstance(plugin, PlayedPlugin):
            continue
        try:
            data = _blob(repo, change.new_id, change.new_mode)
        except FormatError:
            continue  # too large
        if data is not None and _is_music(plugin, data, path):
            made = [commit for commit, _ in touching(repo, path, [f"-n{_MOST_TOUCHING}", rev])]
            yield Piece(path, data, made)


def _is_music(plugin: PlayedPlugin, data: bytes, path: str) -> bool:
    try:
        plugin.played(data, path)
    except FormatError:
        return False
    return True


def of_trees(
    repo: Repository, old: str, new: str, plugin_for: PluginFor, paths: Sequence[str] = ()
) -> Iterator[Compared]:
    """What leads from one tree to another, path by path."""
    for change in between(repo, old, new):
        path = path_text(change.path)
        if _wanted(path, paths):
            op = describe_one(repo, change, plugin_for)
            try:
                sides = [_blob(repo, change.old_id, change.old_mode), _blob(repo, change.new_id, change.new_mode)]
            except FormatError:
                yield _unread(path, op)
            else:
                yield Compared(path, dict(zip(TWO, sides)), op)


def _unread(path: str, op: DomainOp | None = None, note: str = "") -> Compared:
    return Compared(path, {}, op, note="; ".join(filter(None, (note, _TOO_LARGE))), unread=True)


def of_conflicts(repo: Repository, plugin_for: PluginFor, paths: Sequence[str] = ()) -> Iterator[Compared]:
    """Every unmerged path of the worktree, with what is in dispute; `result` is what is on disk now."""
    from muse.engine.resolve.suggest import explained, history_of

    history = history_of(repo)
    for item in resolve.unmerged(repo):
        if not _wanted(item.path, paths):
            continue
        records = resolve.describe(repo, item, plugin_for)
        texts = explained(repo, item, plugin_for, history) if any(record.takes_both for record in records) else {}
        yield Compared(
            item.path,
            dict(zip(FOUR, (*item.sides, _or_none(repo, item.path)))),
            conflicts=records,
            disputes={address: dispute for address, (dispute, _) in texts.items()},
            offers={address: offers for address, (_, offers) in texts.items()},
        )


def of_file(repo: Repository, path: str) -> Compared:
    """One file of the work tree as it is now; where it differs from HEAD, beside what HEAD has."""
    try:
        now = _on_disk(repo, path)
        old = _at(repo, repo.tree_of("HEAD"), os.fsencode(path)) if repo.head() else None
    except FormatError:
        return _unread(path)
    if old is None or old == now:
        return Compared(path, {"now": now}, note="as committed" if old is not None else "not committed yet")
    return Compared(path, dict(zip(TWO, (old, now))), note="not committed yet")


def other_side(repo: Repository) -> list[str]:
    """The commit that is being merged, picked or reverted, as Git names it; none when nothing is."""
    names = ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "REBASE_HEAD")
    return [name for name in names if (repo.git_dir / name).exists()]


def who(repo: Repository) -> list[tuple[str, str]]:
    """Whose the sides of an open merge are: ("ours", "main: Softer bridge, by Alice"), theirs, and what base means."""
    from muse.engine.history.log import commits

    found = []
    for side, rev in zip(("ours", "theirs"), ["HEAD", *other_side(repo)] if repo.head() else []):
        commit = next(commits(repo, ["-n", "1", rev]))
        names = ", ".join(name.removeprefix("HEAD -> ") for name in commit.refs if name != "HEAD") or commit.id[:8]
        found.append((side, f"{names}: {commit.message.partition(chr(10))[0]}, by {commit.author}"))
    return [*found, ("base", "as it was before both")] if len(found) > 1 else found


def _merge(
    repo: Repository, base: str, parents: list[str], commit: str, plugin_for: PluginFor, paths: Sequence[str]
) -> Iterator[Compared]:
    trees = [repo.tree_of(name) for name in (base, *parents, commit)]
    against_base = [{change.path: change for change in between(repo, trees[0], tree)} for tree in trees[1:]]
    for name in sorted({name for found in against_base for name in found}):
        path = path_text(name)
        if not _wanted(path, paths):
            continue
        result = against_base[2].get(name)
        op = describe_one(repo, result, plugin_for) if result is not None else None
        both = name in against_base[0] and name in against_base[1]
        note = f"changed by {'both sides' if both else 'ours' if name in against_base[0] else 'theirs'}"
        try:
            versions = [_at(repo, tree, name) for tree in trees]
        except FormatError:
            yield _unread(path, op, note)
            continue
        sides = dict(zip(FOUR, versions)) if both else {"before": versions[0], "after": versions[3]}
        yield Compared(path, sides, op, note=note)


def _wanted(path: str, paths: Sequence[str]) -> bool:
    return not paths or any(path == each or path.startswith(each.rstrip("/") + "/") for each in paths)


def _blob(repo: Repository, name: str, mode: str) -> bytes | None:
    if not name.strip("0") or mode == "160000":
        return None
    try:
        return repo.objects.blob(name, LARGEST)
    except KeyError:
        raise MuseError(f"object {name} is not in this repository") from None


def _at(repo: Repository, tree: str, path: bytes) -> bytes | None:
    line = repo.git("ls-tree", "-z", "--full-tree", tree, "--", os.fsdecode(path))
    if not line:
        return None
    mode, kind, name = line.split(b"\t")[0].decode().split()
    return _blob(repo, name, mode) if kind == "blob" else None


def _or_none(repo: Repository, path: str) -> bytes | None:
    try:
        return _on_disk(repo, path)
    except FormatError:
        return None


def _on_disk(repo: Repository, path: str) -> bytes | None:
    if repo.work_tree is None:
        return None
    try:
        data = read_regular(os.path.join(repo.work_tree, path), LARGEST + 1, within=repo.work_tree)
    except OSError:
        return None
    if len(data) > LARGEST:
        raise FormatError(f"{path} has more than {LARGEST} bytes")
    return data
