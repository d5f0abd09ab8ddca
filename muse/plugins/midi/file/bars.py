"""Bars and beats from the time signatures of a file.

Before the first signature the metre is 4/4. A signature in the middle of a bar starts a new bar there. Bars and beats
count from 1, ticks inside a beat from 0; a beat is what the signature's denominator says.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

from muse.plugins.midi.file.codec import Song, Track
from muse.plugins.midi.file.spelling import KEY, Keys

SIGNATURE = b"\xff\x58"


class TimeMap:
    """Ticks to bars and beats and back."""

    __slots__ = ("_bars", "_beat_sizes", "_beats", "_starts", "beat", "keys")

    def __init__(self, beat: int, signatures: Iterable[tuple[int, int, int]] = (), keys: Keys = ()) -> None:
        """`beat`: ticks per quarter note; `signatures`: (tick, numerator, power of two of the denominator); `keys`:
        what pitches are spelled by."""
        self.beat = beat
        self.keys = sorted(keys)
        at: dict[int, tuple[int, int]] = {0: (4, 2)}
        for tick, numerator, power in sorted(signatures, key=lambda entry: entry[0]):
            at[tick] = (numerator or 4, min(power, 7))
        self._starts: list[int] = []
        self._bars: list[int] = []
        self._beats: list[int] = []
        self._beat_sizes: list[int] = []
        bar = 1
        for tick in sorted(at):
            if self._starts:
                length = self._beats[-1] * self._beat_sizes[-1]
                bar += -((self._starts[-1] - tick) // length)
            numerator, power = at[tick]
            self._starts.append(tick)
            self._bars.append(bar)
            self._beats.append(numerator)
            self._beat_sizes.append(max(1, (beat * 4) >> power))

    def same_bars(self, other: TimeMap) -> bool:
        """True when every tick is in the same bar and beat."""
        return (self._starts, self._beats, self._beat_sizes) == (other._starts, other._beats, other._beat_sizes)

    def position(self, tick: int) -> tuple[int, int, int]:
        """(bar, beat, tick inside the beat)."""
        span = bisect_right(self._starts, tick) - 1
        bars, rest = divmod(tick - self._starts[span], self._beats[span] * self._beat_sizes[span])
        beat, inside = divmod(rest, self._beat_sizes[span])
        return self._bars[span] + bars, beat + 1, inside

    def bar_length(self, tick: int) -> int:
        """Ticks in the bar at `tick`."""
        span = bisect_right(self._starts, tick) - 1
        return self._beats[span] * self._beat_sizes[span]

    def tick(self, bar: int, beat: int = 1, inside: int = 0) -> int:
        """The tick of a position; bars before the first count as the first."""
        span = max(0, bisect_right(self._bars, bar) - 1)
        while span and self._bars[span - 1] == self._bars[span] and self._bars[span] == bar:
            span -= 1
        size = self._beat_sizes[span]
        bars = max(0, bar - self._bars[span])
        return self._starts[span] + (bars * self._beats[span] + beat - 1) * size + inside


def time_map(song: Song, track: Track | None = None) -> TimeMap:
    """The map of a file; in format 2, where tracks are independent, of one track."""
    tracks = [track] if song.format == 2 and track is not None else song.tracks
    keys = [row for each in tracks for row in key_signatures(each)]
    return TimeMap(song.ticks_per_beat, [row for each in tracks for row in signatures(each)], keys)


def signatures(track: Track) -> list[tuple[int, int, int]]:
    """The time signatures of a track, in order: (tick, numerator, power of two of the denominator)."""
    ticks = track.ticks
    return [
        (ticks[index], body[2], body[3])
        for index, body in enumerate(track.bodies)
        if body[0] == 0xFF and body[:2] == SIGNATURE and len(body) >= 4
    ]


def key_signatures(track: Track) -> list[tuple[int, int]]:
    """The key signatures of a track, in order: tick, sharps (flats below 0)."""
    return [
        (track.ticks[index], (body[2] + 128) % 256 - 128)
        for index, body in enumerate(track.bodies)
        if body[0] == 0xFF and body[:2] == KEY and len(body) >= 3 and (body[2] + 7) % 256 < 15
    ]


def signature(tick: int, body: bytes) -> tuple[int, int, int] | None:
    """One time signature; None for one that is cut short."""
    return (tick, body[2], body[3]) if len(body) >= 4 else None
