"""Programs that split, join and renumber tracks, count other ticks and write tempo elsewhere: what was edited stays.

The programs are made here. What a file says is read with mido, whatever tracks and channels it is in.
"""

from __future__ import annotations

import io
from collections import Counter
from typing import Any, NamedTuple

import mido
import pytest

from muse.domain import FileMerge
from muse.plugins.midi.merge.file import merge_file

from .midi_kit import Spec, cc, notes_to_events, smf, tempo, track

LEFT: list[Spec] = [(40 + n % 7, n * 480, 400, 60 + n % 30) for n in range(24)]
RIGHT: list[Spec] = [(70 + n % 5, n * 240, 200, 90 + n % 20) for n in range(48)]


class Piece(NamedTuple):
    """A small piece of two hands."""

    left: list[Spec] = LEFT
    right: list[Spec] = RIGHT
    tempos: dict[int, int] = {0: 480_000, 3840: 450_000}
    volumes: dict[int, int] = {0: 90, 1920: 70}
    pedals: dict[int, int] = {960: 127, 1440: 0}
    marks: dict[int, str] = {1920: "Chorus"}
    program: int = 4

    def note(self, hand: str, at: int, **new: int) -> Piece:
        """One note of a hand changed."""
        names = ("pitch", "onset", "length", "velocity")
        notes: list[Spec] = list(getattr(self, hand))
        notes[at] = tuple({**dict(zip(names, notes[at])), **new}.values())
        return self._replace(**{hand: notes})  # type: ignore[arg-type]

    def saved(
        self, *, division: int = 480, channels: tuple[int, int] = (0, 1), joined: bool = False,
        tempo_track: bool = True, names: bool = True, gap: int = 0, release: int = 64, turned: bool = False,
    ) -> bytes:  # fmt: skip
        """The file as a program saves it."""

        def at(tick: int) -> int:
            assert tick * division % 480 == 0
            return tick * division // 480

        song = [(at(tick), 0, tempo(micros)) for tick, micros in self.tempos.items()]
        song += [(at(t), 0, b"\xff\x06" + bytes([len(x)]) + x.encode()) for t, x in self.marks.items()]
        rows = []
        for name, notes, channel in zip((b"Left", b"Right"), (self.left, self.right), channels):
            events = [(0, 0, b"\xff\x03" + bytes([len(name)]) + name)] if names else []
            events += [(0, 1, bytes((0xC0 | channel, self.program if name == b"Left" else 1)))]
            controls = [(t, 7, v) for t, v in self.volumes.items()] if name == b"Left" else [
                (t, 64, v) for t, v in self.pedals.items()
            ]  # fmt: skip
            events += [(at(t), 2, cc(number, value, channel)) for t, number, value in controls]
            sounding: list[Spec] = [(p, at(t), at(length) - gap, v, release) for p, t, length, v, *_ in notes]
            events += [(t, 4 if b[0] >> 4 == 9 and b[2] else 3, b) for t, b in notes_to_events(sounding, channel)]
            rows.append(events)
        rows = [rows[0] + rows[1]] if joined else rows[::-1] if turned else rows
        if tempo_track:
            rows.insert(0, song)
        else:
            rows[0] = song + rows[0]
        tracks = [track([(t, b) for t, _, b in sorted(events, key=lambda row: row[:2])]) for events in rows]
        return smf(*tracks, division=division, kind=1)


def heard(data: bytes) -> tuple[Any, ...]:
    """Notes, tempos and markers, controllers, and how many parts play which program; places in 480ths of a beat."""
    file = mido.MidiFile(file=io.BytesIO(data))
    notes: Counter[Any] = Counter()
    said, controls, programs = set(), Counter[Any](), []
    for each in file.tracks:
        now = 0
        for message in each:
            now += message.time
            tick = now * 480 // file.ticks_per_beat
            if message.type == "note_on" and message.velocity:
                notes[message.note, tick, message.velocity] += 1
            elif message.type == "control_change":
                controls[tick, message.control, message.value] += 1
            elif message.type == "program_change":
                programs.append(message.program)
            elif message.type in ("set_tempo", "marker"):
                said.add((tick, message.tempo if message.type == "set_tempo" else message.text))
    return notes, said, controls, sorted(programs)


BASE = Piece()
PROGRAMS: dict[str, dict[str, Any]] = {
    "joins tracks, counts finer": {"division": 2400, "joined": True, "tempo_track": False, "release": 0},
    "numbers channels anew": {"division": 960, "channels": (5, 3), "names": False},
    "turns tracks, leaves gaps": {"turned": True, "gap": 1, "release": -1, "tempo_track": False},
    "drops the track of tempos": {"tempo_track": False, "names": False, "channels": (1, 0), "release": -1},
}
PAIRS = [(one, two) for one in PROGRAMS for two in PROGRAMS if one != two]


def merged(ours: bytes, theirs: bytes) -> FileMerge:
    return merge_file("a.mid", BASE.saved(), ours, theirs)


@pytest.mark.parametrize(("one", "two"), PAIRS)
def test_notes_edited_in_two_programs(one: str, two: str) -> None:
    ours, theirs = BASE.note("right", 7, pitch=99), BASE.note("right", 20, velocity=127).note("left", 3, pitch=30)
    both = theirs.note("right", 7, pitch=99)
    result = merged(ours.saved(**PROGRAMS[one]), theirs.saved(**PROGRAMS[two]))
    assert not result.conflicts and heard(result.content or b"") == heard(both.saved())


