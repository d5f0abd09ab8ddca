"""A mapping whose versions share one dict: the newest version owns it, older ones know how to get back.

Changing the newest version costs only the change. Reading or changing an older version copies the dict once. This is
the rerooting idea of H. Baker's shallow arrays, without moving the root back: values are written in a line far more
often than they are revisited.

Versions of one line, and lines that forked from one another, remember which keys were changed since they parted. So
comparing two replicas of one process costs what they differ by, not what they hold.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from itertools import repeat
from typing import Any, Generic, TypeVar, cast

K = TypeVar("K")
V = TypeVar("V")

GONE: Any = object()
"""As a new value: remove the key."""

_lock = threading.Lock()
_MANY = 16  # changes that are better made in bulk
_FORKS = 32  # of forks of forks; beyond that a line forgets where it came from


def of_one_type(mine: object, other: object) -> None:
    """TypeError unless two values are of one type: a set of one kind joined with a map is neither."""
    if type(other) is not type(mine):
        raise TypeError(f"a {type(mine).__name__} joins with its like, not with a {type(other).__name__}")


class _Line:
    """The keys changed along a line of versions, oldest first, and where it left another line."""

    __slots__ = ("at", "base", "depth", "keys")

    def __init__(self, base: _Line | None = None, at: int = 0) -> None:
        if base is not None and base.depth >= _FORKS:
            base = None
        self.base, self.at = base, at
        self.depth: int = base.depth + 1 if base is not None else 0
        self.keys: list[Any] = []


class SharedDict(Generic[K, V]):
    """An immutable mapping; `changed` returns a new one."""

    __slots__ = ("_at", "_line", "_newer", "_own", "_undo")

    def __init__(self, items: Mapping[K, V] | Iterable[tuple[K, V]] = ()) -> None:
        self._own: dict[K, V] | None = dict(items)
        self._newer: SharedDict[K, V] | None = None
        self._undo: list[V] = []  # what the keys had that the newer version changed
        self._line = _Line()
        self._at = 0

    def _dict(self) -> dict[K, V]:
        """This version's dict; the caller holds the lock and does not keep it."""
        own = self._own
        if own is not None:
            return own
        path: list[SharedDict[K, V]] = []
        at: SharedDict[K, V] = self
        while at._own is None:
            path.append(at)
            at = cast("SharedDict[K, V]", at._newer)
        own = dict(at._own)
        for version in reversed(path):
            for key, value in zip(reversed(version._changed_keys()), reversed(version._undo)):
                if value is GONE:
                    own.pop(key, None)
                else:
                    own[key] = value
        self._own, self._newer, self._undo = own, None, []
        return own

    def _changed_keys(self) -> list[K]:
        """The keys the newer version changed."""
        newer = cast("SharedDict[K, V]", self._newer)
        return newer._line.keys[newer._at - len(self._undo) : newer._at]

    def changed(self, changes: list[tuple[K, V]]) -> SharedDict[K, V]:
        """A version with each key set to its value, or removed where the value is GONE."""
        if not changes:
            return self
        new: SharedDict[K, V] = SharedDict.__new__(SharedDict)
        with _lock:
            own = self._dict()
            line = self._line
            if self._at != len(line.keys):
                line = _Line(line, self._at)
            elif len(line.keys) > 4 * len(own) + 1000:
                line = _Line()  # what was changed so long ago nobody wants to hear
            undo, keys, old = [], line.keys, own.get
            if len(changes) < _MANY:
                for key, value in changes:
                    undo.append(old(key, GONE))
                    keys.append(key)
                    if value is GONE:
                        own.pop(key, None)
                    else:
                        own[key] = value
            else:
                names = [key for key, _ in changes]
                keys += names
                undo += map(old, names, repeat(GONE))
                own.update(changes)
                for key in [key for key, value in changes if value is GONE]:
                    if old(key) is GONE:
                        del own[key]
            new._line, new._at = line, len(line.keys)
            new._own, new._newer, new._undo = own, None, []
            self._own, self._newer, self._undo = None, new, undo
        return new

    def get(self, key: K, default: Any = None) -> Any:
        """The value of a key."""
        with _lock:
            return self._dict().get(key, default)

    def __contains__(self, key: object) -> bool:
        with _lock:
            return key in self._dict()

    def __len__(self) -> int:
        with _lock:
            return len(self._dict())

    def items(self) -> list[tuple[K, V]]:
        """All pairs, as a list of their own."""
        with _lock:
            return list(self._dict().items())

    def to_dict(self) -> dict[K, V]:
        """A copy as a plain dict."""
        with _lock:
            return dict(self._dict())

    def values_of(self, keys: list[K], default: V) -> list[V]:
        """The values of some keys, which differ."""
        with _lock:
            own = self._own
            if own is not None:
                return [*map(own.get, keys, repeat(default))]
            return [default if value is GONE else value for value in self._values(keys).values()]

    def apart(self, other: SharedDict[K, V]) -> tuple[list[tuple[K, V]], list[tuple[K, V]], list[tuple[K, V, V]]]:
        """What only self has, what only the other has, and keys with two different values."""
        if self is other:
            return [], [], []
        with _lock:
            touched = self._touched(other)
            if touched is not None:
                return _compare(touched, self._values(touched), other._values(touched))
            mine, theirs = self._dict(), other._dict()
            # In order of arrival, which is the order of memory: in the order of a set the caches would help nobody.
            only_mine = [pair for pair in mine.items() if pair[0] not in theirs]
            only_theirs = [pair for pair in theirs.items() if pair[0] not in mine]
            both = len(mine) - len(only_mine)
            differ = (
                [(key, value, theirs[key]) for key, value in mine.items() if key in theirs and theirs[key] != value]
                if both
                else []
            )
        return only_mine, only_theirs, differ

    def _touched(self, other: SharedDict[K, V]) -> list[K] | None:
        """The keys in which two versions can differ; None when they have no line in common, or nearly all keys."""
        ends: dict[int, int] = {}
        line, at, mine = self._line, self._at, []
        while True:
            ends[id(line)] = at
            mine.append((line, at))
            if line.base is None:
                break
            line, at = line.base, line.at
        line, at = other._line, other._at
        parts: list[tuple[_Line, int, int]] = []
        while id(line) not in ends:
            parts.append((line, 0, at))
            if line.base is None:
                return None
            line, at = line.base, line.at
        parted = min(at, ends[id(line)])
        parts.append((line, parted, at))
        for below, end in mine:
            parts.append((below, parted if below is line else 0, end))
            if below is line:
                break
        return list(dict.fromkeys(key for found, start, end in parts for key in found.keys[start:end]))

    def _values(self, keys: list[K]) -> dict[K, V]:
        """The values of some keys, GONE where there is none; an older version is not copied for it."""
        if self._own is None:
            undone: dict[K, V] = {}
            at: SharedDict[K, V] = self
            while at._own is None:
                for key, value in zip(at._changed_keys(), at._undo):
                    undone.setdefault(key, value)
                at = cast("SharedDict[K, V]", at._newer)
            own = at._own
            return {key: undone[key] if key in undone else own.get(key, GONE) for key in keys}
        own = self._own
        return {key: own.get(key, GONE) for key in keys}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SharedDict):
            return NotImplemented
        if self is other:
            return True
        with _lock:
            touched = self._touched(other)
            if touched is not None:
                return self._values(touched) == other._values(touched)
            return bool(self._dict() == other._dict())

    __hash__ = None  # type: ignore[assignment]


def _compare(
    keys: list[Any], mine: dict[Any, Any], theirs: dict[Any, Any]
) -> tuple[list[tuple[Any, Any]], list[tuple[Any, Any]], list[tuple[Any, Any, Any]]]:
    only_mine, only_theirs, differ = [], [], []
    for key in keys:
        one, two = mine[key], theirs[key]
        if two is GONE:
            if one is not GONE:
                only_mine.append((key, one))
        elif one is GONE:
            only_theirs.append((key, two))
        elif one != two:
            differ.append((key, one, two))
    return only_mine, only_theirs, differ
