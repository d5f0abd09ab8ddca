"""What changed between two versions of a file, as typed operations with stable addresses.

A track is a PatchOp, a note with changed attributes a PatchOp of attribute ReplaceOps. Existing elements are addressed
in the old version's bars and beats, inserted ones in the new version's. Every operation carries what it takes to replay
it: notes and slots as JSON, whole tracks as base64.
"""

from __future__ import annotations

from typing import Any

from muse.core.sequences import increasing
from muse.core.types import content_hash
from muse.domain import DeleteOp, DomainOp, InsertOp, MoveOp, PatchOp, ReplaceOp
from muse.plugins.midi.file.address import (
    note_addresses,
    note_words,
    place,
    quoted,
    slot_address,
    track_name,
    value_words,
)
from muse.plugins.midi.file.bars import TimeMap, time_map
from muse.plugins.midi.file.codec import Song, Track, parse
from muse.plugins.midi.file.model import ATTRIBUTES, Content, Note, Slot
from muse.plugins.midi.match.notes import align
from muse.plugins.midi.match.tracks import match_tracks
from muse.plugins.midi.show.summary import Change, file_summary, track_summary


def diff_files(old: bytes, new: bytes) -> tuple[list[DomainOp], str]:
    """The operations that lead from `old` to `new`, and one line for a person; FormatError for damaged files."""
    known: dict[bytes, Track] = {}
    return diff_songs(parse(old, known=known), parse(new, known=known))


def diff_songs(old: Song, new: Song) -> tuple[list[DomainOp], str]:
    """The same for parsed files."""
    old_tracks, new_tracks = old.tracks, new.tracks
    matched = match_tracks(old_tracks, new_tracks)
    before, after = time_map(old), time_map(new)
    ops: list[DomainOp] = []
    summaries: list[str] = []
    for address, was, now in _file_values(old, new):
        ops.append(_value_op(address, was, now))
        summaries.append(f"{now[1]} (was {was[1]})")
    for index, (track, other) in enumerate(zip(old_tracks, matched)):
        if other < 0:
            ops.append(_track_gone(index, track))
            summaries.append(f"{_name(index, track)} deleted")
            continue
        target = new_tracks[other]
        if track.raw == target.raw:
            continue
        maps = (before, after) if old.format != 2 else (time_map(old, track), time_map(new, target))
        children, words = _diff_track(index, other, Content(track), Content(target), maps)
        ops.append(
            PatchOp(op="patch", address=f"track:{index}", child_ops=children, child_domain="midi", child_summary=words)
        )
        summaries.append(f"{_name(index, track)}{' ' if words.startswith('bar') else ': '}{words}")
    ops += _moved(matched)
    there = set(matched)
    for other, target in enumerate(new_tracks):
        if other not in there:
            ops.append(_track_new(other, target))
            summaries.append(f"{_name(other, target)} added")
    return ops, file_summary(summaries)


def _name(index: int, track: Track) -> str:
    name = track_name(track)
    return quoted(name)[1:-1] if name.strip() else f"track {index}"


def _file_values(old: Song, new: Song) -> list[tuple[str, tuple[Any, str], tuple[Any, str]]]:
    rows = (
        ("file/division", old.division, new.division, "{} ticks per beat"),
        ("file/format", old.format, new.format, "format {}"),
    )
    return [(address, (a, words.format(a)), (b, words.format(b))) for address, a, b, words in rows if a != b]


def _value_op(address: str, was: tuple[Any, str], now: tuple[Any, str]) -> ReplaceOp:
    return ReplaceOp(
        op="replace", address=address, position=None, old_content_id=content_hash(was[0]),
        new_content_id=content_hash(now[0]), old_summary=was[1], new_summary=now[1], content=now[0],
    )  # fmt: skip


def _track_gone(index: int, track: Track) -> DeleteOp:
    return DeleteOp(op="delete", address=f"track:{index}", position=index, content_id=content_hash(track.raw.hex()),
                    content_summary=f"{_name(index, track)} deleted")  # fmt: skip


def _track_new(index: int, track: Track) -> InsertOp:
    from base64 import b64encode

    return InsertOp(op="insert", address=f"track:{index}", position=index, content_id=content_hash(track.raw.hex()),
                    content_summary=f"{_name(index, track)} added",
                    content_b64=b64encode(track.raw).decode())  # fmt: skip


def _moved(matched: list[int]) -> list[DomainOp]:
    """MoveOps for tracks outside of the longest run that kept its order."""
    kept = [(index, other) for index, other in enumerate(matched) if other >= 0]
    steady = set(increasing([other for _, other in kept]))
    return [
        MoveOp(op="move", address=f"track:{index}", from_position=index, to_position=other, content_id="")
        for at, (index, other) in enumerate(kept)
        if at not in steady
    ]


