"""Reservations and intents: who says they are about to edit what. Advice between agents and people, never a lock.

One JSON file each under `.muse/coordination/{reservations,intents}/`, written atomically and named by an id made here.
`OpEntry.reservation_id` and `intent_id` carry these ids. Files that are no records (garbage, other types, links) are
skipped, logged, and listed by `problems`.
"""

from __future__ import annotations

import itertools
import json
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from logging import getLogger
from pathlib import Path
from typing import Any, TypeVar

from muse._version import __version__
from muse.core.address import ancestors, overlap
from muse.core.io import write_text_atomic
from muse.core.paths import StrPath, coordination_dir

LONGEST = 7 * 86400
"""No reservation holds for more seconds than this, whatever its record says."""

_MAX_BYTES = 1 << 20
# Anybody may have committed records; each is read, and held against every other, whenever somebody claims.
_MOST_FILES = 2000  # of one kind
_MOST_BYTES = 4 << 20  # of all of them
_LARGE = 64 << 10  # bytes of one that is left out first where there is more
_MOST_LETTERS, _MOST_LEVELS = 4096, 100  # of one address
_MOST_PAIRS = 2000  # that meet
_MOST_TOLD = 5
_log = getLogger(__name__)
Record = TypeVar("Record", "Reservation", "Intent")


@dataclass
class Reservation:
    """Someone (`run_id`) means to edit these addresses on this branch until `expires_at`."""

    reservation_id: str
    run_id: str
    branch: str
    addresses: list[str]
    created_at: datetime
    expires_at: datetime
    operation: str | None = None

    def is_active(self) -> bool:
        """True until it expires; one from the future, or that would never end, ends all the same."""
        now, longest = datetime.now(UTC), timedelta(seconds=LONGEST)
        return now < self.expires_at and self.created_at - timedelta(days=1) < now < self.created_at + longest

    def to_dict(self) -> dict[str, Any]:
        """JSON, times as ISO 8601."""
        return {
            "schema_version": __version__,
            "reservation_id": self.reservation_id,
            "run_id": self.run_id,
            "branch": self.branch,
            "addresses": list(self.addresses),
            "created_at": self.created_at.isoformat(),
            "expires_at": self.expires_at.isoformat(),
            "operation": self.operation,
        }

    @classmethod
    def from_dict(cls, d: dict[str, Any]) -> Reservation:
        """From JSON; ValueError names the field that is missing or of the wrong kind."""
        operation = d.get("operation")
        return cls(
            reservation_id=_text(d, "reservation_id"),
            run_id=_text(d, "run_id"),
            branch=_text(d, "branch"),
            addresses=_texts(d, "addresses"),
            created_at=_time(d, "created_at"),
            expires_at=_time(d, "expires_at"),
            operation=None if operation is None else _text(d, "operation"),
        )


@dataclass
class Intent:
    """What someone is going to do to these addresses; `reservation_id` may be empty."""

    intent_id: str
    reservation_id: str
    run_id: str
    branch: str
    addresses: list[str]
    operation: str
    created_at: datetime
    detail: str = ""

    def to_dict(self) -> dict[str, Any]:
        """JSON, times as ISO 8601."""
        return {
            "schema_version": __version__,
            "intent_id": self.intent_id,
            "reservation_id": self.reservation_id,
            "run_id": self.run_id,
            "branch": self.branch,
            "addresses": list(self.addresses),
            "operation": self.operation,
            "created_at": self.created_at.isoformat(),
            "detail": self.detail,
        }

    @classmethod
    def from_dict(cls, d: dict[str, Any]) -> Intent:
        """From JSON; ValueError names the field that is missing or of the wrong kind."""
        return cls(
            intent_id=_text(d, "intent_id"),
            reservation_id=_text(d, "reservation_id"),
            run_id=_text(d, "run_id"),
            branch=_text(d, "branch"),
            addresses=_texts(d, "addresses"),
            operation=_text(d, "operation"),
            created_at=_time(d, "created_at"),
            detail=_text({"detail": "", **d}, "detail"),
        )


