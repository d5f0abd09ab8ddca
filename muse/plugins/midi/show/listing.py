"""A MIDI file as text, one line per note or event, for `git diff`.

    t2 "Bass" 17:3:240 C#3 1/8 vel 80 ch 2

Lines are in the order of the file's time, so that a word diff of two versions reads `vel 80 -> 96`.
"""

from __future__ import annotations

from muse.core.types import plural
from muse.plugins.midi.file.address import channels, event_words, length_words, quoted, track_name
from muse.plugins.midi.file.bars import TimeMap, time_map
from muse.plugins.midi.file.codec import Song, Track, parse
from muse.plugins.midi.file.dimensions import rank
from muse.plugins.midi.file.model import Content, pitch_name


def listing(data: bytes) -> str:
    """The lines of a file; what cannot be read is said in a line of its own. FormatError when it is no MIDI file."""
    song = parse(data, lenient=True)
    times = time_map(song)
    lines = [_head(song)]
    lines += [f"problem: {problem}" for problem in song.problems]
    for index, track in enumerate(song.tracks):
        lines += _track_lines(index, track, times if song.format != 2 else time_map(song, track))
    lines += [f"chunk {quoted(chunk[:4])} {len(chunk) - 8} bytes" for chunk in song.chunks if isinstance(chunk, bytes)]
    if song.tail:
        lines.append(f"{len(song.tail)} bytes after the last chunk")
    return "\n".join(lines) + "\n"


def _head(song: Song) -> str:
    base = f"{song.division} ticks per beat" if song.division < 0x8000 else (
        f"SMPTE {256 - (song.division >> 8)} frames, {song.division & 255} ticks per frame"
    )  # fmt: skip
    count = len(song.tracks)
    return f"MIDI format {song.format}, {plural(count, 'track')}, {base}"


def _track_lines(index: int, track: Track, times: TimeMap) -> list[str]:
    content = Content(track)
    name = track_name(track)
    head = f"t{index}" + (f" {quoted(name)}" if name else "")
    several = len(channels(content)) > 1
    lines = [f"{head} {plural(len(content.notes), 'note')}, end {_at(times, track.end_tick)}"]
    rows: list[tuple[int, int, int, str]] = []
    for position, (channel, pitch, onset, length, velocity, release) in enumerate(content.notes):
        words = f"{pitch_name(pitch)} {length_words(length, times.beat)} vel {velocity}"
        if release not in (0x900, 0x840, 0x800):
            words += f" release {release & 0x7F}"
        rows.append((onset, 9, content.ons[position], f"{words} ch {channel + 1}" if several else words))
    for slot in content.slots.values():
        for event in slot:
            body = track.bodies[event]
            words = event_words(body)
            if body[0] < 0xF0 and several:
                words += f" ch {(body[0] & 15) + 1}"
            rows.append((track.ticks[event], rank(body), event, words))
    rows.sort()
    lines += [f"{head} {_at(times, tick)} {words}" for tick, _, _, words in rows]
    return lines


def _at(times: TimeMap, tick: int) -> str:
    bar, beat, inside = times.position(tick)
    return f"{bar}:{beat}:{inside}"
