"""A score as a Standard MIDI File, for the page: it draws and plays scores as it does MIDI files.

Written order: bar N of the file is bar N of the score, repeats are not played out, and a bar that is shorter or longer
than its time signature says (a pick-up) gets one of its own. Pitches sound (transposing instruments, the octave lines
of MusicXML); tied notes are one; grace notes are short and stand on their main note; velocity follows dynamics.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from muse.core import midi_file
from muse.core.midi_file import MidiTrack
from muse.core.xml_tree import Node
from muse.plugins.score.musescore import TYPES, timed
from muse.plugins.score.outline import Score, instruments, semitones
from muse.plugins.score.values import whole

_LOUD = {"ppp": 16, "pp": 33, "p": 49, "mp": 64, "mf": 80, "f": 96, "ff": 112, "fff": 126, "sfz": 112, "fp": 96}
_NORMAL = 80
_GRACE = Fraction(1, 32)


class Sound(NamedTuple):
    """A note: where in its bar, how long, which pitch; `tied` to the one that sounds there already."""

    onset: Fraction
    length: Fraction
    pitch: int
    tied: bool = False


class Sign(NamedTuple):
    """What holds from a place in a bar on: a meta event of MIDI, or a velocity (kind -1)."""

    onset: Fraction
    kind: int
    payload: bytes


class End(NamedTuple):
    """How far a voice of a bar reaches."""

    onset: Fraction


Item = Sound | Sign | End
_VELOCITY = -1


class _Open(NamedTuple):
    """A note that has begun: its place in the piece, and its velocity."""

    onset: Fraction
    end: Fraction
    velocity: int


@dataclass
class _Voice:
    """What holds in a part from one bar to the next."""

    track: MidiTrack
    transposed: int = 0
    divisions: int = 1
    velocity: int = _NORMAL
    drums: dict[str, int] = field(default_factory=dict)
    open: dict[int, _Open] = field(default_factory=dict)
    """Notes that may be tied on, by pitch."""


def midi_of(score: Score) -> bytes:
    """The bytes of the file; one track for each part (a staff, in MuseScore), in order."""
    voices = _musescore_voices(score) if score.muse_score else _musicxml_voices(score)
    read = _musescore if score.muse_score else _musicxml
    start, nominal, written = Fraction(0), bytes((4, 2, 24, 8)), b""
    for column in score.columns:
        if not column.bar:
            continue
        bars = [[] if cell is None else list(read(cell, voice)) for cell, voice in zip(column.cells, voices)]
        signs = [item for bar in bars for item in bar if isinstance(item, Sign)]
        nominal = next((sign.payload for sign in signs if sign.kind == midi_file.TIME), nominal)
        ends = [item.onset for bar in bars for item in bar if isinstance(item, End)]
        length = max(ends, default=Fraction(0)) or _length(nominal)
        wanted = nominal if length == _length(nominal) else _own(length) or nominal
        if wanted != written:
            voices[0].track.sign(start, midi_file.TIME, wanted)
            written = wanted
        told = {
            (sign.onset, sign.kind): sign for sign in reversed(signs) if sign.kind not in (midi_file.TIME, _VELOCITY)
        }
        for sign in told.values():  # tempo, key and marks hold for all parts and are told once
            voices[0].track.sign(start + sign.onset, sign.kind, sign.payload)
        for bar, voice in zip(bars, voices):
            _sound(bar, voice, start)
        start += length
    for voice in voices:
        _close(voice)
    return midi_file.written([voice.track for voice in voices], start)


def _length(signature: bytes) -> Fraction:
    return Fraction(signature[0], 1 << signature[1])


def _own(length: Fraction) -> bytes | None:
    """A signature for a bar of this length, in quarters where that is possible."""
    unit = max(4, length.denominator)
    return midi_file.time(int(length * unit), unit)


def _sound(bar: list[Item], voice: _Voice, start: Fraction) -> None:
    """Put the notes of a bar into the track; one that may be tied on waits for its end."""
    loud = sorted((item.onset, item.payload[0]) for item in bar if isinstance(item, Sign) and item.kind == _VELOCITY)
    for note in sorted(item for item in bar if isinstance(item, Sound)):
        while loud and loud[0][0] <= note.onset:
            voice.velocity = loud.pop(0)[1]
        onset = start + note.onset
        known = voice.open.get(note.pitch)
        if note.tied and known is not None and known.end == onset:
            voice.open[note.pitch] = known._replace(end=onset + note.length)
            continue
        if known is not None:
            _write(voice, note.pitch, known)
        voice.open[note.pitch] = _Open(onset, onset + note.length, voice.velocity)
    if loud:
        voice.velocity = loud[-1][1]


def _write(voice: _Voice, pitch: int, note: _Open) -> None:
    voice.track.note(note.onset, note.end - note.onset, pitch, note.velocity)


def _close(voice: _Voice) -> None:
    for pitch, note in voice.open.items():
        _write(voice, pitch, note)


# MusicXML ------------------------------------------------------------------------------------------------------------


def _musicxml_voices(score: Score) -> list[_Voice]:
    parts = {}
    for entry in getattr(score.root.child("part-list"), "children", []):
        if entry.tag == "score-part":
            parts[entry.get("id")] = entry
    return [_musicxml_voice(part.name, parts.get(part.id)) for part in score.parts]


def _musicxml_voice(name: str, entry: Node | None) -> _Voice:
    played = [] if entry is None else entry.all("midi-instrument")
    drums = {each.get("id"): whole(each.word("midi-unpitched")) - 1 for each in played if each.word("midi-unpitched")}
    program = whole(played[0].word("midi-program")) - 1 if played else 0
    on_ten = any(each.word("midi-channel") == "10" for each in played)
    return _Voice(MidiTrack(name, program, drums=on_ten), drums=drums)


def _musicxml(cell: Node, voice: _Voice) -> Iterator[Item]:
    at = last = Fraction(0)
    for child in cell.children:
        if child.tag in ("backup", "forward"):
            at += Fraction(whole(child.word("duration")), voice.divisions * 4) * (1 if child.tag == "forward" else -1)
            yield End(at)
        elif child.tag == "note":
            length = Fraction(whole(child.word("duration")), voice.divisions * 4)
            if child.child("chord") is None and child.child("grace") is None:
                last, at = at, at + length
                yield End(at)
            beside = child.child("chord") is not None and child.child("grace") is None
            yield from _musicxml_note(child, last if beside or child.child("grace") is None else at, length, voice)
        elif child.tag == "attributes":
            yield from _attributes(child, at, voice)
        elif child.tag in ("direction", "sound"):
            yield from _direction(child, at)


def _musicxml_note(note: Node, onset: Fraction, length: Fraction, voice: _Voice) -> Iterator[Sound]:
    if note.child("rest") is not None or note.child("cue") is not None:
        return
    pitch, instrument = note.child("pitch"), note.child("instrument")
    if pitch is not None:
        number = semitones(pitch) + voice.transposed
    elif instrument is not None and instrument.get("id") in voice.drums:
        number = voice.drums[instrument.get("id")]
    else:
        shown = note.child("unpitched")
        number = 60 if shown is None else semitones(shown, "display-")
    tied = any(tie.get("type") == "stop" for tie in note.all("tie"))
    yield Sound(onset, length if note.child("grace") is None else _GRACE, number, tied)


def _attributes(node: Node, at: Fraction, voice: _Voice) -> Iterator[Sign]:
    voice.divisions = max(1, whole(node.word("divisions"))) if node.word("divisions") else voice.divisions
    moved = node.child("transpose")
    if moved is not None:
        voice.transposed = whole(moved.word("chromatic")) + 12 * whole(moved.word("octave-change"))
    time, key = node.child("time"), node.child("key")
    if time is not None:
        beats = sum(whole(count) for count in time.word("beats").split("+"))
        payload = midi_file.time(beats, whole(time.word("beat-type")))
        if payload is not None:
            yield Sign(at, midi_file.TIME, payload)
    if key is not None and key.word("fifths"):
        yield _key(at, whole(key.word("fifths")), voice.transposed, minor=key.word("mode") == "minor")


def _key(at: Fraction, fifths: int, transposed: int, *, minor: bool) -> Sign:
    """The key that sounds: a semitone up is seven fifths, and keys of more than six signs have a simpler name."""
    if transposed % 12:
        fifths = (fifths + 7 * transposed + 5) % 12 - 5
    return Sign(at, midi_file.KEY, midi_file.key(fifths, minor))


def _direction(node: Node, at: Fraction) -> Iterator[Sign]:
    sound = node if node.tag == "sound" else node.child("sound")
    if sound is not None and sound.get("tempo"):
        yield from _tempo(at, sound.get("tempo"), 1)
    for holder in node.all("direction-type"):
        for child in holder.children:
            if child.tag == "metronome" and (sound is None or not sound.get("tempo")):
                beat = TYPES.get(child.word("beat-unit"), Fraction(1, 4)) * 4
                yield from _tempo(
                    at, child.word("per-minute"), beat * (2 - Fraction(1, 2) ** len(child.all("beat-unit-dot")))
                )
            elif child.tag == "rehearsal":
                yield Sign(at, midi_file.MARKER, child.text.encode()[:200])
            elif child.tag == "dynamics":
                yield from _loud(at, [each.tag for each in child.children])


def _tempo(at: Fraction, text: str, quarters: Fraction | int) -> Iterator[Sign]:
    try:
        beats = float(text)
    except ValueError:
        return
    if 0 < beats < 10_000:
        yield Sign(at, midi_file.TEMPO, midi_file.tempo(beats * float(quarters)))


def _loud(at: Fraction, names: list[str]) -> Iterator[Sign]:
    yield from (Sign(at, _VELOCITY, bytes((_LOUD[name],))) for name in names if name in _LOUD)


# MuseScore -----------------------------------------------------------------------------------------------------------


def _musescore_voices(score: Score) -> list[_Voice]:
    parts = {staff: part for part, staves in instruments(score.root) for staff in staves}
    return [_musescore_voice(part.name, parts.get(part.id)) for part in score.parts]


def _musescore_voice(name: str, part: Node | None) -> _Voice:
    instrument = None if part is None else part.child("Instrument")
    if instrument is None:
        return _Voice(MidiTrack(name))
    program = instrument.path("Channel", "program")
    drums = instrument.word("useDrumset") == "1"
    track = MidiTrack(name, 0 if program is None else whole(program.get("value")), drums=drums)
    return _Voice(track, whole(instrument.word("transposeChromatic")))


def _musescore(cell: Node, voice: _Voice) -> Iterator[Item]:
    for child in cell.all("voice"):
        end = Fraction(0)
        for event, at, length in timed(child):
            end = at + length
            if event.tag in ("Chord", "Rest"):
                for note in event.all("Note"):
                    yield Sound(at, length or _GRACE, whole(note.word("pitch")), _is_tied(note))
            else:
                yield from _musescore_sign(event, at, voice)
        yield End(end)


def _is_tied(note: Node) -> bool:
    return any(line.get("type") == "Tie" and line.child("prev") is not None for line in note.all("Spanner"))


def _musescore_sign(event: Node, at: Fraction, voice: _Voice) -> Iterator[Sign]:
    if event.tag == "TimeSig":
        payload = midi_file.time(whole(event.word("sigN")), whole(event.word("sigD")))
        if payload is not None:
            yield Sign(at, midi_file.TIME, payload)
    elif event.tag == "KeySig":
        if event.word("concertKey"):
            yield _key(at, whole(event.word("concertKey")), 0, minor=event.word("mode") == "minor")
        elif event.word("accidental"):
            yield _key(at, whole(event.word("accidental")), voice.transposed, minor=event.word("mode") == "minor")
    elif event.tag == "Tempo":
        yield from _tempo(at, event.word("tempo"), 60)
    elif event.tag == "RehearsalMark":
        yield Sign(at, midi_file.MARKER, _plain(event).encode()[:200])
    elif event.tag == "Dynamic":
        yield from _loud(at, [event.word("subtype")])


def _plain(event: Node) -> str:
    found = event.child("text")
    return "" if found is None else " ".join(leaf.text for _, leaf in found.leaves())