@pytest.mark.parametrize(("one", "two"), PAIRS)
def test_what_stands_beside_the_notes_is_kept(one: str, two: str) -> None:
    ours = BASE._replace(tempos={0: 480_000, 3840: 300_000}, marks={**BASE.marks, 5760: "End"}, program=33)
    theirs = BASE._replace(volumes={0: 90, 1920: 20, 2880: 101}, pedals={960: 127})
    both = ours._replace(volumes=theirs.volumes, pedals=theirs.pedals)
    result = merged(ours.saved(**PROGRAMS[one]), theirs.saved(**PROGRAMS[two]))
    assert not result.conflicts and heard(result.content or b"") == heard(both.saved())


@pytest.mark.parametrize(("one", "two"), PAIRS)
def test_a_note_deleted_in_one_program_stays_deleted(one: str, two: str) -> None:
    ours = BASE._replace(right=[*RIGHT[:9], *RIGHT[10:]])
    both = ours.note("left", 11, velocity=1)
    result = merged(ours.saved(**PROGRAMS[one]), BASE.note("left", 11, velocity=1).saved(**PROGRAMS[two]))
    assert not result.conflicts and heard(result.content or b"") == heard(both.saved())


@pytest.mark.parametrize(("one", "two"), PAIRS)
def test_one_note_edited_by_both_is_one_question(one: str, two: str) -> None:
    ours, theirs = BASE.note("right", 7, velocity=20), BASE.note("right", 7, velocity=120)
    result = merged(ours.saved(**PROGRAMS[one]), theirs.saved(**PROGRAMS[two]))
    assert [record.conflict_type for record in result.conflicts] == ["note_attribute"]
    assert "vel" in result.conflicts[0].ours_summary


def test_both_join_the_tracks_and_nothing_sounds_twice() -> None:
    ours = BASE.note("right", 7, pitch=99).saved(joined=True, release=0)
    theirs = BASE.note("left", 3, pitch=30).saved(joined=True, channels=(4, 3), tempo_track=False)
    both = BASE.note("right", 7, pitch=99).note("left", 3, pitch=30)
    for result in (merged(ours, theirs), merged(theirs, ours)):
        assert result.conflicts or heard(result.content or b"") == heard(both.saved())


def test_each_side_counts_ticks_of_its_own() -> None:
    ours, theirs = BASE.note("right", 7, pitch=99).saved(division=960), BASE.note("left", 3, pitch=30)
    both = BASE.note("right", 7, pitch=99).note("left", 3, pitch=30)
    result = merged(ours, theirs.saved(division=1440))
    assert not result.conflicts and heard(result.content or b"") == heard(both.saved())
    assert mido.MidiFile(file=io.BytesIO(result.content or b"")).ticks_per_beat == 480


def test_a_note_between_two_ticks_of_the_base_makes_the_grid_of_all_three() -> None:
    fine = list(smf(track(notes_to_events([(60, 0, 480), (62, 961, 481), (64, 1920, 480)])), division=960))
    base = smf(track(notes_to_events([(60, 0, 240), (64, 960, 240)])))
    theirs = smf(track(notes_to_events([(60, 0, 720, 33), (64, 2880, 720)])), division=1440)
    for sides in ((bytes(fine), theirs), (theirs, bytes(fine))):
        result = merge_file("a.mid", base, *sides)
        file = mido.MidiFile(file=io.BytesIO(result.content or b""))
        assert not result.conflicts and file.ticks_per_beat == 2880
        begun = [m for m in file.tracks[0] if m.type == "note_on" and m.velocity]
        assert [(m.note, m.velocity) for m in begun] == [(60, 33), (62, 80), (64, 80)]
        assert sum(m.time for m in file.tracks[0][:3]) == 961 * 3


def test_a_grid_that_cannot_be_written_is_a_question() -> None:
    base = smf(track(notes_to_events([(60, 0, 240), (64, 960, 240)])))
    ours = smf(track(notes_to_events([(60, 0, 5041), (64, 20160, 5040)])), division=10080)
    theirs = smf(track(notes_to_events([(60, 0, 3601, 33), (64, 14400, 3600)])), division=7200)
    for sides in ((ours, theirs), (theirs, ours)):
        assert [record.conflict_type for record in merge_file("a.mid", base, *sides).conflicts] == ["time_base"]


def test_the_hand_of_another_program_is_said() -> None:
    one, two = (PROGRAMS[name] for name in list(PROGRAMS)[:2])
    result = merged(BASE.note("right", 7, pitch=99).saved(**one), BASE.note("left", 3, pitch=30).saved(**two))
    assert result.notes == ["a.mid: re-saved by another program (tracks and channels as they were before)"]


def test_of_very_many_tracks_only_what_is_asked_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their voices are not looked for in each other, which grows with the square of the tracks."""

    def made(division: int, first: int) -> bytes:
        unit = division // 480
        rows = [
            notes_to_events([(40 + n % 40 + (first if not n else 0), 7 * n * unit, 400 * unit)]) for n in range(600)
        ]
        return smf(*map(track, rows), division=division, kind=1)

    def looked(*_: object) -> bool:
        raise AssertionError("voices of 600 tracks are looked for")

    monkeypatch.setattr("muse.plugins.midi.merge.replant.saved_anew", looked)
    ours, theirs = made(960, 12), made(1440, 24)
    for sides in ((ours, theirs), (theirs, ours)):
        result = merge_file("a.mid", made(480, 0), *sides)
        assert result.conflicts and result.content is not None
