"""The notes of a project as a Standard MIDI File, for the page: it draws and plays them as it does MIDI files.

Clips of the arrangement stand where they are played, loops played out; clips that only wait in slots follow behind it,
one scene after the other. Audio, devices and automation are no notes and are left out: every track is a piano, or drums
where it holds a rack of them. Times in seconds count as the tempo of the project says, changes of it left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, isfinite

from muse.core import midi_file
from muse.core.errors import FormatError
from muse.core.midi_file import MidiTrack
from muse.core.xml_tree import Node
from muse.domain import Played, PlayedPlace
from muse.plugins.daw.formats import DAWPROJECT, LIVE, REAPER, Format
from muse.plugins.daw.tree import address_of, keyed, value_at

_MOST_NOTES = 300_000
_LEAST = 1e-3  # of a quarter: a shorter loop is none


@dataclass(frozen=True)
class Note:
    """A note in its clip, in quarters."""

    onset: float
    length: float
    pitch: int
    velocity: int


@dataclass
class Clip:
    """What is played from `begin` of its content on, for `length`, over and over where there is a `loop`."""

    address: str
    start: float
    length: float
    notes: list[Note]
    begin: float = 0
    loop: tuple[float, float] | None = None
    rate: float = 1

    def played(self) -> Iterator[Note]:
        """Its notes as they sound, counted from the clip's own start."""
        at, begin, count = 0.0, self.begin, 0
        loop = self.loop if self.loop and self.begin < self.loop[1] else None
        notes = self.notes
        again = [note for note in notes if loop[0] <= note.onset < loop[1]] if loop else []
        while at < self.length - _LEAST:
            stop = loop[1] if loop else begin + self.length * self.rate
            for note in notes:
                onset = at + (note.onset - begin) / self.rate
                if begin <= note.onset < stop and onset < self.length:
                    count += 1
                    yield Note(onset, min(note.length / self.rate, self.length - onset), note.pitch, note.velocity)
            if count > _MOST_NOTES:
                raise FormatError("more notes than can be drawn")
            at += (stop - begin) / self.rate
            notes = again
            if loop is None or loop[1] - loop[0] < _LEAST or not again:
                return
            begin = loop[0]


@dataclass
class Part:
    """A track: its clips in the arrangement, and those in its slots, by the number of the scene."""

    name: str
    drums: bool = False
    program: int = 0
    clips: list[Clip] = field(default_factory=list)
    slots: dict[int, Clip] = field(default_factory=dict)


@dataclass
class Project:
    """What is heard of a project."""

    parts: list[Part]
    tempo: float = 120
    signature: tuple[int, int] = (4, 4)
    scenes: list[str] = field(default_factory=list)


def played(form: Format, root: Node) -> Played:
    """The file, and where its clips are in it; FormatError for a project without notes."""
    project = _READERS[form.name](root)
    if not any(clip.notes for part in project.parts for clip in (*part.clips, *part.slots.values())):
        raise FormatError("a project without notes")
    tracks = [MidiTrack(part.name, part.program, drums=part.drums) for part in project.parts]
    tracks[0].sign(Fraction(0), midi_file.TEMPO, midi_file.tempo(project.tempo))
    time = midi_file.time(*project.signature)
    if time is not None:
        tracks[0].sign(Fraction(0), midi_file.TIME, time)
    return _Writer(project, tracks).written()


