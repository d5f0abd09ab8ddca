"""Observed-remove set: an addition survives every removal that had not seen it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NotRequired, TypedDict

from muse.core.crdts._dots import DotStore, checked_entries


class ORSetEntry(TypedDict):
    """One live addition of an element."""

    element: str
    token: str


class ORSetDict(TypedDict):
    """The wire form, lists sorted. `context` is left out while empty: actor -> n (all of 1..n seen) or ranges."""

    entries: list[ORSetEntry]
    tombstones: list[str]
    context: NotRequired[dict[str, Any]]


class ORSet(DotStore):
    """A set of texts. Each addition has a token of its own; a removal names the tokens it has seen."""

    __slots__ = ()

    def __init__(
        self, entries: Iterable[tuple[str, str]] | None = None, tombstones: Iterable[str] | None = None
    ) -> None:
        """`entries` are (element, token) pairs."""
        rows = [{"element": element, "token": token} for element, token in entries or ()]
        self._decode({"entries": rows, "tombstones": list(tombstones or ())})

    def _decode(self, data: Any) -> None:
        rows, tombstones, context = checked_entries(data, ("element", "token"))
        live: dict[str, tuple[str, ...]] = {}
        for element, token in rows:
            held = live.get(token, ())
            live[token] = held if element in held else tuple(sorted((*held, element)))
        self._fill(live, tombstones, context)

    @staticmethod
    def _group(payload: Any) -> str:
        return str(payload)

    def add(self, elem: str, *, token: str | None = None) -> tuple[ORSet, str]:
        """The set with the element, and the token of this addition.

        Without `token` a fresh one is made. A token given that was removed already stays removed.
        """
        if type(elem) is not str:
            raise TypeError(f"an element is text, not {type(elem).__name__}")
        return self._put(elem, token)

    def remove(self, elem: str, observed_tokens: str | Iterable[str]) -> ORSet:
        """The set without those additions of the element; tokens that have not arrived yet are remembered.

        A token that is live for another element is left alone.
        """
        tokens = [observed_tokens] if isinstance(observed_tokens, str) else list(observed_tokens)
        return self._without(token for token in dict.fromkeys(tokens) if elem in self._live.get(token, (elem,)))

    def join(self, other: ORSet) -> ORSet:
        """Everything either has added, without what either has removed."""
        return self._merge(other)

    def elements(self) -> frozenset[str]:
        """The elements in the set."""
        return frozenset(element for element, _ in self._by.items())

    def tokens_for(self, elem: str) -> set[str]:
        """The tokens of the element's live additions."""
        return set(self._by.get(elem, ()))

    def __contains__(self, elem: object) -> bool:
        return elem in self._by

    def __len__(self) -> int:
        return len(self._by)

    def to_dict(self) -> ORSetDict:
        """The wire form."""
        rows = sorted((element, token) for token, elements in self._live.items() for element in elements)
        wire: ORSetDict = self._wire([ORSetEntry(element=element, token=token) for element, token in rows])
        return wire

    @classmethod
    def from_dict(cls, data: ORSetDict) -> ORSet:
        """The set a wire form stands for, also one without context; FormatError when it stands for none."""
        new = cls.__new__(cls)
        new._decode(data)
        return new

    def __repr__(self) -> str:
        return f"ORSet({sorted(self.elements())!r})"
