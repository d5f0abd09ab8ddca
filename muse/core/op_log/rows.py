"""Stretches of a log as rows: decoded lines, with damage set aside, and what a checkpoint covers of them."""

from __future__ import annotations

import json
import mmap
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from operator import itemgetter, lt
from typing import Any, cast

from muse.core.collector import no_collection
from muse.core.op_log.entries import CRC_SIZE, OpEntry, intact, order_key, salvage, strip
from muse.core.op_log.journal import Journal

Row = dict[str, Any]


@dataclass
class Replay:
    """Ops not held by the last checkpoint, in the total order; `waiting` are those with unknown parents.

    `rows` and `end` say what was looked at, so that `OpLog.checkpoint(..., replay=...)` holds exactly these ops.
    """

    entries: list[OpEntry]
    waiting: list[OpEntry]
    rows: list[Row]
    end: int


def decode(
    blocks: Iterable[bytes], start: int, quarantine: Callable[[bytes, str, int], str], *, offsets: bool = False
) -> list[Row]:
    """Whole lines as dicts. Damage is quarantined; a whole line glued to it is taken."""
    rows: list[Row] = []
    with no_collection():
        _decode(blocks, start, quarantine, rows, offsets=offsets)
    return rows


def entries(
    blocks: Iterable[bytes], start: int, quarantine: Callable[[bytes, str, int], str], *, in_order: bool = False
) -> list[OpEntry] | None:
    """Whole lines as entries; with `in_order`, None unless file order is the total order and nothing waits.

    A row is taken apart while it is still in the processor's cache, which saves a third of a long replay.
    """
    rows: list[Row] = []
    with no_collection():
        whole = _decode(blocks, start, quarantine, rows, bare=True, in_order=in_order)
    return cast("list[OpEntry]", rows) if whole else None


def _decode(
    blocks: Iterable[bytes], at: int, quarantine: Callable[[bytes, str, int], str], rows: list[Row],
    *, offsets: bool = False, bare: bool = False, in_order: bool = False,
) -> bool:
    """The loop of both; False when `in_order` was asked for and is not so."""
    many, latest = _many(), -1
    for block in blocks:
        try:  # all at once, if all are what was written
            fresh = many(block) if _all_intact(block) else None
        except (ValueError, RecursionError):
            fresh = None
        if fresh is None or offsets:
            fresh = [*_one_by_one(block, at, quarantine, offsets)]
        at += len(block)
        if in_order:
            for row in fresh:
                if row["lamport_ts"] <= latest or "unmet" in row:
                    return False
                latest = row["lamport_ts"]
        if bare:
            for row in fresh:
                strip(row)
        rows += fresh
    return True


def _all_intact(block: bytes) -> bool:
    """True when every line of a block has the checksum it says; no line is copied for it."""
    crc, find, view, at = zlib.crc32, block.find, memoryview(block), 0
    while (end := find(b"\n", at)) >= 0:
        if end - at < CRC_SIZE or b',"crc":"%08x"}' % crc(view[at : end - CRC_SIZE]) != block[end - CRC_SIZE : end]:
            return False
        at = end + 1
    return at == len(block)


def _one_by_one(
    block: bytes, at: int, quarantine: Callable[[bytes, str, int], str], offsets: bool
) -> Iterator[Row]:
    loads = _loads()
    for line in block.split(b"\n")[:-1]:
        whole = line if intact(line) else _rescue(line, at, quarantine)
        if whole is not None:
            try:
                row = loads(whole)
            except (ValueError, RecursionError) as problem:
                quarantine(line, f"unreadable: {problem}", at)
            else:
                if offsets:
                    row["offset"] = at
                yield row
        at += len(line) + 1


def _rescue(line: bytes, at: int, quarantine: Callable[[bytes, str, int], str]) -> bytes | None:
    whole = salvage(line)
    damaged = line if whole is None else line[: len(line) - len(whole)]
    quarantine(damaged, "a damaged line" if whole is None else "a torn line with a whole one after it", at)
    return whole


def _loads() -> Callable[[bytes], Any]:
    try:
        import msgspec
    except ImportError:
        return json.loads
    return msgspec.json.Decoder().decode


def _many() -> Callable[[bytes], list[Row]]:
    """What decodes whole lines, all of them JSON."""
    try:
        import msgspec
    except ImportError:
        return lambda block: [json.loads(line) for line in block.split(b"\n")[:-1]]
    return msgspec.json.Decoder().decode_lines


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


def causal(rows: list[Row], time_of: Callable[[str], int | None]) -> tuple[list[Row], list[Row]]:
    """Rows in the total order, and those that wait for a cause (or for an op that waits).

    `time_of` looks an op up that is not among the rows; None when the log does not have it.
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
            missing = missing or found is None or found >= row["lamport_ts"]
        if missing or any(parent in held for parent in row["parent_op_ids"]):
            waiting.append(row)
            held.add(row["op_id"])
        else:
            ready.append(row)
    return ready, waiting
