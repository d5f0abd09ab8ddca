"""The three-way cases of `fixtures/merge/midi`, made here so that they can be read and made again.

    python tests/plugins/midi/fixture_cases.py      writes them

The piece is eight bars for lead, bass and drums: our own, a walking bass under a scale.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

if __package__:
    from .midi_kit import Spec, cc, notes_to_events, smf, tempo, track
else:
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    from midi_kit import Spec, cc, notes_to_events, smf, tempo, track

FOLDER = Path(__file__).resolve().parents[3] / "fixtures" / "merge" / "midi"
BAR = 4 * 480
Events = list[tuple[int, bytes]]

LEAD: list[Spec] = [(72 + (0, 2, 4, 5, 7, 9, 11, 12)[n % 8], n * 960, 960, 90) for n in range(16)]
BASS: list[Spec] = [(36 + (0, 7, 5, 7)[n % 4] + (n // 8) * 2, n * 480, 480, 80) for n in range(32)]
DRUMS: list[Spec] = [(36 if n % 2 == 0 else 38, n * 480, 120, 100, -1) for n in range(32)]
HEAD: Events = [(0, b"\xff\x58\x04\x04\x02\x18\x08"), (0, tempo(500000))]


class Piece(NamedTuple):
    """The piece in one version; each side of a case replaces a field."""

    head: Events = HEAD
    lead: list[Spec] = LEAD
    bass: list[Spec] = BASS
    drums: list[Spec] = DRUMS
    lead_extra: Events = []
    bass_name: bytes = b"Bass"
    bass_extra: Events = []
    order: tuple[str, ...] = ("lead", "bass", "drums")
    scale: int = 1
    division: int = 480
    lead_channel: int = 0
    flat: bool = False  # format 0: everything in one track

    def data(self) -> bytes:
        """The file."""
        parts = {
            "lead": _part(b"Lead", self.lead_channel, 0, self.lead, self.lead_extra),
            "bass": _part(self.bass_name, 1, 33, self.bass, self.bass_extra),
            "drums": _part(b"Drums", 9, 0, self.drums, []),
        }
        rows = [(self.head, 0), *((parts[name], 8 * BAR) for name in self.order)]
        if self.flat:
            together = sorted((event for events, _ in rows for event in events), key=lambda event: event[0])
            rows = [(together, 8 * BAR)]
        tracks = [
            track([(tick * self.scale, body) for tick, body in events], end=max(end, events[-1][0]) * self.scale)
            for events, end in rows
        ]
        return smf(*tracks, division=self.division * self.scale)


def _part(name: bytes, channel: int, program: int, notes: list[Spec], extra: Events) -> Events:
    rows = [(0, 0, b"\xff\x03" + bytes([len(name)]) + name), (0, 1, bytes([0xC0 | channel, program]))]
    rows += [(tick, 2, body) for tick, body in extra]
    rows += [(tick, 3, body) for tick, body in notes_to_events(notes, channel)]
    rows.sort(key=lambda row: row[:2])
    return [(tick, body) for tick, _, body in rows]


def with_note(notes: list[Spec], at: int, **change: int) -> list[Spec]:
    """The notes with attributes of one changed."""
    note = dict(zip(("pitch", "onset", "length", "velocity", "release"), notes[at]))
    note.update(change)
    return [*notes[:at], tuple(note.values()), *notes[at + 1 :]]


def transposed(notes: list[Spec], first: int, last: int, step: int) -> list[Spec]:
    """The notes with those of some bars (from 1) transposed."""
    inside = range((first - 1) * BAR, last * BAR)
    return [(note[0] + step, *note[1:]) if note[1] in inside else note for note in notes]


def longer(piece: Piece, bar: int, count: int) -> Piece:
    """The piece with empty bars inserted at a bar (from 1), in all parts."""
    return _moved(piece, (bar - 1) * BAR, count * BAR)


def shorter(piece: Piece, first: int, last: int) -> Piece:
    """The piece without some bars (from 1)."""
    gone = range((first - 1) * BAR, last * BAR)
    left = {name: [row for row in getattr(piece, name) if row[1] not in gone] for name in ("lead", "bass", "drums")}
    return _moved(piece._replace(**left), last * BAR, -len(gone))


def _moved(piece: Piece, start: int, ticks: int) -> Piece:
    notes = {
        name: [(row[0], row[1] + ticks * (row[1] >= start), *row[2:]) for row in getattr(piece, name)]
        for name in ("lead", "bass", "drums")
    }
    extra = [(tick + ticks * (tick >= start), body) for tick, body in piece.bass_extra]
    return piece._replace(**notes, bass_extra=extra)


class Case(NamedTuple):
    """One folder: what it is about, three versions, and the expected file with the addresses in conflict."""

    about: str
    base: Piece | None  # None: both sides added the file
    ours: Piece
    theirs: Piece
    expected: Piece
    conflicts: tuple[str, ...] = ()
    limit: str = ""


VOLUME = [(BAR * 4 + step * 240, cc(7, 60 + step, 1)) for step in range(16)]
SWELL = [(BAR * 4 + step * 240 + 100, cc(7, 100 - step, 1)) for step in range(16)]
FILL: list[Spec] = [*DRUMS, (42, 4 * BAR, 60, 90, -1), (42, 4 * BAR + 240, 60, 70, -1), (49, 5 * BAR, 240, 99, -1)]
UP = transposed(BASS, 5, 8, 12)
LEAD_NOTE, BASS_NOTE = "track:1/note:3:1:0:0:79#0", "track:2/note:5:2:0:1:47#0"
LOUDER, SOFTER = with_note(LEAD, 4, velocity=110), with_note(LEAD, 4, velocity=60)
MOVED = with_note(BASS, 17, pitch=48)
SHORTER = [*BASS[:17], *BASS[18:]]
NEW_NOTES: list[Spec] = [*BASS, (24, 4 * BAR, 960, 70), (26, 6 * BAR, 960, 70)]
RANGE = [(0, cc(101, 0, 1)), (0, cc(100, 0, 1)), (0, cc(6, 2, 1))]
TUNING = [(BAR, cc(101, 0, 1)), (BAR, cc(100, 1, 1)), (BAR, cc(6, 64, 1))]
OCTAVES = [(pitch, beat * 480, 480, 80) for beat in range(8) for pitch in (60, 72)]
NESTED: list[Spec] = [(36, 0, 960, 80), (36, 240, 240, 70), *BASS[2:]]
SMPTE = 0xE728  # 25 frames a second, 40 ticks each
FAR = [(1 << 27, b"\xff\x06\x01A"), ((1 << 27) + 10, b"\xff\x06\x01B"), ((1 << 28) + 20000, b"\xff\x06\x01C")]
HIGH = Piece(lead=[*LEAD, (84, 5 * BAR, 960, 100)], bass_extra=VOLUME)  # a note in bar 6, a curve from bar 5 on
SAME = Piece(lead=[(72, n * 960, 960, 90) for n in range(16)], bass=[(36, n * 480, 480, 80) for n in range(32)])
TWINS = [*LEAD, (60, 0, 480, 70), (60, 0, 480, 70)]

CASES = {
    "transposed-bass-and-drum-fill": Case(
        "ours transposes the bass in bars 5-8 by an octave, theirs adds drums and a volume curve in the same bars",
        Piece(), Piece(bass=UP), Piece(drums=FILL, bass_extra=VOLUME),
        Piece(bass=UP, drums=FILL, bass_extra=VOLUME),
    ),
    "pitch-and-velocity-of-one-note": Case(
        "one note: ours changes its velocity, theirs its pitch",
        Piece(), Piece(lead=LOUDER), Piece(lead=with_note(LEAD, 4, pitch=81)),
        Piece(lead=with_note(LEAD, 4, velocity=110, pitch=81)),
    ),
    "new-notes-under-a-transposition": Case(
        "ours transposes bars 5-8, theirs adds notes there: both are kept, the new notes where theirs put them",
        Piece(), Piece(bass=UP), Piece(bass=NEW_NOTES),
        Piece(bass=[*UP, *NEW_NOTES[len(BASS):]]),
    ),
    "finer-ticks": Case(
        "ours saves with twice the ticks per beat, theirs edits notes",
        Piece(), Piece(scale=2), Piece(lead=LOUDER, bass=UP),
        Piece(scale=2, lead=LOUDER, bass=UP),
    ),
    "split-by-channel-and-edited": Case(
        "ours saves one track per channel (format 1), theirs edits notes in the one track of format 0",
        Piece(flat=True), Piece(), Piece(flat=True, lead=LOUDER, bass=UP), Piece(lead=LOUDER, bass=UP),
    ),
    "put-into-one-track-and-edited": Case(
        "ours saves everything in one track (format 0), theirs edits notes in the tracks of format 1",
        Piece(), Piece(flat=True), Piece(lead=LOUDER, bass=UP), Piece(flat=True, lead=LOUDER, bass=UP),
    ),
    "tracks-reordered-and-edited": Case(
        "ours moves the drums to the top, theirs renames the bass and changes a note",
        Piece(), Piece(order=("drums", "lead", "bass")),
        Piece(bass_name=b"Double bass", bass=MOVED),
        Piece(order=("drums", "lead", "bass"), bass_name=b"Double bass", bass=MOVED),
    ),
    "same-edit-twice": Case(
        "both make one note louder, theirs also adds drums",
        Piece(), Piece(lead=LOUDER), Piece(lead=LOUDER, drums=FILL),
        Piece(lead=LOUDER, drums=FILL),
    ),
    "c1-two-velocities": Case(
        "one note, two velocities; theirs' drum fill is kept",
        Piece(), Piece(lead=LOUDER), Piece(lead=SOFTER, drums=FILL),
        Piece(lead=LOUDER, drums=FILL), (LEAD_NOTE,),
    ),
    "c2-deleted-and-changed": Case(
        "ours deletes a note, theirs moves it in pitch",
        Piece(), Piece(bass=SHORTER), Piece(bass=MOVED),
        Piece(bass=SHORTER), (BASS_NOTE,),
    ),
    "c3-two-insertions": Case(
        "both add a note of one pitch at overlapping times",
        Piece(), Piece(lead=[*LEAD, (60, 0, 480, 70)]),
        Piece(lead=[*LEAD, (60, 240, 480, 50)]),
        Piece(lead=[*LEAD, (60, 0, 480, 70)]), ("track:1/note:1:1:0:0:60#0",),
    ),
    "c4-new-overlap": Case(
        "ours adds a note where theirs moves another one of the same pitch to",
        Piece(), Piece(bass=[*BASS, (48, 4 * BAR + 600, 480)]),
        Piece(bass=MOVED), Piece(bass=[*BASS, (48, 4 * BAR + 600, 480)]),
        (BASS_NOTE,),
    ),
    "c5-two-tempos": Case(
        "one tempo event, two values",
        Piece(), Piece(head=[HEAD[0], (0, tempo(400000))]),
        Piece(head=[HEAD[0], (0, tempo(600000))]),
        Piece(head=[HEAD[0], (0, tempo(400000))]), ("track:0/tempo_map:1:1:0:81",),
    ),
    "c5-two-tempos-in-two-tracks": Case(
        "both set the tempo of bar 3, in different tracks: it holds for all of them",
        Piece(), Piece(head=[*HEAD, (2 * BAR, tempo(400000))]), Piece(lead_extra=[(2 * BAR, tempo(600000))]),
        Piece(head=[*HEAD, (2 * BAR, tempo(400000))]), ("track:0/tempo_map:3:1:0:81",),
    ),
    "c5-moved-and-deleted": Case(
        "ours moves a tempo by two beats, theirs deletes it: the deletion is not lost",
        Piece(head=[*HEAD, (2 * BAR, tempo(400000))]), Piece(head=[*HEAD, (2 * BAR + 960, tempo(400000))]), Piece(),
        Piece(head=[*HEAD, (2 * BAR + 960, tempo(400000))]), ("track:0/tempo_map:3:1:0:81",),
    ),
    "c5-moved-to-two-places": Case(
        "both move a marker, each to another beat: it is not there twice",
        Piece(lead_extra=[(BAR, b"\xff\x06\x05Verse")]),
        Piece(lead_extra=[(BAR + 480, b"\xff\x06\x05Verse")]),
        Piece(lead_extra=[(BAR + 960, b"\xff\x06\x05Verse")]),
        Piece(lead_extra=[(BAR + 480, b"\xff\x06\x05Verse")]), ("track:1/markers:2:1:0:6",),
    ),
    "c6-data-of-another-parameter": Case(
        "ours selects another parameter before the place where theirs adds data: the data would act on it",
        Piece(bass_extra=RANGE), Piece(bass_extra=[*RANGE, *TUNING]),
        Piece(bass_extra=[*RANGE, (3 * BAR, cc(6, 12, 1))]), Piece(bass_extra=[*RANGE, *TUNING]),
        ("track:2/parameter:4:1:0:1",),
    ),
    "c6-two-curves": Case(
        "both draw a volume curve over the same bars: one conflict, not one per point",
        Piece(), Piece(bass_extra=VOLUME), Piece(bass_extra=SWELL),
        Piece(bass_extra=VOLUME), ("track:2/cc_volume:5:1:0:1:7",),
    ),
    "c7-track-deleted-and-edited": Case(
        "ours deletes the bass, theirs transposes it",
        Piece(), Piece(order=("lead", "drums")), Piece(bass=UP),
        Piece(order=("lead", "drums")), ("track:2",),
    ),
    "c7-two-versions-of-a-new-track": Case(
        "both add the drums, theirs with a fill",
        Piece(order=("lead", "bass")), Piece(), Piece(drums=FILL), Piece(), ("track:3/added",),
    ),
    "c8-two-time-bases": Case(
        "ours doubles the ticks per beat, theirs trebles them",
        Piece(), Piece(scale=2), Piece(scale=3), Piece(scale=2),
        ("file",),
    ),
    "c9-two-texts": Case(
        "one text event, two wordings",
        Piece(lead_extra=[(BAR, b"\xff\x06\x05Verse")]),
        Piece(lead_extra=[(BAR, b"\xff\x06\x06Chorus")]),
        Piece(lead_extra=[(BAR, b"\xff\x06\x06Bridge")]),
        Piece(lead_extra=[(BAR, b"\xff\x06\x06Chorus")]), ("track:1/markers:2:1:0:6",),
    ),
    "limit-equal-notes": Case(
        "the base has one note twice; ours changes one of the two, theirs one of the two",
        Piece(lead=TWINS),
        Piece(lead=[*TWINS[:-1], (60, 0, 480, 99)]),
        Piece(lead=[*TWINS[:-2], (60, 0, 240, 70), TWINS[-1]]),
        Piece(lead=[*TWINS[:-1], (60, 0, 480, 99)]),
        ("track:1/note:1:1:0:0:60#0", "track:1/note:1:1:0:0:60#1"),
        limit="nothing in the bytes tells which of two equal notes a side meant, so this is a conflict",
    ),
    "limit-chord-tone-moved-over-another": Case(
        "ours moves the lower of two octaves above the upper one, theirs makes the upper one louder",
        Piece(lead=OCTAVES), Piece(lead=[(84 if n[0] == 60 else n[0], *n[1:]) for n in OCTAVES]),
        Piece(lead=with_note(OCTAVES, 1, velocity=120)),
        Piece(lead=[(n[0] + 12, *n[1:]) for n in with_note(OCTAVES, 1, velocity=120)]),
        limit="the smallest step that explains all chords is taken: both notes up an octave, the louder one with them",
    ),
    "limit-pattern-shifted-by-its-period": Case(
        "ours shifts the repeating drums by their period, theirs changes a velocity in them",
        Piece(),
        Piece(drums=[(n[0], n[1] + 960, *n[2:]) for n in DRUMS]),
        Piece(drums=with_note(DRUMS, 4, velocity=50)),
        Piece(drums=with_note([(n[0], n[1] + 960, *n[2:]) for n in DRUMS], 2, velocity=50)),
        limit="the shift reads as two notes gone at the start and two added at the end; the velocity stays at its beat",
    ),
    "bars-inserted-and-edited-behind": Case(
        "ours inserts two bars at bar 3, theirs adds a note in bar 6 and a curve: both are two bars later",
        Piece(), longer(Piece(), 3, 2), HIGH, longer(HIGH, 3, 2),
    ),
    "bars-cut-and-edited-behind": Case(
        "ours cuts bars 3 and 4, theirs adds a note in bar 6 and a curve: both are two bars earlier",
        Piece(), shorter(Piece(), 3, 4), HIGH, shorter(HIGH, 3, 4),
    ),
    "bars-inserted-by-both": Case(
        "ours inserts two bars at bar 3, theirs one at bar 7",
        Piece(), longer(Piece(), 3, 2), longer(Piece(), 7, 1), longer(longer(Piece(), 7, 1), 3, 2),
    ),
    "bars-cut-and-edited-inside": Case(
        "ours cuts bars 5 and 6, theirs adds a note in bar 6",
        Piece(), shorter(Piece(), 5, 6), HIGH._replace(bass_extra=[]), shorter(Piece(), 5, 6), ("bars:5-6",),
    ),
    "bars-inserted-at-one-place": Case(
        "at bar 3 ours inserts two bars, theirs one",
        Piece(), longer(Piece(), 3, 2), longer(Piece(), 3, 1), longer(Piece(), 3, 2), ("bars:3",),
    ),
    "limit-equal-bars": Case(
        "all bars are equal; ours inserts one at bar 3, theirs adds a note in bar 6",
        SAME, longer(SAME, 3, 1), SAME._replace(lead=[*SAME.lead, (84, 5 * BAR, 960, 100)]), longer(SAME, 3, 1),
        ("bars:6",),
        limit="nothing tells where among equal bars one was inserted, so that the edit behind it is asked about",
    ),
    "limit-smpte-has-no-bars": Case(
        "frames instead of beats: one note made louder by one side, softer by the other",
        Piece(division=SMPTE), Piece(division=SMPTE, lead=LOUDER), Piece(division=SMPTE, lead=SOFTER),
        Piece(division=SMPTE, lead=LOUDER), ("track:1/note:2:4:340:0:79#0",),
        limit="the place in the address is counted as 4/4 at 120 beats a minute, whatever the music is",
    ),
    "limit-note-moved-in-pitch-and-time": Case(
        "ours moves one note in pitch and in time, theirs deletes it",
        Piece(), Piece(lead=with_note(LEAD, 4, pitch=84, onset=LEAD[4][1] + 240)), Piece(lead=[*LEAD[:4], *LEAD[5:]]),
        Piece(lead=with_note(LEAD, 4, pitch=84, onset=LEAD[4][1] + 240)),
        limit="it reads as one note gone and a new one, so that the deletion is not seen as meant for it",
    ),
    "limit-note-on-the-old-channel": Case(
        "ours moves the lead to another channel, theirs adds a note to it",
        Piece(), Piece(lead_channel=2), Piece(lead_extra=[(240, b"\x90\x30\x50"), (480, b"\x80\x30\x40")]),
        Piece(lead_channel=2, lead_extra=[(240, b"\x90\x30\x50"), (480, b"\x80\x30\x40")]),
        limit="the new note stays on the channel it was written for, in the same track",
    ),
    "limit-one-channel-in-two-tracks": Case(
        "at one tick, ours sets the lead's volume in its track, theirs in the track of the bass",
        Piece(), Piece(lead_extra=[(BAR, cc(7, 100, 0))]), Piece(bass_extra=[(BAR, cc(7, 50, 0))]),
        Piece(lead_extra=[(BAR, cc(7, 100, 0))], bass_extra=[(BAR, cc(7, 50, 0))]),
        limit="tracks are compared with tracks: both stay, and a player obeys the later track",
    ),
    "limit-pause-too-long-to-write": Case(
        "of two markers that part a very long pause each side deletes another one",
        Piece(lead_extra=FAR), Piece(lead_extra=FAR[1:]), Piece(lead_extra=[FAR[0], FAR[2]]),
        Piece(lead_extra=FAR[1:]), ("",),
        limit="without both the pause has more than 2^28 - 1 ticks, which the format cannot say",
    ),
    "limit-two-unlike-new-files": Case(
        "both sides added the file, each with notes the other has not",
        None, Piece(lead=LOUDER, drums=FILL), Piece(bass=NEW_NOTES), Piece(lead=LOUDER, drums=FILL), ("",),
        limit="one of two files is chosen; they are not mixed",
    ),
}  # fmt: skip


def toml(case: Case) -> str:
    """The text of case.toml."""
    lines = [f'about = "{case.about}"', f"conflicts = {list(case.conflicts)}".replace("'", '"')]
    return "\n".join([*lines, *([f'limit = "{case.limit}"'] if case.limit else [])]) + "\n"


def files(case: Case) -> dict[str, bytes]:
    """File name -> bytes of a case's folder."""
    sides = {"base": case.base, "ours": case.ours, "theirs": case.theirs, "expected": case.expected}
    made = {f"{name}.mid": side.data() for name, side in sides.items() if side is not None}
    return {**made, "case.toml": toml(case).encode()}


if __name__ == "__main__":
    for name, case in CASES.items():
        (FOLDER / name).mkdir(parents=True, exist_ok=True)
        for file, data in files(case).items():
            (FOLDER / name / file).write_bytes(data)
