"""Add-wins map: a value set concurrently with a removal stays; concurrent values of a key are all kept."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NotRequired, TypedDict

from muse.core.crdts._dots import DotStore, checked_entries, parse


class AWMapEntry(TypedDict):
    """One live value of a key."""

    key: str
    value: str
    token: str


class AWMapDict(TypedDict):
    """The wire form, lists sorted. `context` is left out while empty: actor -> n (all of 1..n seen) or ranges."""

    entries: list[AWMapEntry]
    tombstones: list[str]
    context: NotRequired[dict[str, Any]]


class AWMap(DotStore):
    """Text to text. Setting a key removes the values seen for it; the newest by (Lamport time, actor) is visible."""

    __slots__ = ()

    def __init__(
        self, entries: Iterable[tuple[str, str, str]] | None = None, tombstones: Iterable[str] | None = None
    ) -> None:
        """`entries` are (key, value, token) triples."""
        rows = [{"key": key, "value": value, "token": token} for key, value, token in entries or ()]
        self._decode({"entries": rows, "tombstones": list(tombstones or ())})

    def _decode(self, data: Any) -> None:
        rows, tombstones, context = checked_entries(data, ("key", "value", "token"))
        live: dict[str, tuple[tuple[str, str], ...]] = {}
        for key, value, token in rows:
            held = live.get(token, ())
            live[token] = held if (key, value) in held else tuple(sorted((*held, (key, value))))
        self._fill(live, tombstones, context)

    @staticmethod
    def _group(payload: Any) -> str:
        return str(payload[0])

    def set(self, key: str, value: str, *, token: str | None = None, replaces: Iterable[str] | None = None) -> AWMap:
        """The map with the key set, in place of the values seen for it, or of the tokens named by `replaces`.

        A token given that was removed already stays removed. A token given that is a dot replaces only older ones, so
        that a replay of concurrent settings in any order ends with the newest.
        """
        if type(key) is not str or type(value) is not str:
            raise TypeError("keys and values are text")
        if replaces is None:
            replaces = self._by.get(key, ())
            if token is not None and parse(token):
                replaces = [old for old in replaces if _rank(old) < _rank(token)]
        return self._put((key, value), token, replaces)[0]

    def remove(self, key: str, observed_tokens: str | Iterable[str] | None = None) -> AWMap:
        """The map without the values seen for the key, or without those of the tokens given, arrived or not."""
        if observed_tokens is None:
            return self._without(self._by.get(key, ()))
        tokens = [observed_tokens] if isinstance(observed_tokens, str) else list(observed_tokens)
        held = self._by.get(key, ())
        return self._without(token for token in dict.fromkeys(tokens) if token in held or token not in self._live)

    def join(self, other: AWMap) -> AWMap:
        """Everything either has set, without what either has removed or replaced."""
        return self._merge(other)

    def get_all(self, key: str) -> list[str]:
        """Every live value of the key, the visible one first, each once."""
        found = [
            (_rank(token), value)
            for token in self._by.get(key, ())
            for at, value in self._live.get(token, ())
            if at == key
        ]
        return list(dict.fromkeys(value for _, value in sorted(found, reverse=True)))

    def get(self, key: str) -> str | None:
        """The visible value of the key, or None."""
        values = self.get_all(key)
        return values[0] if values else None

    def tokens_for(self, key: str) -> frozenset[str]:
        """The tokens of the key's live values."""
        return frozenset(self._by.get(key, ()))

    def keys(self) -> frozenset[str]:
        """The keys that have a value."""
        return frozenset(key for key, _ in self._by.items())

    def to_plain_dict(self) -> dict[str, str]:
        """Key to visible value, keys sorted."""
        return {key: self.get_all(key)[0] for key in sorted(self.keys())}

    def __contains__(self, key: object) -> bool:
        return key in self._by

    def __len__(self) -> int:
        return len(self._by)

    def to_dict(self) -> AWMapDict:
        """The wire form."""
        rows = sorted((key, value, token) for token, pairs in self._live.items() for key, value in pairs)
        wire: AWMapDict = self._wire([AWMapEntry(key=key, value=value, token=token) for key, value, token in rows])
        return wire

    @classmethod
    def from_dict(cls, data: AWMapDict) -> AWMap:
        """The map a wire form stands for, also one without context; FormatError when it stands for none."""
        new = cls.__new__(cls)
        new._decode(data)
        return new

    def __repr__(self) -> str:
        return f"AWMap({self.to_plain_dict()!r})"


def _rank(token: str) -> tuple[int, str]:
    """(Lamport time, actor); opaque tokens are older than every dot and ordered as text."""
    return parse(token) or (0, token)
