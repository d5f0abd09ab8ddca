"""What VectorClock and GCounter share: a count per agent, merged by maximum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from muse.core.crdts._shared import SharedDict, of_one_type
from muse.core.errors import FormatError

C = TypeVar("C", bound="Counts")


class Counts:
    """Agent -> positive integer. Zero is the same as absent."""

    __slots__ = ("_counts",)
    _counts: SharedDict[str, int]

    def __init__(self, counts: Mapping[str, int] | None = None) -> None:
        self._counts = SharedDict(checked_counts({} if counts is None else counts))

    @classmethod
    def _of(cls: type[C], counts: SharedDict[str, int]) -> C:
        new = cls.__new__(cls)
        new._counts = counts
        return new

    def _raised(self: C, agent_id: str, by: int) -> C:
        if type(agent_id) is not str:
            raise TypeError(f"an agent is named by text, not by {type(agent_id).__name__}")
        return self._of(self._counts.changed([(agent_id, self._counts.get(agent_id, 0) + by)]))

    def _maximum(self: C, other: C) -> C:
        of_one_type(self, other)
        _, new, differ = self._counts.apart(other._counts)
        changes = new + [(agent, theirs) for agent, mine, theirs in differ if theirs > mine]
        return self._of(self._counts.changed(changes)) if changes else self

    def to_dict(self) -> dict[str, int]:
        """The counts, agents sorted."""
        return dict(sorted(self._counts.items()))

    @classmethod
    def from_dict(cls: type[C], data: Any) -> C:
        """The value a wire form stands for; FormatError when it stands for none."""
        return cls(data)

    def equivalent(self, other: Any) -> bool:
        """The same state."""
        return bool(self == other)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Counts) or type(other) is not type(self):
            return NotImplemented
        return self._counts == other._counts

    def __hash__(self) -> int:
        return hash((type(self).__name__, frozenset(self._counts.items())))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.to_dict()!r})"

    def __reduce__(self) -> Any:
        return type(self).from_dict, (self.to_dict(),)


def checked_counts(data: Any) -> dict[str, int]:
    """Counts without zeros; FormatError on anything but a mapping of text to integers that are not negative."""
    if not isinstance(data, Mapping):
        raise FormatError(f"counts must be an object, not {type(data).__name__}")
    for agent, count in data.items():
        if type(agent) is not str:
            raise FormatError(f"an agent is named by text, not by {type(agent).__name__}")
        if type(count) is not int or count < 0:
            raise FormatError(f"the count of {agent!r:.80} must be an integer from 0 up, not {count!r:.80}")
    return {agent: count for agent, count in data.items() if count}