def note_content(note: Note) -> dict[str, int]:
    """A note as JSON."""
    return dict(zip(ATTRIBUTES, note))


def slot_content(value: tuple[tuple[int, bytes], ...]) -> list[list[Any]]:
    """A slot's events as JSON: [tick, body in hexadecimal] each."""
    return [[tick, body.hex()] for tick, body in value]


def _diff_track(
    index: int, other: int, old: Content, new: Content, maps: tuple[TimeMap, TimeMap]
) -> tuple[list[DomainOp], str]:
    change = Change(maps[0])
    rows: list[tuple[int, int, DomainOp]] = []
    _note_ops(index, old, new, maps, change, rows)
    for slot in sorted(old.slots.keys() | new.slots.keys(), key=lambda each: (each[1], str(each[0]))):
        was, now = old.value(slot), new.value(slot)
        if was != now:
            rows.append((slot[1], 1, _slot_op(index, slot, was, now, maps)))
            change.slot(slot, was, now)
    if old.track.end_tick != new.track.end_tick:
        ends = [(track.end_tick, f"ends at {place(maps[0], track.end_tick)}") for track in (old.track, new.track)]
        rows.append((1 << 40, 2, _value_op(f"track:{index}/end", ends[0], ends[1])))
        change.end = True
    rows.sort(key=lambda row: row[:2])
    return [op for _, _, op in rows], track_summary(change)


def _note_ops(
    index: int, old: Content, new: Content, maps: tuple[TimeMap, TimeMap], change: Change,
    rows: list[tuple[int, int, DomainOp]],
) -> None:  # fmt: skip
    found = align(old.notes, new.notes, maps[0].beat, maps[0].bar_length(0))
    touched = [i for i, j in enumerate(found.to_side) if j < 0 or old.notes[i] != new.notes[j]]
    fresh = [j for j, i in enumerate(found.to_base) if i < 0]
    here = note_addresses(index, maps[0], old.notes, touched)
    there = note_addresses(index, maps[1], new.notes, fresh)
    for i in touched:
        note, j = old.notes[i], found.to_side[i]
        if j < 0:
            change.removed.append(note)
            rows.append((note[2], 0, DeleteOp(op="delete", address=here[i], position=None,
                                              content_id=content_hash(note_content(note)),
                                              content_summary=note_words(note, maps[0]))))  # fmt: skip
        else:
            change.changed.append((note, new.notes[j]))
            rows.append((note[2], 0, _note_op(here[i], note, new.notes[j], maps)))
    for j in fresh:
        note = new.notes[j]
        change.added.append(note)
        rows.append((note[2], 0, InsertOp(op="insert", address=there[j], position=None,
                                          content_id=content_hash(note_content(note)),
                                          content_summary=note_words(note, maps[1]),
                                          content=note_content(note))))  # fmt: skip


def _note_op(address: str, old: Note, new: Note, maps: tuple[TimeMap, TimeMap]) -> PatchOp:
    children: list[DomainOp] = [
        _value_op(f"{address}/{name}", (old[at], f"{name} {old[at]}"), (new[at], f"{name} {new[at]}"))
        for at, name in enumerate(ATTRIBUTES)
        if old[at] != new[at]
    ]
    words = f"{note_words(old, maps[0])} -> {note_words(new, maps[1])}"
    return PatchOp(op="patch", address=address, child_ops=children, child_domain="midi", child_summary=words)


def _slot_op(index: int, slot: Slot, was: Any, now: Any, maps: tuple[TimeMap, TimeMap]) -> DomainOp:
    address = slot_address(index, maps[0] if was else maps[1], slot)
    where = place(maps[0] if was else maps[1], slot[1])
    if not was:
        return InsertOp(op="insert", address=address, position=None, content_id=content_hash(slot_content(now)),
                        content_summary=f"{value_words(now)} at {where}", content=slot_content(now))  # fmt: skip
    if not now:
        return DeleteOp(op="delete", address=address, position=None, content_id=content_hash(slot_content(was)),
                        content_summary=f"{value_words(was)} at {where}")  # fmt: skip
    return ReplaceOp(
        op="replace", address=address, position=None, old_content_id=content_hash(slot_content(was)),
        new_content_id=content_hash(slot_content(now)), old_summary=f"{value_words(was)} at {where}",
        new_summary=f"{value_words(now)} at {where}", content=slot_content(now),
    )  # fmt: skip
