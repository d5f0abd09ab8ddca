"""What tells which bar of a version is which bar of its base: the notes of all voices, weighed by how rare they are.

A voice is a channel of a track that both versions have. Its notes are tokens (pitch, place in sixteenths), read with
the voice's own transposition, so that a transposed or quantised voice still speaks for its bars.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from math import log
from typing import NamedTuple

from muse.plugins.midi.file.bars import TimeMap
from muse.plugins.midi.file.codec import Track

_FINGER = 4  # notes of a fingerprint
_RARE = 4  # a fingerprint found more often in a version tells nothing
_MOST_SHIFTS = 16
_SNAPPED = 0.7  # what a token is worth whose time or velocity is not exactly as it was

On = tuple[int, int, int]
"""(tick, pitch, velocity) of a note's beginning."""


class Voice:
    """One channel of a track in two versions: base notes by bar, and the side's notes to look them up in."""

    __slots__ = ("bars", "base", "exact", "near", "side", "step", "weights")

    def __init__(self, base: list[On], side: list[On]) -> None:
        self.base, self.side = base, side
        self.step = 0
        self.bars: dict[int, list[On]] = {}
        self.weights: dict[int, list[float]] = {}
        self.exact = set(side)
        self.near: set[tuple[int, int]] = set()


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
            for on in voice.base:
                number = times.position(on[0])[0]
                voice.bars.setdefault(number, []).append(on)
            numbers.update(voice.bars)
        self.bars = [_bar(number, times) for number in sorted(numbers)]
        self.shifts = self._shifts()
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
            if steps:
                step, most = max(steps.items(), key=lambda entry: (entry[1], -abs(entry[0])))
                voice.step = step if 2 * most > sum(steps.values()) else 0
        ends = [max((on[0] for voice in self.voices for on in side), default=0)
                for side in ([on for voice in self.voices for on in voice.base],
                             [on for voice in self.voices for on in voice.side])]  # fmt: skip
        total = sum(votes.values())
        ranked = sorted(votes, key=lambda shift: (-votes[shift], abs(shift), shift))[:_MOST_SHIFTS]
        best = [shift for shift in ranked if votes[shift] >= 1 and 100 * votes[shift] >= total]
        return list(dict.fromkeys([0, *best, ends[1] - ends[0]]))

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
            voice.weights[number] = [log(count / often[token]) + 0.1 for token in found]

    def worth(self, voice: Voice, number: int) -> float:
        """What a bar of a voice has to say: how rare its notes are, and whether there are some."""
        weights = voice.weights.get(number)
        if not weights:
            return 0.0
        return sum(weights) / len(weights) * min(1.0, 0.4 + 0.2 * len(weights))

    def share(self, voice: Voice, number: int, shift: int) -> float:
        """Which share of a bar of a voice, by weight, the side has `shift` ticks later."""
        ons, weights = voice.bars[number], voice.weights[number]
        unit, near, exact = self.unit, voice.near, voice.exact
        found = 0.0
        for (tick, pitch, velocity), weight in zip(ons, weights):
            if (tick + shift, pitch, velocity) in exact:
                found += weight
            elif (pitch, (tick + shift + unit // 2) // unit) in near:
                found += weight * _SNAPPED
        return found / sum(weights)

    def score(self, number: int, shift: int) -> float:
        """How well the side has a bar of the base `shift` ticks later, over all voices."""
        return sum(
            self.worth(voice, number) * self.share(voice, number, shift)
            for voice in self.voices if number in voice.bars
        )  # fmt: skip


def _bar(number: int, times: TimeMap) -> Bar:
    return Bar(number, times.tick(number), times.tick(number + 1))


def note_ons(track: Track) -> dict[int, list[On]]:
    """Channel -> beginnings of notes, in order."""
    found: dict[int, list[On]] = defaultdict(list)
    for tick, body in zip(track.ticks, track.bodies):
        if 0x90 <= body[0] < 0xA0 and body[2]:
            found[body[0] & 15].append((tick, body[1], body[2]))
    return found


def _voices(base: Track, side: Track) -> list[Voice]:
    old, new = note_ons(base), note_ons(side)
    if len(old) == len(new) == 1:
        return [Voice(next(iter(old.values())), next(iter(new.values())))]
    return [Voice(old[channel], new[channel]) for channel in sorted(old.keys() & new.keys())]


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
    for at in range(len(ons) - _FINGER + 1):
        first = ons[at]
        key: list[int] = []
        for tick, pitch, _ in ons[at + 1 : at + _FINGER]:
            key += (pitch - first[1], (tick - first[0] + half) // unit)
        found.setdefault(tuple(key), []).append(first)
    return found
