"""Stretches of a log as rows: decoded lines, with damage set aside, and what a checkpoint covers of them."""

from __future__ import annotations

import gc
import json
import mmap
from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any

from muse.core.op_log.entries import Key, OpLogCheckpoint, intact, salvage
from muse.core.op_log.journal import Journal

Row = dict[str, Any]


def decode(
    blocks: Iterable[bytes], start: int, quarantine: Callable[[bytes, str, int], str], *, offsets: bool = False
) -> list[Row]:
    """Whole lines as dicts. Damage is quarantined; a whole line glued to it is taken."""
    loads = _loads()
    collecting = gc.isenabled()
    gc.disable()  # a million fresh dicts and no garbage among them
    try:
        rows: list[Row] = []
        at = start
        for line in chain.from_iterable(block.split(b"\n")[:-1] for block in blocks):
            whole = line if intact(line) else _rescue(line, at, quarantine)
            if whole is not None:
                try:
                    row = loads(whole)
                except (ValueError, RecursionError) as problem:
                    quarantine(line, f"unreadable: {problem}", at)
                else:
                    if offsets:
                        row["offset"] = at
                    rows.append(row)
            at += len(line) + 1
        return rows
    finally:
        if collecting:
            gc.enable()


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


def latest_time(data: bytes) -> int:
    """The largest Lamport time in whole lines; damage is left for those who read."""
    rows = decode([data], 0, lambda _data, _reason, _offset: "")
    return max((row["lamport_ts"] for row in rows if type(row.get("lamport_ts")) is int), default=0)


def find(journal: Journal, op_id: str) -> int | None:
    """The Lamport time of an op in the log, by searching the file backwards; None when it is not there."""
    needle = b',"op_id":' + json.dumps(op_id, ensure_ascii=False).encode()
    end = journal.end
    if not end:
        return None
    with open(journal.path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        at = text.rfind(needle, 0, end)
        while at >= 0:
            start, stop = text.rfind(b"\n", 0, at) + 1, text.find(b"\n", at)
            line = text[start : stop if stop >= 0 else end]
            whole = line if intact(line) else salvage(line)
            if whole is not None:
                row = json.loads(whole)
                if row["op_id"] == op_id:
                    return int(row["lamport_ts"])
            at = text.rfind(needle, 0, at)
    return None


def covers(positions: dict[str, int], holes: dict[str, list[int]], row: Row) -> bool:
    """True when positions and holes say that the row is held."""
    who = f"{row['writer']}/{row['instance']}"
    sequence = row["sequence"]
    return sequence <= positions.get(who, 0) and not (holes and sequence in holes.get(who, ()))


def covered_by(checkpoint: OpLogCheckpoint | None, row: Row) -> bool:
    """True when a checkpoint holds the row; one of another implementation knows only a time."""
    if checkpoint is None:
        return False
    if "positions" not in checkpoint:
        return bool(row["lamport_ts"] <= checkpoint["lamport_ts"])
    return covers(checkpoint["positions"], checkpoint.get("holes", {}), row)


def united(checkpoints: Iterable[OpLogCheckpoint]) -> tuple[dict[str, int], dict[str, set[int]]]:
    """Positions and holes of everything that at least one of the checkpoints holds."""
    positions: dict[str, int] = {}
    holes: dict[str, set[int]] = {}
    for made in checkpoints:
        for who, top in made.get("positions", {}).items():
            mine, theirs = holes.get(who, set()), set(made.get("holes", {}).get(who, ()))
            had = positions.get(who, 0)
            left = {at for at in mine if at > top or at in theirs}
            holes[who] = left | {at for at in theirs if at > had or at in mine}
            positions[who] = max(had, top)
    return positions, holes


def place(positions: dict[str, int], holes: dict[str, set[int]], key: Key, held: bool) -> None:
    """Note one op in positions and holes, as held or not."""
    top = positions.get(key.who, 0)
    missing = holes.setdefault(key.who, set())
    if key.sequence > top:
        missing.update(range(top + 1, key.sequence))
        positions[key.who] = key.sequence
    if held:
        missing.discard(key.sequence)
    else:
        missing.add(key.sequence)


def is_checkpoint(found: Any) -> bool:
    """True when a value has the shape of a checkpoint."""
    if not isinstance(found, dict):
        return False
    types = {"session_id": str, "snapshot_id": str, "lamport_ts": int, "op_count": int, "created_at": str}
    positions, holes = found.get("positions", {}), found.get("holes", {})
    return (
        all(type(found.get(name)) is kind for name, kind in types.items())
        and isinstance(positions, dict)
        and all(type(value) is int for value in positions.values())
        and isinstance(holes, dict)
        and all(isinstance(value, list) for value in holes.values())
        and type(found.get("offset", 0)) is int
    )
