"""Changes of a track in a musician's words: `bars 17-20: transposed +12 (14 notes), 3 notes added`.

Changes of one kind in neighbouring bars are one phrase; phrases about the same bars share them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from muse.core.types import plural
from muse.plugins.midi.file.bars import TimeMap
from muse.plugins.midi.file.dimensions import BY_NAME, lane_dimension
from muse.plugins.midi.file.model import CHANNEL, LENGTH, ONSET, PITCH, RELEASE, VELOCITY, Note, Slot
from muse.plugins.midi.file.spelling import length_words

_NAMES = {PITCH: "pitch", ONSET: "timing", LENGTH: "length", VELOCITY: "velocity", CHANNEL: "channel",
          RELEASE: "release"}  # fmt: skip
_NEIGHBOURS = 2  # bars: phrases of one kind nearer than this are one
_MOST_PHRASES = 6

Pair = tuple[Note, Note]
Phrase = tuple[int, int, str]
"""First and last bar, and what happened there."""


class Change:
    """What was edited in one track; places are those of the version that has them."""

    def __init__(self, times: TimeMap) -> None:
        self.times = times
        self.added: list[Note] = []
        self.removed: list[Note] = []
        self.changed: list[Pair] = []
        self.slots: dict[str, list[int]] = {}  # dimension -> ticks
        self.noise: set[str] = set()

    def slot(self, slot: Slot) -> None:
        """Note a slot whose value changed."""
        name = "name" if slot[0] == ("meta", 3) else lane_dimension(slot[0])
        self.slots.setdefault(name, []).append(slot[1])

    @property
    def edited(self) -> bool:
        """False when nothing but noise changed."""
        return bool(self.added or self.removed or self.changed or self.slots)


def track_summary(change: Change) -> str:
    """The phrases of a track, each led by its bars; "" when nothing was edited."""
    phrases = list(_changed(change))
    for notes, word in ((change.added, "added"), (change.removed, "removed")):
        for first, last, some in _runs(change.times, notes, lambda note: note[ONSET]):
            phrases.append((first, last, f"{plural(len(some), 'note')} {word}"))
    for name in sorted(change.slots):
        words = (name in BY_NAME and BY_NAME[name].phrase) or name.removeprefix("cc_").replace("_", " ")
        for first, last, some in _runs(change.times, change.slots[name], lambda tick: tick):
            phrases.append((first, last, plural(len(some), f"{words} change")))
    return _told(phrases)


def _told(phrases: list[Phrase]) -> str:
    if len(phrases) > _MOST_PHRASES:  # by kind, over all their bars
        phrases = _by_kind(phrases)
    by_bars: dict[tuple[int, int], list[str]] = {}
    for first, last, words in phrases:
        by_bars.setdefault((first, last), []).append(words)
    return "; ".join(f"{bars_words(*bars)}: {', '.join(by_bars[bars])}" for bars in sorted(by_bars))


def _by_kind(phrases: list[Phrase]) -> list[Phrase]:
    kinds: dict[str, list[Phrase]] = {}
    for phrase in phrases:
        kinds.setdefault(" ".join(word for word in phrase[2].split() if not word.strip("(").isdigit()), []).append(
            phrase
        )
    out = []
    for found in kinds.values():
        words = found[0][2] if len(found) == 1 else f"{found[0][2]} and {len(found) - 1} more like it"
        out.append((min(f[0] for f in found), max(f[1] for f in found), words))
    return out


def bars_words(first: int, last: int) -> str:
    """`bar 5`, `bars 5-8`."""
    return f"bar {first}" if first == last else f"bars {first}-{last}"


def _runs(times: TimeMap, items: Sequence, tick_of) -> Iterable[tuple[int, int, list]]:  # type: ignore[type-arg,no-untyped-def]
    """Items in neighbouring bars, together: first bar, last bar, items."""
    run: list = []  # type: ignore[type-arg]
    first = last = 0
    for item in sorted(items, key=tick_of):
        bar = times.position(tick_of(item))[0]
        if run and bar > last + _NEIGHBOURS:
            yield first, last, run
            run = []
        first = first if run else bar
        last = bar
        run.append(item)
    if run:
        yield first, last, run


def _changed(change: Change) -> Iterable[Phrase]:
    """Changed notes, by what all of a run have in common."""
    kinds: dict[tuple[int, ...], list[Pair]] = {}
    for old, new in change.changed:
        kinds.setdefault(tuple(at for at in range(6) if old[at] != new[at]), []).append((old, new))
    for fields, pairs in sorted(kinds.items()):
        for first, last, some in _runs(change.times, pairs, lambda pair: pair[0][ONSET]):
            yield first, last, _kind_words(fields, some, change.times)


def _kind_words(fields: tuple[int, ...], pairs: list[Pair], times: TimeMap) -> str:
    count = f"({plural(len(pairs), 'note')})"
    steps = [[new[at] - old[at] for old, new in pairs] for at in fields]
    if fields == (VELOCITY,):
        return f"velocity {_span(steps[0])} {count}"
    if len(fields) == 1 and len(set(steps[0])) == 1:
        step = steps[0][0]
        if fields == (PITCH,):
            return f"transposed {step:+d} {count}"
        if fields == (ONSET,):
            return f"{length_words(abs(step), times.beat)} {'later' if step > 0 else 'earlier'} {count}"
        if fields == (LENGTH,):
            return f"{'longer' if step > 0 else 'shorter'} by {length_words(abs(step), times.beat)} {count}"
        if fields == (CHANNEL,):
            return f"channel {pairs[0][1][0] + 1} {count}"
    return f"{', '.join(_NAMES[at] for at in sorted(fields))} changed {count}"


def _span(steps: list[int]) -> str:
    low, high = min(steps), max(steps)
    return f"{low:+d}" if low == high else f"{low:+d}..{high:+d}"


def file_summary(parts: list[str], noise: str) -> str:
    """The line for the whole file, noise last."""
    told = parts[:8] + ([f"{len(parts) - 8} more"] if len(parts) > 8 else []) + ([noise] if noise else [])
    return "; ".join(told)
