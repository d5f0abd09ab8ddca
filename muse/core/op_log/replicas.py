"""Lines of another replica taken into a log: verified one by one, united by key, the rest quarantined."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from muse.core.errors import FormatError
from muse.core.op_log.decoding import Row, decode
from muse.core.op_log.entries import (
    JUMP,
    LATEST,
    MOST_HOLES,
    SEQUENCE_JUMP,
    check_line,
    finish,
    order_key,
    row_key,
)
from muse.core.op_log.journal import Journal


@dataclass
class ReplicaReport:
    """What a merge of a replica did; `quarantined` says why for each line that was not taken."""

    added: int = 0
    known: int = 0
    quarantined: list[str] = field(default_factory=list)


def verified(journal: Journal, lines: Iterable[bytes], report: ReplicaReport) -> list[tuple[Row, bytes]]:
    """The lines that are what they say, decoded, in the total order."""
    incoming: list[tuple[Row, bytes]] = []
    for line in lines:
        line = line.rstrip(b"\n")
        try:
            incoming.append((check_line(line), line))
        except FormatError as problem:
            report.quarantined.append(refuse(journal, line, str(problem)))
    incoming.sort(key=lambda pair: order_key(pair[0]))
    return incoming


def add(journal: Journal, incoming: list[tuple[Row, bytes]], report: ReplicaReport) -> None:
    """Append what is new of verified lines in the total order; the lock is held."""
    here = decode(journal.blocks(0, journal.end), 0, journal.quarantine)
    have = {row_key(row): row for row in here}
    ids = {row["op_id"]: row["lamport_ts"] for row in have.values()}
    tops: dict[str, int] = {}
    for key in have:
        tops[key.who] = max(tops.get(key.who, 0), key.sequence)
    latest, lines, holes = journal.lamport, [], sum(tops.values()) - len(have)
    for row, line in incoming:
        key, now = row_key(row), row["lamport_ts"]
        known = have.get(key)
        if known is not None:
            if known["op_id"] == row["op_id"] and known["created_at"] == row["created_at"]:
                report.known += 1
            else:
                why = f"another op is known as number {key.sequence} of {key.who}"
                report.quarantined.append(refuse(journal, line, why))
            continue
        if now > latest + JUMP or now > LATEST:
            report.quarantined.append(refuse(journal, line, f"Lamport time {now} jumps too far past {latest}"))
            continue
        top = tops.get(key.who, 0)
        gap = max(key.sequence - top, 0) - 1  # a number below the top fills a hole
        if gap >= SEQUENCE_JUMP or (gap > 0 and holes + gap > MOST_HOLES):  # checkpoints list every hole
            report.quarantined.append(refuse(journal, line, f"its sequence {key.sequence} jumps too far"))
            continue
        tops[key.who], holes = max(top, key.sequence), holes + gap
        unmet = [parent for parent in row["parent_op_ids"] if ids.get(parent, now) >= now]
        cut, after = line.rfind(b',"created_at":'), line.rfind(b',"writer":')
        waits = line.rfind(b',"unmet":', cut)
        tail = line[cut : waits if waits > 0 else after]
        lines.append(finish(line[:cut], tail, key, unmet))
        have[key], ids[row["op_id"]], latest = row, now, max(latest, now)
        report.added += 1
    if lines:
        journal.write(b"".join(lines), latest)


def refuse(journal: Journal, line: bytes, reason: str) -> str:
    """Set a line aside; the reason, for the report."""
    journal.quarantine(line, reason, 0, "peer")
    return reason
