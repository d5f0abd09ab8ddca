"""One track under edit, indexed by tick and by what its events mean through one another.

What an edit reaches is found without reading the track: the events of its ticks, the spelling of those that follow up
to the first that stays as it is, and how notes of one key, or controllers that mean something only together, belong
together from there on.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from muse.core.midi_file import vlq
from muse.plugins.midi.edit.patch import Live, Place, TrackEdits
from muse.plugins.midi.edit.respell import Chain, Event, Spelled, StretchWriter, chain_of
from muse.plugins.midi.file.bars import SIGNATURE, TimeMap, signature
from muse.plugins.midi.file.codec import Track, read_vlq
from muse.plugins.midi.file.model import Groups, Slot, lane
from muse.plugins.midi.file.order import on_before_off, put_by_rank
from muse.plugins.midi.merge.notes import note_bodies

Coming = tuple[int, bytes, "Event | None"]
"""An event of the result: tick, body, and the event it was."""


class Change(NamedTuple):
    """What a batch does to a track: what is spelled anew, what stands at a tick afterwards, and how the track ends."""

    spelled: list[Spelled]
    at: dict[int, list[Event]]
    chains: dict[Chain, set[int]]
    end: int
    closing: bytes


class LiveTrack:
    """One track, indexed by tick and by chain."""

    def __init__(self, track: Track) -> None:
        self.raw: bytes | None = track.raw
        self.at: dict[int, list[Event]] = {}
        self.chains: dict[Chain, list[int]] = {}
        self.end = track.end_tick
        start = track.starts[len(track.ticks)]
        _, after = read_vlq(track.raw, start)
        self.closing, self.rest = track.raw[start:after], track.raw[after:]
        previous: Event | None = None
        raw, starts = track.raw, track.starts
        for index, (tick, body) in enumerate(zip(track.ticks, track.bodies)):
            previous = Event(tick, body, raw[starts[index] : starts[index + 1]], previous)
            if (held := self.at.get(tick)) is None:
                self.at[tick] = [previous]
            else:
                held.append(previous)
            if previous.chain is not None:
                ticks = self.chains.setdefault(previous.chain, [])
                if not ticks or ticks[-1] != tick:
                    ticks.append(tick)
        self.ticks = list(self.at)
        for chain in self.chains:
            self._link(chain, 0, self.ticks[-1])

    # Looking up --------------------------------------------------------------------------------------------------

    def edits(self, times: TimeMap) -> TrackEdits[Event]:
        """A new batch of edits."""
        return TrackEdits(times, self.end, self._notes_at, lambda slot: bool(self._slot(slot)))

    def _notes_at(self, place: Place) -> list[Live[Event]]:
        channel, pitch, onset = place
        found = []
        for on in self.at.get(onset, ()):
            off = on.mate
            if off is not None and on.begins() and on.body[0] & 15 == channel and on.body[1] == pitch:
                release = (off.body[0] & 0xF0) << 4 | off.body[2]
                found.append(Live((channel, pitch, onset, off.tick - onset, on.body[2], release), on, off))
        return found

    def _slot(self, slot: Slot) -> list[Event]:
        """The events in a slot, in order."""
        what, tick = slot
        if what in self.chains:
            ticks = self.chains[what]
            found = []
            for event in self._chain(what, bisect_left(ticks, tick)):
                if event.group == tick:
                    found.append(event)
                elif event.group > tick:
                    break
            return found
        return [
            event for event in self.at.get(tick, ())
            if event.mate is None and not isinstance(event.chain, tuple) and lane(event.body) == what
        ]  # fmt: skip

    def _chain(self, chain: Chain, first: int) -> Iterator[Event]:
        """The events of a chain from its `first`-th tick on."""
        ticks = self.chains[chain]
        for index in range(first, len(ticks)):
            for event in self.at[ticks[index]]:
                if event.chain == chain:
                    yield event

    def signatures(self) -> list[tuple[int, int, int]]:
        """Its time signatures, in order."""
        found = self._chain(SIGNATURE, 0) if SIGNATURE in self.chains else ()
        return [row for event in found if (row := signature(event.tick, event.body)) is not None]

    # Changing ----------------------------------------------------------------------------------------------------

    def change(self, edits: TrackEdits[Event]) -> Change | None:
        """What a batch does; None for nothing. FormatError when it cannot be written."""
        found = _Sorted(self._touched(edits), edits, self._slot)
        if not found.dirty and edits.end == self.end:
            return None
        rows = {tick: found.row(tick, self.at.get(tick, ())) for tick in sorted(found.dirty)}
        return self._spell(rows, found.chains(), edits.end)

    def _touched(self, edits: TrackEdits[Event]) -> list[Live[Event]]:
        """The notes there were that somebody asked for, in the order of the track."""
        held = [(on.tick, self.at[on.tick].index(on), live) for lives in edits.found.values() for live in lives
                if (on := live.on) is not None]  # fmt: skip
        return [live for _, _, live in sorted(held, key=lambda row: row[:2])]

    def _spell(self, rows: dict[int, list[Coming]], chains: dict[Chain, set[int]], wanted: int) -> Change:
        """How the events of the rows are written, and those after them up to the first that is written as it was."""
        writer, at, ticks = StretchWriter(), {}, self.ticks
        for tick, until in zip(rows, [*rows, math.inf][1:]):
            index = bisect_left(ticks, tick)
            if writer.clean:
                writer.follow(self.at[ticks[index - 1]][-1] if index else None)
            at[tick] = [writer.write(*coming) for coming in rows[tick]]
            writer.clean = False
            for index in range(bisect_right(ticks, tick), len(ticks)):
                if writer.clean or ticks[index] >= until:
                    break
                writer.run(self.at[ticks[index]])
        left = next((tick for tick in reversed(ticks) if tick not in rows), 0)
        last = max(left, next((tick for tick in reversed(rows) if rows[tick]), 0))
        end = max(wanted, last)
        same = end - last == self.end - (ticks[-1] if ticks else 0)
        return Change(writer.spelled, at, chains, end, self.closing if same else vlq(end - last))

    def take(self, change: Change) -> None:
        """Make a change."""
        for event, tick, body, piece, prev in change.spelled:
            if event.body != body:
                event.chain = chain_of(body)
            event.tick, event.body, event.piece, event.prev = tick, body, piece, prev
        for tick, events in change.at.items():
            if events and tick not in self.at:
                insort(self.ticks, tick)
            if events:
                self.at[tick] = events
            elif self.at.pop(tick, None):
                del self.ticks[bisect_left(self.ticks, tick)]
        self.end, self.closing, self.raw = change.end, change.closing, None
        for chain, edited in change.chains.items():
            self._rechain(chain, edited)

    def _rechain(self, chain: Chain, edited: set[int]) -> None:
        """Bring a chain that changed at some ticks up to date."""
        ticks = self.chains.setdefault(chain, [])
        for tick in edited:
            index = bisect_left(ticks, tick)
            known = index < len(ticks) and ticks[index] == tick
            there = any(event.chain == chain for event in self.at.get(tick, ()))
            if there and not known:
                ticks.insert(index, tick)
            elif known and not there:
                del ticks[index]
        if ticks:
            self._link(chain, min(edited), max(edited))
        else:
            del self.chains[chain]

    def _link(self, chain: Chain, low: int, high: int) -> None:
        """Link the events of a chain from tick `low` on, past `high` until what is carried on is what it was."""
        ticks = self.chains[chain]
        first = bisect_left(ticks, low)
        before = None
        if first:
            before = next(event for event in reversed(self.at[ticks[first - 1]]) if event.chain == chain)
        if isinstance(chain, int):
            self._pair(chain, first, high, self._waiting(chain, first, before))
        elif isinstance(chain, tuple):
            groups = Groups()
            groups.resume(chain, None if before is None else before.carried)
            for event in self._chain(chain, first):
                slot = groups.slot(event.body, event.tick)
                event.group = event.tick if slot is None else slot[1]
                was, event.carried = event.carried, groups.carried(chain)
                if event.tick > high and was == event.carried:
                    break

    def _waiting(self, chain: Chain, first: int, before: Event | None) -> deque[Event]:
        """The notes of a key that wait at its `first`-th tick: the latest that began, because the oldest ends first."""
        waiting: deque[Event] = deque()
        wanted = 0 if before is None else before.waiting
        while len(waiting) < wanted:
            first -= 1
            for event in reversed(self.at[self.chains[chain][first]]):
                if event.chain == chain and event.begins() and len(waiting) < wanted:
                    waiting.appendleft(event)
        return waiting

    def _pair(self, chain: Chain, first: int, high: int, waiting: deque[Event]) -> None:
        """Pair the notes of a key, first in first out."""
        begun = 0  # past `high`: while more than these wait, what is paired next is not what it was
        for event in self._chain(chain, first):
            if event.begins():
                waiting.append(event)
                begun += event.tick > high
            elif waiting:
                event.mate = waiting.popleft()
                event.mate.mate = event
            else:
                event.mate = None
            was, event.waiting = event.waiting, len(waiting)
            if event.tick > high and was == len(waiting) <= begun:
                return
        for event in waiting:
            event.mate = None

    def written(self) -> bytes:
        """The track's bytes."""
        if self.raw is None:
            pieces = [event.piece for tick in self.ticks for event in self.at[tick]]
            self.raw = b"".join([*pieces, self.closing, self.rest])
        return self.raw


