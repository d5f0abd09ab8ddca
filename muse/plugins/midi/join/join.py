"""From files to join states and back.

A track is named by its index in the file it was lifted from, or by its content when it was added later. Inside it:
`<track>/n:<channel>:<pitch>:<onset>:<length>:<velocity>:<release>#<occurrence>` is a note as it was first seen,
`<track>/e:<tick>:<hexadecimal>#<occurrence>` an opaque event, `<track>/s:...` a slot. The order of events is that of
the source; what came later goes by tick, rank and content. Ticks in names are those of the state's line of bars
(`line.py`): they stay when somebody puts in or cuts bars.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from muse.core.errors import FormatError
from muse.core.filejoin import FileJoin
from muse.plugins.midi.file.codec import Song, Track, parse, parse_track, write
from muse.plugins.midi.file.model import ATTRIBUTES, ONSET, OPAQUE, Content, Item, Note, Slot
from muse.plugins.midi.file.order import weave
from muse.plugins.midi.file.write_track import emit
from muse.plugins.midi.join.line import PLAIN, Line, line_from, line_of
from muse.plugins.midi.join.placing import Placing, Values, at, place
from muse.plugins.midi.join.state import JoinState, dump
from muse.plugins.midi.match.notes import Alignment, align
from muse.plugins.midi.match.tracks import match_tracks
from muse.plugins.midi.merge.notes import note_bodies
from muse.plugins.midi.merge.timebase import rescale
from muse.plugins.midi.merge.verify import sounding

_NOTHING = Track(b"", [], [], [], 0, 0)
_MAGIC_WHOLE = "whole"
_LONGEST = (1 << 28) - 1


def lift(data: bytes) -> JoinState:
    """The state of a file that nobody has touched yet; equal bytes lift to equal states."""
    state = JoinState()
    state.sources[sha256(data).hexdigest()] = b64encode(data).decode()
    return state


def advance(state: JoinState, data: bytes, actor: str) -> JoinState:
    """The state after somebody made the file into `data`; `actor` names this one edit."""
    if build(state) == data:
        return state
    try:
        before, after = _Built(state), parse(data)
        scaled = after if after.division == before.song.division else rescale(after, before.song.division)
    except FormatError:
        scaled = None
    if scaled is None or _MAGIC_WHOLE in state.writes:
        out = state.copy(actor)
        out.write(_MAGIC_WHOLE, b64encode(data).decode())
    else:
        out = _advanced(state, before, scaled, after, actor)
    if out.clock == state.clock and len(out.added) == len(state.added):
        return state  # other bytes, and the same music
    out.touch("file")
    return out


def build(state: JoinState) -> bytes:
    """The file a state stands for; the source itself while nobody changed it."""
    if len(state.sources) == 1 and not (state.added or len(state.life) or len(state.writes)):
        return b64decode(next(iter(state.sources.values())))
    whole = state.read(_MAGIC_WHOLE, None)
    if whole is not None:
        return b64decode(whole)
    try:
        return _Built(state).data()
    except FormatError:
        return b64decode(state.sources[min(state.sources)])  # not MIDI files: one of them, always the same


class _Elements:
    """A track's elements in a state: what is alive, and which events of the source it is."""

    def __init__(self, state: JoinState, name: str, sources: list[Track]) -> None:
        self.name = name
        self.source = sources[0]
        self.written = line_from(state.read(f"{name}/line", None))  # bars as they were when the track was added
        self.notes: dict[str, tuple[Note, int, int]] = {}
        self.events: dict[str, tuple[int, bytes, int]] = {}
        self.slots: dict[str, list[tuple[int, bytes, int]]] = {}
        for rank, track in enumerate(sources):
            self._source(track, rank == 0)
        self._later(state)
        self._apply(state)
        self.end = state.read(f"{name}/end", self.written.named(max(track.end_tick for track in sources)))

    def _source(self, track: Track, first: bool) -> None:
        content = Content(track)
        named = self.written.named
        notes = content.notes if self.written is PLAIN else [at(note, named(note[ONSET])) for note in content.notes]
        for key, note, on, off in zip(note_keys(self.name, notes), notes, content.ons, content.offs):
            self.notes.setdefault(key, (note, on, off) if first else (note, -1, -1))
        for (lane, tick), indices in content.slots.items():
            slot = lane, named(tick) if tick else 0
            rows = [(named(track.ticks[i]) if track.ticks[i] else 0, track.bodies[i], i if first else -1)
                    for i in indices]  # fmt: skip
            if lane[0] in OPAQUE:
                for key, row in zip(event_keys(self.name, rows), rows):
                    self.events.setdefault(key, row)
            else:
                held = self.slots.get(slot_key(self.name, slot))
                if held is None or (not first and _plain(rows) > _plain(held) and held[0][2] < 0):
                    self.slots[slot_key(self.name, slot)] = rows

    def _later(self, state: JoinState) -> None:
        """Elements that were added after the sources: their ids say what they are."""
        lead = f"{self.name}/"
        for key in sorted(state.life.keys()):
            if not key.startswith(lead):
                continue
            kind, _, rest = key[len(lead) :].partition(":")
            values = rest.partition("#")[0].split(":")
            if kind == "n" and key not in self.notes:
                note = tuple(int(value) for value in values)
                self.notes[key] = ((note[0], note[1], note[2], note[3], note[4], note[5]), -1, -1)
            elif kind == "e" and key not in self.events:
                self.events[key] = (int(values[0]), bytes.fromhex(values[1]), -1)
        for key in sorted(state.writes.keys()):
            if key.startswith(f"{lead}s:"):
                self.slots.setdefault(key, [])

    def _apply(self, state: JoinState) -> None:
        for key, (note, on, off) in list(self.notes.items()):
            if not state.alive(key):
                del self.notes[key]
            elif key in state.life:
                values = [state.read(f"{key}/{name}", value) for name, value in zip(ATTRIBUTES, note)]
                self.notes[key] = ((values[0], values[1], values[2], values[3], values[4], values[5]), on, off)
        for key in [key for key in self.events if not state.alive(key)]:
            del self.events[key]
        for key, rows in self.slots.items():
            if key in state.writes:
                own = {(tick, body): index for tick, body, index in rows}
                wanted = [(tick, bytes.fromhex(text)) for tick, text in state.read(key, [])]
                self.slots[key] = [(tick, body, own.pop((tick, body), -1)) for tick, body in wanted]

    def used(self) -> list[int]:
        """Named ticks at which something lives; what is no note stays at tick 0 whatever becomes of the bars."""
        points = [row for rows in self.slots.values() for row in rows] + list(self.events.values())
        return [note[ONSET] for note, *_ in self.notes.values()] + [row[0] for row in points if row[0]]

    def track(self, line: Line) -> Track:
        """The track these elements make on the line of bars."""
        items: list[Item] = []
        empty: list[tuple[Item, Item]] = []
        for note, on, off in (self.notes[key] for key in sorted(self.notes)):
            bodies = note_bodies(note)
            tick = line.heard(note[ONSET])
            items.append((tick, bodies[0], on, on, -1))
            items.append((tick + note[3], bodies[1], off, off, -1))
            if not note[3]:
                empty.append((items[-2], items[-1]))
        points = [*self.events.values(), *(row for rows in self.slots.values() for row in rows)]
        items += [(line.heard(tick) if tick else 0, body, own, own, -1) for tick, body, own in points]
        items.sort()
        source, late = self._in_order(items, line)
        told = {id(item): (*item[:2], -1, -1, -1) for item in items if item[3] in late}
        pairs = [(told.get(id(on), on), told.get(id(off), off)) for on, off in empty]
        whole = [told.get(id(item), item) for item in items]
        order = weave(whole, source, _NOTHING, lambda tick: "ours", pairs)
        end = max(line.heard(self.end), order[-1][0] if order else 0)
        return parse_track(emit(order, self.source, end, self.source.raw[self.source.tail :]))

    def _in_order(self, items: list[Item], line: Line) -> tuple[Track, set[int]]:
        """The source with its ticks on the line, and its events that are heard before one they followed there."""
        if line.is_plain and self.written.is_plain:
            return self.source, set()
        source, named = self.source, self.written.named
        ticks = [line.heard(named(tick)) if tick or body[0] < 0xA0 else 0
                 for tick, body in zip(source.ticks, source.bodies)]  # fmt: skip
        late: set[int] = set()
        last = 0
        for own, tick in sorted((item[3], item[0]) for item in items if item[3] >= 0):
            if tick < last or ticks[own] != tick or line.is_moved(named(source.ticks[own])):
                late.add(own)
            else:
                last = tick
        end = line.heard(named(source.end_tick))
        return Track(source.raw, ticks, source.bodies, source.starts, end, source.tail), late


