"""Notes and slots of one track.

A note is an on paired with an off, first in first out within (channel, pitch). Ons and offs without a partner stay
opaque events. Everything else is a point event and lives in a slot: a lane (what it controls) and a tick.
"""

from __future__ import annotations

from collections import deque

from muse.plugins.midi.file.codec import Track
from muse.plugins.midi.file.dimensions import BANK, PARAMETER, VALUED

Note = tuple[int, int, int, int, int, int]
"""(channel, pitch, onset, length, velocity, release): ticks; release is status nibble << 8 | velocity of the off."""

Item = tuple[int, bytes, int, int, int]
"""An event of a merged track: tick, body, and its index in base, ours and theirs or -1."""

Lane = tuple[object, ...]
Slot = tuple[Lane, int]
ATTRIBUTES = ("channel", "pitch", "onset", "length", "velocity", "release")
CHANNEL, PITCH, ONSET, LENGTH, VELOCITY, RELEASE = range(6)

PLAIN_OFF = 0x900  # a note-on of velocity 0
OPAQUE = frozenset({"sysex", "system", "opaque", "unpaired"})
"""First word of lanes whose events have no value to replace: they come and go by content."""


class Content:
    """A track's notes and slots.

    `notes[i]` begins at event `ons[i]` and ends at event `offs[i]`; notes are in order of their ons. `slots`: slot ->
    indices of its events, in order.
    """

    __slots__ = ("notes", "offs", "ons", "slots", "track")

    def __init__(self, track: Track) -> None:
        self.track = track
        self.notes: list[Note] = []
        self.ons: list[int] = []
        self.offs: list[int] = []
        self.slots: dict[Slot, list[int]] = {}
        self._points(self._pair())

    def _pair(self) -> list[int]:
        """Fill in the notes; the indices of all other events, in order."""
        ticks, bodies = self.track.ticks, self.track.bodies
        waiting: dict[int, deque[int]] = {}
        ended: dict[int, int] = {}
        points: list[int] = []
        for index, body in enumerate(bodies):
            status = body[0]
            if status >= 0xA0:
                points.append(index)
                continue
            key = (status & 15) << 7 | body[1]
            if status >= 0x90 and body[2]:
                queue = waiting.get(key)
                if queue is None:
                    waiting[key] = deque((index,))
                else:
                    queue.append(index)
                continue
            queue = waiting.get(key)
            if queue:
                ended[queue.popleft()] = index
            else:
                points.append(index)
        for index in sorted(ended):
            off, body = ended[index], bodies[index]
            last, tick = bodies[off], ticks[index]
            self.notes.append(
                (body[0] & 15, body[1], tick, ticks[off] - tick, body[2], (last[0] & 0xF0) << 4 | last[2])
            )
            self.ons.append(index)
            self.offs.append(off)
        left = [index for queue in waiting.values() for index in queue]
        return sorted(points + left) if left else points

    def _points(self, points: list[int]) -> None:
        ticks, bodies, slots = self.track.ticks, self.track.bodies, self.slots
        groups = Groups()
        for index in points:
            body, tick = bodies[index], ticks[index]
            group = groups.slot(body, tick)
            slot = group if group is not None else (lane(body), tick)
            held = slots.get(slot)
            if held is None:
                slots[slot] = [index]
            else:
                held.append(index)

    def value(self, slot: Slot) -> tuple[tuple[int, bytes], ...]:
        """What a slot holds: (tick, body) of each event; () for an empty slot."""
        ticks, bodies = self.track.ticks, self.track.bodies
        return tuple((ticks[index], bodies[index]) for index in self.slots.get(slot, ()))


def lane(body: bytes) -> Lane:
    """What a point event controls, without its tick."""
    status = body[0]
    kind = status >> 4
    if kind in (8, 9):
        return ("unpaired", status & 15, body[1])
    if kind == 0xB or kind == 0xA:
        return (kind, status & 15, body[1])
    if kind < 0xF:
        return (kind, status & 15)
    if status == 0xFF:
        return meta_lane(body[1])
    return ("sysex",) if status in (0xF0, 0xF7) else ("system", status)


def meta_lane(kind: int) -> Lane:
    """The lane of a meta event's type."""
    return ("meta" if kind in VALUED else "opaque", kind)


Opened = tuple[int, bool]
"""A group that may go on: the tick it began at, and whether it has its data."""


class Groups:
    """Events that mean something only together: bank with program, parameter number with its data.

    A group's slot carries the tick of its first event.
    """

    def __init__(self) -> None:
        self._open: dict[Lane, Opened] = {}

    def resume(self, key: Lane, opened: Opened | None) -> None:
        """Go on where a group of a lane was left open."""
        if opened is not None:
            self._open[key] = opened

    def carried(self, key: Lane) -> Opened | None:
        """The group of a lane that is open now."""
        return self._open.get(key)

    def slot(self, body: bytes, tick: int) -> Slot | None:
        """The slot of a grouped event, None for an event that stands alone."""
        kind, channel = body[0] >> 4, body[0] & 15
        if kind == 0xC:
            key: Lane = ("program", channel)
            opened = self._open.pop(key, None)
            return key, tick if opened is None else opened[0]
        if kind != 0xB:
            return None
        if body[1] in BANK:
            key = ("program", channel)
            opened = self._open.setdefault(key, (tick, False))
            return key, opened[0]
        if body[1] in PARAMETER:
            key = ("parameter", channel)
            selects = body[1] >= 98
            opened = self._open.get(key)
            if opened is None or (selects and opened[1]):
                opened = (tick, not selects)
            elif not selects:
                opened = (opened[0] if not opened[1] or tick == opened[0] else tick, True)
            self._open[key] = opened
            return key, opened[0]
        return None
