"""Standard MIDI files as bytes and events, losslessly: what nobody edits is written back byte for byte.

An event is a tick and a *body*: the status byte followed by the data, whatever the file abbreviates. Channel messages:
`90 3C 40`; meta events: `FF <type> <payload>`; system exclusive: `F0 <payload>` or `F7 <payload>`. How the file spelled
it (running status, padded lengths) stays reachable through `Track.starts`, the offset of each event in `Track.raw`.

Source: Standard MIDI Files 1.0 (MIDI Association, RP-001). Accepted beyond its letter, because real files do it:
running status that survives a meta event or a system exclusive one, bytes after end-of-track, unknown chunks, system
common and real-time messages with a defined length.
"""

from __future__ import annotations

from muse.core.errors import FormatError
from muse.core.midi_file import vlq

END = b"\xff\x2f"
_MAX_VLQ = 4
_DATA_BYTES = [0] * 0x80 + [2] * 0x40 + [1] * 0x20 + [2] * 0x10 + [-1] * 0x10
# System messages that may stand in a file although the specification has no place for them: status -> data bytes.
SYSTEM = {0xF1: 1, 0xF2: 2, 0xF3: 1, 0xF6: 0, 0xF8: 0, 0xFA: 0, 0xFB: 0, 0xFC: 0, 0xFE: 0}
_STATUS = [bytes((status,)) for status in range(256)]


class Track:
    """One MTrk chunk's body.

    `ticks`, `bodies`: absolute tick and body of each event before end-of-track. `starts[i]`: where event i begins in
    `raw`; `starts[len(ticks)]`: where end-of-track begins; `tail`: where the bytes after end-of-track begin.
    `end_tick`: the tick of end-of-track.
    """

    __slots__ = ("bodies", "end_tick", "raw", "starts", "tail", "ticks")

    def __init__(
        self, raw: bytes, ticks: list[int], bodies: list[bytes], starts: list[int], end_tick: int, tail: int
    ) -> None:
        self.raw = raw
        self.ticks = ticks
        self.bodies = bodies
        self.starts = starts
        self.end_tick = end_tick
        self.tail = tail


class Song:
    """A file taken apart.

    `wrapper`: bytes before and after the MIDI data when it sits in a RIFF RMID file. `header`: the MThd body as
    written. `chunks`: in file order, a `Track` or the raw bytes of a chunk of another kind, header included. `tail`:
    bytes after the last chunk. `problems`: what a lenient reading overlooked.
    """

    __slots__ = ("_told", "chunks", "division", "format", "header", "problems", "tail", "wrapper")

    def __init__(self, header: bytes, chunks: list[Track | bytes], tail: bytes, wrapper: tuple[bytes, bytes]) -> None:
        self.header = header
        self.format = int.from_bytes(header[0:2], "big")
        self.division = int.from_bytes(header[4:6], "big")
        self.chunks = chunks
        self.tail = tail
        self.wrapper = wrapper
        self.problems: list[str] = []
        self._told: tuple[list[Track | bytes], int, list[Track]] = (chunks, 0, [])

    @property
    def tracks(self) -> list[Track]:
        """The tracks in file order; a file may have 65,535, and this is asked for each of them."""
        chunks, count, tracks = self._told
        if chunks is not self.chunks or count != len(chunks):
            tracks = [chunk for chunk in self.chunks if isinstance(chunk, Track)]
            self._told = (self.chunks, len(self.chunks), tracks)
        return tracks

    @property
    def ticks_per_beat(self) -> int:
        """Ticks per quarter note; with SMPTE division, ticks per half second (a beat at 120 a minute)."""
        return beat_ticks(self.division)


