"""Rows of a log, which are decoded lines: in the total order, with those set apart that wait for a cause."""

from __future__ import annotations

import json
import mmap
from collections.abc import Callable
from operator import lt
from pathlib import Path

from muse.core.op_log.decoding import decode
from muse.core.op_log.entries import intact, order_key, salvage
from muse.core.op_log.journal import Journal
from muse.core.op_log.stored import Found, Rows


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
    found: Found, time_of: Callable[[str], int | None], elsewhere: Callable[[str], bool] = lambda op_id: False
) -> tuple[Rows, Rows]:
    """Rows in the total order, and those that wait for a cause (or for an op that waits).

    `time_of` looks an op up that is not among the rows; None when the log does not have it. A cause that `elsewhere`
    knows, in another session, is here, and says nothing of the order in this one.
    """
    rows = found.rows if all(map(lt, found.times, found.times[1:])) else found.rows.taken(_in_order(found))
    if not found.waits:
        return rows, rows.taken(())
    wanted = {parent for row in rows for parent in row.get("unmet", ())}
    here = {row["op_id"]: row["lamport_ts"] for row in rows if row["op_id"] in wanted}
    ready, waiting, held = [], [], set()
    for at, row in enumerate(rows):
        missing = row["op_id"] in held
        for parent in row.get("unmet", ()):
            time = here.get(parent)
            if time is None:
                time = time_of(parent)
            if time is None and elsewhere(parent):
                continue
            missing = missing or time is None or time >= row["lamport_ts"]
        if missing or any(parent in held for parent in row["parent_op_ids"]):
            waiting.append(at)
            held.add(row["op_id"])
        else:
            ready.append(at)
    return rows.taken(ready), rows.taken(waiting)


def _in_order(found: Found) -> list[int]:
    """The places of rows in the total order: by time, and only where that is the same by all that makes it total."""
    times, rows = found.times, found.rows
    places = sorted(range(len(times)), key=times.__getitem__)
    first = 0
    while first < len(places):
        last = first + 1
        while last < len(places) and times[places[last]] == times[places[first]]:
            last += 1
        if last - first > 1:
            places[first:last] = sorted(places[first:last], key=lambda at: order_key(rows[at]))
        first = last
    return places