def _plain(rows: list[tuple[int, bytes, int]]) -> list[tuple[int, bytes]]:
    return [(tick, body) for tick, body, _ in rows]


class _Built:
    """A state made into a file, track by track."""

    def __init__(self, state: JoinState) -> None:
        songs = [parse(b64decode(state.sources[key])) for key in sorted(state.sources)]
        if not songs:
            raise FormatError("a state without a source")
        self.state = state
        division = state.read("base-division", songs[0].division)
        fitting = [song if song.division == division else rescale(song, division) for song in songs]
        self.songs = [song for song in fitting if song is not None] or songs[:1]
        self.song = self.songs[0]
        self.elements: dict[str, _Elements] = {}
        for name in self._order():
            self.elements[name] = _Elements(state, name, self._sources(name))
        self.line = line_of(state, lambda: [tick for each in self.elements.values() for tick in each.used()])
        self.tracks = {name: each.track(self.line) for name, each in self.elements.items()}

    def _sources(self, name: str) -> list[Track]:
        added = self.state.added.get(name)
        if added is not None:
            return [parse_track(b64decode(added))]
        index = int(name)
        return [song.tracks[index] for song in self.songs if index < len(song.tracks)]

    def _order(self) -> list[str]:
        """Track names: as somebody last arranged them, then the rest."""
        count = max(len(song.tracks) for song in self.songs)
        known = [str(index) for index in range(count)] + sorted(self.state.added)
        arranged = [name for name in self.state.read("order", []) if name in set(known)]
        names = arranged + [name for name in known if name not in set(arranged)]
        return [name for name in names if self.state.alive(name)]

    def data(self) -> bytes:
        """The file's bytes."""
        tracks = list(self.tracks.values())
        kind, division = self.state.read("header", [self.song.format, self.song.division])
        if kind == 0 and len(tracks) != 1:
            kind = 1
        header = kind.to_bytes(2, "big") + self.song.header[2:]
        rest = [b64decode(text) for text in self.state.read("chunks", _others(self.song))]
        tail = b64decode(self.state.read("tail", b64encode(self.song.tail).decode()))
        arranged = "order" in self.state.writes or "chunks" in self.state.writes
        if not rest or arranged or len(tracks) != len(self.song.tracks):
            chunks: list[Track | bytes] = [*tracks, *rest]
        else:
            following = iter(tracks)
            chunks = [next(following) if isinstance(chunk, Track) else chunk for chunk in self.song.chunks]
        song = Song(header, chunks, tail, self.song.wrapper)
        if division != song.division:
            song = rescale(song, division) or song
        return write(song)


