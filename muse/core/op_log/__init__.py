"""The op log of live sessions: an acknowledged op is never lost and never reordered against its causes.

`entries` knows what a line is, `journal` how lines get into a file safely, `segments` where they are later,
`segment_reader`, `decoding` and `stored` how they come back, `checkpoints` what is held of them, `replicas` and
`second_hand` how logs unite, `inline_content` what bytes an op needs, `ordering` the one order, `log` what a session
is. The guarantees, in words, are in docs/op-log.md.
"""

from __future__ import annotations

from muse.core.op_log.checkpoints import compact, in_runs, in_spans, is_checkpoint, portable, spans
from muse.core.op_log.deltas import no_echoes, record_delta, without_echoes
from muse.core.op_log.entries import Key, OpEntry, OpLogCheckpoint, Request, claim, make_op_entry
from muse.core.op_log.inline_content import INLINE, missing_content, named_content, stored_content, take_content
from muse.core.op_log.log import LEVELS, Level, OpLog
from muse.core.op_log.replicas import ReplicaReport, Told
from muse.core.op_log.second_hand import is_told
from muse.core.op_log.sessions import decode_name, encode_name, list_sessions
from muse.core.op_log.stored import NOTHING, Replay, pick

__all__ = [
    "INLINE",
    "LEVELS",
    "NOTHING",
    "Key",
    "Level",
    "OpEntry",
    "OpLog",
    "OpLogCheckpoint",
    "Replay",
    "ReplicaReport",
    "Request",
    "Told",
    "claim",
    "compact",
    "decode_name",
    "encode_name",
    "in_runs",
    "in_spans",
    "is_checkpoint",
    "is_told",
    "list_sessions",
    "make_op_entry",
    "missing_content",
    "named_content",
    "no_echoes",
    "pick",
    "portable",
    "record_delta",
    "spans",
    "stored_content",
    "take_content",
    "without_echoes",
]
