"""A piece of music in several versions, as what there is to draw: notes, lanes, bars, tempo, and who has what.

Every distinct note stands once, with a bit for each version that has it; so a page holds a note that nobody touched
once, whatever the number of panels. Horizontal unit: 24 to the quarter note. Bars that only some versions have stand
on the line of all (`bar_line.py`), and the others have a gap there.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import lcm
from typing import TYPE_CHECKING, Any, NamedTuple

from muse.core.errors import FormatError
from muse.domain import PlayedPlugin

if TYPE_CHECKING:
    from muse.domain import ConflictRecord, Played, PlayedPlace
    from muse.plugins.midi.file.bars import TimeMap
    from muse.plugins.midi.file.codec import Song, Track
    from muse.view.bar_line import Line

UNIT = 24
_MOST_LANES = 24
_QUIET_LANES = 4
_MOST_BARS = 5_000
_HEARD = frozenset((0, 7, 10, 11, 64))
_ADDRESS = re.compile(r"track:(\d+)(?:/(\w+):(\d+):(\d+):(\d+)(?::(\d+))?(?::(\d+))?)?")

_NAMED = re.compile(r"(?:(.+)/)?[a-z_]+:(\d{1,7})(?:-\d+)?")
_BARS = re.compile(r"bars:(\d{1,6})(?:-(\d{1,6}))?")
_AT = re.compile(r"\bbar (\d{1,6})(?: beat (\d{1,4}))?\b")


@dataclass
class Note:
    """One note; `have` has bit n set when version n has it. `x` and `width` are in units."""

    track: int
    channel: int
    pitch: int
    x: float
    width: float
    velocity: int
    have: int


@dataclass
class Lane:
    """One controller, bend or pressure of a channel: version -> its points (x, value)."""

    name: str
    track: int
    low: int
    high: int
    points: dict[int, list[tuple[float, int]]] = field(default_factory=dict)

    def differs(self, versions: int) -> bool:
        """True when not every version has the same curve."""
        return len(self.points) < versions or len({tuple(points) for points in self.points.values()}) > 1


class Part(NamedTuple):
    """What plays a track: its first channel (from 0) and program, and their name."""

    channel: int
    program: int
    instrument: str


@dataclass
class Mark:
    """Where a conflict is: `index` into the list of conflicts; track None when it is about none,
    pitch None when it is no note."""

    index: int
    track: int | None
    x: float
    pitch: int | None


@dataclass
class Score:
    """All there is to draw and to hear.

    `signs`: (x, text, have) of tempo, metre, key, markers; `tempo`: version -> (x, microseconds per quarter);
    `measures`: (x, number, units per beat); `controls`: version -> (x, status, data, data) of programs, bends and the
    controllers one hears; `flats`: the first key signature has flats; `gaps`: version -> (from, to) where others have
    bars that it has not.
    """

    sides: list[str]
    tracks: list[str] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    lanes: list[Lane] = field(default_factory=list)
    bars: list[tuple[float, int]] = field(default_factory=list)
    signs: list[tuple[float, str, int]] = field(default_factory=list)
    tempo: dict[int, list[tuple[float, int]]] = field(default_factory=dict)
    marks: list[Mark] = field(default_factory=list)
    width: float = 0
    parts: list[Part] = field(default_factory=list)
    measures: list[tuple[float, int, float]] = field(default_factory=list)
    controls: dict[int, list[tuple[float, int, int, int]]] = field(default_factory=dict)
    flats: bool = False
    gaps: dict[int, list[tuple[float, float]]] = field(default_factory=dict)
    written: bool = False
    """The file says more than is drawn: words, signs, layout."""
    damaged: list[str] = field(default_factory=list)
    """Versions of which only a part can be read."""

    @property
    def everywhere(self) -> int:
        """The bits of a note that every version has."""
        return (1 << len(self.sides)) - 1

    @property
    def pitches(self) -> tuple[int, int]:
        """Lowest and highest pitch, with room above and below."""
        used = [note.pitch for note in self.notes] or [60]
        return max(0, min(used) - 2), min(127, max(used) + 2)


def read_score(
    path: str, sides: Mapping[str, bytes | None], conflicts: Sequence[ConflictRecord], plugin: Any
) -> Score | None:
    """The versions of one file together; None for no music, and when none of them can be read."""
    if not isinstance(plugin, PlayedPlugin):
        return None
    score = Score(list(sides))
    songs: dict[int, Song] = {}
    told: dict[int, Played] = {}
    for version, data in enumerate(sides.values()):
        if data:
            try:
                played = plugin.played(data, path)
                songs[version] = _parsed(played.midi, score, version)
            except FormatError:
                continue
            told[version] = played
            score.written = score.written or played.midi is not data
    if not songs:
        return None
    reader = _Reader(score, songs)
    reader.read()
    if any(played.places for played in told.values()):
        _place_entries(reader, told, conflicts)
    else:
        _place_marks(reader, next(filter(None, (played.tracks for played in told.values())), ()), conflicts)
    return score


def _parsed(data: bytes, score: Score, version: int) -> Song:
    """A file as it is; of a damaged one what can be read, which `score` notes."""
    from muse.plugins.midi.file.codec import parse

    try:
        return parse(data)
    except FormatError:
        song = parse(data, lenient=True)
        score.damaged.append(score.sides[version])
        return song


class _Reader:
    def __init__(self, score: Score, songs: dict[int, Song]) -> None:
        from muse.view.bar_line import lines

        self.score = score
        self.songs = songs
        self.beats = {version: max(1, song.ticks_per_beat) for version, song in songs.items()}
        self.beat = lcm(*self.beats.values())
        self.lines: dict[int, Line] = lines(songs)
        self.known: list[Track] = []
        self.labels: dict[int, dict[int, int]] = {}
        """Version -> number of a track in the file -> its number in the picture."""

    def x(self, tick: int, version: int) -> float:
        """Where a tick of a version is in the picture."""
        return self.wide(self.lines[version].tick(tick), version)

    def at(self, quarters: float, version: int) -> float:
        """Where a place counted in quarters is in the picture."""
        return self.x(round(quarters * self.beats[version]), version)

    def wide(self, ticks: int, version: int) -> float:
        return round(ticks * UNIT / self.beats[version], 2)

    def read(self) -> None:
        notes: dict[tuple[int, ...], Counter[int]] = {}
        lanes: dict[tuple[int, int, int], Lane] = {}
        signs: dict[tuple[float, str], int] = {}
        for version, song in self.songs.items():
            self.score.tempo[version] = [(0, 500_000)]
            for label, track in self._labelled(version, song):
                self._notes(version, label, track, notes)
                self._events(version, label, track, lanes, signs)
                self.score.width = max(self.score.width, self.x(track.end_tick, version))
            self.score.tempo[version].sort(key=lambda point: point[0])
            self.score.controls.get(version, []).sort(key=lambda control: control[0])
        self._collect(notes, lanes, signs)
        self._bars()
        for version, line in self.lines.items():
            found = [(self.wide(start, version), self.wide(stop, version)) for start, stop in line.gaps()]
            if found:
                self.score.gaps[version] = found

    def _labelled(self, version: int, song: Song) -> list[tuple[int, Track]]:
        """The tracks with their numbers in the picture, where one track keeps its number through all versions."""
        from muse.plugins.midi.file.address import track_name
        from muse.plugins.midi.match.tracks import match_tracks

        tracks = song.tracks
        labels = {other: index for index, other in enumerate(match_tracks(self.known, tracks)) if other >= 0}
        found = []
        for index, track in enumerate(tracks):
            label = labels.get(index)
            if label is None:
                label = len(self.known)
                self.known.append(track)
                name = track_name(track).decode("utf-8", "replace").strip()
                self.score.tracks.append(name or f"track {label}")
                self.score.parts.append(_part(track))
            found.append((label, track))
        self.labels[version] = {index: label for index, (label, _) in enumerate(found)}
        return found

    def _notes(self, version: int, label: int, track: Track, notes: dict[tuple[int, ...], Counter[int]]) -> None:
        from muse.plugins.midi.file.model import Content

        scale, place = self.beat // self.beats[version], self.lines[version].tick
        for channel, pitch, onset, length, velocity, _ in Content(track).notes:
            key = (label, channel, pitch, place(onset) * scale, length * scale, velocity)
            notes.setdefault(key, Counter())[version] += 1

    def _events(
        self,
        version: int,
        label: int,
        track: Track,
        lanes: dict[tuple[int, int, int], Lane],
        signs: dict[tuple[float, str], int],
    ) -> None:
        for tick, body in zip(track.ticks, track.bodies):
            x, status = self.x(tick, version), body[0]
            kind = status >> 4
            if kind in (0xC, 0xE) or (kind == 0xB and body[1] in _HEARD):
                heard = self.score.controls.setdefault(version, [])
                heard.append((x, status, body[1], body[2] if len(body) > 2 else 0))
            if kind in (0xB, 0xD, 0xE):
                key = (label, status, body[1] if kind == 0xB else 0)
                lane = lanes.setdefault(key, _lane(label, body))
                lane.points.setdefault(version, []).append((x, _value(body)))
            elif status == 0xFF and body[1] in (0x51, 0x58, 0x59, 0x06):
                text = _sign(body)
                signs[x, text] = signs.get((x, text), 0) | 1 << version
                if body[1] == 0x51 and len(body) == 5:
                    self.score.tempo[version].append((x, int.from_bytes(body[2:5], "big")))

    def _collect(
        self,
        notes: dict[tuple[int, ...], Counter[int]],
        lanes: dict[tuple[int, int, int], Lane],
        signs: dict[tuple[float, str], int],
    ) -> None:
        score, versions = self.score, len(self.songs)
        for (label, channel, pitch, onset, length, velocity), counts in sorted(notes.items()):
            x, width = round(onset * UNIT / self.beat, 2), max(0.5, round(length * UNIT / self.beat, 2))
            score.width = max(score.width, x + width)
            for copy in range(1, max(counts.values()) + 1):
                have = sum(1 << version for version, count in counts.items() if count >= copy)
                score.notes.append(Note(label, channel, pitch, x, width, velocity, have))
        changed = [lane for _, lane in sorted(lanes.items()) if lane.differs(versions)]
        quiet = [lane for _, lane in sorted(lanes.items()) if not lane.differs(versions)]
        score.lanes = changed[:_MOST_LANES] + quiet[:_QUIET_LANES]
        score.signs = sorted((x, text, have) for (x, text), have in signs.items())
        keys = [text for _, text, _ in score.signs if text in _FLAT_KEYS | _SHARP_KEYS]
        score.flats = bool(keys) and keys[0] in _FLAT_KEYS

    def _bars(self) -> None:
        """The bars as the last version has them; where it has a gap, as another one does."""
        last = max(self.songs)
        found = {x: (number, beat) for x, number, beat in self._bars_of(last)}
        gaps = [(self.wide(start, last), self.wide(stop, last)) for start, stop in self.lines[last].gaps()]
        for version in sorted(set(self.songs) - {last}, reverse=True) if gaps else []:
            for x, number, beat in self._bars_of(version):
                if any(start <= x < stop for start, stop in gaps):
                    found.setdefault(x, (number, beat))
        for x, (number, beat) in sorted(found.items()):
            self.score.bars.append((x, number))
            self.score.measures.append((x, number, beat))

    def _bars_of(self, version: int) -> Iterator[tuple[float, int, float]]:
        """Place, number and length of a beat of each bar of one version, to the end of the piece."""
        from muse.plugins.midi.file.bars import time_map

        times, tick = time_map(self.songs[version]), 0
        for _ in range(_MOST_BARS):
            x = self.x(tick, version)
            if x > self.score.width:
                return
            number = times.position(tick)[0]
            beat = max(1, times.tick(number, 2) - times.tick(number))
            yield x, number, self.wide(beat, version) or UNIT
            tick += max(1, times.bar_length(tick))


def _part(track: Track) -> Part:
    """The first program and channel of a track."""
    from muse.plugins.midi.file.general_midi import DRUM_CHANNEL, INSTRUMENTS

    program = next((body for body in track.bodies if body[0] >> 4 == 0xC), None)
    channel = next((body[0] & 15 for body in track.bodies if body[0] < 0xF0), 0)
    number = program[1] if program is not None else 0
    return Part(channel, number, "drums" if channel == DRUM_CHANNEL else INSTRUMENTS[number & 127])


def _lane(label: int, body: bytes) -> Lane:
    from muse.plugins.midi.file.dimensions import CONTROLLER_NAMES

    kind, channel = body[0] >> 4, (body[0] & 15) + 1
    if kind == 0xE:
        return Lane(f"pitch bend, channel {channel}", label, -8192, 8191)
    if kind == 0xD:
        return Lane(f"pressure, channel {channel}", label, 0, 127)
    return Lane(f"{CONTROLLER_NAMES.get(body[1], f'cc {body[1]}')}, channel {channel}", label, 0, 127)


def _value(body: bytes) -> int:
    kind = body[0] >> 4
    if kind == 0xE:
        return (body[2] << 7 | body[1]) - 8192
    return body[1] if kind == 0xD else body[2]


def _sign(body: bytes) -> str:
    from muse.plugins.midi.file.address import event_words

    words = event_words(body)
    for long, short in (("tempo ", "\u2669="), ("time signature ", ""), ("marker ", "")):
        if words.startswith(long):  # a marker may say anything, "tempo change" too
            return short + words.removeprefix(long).strip('"')
    words = words.removeprefix("key signature ")
    count, _, rest = words.partition(" ")
    sign, _, mode = rest.partition(" ")
    if count.isdigit() and int(count) < 8 and sign in ("sharps", "flats") and mode in ("major", "minor"):
        at = 7 + int(count) * (1 if sign == "sharps" else -1) + 3 * (mode == "minor")
        return f"{_FIFTHS[at]} {mode}"
    return words.strip('"')


_FIFTHS = ["C♭", "G♭", "D♭", "A♭", "E♭", "B♭", "F", "C", "G", "D", "A", "E", "B", "F♯", "C♯", "G♯", "D♯", "A♯"]


_FLAT_KEYS = frozenset(f"{name} {mode}" for mode, at in (("major", 0), ("minor", 3)) for name in _FIFTHS[at : at + 7])
_SHARP_KEYS = frozenset(f"{name} {mode}" for mode, at in (("major", 8), ("minor", 11)) for name in _FIFTHS[at : at + 7])


def _place_marks(reader: _Reader, names: Sequence[str], conflicts: Sequence[ConflictRecord]) -> None:
    """Addresses count bars as the merged line has them, which is the result's; those of bars, as the base."""
    from muse.plugins.midi.file.bars import time_map

    score, version, base = reader.score, max(reader.songs), min(reader.songs)
    times, before = time_map(reader.songs[version]), time_map(reader.songs[base])
    for index, record in enumerate(conflicts):
        found = _ADDRESS.search(record.address or "") if not names else _NAMED.fullmatch(record.address or "")
        if found is None:
            bars = _BARS.match(record.address or "")
            ends = [reader.x(before.tick(int(bar)), base) for bar in bars.groups() if bar] if bars else []
            score.marks += [Mark(index, None, x, None) for x in ends]
            continue
        if names:
            track, key = names.index(found[1]) if found[1] in names else None, None
            tick = times.tick(int(found[2]))
        else:
            number, kind, bar, at, inside, channel, pitch = found.groups()
            track = int(number) if int(number) < len(score.tracks) else None
            key = int(pitch) if kind == "note" and channel and pitch else None
            tick = times.tick(int(bar), int(at), int(inside)) if bar else 0
        mark = Mark(index, track, reader.x(tick, version), key)
        moved = {reader.x(each, version) for each in _told(record, times)} if key is not None else ()
        away = sorted(x for x in moved if abs(x - mark.x) >= UNIT)
        score.marks += [mark, *(Mark(index, track, x, None) for x in away)]


