"""The best chain: for each bar of the base by how many ticks it moved, in the base's order, and how sure that is."""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from muse.plugins.midi.bars.evidence import Bar

GAP = 1.0  # what a change of the shift costs, in the worth of one voice's bar
SMALL_GAP = 0.3  # and what it costs at least: what a chain with this price says otherwise is not sure

Scores = list[list[float]]
"""Per bar and shift how well the side has it there."""


class Link(NamedTuple):
    """A bar of the chain: its place among the bars, its shift, and how much worse the best other shift for it is."""

    at: int
    shift: int
    margin: float


def best_chain(bars: list[Bar], shifts: list[int], scores: Scores, gap: float = GAP) -> list[Link]:
    """The bars that are in the side, each with its shift; `gap` is the price of a change of the shift."""
    forward, came = _pass(bars, shifts, scores, gap)
    mirrored = [Bar(bar.number, -bar.stop, -bar.start) for bar in reversed(bars)]
    backward, _ = _pass(mirrored, [-shift for shift in shifts], scores[::-1], gap, ended=True)
    backward.reverse()
    last = max(((forward[i][s], -i, -s) for i in range(len(bars)) for s in range(len(shifts))), default=(0.0, 0, 0))
    if last[0] <= 0:
        return []
    at, which = -last[1], -last[2]
    chain = []
    while at >= 0:
        through = [one + two - own for one, two, own in zip(forward[at], backward[at], scores[at])]
        others = [value for s, value in enumerate(through) if s != which]
        if scores[at][which] > 0:
            chain.append(Link(at, shifts[which], through[which] - max(others, default=0.0)))
        at, which = came[at][which]
    return chain[::-1]


_Back = list[list[tuple[int, int]]]


def _pass(
    bars: list[Bar], shifts: list[int], scores: Scores, gap: float, *, ended: bool = False
) -> tuple[Scores, _Back]:
    """Per bar and shift the best chain that ends there, and which bar and shift is before it.

    `ended`: read from the end, where a chain may begin with any shift at no cost.
    """
    ends = [bar.stop for bar in bars]
    total: Scores = []
    came: _Back = []
    best: list[list[tuple[float, int]]] = [[] for _ in shifts]  # per shift: best up to each bar, and where
    for at, bar in enumerate(bars):
        row, back = [], []
        for which, shift in enumerate(shifts):
            free = ended or shift == 0
            value, source = (0.0, (-1, -1)) if free else (-gap, (-1, -1))
            if not ended and bar.start + shift < 0:
                value = -1e9
            for other, before in enumerate(shifts):
                limit = at if before <= shift else bisect_right(ends, bar.start + shift - before, 0, at)
                if limit:
                    found, where = best[other][limit - 1]
                    found -= 0.0 if other == which else gap
                    if found > value:
                        value, source = found, (where, other)
            row.append(value + scores[at][which])
            back.append(source)
        total.append(row)
        came.append(back)
        for which, value in enumerate(row):
            known = best[which][-1] if best[which] else (-1e18, -1)
            best[which].append((value, at) if value >= known[0] else known)
    return total, came
