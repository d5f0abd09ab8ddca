"""What a program changes by saving a file, without anybody having edited the music.

Each kind has a name; a summary lists the names in one line, after all that was edited.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from muse.plugins.midi.file.general_midi import DRUM_CHANNEL
from muse.plugins.midi.file.model import RELEASE, Content, Note, Slot

RELEASED, STYLE, CHANNEL, DEFAULTS, DETAILS, TEXT, END, SPELLING, GRID, TEMPO_TRACK, ORDER, EMPTY, GAP = (
    "release", "note-off style", "channel", "defaults written out", "signature details", "text encoding",
    "end of track", "order of events", "ticks per beat", "tempo and signatures in another track", "track order",
    "empty track", "a gap between notes",
)  # fmt: skip
FORMAT = "format"
_EXPRESSIVE = 2  # more release velocities than these in one track were played, not written by a program
_DEFAULT_CONTROLLERS = {
    0: 0, 1: 0, 7: 100, 10: 64, 11: 127, 32: 0, 64: 0, 65: 0, 66: 0, 67: 0, 91: 40, 93: 0, 121: 0,
}  # fmt: skip
_ALSO_DEFAULT = {(91, 0), (121, 127)}
_DEFAULT_META = {b"\xff\x51\x07\xa1\x20", b"\xff\x59\0\0"}

Value = tuple[tuple[int, bytes], ...]


def noise_line(kinds: Iterable[str]) -> str:
    """`re-saved by another program (release, note-off style)`; "" for nothing."""
    found = sorted(set(kinds))
    return f"re-saved by another program ({', '.join(found)})" if found else ""


def expressive(notes: Sequence[Note]) -> bool:
    """True when the release velocities of a track were played: they differ, and are no copy of the velocities."""
    played = [note for note in notes if note[RELEASE] >> 8 == 8]
    return len({note[RELEASE] for note in played}) > _EXPRESSIVE and any(n[RELEASE] & 0x7F != n[4] for n in played)


def release_noise(old: Note, new: Note) -> list[str]:
    """The kinds of noise in a note of which only the release differs."""
    style = [STYLE] if old[RELEASE] >> 8 != new[RELEASE] >> 8 else []
    return style or [RELEASED]


def renumbered(old: Content, new: Content) -> tuple[int, int] | None:
    """The channel of a whole track before and after, when it was given another one; drums never."""
    before, after = ({body[0] & 15 for body in each.track.bodies if body[0] < 0xF0} for each in (old, new))
    if len(before) != 1 or len(after) != 1 or before == after or DRUM_CHANNEL in before | after:
        return None
    return next(iter(before)), next(iter(after))


def value_noise(slot: Slot, was: Value, now: Value) -> str:
    """The kind of noise that a changed slot is; "" when it is music."""
    if not was or not now:
        return DEFAULTS if slot[1] == 0 and all(is_default(body) for _, body in was + now) else ""
    if len(was) != 1 or len(now) != 1:
        return ""
    old, new = was[0][1], now[0][1]
    if old[:2] == new[:2] == b"\xff\x58" and len(old) == len(new) == 6 and old[:4] == new[:4]:
        return DETAILS
    if old[:2] == new[:2] and old[0] == 0xFF and 1 <= old[1] <= 15 and not _texts(old[2:]).isdisjoint(_texts(new[2:])):
        return TEXT
    return ""


def is_default(body: bytes) -> bool:
    """True for an event that says what holds anyway, and that programs write out at the beginning."""
    kind = body[0] >> 4
    if kind == 0xB:
        return _DEFAULT_CONTROLLERS.get(body[1]) == body[2] or (body[1], body[2]) in _ALSO_DEFAULT
    if kind == 0xC:
        return body[1] == 0
    if kind == 0xE:
        return body[1:] == b"\0\x40"
    return body in _DEFAULT_META or body[:4] == b"\xff\x58\x04\x02" or body[:2] in (b"\xff\x20", b"\xff\x21")


def _texts(data: bytes) -> set[str]:
    """What the bytes of a text may say, in the encodings programs write."""
    found = set()
    for encoding in ("utf-8", "cp1252", "latin-1", "shift-jis", "mac-roman"):
        try:
            found.add(data.decode(encoding).rstrip("\0 "))
        except UnicodeDecodeError:
            continue
    return found
