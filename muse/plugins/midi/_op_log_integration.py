"""The MIDI domain's deltas as ops of a live session."""

from __future__ import annotations

from functools import partial

from muse.core.op_log import OpLog
from muse.core.op_log.deltas import record_delta_ops as record
from muse.core.paths import StrPath


def open_midi_session(repo_root: StrPath, session_id: str) -> OpLog:
    """The log of a session, made by its first op."""
    return OpLog(repo_root, session_id)


record_delta_ops = partial(record, "midi")
"""(repo_root, delta, *, session_id, actor_id, parent_op_ids=None): append each top-level op, then a patch's children
with the patch as their cause; the op ids in that order."""
