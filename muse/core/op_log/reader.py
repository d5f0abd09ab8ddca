"""One session's log as its readers see it: its ops, in both orders, as they come, and what no checkpoint holds."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

from muse.core.op_log.checkpoints import covered_by, is_checkpoint
from muse.core.op_log.decoding import Row, decode, decoded, entries, whole_lines
from muse.core.op_log.entries import Key, OpEntry, OpLogCheckpoint, row_key, strip
from muse.core.op_log.journal import Journal
from muse.core.op_log.ordering import causal, find, is_in_another, latest_time
from muse.core.op_log.second_hand import is_told
from muse.core.op_log.segments import Segment
from muse.core.op_log.sessions import encode_name
from muse.core.op_log.stored import Entries, Found, Replay, Rows, found
from muse.core.op_log.verified_blocks import Seen
from muse.core.paths import StrPath, op_log_dir
from muse.core.types import load_json_file
from muse.domain import StructuredDelta

REMEMBERED = 1 << 16


class LogReader:
    """Reads the log of one session, which others may be appending to."""

    def __init__(self, repo_root: StrPath, session_id: str) -> None:
        self._root = Path(repo_root)
        self._session = session_id
        self._folder = op_log_dir(repo_root) / encode_name(session_id)
        self._journal = Journal(self._folder, latest_time, self._root)
        self._known: dict[str, int] = {}  # times of ops by their ids, of some
        self._handed_out: int | None = None  # where the log ended when a replay was last handed out

    def session_id(self) -> str:
        """The session's name."""
        return self._session

    @property
    def folder(self) -> Path:
        """Where the session's files are."""
        return self._folder

    # Reading -----------------------------------------------------------------------------------------------------

    def read_all(self) -> list[OpEntry]:
        """Every op in the order of acknowledgement."""
        return self.read_from(0)[0]

    def each(self) -> Iterator[Row]:
        """Every op with all that its line says, in the order of acknowledgement, some dozens in memory at a time."""
        return decoded(self._journal.blocks(0, self.end()), 0, self._journal.quarantine)

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
        fresh, end = self._uncovered(self._last() if since is None else since)
        ready, waiting = self._causal(fresh)
        self._handed_out = end
        return Replay(ready, Entries(waiting), end)

    def replay_since_checkpoint(self) -> list[OpEntry]:
        """The ops that the last checkpoint does not hold and whose causes are here, in the one total order."""
        last, end = self._last(), self.end()
        start = self._start(last, end)
        if all(self._made_at(made, end + 1) <= start for made in last):  # nothing past there is in a checkpoint
            quick = self._entries(start, end, in_order=True)
            if quick is not None:
                self._handed_out = end
                return quick
        fresh, end = self._uncovered(last)
        ready, _ = self._causal(fresh)
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

    def _uncovered(self, since: Sequence[OpLogCheckpoint]) -> tuple[Found, int]:
        """Rows that no checkpoint holds, in file order; seeks where one was made of this very file, else scans."""
        end = self.end()
        doubted: set[str] = set()
        reach = [(made, self._made_at(made, end + 1)) for made in since]

        def wanted(row: Row, at: int) -> bool:
            doubted.update(row.get("instead", ()))
            return not any(at < made_at and covered_by(made, row) for made, made_at in reach)

        fresh = found(self._journal, self._start(since, end), end, self._journal.quarantine, wanted)
        if doubted:
            keep = [at for at, row in enumerate(fresh.rows) if not (row["op_id"] in doubted and is_told(row))]
            fresh = Found(fresh.rows.taken(keep), [fresh.times[at] for at in keep], fresh.waits)
        return fresh, end

    def _start(self, since: Iterable[OpLogCheckpoint], end: int) -> int:
        """An offset before which every op is held by one of the checkpoints; one that cannot be is not believed."""
        offsets = [made.get("offset", 0) for made in since if made.get("log") == self._journal.log_id]
        return max((at for at in offsets if 0 < at <= end and self._journal.begins_line(at)), default=0)

    def _made_at(self, made: OpLogCheckpoint, other: int) -> int:
        """Where this very file ended when a checkpoint was made; `other` for one that came from elsewhere."""
        return made.get("end", other) if made.get("log") == self._journal.log_id else other

    def _causal(self, fresh: Found) -> tuple[Rows, Rows]:
        return causal(fresh, lambda op_id: find(self._journal, op_id), self._is_known_elsewhere)

    def _is_known_elsewhere(self, op_id: str) -> bool:
        """True for an op of another session here, and for one of this that was expunged: both were causes once."""
        made = self.read_checkpoint()
        return (made is not None and op_id in made.get("expunged", {})) or is_in_another(self._folder, op_id)

    # Parts -------------------------------------------------------------------------------------------------------

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

    def _remember(self, op_id: str, now: int) -> None:
        if len(self._known) > REMEMBERED:
            self._known.clear()
        self._known[op_id] = now

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

    def stretch(self, offset: int, most: int) -> tuple[list[bytes], int]:
        """Whole lines past an offset as bytes, those of about `most` bytes of the log, and the offset after them."""
        end = self.end()
        lines: list[bytes] = []
        at = min(offset, end)
        for block in self._journal.blocks(at, end):
            lines += whole_lines([block])
            at += len(block)
            if at - offset >= most:
                break
        return lines, at

    def stored_from(self, offset: int) -> tuple[Rows, int]:
        """Whole lines past an offset, to be read when they are asked for, and the offset after them."""
        end = self.end()
        start = offset if offset <= end else 0
        return found(self._journal, start, end, self._journal.quarantine, lambda row, at: True).rows, end

    def raw_lines(self) -> list[bytes]:
        """The whole lines of the log, as bytes without their newlines, damaged ones left out."""
        return [*whole_lines(self._journal.blocks(0, self.end()))]
