"""What tells which bar of a version is which bar of its base: the notes of all voices, weighed by how rare they are.

A voice is a channel of a track that both versions have, or its other events. Notes are tokens (pitch, place in
sixteenths), read with the transposition of the voice, so that a transposed or quantised voice speaks for its bars.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Sequence
from math import isqrt, log
from typing import NamedTuple
from zlib import crc32

from muse.plugins.midi.file.bars import TimeMap
from muse.plugins.midi.file.codec import Track

_RARE = 4  # a fingerprint found more often in a version tells nothing
_MOST_SHIFTS = 16
_MOST_STEPS = 600_000  # of looking for the best chain
_SNAPPED = 0.7  # what a token is worth whose time or velocity is not exactly as it was

On = tuple[int, int, int]
"""(tick, pitch, velocity) of a note's beginning; of another event its tick, a number for its content, and 0."""

Grids = tuple[TimeMap, TimeMap]
"""The bars as the base counts them, and as the side does."""

POINTS = 16  # the voice of a track's events that are no notes


class Voice:
    """One channel, or the points, of a track in two versions: base events by bar, and the side's to look up."""

    __slots__ = ("bars", "base", "exact", "near", "points", "side", "step", "ticks", "weights", "whole", "worth")

    def __init__(self, base: list[On], side: list[On], points: bool) -> None:
        self.base, self.side, self.points = base, side, points
        self.step = 0
        self.bars: dict[int, list[On]] = {}
        self.weights: dict[int, list[float]] = {}
        self.whole: dict[int, float] = {}
        self.worth: dict[int, float] = {}
        self.exact = set(side)
        self.near: set[tuple[int, int]] = set()
        self.ticks = sorted(on[0] for on in side)


class Bar(NamedTuple):
    """A bar of the base with notes in it: its number, and its ticks."""

    number: int
    start: int
    stop: int


