"""Lines of a log decoded: a block at a time as long as it is whole, one by one where it is not.

Three ways down, each giving what the next one would: a block whose lines have the fields of this version and no others
is decoded to objects with slots and built into entries at once, which spares the keys nobody asked for their room; one
with others is decoded to dicts; one that is damaged is taken apart line by line.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from operator import attrgetter, lt
from typing import Any, cast

from muse.core.collector import no_collection
from muse.core.op_log.canonical import loads
from muse.core.op_log.entries import CRC_SIZE, OpEntry, intact, salvage, strip
from muse.core.op_log.plain import row_of
from muse.core.op_log.tombstones import is_tombstone
from muse.core.op_log.verified_blocks import Seen

Row = dict[str, Any]
Quarantine = Callable[[bytes, str, int], str]

_NAMES = 1 << 12
_unmet = attrgetter("unmet")


def decode(blocks: Iterable[bytes], at: int, quarantine: Quarantine) -> list[Row]:
    """Whole lines as dicts. Damage is quarantined; a whole line glued to it is taken."""
    with no_collection():
        return [*decoded(blocks, at, quarantine)]


def decoded(blocks: Iterable[bytes], at: int, quarantine: Quarantine) -> Iterator[Row]:
    """As `decode`, a block at a time."""
    for block in blocks:
        yield from _rows(block, at, quarantine)
        at += len(block)


def located(block: bytes, at: int, quarantine: Quarantine) -> Iterator[tuple[int, int, Row]]:
    """As `decode`, each with the offset and the length of its line."""
    rows = _many_at_once(block)
    here = 0
    if rows is not None:
        for row in rows:
            end = block.find(b"\n", here) + 1
            yield at + here, end - here, row
            here = end
        return
    for offset, row in _one_by_one(block, at, quarantine):
        yield offset, block.find(b"\n", offset - at) + 1 - (offset - at), row


def whole_rows(block: bytes, at: int) -> list[Row]:
    """Lines that were found whole before."""
    return _rows(block, at, lambda data, reason, offset: "")


def entries(
    blocks: Iterable[bytes], at: int, quarantine: Quarantine, seen: Seen, *, in_order: bool = False
) -> list[OpEntry] | None:
    """Whole lines as entries; with `in_order`, None unless file order is the total order and nothing waits."""
    taken: list[OpEntry] = []
    names: dict[str, str] = {}
    latest = -1
    with no_collection():
        for block in blocks:
            lines = _whole(block, at, seen)
            if lines is None:
                rows = _rows(block, at, quarantine)
                times = [row["lamport_ts"] for row in rows]
                waits = any("unmet" in row or "instead" in row for row in rows)
                fresh = [strip(row) for row in rows]
            else:
                times, waits = [line.lamport_ts for line in lines], any(map(_unmet, lines))
                fresh = _entries(lines, names)
            if times:
                if in_order and (waits or times[0] <= latest or not all(map(lt, times, times[1:]))):
                    return None
                latest = times[-1]
            taken += fresh
            at += len(block)
    seen.keep()
    return taken


def whole_lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The lines that are what was written, without their newlines; a whole one glued to a torn one is among them."""
    for block in blocks:
        for line in filter(None, block.split(b"\n")):
            whole = line if intact(line) else salvage(line)
            if whole is not None:
                yield whole


def _entries(lines: list[Any], names: dict[str, str]) -> list[OpEntry]:
    """Entries of decoded lines; actors and domains are few, and each of them is kept once."""
    if len(names) > _NAMES:
        names.clear()
    same = names.setdefault
    return cast(
        "list[OpEntry]",
        [
            {
                "actor_id": same(line.actor_id, line.actor_id),
                "domain": same(line.domain, line.domain),
                "domain_op": line.domain_op,
                "intent_id": line.intent_id,
                "lamport_ts": line.lamport_ts,
                "parent_op_ids": line.parent_op_ids,
                "reservation_id": line.reservation_id,
                "created_at": line.created_at,
                "op_id": line.op_id,
            }
            for line in lines
        ],
    )


