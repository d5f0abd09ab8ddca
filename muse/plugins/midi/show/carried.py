"""Where the time of an older version is in a newer one: other ticks per beat, and bars inserted, cut or moved.

What only follows from that is no edit of a note: the summary names it once for the whole file.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from muse.plugins.midi.bars.bar_map import bar_map
from muse.plugins.midi.bars.timeline import IDENTITY, NEW, BarMap, Range, Span
from muse.plugins.midi.bars.words import bars_words, map_words
from muse.plugins.midi.file.bars import TimeMap, time_map
from muse.plugins.midi.file.codec import Song, Track
from muse.plugins.midi.file.model import Note
from muse.plugins.midi.file.write_track import respell
from muse.plugins.midi.match.tracks import match_tracks

SMPTE = 0x8000


class Carried:
    """Ticks of `old` in `new`; `matched[n]`: the new track that old track n is, or -1.

    `words`: what happened to the bars, "" for nothing. `slack`: by how many ticks a place may be off because the new
    version counts in coarser ones.
    """

    def __init__(self, old: Song, new: Song) -> None:
        self.slack = 0
        self._scale = Fraction(1)
        plain = old
        if old.division != new.division and max(old.division, new.division) < SMPTE:
            self._scale = Fraction(new.division, old.division)
            self.slack = 0 if self._scale.denominator == 1 else 1
            plain = self._scaled(old)
        self.matched = match_tracks(plain.tracks, new.tracks)
        self.times: TimeMap = time_map(plain)
        self.bars = self._found(plain, new)
        self.words = "" if self.bars.is_identity else map_words(self.bars, self.times)
        if self.bars.is_identity:
            self._cut_tail(plain, new)

    def _found(self, old: Song, new: Song) -> BarMap:
        if old.format == 2 or new.format != old.format or max(old.division, new.division) >= SMPTE:
            return IDENTITY
        found = bar_map(old, new, self.matched, self.times)
        return IDENTITY if found.doubt or found.is_identity else found

    def _cut_tail(self, old: Song, new: Song) -> None:
        """Read it as bars cut at the end when the new version stops, in all tracks, before bars with notes."""
        if old.format == 2 or new.division >= SMPTE or not new.tracks:
            return
        lasts = [max((t for t, b in zip(e.ticks, e.bodies) if b[0] >> 4 == 9 and b[2]), default=-1) for e in new.tracks]
        stop = self.times.tick(self.times.position(max(lasts))[0] + 1) if max(lasts) >= 0 else 0
        onsets = [t for track in old.tracks for t, b in zip(track.ticks, track.bodies) if b[0] >> 4 == 9 and b[2]]
        if stop and max(onsets, default=0) >= stop and all(track.end_tick <= stop for track in new.tracks):
            self.bars = BarMap((Span(0, stop),))
            self.words = f"{bars_words([Range(stop, max(onsets) + 1)], self.times)} cut"

    def _scaled(self, song: Song) -> Song:
        tracks: list[Track | bytes] = [
            respell(track, [self._even(tick) for tick in track.ticks], self._even(track.end_tick))
            for track in song.tracks
        ]
        return Song(song.header, tracks, b"", (b"", b""))

    def _even(self, tick: int) -> int:
        return tick if self._scale == 1 else round(tick * self._scale)

    @property
    def is_same(self) -> bool:
        """True when every tick is where it was."""
        return self._scale == 1 and self.bars is IDENTITY

    def tick(self, tick: int) -> int | None:
        """Where a tick of the old version is in the new one; None where its bar was cut."""
        tick = self._even(tick)
        if self.bars is IDENTITY:
            return tick
        at = 0
        for source, length in self.bars.spans:
            if source != NEW and source <= tick < source + length:
                return at + tick - source
            at += length
        return None

    def note(self, note: Note) -> Note | None:
        """A note as it would stand in the new version; None where its bar was cut."""
        at = self.tick(note[2])
        return None if at is None else (note[0], note[1], at, self._even(note[3]), note[4], note[5])

    def copies(self, notes: Sequence[Note]) -> set[Note]:
        """Notes of the new version that are there because their bars are played again."""
        found = set()
        for source, where in self.bars.copied:
            for channel, pitch, onset, length, velocity, release in notes:
                at = self._even(onset)
                if source.start <= at < source.stop:
                    moved = at - source.start + where
                    found.add((channel, pitch, moved, self._even(length), velocity, release))
        return found
