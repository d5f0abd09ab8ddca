"""Lines of another replica taken into a log: verified one by one, united by content, the rest quarantined."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from muse.core.errors import FormatError
from muse.core.op_log.canonical import likely_canonical
from muse.core.op_log.decoding import Row, decoded
from muse.core.op_log.entries import (
    JUMP,
    LATEST,
    MOST_HOLES,
    SEQUENCE_JUMP,
    Key,
    check_line,
    claim,
    finish,
    order_key,
    row_key,
)
from muse.core.op_log.journal import Journal
from muse.core.op_log.second_hand import CONTRADICTED, TOLD, content_of, is_honest, is_told, under

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_LONG = 1 << 16
Place = tuple[str, str, int]
"""Writer, instance and number that ops claim."""


class Told(NamedTuple):
    """A line with the writers whose lines these are where it came from; None where every line is to be believed."""

    line: bytes
    by: frozenset[str] | None


@dataclass
class ReplicaReport:
    """What a merge of a replica did; `quarantined` says why for each line that was not taken.

    `doubted` tells of ops that are kept and not replayed: their writer's own word is another. `blamed` counts what was
    not taken by the writers it came from, where these were told, long lines as several; from `most` on, what comes of
    such a writer is counted and kept nowhere.
    """

    added: int = 0
    known: int = 0
    quarantined: list[str] = field(default_factory=list)
    doubted: list[str] = field(default_factory=list)
    blamed: dict[str, int] = field(default_factory=dict)
    most: int | None = None

    def refuse(self, journal: Journal, found: Told, reason: str) -> None:
        """Set a line aside, and say why."""
        if self.most is None or any(self.blamed.get(writer, 0) < self.most for writer in found.by or ("",)):
            self.quarantined.append(refuse(journal, found.line, reason))
        for writer in found.by or ():
            self.blamed[writer] = self.blamed.get(writer, 0) + 1 + len(found.line) // _LONG


def verified(journal: Journal, lines: Iterable[bytes | Told], report: ReplicaReport) -> list[tuple[Row, Told, bool]]:
    """The lines that are what they say, decoded, in the total order, and whether they are their writer's own word."""
    incoming: list[tuple[Row, Told, bool]] = []
    for found in lines:
        line, by = (found, None) if isinstance(found, bytes) else found
        line = line.rstrip(b"\n")
        try:
            row = check_line(line)
            if not is_honest(row):
                raise FormatError("its name is not that of its content")
            incoming.append((row, Told(line, by), by is None or row["writer"] in by))
        except FormatError as problem:
            report.refuse(journal, Told(line, by), str(problem))
    incoming.sort(key=lambda each: (order_key(each[0]), not each[2]))
    return incoming


def add(
    journal: Journal, incoming: list[tuple[Row, Told, bool]], report: ReplicaReport, before: Known | None = None
) -> Known:
    """Append what is new of verified lines in the total order; the lock is held.

    What the log has then, to be given as `before` next time: only what others appended meanwhile is read again.
    """
    known = before if before is not None and before.is_of(journal) else Known(journal.log_id)
    known.read(journal)
    latest, lines = journal.lamport, []
    for row, found, own in incoming:
        line = found.line
        now = row["lamport_ts"]
        if content_of(row) in known.contents:
            report.known += 1
            continue
        key = known.key_for(row, own)
        why = f"another op is known as number {row['sequence']} of {row_key(row).who}"
        if key is not None:
            why = known.refused(key)
        if now > latest + JUMP or now > LATEST:
            why = f"Lamport time {now} jumps too far past {latest}"
        if key is None or why:
            report.refuse(journal, found, why)
            continue
        row["instance"], row["sequence"] = key.instance, key.sequence
        unmet = [parent for parent in row["parent_op_ids"] if known.ids.get(parent, now) >= now]
        doubted = known.doubted(row)
        report.doubted += [_doubt(row, op_id) for op_id in doubted]
        lines.append(finish(line[: line.rfind(b',"created_at":')], _tail(row), key, unmet, instead=doubted))
        known.note(row)
        latest = max(latest, now)
        report.added += 1
    if lines:
        journal.write(b"".join(lines), latest)
    known.end = journal.end
    return known


class Known:
    """What a log has, up to `end`: contents, keys, what is said of one place, how far each opening got."""

    def __init__(self, log_id: str) -> None:
        self.log_id = log_id
        self.end = 0
        self.contents: set[tuple[str, str, int, str]] = set()
        self.keys: set[Key] = set()
        self.ids: dict[str, int] = {}
        self.told: dict[Place, list[str]] = {}
        self.tops: dict[str, int] = {}
        self.holes = 0

    def is_of(self, journal: Journal) -> bool:
        """False for another log, or one that became shorter."""
        return self.log_id == journal.log_id and self.end <= journal.end

    def read(self, journal: Journal) -> None:
        """Take in what the log has behind `end`."""
        for row in decoded(journal.blocks(self.end, journal.end), self.end, journal.quarantine):
            self.note(row)
        self.end = journal.end
        self.holes = sum(self.tops.values()) - len(self.keys)

    def note(self, row: Row) -> None:
        """One more op is here."""
        key = row_key(row)
        self.contents.add(content_of(row))
        self.keys.add(key)
        self.ids[row["op_id"]] = row["lamport_ts"]
        self.tops[key.who] = max(self.tops.get(key.who, 0), key.sequence)
        if is_told(row):
            self.told.setdefault((row["writer"], *claim(row)), []).append(row["op_id"])

    def key_for(self, row: Row, own: bool) -> Key | None:
        """The key a new op gets: what it claims if its writer says so; None when there is none."""
        key = row_key(row)
        if not own and claim(row) == key[1:]:
            return under(key, row["op_id"], TOLD)
        return under(key, row["op_id"], CONTRADICTED) if key in self.keys else key

    def refused(self, key: Key) -> str:
        """Why a number cannot be: checkpoints list every hole below it. Else "", and it is counted."""
        top = self.tops.get(key.who, 0)
        gap = max(key.sequence - top, 0) - 1  # a number below the top fills a hole
        if gap >= SEQUENCE_JUMP or (gap > 0 and self.holes + gap > MOST_HOLES):
            return f"its sequence {key.sequence} jumps too far"
        self.holes += gap
        return ""

    def doubted(self, row: Row) -> list[str]:
        """The ids of what does not count once this op is here: itself, or what others told of its place."""
        place: Place = (row["writer"], *claim(row))
        if is_told(row):
            return [row["op_id"]] if Key(*place) in self.keys else []
        return self.told.get(place, []) if place == row_key(row) else []


def _doubt(row: Row, op_id: str) -> str:
    instance, number = claim(row)
    return (
        f"op {op_id[7:19]} is not number {number} of {row['writer']}/{instance}: that writer's own ref says otherwise"
    )


def _tail(row: Row) -> bytes:
    """What follows the op in its line, from what is known of it alone."""
    head = row.get("head")
    seen = f',"head":"{head}"' if isinstance(head, str) and _COMMIT.fullmatch(head) else ""
    return b',"created_at":%b,"op_id":"%b"%b' % (
        likely_canonical(row["created_at"]),
        row["op_id"].encode(),
        seen.encode(),
    )


def refuse(journal: Journal, line: bytes, reason: str) -> str:
    """Set a line aside; the reason, for the report."""
    journal.quarantine(line, reason, 0, "peer")
    return reason
