"""Changes of a track in a musician's words: `bars 17-20: transposed +12 (14 notes), 3 notes added`.

Changes of one kind in neighbouring bars are one phrase; phrases about the same bars share them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from muse.core.types import plural
from muse.plugins.midi.file.bars import TimeMap
from muse.plugins.midi.file.dimensions import BY_NAME, lane_dimension
from muse.plugins.midi.file.model import CHANNEL, LENGTH, ONSET, PITCH, RELEASE, VELOCITY, Note, Slot
from muse.plugins.midi.file.spelling import length_words

_NAMES = {PITCH: "pitch", ONSET: "timing", LENGTH: "length", VELOCITY: "velocity", CHANNEL: "channel",
          RELEASE: "release"}  # fmt: skip
_NEIGHBOURS = 2  # bars: phrases of one kind nearer than this are one
_ANYWHERE = 1 << 40
_MOST_PHRASES = 6
_PLAYED = {ONSET, LENGTH, VELOCITY, RELEASE}  # what differs from one performance to the next
_HUMANISED = (
    3  # so many kinds of changes of these are one: some notes happened to keep their place, some their velocity
)
_GRIDS = ((1, "1/4"), (2, "1/8"), (3, "1/8 triplet"), (4, "1/16"), (6, "1/16 triplet"), (8, "1/32"))
_MOST_TEXTS = 3  # lyrics, markers and the like that are told word by word
_LEAST = 4  # notes that are on a grid now and were not

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
        self.slots: dict[str, list[tuple[int, str]]] = {}  # dimension -> tick, and what is there now in words
        self.noise: set[str] = set()

    def slot(self, slot: Slot, words: str) -> None:
        """Note a slot whose value changed; `words` say what became of it."""
        name = "name" if slot[0] == ("meta", 3) else lane_dimension(slot[0])
        self.slots.setdefault(name, []).append((slot[1], words))

    def ends(self, old: int, new: int) -> bool:
        """True when a track ends elsewhere only because of what was edited at its end."""
        came = {note[ONSET] + note[LENGTH] for note in self.added + [pair[1] for pair in self.changed]}
        went = {note[ONSET] + note[LENGTH] for note in self.removed + [pair[0] for pair in self.changed]}
        points = {tick for rows in self.slots.values() for tick, _ in rows}
        return new in came | points or old in went | points

    def without(self, *names: str) -> Change:
        """The same but for slots of these dimensions."""
        out = Change(self.times)
        out.added, out.removed, out.changed = self.added, self.removed, self.changed
        out.slots = {name: rows for name, rows in self.slots.items() if name not in names}
        return out

    def only(self, *names: str) -> Change:
        """Nothing but slots of these dimensions."""
        out = Change(self.times)
        out.slots = {name: self.slots[name] for name in names if name in self.slots}
        return out

    @property
    def edited(self) -> bool:
        """False when nothing but noise changed."""
        return bool(self.added or self.removed or self.changed or self.slots)


def track_summary(change: Change) -> str:
    """The phrases of a track, each led by its bars; "" when nothing was edited."""
    phrases = list(_phrases(change, _NEIGHBOURS))
    if len(phrases) > _MOST_PHRASES:  # one for each kind, over all its bars
        phrases = list(_phrases(change, _ANYWHERE))
    by_bars: dict[tuple[int, int], list[str]] = {}
    for first, last, words in phrases:
        by_bars.setdefault((first, last), []).append(words)
    return "; ".join(f"{bars_words(*bars)}: {', '.join(by_bars[bars])}" for bars in sorted(by_bars))


def _phrases(change: Change, near: int) -> Iterator[Phrase]:
    """What was edited, with places of one kind that are so many bars from each other taken together."""
    yield from _changed(change, near)
    for notes, word in ((change.added, "added"), (change.removed, "removed")):
        for first, last, some in _runs(change.times, notes, lambda note: note[ONSET], near):
            yield first, last, f"{plural(len(some), 'note')} {word}"
    for name in sorted(change.slots):
        words = (name in BY_NAME and BY_NAME[name].phrase) or name.removeprefix("cc_").replace("_", " ")
        for first, last, some in _runs(change.times, change.slots[name], lambda row: row[0], near):
            told = len(some) <= (_MOST_TEXTS if words == "text" else 1)
            yield first, last, ", ".join(row[1] for row in some) if told else plural(len(some), f"{words} change")


def bars_words(first: int, last: int) -> str:
    """`bar 5`, `bars 5-8`."""
    return f"bar {first}" if first == last else f"bars {first}-{last}"


def _runs(times: TimeMap, items: Sequence, tick_of, near: int) -> Iterator[tuple[int, int, list]]:  # type: ignore[type-arg,no-untyped-def]
    """Items in neighbouring bars, together: first bar, last bar, items."""
    run: list = []  # type: ignore[type-arg]
    first = last = 0
    for item in sorted(items, key=tick_of):
        bar = times.position(tick_of(item))[0]
        if run and bar > last + near:
            yield first, last, run
            run = []
        first = first if run else bar
        last = bar
        run.append(item)
    if run:
        yield first, last, run


def _changed(change: Change, near: int) -> Iterator[Phrase]:
    """Changed notes, by what all of a run have in common."""
    kinds: dict[tuple[int, ...], list[Pair]] = {}
    for old, new in change.changed:
        kinds.setdefault(tuple(at for at in range(6) if old[at] != new[at]), []).append((old, new))
    played = [fields for fields in kinds if _PLAYED.issuperset(fields)]
    if len(played) >= _HUMANISED or (near == _ANYWHERE and len(played) > 1):
        together = tuple(sorted({at for fields in played for at in fields}))
        kinds[together] = [pair for fields in played for pair in kinds.pop(fields)]
    for fields, pairs in sorted(kinds.items()):
        for first, last, some in _runs(change.times, pairs, lambda pair: pair[0][ONSET], near):
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
    if ONSET in fields and {ONSET, LENGTH}.issuperset(fields):
        grid = _grid([pair[1][ONSET] for pair in pairs], [pair[0][ONSET] for pair in pairs], times.beat)
        if grid:
            return f"quantised to {grid} {count}"
    return f"{', '.join(_NAMES[at] for at in sorted(fields))} changed {count}"


def _grid(now: list[int], before: list[int], beat: int) -> str:
    """The coarsest grid all beginnings are on now, "" where that is none, or where many of them were on it before."""
    for parts, words in _GRIDS:
        step = beat // parts
        if step > 1 and beat % parts == 0 and not any(tick % step for tick in now):
            off = sum(tick % step > 0 for tick in before)
            return words if off >= max(_LEAST, len(now) // 2) else ""
    return ""


def _span(steps: list[int]) -> str:
    low, high = min(steps), max(steps)
    return f"{low:+d}" if low == high else f"{low:+d}..{high:+d}"


def file_summary(parts: list[str], noise: str) -> str:
    """The line for the whole file, noise last."""
    told = parts[:8] + ([f"{len(parts) - 8} more"] if len(parts) > 8 else []) + ([noise] if noise else [])
    return "; ".join(told)
