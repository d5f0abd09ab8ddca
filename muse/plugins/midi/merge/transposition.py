"""New notes of one side in a region that the other side transposed: a warning, or carried along when asked."""

from __future__ import annotations

from collections import Counter

from muse.core.types import plural
from muse.plugins.midi.bars.words import spelled
from muse.plugins.midi.file.address import track_title
from muse.plugins.midi.file.model import PITCH, Note
from muse.plugins.midi.match.notes import REGION_NOTES, REGION_SHARE, Alignment
from muse.plugins.midi.merge.decisions import Final, Versions


def carry(three: Versions, finals: list[Final], wanted: bool) -> tuple[list[Final], list[str], int]:
    """The notes of the result, what to tell a person, and how many notes were moved.

    Without `wanted` nothing moves. A note stays where it was written when its new place is taken.
    """
    words: list[str] = []
    moved = 0
    for name, other, found, side in (
        ("ours", "theirs", three.to_ours, three.ours.notes),
        ("theirs", "ours", three.to_theirs, three.theirs.notes),
    ):
        region = _region(three.base.notes, side, found)
        if region is None:
            continue
        step, low, high = region
        inside = [
            at for at, final in enumerate(finals)
            if final.base < 0 and (final.ours if name == "ours" else final.theirs) < 0 and low <= final.note[2] <= high
        ]  # fmt: skip
        if not inside:
            continue
        count = 0
        if wanted:
            finals = list(finals)
            for at in inside:
                count += _move(finals, at, step)
        bars = "bars " + spelled([(three.times.position(low)[0], three.times.position(high)[0])])
        kept = "it is" if len(inside) == 1 else "they are"
        words.append(
            f"{track_title(three.label, three.base.track)} {bars}: {name} transposed {step:+d}, {other} added "
            f"{plural(len(inside), 'note')} there; "
            + (f"{count} transposed along" if wanted else f"{kept} kept as written")
        )
        moved += count
    return finals, words, moved


def _region(base: list[Note], side: list[Note], found: Alignment) -> tuple[int, int, int] | None:
    """(step, first onset, last onset) when a region of the track was transposed as a whole."""
    steps: Counter[int] = Counter()
    for i, j in enumerate(found.to_side):
        if j >= 0 and side[j][PITCH] != base[i][PITCH] and side[j][2] == base[i][2]:
            steps[side[j][PITCH] - base[i][PITCH]] += 1
    step, count = min(steps.items(), key=lambda entry: (-entry[1], abs(entry[0]), entry[0]), default=(0, 0))
    if count < REGION_NOTES:
        return None
    onsets = [base[i][2] for i, j in enumerate(found.to_side) if j >= 0 and side[j][PITCH] - base[i][PITCH] == step]
    low, high = min(onsets), max(onsets)
    within = sum(1 for note in base if low <= note[2] <= high)
    return (step, low, high) if count >= within * REGION_SHARE else None


def _move(finals: list[Final], at: int, step: int) -> int:
    """Transpose one new note where there is room for it; how many were moved."""
    channel, pitch, onset, length, velocity, release = finals[at].note
    pitch += step
    if not 0 <= pitch < 128:
        return 0
    for final in finals:
        note = final.note
        if note[:2] == (channel, pitch) and note[2] < onset + length and onset < note[2] + note[3]:
            return 0
    finals[at] = finals[at]._replace(note=(channel, pitch, onset, length, velocity, release))
    return 1
