"""The state of one MIDI file that joins: where it started, and what was done to it since.

Everything is a semilattice taken field by field, so `join` is commutative, associative and idempotent:

- `sources`: digest -> bytes a state was lifted from; a union. Their notes and events are elements of the state; an
  element's id derives from its content and occurrence, so equal notes of two sources are one element.
- `added`: id -> bytes of a track somebody added; a union.
- `life`: id -> [times added, times removed]; maxima. Alive while added more often than removed; every edit counts as
  an addition, so that an edit outlives a deletion that did not know of it.
- `writes`: key -> every [time, actor, value] ever written; a union. The largest is visible, the others stay readable.
- `time`: the largest logical time in it.
"""

from __future__ import annotations

import json
from typing import Any

from muse.core.errors import DamageError

Write = tuple[int, str, str]
"""(logical time, actor, value as canonical JSON): plain values, so that the order of writes is total."""

SCHEMA = "midi-join-1"


def dump(value: Any) -> str:
    """Canonical JSON."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


class JoinState:
    """One file's state; treat it as a value: `advance` works on a copy."""

    __slots__ = ("added", "life", "sources", "time", "writes")

    def __init__(self) -> None:
        self.sources: dict[str, str] = {}
        self.added: dict[str, str] = {}
        self.life: dict[str, tuple[int, int]] = {}
        self.writes: dict[str, frozenset[Write]] = {}
        self.time = 0

    def copy(self) -> JoinState:
        """A state that may be written to."""
        out = JoinState()
        out.sources, out.added = dict(self.sources), dict(self.added)
        out.life, out.writes, out.time = dict(self.life), dict(self.writes), self.time
        return out

    def join(self, other: JoinState) -> JoinState:
        """The least state that has everything of both."""
        out = self.copy()
        out.sources.update(other.sources)
        out.added.update(other.added)
        for key, (adds, removes) in other.life.items():
            mine = out.life.get(key, (0, 0))
            out.life[key] = (max(adds, mine[0]), max(removes, mine[1]))
        for key, writes in other.writes.items():
            out.writes[key] = out.writes.get(key, frozenset()) | writes
        out.time = max(self.time, other.time)
        return out

    def alive(self, key: str) -> bool:
        """True for an element nobody removed since it was last added or edited."""
        adds, removes = self.life.get(key, (1, 0))
        return max(adds, 1) > removes

    def touch(self, key: str) -> None:
        """Count an addition or an edit."""
        adds, removes = self.life.get(key, (1, 0))
        self.life[key] = (max(adds, removes, 1) + 1, removes)

    def remove(self, key: str) -> None:
        """Remove what is known of an element."""
        adds, _ = self.life.get(key, (1, 0))
        self.life[key] = (max(adds, 1), max(adds, 1))

    def read(self, key: str, default: Any) -> Any:
        """The visible value of a register."""
        writes = self.writes.get(key)
        return json.loads(max(writes)[2]) if writes else default

    def write(self, key: str, value: Any, actor: str) -> None:
        """Write a register at the next logical time."""
        self.writes[key] = self.writes.get(key, frozenset()) | {(self.time, actor, dump(value))}

    def hidden(self) -> dict[str, list[Any]]:
        """Registers with values that others wrote at the same time or later than what they saw: key -> those values."""
        out = {}
        for key, writes in sorted(self.writes.items()):
            order = sorted(writes, reverse=True)
            others = [json.loads(value) for _, actor, value in order[1:] if actor != order[0][1]]
            if others:
                out[key] = others
        return out

    def to_bytes(self) -> bytes:
        """Canonical bytes: equal states have equal bytes."""
        return dump(
            {
                "schema": SCHEMA,
                "sources": self.sources,
                "added": self.added,
                "life": {key: list(counts) for key, counts in self.life.items()},
                "writes": {key: [list(write) for write in sorted(writes)] for key, writes in self.writes.items()},
                "time": self.time,
            }
        ).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> JoinState:
        """DamageError for bytes that are no state."""
        try:
            value = json.loads(data)
            if value["schema"] != SCHEMA:
                raise ValueError(f"schema {value['schema']!r}")
            out = cls()
            out.sources = _texts(value["sources"])
            out.added = _texts(value["added"])
            out.life = {str(key): (_count(adds), _count(removes)) for key, (adds, removes) in value["life"].items()}
            out.writes = {
                str(key): frozenset((_count(time), str(actor), _json(text)) for time, actor, text in writes)
                for key, writes in value["writes"].items()
            }
            out.time = _count(value["time"])
            return out
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise DamageError(f"the stored join state of a MIDI file cannot be read: {error}") from None


def _texts(value: dict[Any, Any]) -> dict[str, str]:
    return {str(key): str(text) for key, text in value.items()}


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 53:
        raise ValueError(f"{value!r} is not a count")
    return value


def _json(text: Any) -> str:
    json.loads(text)
    return str(text)
