"""Bringing three versions to one time base and one format, so that their events can be compared.

Other ticks per beat: ticks are rescaled exactly; where that cannot be, a side that only wrote nearly all of the base on
another grid is brought back to the base's. Format 0 against format 1: every event moves to the track
that has its channel, or all events move into one track.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import lcm

from muse.plugins.midi.file.codec import Song, Track, beat_ticks
from muse.plugins.midi.file.write_track import respell

Versions = tuple[Song, Song, Song]
_MOST_TICKS = 0x7FFF  # per beat; more cannot be written
_MOST_SLACK = 4  # ticks of the base
_ALIKE = 0.8  # share of the notes that must be where the base has some once they are on its grid


def conform(versions: Versions) -> Versions | None:
    """The three versions in the form of the side that changed it; None when both did or it cannot be done exactly."""
    base, ours, theirs = versions
    kind = _changed(base.format, ours.format, theirs.format)
    songs = on_one_grid(versions)
    if songs is None or kind is None:
        return None
    model = next(song for song in songs if song.format == kind)
    shaped = [song if song.format == kind else reformat(song, model) for song in songs]
    songs = [song for song in shaped if song is not None]
    return (songs[0], songs[1], songs[2]) if len(songs) == 3 else None


def _changed(base: int, ours: int, theirs: int) -> int | None:
    if ours == theirs or theirs == base:
        return ours
    return theirs if ours == base else None


def _with(song: Song, header: bytes, tracks: list[Track]) -> Song:
    rest = [chunk for chunk in song.chunks if isinstance(chunk, bytes)]
    return Song(header, [*tracks, *rest], song.tail, song.wrapper)


def rescale(song: Song, division: int) -> Song | None:
    """The song in another number of ticks per beat; None when some event would fall between two ticks."""
    if song.division >= 0x8000 or division >= 0x8000:
        return None
    found = stretched(song, beat_ticks(division), beat_ticks(song.division))
    header = song.header[:4] + division.to_bytes(2, "big") + song.header[6:]
    return None if found is None else _with(found, header, found.tracks)


def _only_grids(versions: Sequence[Song], songs: Sequence[Song]) -> bool:
    """True when both sides took another number of ticks per beat, each its own, and did nothing else."""
    base, *sides = ([(track.ticks, track.bodies) for track in song.tracks] for song in songs)
    return len({song.division for song in versions}) == 3 and sides == [base, base]


def on_one_grid(versions: Versions, *, rounded: bool = False) -> list[Song] | None:
    """The versions with as many ticks per beat as the side that changed them, or else the base, or else as many as
    hold all three exactly. A side that had to round the base's ticks is brought back to the base's first; `rounded`:
    one that did more than that is taken as it is."""
    base, *sides = versions
    if all(song.division == base.division for song in sides):
        return [*versions]
    known = _changed(base.division, sides[0].division, sides[1].division)
    found = _rescaled(versions, known) if known is not None else None
    if found is not None:
        return found
    back = [side if rescale(base, side.division) is not None else _brought_back(base, side) for side in sides]
    if rounded:
        back = [side if found is None else found for side, found in zip(sides, back)]
    songs = [song for song in (base, *back) if song is not None]
    if len(songs) < 3:
        return None
    common = lcm(*{song.division for song in songs})
    found = _rescaled(songs, base.division) or _rescaled(songs, common)
    return None if found is None or _only_grids(versions, found) else found


def _rescaled(songs: Sequence[Song], division: int) -> list[Song] | None:
    """All the songs with so many ticks per beat; None when one of them does not fit."""
    if division > _MOST_TICKS:
        return None
    found = [song if song.division == division else rescale(song, division) for song in songs]
    fitting = [song for song in found if song is not None]
    return fitting if len(fitting) == len(songs) else None


def _brought_back(base: Song, side: Song) -> Song | None:
    """A side on the base's grid, each event where the base has it, or at the nearest tick; None where most of the
    side's notes are not in the base then."""
    if side.division >= 0x8000 or base.division >= 0x8000:
        return None
    old, new = beat_ticks(side.division), beat_ticks(base.division)
    slack = -(-new // (2 * old))  # ticks by which rounding to the side's own grid may have moved something
    if slack > _MOST_SLACK:
        return None
    there = {(tick, _key(body)) for track in base.tracks for tick, body in zip(track.ticks, track.bodies)}
    kinds = {(tick, key[:1]) for tick, key in there}
    steps = [step for size in range(slack + 1) for step in (size, -size)]
    tracks, known, unknown = [], 0, 0
    for track in side.tracks:
        ticks, last = [], 0
        for tick, body in zip(track.ticks, track.bodies):
            near, key = (2 * tick * new + old) // (2 * old), _key(body)
            found = next((near + step for step in steps if (near + step, key) in there), None)
            other = next((near + step for step in steps if (near + step, key[:1]) in kinds), near)
            last = max(last, other if found is None else found)
            ticks.append(last)
            if body[0] < 0xA0:
                known, unknown = known + (found is not None), unknown + (found is None)
        tracks.append(respell(track, ticks, max(last, (2 * track.end_tick * new + old) // (2 * old))))
    if known < _ALIKE * (known + unknown):
        return None
    return _with(side, side.header[:4] + base.header[4:6] + side.header[6:], tracks)


def _key(body: bytes) -> bytes:
    """What tells an event, whatever its channel: the ends of notes by their pitch alone."""
    if body[0] >= 0xF0:
        return body
    return (
        b"off" + body[1:2]
        if body[0] < 0x90 or (body[0] < 0xA0 and not body[2])
        else bytes([body[0] & 0xF0]) + body[1:2]
    )


def stretched(song: Song, over: int, under: int) -> Song | None:
    """The song with all ticks multiplied by `over` / `under`; None when some event would fall between two ticks."""
    tracks = []
    for track in song.tracks:
        if over % under and any(tick * over % under for tick in (*track.ticks, track.end_tick)):
            return None
        tracks.append(respell(track, [tick * over // under for tick in track.ticks], track.end_tick * over // under))
    return _with(song, song.header, tracks)


def reformat(song: Song, model: Song) -> Song | None:
    """The song's events in as many tracks as the model has; None when the model's tracks are not told by channel."""
    if {song.format, model.format} != {0, 1}:
        return None
    header = model.header[:4] + song.header[4:]
    events = _all_events(song)
    end = max((track.end_tick for track in song.tracks), default=0)
    if model.format == 0:
        return _with(song, header, [_track(events, end)])
    places = _places(model)
    if places is None or not model.tracks:
        return None
    channels, others = places
    split: list[list[tuple[int, bytes]]] = [[] for _ in model.tracks]
    left = {event: list(indices) for event, indices in others.items()}
    for event in events:
        body = event[1]
        if body[0] < 0xF0:
            channel = body[0] & 15
            if channel not in channels:  # one the model does not have
                channels[channel] = len(split)
                split.append([])
            split[channels[channel]].append(event)
        else:
            known = left.get(event)
            split[known.pop(0) if known else 0].append(event)
    ends = [track.end_tick for track in model.tracks]
    whole = max(ends)
    ends += [whole] * (len(split) - len(ends))
    wanted = [bool(each) for each in split]
    wanted[: len(model.tracks)] = [bool(each) or not track.bodies for each, track in zip(split, model.tracks)]
    return _with(
        song, header,
        [
            _track(each, max(own if own != whole else end, each[-1][0] if each else 0))
            for each, own, there in zip(split, ends, wanted) if there
        ],
    )  # fmt: skip


def _places(model: Song) -> tuple[dict[int, int], dict[tuple[int, bytes], list[int]]] | None:
    """Which track has a channel, and which have an event without a channel."""
    channels: dict[int, int] = {}
    others: dict[tuple[int, bytes], list[int]] = {}
    for index, track in enumerate(model.tracks):
        for tick, body in zip(track.ticks, track.bodies):
            if body[0] >= 0xF0:
                others.setdefault((tick, body), []).append(index)
            elif channels.setdefault(body[0] & 15, index) != index:
                return None
    return channels, others


def _all_events(song: Song) -> list[tuple[int, bytes]]:
    rows = [
        (tick, index, at, body)
        for index, track in enumerate(song.tracks)
        for at, (tick, body) in enumerate(zip(track.ticks, track.bodies))
    ]
    rows.sort(key=lambda row: row[:3])
    return [(tick, body) for tick, _, _, body in rows]


def _track(events: list[tuple[int, bytes]], end: int) -> Track:
    blank = Track(b"", [], [body for _, body in events], [], 0, 0)
    return respell(blank, [tick for tick, _ in events], end)
