"""Point events that one side moved: to another tick, or with their whole lane to another channel.

A slot is a place, so that a moved event reads as one that is gone here and new there. Where the other side deleted it,
changed it or moved it elsewhere, both slots are one question: answered apart, the deletion would be lost, or the event
be there twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import cast

from muse.plugins.midi.file.model import OPAQUE, Slot

Value = tuple[tuple[int, bytes], ...]

Versions = tuple[Slot, Value, Value, Value]
"""A slot, and what it holds in base, ours and theirs."""

Event = tuple[Slot, int, bytes]
"""A slot, and one of the events in it: its tick and its body."""


def disputed_moves(slots: Sequence[Versions], bar_at: Callable[[int], int]) -> list[set[Slot]]:
    """Groups of slots that a move ties together and that both sides changed, not in the same way."""
    both = {slot for slot, was, mine, other in slots if was and was not in (mine, other)}
    if not both:
        return []
    gone = [_minus(slots, 1, side) for side in (2, 3)]
    come = [_minus(slots, side, 1) for side in (2, 3)]
    held = Counter(_sound((slot, *event)) for slot, was, _, _ in slots for event in was)
    targets = [_targets(gone[side], come[side], held, bar_at) for side in (0, 1)]
    groups: list[set[Slot]] = []
    for event in dict.fromkeys([*targets[0], *targets[1]]):
        slot = event[0]
        places = {target[event] for target in targets if event in target}
        agreed = len(places) == 1 and all(event in target for target in targets)
        if slot not in both or agreed or (slot[0][0] in OPAQUE and not (event in gone[0] and event in gone[1])):
            continue
        group = {slot, *(place[0] for place in places)}
        apart = [other for other in groups if not other & group]
        groups = [*apart, group.union(*(other for other in groups if other & group))]
    return groups


def _minus(slots: Sequence[Versions], one: int, other: int) -> dict[Event, int]:
    """The events that one version of the slots has and another has not, and how many of each."""
    found: dict[Event, int] = {}
    for versions in slots:
        had, has = versions[one], versions[other]
        if had != has:
            left = Counter(cast(Value, had)) - Counter(cast(Value, has))
            found.update(((versions[0], *event), count) for event, count in left.items())
    return found


def _targets(
    gone: Mapping[Event, int], come: Mapping[Event, int], held: Mapping[object, int], bar_at: Callable[[int], int]
) -> dict[Event, Event]:
    """Where each event went: at its tick to another channel, else to the nearest place within a bar, else to the only
    place there is for an event that the track held once (`held`)."""
    free: dict[object, list[Event]] = {}
    for event, count in come.items():
        free.setdefault(_sound(event), []).extend([event] * count)
    found: dict[Event, Event] = {}
    for event in gone:
        slot, tick, _ = event
        left = free.get(_sound(event), [])
        near = [one for one in left if one[1] == tick or (one[0][0] == slot[0] and abs(one[1] - tick) < bar_at(tick))]
        if not near and len(left) == 1 and held[_sound(event)] == 1:
            near = left
        if near:
            found[event] = min(near, key=lambda one: (abs(one[1] - tick), one[1]))
            left.remove(found[event])
    return found


def _sound(event: Event) -> object:
    """What an event says, whatever its channel and tick."""
    body = event[2]
    return (body[0] & 0xF0, body[1:]) if body[0] < 0xF0 else body
