"""What a version did to the bars of its base. Nearly always nothing, which is found out first, and costs little."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from muse.plugins.midi.bars.timeline import IDENTITY, BarMap
from muse.plugins.midi.file.bars import TimeMap
from muse.plugins.midi.file.codec import Song, Track

_CHANGED = 0.5  # share of a track's bar that is new or gone before bars can have moved
_SWAPPED = 4  # notes that are gone in some bars and new at the same place in others


def bar_map(base: Song, side: Song, twins: Sequence[int], times: TimeMap) -> BarMap:
    """What `side` did to the bars of `base`; `twins[n]`: the side's track that base track n is, or -1."""
    old, new = base.tracks, side.tracks
    pairs = [(old[n], new[m]) for n, m in enumerate(twins) if m >= 0]
    if not _may_differ(pairs, times):
        return IDENTITY
    from muse.plugins.midi.bars.find import find

    return find(pairs, side, times)


def _may_differ(pairs: Sequence[tuple[Track, Track]], times: TimeMap) -> bool:
    """False when in each track so much of each bar is where it was that no bar can have moved, and what is not has
    not changed places with what other bars have."""
    gone: Counter[tuple[int, int, bytes]] = Counter()
    come: Counter[tuple[int, int, bytes]] = Counter()
    for number, (base, side) in enumerate(pairs):
        if base is side:
            continue
        old, new = _begins(base), _begins(side)
        for before, after, inside in ((old, new, gone), (new, old, come)):
            changed = before - after
            if len(changed) > _CHANGED * len(before):
                return True  # so it is in one bar at least
            edited: Counter[int] = Counter()
            for tick, body in changed:
                bar = times.position(tick)[0]
                edited[bar] += 1
                inside[number, tick - times.tick(bar), body] += 1
            here = Counter(times.position(tick)[0] for tick, _ in before) if edited else edited
            if any(count >= _CHANGED * here[bar] for bar, count in edited.items()):
                return True
    swapped = sum((gone & come).values())
    return swapped >= _SWAPPED and 2 * swapped >= sum(gone.values())


def _begins(track: Track) -> set[tuple[int, bytes]]:
    """Beginnings of notes, without their velocities, and the other events behind tick 0."""
    return {
        (tick, body if body[0] >= 0xA0 else body[:2])
        for tick, body in zip(track.ticks, track.bodies)
        if (body[0] >= 0xA0 and tick) or (0x90 <= body[0] < 0xA0 and body[2])
    }
