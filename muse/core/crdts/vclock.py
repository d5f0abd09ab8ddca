"""Vector clock: how much of each agent's work a state has seen."""

from __future__ import annotations

from muse.core.crdts._counts import Counts

VClockDict = dict[str, int]


class VectorClock(Counts):
    """A count per agent; absent is 0."""

    __slots__ = ()

    def increment(self, agent_id: str) -> VectorClock:
        """One more event of an agent."""
        return self._raised(agent_id, 1)

    def merge(self, other: VectorClock) -> VectorClock:
        """The larger count of each agent."""
        return self._maximum(other)

    join = merge

    def happens_before(self, other: VectorClock) -> bool:
        """True when other has seen all of self, and more."""
        return self._within(other) and self != other

    def concurrent_with(self, other: VectorClock) -> bool:
        """True when each has seen something the other has not."""
        return not self._within(other) and not other._within(self)

    def _within(self, other: VectorClock) -> bool:
        only_mine, _, differ = self._counts.apart(other._counts)
        return not only_mine and all(mine < theirs for _, mine, theirs in differ)
