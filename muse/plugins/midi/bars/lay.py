"""Three versions of a song laid onto one line of bars, before their notes are merged.

Bars that one side inserted, cut, moved or repeated are so in the result; what the other side edited goes with its bar.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from muse.plugins.midi.bars.combine import Collision, alone, combine, kept, unmoved
from muse.plugins.midi.bars.crossing import NEAR, edges
from muse.plugins.midi.bars.rewrite import Contents, Line, rewrite
from muse.plugins.midi.bars.timeline import ENDLESS, IDENTITY, NEW, BarMap, Piece, Places, Range, cuts
from muse.plugins.midi.bars.touched import touched
from muse.plugins.midi.bars.words import bars_words, cut_words, map_words, numbers, spelled
from muse.plugins.midi.file.bars import TimeMap, time_map
from muse.plugins.midi.file.codec import Song, Track
from muse.plugins.midi.merge.decisions import Clash

Ask = Callable[[Clash], "str | None"]
"""Notes a conflict; the side it is settled for, None when it stays open."""

Three = tuple[Song, Song, Song]
NAMES = ("ours", "theirs")


class Laid(NamedTuple):
    """The versions on the merged line, its bars, and what to tell a person."""

    songs: Three
    times: TimeMap
    words: list[str]


def lay(
    songs: Three, twins: list[list[int]], maps: list[BarMap], times: TimeMap, contents: Contents, ask: Ask
) -> Laid | None:
    """The versions on one line of bars; None when both sides' bars stay. `twins`: of each side its track that a base
    track is, or -1; `maps`: what each did to the bars."""
    return _Laying(songs, twins, maps, times, contents, ask).run()


class _Laying:
    def __init__(
        self, songs: Three, twins: list[list[int]], maps: list[BarMap], times: TimeMap, contents: Contents, ask: Ask
    ) -> None:
        self.songs = songs
        self.twins = twins
        self.maps = maps
        self.times = times
        self.contents = contents
        self.ask = ask
        self.left_out: list[list[Range]] = [[], []]  # per side: stretches of the base whose edits are left out
        self.uncut: list[Range] = []
        self.asked: set[str] = set()
        self.touched = [
            [] if side is songs[0] else touched(songs[0], side, twin, found.spans, contents)
            for side, twin, found in zip(songs[1:], twins, maps)
        ]

    def run(self) -> Laid | None:
        for side in (0, 1):
            self._unsure(side)
        if all(found.is_identity for found in self.maps):
            return None
        for side in (0, 1):
            self._cut(side)
        pieces, collisions = combine(*self.maps)
        if collisions:
            pieces = self._collided(pieces, collisions)
        for stretch in self.uncut:
            pieces = kept(pieces, stretch, [_place_of(found.spans, stretch.start) for found in self.maps])
        pieces = _divided(pieces, [edge for side in self.left_out for stretch in side for edge in stretch])
        laid = self._songs(pieces)
        words = [f"{name}: {map_words(found, self.times)}" for name, found in zip(NAMES, self.maps)
                 if not found.is_identity]  # fmt: skip
        model = next(song for song, found in zip(laid[1:], self.maps) if not found.is_identity)
        return Laid(laid, time_map(model), words)

    # Questions ------------------------------------------------------------------------------------------------------

    def _unsure(self, side: int) -> None:
        """Ask where edits of the other side belong when that cannot be told from this side's bars."""
        found, other = self.maps[side], 1 - side
        if found.is_identity:
            return
        bars = [self._bar(tick) for tick in self.touched[other]]
        doubtful = [bar for bar in bars if found.doubt and _place_of(found.spans, bar.start) != bar.start]
        doubtful += [bar for bar in bars if any(bar.start < r.stop and r.start < bar.stop for r in found.unsure)]
        doubtful += [self._bar(tick) for tick in self.touched[other] if any(_covers(gap, tick) for gap in found.gaps)]
        borders = [] if found is IDENTITY else _borders(self.maps[other].spans)
        doubtful += [self._bar(tick) for tick in borders
                     if found.doubt or any(r.start < tick < r.stop for r in (*found.unsure, *found.gaps))]  # fmt: skip
        if not doubtful:
            return
        doubtful = sorted(set(doubtful))
        why = found.doubt or "some bars are alike"
        said = f"{map_words(found, self.times)}? ({why})"
        edited = f"edited {bars_words(doubtful, self.times)}"
        chosen = self._ask("bar_map", doubtful, "", *((said, edited) if side == 0 else (edited, said)))
        if chosen == NAMES[other]:
            self.maps[side] = IDENTITY
        elif chosen == "base" or (chosen is None and other == 1):
            self.left_out[other] += doubtful

    def _cut(self, side: int) -> None:
        """Ask what becomes of bars that this side cut and the other one edited."""
        other = 1 - side
        gone = [
            cut for cut in cuts(self.maps[side].spans) if any(cut.start <= t < cut.stop for t in self.touched[other])
        ]
        gone = [cut for cut in gone if not any(_covers(out, cut.start) for out in self.left_out[other])]
        if not gone:
            return
        words = [cut_words(gone, self.times), "edited there"]
        chosen = self._ask("bar_cut_edit", gone, bars_words(gone, self.times), *(words if side == 0 else words[::-1]))
        if (chosen or "ours") != NAMES[side]:
            self.uncut += gone
        if chosen == "base":
            self.left_out[other] += gone

    def _collided(self, pieces: list[Piece], collisions: list[Collision]) -> list[Piece]:
        """Ask whose bars it shall be where both sides rearranged one place."""
        where = [self._bar(collision.tick) for collision in collisions]
        said = [map_words(found, self.times) for found in self.maps]
        chosen = self._ask("bar_collision", where, "", said[0], said[1])
        if chosen == "theirs":
            return alone(self.maps[1].spans, self.maps[0].spans, swapped=True)
        if chosen == "base":
            return unmoved(self.maps[0].spans, self.maps[1].spans)
        return pieces

    def _ask(self, kind: str, where: Sequence[Range], base: str, ours: str, theirs: str) -> str | None:
        bars = numbers(where, self.times)
        address = f"bars:{spelled(bars)}"
        if address in self.asked:  # a second question about these bars
            address += f":{kind}" if f"{address}:{kind}" not in self.asked else f":{kind}:theirs"
        self.asked.add(address)
        return self.ask(Clash(address, kind, "track_structure", base, ours, theirs, where[0].start))

    def _bar(self, tick: int) -> Range:
        number = self.times.position(tick)[0]
        return Range(self.times.tick(number), self.times.tick(number + 1))

    # The line ---------------------------------------------------------------------------------------------------------

    def _songs(self, pieces: list[Piece]) -> Three:
        base = self.songs[0]
        everything = range(len(pieces))
        out: list[Song] = []
        for side, (song, twin) in enumerate(zip(self.songs[1:], self.twins)):
            filled = {
                n for n, piece in enumerate(pieces)
                if piece.base >= 0 and (piece[side + 1] < 0 or any(_covers(r, piece.base) for r in self.left_out[side]))
            }  # fmt: skip
            own, rest = Places(pieces, side + 1, set(everything) - filled), Places(pieces, 0, filled)
            line = Line(own, rest, 0, edges(pieces, side + 1), self.times.beat // NEAR)
            out.append(rewrite(song, base, _reverse(twin, len(song.tracks)), line, self.contents))
        line = Line(Places(pieces, 0, everything), Places(pieces, 0, ()), 0)
        laid = rewrite(base, base, range(len(base.tracks)), line, self.contents)
        return _shared(laid, out, self.twins), out[0], out[1]


def _covers(stretch: Range, tick: int) -> bool:
    return stretch.start <= tick < stretch.stop


def _place_of(spans: Iterable[tuple[int, int]], tick: int) -> int:
    """Where a tick of the base is in a version, -1 where it is not."""
    at = 0
    for source, length in spans:
        if source != NEW and source <= tick < source + length:
            return at + tick - source
        at += length
    return -1


def _borders(spans: Sequence[tuple[int, int]]) -> list[int]:
    """Ticks of the base at which a version's bars were rearranged."""
    edges = {edge for source, length in spans if source != NEW for edge in (source, source + length)}
    return sorted(edge for edge in edges if 0 < edge < ENDLESS) if len(spans) > 1 else []


def _divided(pieces: list[Piece], edges: list[int]) -> list[Piece]:
    """The same line with pieces that end at these ticks of the base."""
    out = []
    for piece in pieces:
        inside = sorted({e for e in edges if piece.base >= 0 and piece.base < e < piece.base + piece.length})
        before = 0
        for stop in [*(edge - piece.base for edge in inside), piece.length]:
            own = [at + before if at >= 0 else at for at in piece[:3]]
            out.append(Piece(own[0], own[1], own[2], stop - before))
            before = stop
    return out


def _reverse(twins: Sequence[int], count: int) -> list[int]:
    out = [-1] * count
    for index, other in enumerate(twins):
        if other >= 0:
            out[other] = index
    return out


def _shared(base: Song, sides: Sequence[Song], twins: Sequence[Sequence[int]]) -> Song:
    """The base with the very tracks of a side where they say the same: nobody edited those."""
    tracks = iter(range(len(base.tracks)))
    chunks: list[Track | bytes] = []
    others = [side.tracks for side in sides]
    for chunk in base.chunks:
        if isinstance(chunk, Track):
            index = next(tracks)
            for its, twin in zip(others, twins):
                other = its[twin[index]] if twin[index] >= 0 else None
                if other is not None and _says(other) == _says(chunk):
                    chunk = other
                    break
        chunks.append(chunk)
    return Song(base.header, chunks, base.tail, base.wrapper)


def _says(track: Track) -> tuple[int, list[int], list[bytes], bytes]:
    return track.end_tick, track.ticks, track.bodies, track.raw[track.tail :]