@dataclass
class Overlap:
    """Two active reservations of different runs that meet; `addresses` are those of the first that do."""

    first: Reservation
    second: Reservation
    addresses: list[str] = field(default_factory=list)


def create_reservation(
    root: StrPath,
    run_id: str,
    branch: str,
    addresses: Sequence[str],
    ttl_seconds: int = 3600,
    operation: str | None = None,
) -> Reservation:
    """Write a reservation. Active ones of other runs that overlap it are logged as warnings; see also `overlaps`."""
    made = planned(run_id, branch, addresses, ttl_seconds, operation)
    for found in overlaps([made], active_reservations(root)):
        _log.warning(
            "reserved %s, which %s has reserved on %s until %s",
            ", ".join(found.addresses),
            found.second.run_id,
            found.second.branch,
            found.second.expires_at.isoformat(timespec="seconds"),
        )
    keep(root, made)
    return made


def planned(
    run_id: str, branch: str, addresses: Sequence[str], ttl_seconds: int, operation: str | None = None
) -> Reservation:
    """A reservation that is not written yet, so that one can see first whom it would meet."""
    now = datetime.now(UTC)
    until = now + timedelta(seconds=ttl_seconds)
    return Reservation(_new_id(), run_id, branch, list(addresses), now, until, operation)


def keep(root: StrPath, reservation: Reservation) -> None:
    """Write a reservation, or write it anew."""
    _write(root, "reservations", reservation.reservation_id, reservation.to_dict())


def end(root: StrPath, reservation: Reservation) -> None:
    """Let a reservation expire now; its record stays, for the ops that name it."""
    keep(root, replace(reservation, expires_at=min(datetime.now(UTC), reservation.expires_at)))


def create_intent(
    root: StrPath,
    reservation_id: str,
    run_id: str,
    branch: str,
    addresses: Sequence[str],
    operation: str,
    detail: str = "",
) -> Intent:
    """Write an intent."""
    made = Intent(_new_id(), reservation_id, run_id, branch, list(addresses), operation, datetime.now(UTC), detail)
    _write(root, "intents", made.intent_id, made.to_dict())
    return made


def load_all_reservations(root: StrPath) -> list[Reservation]:
    """Every reservation, expired ones included, oldest first."""
    return _oldest_first(root, "reservations", Reservation.from_dict, lambda record: record.reservation_id)


def active_reservations(root: StrPath) -> list[Reservation]:
    """Reservations that have not expired, oldest first."""
    return [record for record in load_all_reservations(root) if record.is_active()]


def load_all_intents(root: StrPath) -> list[Intent]:
    """Every intent, oldest first."""
    return _oldest_first(root, "intents", Intent.from_dict, lambda record: record.intent_id)


def overlaps(reservations: Sequence[Reservation], others: Sequence[Reservation] | None = None) -> list[Overlap]:
    """Pairs of different runs that reserved one address, or one that holds the other (`a.py` and `a.py::f`).

    Within `reservations`, or between them and `others`; branches do not matter, for they will be merged.
    """
    pool = list(reservations) + list(others or ())
    holders: dict[str, list[int]] = {address: [] for record in pool for address in record.addresses}
    for number, record in enumerate(pool):
        for address in {address for address in _up(record.addresses) if address in holders}:
            holders[address].append(number)
    mine = len(reservations) if others is not None else 0
    pairs: set[tuple[int, int]] = set()
    for number, record in enumerate(pool):
        for address in record.addresses:
            near = (other for other in holders[address] if other != number)
            pairs.update(
                (min(number, other), max(number, other))
                for other in near
                if others is None or (number < mine) != (other < mine)
            )
        if len(pairs) > _MOST_PAIRS:
            break
    found = []
    for a, b in sorted(pairs)[:_MOST_PAIRS]:
        first, second = pool[a], pool[b]
        met = [mine for mine in first.addresses if any(overlap(mine, other) for other in second.addresses)]
        if first.run_id != second.run_id and met:
            found.append(Overlap(first, second, met))
    return found


