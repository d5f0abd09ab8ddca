"""Where the ticks of an edited file are in the file before the edit, and what the state names them by."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from muse.plugins.midi.bars.bar_map import bar_map
from muse.plugins.midi.bars.timeline import ENDLESS, NEW, BarMap, Range, cuts
from muse.plugins.midi.bars.words import moved_ranges
from muse.plugins.midi.file.bars import time_map
from muse.plugins.midi.file.codec import Song
from muse.plugins.midi.file.model import ONSET, Content, Note, Slot
from muse.plugins.midi.join.line import Line, cut, move, put_in
from muse.plugins.midi.join.state import JoinState

Row = tuple[int, int, int]
"""A stretch of the edited file: where it begins, its tick in the file before or NEW, and the name of its first tick."""

Values = dict[Slot, tuple[tuple[int, bytes], ...]]


class Placing:
    """The edited file's stretches; `line` is that of the state before the edit."""

    def __init__(self, line: Line, rows: Sequence[Row] = ((0, 0, 0),)) -> None:
        self.line = line
        self.rows = rows
        self._starts = [row[0] for row in rows]

    def old(self, tick: int) -> int:
        """The tick in the file before, NEW for one in bars that were put in."""
        at, source, _ = self.rows[bisect_right(self._starts, tick) - 1]
        return NEW if source == NEW else source + tick - at

    def name(self, tick: int) -> int:
        """What the state names a tick by."""
        at, source, start = self.rows[bisect_right(self._starts, tick) - 1]
        return start + tick - at if source == NEW else self.line.named(source + tick - at)

    def lines(self) -> list[list[int]]:
        """The edited file's line, as `line_from` reads it; [] for the plain one."""
        if len(self.rows) == 1:
            return [] if self.line.is_plain else self.line.rows()
        out = []
        for (start, source, name), stop in zip(self.rows, [*self._starts[1:], ENDLESS]):
            if source == NEW:
                out.append([name, stop - start])
            else:
                kept = self.line.ranges(Range(source, source + stop - start))
                out += [[each.start, each.stop - each.start] for each in kept]
        return out

    def values(self, content: Content) -> Values:
        """What a track's slots hold, by named ticks; what is at tick 0 and is no note stays there."""
        return {
            (lane, self._point(tick)): tuple((self._point(at), body) for at, body in content.value((lane, tick)))
            for lane, tick in content.slots
        }

    def notes(self, content: Content) -> tuple[list[Note], list[Note]]:
        """Notes of kept bars, at their ticks in the file before; those in bars put in, at named ones."""
        kept: list[Note] = []
        fresh: list[Note] = []
        for note in content.notes:
            old = self.old(note[ONSET])
            (fresh if old == NEW else kept).append(at(note, self.name(note[ONSET]) if old == NEW else old))
        return sorted(kept, key=lambda note: note[ONSET]), fresh

    def _point(self, tick: int) -> int:
        return self.name(tick) if tick else 0


def at(note: Note, tick: int) -> Note:
    """The note with its beginning at another tick."""
    return (note[0], note[1], tick, note[3], note[4], note[5])


def place(state: JoinState, line: Line, before: Song, after: Song, twins: Sequence[int]) -> Placing:
    """Find the bars that an edit put in and cut, and write them into the state; where that cannot be told, none are.

    `twins`: the new file's track that an old one is, or -1.
    """
    times = time_map(before)
    if before.format == 2 or max((track.end_tick for track in before.tracks), default=0) <= times.tick(2):
        return Placing(line)  # tracks without a time in common, or a single bar
    found = bar_map(before, after, twins, times)
    if not _is_told(found):
        return Placing(line)
    moved = moved_ranges(found)
    rows: list[Row] = []
    now = done = 0
    for source, length in found.spans:
        behind = line.named(done)
        if source == NEW:
            rows.append((now, NEW, put_in(state, behind, length, _sound(after, now, now + length))))
        else:
            rows.append((now, source, 0))
            if Range(source, source + length) in moved:
                move(state, line.ranges(Range(source, source + length)), behind)
            else:
                done = source + length
        now += length
    for gone in cuts(found.spans):
        start, number = gone.start, times.position(gone.start)[0]
        while start < gone.stop:
            stop = min(gone.stop, times.tick(number + 1))
            for bar in line.ranges(Range(start, stop)):
                cut(state, bar)
            start, number = stop, number + 1
    return Placing(line, rows)


def _is_told(found: BarMap) -> bool:
    """False for no map, one in doubt, and where only an end that repeats itself became longer or shorter."""
    if found.is_identity or found.doubt or any(stretch.stop >= ENDLESS for stretch in found.unsure):
        return False
    source, length = found.spans[-1]
    return source != NEW and source + length >= ENDLESS


def _sound(song: Song, start: int, stop: int) -> bytes:
    """What sounds in some bars, as bytes to tell them by."""
    parts = []
    for track in song.tracks:
        first, last = (bisect_left(track.ticks, tick) for tick in (start, stop))
        rows = sorted(zip((tick - start for tick in track.ticks[first:last]), track.bodies[first:last]))
        parts.append(b";".join(b"%d:%s" % (tick, body.hex().encode()) for tick, body in rows))
    return b"|".join(parts)
