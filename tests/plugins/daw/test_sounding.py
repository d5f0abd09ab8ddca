"""What a project plays, read back by mido: clips where they are, loops played out, scenes behind the arrangement."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import mido
import pytest

from muse.core.errors import FormatError
from muse.domain import Played, PlayedPlace
from muse.plugins.daw.plugin import DawPlugin
from muse.plugins.daw.sounding import Clip, Note

from . import daw_kit, dawproject_kit, live_kit


def heard(data: bytes) -> tuple[dict[str, list[tuple[float, float, int, int]]], Played]:
    """Track -> its notes as (quarter, quarters, pitch, velocity), in order."""
    played = DawPlugin().played(data, "song")
    song = mido.MidiFile(file=io.BytesIO(played.midi))
    found: dict[str, list[tuple[float, float, int, int]]] = {}
    for track in song.tracks:
        at, begun = 0, dict[int, tuple[int, int]]()
        rows = found.setdefault(track.name, [])
        for event in track:
            at += event.time
            if event.type == "note_on" and event.velocity:
                begun[event.note] = at, event.velocity
            elif event.type in ("note_on", "note_off"):
                start, loud = begun.pop(event.note)
                rows.append((start / song.ticks_per_beat, (at - start) / song.ticks_per_beat, event.note, loud))
        rows.sort()
    return found, played


def signs(played: Played, kind: str) -> list[Any]:
    at, found = 0, []
    for event in mido.MidiFile(file=io.BytesIO(played.midi)).tracks[0]:
        at += event.time
        if event.type == kind:
            found.append((at / 10_080, event))
    return found


def looped(start: float, end: float, first: float, last: float, begin: float = 0, on: bool = True) -> str:
    """A Live clip whose content is a note at 0 and one at 3."""
    return live_kit.clip(1, start, "verse", end, live_kit.pitch(0, 60, (0, 1), (3, 2))).replace(
        "<Name ",
        f'<Loop><LoopStart Value="{first}" /><LoopEnd Value="{last}" /><StartRelative Value="{begin}" />'
        f'<LoopOn Value="{str(on).lower()}" /></Loop><Name ',
    )


@pytest.mark.parametrize(
    ("clip", "onsets"),
    [
        (looped(8, 16, 0, 4), [8, 11, 12, 15]),
        (looped(8, 16, 0, 4, begin=2), [9, 10, 13, 14]),
        (looped(8, 13, 2, 6, on=False), [9]),
        (looped(8, 11.25, 0, 4), [8, 11]),
        (looped(8, 16, 0, 4).replace("<CurrentStart", '<Disabled Value="true" /><CurrentStart'), []),
        (looped(8, 16, 0, 4).replace('Time="3"', 'Time="3" IsEnabled="false"'), [8, 12]),
    ],
)
def test_a_live_clip_plays_what_its_loop_says(clip: str, onsets: list[float]) -> None:
    other = live_kit.clip(2, 0, "x", 1, live_kit.pitch(0, 30, (0, 1)))
    song = live_kit.live(live_kit.track(1, "Keys", clips=clip), live_kit.track(2, "Bass", clips=other))
    found, played = heard(song)
    assert [note[0] for note in found["Keys"]] == onsets and [note[2] for note in found["Bass"]] == [30]
    if onsets == [8, 11]:
        assert found["Keys"][1][1] == 0.25, "what goes on behind the clip's end is cut there"
    place = played.places["MidiTrack:1/MidiClip:1"]
    assert place.start == 8 and place.track == 0
    if onsets:
        assert played.places["MidiTrack:1/MidiClip:1/KeyTrack:60"].pitch == 60


def test_clips_in_slots_follow_scene_by_scene() -> None:
    one, two = (live_kit.clip(0, 0, name, 3, live_kit.pitch(0, key, (0, 1))) for name, key in (("a", 50), ("b", 52)))
    song = live_kit.live(
        live_kit.track(1, "Keys", slots=(one, "", two)), live_kit.track(2, "Bass", slots=("", "", one))
    )
    found, played = heard(song)
    assert [note[0] for note in found["Keys"]] == [0, 4] and [note[0] for note in found["Bass"]] == [4]
    assert [(at, event.text) for at, event in signs(played, "marker")] == [(0, "a"), (4, "c")], "by the scenes' names"


def test_a_rack_of_drums_is_drums() -> None:
    clip = live_kit.clip(0, 0, "beat", 4, live_kit.pitch(0, 36, (0, 1)))
    song = live_kit.live(live_kit.track(1, "Beat", clips=clip, devices=live_kit.rack(live_kit.pad(0, "kick"))))
    track = mido.MidiFile(file=io.BytesIO(DawPlugin().played(song, "a.als").midi)).tracks[0]
    assert {event.channel for event in track if event.type == "note_on"} == {9}


def test_reaper_counts_seconds_and_plays_the_take_that_is_chosen() -> None:
    notes = "        HASDATA 1 960 QN\n        E 480 90 40 50\n        E 480 80 40 00\n"
    other = f"    TAKE SEL\n    NAME b\n      <SOURCE MIDI\n{notes}      >\n"
    tracks = [
        {
            "id": 1,
            "name": "Bass",
            "items": [{"id": 11, "at": 1.5, "name": "a", "events": ["0 90 3c 60", "<X", "960 80 3c 00"]}],
        },
        {"id": 2, "name": "Lead", "items": [{"id": 12, "at": 0, "name": "b"}]},
    ]
    data = daw_kit.reaper(tracks, tempo="90 3 4").decode().replace("E <X", "<X 480 0\n/wE=\n>")
    head, cut, tail = data.rpartition("    >\r\n  >\r\n>")
    found, played = heard((head + other + cut + tail).encode())
    assert found["Bass"] == [(2.25, 1.5, 60, 96)], "1.5 s at 90 are 2.25 quarters; text between counts its time"
    assert found["Lead"] == [(0.5, 0.5, 64, 80)]
    assert signs(played, "set_tempo")[0][1].tempo == 666_667
    assert (
        signs(played, "time_signature")[0][1].numerator,
        played.places["TRACK:00000000-0000-0000-0000-000000000001/ITEM:00000000-0000-0000-0000-000000000011"],
    ) == (3, PlayedPlace(0, 2.25, 5.25))


def test_dawproject_counts_beats_or_seconds_and_clips_lie_in_clips() -> None:
    note = '<Notes><Note time="0.5" duration="1" channel="0" key="60" vel="1"/></Notes>'
    inner = f'<Clip time="1" duration="2" playStart="0.5">{note}</Clip>'
    outer = f'<Clip time="4" duration="4" loopStart="0" loopEnd="2" name="o"><Clips>{inner}</Clips></Clip>'
    song = dawproject_kit.written([dawproject_kit.track("t", "Keys")], [dawproject_kit.lanes("t", outer)], 120, "beats")
    found, played = heard(song)
    assert found["Keys"] == [(5, 1, 60, 127), (7, 1, 60, 127)]
    assert [(place.start, place.end) for place in played.places.values() if place.pitch is None] == [(4, 8)]
    late = dawproject_kit.clip(2, "a", dawproject_kit.note(0.5, 61))
    song = dawproject_kit.written([dawproject_kit.track("t", "Keys")], [dawproject_kit.lanes("t", late)], 90, "seconds")
    assert heard(song)[0]["Keys"] == [(3.75, 0.75, 61, 102)]


@pytest.mark.parametrize(
    "notes",
    ["", live_kit.pitch(0, 60, (0, 1)).replace("MidiNoteEvent", "Nothing")],
)
def test_a_project_without_notes_is_no_music(notes: str) -> None:
    song = live_kit.live(live_kit.track(1, "Keys", clips=live_kit.clip(1, 0, "a", notes=notes)))
    with pytest.raises(FormatError, match="without notes"):
        DawPlugin().played(song, "a.als")


@pytest.mark.parametrize("bad", ["nan", "inf", "-5", "1e300", "x", "", "1e6"])
@pytest.mark.parametrize(
    "what", ["Time", "Duration", "Velocity", "CurrentEnd Value", "LoopEnd Value", "MidiKey Value", "Manual Value"]
)
def test_hostile_numbers_are_music_or_refused(what: str, bad: str) -> None:
    song = live_kit.live(live_kit.track(1, "Keys", clips=looped(0, 8, 0, 4))).decode()
    song = re.sub(rf'(\b{what}=")[^"]*', lambda found: found[1] + bad, song)
    try:
        played = DawPlugin().played(song.encode(), "a.als")
    except FormatError:
        return
    mido.MidiFile(file=io.BytesIO(played.midi))


def test_a_loop_of_next_to_nothing_for_years_ends() -> None:
    song = live_kit.live(live_kit.track(1, "Keys", clips=looped(0, 9e6, 0, 0.01)))
    with pytest.raises(FormatError, match="more notes than can be drawn"):
        DawPlugin().played(song, "a.als")


def test_what_is_played_once_is_not_looked_at_in_every_turn_of_a_loop() -> None:
    class Counted(list[Note]):
        turns = 0

        def __iter__(self) -> Iterator[Note]:
            self.turns += 1
            return super().__iter__()

    notes = Counted([Note(0, 0.1, 60, 90), *(Note(5 + at, 0.1, 62, 90) for at in range(9))])
    clip = Clip("clip", 0, 1000, notes, begin=0, loop=(0, 1))
    assert [note.onset for note in clip.played()] == list(range(1000)) and notes.turns <= 2


def test_loops_of_many_clips_in_one_clip_end() -> None:
    """Each of them is short of what can be drawn."""
    note = '<Notes><Note time="0" duration="0.01" channel="0" key="60" vel="1"/></Notes>'
    inner = f'<Clip time="0" duration="1000" loopStart="0" loopEnd="0.02">{note}</Clip>'
    outer = f'<Clip time="0" duration="1000" name="o"><Clips>{inner * 20}</Clips></Clip>'
    song = dawproject_kit.written([dawproject_kit.track("t", "Keys")], [dawproject_kit.lanes("t", outer)], 120, "beats")
    with pytest.raises(FormatError, match="more notes than can be drawn"):
        DawPlugin().played(song, "a.dawproject")
