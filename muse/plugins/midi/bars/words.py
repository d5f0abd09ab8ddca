"""Bars in words: `2 bars inserted at bar 9`, `bars 17-20 cut`."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from muse.plugins.midi.bars.timeline import ENDLESS, NEW, BarMap, Range, cuts
from muse.plugins.midi.file.bars import TimeMap
from muse.plugins.midi.file.spelling import length_words


def numbers(ranges: Iterable[Range], times: TimeMap) -> list[tuple[int, int]]:
    """First and last bar of each stretch, in order, neighbours joined."""
    out: list[tuple[int, int]] = []
    for start, stop in sorted(ranges):
        first = times.position(start)[0]
        last = max(first, times.position(min(stop, ENDLESS) - 1)[0])
        if out and first <= out[-1][1] + 1:
            out[-1] = (out[-1][0], max(last, out[-1][1]))
        else:
            out.append((first, last))
    return out


def spelled(bars: Iterable[tuple[int, int]]) -> str:
    """`9`, `9-12`, `9-12,20`."""
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in bars)


def bars_words(ranges: Iterable[Range], times: TimeMap) -> str:
    """`bar 9`, `bars 9-12,20`."""
    found = numbers(ranges, times)
    several = len(found) > 1 or any(first != last for first, last in found)
    return ("bars " if several else "bar ") + spelled(found)


def map_words(bars: BarMap, times: TimeMap) -> str:
    """What a version did to the bars, counted as in the base; "" for nothing."""
    words: list[str] = []
    moved = moved_ranges(bars)
    gone = [cut for cut in cuts(bars.spans) if cut.stop < ENDLESS]
    at = before = 0
    for source, length in bars.spans:
        if source == NEW:
            what = next((copy for copy, where in bars.copied if where == at), None)
            if what is not None:
                words.append(f"{bars_words([what], times)} repeated at {_place(before, times)}")
            else:
                words.append(f"{_amount(before, length, times)} inserted at {_place(before, times)}")
        else:
            if Range(source, source + length) in moved:
                words.append(f"{bars_words([Range(source, source + length)], times)} moved to {_place(before, times)}")
            else:
                before = source + length
        at += length
    words += [cut_words([cut], times) for cut in gone]
    return ", ".join(words)


def cut_words(ranges: Iterable[Range], times: TimeMap) -> str:
    """`bars 9-12,20 cut`; `8 beats cut from bar 9 beat 3` for what does not begin at a bar line."""
    whole, parts = [], []
    for each in ranges:
        if "beat" not in _place(each.start, times):
            whole.append(each)
        else:
            parts.append(f"{_amount(each.start, each.stop - each.start, times)} cut from {_place(each.start, times)}")
    return ", ".join(([f"{bars_words(whole, times)} cut"] if whole else []) + parts)


def _place(tick: int, times: TimeMap) -> str:
    """`bar 9`, `bar 9 beat 3`; what is between beats counts for the beat."""
    bar, beat, _ = times.position(tick)
    return f"bar {bar}" if tick == times.tick(bar) else f"bar {bar} beat {beat}"


def moved_ranges(bars: BarMap) -> set[Range]:
    """Stretches that stand out of the base's order: those that are shorter than what they jumped over."""
    sources = [span for span in bars.spans if span.source != NEW]
    out: set[Range] = set()
    while True:
        left = [span for span in sources if Range(span.source, span.source + span.length) not in out]
        wrong = [pair for pair in pairwise(left) if pair[0].source > pair[1].source]
        if not wrong:
            return out
        span = min(wrong[0], key=lambda each: each.length)
        out.add(Range(span.source, span.source + span.length))


def _amount(tick: int, length: int, times: TimeMap) -> str:
    bar = times.bar_length(tick)
    if length % bar == 0:
        return "1 bar" if length == bar else f"{length // bar} bars"
    beats = length * 4 // (times.beat * 4) if length % times.beat == 0 else 0
    if beats:
        return "1 beat" if beats == 1 else f"{beats} beats"
    return length_words(length, times.beat)