class _Sorted:
    """The events of a batch: those that go, that change where they are, that come to a tick."""

    def __init__(
        self, touched: list[Live[Event]], edits: TrackEdits[Event], slot: Callable[[Slot], list[Event]]
    ) -> None:
        self.gone: set[Event] = set()
        self.stays: dict[Event, Coming] = {}  # those that somebody spoke of
        self.coming: dict[int, list[Coming]] = {}
        self.empty: dict[int, list[tuple[Coming, Coming]]] = {}
        for live in [*touched, *edits.fresh]:
            self._note(live)
        for where, values in edits.slots.items():
            events = slot(where)
            here = {(event.tick, event.body): event for event in reversed(events)}
            kept = set()
            for tick, body in values:
                own = here.pop((tick, body), None)
                kept.add(own)
                self._put(tick, body, own)
            self.gone.update(event for event in events if event not in kept)
        recast = {event.tick for event, coming in self.stays.items() if event.body != coming[1]}
        self.dirty = recast | {event.tick for event in self.gone} | self.coming.keys()

    def _note(self, live: Live[Event]) -> None:
        if live.note is None:
            self.gone.update(event for event in (live.on, live.off) if event is not None)
            return
        on, off = note_bodies(live.note)
        both = self._put(live.note[2], on, live.on), self._put(live.note[2] + live.note[3], off, live.off)
        if not live.note[3]:
            self.empty.setdefault(live.note[2], []).append(both)

    def _put(self, tick: int, body: bytes, own: Event | None) -> Coming:
        item = (tick, body, own)
        if own is not None and own.tick == tick:
            self.stays[own] = item
            return item
        if own is not None:
            self.gone.add(own)
        self.coming.setdefault(tick, []).append(item)
        return item

    def row(self, tick: int, events: Iterable[Event]) -> list[Coming]:
        """What stands at a tick afterwards: what stays in its order, what comes by rank among it."""
        out = [self.stays.get(event, (tick, event.body, event)) for event in events if event not in self.gone]
        put_by_rank(out, self.coming.get(tick, []))
        return on_before_off(out, self.empty[tick]) if tick in self.empty else out

    def chains(self) -> dict[Chain, set[int]]:
        """At which ticks which chains are not what they were."""
        found: dict[Chain, set[int]] = {}
        for event in self.gone:
            found.setdefault(event.chain, set()).add(event.tick)
        for event, (tick, body, _) in self.stays.items():
            if event.body != body:
                found.setdefault(event.chain, set()).add(tick)
                found.setdefault(chain_of(body), set()).add(tick)
        for tick, items in self.coming.items():
            for _, body, _ in items:
                found.setdefault(chain_of(body), set()).add(tick)
        found.pop(None, None)
        return found
