"""What a program writes anew when it only saves a file: how notes end, how texts are encoded.

None of that is anybody's edit. Three versions are brought to one spelling before they are compared: ours', so that it
stays, and theirs' music comes in it. A release velocity that somebody played is music and left alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from muse.plugins.midi.file.codec import Song, Track, parse_track
from muse.plugins.midi.file.model import RELEASE, Content, Note
from muse.plugins.midi.file.write_track import emit

Contents = Callable[[Track], Content]
Three = tuple[Song, Song, Song]

_LEAST = 8  # notes of a file that all have to end alike before that is a program's doing
_MOST = 0.9  # share of them that have to


class Unified(NamedTuple):
    """The versions in one spelling, and whether a side was saved anew by another program."""

    songs: Three
    resaved: bool


def unify(songs: Three, twins: Sequence[Sequence[int]], contents: Contents) -> Unified:
    """The versions in ours' spelling where it, or theirs, is another program's; `twins` as of `match_tracks`."""
    base, ours, theirs = songs
    if all(len(set(tracks)) == 1 for tracks in _alike(songs, twins)):
        return Unified(songs, False)
    endings = [ending(song.tracks) for song in songs]
    found = [base, ours, theirs]
    if endings[1] is not None and endings[1] != endings[0]:
        found[0], found[2] = (_ended(song, endings[1], contents) for song in (base, theirs))
    elif endings[2] is not None and endings[2] != endings[0]:
        found[2] = _ended_as(base, theirs, twins[1], contents)
    texts = _Texts(songs, twins)
    found[0], found[2] = texts.applied(found[0], 0), texts.applied(found[2], 2)
    same = all(one is two for one, two in zip(found, songs))
    return Unified((found[0], found[1], found[2]), not same)


def _alike(songs: Three, twins: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Per base track the identities of its versions: one where nobody touched it."""
    sides = [song.tracks for song in songs[1:]]
    for index, track in enumerate(songs[0].tracks):
        others = [tracks[twin[index]] for tracks, twin in zip(sides, twins) if twin[index] >= 0]
        yield [id(track), *map(id, others)]


def ending(tracks: Sequence[Track]) -> int | None:
    """How nearly all notes of some tracks end, as `Note` has it; None where that differs from note to note."""
    counts: Counter[int] = Counter()
    for track in tracks:
        for body, count in Counter(track.bodies).items():
            if body[0] < 0x90 or (body[0] < 0xA0 and not body[2]):
                counts[(body[0] & 0xF0) << 4 | body[2]] += count
    total = counts.total()
    if total < _LEAST:
        return None
    release, most = max(counts.items(), key=lambda entry: entry[1])  # `most_common` would load heapq
    return release if most >= _MOST * total else None


def _off(note: Note, release: int) -> bytes:
    return bytes((release >> 4 & 0xF0 | note[0], note[1], release & 0x7F))


def _ended(song: Song, release: int, contents: Contents) -> Song:
    """The song with all notes ending in one way."""

    def change(track: Track) -> dict[int, bytes]:
        content = contents(track)
        return {
            off: _off(note, release) for note, off in zip(content.notes, content.offs) if note[RELEASE] != release
        }  # fmt: skip

    return _changed(song, change)


def _ended_as(base: Song, song: Song, twin: Sequence[int], contents: Contents) -> Song:
    """The song with its notes ending as the base's did: each as itself, a new one as most of its track."""
    tracks = song.tracks
    models = {id(tracks[other]): old for old, other in zip(base.tracks, twin) if other >= 0}

    def change(track: Track) -> dict[int, bytes]:
        model = contents(models[id(track)]).notes if id(track) in models else []
        content = contents(track)
        known = {note[:3]: note[RELEASE] for note in model}
        usual = Counter(known.values()).most_common(1)
        new = {}
        for note, off in zip(content.notes, content.offs):
            release = known.get(note[:3], usual[0][0] if usual else note[RELEASE])
            if release != note[RELEASE]:
                new[off] = _off(note, release)
        return new

    return _changed(song, change)


def _changed(song: Song, change: Callable[[Track], dict[int, bytes]]) -> Song:
    """The song with other bodies for some events of its tracks."""
    chunks: list[Track | bytes] = []
    for chunk in song.chunks:
        if isinstance(chunk, Track):
            new = change(chunk)
            if new:
                bodies = [new.get(at, body) for at, body in enumerate(chunk.bodies)]
                items = [(tick, body, -1, at, -1) for at, (tick, body) in enumerate(zip(chunk.ticks, bodies))]
                chunk = parse_track(emit(items, chunk, chunk.end_tick, chunk.raw[chunk.tail :]))
        chunks.append(chunk)
    if all(one is two for one, two in zip(chunks, song.chunks)):
        return song
    return Song(song.header, chunks, song.tail, song.wrapper)


class _Texts:
    """Texts that say the same in another encoding: what each version's bytes become."""

    def __init__(self, songs: Three, twins: Sequence[Sequence[int]]) -> None:
        base, ours, theirs = (song.tracks for song in songs)
        self.new: list[dict[tuple[int, bytes], bytes]] = [{}, {}, {}]
        to_ours, to_theirs = twins
        for index, (one, two) in enumerate(zip(to_ours, to_theirs)):
            if one < 0 or two < 0:
                continue
            spoken = [_texts(track) for track in (base[index], ours[one], theirs[two])]
            for key, body in spoken[1].items():
                for version in (0, 2):
                    other = spoken[version].get(key)
                    if other is not None and other != body and _readings(other) & _readings(body):
                        self.new[version][key[0], other] = body

    def applied(self, song: Song, version: int) -> Song:
        """A song with its texts spelled as ours."""
        new = self.new[version]
        if not new:
            return song
        return _changed(song, lambda track: {
            at: new[tick, body] for at, (tick, body) in enumerate(zip(track.ticks, track.bodies)) if (tick, body) in new
        })  # fmt: skip


def _texts(track: Track) -> dict[tuple[int, int], bytes]:
    """(tick, kind) -> the text event there, where it is the only one of its kind."""
    found: dict[tuple[int, int], bytes] = {}
    twice = set()
    for tick, body in zip(track.ticks, track.bodies):
        if body[0] == 0xFF and 1 <= body[1] <= 15:
            key = (tick, body[1])
            if key in found:
                twice.add(key)
            found[key] = body
    return {key: body for key, body in found.items() if key not in twice}


def _readings(body: bytes) -> set[str]:
    """What a text can say, in the encodings that programs use."""
    found = set()
    for encoding in ("utf-8", "latin-1", "cp1252", "shift_jis"):
        try:
            text = body[2:].decode(encoding)
        except UnicodeDecodeError:
            continue
        found.add(text.rstrip("\0"))
        if encoding == "utf-8":
            break
    return found
