"""A file that stays open between batches of operations: what a batch costs grows with the batch, not with the file.

`LiveFile.apply` leaves what `patch_file` on the bytes would leave, byte for byte, and raises what that would raise. A
batch that changes more than events of tracks is left to `patch_file`.
"""

from __future__ import annotations

from muse.domain import DomainOp
from muse.plugins.midi.edit.live_track import LiveTrack
from muse.plugins.midi.edit.patch import Batch, EditError, TrackEdits, patch_file, without_path
from muse.plugins.midi.edit.respell import Event
from muse.plugins.midi.file.bars import SIGNATURE, TimeMap, signatures
from muse.plugins.midi.file.codec import Song, Track, parse, write

_STEADY = ("/velocity", "/length", "/release")
"""Attributes of a note that no address speaks of."""


class _Whole(Exception):
    """A batch is about more than the events of tracks; internal."""


class _Events(Batch[Event]):
    """A batch that is about events of tracks alone."""

    def __init__(self, file: LiveFile) -> None:
        self.open: dict[int, TrackEdits[Event]] = {}
        self._file = file

    def file(self, op: DomainOp, what: str) -> None:
        raise _Whole

    def whole_track(self, op: DomainOp, head: str) -> None:
        raise _Whole

    def track(self, index: int, address: str) -> TrackEdits[Event]:
        found = self.open.get(index)
        if found is None:
            found = self.open[index] = self._file.edits(index, address)
        return found


class LiveFile:
    """A file that stays open: `apply` a batch of operations, all of it or nothing, and ask for the bytes at the end."""

    def __init__(self, path: str, data: bytes) -> None:
        self._path = path
        self._data: bytes | None = data  # None: the tracks know better
        self._song: Song | None = None
        self._tracks: list[Track | LiveTrack] = []
        self._times: list[TimeMap] = []

    def apply(self, child_ops: list[DomainOp]) -> None:
        """What `patch_file` makes of the bytes there are now, or what it raises."""
        song = self._opened()
        try:
            if song.wrapper[0]:
                raise _Whole
            batch = _Events(self)
            for op in without_path(self._path, child_ops):
                batch.apply(op)
        except _Whole:
            self._data, self._song = patch_file(self._path, self.data(), child_ops), None
            return
        changes = [(self._live(index), self._live(index).change(edits)) for index, edits in batch.open.items()]
        for track, change in changes:
            if change is not None:
                track.take(change)
                self._data = None
                if SIGNATURE in change.chains:
                    self._times = []

    def fits(self, child_ops: list[DomainOp]) -> bool:
        """True when a batch could be applied and would leave every address what it is; EditError when it could not.

        False when it says more than that: then only `apply` tells. This one changes nothing, and costs a fifth of it.
        """
        for op in child_ops:
            if op["op"] != "replace" or not op["address"].endswith(_STEADY):
                return False
        if self._opened().wrapper[0]:
            return False
        batch = _Events(self)
        for op in without_path(self._path, child_ops):
            batch.apply(op)
        return True

    def data(self) -> bytes:
        """The file's bytes."""
        if self._data is None:
            song = self._opened()
            tracks = iter(self._tracks)
            chunks = [chunk if isinstance(chunk, bytes) else _closed(next(tracks)) for chunk in song.chunks]
            self._data = write(Song(song.header, chunks, song.tail, song.wrapper))
        return self._data

    def edits(self, index: int, address: str) -> TrackEdits[Event]:
        """A new batch of edits of a track; EditError when it is not there."""
        if not 0 <= index < len(self._tracks):
            raise EditError(f"{address}: there is no such track")
        times = self._time_maps()
        return self._live(index).edits(times[index if len(times) > 1 else 0])

    def _opened(self) -> Song:
        if self._song is None:
            song = parse(self.data())
            self._song, self._tracks, self._times = song, list(song.tracks), []
        return self._song

    def _live(self, index: int) -> LiveTrack:
        track = self._tracks[index]
        if isinstance(track, Track):
            track = self._tracks[index] = LiveTrack(track)
        return track

    def _time_maps(self) -> list[TimeMap]:
        """One map; in format 2, where tracks are independent, one of each track."""
        if not self._times:
            song = self._opened()
            rows = [signatures(track) if isinstance(track, Track) else track.signatures() for track in self._tracks]
            apart = rows if song.format == 2 else [[row for each in rows for row in each]]
            self._times = [TimeMap(song.ticks_per_beat, each) for each in apart]
        return self._times


def _closed(track: Track | LiveTrack) -> Track:
    """A track to be written."""
    return track if isinstance(track, Track) else Track(track.written(), [], [], [], 0, 0)
