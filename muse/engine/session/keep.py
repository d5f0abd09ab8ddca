"""What only other clones' refs tell of sessions, kept here before these refs go: their ops, and which are delivered.

`git remote remove` and `muse gc --prune-absorbed` take copies of refs away. Without this, ops that those clones have
delivered would be pending again, and be delivered a second time, over what people committed since.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from muse.core.errors import MuseError
from muse.core.op_log import NOTHING, OpLog, OpLogCheckpoint
from muse.core.op_log.checkpoints import united
from muse.engine.session import delivery

if TYPE_CHECKING:
    from muse.store.repository import Repository


def keep_told(repo: Repository) -> None:
    """Make what other clones say they have delivered part of our own checkpoints, and their ops part of our logs.

    A session of another repository is left as it is. MuseError for one that cannot be kept: then no ref may go.
    """
    from muse.engine.session.commit import existing, names

    for name in names(repo):
        try:
            log = existing(repo, name)
        except MuseError:
            continue
        with delivery.one_at_a_time(log):
            delivery.settle(repo, log)
            _keep(repo, log)


def _keep(repo: Repository, log: OpLog) -> None:
    last = log.read_checkpoint()
    if last is None or "branch" not in last:
        delivery.begin(repo, log, delivery.told_by_others(repo, log) or delivery.here(repo))
        return
    since = delivery.effective(repo, log)
    if _held([last]) != _held([last, *since]):
        log.checkpoint(last["snapshot_id"], replay=NOTHING, since=[last, *since])


def _held(told: list[OpLogCheckpoint]) -> tuple[dict[str, int], dict[str, set[int]]]:
    positions, holes = united(told)
    return positions, {who: missing for who, missing in holes.items() if missing}


def let_go(repo: Repository, remote: str) -> None:
    """A remote is gone: take in what it had, then delete the copies of that. What must be kept apart stays, and all of
    it where something cannot be kept."""
    from muse.store.log.gc import absorb_remote

    try:
        keep_told(repo)
    except MuseError as error:
        logging.getLogger(__name__).warning("copies of what %s had stay: %s", remote, error)
    else:
        absorb_remote(repo, remote)


__all__ = ["keep_told", "let_go"]