def _others(song: Song) -> list[str]:
    return [b64encode(chunk).decode() for chunk in song.chunks if isinstance(chunk, bytes)]


def note_keys(track: str, notes: list[Note]) -> list[str]:
    """Ids of notes: content and occurrence."""
    seen: dict[Note, int] = {}
    out = []
    for note in notes:
        occurrence = seen.get(note, 0)
        seen[note] = occurrence + 1
        out.append(f"{track}/n:{':'.join(map(str, note))}#{occurrence}")
    return out


def event_keys(track: str, rows: list[Any]) -> list[str]:
    """Ids of opaque events given as (tick, body, ...)."""
    seen: dict[tuple[int, bytes], int] = {}
    out = []
    for tick, body, *_ in rows:
        occurrence = seen.get((tick, body), 0)
        seen[tick, body] = occurrence + 1
        out.append(f"{track}/e:{tick}:{body.hex()}#{occurrence}")
    return out


def slot_key(track: str, slot: Slot) -> str:
    """The id of a slot."""
    return f"{track}/s:{':'.join(map(str, slot[0]))}@{slot[1]}"


# Advancing -----------------------------------------------------------------------------------------------------------


def _advanced(state: JoinState, before: _Built, after: Song, written: Song, actor: str) -> JoinState:
    """The state with what changed between the built file and `after` (`written`, in the state's ticks)."""
    old = list(before.tracks.values())
    matched = match_tracks(old, after.tracks)
    out = _edited(state, before, actor)
    song = Song(before.song.header, list(old), b"", before.song.wrapper)
    placing = place(out, before.line, song, after, matched)
    _advance_file(out, before, after, written, matched, placing)
    if len(placing.rows) > 1 and not _alike(_Built(out).tracks.values(), after.tracks):
        out = _edited(state, before, actor)  # the bars were misread: they stay, and the notes are edited
        _advance_file(out, before, after, written, matched, Placing(before.line))
    return out


def _edited(state: JoinState, before: _Built, actor: str) -> JoinState:
    """A state to write an edit of the built file to: bars that were cut and stayed have been seen, and are kept."""
    out = state.copy(actor)
    for key in before.line.kept:
        out.remove(key)
    return out


def _alike(one: Iterable[Track], two: Iterable[Track]) -> bool:
    return [sounding(track) for track in one] == [sounding(track) for track in two]


def _advance_file(
    state: JoinState, before: _Built, after: Song, written: Song, matched: list[int], placing: Placing
) -> None:
    names = list(before.tracks)
    old, new = [before.tracks[name] for name in names], after.tracks
    order: list[str] = [""] * len(new)
    for name, track, other in zip(names, old, matched):
        if other < 0:
            state.remove(name)
            continue
        order[other] = name
        if new[other].raw != track.raw:
            state.touch(name)
            _advance_track(state, before.elements[name], track, new[other], after.ticks_per_beat, placing)
    for other, track in enumerate(new):
        if not order[other]:
            order[other] = _added(state, track, placing.lines())
    if order != names:
        state.write("order", order)
    kind, division = before.state.read("header", [before.song.format, before.song.division])
    if [kind, division] != [written.format, written.division]:
        state.write("header", [written.format, written.division])
    for key, was, now in (
        ("chunks", before.state.read("chunks", _others(before.song)), _others(written)),
        ("tail", before.state.read("tail", b64encode(before.song.tail).decode()), b64encode(written.tail).decode()),
    ):
        if was != now:
            state.write(key, now)


