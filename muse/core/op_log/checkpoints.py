"""What checkpoints hold: positions and holes, united, compared, and carried on."""

from __future__ import annotations

import json
import re
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable
from hashlib import sha256
from operator import itemgetter
from typing import Any

from muse.core.op_log.decoding import Row
from muse.core.op_log.entries import Key, OpLogCheckpoint, row_key
from muse.core.op_log.second_hand import other_names
from muse.core.types import now_utc_iso

Spans = dict[str, list[list[int]]]
"""Sequence numbers by `writer/instance`: first and last of each run of them."""


GOES_ON = ("roots", "branch", "born", "at", "deliveries", "paths", "repaired", "rewritten", "carried", "expunged")
"""What the next checkpoint of a session says as well, unless it is told otherwise."""


def covers(positions: dict[str, int], holes: dict[str, list[int]], row: Row) -> bool:
    """True when positions and holes say that the row is held, under its own key or under one of the same content."""
    who = f"{row['writer']}/{row['instance']}"
    sequence = row["sequence"]
    if sequence <= positions.get(who, 0) and not (holes and sequence in holes.get(who, ())):
        return True
    return any(
        number <= positions.get(name, 0) and number not in holes.get(name, ()) for name, number in other_names(row)
    )


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


_Test = Callable[[Any], bool]


def _is(kind: type) -> _Test:
    return lambda value: type(value) is kind


def _each(test: _Test) -> _Test:
    return lambda value: type(value) is list and all(map(test, value))


def _values(test: _Test) -> _Test:
    return lambda value: type(value) is dict and all(map(test, value.values()))


_COMMIT = re.compile("(?:[0-9a-f]{40}(?:[0-9a-f]{24})?)?")


def _is_commit(value: Any) -> bool:
    """True for a commit's id, and for "" where there is none."""
    return type(value) is str and _COMMIT.fullmatch(value) is not None


_NEEDED: dict[str, _Test] = {
    "session_id": _is(str),
    "snapshot_id": _is(str),
    "lamport_ts": _is(int),
    "op_count": _is(int),
    "created_at": _is(str),
}
_WANTED: dict[str, _Test] = {
    "positions": _values(_is(int)),
    "holes": _values(_each(_is(int))),
    "offset": _is(int),
    "end": _is(int),
    "log": _is(str),
    "tree": _is(str),
    "branch": _is(str),
    "born": _is(str),
    "at": _is(str),
    "deliveries": _each(lambda value: is_delivery(value)),
    "paths": _values(lambda value: value is None or type(value) is str),
    "repaired": _values(_is(str)),
    "expunged": _values(_is(str)),
    "rewritten": _values(_each(_is_commit)),
    "carried": _values(_values(_each(_is(str)))),
    "prepared": lambda value: is_delivery(value),
    "written": _values(_each(lambda value: value is None or type(value) is str)),
    "roots": _each(_is(str)),
    "quarantined": _each(_is(str)),
    "earlier": _each(lambda value: type(value) is dict and "earlier" not in value and is_checkpoint(value)),
}


_DELIVERY: dict[str, _Test] = {
    "id": _is(str),
    "commit": _is_commit,
    "parent": _is_commit,
    "branch": _is(str),
    "message": _is(str),
    "ops": _values(_each(lambda span: _each(_is(int))(span) and len(span) == 2)),
    "rejected": _each(_is(str)),
    "made_at": _is(str),
}


def is_delivery(found: Any) -> bool:
    """True when a value has the shape of a delivery; `ops` are spans of sequence numbers, first and last. `without` are
    files of its commit that are not of it any more: their ops were asked back."""
    return (
        isinstance(found, dict)
        and all(name in found and test(found[name]) for name, test in _DELIVERY.items())
        and _each(_is(str))(found.get("without", []))
    )


def spans(rows: Iterable[Row]) -> Spans:
    """The keys of rows as spans of sequence numbers by `writer/instance`, in their order."""
    by_who: dict[str, array[int]] = {}
    for row in rows:
        by_who.setdefault(f"{row['writer']}/{row['instance']}", array("Q")).append(row["sequence"])
    found: Spans = {}
    for who, numbers in by_who.items():
        runs: list[list[int]] = []
        for number in sorted(numbers):
            if runs and runs[-1][1] + 1 == number:
                runs[-1][1] = number
            else:
                runs.append([number, number])
        found[who] = runs
    return found


def in_runs(ops: Spans, key: Key) -> bool:
    """True when spans hold this very key."""
    runs = ops.get(key.who, [])
    at = bisect_right(runs, key.sequence, key=itemgetter(0)) - 1
    return at >= 0 and key.sequence <= runs[at][1]


def in_spans(ops: Spans, row: Row) -> bool:
    """True when spans hold the row, under any of its names."""
    names = ((f"{row['writer']}/{row['instance']}", row["sequence"]), *other_names(row))
    return any(first <= number <= last for who, number in names for first, last in ops.get(who, ()))


def is_checkpoint(found: Any) -> bool:
    """True when a value has the shape of a checkpoint."""
    return (
        isinstance(found, dict)
        and all(name in found and test(found[name]) for name, test in _NEEDED.items())
        and all(test(found[name]) for name, test in _WANTED.items() if name in found)
        and _adds_up(found)
    )


def _adds_up(found: dict[str, Any]) -> bool:
    try:
        return "sum" not in found or found["sum"] == checksum(found)
    except (TypeError, ValueError, RecursionError):
        return False  # no JSON that we wrote


def checksum(checkpoint: Any) -> str:
    """What `sum` must be: one digit gone wrong in a position would drop ops from every replay, unseen."""
    rest = {name: value for name, value in checkpoint.items() if name not in ("sum", "earlier")}
    return sha256(compact(rest)).hexdigest()[:16]


def compact(checkpoint: Any) -> bytes:
    """Sorted JSON in ASCII: a session's name may be any text, bytes that are not UTF-8 among it."""
    return json.dumps(checkpoint, sort_keys=True, separators=(",", ":")).encode()


def portable(checkpoint: OpLogCheckpoint) -> dict[str, Any]:
    """A checkpoint without what only holds for this very file."""
    local = ("offset", "end", "log", "earlier", "prepared", "written", "born", "sum")
    return {name: value for name, value in checkpoint.items() if name not in local}


def compose(
    before: list[OpLogCheckpoint], rows: Iterable[tuple[int, Row]], held: Callable[[int, Row], bool], end: int
) -> OpLogCheckpoint:
    """A checkpoint that holds what those before did, and those `rows` (by their offsets) that `held` says; its names
    are blank."""
    positions, holes = united(before)
    offset, count = end, max((made["op_count"] for made in before), default=0)
    latest = max((made["lamport_ts"] for made in before), default=0)
    for at, row in rows:
        known = held(at, row)
        if known:
            count, latest = count + 1, max(latest, row["lamport_ts"])
        else:
            offset = min(offset, at)
        place(positions, holes, row_key(row), known)
    made = OpLogCheckpoint(
        session_id="",
        snapshot_id="",
        lamport_ts=latest,
        op_count=count,
        created_at=now_utc_iso(),
        positions=positions,
        offset=offset,
        end=end,
    )
    left = {who: sorted(missing) for who, missing in holes.items() if missing}
    if left:
        made["holes"] = left
    return made
