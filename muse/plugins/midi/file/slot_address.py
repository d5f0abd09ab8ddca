"""Addresses of point events: `track:<index>/<dimension>:<bar>:<beat>:<tick>` and what tells the lane.

What tells the lane: channel and controller or key, or the type of a meta event. Channels and tracks count from 0, bars
from 1.
"""

from __future__ import annotations

from typing import NamedTuple

from muse.plugins.midi.file.bars import TimeMap
from muse.plugins.midi.file.dimensions import BY_NAME, CONTROLLER, META, STRUCTURE, lane_dimension
from muse.plugins.midi.file.model import Lane, Slot, meta_lane

_LONGEST = 20  # digits of a number in an address


class SlotAddress(NamedTuple):
    """Where a slot is, in bars: what a file's time map makes of it is the slot."""

    track: int
    bar: int
    beat: int
    tick: int
    lane: Lane

    @classmethod
    def of(cls, track: int, times: TimeMap, slot: Slot) -> SlotAddress:
        """The address of a slot."""
        return cls(track, *times.position(slot[1]), slot[0])

    def slot(self, times: TimeMap) -> Slot:
        """The slot at the address."""
        return self.lane, times.tick(self.bar, self.beat, self.tick)

    def format(self) -> str:
        """The address as text."""
        word = "parameter" if self.lane[0] == "parameter" else lane_dimension(self.lane)
        return ":".join(map(str, (f"track:{self.track}/{word}", self.bar, self.beat, self.tick, *self.lane[1:])))

    @classmethod
    def parse(cls, address: str) -> SlotAddress:
        """The address in a text; ValueError, with words for a person, when there is none."""
        head, _, inner = address.partition("/")
        word, *numbers = inner.split(":")
        values = [number(part) for part in numbers]
        if len(values) < 3 or not head.startswith("track:"):
            raise ValueError("an event is track:T/DIMENSION:BAR:BEAT:TICK and what tells its lane")
        bar, beat, tick, *rest = values
        return cls(number(head.removeprefix("track:")), bar, beat, tick, _lane(word, rest))


def number(text: str) -> int:
    """A number in an address; ValueError for anything else."""
    if not text.isdecimal() or len(text) > _LONGEST:
        raise ValueError(f"{text[:_LONGEST]!r} is not a number")
    return int(text)


def _lane(word: str, rest: list[int]) -> Lane:
    """The lane that a dimension's name and what follows the place tell."""
    row = BY_NAME.get(word)
    if word == STRUCTURE and not (rest and rest[0] < 0xF0):
        return ("system", rest[0]) if rest else ("sysex",)
    if row is not None:
        return meta_lane(rest[0] if rest else min(row.numbers)) if row.lane == META else (row.lane, *rest)
    if word == "parameter":
        return (word, *rest)
    if word.startswith("cc_"):  # a controller that has a dimension of its own elsewhere
        return (CONTROLLER, *rest)
    raise ValueError(f"{word!r} is not a dimension")