class _Writer:
    def __init__(self, project: Project, tracks: list[MidiTrack]) -> None:
        self.project, self.tracks = project, tracks
        self.places: dict[str, PlayedPlace] = {}
        self.end = 0.0
        self.count = 0
        beats, unit = project.signature
        self.bar = max(1.0, beats * 4 / max(unit, 1))

    def written(self) -> Played:
        parts = list(enumerate(self.project.parts))
        for number, part in parts:
            for clip in part.clips:
                self._clip(number, clip, clip.start)
        for scene in sorted({scene for _, part in parts for scene in part.slots}):
            at = ceil(self.end / self.bar - _LEAST) * self.bar
            name = self.project.scenes[scene] if scene < len(self.project.scenes) else ""
            text = (name or f"scene {scene + 1}").encode()[:200]
            self.tracks[0].sign(Fraction(at) / 4, midi_file.MARKER, text)
            for number, part in parts:
                if scene in part.slots:
                    self._clip(number, part.slots[scene], at)
        end = ceil(self.end / self.bar - _LEAST) * self.bar
        return Played(midi_file.written(self.tracks, Fraction(end) / 4), places=self.places)

    def _clip(self, number: int, clip: Clip, start: float) -> None:
        pitches: set[int] = set()
        for note in clip.played():
            self.count += 1
            if self.count > _MOST_NOTES:
                raise FormatError("more notes than can be drawn")
            pitches.add(note.pitch)
            onset, length = Fraction(start + note.onset) / 4, Fraction(max(note.length, 0)) / 4
            self.tracks[number].note(onset, length, note.pitch, note.velocity)
        end = start + clip.length
        self.end = max(self.end, end)
        self.places[clip.address] = PlayedPlace(number, start, end)
        for pitch in pitches:
            self.places[f"{clip.address}/KeyTrack:{pitch}"] = PlayedPlace(number, start, end, pitch)


def _number(text: str, otherwise: float = 0) -> float:
    try:
        found = float(text)
    except ValueError:
        return otherwise
    return found if isfinite(found) and abs(found) < 1e7 else otherwise


def _pitch(text: str) -> int:
    return max(0, min(127, int(_number(text, 60))))


def _steps(form: Format, node: Node, at: str) -> Iterator[tuple[Node, str]]:
    """What is in an element, each with its address."""
    for child, key in zip(node.children, keyed(form, node, node.children)):
        yield child, address_of(at, key)


def _below(form: Format, node: Node, at: str, tags: tuple[str, ...]) -> Iterator[tuple[Node, str]]:
    """Every element at a path of tags, with its address."""
    found = [(node, at)]
    for tag in tags:
        found = [step for one, here in found for step in _steps(form, one, here) if step[0].tag == tag]
    yield from found


# Ableton Live --------------------------------------------------------------------------------------------------------

_ARRANGED = ("DeviceChain", "MainSequencer", "ClipTimeable", "ArrangerAutomation", "Events", "MidiClip")
_SLOTS = ("DeviceChain", "MainSequencer", "ClipSlotList", "ClipSlot")


