"""A version that another program saved, written back into the tracks and channels of the base.

Programs split a track by channels or staves, join tracks, number channels anew and write tempo and signatures into
other tracks. None of that is anybody's edit; what somebody did to the notes and to what stands beside them is. So the
version is read as one body of music, its notes are found among the base's, and what differs is put where the base has
it. What that gives is checked: it has the version's notes, all and no others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from muse.plugins.midi.file.codec import Song, Track, beat_ticks
from muse.plugins.midi.file.dimensions import PARAMETER, rank
from muse.plugins.midi.file.model import Content, Note
from muse.plugins.midi.file.write_track import respell
from muse.plugins.midi.match.notes import align
from muse.plugins.midi.match.voices import Voice, Voices
from muse.plugins.midi.merge.resaved import ending
from muse.plugins.midi.show.noise import is_default

_GAP = 0.5  # share of the notes that end by one tick otherwise before that is a program's doing
_NEAR = 0.01  # beats a minute between two tempos that are one, rounded
_CONDUCTOR = (b"\xff\x51", b"\xff\x58", b"\xff\x59")
_OF_TRACK = (3, 4, 0x20, 0x21)  # types of meta events that say something of their own track


class _Event(NamedTuple):
    """An event that is no note: where it is, and what it is whatever its channel and track."""

    track: int
    at: int
    tick: int
    body: bytes
    key: tuple[object, ...]


def saved_anew(base: Song, side: Song) -> bool:
    """True when a version is in another program's hand throughout: no track of notes is as it was, and the time base,
    the format or how notes end is another one, or tracks without notes are gone; or every single track is written
    anew, and the notes are in other tracks or channels."""
    known = {track.raw for track in side.tracks}
    same = [track.raw in known for track in base.tracks if track.bodies]
    if any(kept and _channels(track) for kept, track in zip(same, (t for t in base.tracks if t.bodies))):
        return False
    if (base.division, base.format) != (side.division, side.format):
        return True
    ends = [ending(song.tracks) for song in (base, side)]
    layout = [[_channels(track) for track in song.tracks] for song in (base, side)]
    return (
        (None not in ends and ends[0] != ends[1])
        or layout[1].count([]) < layout[0].count([])
        or (len(same) > 1 and not any(same) and layout[0] != layout[1])
    )


def _channels(track: Track) -> list[int]:
    """The channels in which a track has notes."""
    return sorted({body[0] & 15 for body in track.bodies if 0x90 <= body[0] < 0xA0 and body[2]})


def replanted(base: Song, side: Song, division: int) -> Song | None:
    """The music of `side` in the base's tracks; both count time alike, and `division` is how its program counted it.
    None where that cannot be told."""
    found = _Replanting(base, side, division).run()
    return found if found is not None and _same_notes(found, side) else None


def _same_notes(one: Song, other: Song) -> bool:
    """True when two songs have the same notes at the same ticks, in whatever tracks and channels."""
    begun = [
        Counter((note[1], note[2], note[4]) for track in song.tracks for note in Content(track).notes)
        for song in (one, other)
    ]
    return begun[0] == begun[1]


class _Replanting:
    def __init__(self, base: Song, side: Song, division: int) -> None:
        self.base, self.side = base, side
        self.tick = max(1, round(beat_ticks(base.division) / beat_ticks(division)))  # of the side's program
        self.old, self.new = [[Content(track) for track in song.tracks] for song in (base, side)]
        self.beat = beat_ticks(base.division)
        self.voices = Voices(self.old, self.new, self.beat // 4)
        self.gone: list[set[int]] = [set() for _ in self.old]  # per base track the events that the side has not
        self.put: list[dict[int, bytes]] = [{} for _ in self.old]  # and those that are another now, at their place
        self.come: list[list[tuple[int, bytes]]] = [[] for _ in self.old]  # and what is new

    def run(self) -> Song | None:
        """The side as the base has it."""
        matched = self._matched()
        slack = self._slack(matched)
        for number, index, there in matched:
            self._note(number, index, there, slack)
        alone = self._added_tracks()
        if not self._added_notes(alone):
            return None
        self._events(alone)
        lost = {n for n, content in enumerate(self.old) if content.notes and not self._kept(n, matched)}
        tracks = iter([self._track(n) for n in range(len(self.old))])
        chunks: list[Track | bytes] = []
        for chunk in self.base.chunks:
            chunks.append(next(tracks) if isinstance(chunk, Track) else chunk)
        own = [chunk for chunk in chunks if isinstance(chunk, Track)]
        chunks = [chunk for chunk in chunks if not any(chunk is own[n] for n in lost)]
        return Song(self.base.header, [*chunks, *(self.side.tracks[n] for n in sorted(alone))],
                    self.base.tail, self.base.wrapper)  # fmt: skip

    def _kept(self, number: int, matched: Sequence[tuple[int, int, Note]]) -> bool:
        return bool(self.come[number]) or any(row[0] == number for row in matched)

    # Notes ------------------------------------------------------------------------------------------------------------

    def _matched(self) -> list[tuple[int, int, Note]]:
        """Base track, its note's place, and the note as the side has it, for all notes that are in both."""
        voices = self.voices
        found = [(u[0], i, self.new[v[0]].notes[j]) for u, i, v, j in voices.pairs]
        for parts in voices.groups:
            left = [(u, i) for u in parts.old for i in voices.left_old(u)]
            right = [(v, j) for v in parts.new for j in voices.left_new(v)]
            if not left or not right:
                continue
            left.sort(key=lambda row: self.old[row[0][0]].notes[row[1]][2])
            right.sort(key=lambda row: self.new[row[0][0]].notes[row[1]][2])
            one = [(0, *self.old[u[0]].notes[i][1:]) for u, i in left]
            two = [(0, *self.new[v[0]].notes[j][1:]) for v, j in right]
            for at, other in enumerate(align(one, two, self.beat, 4 * self.beat).to_side):
                if other >= 0:
                    (u, i), (v, j) = left[at], right[other]
                    voices.take(u, i, v, j)
                    found.append((u[0], i, self.new[v[0]].notes[j]))
        return found

    def _slack(self, matched: Sequence[tuple[int, int, Note]]) -> int:
        """By how many ticks a length may be another without being an edit: where most are, as of programs that leave a
        gap of a tick of theirs between notes."""
        differ = [abs(note[3] - self.old[n].notes[i][3]) for n, i, note in matched]
        small = sum(0 < difference <= self.tick for difference in differ)
        return self.tick if small > _GAP * len(differ) else 0

    def _note(self, number: int, index: int, now: Note, slack: int) -> None:
        content = self.old[number]
        channel, pitch, onset, length, velocity, release = content.notes[index]
        on, off = content.ons[index], content.offs[index]
        if abs(now[3] - length) <= slack:
            now = (*now[:3], length, *now[4:])
        self._moved(number, on, onset, (pitch, velocity), (now[1], now[4]), now[2], 0x90 | channel)
        low = release & 0x7F
        self._moved(
            number, off, onset + length, (pitch, low), (now[1], low), now[2] + now[3], release >> 4 & 0xF0 | channel
        )

    def _moved(
        self, number: int, event: int, tick: int, was: tuple[int, int], now: tuple[int, int], to: int, status: int
    ) -> None:
        body = bytes((status, *now))
        if to != tick:
            self.gone[number].add(event)
            self.come[number].append((to, body))
        elif was != now:
            self.put[number][event] = body

    def _added_tracks(self) -> set[int]:
        """Tracks of the side with notes of which none was in the base."""
        return {
            n for n, content in enumerate(self.new)
            if content.notes and not any(v[0] == n and self.voices.home(v) is not None for v in self.voices.new)
        }  # fmt: skip

    def _added_notes(self, alone: set[int]) -> bool:
        """Put new notes where their voice is at home, and take out what the side has not."""
        for voice in self.voices.old:
            content = self.old[voice[0]]
            for i in self.voices.left_old(voice):
                self.gone[voice[0]].update((content.ons[i], content.offs[i]))
        for voice in self.voices.new:
            left = self.voices.left_new(voice)
            if voice[0] in alone or not left:
                continue
            home = self.voices.home(voice) or self.voices.home_of_track(voice[0])
            if home is None:
                return False
            usual = self.old[home[0]].notes[0][5]
            for j in left:
                _, pitch, onset, length, velocity, _ = self.new[voice[0]].notes[j]
                self.come[home[0]].append((onset, bytes((0x90 | home[1], pitch, velocity))))
                self.come[home[0]].append((onset + length, bytes((usual >> 4 & 0xF0 | home[1], pitch, usual & 0x7F))))
        return True

    # Everything else --------------------------------------------------------------------------------------------------

    def _events(self, alone: set[int]) -> None:
        """Take out the events that the side has not and put in those that only it has, whatever track has them."""
        old = [event for n in range(len(self.old)) for event in self._others(self.old, n, self.voices.group_old)]
        new = [event for n in range(len(self.new)) if n not in alone
               for event in self._others(self.new, n, self.voices.group_new)]  # fmt: skip
        new = _as_told(old, new)
        there, here = ({event.key for event in events} for events in (new, old))
        last = {(event.tick, event.body[1]): event for event in old if event.body[:1] == b"\xff"}
        for event in old:
            if event.key in there or (event.tick == 0 and is_default(event.body)) or _is_name(event.body):
                continue
            if event.body[:2] not in _CONDUCTOR or last[event.tick, event.body[1]] is event:  # the last one counts
                self.gone[event.track].add(event.at)
        for event in new:
            if event.key in here or (event.tick == 0 and is_default(event.body)):
                continue
            here.add(event.key)
            self._new_event(event, old)

    def _new_event(self, event: _Event, old: Sequence[_Event]) -> None:
        voice = (event.track, event.body[0] & 15)
        body = event.body
        if body[0] < 0xF0:
            home = self.voices.home(voice) or self.voices.home_of_track(event.track)
            if home is not None:
                self.come[home[0]].append((event.tick, bytes((body[0] & 0xF0 | home[1],)) + body[1:]))
            else:
                self.come[0].append((event.tick, body))
            return
        home = self.voices.home_of_track(event.track)
        if body[0] == 0xFF and body[1] in _OF_TRACK:
            if home is not None and self.voices.track_alone(event.track, home[0]):
                self._renamed(home[0], body)
                self.come[home[0]].append((event.tick, body))
            return
        like = next((each.track for each in old if each.body[:2] == body[:2]), None)
        self.come[like if like is not None else home[0] if home is not None else 0].append((event.tick, body))

    def _renamed(self, number: int, body: bytes) -> None:
        track = self.old[number].track
        self.gone[number].update(at for at, each in enumerate(track.bodies) if each[:2] == body[:2])

    def _others(self, contents: Sequence[Content], number: int, group: dict[Voice, int]) -> Iterator[_Event]:
        """The events of a track that are no notes. Parameter numbers and their data are told together."""
        content = contents[number]
        track = content.track
        notes = {*content.ons, *content.offs}
        together: dict[tuple[int, int], list[bytes]] = {}
        rows = [(at, tick, body) for at, (tick, body) in enumerate(zip(track.ticks, track.bodies)) if at not in notes]
        for _, tick, body in rows:
            if _of_parameter(body):
                together.setdefault((tick, body[0]), []).append(body[1:])
        for at, tick, body in rows:
            if body[0] >= 0xF0:
                where = self._track_group(group, number) if body[0] == 0xFF and body[1] in _OF_TRACK else -1
                key: tuple[object, ...] = (where, tick, body)
            else:
                several = (*together[tick, body[0]],) if _of_parameter(body) else ()
                key = (group.get((number, body[0] & 15), -1), tick, body[0] >> 4, body[1:], several)
            yield _Event(number, at, tick, body, key)

    @staticmethod
    def _track_group(group: dict[Voice, int], number: int) -> int:
        return min((where for voice, where in group.items() if voice[0] == number), default=-2 - number)

    def _track(self, number: int) -> Track:
        """A base track with what changed."""
        content, gone, put, come = self.old[number].track, self.gone[number], self.put[number], self.come[number]
        if not (gone or put or come):
            return content
        rows = [
            (tick, put.get(at, body)) for at, (tick, body) in enumerate(zip(content.ticks, content.bodies))
            if at not in gone
        ]  # fmt: skip
        for tick, body in sorted(come, key=lambda row: (row[0], rank(row[1]))):
            at = len(rows)
            while at and (rows[at - 1][0] > tick or (rows[at - 1][0] == tick and rank(rows[at - 1][1]) > rank(body))):
                at -= 1
            rows.insert(at, (tick, body))
        last = rows[-1][0] if rows else 0
        blank = Track(content.raw[: content.tail] + content.raw[content.tail :], [], [body for _, body in rows], [], 0,
                      content.tail)  # fmt: skip
        return respell(blank, [tick for tick, _ in rows], max(content.end_tick, last))


def _of_parameter(body: bytes) -> bool:
    return body[0] >> 4 == 0xB and body[1] in PARAMETER


def _is_name(body: bytes) -> bool:
    return body[0] == 0xFF and body[1] in _OF_TRACK


def _as_told(old: Sequence[_Event], new: Sequence[_Event]) -> list[_Event]:
    """The side's events, with the base's tempos and metres where they are the same but for rounding and details."""
    known: dict[tuple[int, bytes], _Event] = {}
    for event in old:
        if event.body[:2] in (b"\xff\x51", b"\xff\x58"):
            known[event.tick, event.body[:2]] = event
    out = []
    for event in new:
        was = known.get((event.tick, event.body[:2]))
        if was is not None and _one(was.body, event.body):
            event = event._replace(body=was.body, key=was.key)
        out.append(event)
    return out


def _one(was: bytes, now: bytes) -> bool:
    """True for one tempo in two roundings, and for one metre with other details."""
    if len(was) != len(now):
        return False
    if was[1] == 0x58:
        return was[:4] == now[:4]
    beats = [60e6 / max(1, int.from_bytes(body[2:5], "big")) for body in (was, now)]
    return abs(beats[0] - beats[1]) < _NEAR