def _place_entries(reader: _Reader, told: Mapping[int, Played], conflicts: Sequence[ConflictRecord]) -> None:
    """Marks at the first and the last note that differs where a version has what a conflict is about, or what that is
    in; without such notes where it begins and ends."""
    score, changed = reader.score, [note for note in reader.score.notes if note.have != reader.score.everywhere]
    for index, record in enumerate(conflicts):
        found: dict[tuple[int | None, float, int | None], None] = {}
        for version, played in told.items():
            place = _nearest(record.address or "", played.places)
            if place is None:
                continue
            start, end = reader.at(place.start, version), reader.at(place.end, version)
            track = reader.labels[version].get(place.track)
            inside = [
                note
                for note in changed
                if note.track == track and start <= note.x < end and place.pitch in (None, note.pitch)
            ]
            ends = [(start, place.pitch), (max(start, end - UNIT / 2), place.pitch)]
            if inside:
                xs, pitches = [note.x for note in inside], [note.pitch for note in inside]
                ends = [(min(xs), min(pitches)), (max(xs), max(pitches))]
            found |= dict.fromkeys((track, *each) for each in ends)
        score.marks += [Mark(index, track, x, pitch) for track, x, pitch in found]


def _nearest(address: str, places: Mapping[str, PlayedPlace]) -> PlayedPlace | None:
    """The place of an address, or of the next thing above it that has one."""
    while address not in places:
        address, cut, _ = address.rpartition("@") if "@" in address else address.rpartition("/")
        if not cut:
            return None
    return places[address]


def _told(record: ConflictRecord, times: TimeMap) -> Iterator[int]:
    """Ticks of the places that a conflict's versions name: a note may have been moved."""
    for bar, beat in _AT.findall(f"{record.ours_summary}\n{record.theirs_summary}"):
        yield times.tick(int(bar), int(beat or 1))