def _live(root: Node) -> Project:
    song = root.child("LiveSet")
    if song is None:
        raise FormatError("a project without a set in it")
    parts = [_live_part(track, at) for track, at in _below(LIVE, song, "", ("Tracks", "MidiTrack"))]
    project = Project(parts)
    mixer = next(
        (found for tag in ("MainTrack", "MasterTrack") if (found := song.path(tag, "DeviceChain", "Mixer"))), None
    )
    if mixer is not None:
        project.tempo = _number(value_at(LIVE, mixer, ("Tempo", "Manual", "@Value")), 120)
        code = int(_number(value_at(LIVE, mixer, ("TimeSignature", "Manual", "@Value")), 201))
        project.signature = (code % 99 + 1, 1 << max(0, min(code // 99, 6)))
    for tag in ("Scenes", "SceneNames"):
        scenes = song.child(tag)
        if scenes is not None:
            project.scenes = [value_at(LIVE, each, ("Name", "@Value")) for each in scenes.children]
    return project


def _live_part(track: Node, at: str) -> Part:
    name = next(filter(None, (value_at(LIVE, track, path) for path in LIVE.names)), "")
    part = Part(name, drums=b"<DrumGroupDevice" in track.raw)
    for clip, address in _below(LIVE, track, at, _ARRANGED):
        part.clips.append(_live_clip(clip, address, arranged=True))
    for number, (slot, here) in enumerate(_below(LIVE, track, at, _SLOTS)):
        for clip, address in _below(LIVE, slot, here, ("ClipSlot", "Value", "MidiClip")):
            part.slots[number] = _live_clip(clip, address, arranged=False)
    return part


def _live_clip(clip: Node, address: str, *, arranged: bool) -> Clip:
    def at(*path: str) -> float:
        return _number(value_at(LIVE, clip, (*path, "@Value")))

    notes = list(_live_notes(clip))
    start, first, begin = at("CurrentStart"), at("Loop", "LoopStart"), at("Loop", "StartRelative")
    last = max((note.onset + note.length for note in notes), default=0.0)
    last = at("Loop", "LoopEnd") if clip.path("Loop", "LoopEnd") is not None else last
    on = value_at(LIVE, clip, ("Loop", "LoopOn", "@Value")) == "true"
    length = last - first - begin
    if arranged and clip.child("CurrentEnd") is not None:
        length = at("CurrentEnd") - start
    if value_at(LIVE, clip, ("Disabled", "@Value")) == "true":
        notes = []
    return Clip(address, start, max(length, 0), notes, first + begin, (first, last) if on and arranged else None)


def _live_notes(clip: Node) -> Iterator[Note]:
    for key in getattr(clip.path("Notes", "KeyTracks"), "children", ()):
        pitch = _pitch(value_at(LIVE, key, ("MidiKey", "@Value")))
        for each in getattr(key.child("Notes"), "children", ()):
            told = each.attributes()
            if each.tag == "MidiNoteEvent" and told.get("IsEnabled") != "false":
                onset, length = _number(told.get("Time", "")), _number(told.get("Duration", ""))
                yield Note(onset, length, pitch, round(_number(told.get("Velocity", ""), 100)))


# Reaper --------------------------------------------------------------------------------------------------------------

_EVENT = re.compile(rb"^[ \t]*<?[EeXx]m? (\d+)(?: ([0-9A-Fa-f]{2}) ([0-9A-Fa-f]{2}) ([0-9A-Fa-f]{2})\b)?", re.MULTILINE)
_TICKS = re.compile(rb"^[ \t]*HASDATA \d+ (\d+)", re.MULTILINE)


def _reaper(root: Node) -> Project:
    project = Project([])
    tempo = root.child("TEMPO")
    if tempo is not None:
        project.tempo = max(1.0, _number(value_at(REAPER, tempo, ("1",)), 120))
        beats, unit = (int(_number(value_at(REAPER, tempo, (step,)), 4)) for step in ("2", "3"))
        project.signature = (beats, unit)
    for track, at in _below(REAPER, root, "", ("TRACK",)):
        part = Part(value_at(REAPER, track, ("NAME", "1")))
        channels: set[int] = set()
        for item, address in _below(REAPER, track, at, ("ITEM",)):
            clip = _reaper_clip(item, address, project.tempo / 60, channels)
            if clip is not None:
                part.clips.append(clip)
        part.drums = channels == {9}
        project.parts.append(part)
    return project


def _reaper_clip(item: Node, address: str, pace: float, channels: set[int]) -> Clip | None:
    """`pace`: quarters a second."""
    takes = [take for take in item.all("TAKE_PARTS") if b" SEL" in take.children[0].raw]
    take = takes[0] if takes else item
    source = take.child("SOURCE")
    if source is None or not source.raw.startswith(b"<SOURCE MIDI"):
        return None

    def at(node: Node, line: str, otherwise: float = 0) -> float:
        return _number(value_at(REAPER, node, (line, "1")), otherwise)

    notes, length = _reaper_notes(source.raw, channels)
    if at(item, "MUTE"):
        notes = []
    rate = max(at(take, "PLAYRATE", 1), 0.01)
    loop = (0.0, length) if at(item, "LOOP") and length > _LEAST else None
    start, wide, offset = (
        at(node, line) * pace for node, line in ((item, "POSITION"), (item, "LENGTH"), (take, "SOFFS"))
    )
    return Clip(address, start, max(wide, 0), notes, offset, loop, rate)


def _reaper_notes(source: bytes, channels: set[int]) -> tuple[list[Note], float]:
    ticks = _TICKS.search(source)
    quarter = max(1, int(ticks[1])) if ticks and len(ticks[1]) < 7 else 960
    at, notes, begun = 0.0, [], dict[tuple[int, int], tuple[float, int]]()
    for found in _EVENT.finditer(source):
        at += _number(found[1].decode()) / quarter
        if found[2] is None:
            continue
        status, pitch, value = (int(found[group], 16) for group in (2, 3, 4))
        key = status & 15, pitch & 127
        if status >> 4 in (8, 9) and key in begun:
            onset, velocity = begun.pop(key)
            notes.append(Note(onset, at - onset, key[1], velocity))
        if status >> 4 == 9 and value:
            begun[key] = at, value
            channels.add(key[0])
    return notes, at


# DAWproject ----------------------------------------------------------------------------------------------------------


def _dawproject(root: Node) -> Project:
    transport = root.child("Transport")
    project = Project([])
    if transport is not None:
        project.tempo = max(1.0, _number(value_at(DAWPROJECT, transport, ("Tempo", "@value")), 120))
        said = transport.child("TimeSignature")
        if said is not None:
            beats, unit = (int(_number(said.get(name), 4)) for name in ("numerator", "denominator"))
            project.signature = (beats, unit)
    reader = _Timelines(project)
    structure = root.child("Structure")
    for track in [] if structure is None else structure.children:
        reader.track(track)
    for arranged, at in _steps(DAWPROJECT, root, ""):
        if arranged.tag == "Arrangement":
            reader.visit(arranged, at, "", "beats")
    for number, (scene, at) in enumerate(_below(DAWPROJECT, root, "", ("Scenes", "Scene"))):
        project.scenes.append(scene.get("name"))
        reader.scene = number
        reader.visit(scene, at, "", "beats")
    return project


class _Timelines:
    """Walks through timelines that lie in each other; what is not said holds from outside."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.parts: dict[str, Part] = {}
        self.scene = -1
        self.count = 0  # of notes in clips that lie in clips

    def track(self, node: Node) -> None:
        if node.tag != "Track":
            return
        part = self.parts[node.get("id")] = Part(node.get("name"))
        self.project.parts.append(part)
        for child in node.children:
            self.track(child)

    def visit(self, node: Node, at: str, track: str, unit: str) -> None:
        track, unit = node.get("track") or track, node.get("timeUnit") or unit
        for child, address in _steps(DAWPROJECT, node, at):
            part = self.parts.get(track)
            if child.tag != "Clip":
                self.visit(child, address, track, unit)
            elif part is not None:
                clip = self._clip(child, address, unit)
                if self.scene < 0:
                    part.clips.append(clip)
                else:
                    part.slots[self.scene] = clip

    def _clip(self, node: Node, address: str, unit: str) -> Clip:
        inside = node.get("contentTimeUnit") or unit
        notes = list(self._notes(node, inside))
        end = max((note.onset + note.length for note in notes), default=0.0)
        start, begin = self._at(node, "time", unit), self._at(node, "playStart", inside)
        length = self._at(node, "duration", unit) if node.get("duration") else max(0.0, end - begin)
        loop = None
        if node.get("loopEnd"):
            loop = self._at(node, "loopStart", inside), self._at(node, "loopEnd", inside)
        return Clip(address, start, max(length, 0), [] if node.get("enable") == "false" else notes, begin, loop)

    def _notes(self, node: Node, unit: str) -> Iterator[Note]:
        for child in node.children:
            own = child.get("timeUnit") or unit
            if child.tag == "Note":
                velocity = round(127 * _number(child.get("vel"), 0.8))
                onset, length = self._at(child, "time", own), self._at(child, "duration", own)
                yield Note(onset, length, _pitch(child.get("key")), velocity)
            elif child.tag == "Clip":
                clip = self._clip(child, "", own)
                for note in clip.played():
                    self.count += 1
                    if self.count > _MOST_NOTES:
                        raise FormatError("more notes than can be drawn")
                    yield Note(clip.start + note.onset, note.length, note.pitch, note.velocity)
            elif child.tag in ("Lanes", "Clips", "Notes"):
                yield from self._notes(child, own)

    def _at(self, node: Node, name: str, unit: str) -> float:
        return _number(node.get(name)) * (self.project.tempo / 60 if unit == "seconds" else 1)


_READERS: dict[str, Callable[[Node], Project]] = {
    LIVE.name: _live,
    REAPER.name: _reaper,
    DAWPROJECT.name: _dawproject,
}
