"""One session's log as its users see it: append, read, follow, replay, checkpoint, merge."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Literal, cast

from muse.core.errors import DamageError, FormatError, MuseError, RefMovedError
from muse.core.io import write_text_atomic
from muse.core.op_log.checkpoints import GOES_ON, checksum, covered_by, in_runs, is_checkpoint, portable, spans
from muse.core.op_log.checkpoints import compose as compose_checkpoint
from muse.core.op_log.decoding import Row
from muse.core.op_log.entries import (
    JUMP,
    OpEntry,
    OpLogCheckpoint,
    Request,
    draft,
    finish,
    row_key,
    seal,
    timed,
)
from muse.core.op_log.ordering import find
from muse.core.op_log.plain import convert, is_plain
from muse.core.op_log.reader import REMEMBERED, LogReader
from muse.core.op_log.replicas import Known, ReplicaReport, Told, add, verified
from muse.core.op_log.sessions import decode_name, writer_of
from muse.core.op_log.stored import Found, Replay, found
from muse.core.op_log.tombstones import bury, clear_quarantine
from muse.core.paths import StrPath
from muse.core.sharing import make_folders
from muse.domain import DomainOp

Level = Literal["buffered", "written", "durable"]
LEVELS: tuple[Level, ...] = ("buffered", "written", "durable")

_BUFFER = 1 << 18


class OpLog(LogReader):
    """The append-only log of one session. Any number of these, in any number of processes, may be open on it.

    `level` is what an acknowledged append survives: `buffered` nothing until `flush`, `written` the death of every
    process, `durable` power loss. The folder is made by the first append.
    """

    def __init__(
        self, repo_root: StrPath, session_id: str, *, level: Level = "written", writer: str | None = None
    ) -> None:
        if level not in LEVELS:
            raise MuseError(f"unknown durability level {level!r}; one of {', '.join(LEVELS)}")
        super().__init__(repo_root, session_id)
        self._level: Level = level
        self._writer = writer
        self._forks = 0
        self._instance = ""
        self._sequence = 0
        self._buffer: list[tuple[bytes, int]] = []
        self._buffered = 0
        self._merged: Known | None = None  # what the log had when a replica was last merged
        self.head: Callable[[], str] | None = None  # tells the commit that is checked out, to be kept with each op

    # Identity ----------------------------------------------------------------------------------------------------

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
        level, head = level or self._level, self._checked_out()
        self._acquire()
        try:
            end = self._write(self._lines(sealed, head), level)
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
        drafts, head = [draft(wish) for wish in requests], self._checked_out()  # all that others need not wait for
        self._acquire()
        try:
            if at_end is not None and self._journal.end != at_end:
                raise RefMovedError(f"the log of {self._session!r:.80} grew meanwhile")
            halves = timed(drafts, self._latest() + 1)
            end = self._write(self._lines(halves, head), level)
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

    def _checked_out(self) -> bytes:
        """The field of a line that says what commit is checked out."""
        return b"" if self.head is None or not (at := self.head()) else b',"head":"%b"' % at.encode()

    def _lines(self, sealed: list[tuple[OpEntry, bytes, bytes]], head: bytes) -> list[tuple[bytes, int]]:
        """Lines with their times; the lock is held. FormatError when a time cannot be, and then no number is used."""
        before, latest, lines = self._sequence, self._latest(), []
        writer, instance, number, known = self.writer, self._instance, before, self._known
        if len(known) > REMEMBERED:
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

    def end(self) -> int:
        """The byte offset after the last acknowledged op, what was buffered written before; for `follow(since=...)`."""
        if self._buffer:
            self.flush()
        return super().end()

    def expunge(self, op_ids: Collection[str]) -> int:
        """Take the content of these ops out of every file of the log, and out of its quarantine; how many lines.

        Offsets, times and keys stay as they are: a tombstone of the same length stands for each.
        """
        self.flush()
        self._acquire()
        try:
            buried = bury(self._journal, op_ids)
        finally:
            self._journal.release()
        self._journal.close()  # what is open here is no longer the log
        self._known.clear()
        clear_quarantine(self._folder, op_ids)
        return buried

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
            fresh = found(
                self._journal,
                start,
                end,
                self._journal.quarantine,
                lambda row, _: not any(covered_by(made, row) for made in before),
            )
            made = compose_checkpoint(before, fresh.rows.located(), self._held(fresh, replay), end)
            made["session_id"], made["snapshot_id"], made["log"] = self._session, snapshot_id, self._journal.log_id
            made["quarantined"] = [found["name"] for found in self.damage()]
            if last is not None:
                made.update({name: last[name] for name in GOES_ON if name in last})  # type: ignore
            made.update(more or {})  # type: ignore[typeddict-item]
            self._keep(made)
        finally:
            self._journal.release()
        self._handed_out = None
        return made

    def _held(self, fresh: Found, replay: Replay | None) -> Callable[[int, Row], bool]:
        """Which rows, by offset and what they say, a checkpoint made now holds."""
        if replay is not None:
            runs = spans(replay.rows)
            return lambda _, row: in_runs(runs, row_key(row))
        _, waiting = self._causal(fresh)
        out, mine = {row_key(row) for row in waiting}, self._instance
        limit = self._handed_out
        return lambda at, row: row_key(row) not in out and (limit is None or at < limit or row["instance"] == mine)

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
        make_folders(self._folder)
        self._keep(cast(OpLogCheckpoint, portable(checkpoint)))

    def _keep(self, made: OpLogCheckpoint) -> None:
        made["sum"] = checksum(made)
        write_text_atomic(self._folder / "checkpoint.json", json.dumps(made, indent=1, sort_keys=True) + "\n")

    # Replicas ----------------------------------------------------------------------------------------------------

    def merge_replica(
        self, other: OpLog | Iterable[bytes | Told], report: ReplicaReport | None = None, *, level: Level = "durable"
    ) -> ReplicaReport:
        """Add the ops another replica of the session has, by what they are; as safe as `level` says when it returns.

        Takes an OpLog or lines, with those whose word they are or without. A line that does not verify goes to
        quarantine; everything else is taken, two ops of one number both (`second_hand.py`). `report` goes on from what
        earlier merges found.
        """
        if isinstance(other, OpLog):
            if other._session != self._session:
                raise MuseError(f"session {other._session!r} is no replica of {self._session!r}")
            lines: Iterable[bytes | Told] = other.raw_lines()
        else:
            lines = other
        report = ReplicaReport() if report is None else report
        self._acquire()
        try:
            self._write([], "written")
            before, self._merged = self._merged, None  # of no use when this fails
            self._merged = add(self._journal, verified(self._journal, lines, report), report, before)
            end = self._journal.end
        finally:
            self._journal.release()
        if level == "durable":
            self._journal.sync(end)
        return report

    def close_segment(self, least: int = 1) -> bool:
        """Set what is in `ops.jsonl` aside as a closed segment if it has `least` bytes; every reader still sees it."""
        self.flush()
        return self._journal.close_segment(least)