def _added(state: JoinState, track: Track, rows: list[list[int]]) -> str:
    """Add a track under a name made of its content, so that two people adding the same one add one; `rows`: the line
    of bars it was written on, [] for the plain one."""
    stem = "x" + sha256(track.raw).hexdigest()[:24]
    count = 0
    while f"{stem}.{count}" in state.added and state.alive(f"{stem}.{count}"):
        count += 1
    name = f"{stem}.{count}"
    if name in state.added:
        state.touch(name)
    state.added[name] = b64encode(track.raw).decode()
    if rows:
        state.write(f"{name}/line", rows)
    return name


def _advance_track(state: JoinState, elements: _Elements, old: Track, new: Track, beat: int, placing: Placing) -> None:
    before, after = Content(old), Content(new)
    ids: dict[Note, list[str]] = {}
    for key, (note, _, _) in sorted(elements.notes.items(), reverse=True):
        ids.setdefault(at(note, placing.line.heard(note[ONSET])), []).append(key)
    keys = [ids[note].pop() if ids.get(note) else "" for note in before.notes]
    for left in ids.values():  # overlaps that read back differently from how they were joined
        for key in left:
            state.remove(key, ATTRIBUTES)
    kept, fresh = placing.notes(after)
    found = align(before.notes, kept, beat, beat * 4)
    _advance_notes(state, before.notes, kept, keys, found, placing.line)
    fresh += [
        at(note, placing.line.named(note[ONSET]))
        for j, note in enumerate(kept)
        if found.to_base[j] < 0 or not keys[found.to_base[j]]
    ]
    taken = set(elements.notes)
    for note in fresh:
        _add_element(state, f"{elements.name}/n:{':'.join(map(str, note))}", taken)
    _advance_points(state, elements, Placing(placing.line).values(before), placing.values(after))
    if placing.name(new.end_tick) != elements.end:
        state.write(f"{elements.name}/end", placing.name(new.end_tick))


def _advance_notes(
    state: JoinState, before: list[Note], after: list[Note], keys: list[str], found: Alignment, line: Line
) -> None:
    """Take away and write notes; `keys` are the ids of those before, "" for one that has none."""
    for i, note in enumerate(before):
        j = found.to_side[i]
        if j < 0 and keys[i]:
            state.remove(keys[i], ATTRIBUTES)
        elif j >= 0 and after[j] != note and keys[i]:
            state.touch(keys[i])
            for name, was, now in zip(ATTRIBUTES, note, after[j]):
                if was != now:
                    state.write(f"{keys[i]}/{name}", line.named(now) if name == ATTRIBUTES[ONSET] else now)


def _add_element(state: JoinState, stem: str, taken: set[str]) -> str:
    """Bring an element to life under its first id that is not in use."""
    count = 0
    while f"{stem}#{count}" in taken:
        count += 1
    key = f"{stem}#{count}"
    taken.add(key)
    state.touch(key)
    return key


def _advance_points(state: JoinState, elements: _Elements, before: Values, after: Values) -> None:
    taken = set(elements.events)
    for slot in sorted(before.keys() | after.keys(), key=lambda each: (each[1], dump(each[0]))):
        was, now = before.get(slot, ()), after.get(slot, ())
        if was == now:
            continue
        if slot[0][0] not in OPAQUE:
            state.write(slot_key(elements.name, slot), [[tick, body.hex()] for tick, body in now])
            continue
        for row in sorted(set(was) | set(now)):
            stem = f"{elements.name}/e:{row[0]}:{row[1].hex()}"
            surplus = now.count(row) - was.count(row)
            here = sorted(key for key in taken if key.rpartition("#")[0] == stem)
            for key in here[len(here) + surplus :] if surplus < 0 else ():
                state.remove(key)
                taken.discard(key)
            for _ in range(surplus):
                _add_element(state, stem, taken)


def _removed(state: JoinState, actor: str) -> JoinState:
    state = state.copy(actor)
    state.remove("file")
    return state


FILE_JOIN = FileJoin(
    read=JoinState.from_bytes,
    lift=lambda path, data: lift(data),
    build=lambda path, state: build(state),
    advance=lambda path, state, data, actor: advance(state, data, actor),
    remove=_removed,
    alive=lambda state: state.alive("file"),
)
