"""Changes of a track in a musician's words: `bars 17-20: transposed +12 (14 notes), 3 notes added`."""

from __future__ import annotations

from muse.core.types import plural
from muse.plugins.midi.file.address import slot_dimension
from muse.plugins.midi.file.bars import TimeMap
from muse.plugins.midi.file.model import LENGTH, ONSET, PITCH, VELOCITY, Note, Slot

_WORDS = {
    "tempo_map": "tempo", "time_signatures": "time signature", "key_signatures": "key signature", "markers": "text",
    "track_structure": "set-up", "program_change": "program", "notes": "unpaired note event",
}  # fmt: skip


class Change:
    """What changed in one track."""

    def __init__(self, times: TimeMap) -> None:
        self.times = times
        self.added: list[Note] = []
        self.removed: list[Note] = []
        self.changed: list[tuple[Note, Note]] = []
        self.slots: dict[str, list[int]] = {}  # dimension -> ticks
        self.end = False

    def slot(self, slot: Slot, was: object, now: object) -> None:
        """Note a slot whose value changed."""
        self.slots.setdefault(slot_dimension(slot), []).append(slot[1])


def track_summary(change: Change) -> str:
    """One phrase for a track, led by its bars where notes changed."""
    parts = _changed_words(change)
    parts += [f"{plural(len(notes), 'note')} {word}"
              for notes, word in ((change.added, "added"), (change.removed, "removed")) if notes]  # fmt: skip
    for name in sorted(change.slots):
        count = len(change.slots[name])
        words = _WORDS.get(name, name.removeprefix("cc_").replace("_", " "))
        parts.append(f"{plural(count, f'{words} change')}")
    if not parts:
        return "end of track moved" if change.end else "written differently, nothing changed"
    ticks = [note[ONSET] for note in change.added + change.removed] + [old[ONSET] for old, _ in change.changed]
    ticks += [tick for each in change.slots.values() for tick in each]
    return f"{_bars(change.times, ticks)}: {', '.join(parts)}"


def _bars(times: TimeMap, ticks: list[int]) -> str:
    first, last = times.position(min(ticks))[0], times.position(max(ticks))[0]
    return f"bar {first}" if first == last else f"bars {first}-{last}"


def _changed_words(change: Change) -> list[str]:
    """Changed notes, by what all of them have in common."""
    pairs = change.changed
    if not pairs:
        return []
    count = f"({plural(len(pairs), 'note')})"
    fields = {at for old, new in pairs for at in range(6) if old[at] != new[at]}
    steps = {tuple(new[at] - old[at] for at in (PITCH, ONSET, LENGTH)) for old, new in pairs}
    if len(steps) == 1:
        pitch, onset, length = next(iter(steps))
        if fields == {PITCH}:
            return [f"transposed {pitch:+d} {count}"]
        if fields == {ONSET}:
            return [f"shifted {onset:+d} ticks {count}"]
        if fields == {LENGTH}:
            return [f"{'lengthened' if length > 0 else 'shortened'} {abs(length)} ticks {count}"]
    if fields == {VELOCITY}:
        return [f"velocity {_span([new[VELOCITY] - old[VELOCITY] for old, new in pairs])} {count}"]
    names = {PITCH: "pitch", ONSET: "onset", LENGTH: "length", VELOCITY: "velocity", 0: "channel", 5: "release"}
    return [f"{', '.join(names[at] for at in sorted(fields))} changed {count}"]


def _span(steps: list[int]) -> str:
    low, high = min(steps), max(steps)
    return f"{low:+d}" if low == high else f"{low:+d}..{high:+d}"


def file_summary(parts: list[str]) -> str:
    """The line for the whole file."""
    if not parts:
        return "written differently, nothing changed"
    return "; ".join(parts[:8]) + (f"; {len(parts) - 8} more" if len(parts) > 8 else "")
