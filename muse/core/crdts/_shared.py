"""A mapping whose versions share one dict: the newest version owns it, older ones know how to get back.

Changing the newest version costs only the change. Reading or changing an older version copies the dict once. This is
the rerooting idea of H. Baker's shallow arrays, without moving the root back: values are written in a line far more
often than they are revisited.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import Any, Generic, TypeVar, cast

K = TypeVar("K")
V = TypeVar("V")

GONE: Any = object()
"""As a new value: remove the key."""

_lock = threading.Lock()


class SharedDict(Generic[K, V]):
    """An immutable mapping; `changed` returns a new one."""

    __slots__ = ("_newer", "_own", "_undo")

    def __init__(self, items: Mapping[K, V] | Iterable[tuple[K, V]] = ()) -> None:
        self._own: dict[K, V] | None = dict(items)
        self._newer: SharedDict[K, V] | None = None
        self._undo: list[tuple[K, V]] = []

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
            for key, value in reversed(version._undo):
                if value is GONE:
                    own.pop(key, None)
                else:
                    own[key] = value
        self._own, self._newer, self._undo = own, None, []
        return own

    def changed(self, changes: list[tuple[K, V]]) -> SharedDict[K, V]:
        """A version with each key set to its value, or removed where the value is GONE."""
        if not changes:
            return self
        new: SharedDict[K, V] = SharedDict.__new__(SharedDict)
        with _lock:
            own = self._dict()
            undo = []
            for key, value in changes:
                undo.append((key, own.get(key, GONE)))
                if value is GONE:
                    own.pop(key, None)
                else:
                    own[key] = value
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

    def apart(self, other: SharedDict[K, V]) -> tuple[list[tuple[K, V]], list[tuple[K, V]], list[tuple[K, V, V]]]:
        """What only self has, what only the other has, and keys with two different values."""
        if self is other:
            return [], [], []
        with _lock:
            mine, theirs = self._dict(), other._dict()
            only_mine = [(key, mine[key]) for key in mine.keys() - theirs.keys()]
            only_theirs = [(key, theirs[key]) for key in theirs.keys() - mine.keys()]
            differ = [
                (key, value, theirs[key]) for key, value in mine.items() if key in theirs and theirs[key] != value
            ]
        return only_mine, only_theirs, differ

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SharedDict):
            return NotImplemented
        if self is other:
            return True
        with _lock:
            return bool(self._dict() == other._dict())

    __hash__ = None  # type: ignore[assignment]
