"""A delta as ops of a session, and which ops of a session repeat what another one says already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from muse.core.op_log.entries import OpEntry, Request
from muse.core.op_log.inline_content import children
from muse.core.op_log.log import Level, OpLog
from muse.core.op_log.stored import pick
from muse.core.paths import StrPath
from muse.core.types import canonical_json
from muse.domain import StructuredDelta


def record_delta(
    log: OpLog,
    domain: str,
    delta: StructuredDelta,
    *,
    actor_id: str,
    parent_op_ids: list[str] | None = None,
    level: Level | None = None,
) -> list[str]:
    """Append each top-level op, then a patch's children with the patch as their cause; the op ids in that order."""
    steps: list[Request] = []
    for op in delta["ops"]:
        steps.append(Request(actor_id, domain, op, tuple(parent_op_ids or ())))
        if op["op"] == "patch":
            at = len(steps) - 1
            steps.extend(Request(actor_id, domain, child, cause=at) for child in op["child_ops"])
    return [entry["op_id"] for entry in log.record_all(steps, level=level)]


def record_delta_ops(
    domain: str,
    repo_root: StrPath,
    delta: StructuredDelta,
    *,
    session_id: str,
    actor_id: str,
    parent_op_ids: list[str] | None = None,
) -> list[str]:
    """`record_delta` for the session of a repository."""
    log = OpLog(repo_root, session_id)
    return record_delta(log, domain, delta, actor_id=actor_id, parent_op_ids=parent_op_ids)


def without_echoes(entries: Sequence[OpEntry]) -> Sequence[OpEntry]:
    """The entries but for those that a patch among their causes holds as a child: replaying both would do it twice."""
    places = no_echoes(entries)
    return entries if places is None else pick(entries, places)


def no_echoes(entries: Sequence[OpEntry]) -> list[int] | None:
    """The places of the entries that `without_echoes` leaves; None where that is all of them."""
    held: dict[str, set[bytes]] = {}
    for entry in entries:
        op: Any = entry["domain_op"]
        if op["op"] == "patch":
            held[entry["op_id"]] = {canonical_json(child) for child in children(op)}
    if not held:
        return None
    return [
        at
        for at, entry in enumerate(entries)
        if not any(
            canonical_json(entry["domain_op"]) in held[parent] for parent in entry["parent_op_ids"] if parent in held
        )
    ]
