"""The op log of live sessions: an acknowledged op is never lost and never reordered against its causes.

`entries` knows what a line is, `journal` how lines get into a file safely, `log` what a session is, `names` how any
text becomes a folder. The guarantees, in words, are in docs/op-log.md.
"""

from __future__ import annotations

from muse.core.op_log.entries import Key, OpEntry, OpLogCheckpoint, make_op_entry
from muse.core.op_log.log import LEVELS, Level, OpLog, Replay, ReplicaReport, list_sessions
from muse.core.op_log.names import decode_name, encode_name

__all__ = [
    "LEVELS",
    "Key",
    "Level",
    "OpEntry",
    "OpLog",
    "OpLogCheckpoint",
    "Replay",
    "ReplicaReport",
    "decode_name",
    "encode_name",
    "list_sessions",
    "make_op_entry",
]
