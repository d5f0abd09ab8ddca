"""What a merged track holds: a three-way decision for every note and slot, and the conflicts a person has to settle.

Decisions are items (tick, body, base event, our event, their event) whose order `weave` finds. A conflict that a pick
or a rule settles is decided that way and not reported; every other one is decided for ours.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Mapping

from muse.plugins.midi.file.codec import Track
from muse.plugins.midi.file.model import Item
from muse.plugins.midi.merge.decisions import Decisions, Final, Part, Settle, Versions
from muse.plugins.midi.merge.events import decide_points
from muse.plugins.midi.merge.notes import decide_notes, note_items


def decide(
    three: Versions,
    settle: Settle,
    carry_along: bool = False,
    whole: Mapping[Part, str] | None = None,
    moot: Collection[Part] = (),
) -> Decisions:
    """Decide every note and every slot of a track.

    `carry_along`: new notes follow a transposition of their region. `whole`: keys and lanes that are not merged but
    taken from one side; `moot`: those of them about whose notes nobody need be asked.
    """
    from muse.plugins.midi.merge.transposition import carry

    whole = whole or {}
    out = Decisions(three, settle, whole, moot)
    finals, out.words, moved = carry(three, decide_notes(out), carry_along)
    out.settled += moved
    note_items(out, _whole_keys(three, finals, whole) if whole else finals)
    decide_points(out, whole)
    old = list(out.items)
    _recognise(out.items, three)
    _number_equals_alike(out.items)
    now = {id(was): item for was, item in zip(old, out.items)}
    out.empty = [(now[id(on)], now[id(off)]) for on, off in out.empty]
    return out


def _whole_keys(three: Versions, finals: list[Final], whole: Mapping[Part, str]) -> list[Final]:
    kept = [final for final in finals if final.note[:2] not in whole]
    for place, (name, side) in enumerate((("base", three.base), ("ours", three.ours), ("theirs", three.theirs))):
        for index, note in enumerate(side.notes):
            if whole.get(note[:2]) == name:
                kept.append(Final(note, *(index if at == place else -1 for at in range(3))))
    return kept


def _recognise(items: list[Item], three: Versions) -> None:
    """Name the event of each version that stands for an item, also where another decision left it over.

    So an event keeps its place and its bytes when, say, the group it belongs to changed around it.
    """
    for place, side in enumerate((three.base.track, three.ours.track, three.theirs.track), 2):
        nameless = [at for at, item in enumerate(items) if item[place] == -1]
        if not nameless:
            continue
        ticks = {items[at][0] for at in nameless}
        taken = {int(item[place]) for item in items if item[0] in ticks}
        left = {tick: _at_tick(side, tick, taken) for tick in ticks}
        for at in nameless:
            item = items[at]
            same = left[item[0]].get(item[1])
            if same:
                found = list(item)
                found[place] = same.pop()
                items[at] = tuple(found)  # type: ignore[assignment]


def _at_tick(track: Track, tick: int, taken: set[int]) -> dict[bytes, list[int]]:
    """The events of a tick that are not taken, the last one first."""
    found: dict[bytes, list[int]] = {}
    at = bisect_left(track.ticks, tick)
    while at < len(track.ticks) and track.ticks[at] == tick:
        if at not in taken:
            found.setdefault(track.bodies[at], []).insert(0, at)
        at += 1
    return found


def _number_equals_alike(items: list[Item]) -> None:
    """Number equal events of one tick alike in all versions: which of them is which nobody can hear or see."""
    groups: dict[tuple[int, bytes], list[int]] = {}
    for at, item in enumerate(items):
        groups.setdefault(item[:2], []).append(at)
    for same in groups.values():
        if len(same) > 1:
            numbers = [sorted(items[at][place] for at in same) for place in (2, 3, 4)]
            for at, *found in zip(same, *numbers):
                items[at] = (*items[at][:2], *found)