def _whole(block: bytes, at: int, seen: Seen) -> list[Any] | None:
    """The lines of a block as objects; None unless each has the checksum it says and the fields of this version."""
    many = _typed()
    if many is None:
        return None
    try:
        lines = many(block)
    except (ValueError, RecursionError):
        return None
    if seen.whole(at, block):
        return lines
    crc, find, here = zlib.crc32, block.find, 0
    sums: list[int] = []
    while (end := find(b"\n", here)) >= 0:
        sums.append(crc(block[here : end - CRC_SIZE]))
        here = end + 1
    said = "".join([line.crc for line in lines])
    if here != len(block) or said != struct.pack(f">{len(sums)}I", *sums).hex():
        return None
    seen.add(at, block)
    return lines


def _rows(block: bytes, at: int, quarantine: Quarantine) -> list[Row]:
    rows = _many_at_once(block)
    return [row for _, row in _one_by_one(block, at, quarantine)] if rows is None else rows


def _many_at_once(block: bytes) -> list[Row] | None:
    """The rows of a block that is whole lines and nothing else; None for any other."""
    if not _all_intact(block):
        return None
    try:
        return _many()(block)
    except (ValueError, RecursionError):
        return None


def _all_intact(block: bytes) -> bool:
    """True when every line of a block has the checksum it says; no line is copied for it."""
    crc, find, view, at = zlib.crc32, block.find, memoryview(block), 0
    while (end := find(b"\n", at)) >= 0:
        if end - at < CRC_SIZE or b',"crc":"%08x"}' % crc(view[at : end - CRC_SIZE]) != block[end - CRC_SIZE : end]:
            return False
        at = end + 1
    return at == len(block)


def _one_by_one(block: bytes, at: int, quarantine: Quarantine) -> Iterator[tuple[int, Row]]:
    for line in block.split(b"\n")[:-1]:
        plain = None if intact(line) else row_of(line, at)
        if plain is not None:
            yield at, plain
            at += len(line) + 1
            continue
        whole = line if intact(line) or is_tombstone(line) else _rescue(line, at, quarantine)
        if whole is not None and not is_tombstone(line):
            try:
                row = loads(whole)
            except (ValueError, RecursionError) as problem:
                quarantine(line, f"unreadable: {problem}", at)
            else:
                yield at, row
        at += len(line) + 1


def _rescue(line: bytes, at: int, quarantine: Quarantine) -> bytes | None:
    whole = salvage(line)
    damaged = line if whole is None else line[: len(line) - len(whole)]
    quarantine(damaged, "a damaged line" if whole is None else "a torn line with a whole one after it", at)
    return whole


def _many() -> Callable[[bytes], list[Row]]:
    """What decodes whole lines, all of them JSON."""
    try:
        import msgspec
    except ImportError:
        return lambda block: [json.loads(line) for line in block.split(b"\n")[:-1]]
    return msgspec.json.Decoder().decode_lines


@cache
def _typed() -> Callable[[bytes], list[Any]] | None:
    """What decodes whole lines to objects and refuses fields it does not know; None where msgspec is not installed."""
    try:
        import msgspec
    except ImportError:
        return None
    texts: Any = list[str]
    line = msgspec.defstruct(
        "Line",
        [
            ("actor_id", str),
            ("domain", str),
            ("domain_op", dict[str, Any]),
            ("intent_id", str),
            ("lamport_ts", int),
            ("parent_op_ids", texts),
            ("reservation_id", str),
            ("created_at", str),
            ("op_id", str),
            ("head", str, ""),
            ("unmet", texts, ()),
            ("writer", str),
            ("instance", str),
            ("sequence", int),
            ("crc", str),
        ],
        forbid_unknown_fields=True,
        gc=False,
        kw_only=True,
    )
    return msgspec.json.Decoder(line).decode_lines
