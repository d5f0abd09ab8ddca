"""Questions about music: which notes are where, and who wrote them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from muse.core.errors import FormatError, UsageError
from muse.core.progress import counted
from muse.plugins.midi.file.address import note_addresses, pitch_at, track_name
from muse.plugins.midi.file.bars import TimeMap, time_map
from muse.plugins.midi.file.codec import Song, Track, parse
from muse.plugins.midi.file.general_midi import DRUM_CHANNEL, DRUMS
from muse.plugins.midi.file.model import Content, Note
from muse.plugins.midi.file.spelling import key_at, length_words, pitch_letters
from muse.plugins.midi.match.notes import align
from muse.plugins.midi.show.carried import Carried
from muse.plugins.midi.show.listing import at_words
from muse.plugins.midi.show.noise import expressive, renumbered

_PITCH = re.compile(r"([A-Ga-g])([#b♯♭]?)(-?\d+)")
_KEPT = 8  # versions held at once: a history may have more than memory holds
_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


class Found(NamedTuple):
    """A note and its place: track index and name, bar and beat from 1, ticks past the beat, address in its file."""

    track: int
    track_name: str
    bar: int
    beat: int
    tick: int
    note: Note
    address: str
    length: str
    place: str
    pitch: str
    letters: str

    def words(self) -> str:
        """One line: `Bass 17:3+1/8 C♯3 1/8 vel 80`."""
        length = "" if self.length == "" else f"{self.length} "
        return f"{self.title} {self.place} {self.pitch} {length}vel {self.note[4]}"

    @property
    def title(self) -> str:
        """The track as a person calls it."""
        return self.track_name if self.track_name.strip() else f"track {self.track + 1}"

    def as_json(self) -> dict[str, object]:
        """Plain JSON."""
        channel, pitch, onset, length, velocity, _ = self.note
        return {
            "track": self.track, "track_name": self.track_name, "bar": self.bar, "beat": self.beat, "tick": self.tick,
            "channel": channel, "pitch": pitch, "name": self.letters, "onset": onset, "length": length,
            "velocity": velocity, "address": self.address,
        }  # fmt: skip


class Query(NamedTuple):
    """What to look for; None means anything. Ranges include both ends."""

    pitches: tuple[int, int] | None = None
    bars: tuple[int, int] | None = None
    track: str | None = None
    channel: int | None = None
    velocities: tuple[int, int] | None = None


def parse_pitch(text: str) -> int:
    """`C4`, `c#4`, `Bb3` or a number from 0 to 127 as a number; C4 is 60."""
    match = _PITCH.fullmatch(text)
    if match:
        letter, accidental, octave = match.groups()
        value = _STEPS[letter.upper()] + {"": 0, "#": 1, "b": -1, "♯": 1, "♭": -1}[accidental] + 12 * (int(octave) + 1)
    elif text.isascii() and text.isdigit():
        value = int(text)
    else:
        raise UsageError(f"{text!r} is not a pitch", hint="write C4, F#3, Bb2 or a number from 0 to 127")
    if not 0 <= value < 128:
        raise UsageError(f"{text!r} is not a MIDI pitch", hint="C-1 to G9, or 0 to 127")
    return value


def parse_pitches(text: str) -> tuple[int, int]:
    """`C4` or `C4..G5`."""
    first, _, last = text.partition("..")
    return parse_pitch(first), parse_pitch(last or first)


def parse_range(text: str) -> tuple[int, int]:
    """`5` or `5-8`."""
    first, _, last = text.partition("-")
    try:
        return int(first), int(last or first)
    except ValueError:
        raise UsageError(f"{text!r} is not a range", hint="write 5 or 5-8") from None


def find_notes(data: bytes, query: Query) -> Iterator[Found]:
    """The notes of a file that match, track by track in order of time; FormatError when it is no MIDI file, and behind
    those of a damaged one that can be read."""
    song = parse(data, lenient=True)
    times = time_map(song)
    for index, track in enumerate(song.tracks):
        name = _text(track_name(track))
        if (
            query.track is not None
            and query.track != str(index + 1)
            and (query.track.lower() not in name.lower() or query.track.isdecimal())
        ):
            continue
        content = Content(track)
        own = times if song.format != 2 else time_map(song, track)
        wanted = [i for i, note in enumerate(content.notes) if _matches(note, query, own)]
        yield from _found(index, name, content, wanted, own)
    if song.problems:
        raise FormatError(f"damaged, so there may be more: {song.problems[0]}")


def _matches(note: Note, query: Query, times: TimeMap) -> bool:
    channel, pitch, onset, _, velocity, _ = note
    return (
        (query.pitches is None or query.pitches[0] <= pitch <= query.pitches[1])
        and (query.channel is None or query.channel == channel)
        and (query.velocities is None or query.velocities[0] <= velocity <= query.velocities[1])
        and (query.bars is None or query.bars[0] <= times.position(onset)[0] <= query.bars[1])
    )


def _found(index: int, name: str, content: Content, wanted: Sequence[int], times: TimeMap) -> Iterator[Found]:
    addresses = note_addresses(index, times, content.notes, list(wanted))
    for i in wanted:
        note = content.notes[i]
        drum = note[0] == DRUM_CHANNEL and note[1] in DRUMS
        yield Found(
            index, name, *times.position(note[2]), note, addresses[i],
            "" if drum else length_words(note[3], times.beat), at_words(times, note[2]), pitch_at(times, note),
            pitch_letters(note[1], key_at(times.keys, note[2])),
        )  # fmt: skip


def _text(name: bytes) -> str:
    try:
        return name.decode()
    except UnicodeDecodeError:
        return name.decode("latin-1")


# Who wrote it --------------------------------------------------------------------------------------------------------


class Blamed(NamedTuple):
    """A note of the newest version, and the version that last changed it."""

    found: Found
    version: str


def blame_notes(versions: Mapping[str, bytes], parents: Mapping[str, Sequence[str]], newest: str) -> list[Blamed]:
    """Which version wrote each note of the newest one.

    `versions`: version -> the file's bytes in it; `parents`: version -> the versions it was made from (those without
    the file left out). A note that one parent already had, with all its attributes, was written there or before.
    """

    @lru_cache(maxsize=_KEPT)
    def song_of(name: str) -> Song | None:
        try:
            return parse(versions[name])
        except (KeyError, ValueError):
            return None  # one that cannot be read has written nothing that we know of

    head = song_of(newest)
    if head is None:
        raise FormatError("damaged: " + _damage(versions.get(newest, b"")))
    owner: dict[tuple[int, int], str] = {}
    contents = {newest: [Content(track) for track in head.tracks]}
    open_notes: dict[str, dict[tuple[int, int], list[tuple[int, int]]]] = {
        newest: {(t, i): [(t, i)] for t, each in enumerate(contents[newest]) for i in range(len(each.notes))}
    }
    for version in counted(_parents_last(parents, newest), "reading versions"):
        waiting = open_notes.pop(version, {})
        here, own = contents.pop(version, []), song_of(version)
        for parent in parents.get(version, ()):
            song = song_of(parent) if waiting else None
            if not waiting or song is None or own is None:
                continue
            there = contents.setdefault(parent, [Content(track) for track in song.tracks])
            passed = _passed(here, there, waiting, (song, own))
            known = open_notes.setdefault(parent, {})
            for key, inherited in passed.items():
                known.setdefault(inherited, []).extend(waiting.pop(key))
        for keys in waiting.values():
            owner.update(dict.fromkeys(keys, version))
    return _in_order(head, owner)


def _damage(data: bytes) -> str:
    return next(iter(parse(data, lenient=True).problems), "it cannot be read")


def _parents_last(parents: Mapping[str, Sequence[str]], newest: str) -> list[str]:
    """All versions, each before the versions it was made from."""
    children: dict[str, int] = {newest: 0}
    stack = [newest]
    while stack:
        for parent in parents.get(stack.pop(), ()):
            if parent not in children:
                children[parent] = 0
                stack.append(parent)
            children[parent] += 1
    ready, order = [newest], []
    while ready:
        version = ready.pop()
        order.append(version)
        for parent in parents.get(version, ()):
            children[parent] -= 1
            if not children[parent]:
                ready.append(parent)
    return order


def _passed(
    here: list[Content], there: list[Content], waiting: Mapping[tuple[int, int], object], songs: tuple[Song, Song]
) -> dict[tuple[int, int], tuple[int, int]]:
    """Notes that the older version already has: (track, note) here -> there; `songs`: the older one and this one.

    Bars that moved, other ticks and releases, and tracks put into one are nobody's authorship.
    """
    carried = Carried(*songs)
    beat = songs[1].ticks_per_beat
    found: dict[tuple[int, int], tuple[int, int]] = {}
    stood: list[list[tuple[int, Note]]] = []
    for content in there:
        notes = ((i, carried.note(note)) for i, note in enumerate(content.notes))
        stood.append([(i, note) for i, note in notes if note is not None])
    for old, new in enumerate(carried.matched):
        if new < 0:
            continue
        channel = renumbered(there[old], here[new])
        strict = expressive(there[old].notes) or expressive(here[new].notes)
        before = [note if channel is None else (channel[1], *note[1:]) for _, note in stood[old]]
        pairs = align(before, here[new].notes, beat, beat * 4)
        for j, at in enumerate(pairs.to_base):
            if at >= 0 and (new, j) in waiting and _alike(before[at], here[new].notes[j], carried.slack, strict):
                found[new, j] = (old, stood[old][at][0])
    if songs[0].format != songs[1].format:
        _regrouped(here, stood, waiting, found)
    return found


def _alike(old: Note, new: Note, slack: int, strict: bool) -> bool:
    """True for notes that sound the same; `strict` when the release belongs to that."""
    near = abs(old[2] - new[2]) <= slack and abs(old[3] - new[3]) <= slack
    return near and old[:2] == new[:2] and old[4] == new[4] and (not strict or old[5] == new[5])


def _regrouped(
    here: list[Content], stood: list[list[tuple[int, Note]]], waiting: Mapping[tuple[int, int], object],
    found: dict[tuple[int, int], tuple[int, int]],
) -> None:  # fmt: skip
    """Find notes whose track was put together with others, or taken apart."""
    free: dict[Note, list[tuple[int, int]]] = {}
    used = set(found.values())
    for t, notes in enumerate(stood):
        for i, note in notes:
            if (t, i) not in used:
                free.setdefault((*note[:5], 0), []).append((t, i))
    for t, i in waiting:
        places = free.get((*here[t].notes[i][:5], 0))
        if (t, i) not in found and places:
            found[t, i] = places.pop(0)


def _in_order(head: Song, owner: Mapping[tuple[int, int], str]) -> list[Blamed]:
    times = time_map(head)
    out = []
    for t, track in enumerate(head.tracks):
        content = Content(track)
        own = times if head.format != 2 else time_map(head, track)
        for i, found in enumerate(_found(t, _text(track_name(track)), content, range(len(content.notes)), own)):
            out.append(Blamed(found, owner[t, i]))
    return out


def blame_bars(blamed: Sequence[Blamed]) -> list[tuple[int, str, int, dict[str, int]]]:
    """(track, its name, bar, version -> notes) for each bar with notes."""
    bars: dict[tuple[int, str, int], dict[str, int]] = {}
    for found, version in blamed:
        counts = bars.setdefault((found.track, found.track_name, found.bar), {})
        counts[version] = counts.get(version, 0) + 1
    return [(*key, counts) for key, counts in sorted(bars.items())]


__all__ = ["Blamed", "Found", "Query", "Track", "blame_bars", "blame_notes", "find_notes", "parse_pitch"]