class Evidence:
    """The voices of two versions, the base's bars that hold notes, and by how many ticks bars may have moved."""

    def __init__(self, pairs: Sequence[tuple[Track, Track]], times: TimeMap) -> None:
        self.unit = max(1, times.beat // 4)
        self.voices = [voice for base, side in pairs for voice in _voices(base, side)]
        numbers: set[int] = set()
        for voice in self.voices:
            voice.bars = {times.position(start)[0]: ons for start, ons in by_bar(voice.base, times).items()}
            numbers.update(voice.bars)
        self.bars = [_bar(number, times) for number in sorted(numbers)]
        self.longer = 0  # by so many ticks the side's last note begins later
        self.shifts = self._shifts()
        self.contents: dict[int, frozenset[tuple[int, int, int]]] = {}
        self.sounding: defaultdict[int, list[Voice]] = defaultdict(list)
        for voice in self.voices:
            self._prepare(voice)

    def _shifts(self) -> list[int]:
        votes: defaultdict[int, float] = defaultdict(float)
        for voice in self.voices:
            found = _shared_fingerprints(voice, self.unit)
            steps: defaultdict[int, float] = defaultdict(float)
            for shift, step, weight in found:
                votes[shift] += weight
                steps[step] += weight
            if steps and not voice.points:
                step, most = max(steps.items(), key=lambda entry: (entry[1], -abs(entry[0])))
                voice.step = step if 2 * most > sum(steps.values()) else 0
        ends = [max((on[0] for voice in self.voices for on in (voice.side if new else voice.base)), default=0)
                for new in (False, True)]  # fmt: skip
        self.longer = ends[1] - ends[0]
        total = sum(votes.values())
        ranked = sorted(votes, key=lambda shift: (-votes[shift], abs(shift), shift))[: self._most()]
        best = [shift for shift in ranked if votes[shift] >= 1 and 100 * votes[shift] >= total]
        return list(dict.fromkeys([0, *best, self.longer]))

    def _most(self) -> int:
        """How many shifts can be tried: their square times the bars is bounded."""
        return max(2, min(_MOST_SHIFTS, isqrt(_MOST_STEPS // (len(self.bars) + 1))))

    def _prepare(self, voice: Voice) -> None:
        unit = self.unit
        voice.near = {(pitch - voice.step, (tick + unit // 2) // unit) for tick, pitch, _ in voice.side}
        starts = {bar.number: bar.start for bar in self.bars}
        often: Counter[tuple[int, int]] = Counter()
        tokens = {}
        for number, ons in voice.bars.items():
            start = starts[number]
            tokens[number] = [(pitch, (tick - start + unit // 2) // unit) for tick, pitch, _ in ons]
            often.update(set(tokens[number]))
        count = len(voice.bars) + 1
        for number, found in tokens.items():
            weights = voice.weights[number] = [log(count / often[token]) + 0.1 for token in found]
            voice.whole[number] = sum(weights)
            voice.worth[number] = voice.whole[number] / len(weights) * min(1.0, 0.4 + 0.2 * len(weights))
            self.sounding[number].append(voice)

    def worth(self, voice: Voice, number: int) -> float:
        """What a bar of a voice has to say: how rare its notes are, and whether there are some."""
        return voice.worth.get(number, 0.0)

    def share(self, voice: Voice, number: int, shift: int) -> float:
        """Which share of a bar of a voice, by weight, the side has `shift` ticks later."""
        ons, weights = voice.bars[number], voice.weights[number]
        unit, near, exact = self.unit, voice.near, voice.exact
        late = shift + unit // 2
        found = 0.0
        for (tick, pitch, velocity), weight in zip(ons, weights):
            if (tick + shift, pitch, velocity) in exact:
                found += weight
            elif (pitch, (tick + late) // unit) in near:
                found += weight * _SNAPPED
        if not found:
            return found
        there = bisect_left(voice.ticks, ons[-1][0] + shift + 1) - bisect_left(voice.ticks, ons[0][0] + shift)
        return found / voice.whole[number] * (1 if there <= len(ons) else 0.5 + 0.5 * len(ons) / there)

    def score(self, number: int, shift: int) -> float:
        """How well the side has a bar of the base `shift` ticks later, over all voices."""
        return sum(voice.worth[number] * self.share(voice, number, shift) for voice in self.sounding[number])

    def content(self, at: int) -> frozenset[tuple[int, int, int]]:
        """What a bar of the base holds, wherever it stands."""
        known = self.contents.get(at)
        if known is None:
            bar = self.bars[at]
            known = self.contents[at] = frozenset(
                (index, pitch, (tick - bar.start) // self.unit)
                for index, voice in enumerate(self.voices)
                for tick, pitch, _ in voice.bars.get(bar.number, ())
            )
        return known

    def shifts_of_lost_bars(self, found: dict[int, int], grids: Grids) -> list[int]:
        """Shifts that bring base bars without a place to bars of the side nobody claims; `found`: place -> shift.

        In music that repeats itself no fingerprint is rare; whole bars that are equal tell where to look.
        """
        lost, free = self.lost_and_free(found, grids)
        votes: Counter[int] = Counter()
        for at in lost:
            votes.update(start - self.bars[at].start for start in free.get(self.content(at), ())[:_MOST_SHIFTS])
        ranked = sorted(votes, key=lambda shift: (-votes[shift], abs(shift), shift))
        return [shift for shift in ranked if shift not in self.shifts][
            : max(0, self._most() + 2 * _RARE - len(self.shifts))
        ]

    def lost_and_free(self, found: dict[int, int], grids: Grids) -> tuple[list[int], dict[object, list[int]]]:
        """Base bars that are not where `found` has them, and what the side's bars hold that nobody claims: their
        starts."""
        there = self._side_bars(grids)
        lost = []
        for at, bar in enumerate(self.bars):
            if at in found and there.get(bar.start + found[at]) == self.content(at):
                del there[bar.start + found[at]]
            else:
                lost.append(at)
        free: dict[object, list[int]] = {}
        for start, content in there.items():
            free.setdefault(content, []).append(start)
        return lost, free

    def _side_bars(self, grids: Grids) -> dict[int, frozenset[tuple[int, int, int]]]:
        """What the side's bars hold, by their start: bars as the base counts them, and as the side does."""
        found: dict[int, list[tuple[int, int, int]]] = {}
        unit = self.unit
        for grid in grids[: 1 if grids[0].same_bars(grids[1]) else 2]:
            fresh: dict[int, list[tuple[int, int, int]]] = {}
            for index, voice in enumerate(self.voices):
                step = voice.step
                for start, ons in by_bar(voice.side, grid).items():
                    if start not in found:
                        fresh.setdefault(start, []).extend(
                            [(index, pitch - step, (tick - start) // unit) for tick, pitch, _ in ons]
                        )
            found.update(fresh)
        return {start: frozenset(tokens) for start, tokens in found.items()}


def by_bar(ons: list[On], times: TimeMap) -> dict[int, list[On]]:
    """Beginnings of notes by the tick at which their bar begins."""
    found: dict[int, list[On]] = {}
    start = stop = 0
    here: list[On] = []
    for on in ons:
        if not start <= on[0] < stop:
            number = times.position(on[0])[0]
            start, stop = times.tick(number), times.tick(number + 1)
            here = found.setdefault(start, [])
        here.append(on)
    return found


def _bar(number: int, times: TimeMap) -> Bar:
    return Bar(number, times.tick(number), times.tick(number + 1))


def begun(track: Track) -> dict[int, list[On]]:
    """Channel -> beginnings of notes, in order; POINTS -> the other events but those at tick 0, told by content."""
    found: dict[int, list[On]] = defaultdict(list)
    for tick, body in zip(track.ticks, track.bodies):
        if body[0] >= 0xA0:
            if tick:
                found[POINTS].append((tick, crc32(body), 0))
        elif body[0] >= 0x90 and body[2]:
            found[body[0] & 15].append((tick, body[1], body[2]))
    return found


def _voices(base: Track, side: Track) -> list[Voice]:
    old, new = begun(base), begun(side)
    channels, others = sorted(old.keys() - {POINTS}), sorted(new.keys() - {POINTS})
    if len(channels) == len(others) == 1:
        new[channels[0]] = new.pop(others[0])  # also when it is on another channel now
    return [Voice(old[channel], new[channel], channel == POINTS) for channel in sorted(old.keys() & new.keys())]


def _shared_fingerprints(voice: Voice, unit: int) -> list[tuple[int, int, float]]:
    """(ticks later, steps higher, weight) of what a voice plays in both versions, wherever and however high."""
    old, new = _fingerprints(voice.base, unit), _fingerprints(voice.side, unit)
    out = []
    for key, here in old.items():
        there = new.get(key)
        if there and len(here) <= _RARE and len(there) <= _RARE:
            weight = 1 / (len(here) * len(there))
            out += [(two[0] - one[0], two[1] - one[1], weight) for one in here for two in there]
    return out


def _fingerprints(ons: list[On], unit: int) -> dict[tuple[int, ...], list[On]]:
    found: dict[tuple[int, ...], list[On]] = {}
    ons = sorted(ons)
    half = unit // 2
    for one, two, three, four in zip(ons, ons[1:], ons[2:], ons[3:]):
        late, high = one[0] - half, one[1]
        key = (
            two[1] - high, (two[0] - late) // unit, three[1] - high, (three[0] - late) // unit,
            four[1] - high, (four[0] - late) // unit,
        )  # fmt: skip
        found.setdefault(key, []).append(one)
    return found
