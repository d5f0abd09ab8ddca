"""Everything in a MIDI file that an op can name: tracks, notes, controllers and other events, ends."""

from __future__ import annotations

from collections.abc import Iterator

from muse.core.types import content_hash
from muse.domain import Element
from muse.plugins.midi.file.address import (
    note_addresses,
    note_words,
    place,
    track_name,
    value_words,
)
from muse.plugins.midi.file.bars import TimeMap, time_map
from muse.plugins.midi.file.codec import parse
from muse.plugins.midi.file.dimensions import lane_dimension
from muse.plugins.midi.file.model import Content
from muse.plugins.midi.file.slot_address import SlotAddress
from muse.plugins.midi.file.spelling import quoted
from muse.plugins.midi.show.diff import note_content, slot_content


def elements(path: str, data: bytes) -> Iterator[Element]:
    """Track by track in the order of time; FormatError when it is no MIDI file."""
    song = parse(data)
    times = time_map(song)
    for field, value in (("division", song.division), ("format", song.format)):
        yield Element(f"{path}::file/{field}", "file", f"{field} {value}", value, content_hash(value))
    for index, track in enumerate(song.tracks):
        name = track_name(track)
        words = f"track {index + 1}{f' {quoted(name)}' if name.strip() else ''}"
        yield Element(f"{path}::track:{index}", "track", words, None, content_hash(track.raw.hex()))
        yield from _inside(path, index, Content(track), times if song.format != 2 else time_map(song, track))


def _inside(path: str, index: int, content: Content, times: TimeMap) -> Iterator[Element]:
    rows: list[tuple[int, int, Element]] = []
    addresses = note_addresses(index, times, content.notes, list(range(len(content.notes))))
    for at, note in enumerate(content.notes):
        value = note_content(note)
        found = Element(f"{path}::{addresses[at]}", "note", note_words(note, times), value, content_hash(value))
        rows.append((note[2], 0, found))
    for slot in content.slots:
        events = slot_content(content.value(slot))
        words = f"{value_words(content.value(slot))} at {place(times, slot[1])}"
        address = f"{path}::{SlotAddress.of(index, times, slot).format()}"
        rows.append((slot[1], 1, Element(address, lane_dimension(slot[0]), words, events, content_hash(events))))
    rows.sort(key=lambda row: (row[0], row[1], row[2].address))
    yield from (element for _, _, element in rows)
    end = content.track.end_tick
    yield Element(f"{path}::track:{index}/end", "end", f"ends at {place(times, end)}", end, content_hash(end))
