"""Two versions of a file as lines that can be compared: the older one as the newer one counts its bars.

Where bars were inserted, cut or moved, the lines behind them would all differ by their numbers alone. So each line of
the old version stands at the bar its music has in the new one, its tracks in the new order; what was cut keeps the
number it had. What happened to the bars is said by the summary.
"""

from __future__ import annotations

from muse.core.errors import FormatError
from muse.plugins.midi.bars.timeline import NEW
from muse.plugins.midi.file.bars import TimeMap, time_map
from muse.plugins.midi.file.codec import Song, parse
from muse.plugins.midi.show.carried import Carried
from muse.plugins.midi.show.diff import diff_songs
from muse.plugins.midi.show.listing import At, as_lines, at_words, listing, titles


def compared(old: bytes, new: bytes) -> tuple[str, str, str]:
    """The listings of two versions and what changed between them in one line; FormatError when one is no MIDI file."""
    one, two = (parse(data, lenient=True) for data in (old, new))
    if one.problems or two.problems or 2 in (one.format, two.format):
        return listing(old), listing(new), ""
    try:
        words = diff_songs(one, two)[1]
    except FormatError:
        words = ""
    return _as_counted_in(one, two), listing(new), words


def _as_counted_in(old: Song, new: Song) -> str:
    """The old version's listing as the new one has its bars and tracks."""
    carried = Carried(old, new)
    names = titles(new)
    there = {other: n for n, other in enumerate(carried.matched) if other >= 0}
    own = titles(old)
    order: list[tuple[int, str]] = []
    for n in range(len(old.tracks)):
        if carried.matched[n] < 0 and (not order or n == 0):
            order.append((n, own[n]))
    for other in range(len(new.tracks)):
        if other in there:
            order.append((there[other], names[other]))
            order += [(n, own[n]) for n in _lone_behind(there[other], carried.matched)]
    order += [(n, own[n]) for n in range(len(old.tracks)) if n not in {each[0] for each in order}]
    times = time_map(old)
    return as_lines(old, order, None if carried.is_same else _places(carried, times, time_map(new)))


def _lone_behind(number: int, matched: list[int]) -> list[int]:
    """Tracks that only the old version has, right behind one that both have."""
    found = []
    for n in range(number + 1, len(matched)):
        if matched[n] >= 0:
            break
        found.append(n)
    return found


def _places(carried: Carried, times: TimeMap, now: TimeMap) -> At:
    """Where an event of the old version stands among the new one's, and the words for it."""

    def at(tick: int) -> tuple[float, str]:
        there = carried.tick(tick)
        if there is not None:
            return there, at_words(now, there)
        place = reached = 0
        for source, length in carried.bars.spans:
            if source != NEW and source + length <= tick:
                reached = place + length
            place += length
        return reached - 0.5, at_words(times, tick)

    return at
