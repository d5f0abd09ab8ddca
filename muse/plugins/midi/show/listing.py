"""A MIDI file as text, one line per note or event, for `git diff`.

    Bass 17:3+1/8 C♯3 1/8 vel 80

Lines are in the order of the file's time, so that a word diff of two versions reads `vel 80 -> 96`. Places and lengths
are note values, whatever the ticks per beat. How the program wrote the file is told in one line, the last.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from muse.core.types import plural
from muse.plugins.midi.file.address import channels, event_words, pitch_at, track_title
from muse.plugins.midi.file.bars import TimeMap, time_map
from muse.plugins.midi.file.codec import Song, parse
from muse.plugins.midi.file.dimensions import rank
from muse.plugins.midi.file.general_midi import DRUM_CHANNEL, DRUMS
from muse.plugins.midi.file.model import PLAIN_OFF, RELEASE, Content
from muse.plugins.midi.file.spelling import inside_words, length_words, preferred, quoted
from muse.plugins.midi.show.noise import expressive

At = Callable[[int], tuple[float, str]]
"""For a tick: where it stands among others, and its place in words."""


def listing(data: bytes) -> str:
    """The lines of a file; what cannot be read is said in a line of its own. FormatError when it is no MIDI file."""
    song = parse(data, lenient=True)
    return as_lines(song, list(enumerate(titles(song))))


def titles(song: Song) -> list[str]:
    """How each track is called, with its number where several have one name."""
    found = [track_title(index, track) for index, track in enumerate(song.tracks)]
    return [
        f"{title} (track {index + 1})" if found.count(title) > 1 and title != f"track {index + 1}" else title
        for index, title in enumerate(found)
    ]


def as_lines(song: Song, order: Sequence[tuple[int, str]], at: At | None = None) -> str:
    """The lines of a file, with the tracks in an order and under names; `at` says where an event stands and what its
    place is called, else it is as the file has it."""
    times = time_map(song)
    lines = [f"MIDI, {plural(len(song.tracks), 'track')}"]
    lines += [f"damaged: {problem}" for problem in song.problems]
    contents = [Content(track) for track in song.tracks]
    for index, title in order:
        content = contents[index]
        lines += _track_lines(title, content, times if song.format != 2 else time_map(song, content.track), at)
    lines += [f"chunk {quoted(chunk[:4])} {len(chunk) - 8} bytes" for chunk in song.chunks if isinstance(chunk, bytes)]
    if song.tail:
        lines.append(f"{len(song.tail)} bytes after the last chunk")
    return "\n".join([*lines, _saved(song, contents, at)]) + "\n"


def _track_lines(title: str, content: Content, times: TimeMap, at: At | None) -> list[str]:
    track = content.track
    several = len(channels(content)) > 1
    played = expressive(content.notes)
    rows: list[tuple[int, int, int, str]] = []
    for position, note in enumerate(content.notes):
        channel, pitch, onset, length, velocity, release = note
        drum = channel == DRUM_CHANNEL and pitch in DRUMS
        words = f"{pitch_at(times, note)} {'' if drum else length_words(length, times.beat) + ' '}vel {velocity}"
        if played and release >> 8 == 8:
            words += f" release {release & 0x7F}"
        rows.append((onset, 9, content.ons[position], _on_channel(words, channel, several)))
    for slot in content.slots.values():
        for event in slot:
            body = track.bodies[event]
            channel = body[0] & 15 if body[0] < 0xF0 else -1
            rows.append((track.ticks[event], rank(body), event, _on_channel(event_words(body), channel, several)))
    rows.sort()
    head = f"{title}: {plural(len(content.notes), 'note')}"
    if at is None:
        return [head, *(f"{title} {at_words(times, tick)} {words}" for tick, _, _, words in rows)]
    placed = [(*at(row[0]), row[3]) for row in rows]
    placed.sort(key=lambda row: row[0])
    return [head, *(f"{title} {place} {words}" for _, place, words in placed)]


def _on_channel(words: str, channel: int, several: bool) -> str:
    return f"{words} ch {channel + 1}" if several and channel >= 0 else words


def at_words(times: TimeMap, tick: int) -> str:
    """`17:3`, `17:3+1/8`; `17:3:240` for who wants ticks."""
    bar, beat, inside = times.position(tick)
    if preferred("ticks"):
        return f"{bar}:{beat}:{inside}"
    return f"{bar}:{beat}" + (f"+{inside_words(inside, times.beat)}" if inside else "")


def _saved(song: Song, contents: list[Content], at: At | None) -> str:
    """How the program wrote the file: what may change without anybody having edited the music."""
    base = f"{song.division} ticks per beat" if song.division < 0x8000 else (
        f"SMPTE {256 - (song.division >> 8)} frames, {song.division & 255} ticks per frame"
    )  # fmt: skip
    words = [f"format {song.format}", base]
    offs = Counter(note[RELEASE] for content in contents if not expressive(content.notes) for note in content.notes)
    if offs:
        usual = offs.most_common(1)[0][0]
        words.append("note-offs as note-ons" if usual == PLAIN_OFF else f"release {usual & 0x7F}")
        others = sum(offs.values()) - offs[usual]
        words += [f"{others} notes ended otherwise"] if others else []
    times = time_map(song)
    ends = sorted({at(track.end_tick)[1] if at else at_words(times, track.end_tick) for track in song.tracks})
    words += [f"ends {', '.join(ends[:4])}"] if ends else []
    return f"as saved: {', '.join(words)}"