def beat_ticks(division: int) -> int:
    """Ticks per beat of a division word; SMPTE time is read as 120 beats a minute."""
    if division < 0x8000:
        return division
    frames = 256 - (division >> 8)
    return max(1, frames * (division & 0xFF) // 2)


def parse(data: bytes, *, lenient: bool = False, known: dict[bytes, Track] | None = None) -> Song:
    """A file's bytes as a `Song`; FormatError with an offset when they are not a well-formed file.

    `lenient` keeps what can be read of a damaged file and says in `Song.problems` what it overlooked. `known` shares
    tracks with equal bytes between several files of one merge.
    """
    before, start, end = _unwrap(data)
    if data[start : start + 4] != b"MThd":
        raise FormatError("not a MIDI file: no MThd header", start)
    if end - start < 14:
        raise FormatError("the header is cut short", end)
    size = int.from_bytes(data[start + 4 : start + 8], "big")
    if size < 6 or start + 8 + size > end:
        raise FormatError(f"the header claims {size} bytes", start + 4)
    position = start + 8 + size
    song = Song(data[start + 8 : position], [], b"", (data[:before], data[end:]))
    if song.format > 2:
        _refuse(song, f"format {song.format} does not exist", start + 8, lenient)
    if not _good_division(song.division):
        _refuse(song, f"division {song.division} is not a time base", start + 12, lenient)
    _chunks(song, data, position, end, {} if known is None else known, lenient)
    return song


def _refuse(song: Song, reason: str, offset: int, lenient: bool) -> None:
    if not lenient:
        raise FormatError(reason, offset)
    song.problems.append(f"{reason} (at byte {offset})")


def _good_division(division: int) -> bool:
    if division < 0x8000:
        return division > 0
    return 256 - (division >> 8) in (24, 25, 29, 30) and division & 0xFF > 0


def _unwrap(data: bytes) -> tuple[int, int, int]:
    """Where the MIDI data is: (end of the bytes before it, its start, its end)."""
    if data[:4] != b"RIFF" or data[8:12] != b"RMID":
        return 0, 0, len(data)
    position = 12
    while position + 8 <= len(data):
        size = int.from_bytes(data[position + 4 : position + 8], "little")
        start = position + 8
        if start + size > len(data):
            break
        if data[position : position + 4] == b"data":
            return start, start, start + size
        position = start + size + (size & 1)
    raise FormatError("the RIFF file has no whole data chunk", position)


def _chunks(song: Song, data: bytes, position: int, end: int, known: dict[bytes, Track], lenient: bool) -> None:
    claimed = int.from_bytes(song.header[2:4], "big")
    found = 0
    while position + 8 <= end:
        size = int.from_bytes(data[position + 4 : position + 8], "big")
        body, after = position + 8, position + 8 + size
        is_track = data[position : position + 4] == b"MTrk" and found < claimed
        if after > end:
            if found >= claimed:
                break  # not a chunk: kept as bytes after the last one
            if not (lenient and is_track):
                raise FormatError(f"a chunk claims {size} bytes, {end - body} are left", position + 4)
            song.problems.append(f"track {found} claims {size} bytes, {end - body} are left (at byte {position + 4})")
            after = end
        if is_track:
            found += 1
            raw = data[body:after]
            track = known.get(raw)
            if track is None:
                track = parse_track(raw, body, song.problems if lenient else None)
                known[raw] = track
            song.chunks.append(track)
        else:
            song.chunks.append(data[position:after])
        position = after
    if found < claimed:
        _refuse(song, f"{claimed} tracks are announced, {found} are there", position, lenient)
    song.tail = data[position:end]


def parse_track(raw: bytes, offset: int = 0, problems: list[str] | None = None) -> Track:
    """The events of one track chunk's body; FormatError counts from `offset`.

    With `problems`, reading stops at the first thing that cannot be read, which is noted there.
    """
    ticks: list[int] = []
    bodies: list[bytes] = []
    starts: list[int] = []
    try:
        return _parse_track(raw, offset, ticks, bodies, starts)
    except IndexError:
        error = FormatError("a track ends in the middle of an event", offset + len(raw))
    except FormatError as caught:
        error = caught
    if problems is None:
        raise error
    problems.append(str(error))
    count = min(len(ticks), len(bodies))
    del ticks[count:], bodies[count:], starts[count:]
    starts.append(len(raw))
    return Track(raw, ticks, bodies, starts, ticks[-1] if ticks else 0, len(raw))


def _parse_track(raw: bytes, offset: int, ticks: list[int], bodies: list[bytes], starts: list[int]) -> Track:
    # The hot loop: everything it touches is local, and a body is checked and made once per distinct spelling.
    position = tick = running = 0
    prefix = b""
    size = len(raw)
    counts, valid = _DATA_BYTES, _Checked()
    add_tick, add_body, add_start = ticks.append, bodies.append, starts.append
    while position < size:
        add_start(position)
        byte = raw[position]
        position += 1
        if byte >= 0x80:
            value, position = read_vlq(raw, position - 1, offset)
            tick += value
        else:
            tick += byte
        status = raw[position]
        if status < 0x80:
            if not running:
                raise FormatError("a data byte where an event must begin", offset + position)
            after = position + counts[running]
            body = valid[prefix + raw[position:after]]
        elif status < 0xF0:
            after = position + 1 + counts[status]
            body = valid[raw[position:after]]
            if status != running:
                running = status
                prefix = _STATUS[status]
        else:
            body, after = _special(raw, position, offset)
            if body == END:
                return Track(raw, ticks, bodies, starts, tick, after)
        if body is None or after > size:
            raise FormatError("a channel message is cut short or holds a status byte", offset + position)
        add_tick(tick)
        add_body(body)
        position = after
    raise FormatError("the track has no end-of-track event", offset + size)


class _Checked(dict[bytes, "bytes | None"]):
    """Channel messages already seen: body -> the same object, or None when it is malformed."""

    def __missing__(self, body: bytes) -> bytes | None:
        good = len(body) == 1 + _DATA_BYTES[body[0]] and max(body[1:]) < 0x80
        self[body] = found = body if good else None
        return found


def _special(raw: bytes, position: int, offset: int) -> tuple[bytes, int]:
    """A meta, system exclusive or other system event: its body, and where it ends."""
    status = raw[position]
    if status in (0xF0, 0xF7):
        size, start = read_vlq(raw, position + 1, offset)
        head = raw[position : position + 1]
    elif status == 0xFF:
        kind = raw[position + 1]
        if kind >= 0x80:
            raise FormatError(f"meta event of impossible type {kind:#x}", offset + position + 1)
        size, start = read_vlq(raw, position + 2, offset)
        head = raw[position : position + 2]
        if kind == 0x2F:
            if size:
                raise FormatError(f"end-of-track claims {size} bytes", offset + position)
            return END, start
    elif status in SYSTEM:
        size, start, head = SYSTEM[status], position + 1, raw[position : position + 1]
    else:
        raise FormatError(f"status byte {status:#x} is undefined", offset + position)
    if start + size > len(raw):
        raise FormatError(f"an event claims {size} bytes, {len(raw) - start} are left", offset + position)
    return head + raw[start : start + size], start + size


def read_vlq(raw: bytes, position: int, offset: int = 0) -> tuple[int, int]:
    """A variable-length quantity and where it ends; FormatError when it is longer than four bytes."""
    value = 0
    for _ in range(_MAX_VLQ):
        byte = raw[position]
        position += 1
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, position
    raise FormatError("a length or a delta time takes more than four bytes", offset + position)


def spell(body: bytes) -> bytes:
    """A body as a file has it, with an explicit status and the shortest length."""
    status = body[0]
    if status == 0xFF:
        return body[:2] + vlq(len(body) - 2) + body[2:]
    if status in (0xF0, 0xF7):
        return body[:1] + vlq(len(body) - 1) + body[1:]
    return body


def write(song: Song) -> bytes:
    """The file's bytes; tracks are written as their `raw`, the number of tracks is brought up to date."""
    tracks = sum(1 for chunk in song.chunks if isinstance(chunk, Track))
    header = song.header[:2] + tracks.to_bytes(2, "big") + song.header[4:]
    parts = [b"MThd", len(header).to_bytes(4, "big"), header]
    for chunk in song.chunks:
        if isinstance(chunk, Track):
            parts += (b"MTrk", len(chunk.raw).to_bytes(4, "big"), chunk.raw)
        else:
            parts.append(chunk)
    parts.append(song.tail)
    return _wrap(song.wrapper, b"".join(parts))


def _wrap(wrapper: tuple[bytes, bytes], data: bytes) -> bytes:
    before, after = wrapper
    if not before:
        return data
    old_pad = after[:1] if int.from_bytes(before[-4:], "little") & 1 else b""
    rest = after[len(old_pad) :]
    pad = (old_pad or b"\0") if len(data) & 1 else b""
    before = before[:-4] + len(data).to_bytes(4, "little")
    declared = int.from_bytes(before[4:8], "little")
    old = len(before) + len(after) + int.from_bytes(wrapper[0][-4:], "little") - 8
    total = declared + len(before) + len(data) + len(pad) + len(rest) - 8 - old
    return before[:4] + max(0, total).to_bytes(4, "little") + before[8:] + data + pad + rest
