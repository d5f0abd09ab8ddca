"""Last-writer-wins register: one value, ordered by (timestamp, author, canonical value)."""

from __future__ import annotations

import json
import math
from typing import Any, TypedDict

from muse.core.crdts._shared import of_one_type
from muse.core.errors import FormatError
from muse.core.types import canonical_json


class LWWValue(TypedDict):
    """The wire form; `timestamp` is seconds or a logical time, whatever all writers agree on."""

    value: Any
    timestamp: float
    author: str


class LWWRegister:
    """A JSON value and who wrote it when. Equal means equal canonical JSON: 1, 1.0 and True are three values."""

    __slots__ = ("_author", "_text", "_timestamp", "_value")

    def __init__(self, value: Any, timestamp: float, author: str) -> None:
        if type(author) is not str:
            raise FormatError(f"an author is named by text, not by {type(author).__name__}")
        try:
            self._text = canonical_json(value)
        except (TypeError, ValueError, RecursionError) as problem:
            raise FormatError(f"a register holds JSON: {problem}") from None
        self._value = value
        self._timestamp = _time(timestamp)
        self._author = author

    def read(self) -> Any:
        """The value; a list or object is a fresh copy."""
        return json.loads(self._text) if isinstance(self._value, (dict, list, tuple)) else self._value

    def write(self, value: Any, timestamp: float, author: str) -> LWWRegister:
        """The register after a write, which an older write does not change."""
        return self.join(LWWRegister(value, timestamp, author))

    def join(self, other: LWWRegister) -> LWWRegister:
        """The later of two."""
        of_one_type(self, other)
        return other if other._key() > self._key() else self

    def _key(self) -> tuple[float, str, bytes]:
        return self._timestamp, self._author, self._text

    def to_dict(self) -> LWWValue:
        """The wire form."""
        return LWWValue(value=self.read(), timestamp=self._timestamp, author=self._author)

    @classmethod
    def from_dict(cls, data: LWWValue) -> LWWRegister:
        """The register a wire form stands for; FormatError when it stands for none."""
        try:
            return cls(data["value"], data["timestamp"], data["author"])
        except (KeyError, TypeError, IndexError):
            raise FormatError("a register is an object with value, timestamp and author") from None

    def equivalent(self, other: LWWRegister) -> bool:
        """The same state."""
        return self == other

    def __eq__(self, other: object) -> bool:
        return self._key() == other._key() if isinstance(other, LWWRegister) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        return f"LWWRegister({self._value!r}, {self._timestamp!r}, {self._author!r})"


def _time(timestamp: float) -> float:
    """One spelling per time: a float where that is exact, else an int; NaN and infinity have no place in an order."""
    if type(timestamp) not in (int, float):
        raise FormatError(f"a timestamp is a number, not {timestamp!r}")
    if isinstance(timestamp, float):
        if not math.isfinite(timestamp):
            raise FormatError(f"a timestamp must be finite, not {timestamp!r}")
        return timestamp + 0.0
    try:
        exact = float(timestamp)
    except OverflowError:
        return timestamp
    return exact if exact == timestamp else timestamp
