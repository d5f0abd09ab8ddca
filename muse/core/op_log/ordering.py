"""Rows of a log, which are decoded lines: in the total order, with those set apart that wait for a cause."""

from __future__ import annotations

import json
import mmap
from collections.abc import Callable
from dataclasses import dataclass
from operator import itemgetter, lt
from pathlib import Path

from muse.core.op_log.decoding import Row, decode
from muse.core.op_log.entries import OpEntry, intact, order_key, salvage
from muse.core.op_log.journal import Journal


@dataclass
class Replay:
    """Ops not held by the last checkpoint, in the total order; `waiting` are those with unknown parents.

    `rows` and `end` say what was looked at, so that `OpLog.checkpoint(..., replay=...)` holds exactly these ops.
    """

    entries: list[OpEntry]
    waiting: list[OpEntry]
    rows: list[Row]
    end: int


def latest_time(data: bytes) -> int:
    """The largest Lamport time in whole lines; damage is left for those who read."""
    rows = decode([data], 0, lambda _data, _reason, _offset: "")
    return max((row["lamport_ts"] for row in rows if type(row.get("lamport_ts")) is int), default=0)


def find(journal: Journal, op_id: str) -> int | None:
    """The Lamport time of an op in the log, by searching its files backwards; None when it is not there."""
    needle = b',"op_id":' + json.dumps(op_id, ensure_ascii=False).encode()
    for fd, length in journal.files() if journal.end else ():
        with mmap.mmap(fd, length, access=mmap.ACCESS_READ) as text:
            at = text.rfind(needle, 0, length)
            while at >= 0:
                start, stop = text.rfind(b"\n", 0, at) + 1, text.find(b"\n", at)
                line = text[start : stop if stop >= 0 else length]
                whole = line if intact(line) else salvage(line)
                if whole is not None:
                    row = json.loads(whole)
                    if row["op_id"] == op_id:
                        return int(row["lamport_ts"])
                at = text.rfind(needle, 0, at)
    return None


def is_in_another(folder: Path, op_id: str) -> bool:
    """True when another session's log here, beside the one in `folder`, has an op: times of sessions do not compare."""
    needle = b'"op_id":' + json.dumps(op_id, ensure_ascii=False).encode()
    for log in folder.parent.glob("*/ops.jsonl"):
        if log.parent != folder and any(_has(path, needle) for path in (log, *log.parent.glob("*/*.jsonl"))):
            return True
    return False


def _has(path: Path, needle: bytes) -> bool:
    try:
        with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
            return text.find(needle) >= 0
    except (OSError, ValueError):  # gone, or empty
        return False


def causal(
    rows: list[Row], time_of: Callable[[str], int | None], elsewhere: Callable[[str], bool] = lambda op_id: False
) -> tuple[list[Row], list[Row]]:
    """Rows in the total order, and those that wait for a cause (or for an op that waits).

    `time_of` looks an op up that is not among the rows; None when the log does not have it. A cause that `elsewhere`
    knows, in another session, is here, and says nothing of the order in this one.
    """
    times = list(map(itemgetter("lamport_ts"), rows))
    if not all(map(lt, times, times[1:])):
        rows = sorted(rows, key=order_key)
    if not any("unmet" in row for row in rows):
        return rows, []
    here = {row["op_id"]: row["lamport_ts"] for row in rows}
    ready, waiting, held = [], [], set()
    for row in rows:
        missing = row["op_id"] in held
        for parent in row.get("unmet", ()):
            found = here.get(parent)
            if found is None:
                found = time_of(parent)
            if found is None and elsewhere(parent):
                continue
            missing = missing or found is None or found >= row["lamport_ts"]
        if missing or any(parent in held for parent in row["parent_op_ids"]):
            waiting.append(row)
            held.add(row["op_id"])
        else:
            ready.append(row)
    return ready, waiting
