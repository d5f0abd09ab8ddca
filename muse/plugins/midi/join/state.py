"""The state of one MIDI file that joins: where it started, and what was done to it since.

Everything is a semilattice taken field by field, so `join` is commutative, associative and idempotent:

- `sources`: digest -> bytes a state was lifted from; a union. Their notes and events are elements of the state; an
  element's id derives from its content and occurrence, so equal notes of two sources are one element.
- `added`: id -> bytes of a track somebody added; a union.
- `life`: id -> whether it lives; an add-wins map, no entry for what nobody touched. An element lives while any of the
  values of its key says so, so that an edit outlives a deletion that did not know of it.
- `writes`: key -> value as canonical JSON; an add-wins map. Values written at the same time are all kept: the newest is
  heard, the others stay readable until somebody who has seen them writes again.
- `clock`: the largest logical time in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from muse.core.crdts import AWMap
from muse.core.errors import DamageError, FormatError

SCHEMA = "midi-join-2"
_LIVES, _GONE = "1", "0"


def dump(value: Any) -> str:
    """Canonical JSON."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


class JoinState:
    """One file's state; treat it as a value: who edits works on a `copy` of his own."""

    __slots__ = ("actor", "added", "clock", "life", "sources", "writes")

    def __init__(self) -> None:
        self.sources: dict[str, str] = {}
        self.added: dict[str, str] = {}
        self.life = AWMap()
        self.writes = AWMap()
        self.clock = 0
        self.actor = ""

    def copy(self, actor: str = "") -> JoinState:
        """A state that `actor` may write to: one name for one edit of one state, or its times would not be unique."""
        out = JoinState()
        out.sources, out.added = dict(self.sources), dict(self.added)
        out.life, out.writes, out.clock, out.actor = self.life, self.writes, self.clock, actor
        return out

    def join(self, other: JoinState) -> JoinState:
        """The least state that has everything of both."""
        out = self.copy()
        out.sources.update(other.sources)
        out.added.update(other.added)
        out.life, out.writes = self.life.join(other.life), self.writes.join(other.writes)
        out.clock = max(self.clock, other.clock)
        return out

    def alive(self, key: str) -> bool:
        """True for an element nobody removed since it was last added or edited."""
        return key not in self.life or _LIVES in self.life.get_all(key)

    def touch(self, key: str) -> None:
        """Say that an element lives: it was added or edited."""
        self.life = self.life.set(key, _LIVES, token=self._now())

    def remove(self, key: str, attributes: Iterable[str] = ()) -> None:
        """Remove what is known of an element, and what is known to be written to its attributes."""
        self.life = self.life.set(key, _GONE, token=self._now())
        for name in attributes:
            if f"{key}/{name}" in self.writes:
                self.writes = self.writes.remove(f"{key}/{name}")

    def read(self, key: str, default: Any) -> Any:
        """The visible value of a register."""
        text = self.writes.get(key)
        return default if text is None else json.loads(text)

    def write(self, key: str, value: Any) -> None:
        """Write a register at the next logical time."""
        self.writes = self.writes.set(key, dump(value), token=self._now())

    def _now(self) -> str:
        self.clock += 1
        return f"{self.clock}@{self.actor}"

    def hidden(self) -> dict[str, list[Any]]:
        """Registers with values nobody hears, written at the same time as the one heard: key -> those values."""
        values = {key: self.writes.get_all(key)[1:] for key in sorted(self.writes.keys())}
        return {key: [json.loads(text) for text in texts] for key, texts in values.items() if texts}

    def to_bytes(self) -> bytes:
        """Canonical bytes: equal states have equal bytes."""
        return dump(
            {
                "schema": SCHEMA,
                "sources": self.sources,
                "added": self.added,
                "life": self.life.to_dict(),
                "writes": self.writes.to_dict(),
                "clock": self.clock,
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
            out.sources, out.added = _texts(value["sources"]), _texts(value["added"])
            out.life, out.writes = AWMap.from_dict(value["life"]), AWMap.from_dict(value["writes"])
            out.clock = value["clock"]
            if type(out.clock) is not int or not 0 <= out.clock < 1 << 53:
                raise ValueError(f"{out.clock!r} is no time")
            for row in value["writes"]["entries"]:
                json.loads(row["value"])
            return out
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, FormatError) as error:
            raise DamageError(f"the stored join state of a MIDI file cannot be read: {error}") from None


def _texts(value: dict[Any, Any]) -> dict[str, str]:
    return {str(key): str(text) for key, text in value.items()}
