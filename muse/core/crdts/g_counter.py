"""Grow-only counter: each agent counts its own events, the value is their sum."""

from __future__ import annotations

from muse.core.crdts._counts import Counts

GCounterDict = dict[str, int]


class GCounter(Counts):
    """A counter that only grows; join takes the larger count of each agent."""

    __slots__ = ()

    def increment(self, agent_id: str, by: int = 1) -> GCounter:
        """`by` more events of an agent; ValueError unless `by` is a positive integer."""
        if type(by) is not int or by <= 0:
            raise ValueError(f"a grow-only counter grows by a positive integer, not {by!r}")
        return self._raised(agent_id, by)

    def join(self, other: GCounter) -> GCounter:
        """The larger count of each agent."""
        return self._maximum(other)

    def value(self) -> int:
        """The sum over all agents."""
        return sum(count for _, count in self._counts.items())

    def value_for(self, agent_id: str) -> int:
        """One agent's count, 0 when it never counted."""
        return int(self._counts.get(agent_id, 0))
