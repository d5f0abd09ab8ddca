"""Which voices of a version are which of its base: a voice is a track and a channel, and programs split, join and
number them anew. Told by the notes alone: pitch and beginning.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from muse.plugins.midi.file.model import Content

Voice = tuple[int, int]
"""A track's number and a channel."""

_LINKED = 0.1  # share of the smaller voice's notes that must be in the other one before they belong together
_MOST_PAIRS = 400  # notes of one pitch and beginning that are compared, each with each


class Group(NamedTuple):
    """Voices of both versions that hold the same notes."""

    old: list[Voice]
    new: list[Voice]


class Voices:
    """The voices of two versions: `pairs` of notes with one pitch and beginning, and `groups` of voices.

    A pair is a base voice, its note's place in its track, and the same of the other version. `group_old` and
    `group_new` say in which group a voice is. Where most notes were moved a little, as by a program that puts them on
    its grid, those that are about `near` ticks from each other tell which voices belong together.
    """

    def __init__(self, old: Sequence[Content], new: Sequence[Content], near: int) -> None:
        self.old, self.new = _notes(old), _notes(new)
        self.pairs: list[tuple[Voice, int, Voice, int]] = []
        self._free = (
            {v: set(notes) for v, notes in self.old.items()},
            {v: set(notes) for v, notes in self.new.items()},
        )
        self._shared: Counter[tuple[Voice, Voice]] = Counter()
        self._pair(old, new)
        if near > 1 and 2 * len(self.pairs) < sum(map(len, self.old.values())):
            self._linked_nearby(old, new, near)
        self.groups, self.group_old, self.group_new = self._grouped()

    def take(self, u: Voice, i: int, v: Voice, j: int) -> None:
        """Note `i` of base voice `u` is note `j` of `v`."""
        self._free[0][u].discard(i)
        self._free[1][v].discard(j)
        self._shared[u, v] += 1

    def left_old(self, voice: Voice) -> list[int]:
        """Notes of a base voice that are not in the version."""
        return sorted(self._free[0][voice])

    def left_new(self, voice: Voice) -> list[int]:
        """Notes of a voice that are not in the base."""
        return sorted(self._free[1][voice])

    def home(self, voice: Voice) -> Voice | None:
        """The base voice that has most of a voice's notes."""
        votes = [(count, -u[0], -u[1]) for (u, v), count in self._shared.items() if v == voice]
        best = max(votes, default=None)
        return None if best is None else (-best[1], -best[2])

    def home_of_track(self, number: int) -> Voice | None:
        """The base voice that has most of a track's notes."""
        votes: Counter[Voice] = Counter()
        for (u, v), count in self._shared.items():
            if v[0] == number:
                votes[u] += count
        return min(votes, key=lambda u: (-votes[u], u), default=None)

    def track_alone(self, number: int, old: int) -> bool:
        """True when the notes of a track and of a base track are each other's."""
        return {u[0] for (u, v) in self._shared if v[0] == number} == {old} and {
            v[0] for (u, v) in self._shared if u[0] == old
        } == {number}

    def _pair(self, old: Sequence[Content], new: Sequence[Content]) -> None:
        """Match notes of one pitch and beginning, each in the voice that shares most with its own."""
        waiting: dict[tuple[int, int], tuple[list[tuple[Voice, int]], list[tuple[Voice, int]]]] = {}
        for which, contents in enumerate((old, new)):
            for number, content in enumerate(contents):
                for at, note in enumerate(content.notes):
                    waiting.setdefault(note[1:3], ([], []))[which].append(((number, note[0]), at))
        votes: Counter[tuple[Voice, Voice]] = Counter()
        for here, there in waiting.values():
            votes.update({(u, v) for u, _ in here for v, _ in there} if len(here) * len(there) <= _MOST_PAIRS else ())
        for here, there in waiting.values():
            if len(here) * len(there) > _MOST_PAIRS:
                offers = [(0, 0, i, i) for i in range(min(len(here), len(there)))]
            else:
                offers = [
                    (-votes[u, v], abs(old[u[0]].notes[i][3] - new[v[0]].notes[j][3]), a, b)
                    for a, (u, i) in enumerate(here) for b, (v, j) in enumerate(there)
                ]  # fmt: skip
            self._greedy(sorted(offers), here, there)

    def _linked_nearby(self, old: Sequence[Content], new: Sequence[Content], near: int) -> None:
        """Count notes of one pitch that begin nearly together, but pair none of them."""
        begun: dict[tuple[int, int], Counter[Voice]] = {}
        for u, notes in self.old.items():
            for i in notes:
                _, pitch, onset = old[u[0]].notes[i][:3]
                begun.setdefault((pitch, (onset + near // 2) // near), Counter())[u] += 1
        for v, notes in self.new.items():
            for j in notes:
                _, pitch, onset = new[v[0]].notes[j][:3]
                for u in begun.get((pitch, (onset + near // 2) // near), ()):
                    self._shared[u, v] += 1

    def _greedy(
        self, offers: Sequence[tuple[int, int, int, int]], here: Sequence[tuple[Voice, int]],
        there: Sequence[tuple[Voice, int]],
    ) -> None:  # fmt: skip
        used: tuple[set[int], set[int]] = (set(), set())
        for _, _, a, b in offers:
            if a not in used[0] and b not in used[1]:
                used[0].add(a)
                used[1].add(b)
                (u, i), (v, j) = here[a], there[b]
                self.take(u, i, v, j)
                self.pairs.append((u, i, v, j))

    def _grouped(self) -> tuple[list[Group], dict[Voice, int], dict[Voice, int]]:
        groups: list[Group] = []
        where: tuple[dict[Voice, int], dict[Voice, int]] = ({}, {})
        for (u, v), count in sorted(self._shared.items()):
            if count < _LINKED * min(len(self.old[u]), len(self.new[v])):
                continue
            known = sorted({where[side][each] for side, each in ((0, u), (1, v)) if each in where[side]})
            if not known:
                known = [len(groups)]
                groups.append(Group([], []))
            for other in known[1:]:  # two groups are one
                for side, (into, some) in enumerate(zip(groups[known[0]], groups[other])):
                    into.extend(some)
                    where[side].update(dict.fromkeys(some, known[0]))
                    some.clear()
            for side, each in ((0, u), (1, v)):
                if each not in where[side]:
                    where[side][each] = known[0]
                    groups[known[0]][side].append(each)
        return [group for group in groups if group.old], where[0], where[1]


def _notes(contents: Sequence[Content]) -> dict[Voice, list[int]]:
    found: dict[Voice, list[int]] = {}
    for number, content in enumerate(contents):
        for at, note in enumerate(content.notes):
            found.setdefault((number, note[0]), []).append(at)
    return found
