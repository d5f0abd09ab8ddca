"""What cannot be merged piece by piece and is therefore taken whole from one side, as one conflict.

Found in the result, not foreseen: ons and offs of both sides that pair up anew, a program or a parameter's data that
would act on a bank or a parameter its author did not have there, and a tempo that both sides set in different tracks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from muse.core.types import plural
from muse.plugins.midi.file.address import note_addresses, note_words, place, value_words
from muse.plugins.midi.file.bars import TimeMap
from muse.plugins.midi.file.codec import Song, Track
from muse.plugins.midi.file.dimensions import BANK, lane_dimension
from muse.plugins.midi.file.model import Content, Item, Lane, Slot
from muse.plugins.midi.file.slot_address import SlotAddress
from muse.plugins.midi.file.spelling import pitch_words
from muse.plugins.midi.file.write_track import respell
from muse.plugins.midi.match.tracks import match_tracks
from muse.plugins.midi.merge import verify
from muse.plugins.midi.merge.decisions import Clash, Decisions, Disputes, Key, Part, Versions
from muse.plugins.midi.merge.layout import Slotted


class Planned(Disputes):
    """One chunk of the result, what was decided inside it, and what is taken whole from one side.

    What it disputes itself is what is taken whole.
    """

    def __init__(self, entry: Slotted) -> None:
        super().__init__()
        self.entry = entry
        self.decided: Decisions | None = None
        self.whole: dict[Part, str] = {}
        self.moot: set[Part] = set()
        self.sounds: list[verify.Sound] = []  # of base, ours and theirs, as soon as they are asked for


class Trouble(NamedTuple):
    """Parts of one or more chunks that can only come from one side; no clash where one about them is open already."""

    clash: Clash | None
    parts: list[Part]
    where: list[Planned]


def unsound(planned: Planned, merged: Track) -> list[Trouble] | None:
    """What is wrong with a merged track; None when something is and nobody can say what."""
    decided = planned.decided
    if decided is None:
        return []
    three = decided.three
    tracks = (three.base.track, three.ours.track, three.theirs.track, merged)
    planned.sounds = planned.sounds or [verify.sounding(track) for track in tracks[:3]]
    base, ours, theirs, result = sounds = [*planned.sounds, verify.sounding(merged)]
    keys = verify.wrong_keys(result, (final.note for final in decided.finals))
    if not keys:
        keys = {key for key in verify.revived_keys(tracks, sounds) if key not in decided.disputed}
    found = [_of_keys(planned, three, group) for group in _linked(decided, keys)]
    found += [_of_lane(planned, three, lane, tick) for lane, tick in _lanes_out_of_context(decided)]
    if not found and not (decided.clashes or decided.settled or planned.whole):
        return [] if verify.is_sum(base, ours, theirs, result, touched_by_both(decided)) else None
    return found


def touched_by_both(decided: Decisions) -> Iterator[verify.Claim]:
    """Notes both sides changed, deleted or added, and what became of them."""
    three = decided.three
    base, ours, theirs = three.base.notes, three.ours.notes, three.theirs.notes
    became = {final.base: final.note for final in decided.finals if final.base >= 0}
    for i, (j, k) in enumerate(zip(three.to_ours.to_side, three.to_theirs.to_side)):
        mine, other = ours[j] if j >= 0 else None, theirs[k] if k >= 0 else None
        if base[i] not in (mine, other):
            yield base[i], mine, other, became.get(i)
    for final in decided.finals:
        if final.base < 0 and final.ours >= 0 and final.theirs >= 0:
            yield None, ours[final.ours], theirs[final.theirs], final.note


# Notes ---------------------------------------------------------------------------------------------------------------


def _linked(decided: Decisions, keys: set[Key]) -> list[list[Key]]:
    """The keys in groups, each with the keys a side moved its notes to or from: they come from one side together."""
    if not keys:
        return []
    three = decided.three
    moves: dict[Key, set[Key]] = {}
    for i, note in enumerate(three.base.notes):
        j, k = three.to_ours.to_side[i], three.to_theirs.to_side[i]
        linked = {note[:2]}
        linked |= {three.ours.notes[j][:2]} if j >= 0 else set()
        linked |= {three.theirs.notes[k][:2]} if k >= 0 else set()
        if len(linked) > 1:
            for key in linked:
                moves.setdefault(key, set()).update(linked)
    groups: list[list[Key]] = []
    seen: set[Key] = set()
    for key in sorted(keys):
        group: set[Key] = set()
        waiting = [] if key in seen else [key]
        while waiting:
            one = waiting.pop()
            if one not in group:
                group.add(one)
                waiting += moves.get(one, ())
        if group:
            groups.append(sorted(group))
            seen |= group
    return groups


def _of_keys(planned: Planned, three: Versions, keys: list[Key]) -> Trouble:
    wanted = set(keys)
    names: list[str] = []
    words: list[str] = []
    ticks: list[int] = []
    for side in (three.base, three.ours, three.theirs):
        here = [index for index, note in enumerate(side.notes) if note[:2] in wanted]
        names += note_addresses(three.label, three.times, side.notes, here).values()
        ticks += [side.notes[index][2] for index in here]
        words.append("; ".join(note_words(side.notes[index], three.times) for index in here[:3])
                     + (" .." if len(here) > 3 else "") or _alone(side, wanted))  # fmt: skip
    if not names:  # nothing but unpaired events in all three
        names = [SlotAddress.of(three.label, three.times, (("unpaired", *keys[0]), 0)).format()]
    what = ", ".join(pitch_words(*key) for key in keys[:4]) + (" .." if len(keys) > 4 else "")
    clash = Clash(
        names[0], "note_overlap", "notes", f"all {what}: {words[0]}", f"all {what}: {words[1]}",
        f"all {what}: {words[2]}", min(ticks, default=0),
    )  # fmt: skip
    parts: list[Part] = [*keys, *(("unpaired", *key) for key in keys)]
    known = planned.decided is not None and planned.decided.clashes and not planned.decided.disputed.isdisjoint(keys)
    return Trouble(None if known else clash, parts, [planned])


def _alone(side: Content, keys: set[Key]) -> str:
    """What is said of keys without a note: `none`, or that there are ons offs that no note is made of."""
    count = sum(len(held) for (lane, _), held in side.slots.items() if lane[0] == "unpaired" and lane[1:] in keys)
    return f"no note, {plural(count, 'event')} without a partner" if count else "none"


# Banks and parameters ------------------------------------------------------------------------------------------------

_State = tuple[object, ...]


def _lanes_out_of_context(decided: Decisions) -> list[tuple[Lane, int]]:
    """Lanes where an event would act on what its author did not mean, with the tick of the first such event."""
    lanes = {lane for lane in decided.shared if lane[0] in ("program", "parameter")} - decided.disputed
    if not lanes:
        return []
    three = decided.three
    known = [
        {at: state for _, at, _, state in _states(list(enumerate(side.track.bodies)), lanes)}
        for side in (three.base, three.ours, three.theirs)
    ]
    found: dict[Lane, int] = {}
    order = decided.order
    for lane, at, _, state in _states([(at, item[1]) for at, item in enumerate(order)], lanes):
        if state not in _meant(known, order[at]):
            found.setdefault(lane, order[at][0])
    return sorted(found.items(), key=lambda entry: (entry[1], str(entry[0])))


def _meant(known: list[dict[int, _State]], item: Item) -> tuple[_State | None, ...]:
    """The state that three versions of an event agree on; () when both sides changed it differently."""
    was, mine, other = (states.get(at) for states, at in zip(known, item[2:]))
    if item[3] < 0 or item[4] < 0:
        return (mine if item[4] < 0 else other,)
    if mine == other or other == was:
        return (mine,)
    return (other,) if mine == was else ()


def _states(events: list[tuple[int, bytes]], lanes: set[Lane]) -> Iterator[tuple[Lane, int, bytes, _State]]:
    """(lane, event, body, what it acts on) of programs, with their bank, and of data, with its parameter number."""
    values: dict[tuple[int, int], int] = {}  # (channel, controller) -> its value
    selected: dict[int, tuple[int, int]] = {}  # channel -> the controllers that select: (N)RPN
    for at, body in events:
        kind, channel = body[0] >> 4, body[0] & 15
        if kind == 0xC and ("program", channel) in lanes:
            yield ("program", channel), at, body, tuple(values.get((channel, number)) for number in BANK)
        elif kind == 0xB and (body[1] in BANK or body[1] >= 98):
            values[channel, body[1]] = body[2]
            if 98 <= body[1] <= 101:
                selected[channel] = (99, 98) if body[1] < 100 else (101, 100)
        elif kind == 0xB and body[1] in (6, 38, 96, 97) and ("parameter", channel) in lanes:
            pair: tuple[int, ...] = selected.get(channel, ())
            yield ("parameter", channel), at, body, (*pair, *(values.get((channel, number)) for number in pair))


def _of_lane(planned: Planned, three: Versions, lane: Lane, tick: int) -> Trouble:
    where = place(three.times, tick)
    words = []
    for side in (three.base, three.ours, three.theirs):
        values = [value_words(side.value(slot)) for slot in sorted(side.slots, key=lambda s: s[1]) if slot[0] == lane]
        words.append(f"{where}: " + ("; ".join(values[:4]) + (" .." if len(values) > 4 else "") or "none"))
    slot = (lane, tick)
    address = SlotAddress.of(three.label, three.times, slot).format()
    clash = Clash(address, "curve_overlap", lane_dimension(lane), words[0], words[1], words[2], tick)
    return Trouble(clash, [lane], [planned])


# Two files without a common version ----------------------------------------------------------------------------------


def has_all(more: Song, less: Song) -> bool:
    """True when every note and event of `less` is in `more`, track by track."""
    if (more.format, more.division, more.wrapper, more.tail) != (less.format, less.division, less.wrapper, less.tail):
        return False
    if [chunk for chunk in less.chunks if isinstance(chunk, bytes) and chunk not in more.chunks]:
        return False
    for track, index in zip(less.tracks, match_tracks(less.tracks, more.tracks)):
        if index < 0:
            return False
        other = more.tracks[index]
        parts, wholes = verify.sounding(track), verify.sounding(other)
        if not (parts[0] <= wholes[0] and parts[1] <= wholes[1] and track.end_tick <= other.end_tick):
            return False
        if track.raw[track.tail :] != other.raw[other.tail :]:
            return False
    return True


# What one track says for all -----------------------------------------------------------------------------------------

_FOR_ALL = (0x51, 0x54, 0x58)  # tempo, SMPTE offset, time signature


def crossed_slots(plan: list[Planned], times: TimeMap) -> list[Trouble]:
    """Tempos and signatures that both sides set at one tick, in different tracks and to different values."""
    changed: tuple[dict[Slot, list[Planned]], dict[Slot, list[Planned]]] = ({}, {})
    for planned in plan:
        versions = [_spoken(chunk) for chunk in (planned.entry.base, planned.entry.ours, planned.entry.theirs)]
        for found, side in zip(changed, versions[1:]):
            for slot, _ in versions[0] ^ side:
                if planned not in found.setdefault(slot, []):
                    found[slot].append(planned)
    out = []
    for slot in sorted(changed[0].keys() & changed[1].keys(), key=lambda each: (each[1], str(each[0]))):
        where = [planned for planned in plan if planned in changed[0][slot] or planned in changed[1][slot]]
        if len(where) < 2 or any(slot in planned.whole for planned in where):
            continue
        sides = [_all_values(plan, slot, name) for name in ("base", "ours", "theirs", "result")]
        if len(sides[3]) > 1 and sides[3] not in sides[:3]:
            label = where[0].entry.label
            words = [f"{place(times, slot[1])}: " + (value_words(tuple((slot[1], body) for body in sorted(side)))
                                                     or "none") for side in sides[:3]]  # fmt: skip
            address = SlotAddress.of(label, times, slot).format()
            told = lane_dimension(slot[0])
            clash = Clash(address, "slot_value", told, words[0], words[1], words[2], slot[1])
            out.append(Trouble(clash, [slot], where))
    return out


def _spoken(chunk: Track | bytes | None) -> set[tuple[Slot, bytes]]:
    if not isinstance(chunk, Track):
        return set()
    return {
        ((("meta", body[1]), tick), body)
        for tick, body in zip(chunk.ticks, chunk.bodies) if body[0] == 0xFF and body[1] in _FOR_ALL
    }  # fmt: skip


def _all_values(plan: Iterable[Planned], slot: Slot, name: str) -> set[bytes]:
    return {body for planned in plan for where, body in _spoken(getattr(planned.entry, name)) if where == slot}


def only_from(entry: Slotted, track: Track, whole: Mapping[Part, str]) -> Track:
    """A track only one side has, without the slots that come from the other."""
    own = "ours" if entry.ours is not None else "theirs"
    gone = {index for slot, indices in Content(track).slots.items() if whole.get(slot, own) != own for index in indices}
    if not gone:
        return track
    kept = [at for at in range(len(track.ticks)) if at not in gone]
    thinner = Track(track.raw, [], [track.bodies[at] for at in kept], [], 0, track.tail)
    return respell(thinner, [track.ticks[at] for at in kept], track.end_tick)
