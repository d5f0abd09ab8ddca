"""The code domain's deltas as ops of a live session."""

from __future__ import annotations

from muse.core.op_log import OpLog, record_delta
from muse.core.paths import StrPath
from muse.domain import StructuredDelta


def open_code_session(repo_root: StrPath, session_id: str) -> OpLog:
    """The log of a session, made by its first op."""
    return OpLog(repo_root, session_id)


def record_delta_ops(
    repo_root: StrPath,
    delta: StructuredDelta,
    *,
    session_id: str,
    actor_id: str,
    parent_op_ids: list[str] | None = None,
) -> list[str]:
    """Append each top-level op, then a patch's children with the patch as their cause; the op ids in that order."""
    return record_delta(OpLog(repo_root, session_id), "code", delta, actor_id=actor_id, parent_op_ids=parent_op_ids)
