"""One session's log as its users see it: append, read, follow, replay, checkpoint, merge."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, cast

from muse.core.errors import DamageError, FormatError, MuseError, RefMovedError
from muse.core.io import write_text_atomic
from muse.core.op_log.checkpoints import checksum, covered_by, is_checkpoint, portable
from muse.core.op_log.checkpoints import compose as compose_checkpoint
from muse.core.op_log.decoding import Row, decode, entries, whole_lines
from muse.core.op_log.entries import (
    JUMP,
    Key,
    OpEntry,
    OpLogCheckpoint,
    Request,
    draft,
    finish,
    row_key,
    seal,
    strip,
    timed,
)
from muse.core.op_log.journal import Journal
from muse.core.op_log.ordering import Replay, causal, find, is_in_another, latest_time
from muse.core.op_log.plain import convert, is_plain
from muse.core.op_log.replicas import ReplicaReport, Told, add, verified
from muse.core.op_log.second_hand import is_told
from muse.core.op_log.segments import Segment
from muse.core.op_log.sessions import decode_name, encode_name, writer_of
from muse.core.op_log.verified_blocks import Seen
from muse.core.paths import StrPath, op_log_dir
from muse.core.types import load_json_file
from muse.domain import DomainOp, StructuredDelta

Level = Literal["buffered", "written", "durable"]
LEVELS: tuple[Level, ...] = ("buffered", "written", "durable")

_BUFFER = 1 << 18
_REMEMBERED = 1 << 16


class OpLog:
    """The append-only log of one session. Any number of these, in any number of processes, may be open on it.

    `level` is what an acknowledged append survives: `buffered` nothing until `flush`, `written` the death of every
    process, `durable` power loss. The folder is made by the first append.
    """

    def __init__(
        self, repo_root: StrPath, session_id: str, *, level: Level = "written", writer: str | None = None
    ) -> None:
        if level not in LEVELS:
            raise MuseError(f"unknown durability level {level!r}; one of {', '.join(LEVELS)}")
        self._root = Path(repo_root)
        self._session = session_id
        self._level: Level = level
        self._folder = op_log_dir(repo_root) / encode_name(session_id)
        self._journal = Journal(self._folder, latest_time, self._root)
        self._writer = writer
        self._forks = 0
        self._instance = ""
        self._sequence = 0
        self._buffer: list[tuple[bytes, int]] = []
        self._buffered = 0
        self._known: dict[str, int] = {}
        self._handed_out: int | None = None
        self.head: Callable[[], str] | None = None  # tells the commit that is checked out, to be kept with each op

    # Identity ----------------------------------------------------------------------------------------------------

    def session_id(self) -> str:
        """The session's name."""
        return self._session

    @property
    def folder(self) -> Path:
        """Where the session's files are."""
        return self._folder

    @property
    def instance(self) -> str:
        """The name of this opening of the log, once it has written; ops are (writer, instance, sequence)."""
        return self._instance

    def _renew(self) -> None:
        """Take a fresh instance: after a fork, and after a failed write whose numbers may be on disk."""
        self._instance, self._sequence, self._forks = os.urandom(16).hex(), 0, self._journal.forks

    @property
    def sequence(self) -> int:
        """How many ops this opening has written."""
        return self._sequence

    @property
    def writer(self) -> str:
        """The clone's writer id, or `local` outside of Git."""
        if self._writer is None:
            self._writer = writer_of(self._root)
        return self._writer

    # Appending ---------------------------------------------------------------------------------------------------

    def next_lamport_ts(self) -> int:
        """A Lamport time larger than every one in the log, reserved: no other caller in any process gets it."""
        self._acquire()
        try:
            return self._journal.reserve()
        finally:
            self._journal.release()

    def append(self, entry: OpEntry, *, level: Level | None = None) -> None:
        """Append one entry; returns once it is as safe as the level says. Errors leave the log as it was."""
        self.append_many((entry,), level=level)

    def append_many(self, entries: Iterable[OpEntry], *, level: Level | None = None) -> None:
        """Append entries in one write: all or none."""
        sealed = [(entry, *seal(entry)) for entry in entries]
        if not sealed:
            return
        level = level or self._level
        self._acquire()
        try:
            end = self._write(self._lines(sealed), level)
        finally:
            self._journal.release()
        if level == "durable":
            self._journal.sync(end)

    def record(
        self,
        actor_id: str,
        domain: str,
        ops: Sequence[DomainOp],
        *,
        parent_op_ids: list[str] | None = None,
        intent_id: str = "",
        reservation_id: str = "",
        level: Level | None = None,
    ) -> list[OpEntry]:
        """Make entries at times of their own and append them, under one lock and in one write."""
        return self.record_all(
            [Request(actor_id, domain, op, tuple(parent_op_ids or ()), None, intent_id, reservation_id) for op in ops],
            level=level,
        )

    def record_all(
        self, requests: Sequence[Request], *, level: Level | None = None, at_end: int | None = None
    ) -> list[OpEntry]:
        """As `record`, for ops of several actors, some with an earlier one of the same call as their cause.

        With `at_end`, what `end` said when the caller looked: RefMovedError, and nothing is written, if the log grew.
        """
        level = level or self._level
        drafts = [draft(wish) for wish in requests]  # what can be done before others have to wait
        self._acquire()
        try:
            if at_end is not None and self._journal.end != at_end:
                raise RefMovedError(f"the log of {self._session!r:.80} grew meanwhile")
            halves = timed(drafts, self._latest() + 1)
            end = self._write(self._lines(halves), level)
        finally:
            self._journal.release()
        if level == "durable":
            self._journal.sync(end)
        return [entry for entry, _, _ in halves]

    def flush(self, *, level: Level = "written") -> None:
        """Write what is buffered; with `durable`, make everything so far durable."""
        if not self._buffer and level != "durable":
            return
        self._acquire()
        try:
            end = self._write([], level)
        finally:
            self._journal.release()
        if level == "durable":
            self._journal.sync(end)

    def close(self) -> None:
        """Write what is buffered and let go of the files."""
        self.flush()
        self._journal.close()

    def _acquire(self) -> None:
        """Take the lock; in a forked child, leave what the parent buffered to the parent."""
        if self._writer is None:
            self._writer = writer_of(self._root)
        if not self._instance or self._forks != self._journal.forks:
            self._renew()
            self._buffer, self._buffered = [], 0
        while True:
            self._journal.acquire()
            try:
                plain = is_plain(self._journal)
                if plain:
                    convert(self._journal, self.writer)
                elif self._journal.end == 0 and decode_name(self._folder.name) is None:
                    write_text_atomic(self._folder / "name", json.dumps(self._session) + "\n")
            except BaseException:
                self._journal.release()  # nobody else can: a lock that stays would stop every later append
                raise
            if not plain:
                return
            self._journal.release()  # the converted log is another file, with a lock of its own

    def _latest(self) -> int:
        return max(self._journal.lamport, self._buffer[-1][1] if self._buffer else 0)

    def _lines(self, sealed: list[tuple[OpEntry, bytes, bytes]]) -> list[tuple[bytes, int]]:
        """Lines with their times; the lock is held. FormatError when a time cannot be, and then no number is used."""
        before, latest, lines = self._sequence, self._latest(), []
        head = b"" if self.head is None or not (at := self.head()) else b',"head":"%b"' % at.encode()
        writer, instance, number, known = self.writer, self._instance, before, self._known
        if len(known) > _REMEMBERED:
            known.clear()
        try:
            for entry, body, tail in sealed:
                now, unmet = entry["lamport_ts"], None
                if now > latest:
                    if now > latest + JUMP:
                        raise FormatError(f"Lamport time {now} jumps more than {JUMP} past the log's {latest}")
                    latest = now
                if entry["parent_op_ids"]:
                    unmet = [parent for parent in entry["parent_op_ids"] if not self._parent_is_here(parent, now)]
                number += 1
                lines.append((finish(body, tail, (writer, instance, number), unmet, head), now))
                known[entry["op_id"]] = now
        except BaseException:
            known.clear()
            raise
        self._sequence = number
        return lines

    def _write(self, lines: list[tuple[bytes, int]], level: Level) -> int:
        """Buffer or write; the lock is held. After an error the numbers of `lines` are never used again."""
        if level == "buffered" and self._buffered < _BUFFER:
            self._buffer += lines
            self._buffered += sum(len(line) for line, _ in lines)
            return self._journal.end
        todo = self._buffer + lines if self._buffer else lines
        if todo:
            try:
                lines_only, times = zip(*todo)
                self._journal.write(b"".join(lines_only), max(times))
            except BaseException:
                self._renew()
                self._known.clear()
                if not self._journal.undone:  # part of it may be in the file: writing it again would double it
                    self._buffer, self._buffered = [], 0
                raise
            self._buffer, self._buffered = [], 0
        return self._journal.end

    def _remember(self, op_id: str, now: int) -> None:
        if len(self._known) > _REMEMBERED:
            self._known.clear()
        self._known[op_id] = now

    def _parent_is_here(self, parent: str, child_time: int) -> bool:
        """True when the log has an op of that id; FormatError when its time is not smaller than the child's."""
        found = self._known.get(parent)
        if found is None:
            found = find(self._journal, parent)
            if found is None:
                return False
            self._remember(parent, found)
        if found >= child_time:
            raise FormatError(f"Lamport time {child_time} is not after that of its cause ({found})")
        return True

    # Reading -----------------------------------------------------------------------------------------------------

    def read_all(self) -> list[OpEntry]:
        """Every op in the order of acknowledgement."""
        return self.read_from(0)[0]

    def records(self) -> list[tuple[Key, OpEntry]]:
        """Every op with its key, in the order of acknowledgement."""
        return [(row_key(row), strip(row)) for row in self._rows(0)[0]]

    def follow(
        self, *, since: int | None = None, poll: float = 0.01, stop: Callable[[], bool] | None = None
    ) -> Iterator[OpEntry]:
        """New ops as they arrive, from any process, in the order of acknowledgement.

        `since` is a byte offset (0: from the start); by default only what arrives from now on. Ends when `stop()` says
        so; `poll` is the pause in seconds between looks, each of which costs one `stat` while nothing is new.
        """
        at = self.end() if since is None else since
        while True:
            rows, at = self._rows(at)
            for row in rows:
                entry = strip(row)
                self._remember(entry["op_id"], entry["lamport_ts"])
                yield entry
            if stop is not None and stop():
                return
            if not rows:
                time.sleep(poll)

    def end(self) -> int:
        """The byte offset after the last acknowledged op; for `follow(since=...)`."""
        if self._buffer:
            self.flush()
        return self._journal.settled_end()

    def read_from(self, offset: int) -> tuple[list[OpEntry], int]:
        """The ops after an offset, and the offset to ask for next time."""
        end = self.end()
        if offset >= end:
            return [], end
        return self._entries(offset, end) or [], end

    def rows_from(self, offset: int) -> tuple[list[Row], int]:
        """`read_from` with all that the lines say, such as the commit an op was made on (`head`)."""
        return self._rows(offset)

    def damage(self) -> list[dict[str, Any]]:
        """What lies in quarantine: name, reason, offset, length, found_at."""
        return self._journal.damage()

    def _rows(self, start: int, end: int | None = None) -> tuple[list[Row], int]:
        """Decoded lines of a stretch; damaged ones go to quarantine and are stepped over."""
        end = self.end() if end is None else end
        if start >= end:
            return [], min(start, end)
        return decode(self._journal.blocks(start, end), start, self._journal.quarantine), end

    def _entries(self, start: int, end: int, *, in_order: bool = False) -> list[OpEntry] | None:
        seen = Seen(self._folder, end - start)
        return entries(self._journal.blocks(start, end), start, self._journal.quarantine, seen, in_order=in_order)

    # Replay ------------------------------------------------------------------------------------------------------

    def replay(self, since: Sequence[OpLogCheckpoint] | None = None) -> Replay:
        """What the last checkpoint does not hold, or what none of the checkpoints given does; see `Replay`."""
        rows, end = self._uncovered(self._last() if since is None else since)
        ready, waiting = self._causal(rows)
        self._handed_out = end
        return Replay([strip(dict(row)) for row in ready], [strip(dict(row)) for row in waiting], ready, end)

    def replay_since_checkpoint(self) -> list[OpEntry]:
        """The ops that the last checkpoint does not hold and whose causes are here, in the one total order."""
        last, end = self._last(), self.end()
        start = self._start(last, end)
        if all(self._made_at(made, end + 1) <= start for made in last):  # nothing past there is in a checkpoint
            quick = self._entries(start, end, in_order=True)
            if quick is not None:
                self._handed_out = end
                return quick
        rows, end = self._uncovered(last)
        ready, _ = self._causal(rows)
        self._handed_out = end
        return [strip(row) for row in ready]

    def waiting(self) -> list[OpEntry]:
        """The ops that wait for a cause which has not arrived."""
        return [strip(row) for row in self._causal(self._uncovered(self._last())[0])[1]]

    def to_structured_delta(self, domain: str) -> StructuredDelta:
        """The ops of one domain since the last checkpoint; the summary counts kinds: `3 insert, 1 replace`."""
        ops = [entry["domain_op"] for entry in self.replay_since_checkpoint() if entry["domain"] == domain]
        kinds = [op["op"] for op in ops]
        counts = [f"{kinds.count(kind)} {kind}" for kind in sorted(set(kinds))]
        return StructuredDelta(domain=domain, ops=ops, summary=", ".join(counts) or "no ops")

    def _last(self) -> list[OpLogCheckpoint]:
        checkpoint = self.read_checkpoint()
        return [] if checkpoint is None else [checkpoint]

    def _uncovered(self, since: Sequence[OpLogCheckpoint]) -> tuple[list[Row], int]:
        """Rows that no checkpoint holds, in file order; seeks where one was made of this very file, else scans."""
        end = self.end()
        rows: list[Row] = []
        doubted: set[str] = set()
        first = self._start(since, end)
        edges = sorted({first, *(max(first, min(self._made_at(made, end), end)) for made in since)})
        for start, stop in zip(edges, [*edges[1:], end]):
            fresh, _ = self._rows(start, stop)
            doubted.update(op_id for row in fresh for op_id in row.get("instead", ()))
            for made in since:
                if start < self._made_at(made, end + 1):
                    fresh = [row for row in fresh if not covered_by(made, row)]
            rows += fresh
        return ([row for row in rows if not (row["op_id"] in doubted and is_told(row))] if doubted else rows), end

    def _start(self, since: Iterable[OpLogCheckpoint], end: int) -> int:
        """An offset before which every op is held by one of the checkpoints; one that cannot be is not believed."""
        offsets = [made.get("offset", 0) for made in since if made.get("log") == self._journal.log_id]
        return max((at for at in offsets if 0 < at <= end and self._journal.begins_line(at)), default=0)

    def _made_at(self, made: OpLogCheckpoint, other: int) -> int:
        """Where this very file ended when a checkpoint was made; `other` for one that came from elsewhere."""
        return made.get("end", other) if made.get("log") == self._journal.log_id else other

    def _causal(self, rows: list[Row]) -> tuple[list[Row], list[Row]]:
        return causal(rows, lambda op_id: find(self._journal, op_id), lambda op_id: is_in_another(self._folder, op_id))

    # Checkpoints -------------------------------------------------------------------------------------------------

    def checkpoint(
        self,
        snapshot_id: str,
        *,
        replay: Replay | None = None,
        since: Sequence[OpLogCheckpoint] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> OpLogCheckpoint:
        """Say that a snapshot holds the ops so far; they are made durable first.

        With `replay`, exactly its ready ops are held, and what `since` held (the checkpoints it was made with; the last
        one by default). Without, everything in the log is, except ops that wait and ops of others that arrived after
        this object last handed out a replay: nobody can have put those into the snapshot. `more` are fields of it; what
        the last one says of the session's place and deliveries stays.
        """
        self.flush(level="durable")
        self._acquire()
        try:
            last = self.read_checkpoint()
            before = ([] if last is None else [last]) if since is None else list(since)
            start, end = self._start(before, self._journal.end), self._journal.end
            rows = decode(self._journal.blocks(start, end), start, self._journal.quarantine, offsets=True)
            fresh = [row for row in rows if not any(covered_by(made, row) for made in before)]
            made = compose_checkpoint(before, fresh, self._not_held(fresh, replay), end)
            made["session_id"], made["snapshot_id"], made["log"] = self._session, snapshot_id, self._journal.log_id
            made["quarantined"] = [found["name"] for found in self.damage()]
            for name in ("roots", "branch", "at", "deliveries", "paths", "repaired"):
                if last is not None and name in last:
                    made[name] = last[name]
            made.update(more or {})  # type: ignore[typeddict-item]
            self._keep(made)
        finally:
            self._journal.release()
        self._handed_out = None
        return made

    def _not_held(self, rows: list[Row], replay: Replay | None) -> set[Key]:
        if replay is not None:
            held = {row_key(row) for row in replay.rows}
            return {row_key(row) for row in rows} - held
        _, waiting = self._causal(list(rows))
        out = {row_key(row) for row in waiting}
        if self._handed_out is not None:
            mine = self._instance
            out |= {row_key(row) for row in rows if row["offset"] >= self._handed_out and row["instance"] != mine}
        return out

    def read_checkpoint(self) -> OpLogCheckpoint | None:
        """The last checkpoint, or None; a damaged file is quarantined, and then everything is replayed again."""
        path = self._folder / "checkpoint.json"
        found = load_json_file(path)
        if is_checkpoint(found) and cast(OpLogCheckpoint, found)["session_id"] == self._session:
            return cast(OpLogCheckpoint, found)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        self._journal.quarantine(data, "damaged checkpoint", 0)
        return None

    def annotate(self, **fields: Any) -> None:
        """Change fields of the checkpoint that say nothing about which ops are held; None takes one away."""
        self._acquire()
        try:
            made = self.read_checkpoint()
            if made is None:
                raise MuseError(f"session {self._session!r:.80} has no checkpoint")
            made.update(fields)  # type: ignore[typeddict-item]
            self._keep(cast(OpLogCheckpoint, {name: value for name, value in made.items() if value is not None}))
        finally:
            self._journal.release()

    def adopt_checkpoint(self, checkpoint: OpLogCheckpoint) -> None:
        """Take a checkpoint that came from elsewhere (a rebuild from Git) as this log's own."""
        if not is_checkpoint(checkpoint) or checkpoint["session_id"] != self._session:
            raise DamageError(f"this is no checkpoint of session {self._session!r}")
        self._folder.mkdir(parents=True, exist_ok=True)
        self._keep(cast(OpLogCheckpoint, portable(checkpoint)))

    def _keep(self, made: OpLogCheckpoint) -> None:
        made["sum"] = checksum(made)
        write_text_atomic(self._folder / "checkpoint.json", json.dumps(made, indent=1, sort_keys=True) + "\n")

    # Replicas ----------------------------------------------------------------------------------------------------

    def merge_replica(self, other: OpLog | Iterable[bytes | Told]) -> ReplicaReport:
        """Add the ops another replica of the session has, by what they are; durable when it returns.

        Takes an OpLog or lines, with those whose word they are or without. A line that does not verify goes to
        quarantine; everything else is taken, two ops of one number both (`second_hand.py`).
        """
        if isinstance(other, OpLog):
            if other._session != self._session:
                raise MuseError(f"session {other._session!r} is no replica of {self._session!r}")
            lines: Iterable[bytes | Told] = other.raw_lines()
        else:
            lines = other
        report = ReplicaReport()
        self._acquire()
        try:
            self._write([], "written")
            add(self._journal, verified(self._journal, lines, report), report)
            end = self._journal.end
        finally:
            self._journal.release()
        self._journal.sync(end)
        return report

    def close_segment(self, least: int = 1) -> bool:
        """Set what is in `ops.jsonl` aside as a closed segment if it has `least` bytes; every reader still sees it."""
        self.flush()
        return self._journal.close_segment(least)

    def segments(self) -> tuple[Segment, ...]:
        """The closed segments, in their order."""
        return self._journal.segments()

    def log_id(self) -> str:
        """The random name of this file; offsets of one log mean nothing in another."""
        self.end()
        return self._journal.log_id

    def lines_from(self, offset: int) -> tuple[list[tuple[Row, bytes]], int]:
        """Whole lines past an offset with what they say, damaged ones left out, and the offset after them."""
        end = self.end()
        blocks = self._journal.blocks(offset if offset <= end else 0, end)
        return [(cast("Row", json.loads(line)), line) for line in whole_lines(blocks)], end

    def raw_lines(self) -> list[bytes]:
        """The whole lines of the log, as bytes without their newlines, damaged ones left out."""
        return [*whole_lines(self._journal.blocks(0, self.end()))]
