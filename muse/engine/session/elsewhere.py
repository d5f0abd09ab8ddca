"""Deliveries that other clones tell of and this clone cannot see: their commits are in none of its branches.

Somebody committed the session on a branch that was not pushed yet, or dropped that commit again, or says what is not
so. The ops are not pending here, so that nothing comes twice; that they are nowhere to be seen is told, and
`muse session redeliver NAME COMMIT` brings them back for whoever knows better. Of ops that another clone counts among
its delivered ones without a delivery of anybody's that has them, nothing more is known than that: they are named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from muse.core.op_log import OpLog, in_spans
from muse.core.op_log.checkpoints import Spans, covers
from muse.engine.session import parts
from muse.engine.session.carriers import carriers
from muse.engine.session.delivery import in_a_branch, is_part

if TYPE_CHECKING:
    from muse.store.repository import Repository

_NEWEST = 50  # deliveries of each clone that are looked at


def elsewhere(repo: Repository, log: OpLog) -> list[dict[str, Any]]:
    """The deliveries of other clones that are in no branch here, nor anything they were rewritten as.

    What was asked back or is delivered here is left out; so is what its own clone has taken back. `by` is the ref that
    tells of it, `lost` the files that are in no branch where others are, else None.
    """
    from muse.store.log import checkpoints

    last = log.read_checkpoint()
    ours = [] if last is None else [last]
    mine = [each for made in ours for each in made.get("deliveries", ())]
    own = {each["id"] for each in mine}
    delivered = [each["ops"] for each in mine if not each.get("back")]
    told = checkpoints.told_by(repo, log.session_id())
    became = carriers([*ours, *(made for _, made in told)])
    found: dict[str, dict[str, Any]] = {}
    for ref, made in told:
        for each in made.get("deliveries", ())[-_NEWEST:]:
            if each["id"] in own or each["id"] in found or not each["commit"] or each.get("back"):
                continue
            if is_part(each["ops"], delivered):
                continue
            lost = parts.missing(repo, log, each, became, lambda name: in_a_branch(repo, name))
            if lost is None or (lost and not is_part(parts.ops_on(log, each, lost)[0], delivered)):
                found[each["id"]] = {**each, "by": ref, "lost": lost}
    return list(found.values())


def unbacked(repo: Repository, log: OpLog) -> dict[str, list[str]]:
    """Ops that count as delivered because another clone's ref says so, and that no known delivery has; by that ref."""
    from muse.store.layout import REMOTES
    from muse.store.log import checkpoints

    told = checkpoints.told_by(repo, log.session_id())
    last = log.read_checkpoint()
    made = [one for _, one in told] if last is None else [last, *(one for _, one in told)]
    known = _together([each["ops"] for one in made for each in one.get("deliveries", ())])
    said = [(ref, one) for ref, one in told if ref.startswith(REMOTES) and "branch" in one]
    found: dict[str, list[str]] = {}
    for row in log.each() if said else ():
        by = next((ref for ref, one in said if covers(one["positions"], one.get("holes", {}), row)), None)
        if by is not None and not in_spans(known, row):
            found.setdefault(by, []).append(row["op_id"])
    return found


def _together(told: list[Spans]) -> Spans:
    """All these spans in one, those that touch joined."""
    found: Spans = {}
    for ops in told:
        for who, runs in ops.items():
            found.setdefault(who, []).extend(runs)
    for who, runs in found.items():
        joined: list[list[int]] = []
        for first, last in sorted(runs):
            if joined and first <= joined[-1][1] + 1:
                joined[-1][1] = max(last, joined[-1][1])
            else:
                joined.append([first, last])
        found[who] = joined
    return found


__all__ = ["elsewhere", "unbacked"]
