"""Events of a track under edit, and how an edited stretch of them is spelled.

`write_track.emit` spells a whole track; `StretchWriter` does so from any event on, so that no more is looked at.
"""

from __future__ import annotations

from typing import NamedTuple

from muse.plugins.midi.file.bars import SIGNATURE
from muse.plugins.midi.file.dimensions import BANK, PARAMETER
from muse.plugins.midi.file.model import Lane, Opened
from muse.plugins.midi.file.write_track import spelled

Chain = int | Lane | bytes | None
"""Events that mean something through one another: those of a key, of a controller group, the time signatures."""


class Event:
    """An event of an open track.

    `piece`: its bytes in the file, delta time included; `prev`: the event before it. `mate`: the other end of its note.
    `group`: the tick of the first event of its controller group. What it leaves to the next of its chain: `waiting`
    notes of its key that sound on, or the controller group that is open (`carried`).
    """

    __slots__ = ("body", "carried", "chain", "group", "mate", "piece", "prev", "tick", "waiting")

    def __init__(self, tick: int, body: bytes, piece: bytes, prev: Event | None) -> None:
        self.tick = tick
        self.body = body
        self.piece = piece
        self.prev = prev
        self.chain = chain_of(body)
        self.mate: Event | None = None
        self.waiting = -1
        self.carried: Opened | None = None
        self.group = tick

    def begins(self) -> bool:
        """True for a note-on."""
        return self.body[0] >= 0x90 and self.body[2] > 0


def chain_of(body: bytes) -> Chain:
    """The chain a body belongs to; None for an event that stands alone."""
    status = body[0]
    if status < 0xA0:
        return (status & 15) << 7 | body[1]
    if status >> 4 == 0xC or (status >> 4 == 0xB and body[1] in BANK):
        return ("program", status & 15)
    if status >> 4 == 0xB and body[1] in PARAMETER:
        return ("parameter", status & 15)
    return SIGNATURE if body[:2] == SIGNATURE else None


class Spelled(NamedTuple):
    """What becomes of an event."""

    event: Event
    tick: int
    body: bytes
    piece: bytes
    prev: Event | None


class StretchWriter:
    """Writes events as `emit` does, from any event of a track on."""

    def __init__(self) -> None:
        self.spelled: list[Spelled] = []
        self.clean = True  # what was written last is as it was, and where it was
        self._last: Event | None = None
        self._tick = 0
        self._previous: Event | None = None  # what was written last, if the file had it and its bytes were kept
        self._safe = True  # running status here is what the bytes of the file expect

    def follow(self, event: Event | None) -> None:
        """Go on after an event that stays as it is."""
        self._last = self._previous = event
        self._tick, self._safe = 0 if event is None else event.tick, True

    def _in_line(self, tick: int, own: Event) -> bool:
        before = 0 if own.prev is None else own.prev.tick
        return self._safe and self._previous is own.prev and tick - self._tick == own.tick - before

    def run(self, events: list[Event]) -> None:
        """Write events that stay, until one is as it was."""
        for event in events:
            self.clean = self._in_line(event.tick, event)
            if self.clean:
                return
            self.write(event.tick, event.body, event)

    def write(self, tick: int, body: bytes, own: Event | None) -> Event:
        """Write one event; the one it is from now on."""
        mine = None
        if own is not None:
            mine = own.tick - (0 if own.prev is None else own.prev.tick), own.body, own.piece
        in_line = own is not None and self._in_line(tick, own)
        piece, kept, self._safe = spelled(tick - self._tick, body, mine, in_line)
        self._previous = own if kept else None
        event = Event(tick, body, piece, self._last) if own is None else own
        self.spelled.append(Spelled(event, tick, body, piece, self._last))
        self._last, self._tick = event, tick
        return event
