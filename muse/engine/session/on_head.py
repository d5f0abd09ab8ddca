"""What pending ops make of HEAD: replayed on what they were made against, and that merged with HEAD."""

from __future__ import annotations

from typing import TYPE_CHECKING

from muse.core.errors import MuseError
from muse.core.op_log import OpLog, Replay
from muse.core.types import plural
from muse.domain import PluginFor
from muse.engine.session.ground import Choices, ground, refuse_not_got
from muse.engine.session.replay import Replayed, replay

if TYPE_CHECKING:
    from muse.store.repository import Repository

REJECTED = 3
"""The exit code where ops cannot be applied."""


def on_head(
    repo: Repository, log: OpLog, view: Replay, plugin_for: PluginFor, choices: Choices, partial: bool
) -> Replayed:
    """The pending ops replayed on what they were made against, and that merged with HEAD."""
    heads = view.heads()
    stands = ground(repo, log, plugin_for, choices, next(filter(None, heads), ""))
    with repo.content.batch():
        done = replay(view.entries, stands.files, repo.content, plugin_for, ground=stands, heads=heads)
    if stands.left:
        raise stands.refusal()
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


__all__ = ["REJECTED", "on_head"]