def problems(root: StrPath) -> list[str]:
    """One line for every file in the coordination folders that is no record, and why."""
    kinds: tuple[tuple[str, Callable[[dict[str, Any]], Any]], ...] = (
        ("reservations", Reservation.from_dict),
        ("intents", Intent.from_dict),
    )
    return [why for kind, read in kinds for _, why in _load(root, kind, read) if why]


def _up(addresses: Iterable[str]) -> Iterator[str]:
    for address in addresses:
        yield address
        yield from ancestors(address)


def _new_id() -> str:
    from uuid import uuid4

    return str(uuid4())


def _write(root: StrPath, kind: str, name: str, value: dict[str, Any]) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True)
    write_text_atomic(coordination_dir(root) / kind / f"{name}.json", text + "\n")


def _oldest_first(
    root: StrPath, kind: str, read: Callable[[dict[str, Any]], Record], name: Callable[[Record], str]
) -> list[Record]:
    found = [record for record, _ in _load(root, kind, read) if record is not None]
    return sorted(found, key=lambda record: (record.created_at, name(record)))


def _load(root: StrPath, kind: str, read: Callable[[dict[str, Any]], Record]) -> Iterator[tuple[Record | None, str]]:
    """Each file's record, or None and the reason it is none."""
    folder = coordination_dir(root) / kind
    try:
        names, more = _newest(folder)
    except FileNotFoundError:
        return
    except OSError as error:
        yield None, f"{folder}: {error.strerror}"
        return
    told = 0
    if more:
        yield None, f"{kind} has {more} files more than are read"
    for name in names:
        try:
            yield read(_read_object(folder / name)), ""
        except (OSError, ValueError, RecursionError) as error:
            why = f"{kind}/{name} is no record: {error}"
            told += 1
            if told <= _MOST_TOLD:
                _log.warning("%s", why if told < _MOST_TOLD else f"{why}; what else is none is not told here")
            yield None, why


def _newest(folder: Path) -> tuple[list[str], int]:
    """The files that may be records, the newest where there is too much of them, and how many there are besides."""
    with os.scandir(folder) as entries:
        files = [entry for entry in entries if entry.name.endswith(".json") and not entry.name.startswith(".")]
    found = sorted((-at.st_mtime_ns, entry.name, at.st_size) for entry in files if (at := _stat(entry)) is not None)
    kept = found
    if sum(size for _, _, size in found) > _MOST_BYTES:
        kept = [each for each in found if each[2] <= _LARGE]
    total = itertools.accumulate(size for _, _, size in kept)
    most = min(_MOST_FILES, sum(size <= _MOST_BYTES for size in total))
    return sorted(name for _, name, _ in kept[:most]), len(found) - most


def _stat(entry: os.DirEntry[str]) -> os.stat_result | None:
    try:
        return entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None


def _read_object(path: Path) -> dict[str, Any]:
    if not stat.S_ISREG(os.lstat(path).st_mode):
        raise ValueError("not a regular file")
    with open(path, "rb") as file:
        data = file.read(_MAX_BYTES + 1)
    if len(data) > _MAX_BYTES:
        raise ValueError(f"larger than {_MAX_BYTES} bytes")
    value = json.loads(data)
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value


def _text(d: dict[str, Any], key: str) -> str:
    value = d.get(key)
    if not isinstance(value, str):
        raise ValueError(f"{key} must be a string")
    return value


def _texts(d: dict[str, Any], key: str) -> list[str]:
    value = d.get(key)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"{key} must be a list of strings")
    if any(len(item) > _MOST_LETTERS or sum(map(item.count, "/.:")) > _MOST_LEVELS for item in value):
        raise ValueError(f"{key} has one that is longer or deeper than addresses are")
    return list(value)


def _time(d: dict[str, Any], key: str) -> datetime:
    moment = datetime.fromisoformat(_text(d, key))
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
