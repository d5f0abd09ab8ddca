"""What pending ops make of HEAD: replayed on what they were made against, and that merged with HEAD.

Afterwards each file can be read as well as it could where they began and in HEAD: edits inside a file are held to that
one by one, by its domain; ops that bring a whole file, here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from muse.core import content
from muse.core.errors import MuseError
from muse.core.op_log import OpLog, Replay
from muse.core.op_log.decoding import Row
from muse.core.types import plural
from muse.domain import PluginFor
from muse.engine.session.ground import Choices, Ground, ground, refuse_not_got
from muse.engine.session.replay import Replayed, replay

if TYPE_CHECKING:
    from muse.store.repository import Repository

REJECTED = 3
"""The exit code where ops cannot be applied."""


def on_head(
    repo: Repository, log: OpLog, view: Replay, plugin_for: PluginFor, choices: Choices, partial: bool
) -> Replayed:
    """The pending ops replayed on what they were made against, and that merged with HEAD."""
    stands, before, done = _replayed(repo, log, view, plugin_for, choices)
    harmful = _harmful(repo, view, done, (before, stands.files_of(stands.head)), plugin_for)
    if harmful:
        rest = view.only(lambda row: row["op_id"] not in harmful)
        stands, _, done = _replayed(repo, log, rest, plugin_for, choices)
        done.rejected.update(harmful)
        done.overridden += [line for _, line in harmful.values()]
    if done.rejected:
        refuse_not_got(stands, {path for path, _ in done.rejected.values()})
    if done.rejected and not partial:
        lines = "\n".join(f"  {line}" for _, line in list(done.rejected.values())[:20])
        raise MuseError(
            f"{plural(len(done.rejected), 'op')} cannot be applied:\n{lines}",
            REJECTED,
            hint="--partial commits the others; these stay in the log, rejected",
        )
    return done


def _replayed(
    repo: Repository, log: OpLog, view: Replay, plugin_for: PluginFor, choices: Choices
) -> tuple[Ground, dict[str, str], Replayed]:
    """The ground they were replayed on, which is HEAD in the end, its files in the beginning, and what came of it."""
    heads = view.heads()
    stands = ground(repo, log, plugin_for, choices, next(filter(None, heads), ""))
    before = stands.files
    with repo.content.batch():
        done = replay(view.entries, stands.files, repo.content, plugin_for, ground=stands, heads=heads)
    if stands.left:
        raise stands.refusal()
    return stands, before, done


def _harmful(
    repo: Repository, view: Replay, done: Replayed, befores: tuple[Mapping[str, str], ...], plugin_for: PluginFor
) -> dict[str, tuple[str, str]]:
    """The ops that brought the whole of a file that could be read before and cannot be now: the path, and a line."""
    found: dict[str, tuple[str, str]] = {}
    for path in sorted(done.whole.keys() & done.files.keys()):
        names = (path, done.renamed.get(path, path))
        were = {files[name] for files in befores for name in names if name in files}
        why = _unreadable(repo, path, done.files[path], plugin_for) if were else ""
        if not why or done.files[path] in were or any(_unreadable(repo, path, was, plugin_for) for was in were):
            continue
        for row in _last(repo, view, path, set(done.whole[path]), plugin_for):
            who = f"op {row['op_id'][7:19]} of {row['actor_id']:.60}"
            found[row["op_id"]] = path, f"{path:.200}: {who}: it cannot be applied ({why:.300})"
    return found


def _last(repo: Repository, view: Replay, path: str, ops: Collection[str], plugin_for: PluginFor) -> list[Row]:
    """Of ops on a whole file those after the last one that can be read; all where that is the last of all."""
    rows = [row for row in view.rows if row["op_id"] in ops]
    bad: list[Row] = []
    for row in reversed(rows):
        op: Any = row["domain_op"]
        if not _unreadable(repo, path, op.get("new_content_id") or op.get("content_id", ""), plugin_for):
            break
        bad.append(row)
    return bad or rows


def _unreadable(repo: Repository, path: str, digest: str, plugin_for: PluginFor) -> str:
    """Why a version of a file cannot be read, "" when it can be or nobody knows."""
    ask = getattr(plugin_for(path), "unreadable", None)
    if ask is None or not digest or not repo.content.has(digest):
        return ""
    return str(ask(path, content.fetch(repo.content, digest)))


__all__ = ["REJECTED", "on_head"]
