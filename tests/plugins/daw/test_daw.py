"""Projects of three programs, two people in each: entries meet by their ids, what cannot be right is asked about."""

from __future__ import annotations

import copy
import gzip
import re
import zipfile
from collections.abc import Callable
from io import BytesIO

import pytest

from muse.core import options
from muse.core.errors import FormatError
from muse.domain import FileMerge
from muse.plugins.daw import container
from muse.plugins.daw.plugin import DawPlugin

from .daw_kit import dawproject, document, ids, live, reaper, seen

PLUGIN = DawPlugin()
Tracks = list[dict]
Edit = Callable[[Tracks], object]


def live_tracks() -> Tracks:
    return [
        {
            "id": 11,
            "name": "Bass",
            "volume": 0.8,
            "target": 101,
            "devices": {"Eq8": 1, "Compressor2": 2},
            "clips": [
                {"id": 0, "time": 0, "name": "verse", "notes": {36: [0, 1], 38: [2]}},
                {"id": 1, "time": 16, "name": "chorus", "notes": {36: [0]}},
            ],
        },
        {"id": 12, "name": "Keys", "volume": 0.7, "target": 102, "devices": {"Operator": 3}, "automation": "<F/>"},
    ]


def reaper_tracks() -> Tracks:
    return [
        {"id": 1, "name": "Bass", "effects": {"ReaComp": "AAAA"}, "items": [{"id": 31, "at": 0, "name": "verse"}]},
        {"id": 2, "name": "Keys", "items": [{"id": 32, "at": 4, "name": "pad"}, {"id": 33, "at": 8, "name": "pad 2"}]},
        {"id": 3, "name": "Bus", "from": [0]},
    ]


def daw_tracks() -> Tracks:
    return [
        {"id": "t1", "name": "Bass", "volume": 0.8, "clips": [(0, "verse", [(0, 36), (1, 38)]), (16, "end", [])]},
        {"id": "t2", "name": "Keys", "volume": 0.7, "clips": [(8, "pad", [(0, 60)])]},
    ]


FORMATS = {"als": (live, live_tracks), "rpp": (reaper, reaper_tracks), "dawproject": (dawproject, daw_tracks)}


def put(track: int, name: str, value: object) -> Edit:
    return lambda tracks: tracks[track].__setitem__(name, value)


def within(track: int, name: str, at: int | str, /, **values: object) -> Edit:
    def edit(tracks: Tracks) -> None:
        found = tracks[track][name]
        if isinstance(found[at], dict):
            found[at].update(values)
        else:
            found[at] = values["to"]

    return edit


def gone(track: int, name: str, at: int) -> Edit:
    return lambda tracks: tracks[track][name].pop(at)


def version(kind: str, *edits: Edit, **more: object) -> bytes:
    write, tracks = FORMATS[kind]
    made = copy.deepcopy(tracks())
    for edit in edits:
        edit(made)
    return write(made, **more)


def merge(
    kind: str, base: bytes, ours: bytes, theirs: bytes, picks: dict[str, options.Choice] | None = None
) -> FileMerge:
    with options.using(options.current()._replace(picks=picks or {})):
        return PLUGIN.merge_file(f"song.{kind}", base, ours, theirs)


CLEAN: dict[str, tuple[str, Edit, Edit]] = {
    "volume, name": ("als", put(0, "volume", 0.5), put(0, "name", "Low")),
    "clip moved, notes added": (
        "als",
        within(0, "clips", 0, time=32),
        within(0, "clips", 0, notes={36: [0, 1], 38: [2], 41: [3]}),
    ),
    "two pitches of one clip": (
        "als",
        within(0, "clips", 0, notes={36: [0], 38: [2]}),
        within(0, "clips", 0, notes={36: [0, 1], 38: [3]}),
    ),
    "two devices": ("als", within(0, "devices", "Eq8", to=9), within(0, "devices", "Compressor2", to=9)),
    "device deleted, clip renamed": ("als", lambda t: t[0]["devices"].pop("Eq8"), within(0, "clips", 1, name="B")),
    "clip deleted, other moved": ("als", gone(0, "clips", 1), within(0, "clips", 0, time=8)),
    "track deleted, other edited": ("als", lambda t: t.pop(1), put(0, "volume", 0.1)),
    "automation, volume": ("als", put(1, "automation", "<G/>"), put(1, "volume", 0.2)),
    "volume, pan of one line": ("rpp", put(0, "volpan", "0.5 0 -1 -1 1"), put(0, "volpan", "1 -0.3 -1 -1 1")),
    "item moved, plug-in changed": ("rpp", within(0, "items", 0, at=12), within(0, "effects", "ReaComp", to="BBBB")),
    "item moved, notes edited": (
        "rpp",
        within(1, "items", 0, at=12),
        within(1, "items", 0, events=["0 90 40 60", "9 80 40 00"]),
    ),
    "item deleted, other renamed": ("rpp", gone(1, "items", 0), within(1, "items", 1, name="C")),
    "track put before, receive kept": (
        "rpp",
        lambda t: (t.insert(0, {"id": 9, "name": "New"}), t[3].__setitem__("from", [1])),
        put(1, "name", "K"),
    ),
    "receive added, track put before": (
        "rpp",
        lambda t: (t.insert(0, {"id": 9, "name": "New"}), t[3].__setitem__("from", [1])),
        put(1, "from", [0]),
    ),
    "clip moved, volume": ("dawproject", within(0, "clips", 1, to=(20, "end", [])), put(0, "volume", 0.1)),
    "notes of two clips": (
        "dawproject",
        within(0, "clips", 0, to=(0, "verse", [(0, 36), (2, 38)])),
        within(1, "clips", 0, to=(8, "pad", [(0, 60), (1, 62)])),
    ),
    "name, other's volume": ("dawproject", put(0, "name", "Low"), put(1, "volume", 0.3)),
}


def both(kind: str, one: Edit, two: Edit, name: str) -> bytes:
    """What comes of both edits; numbers of tracks are those of the result."""
    if name == "receive added, track put before":
        return version(kind, one, put(2, "from", [1]))
    if name == "track put before, receive kept":
        return version(kind, one, put(2, "name", "K"))
    if name == "clip moved, notes added":
        return version(kind, one, two)
    if name == "two pitches of one clip":
        return version(kind, within(0, "clips", 0, notes={36: [0], 38: [3]}))
    if name == "volume, pan of one line":
        return version(kind, put(0, "volpan", "0.5 -0.3 -1 -1 1"))
    if name == "item deleted, other renamed":
        return version(kind, two, one)
    return version(kind, two, one)


@pytest.mark.parametrize("name", CLEAN)
@pytest.mark.parametrize("swapped", [False, True])
def test_two_edits_meet(name: str, swapped: bool) -> None:
    kind, one, two = CLEAN[name]
    base, sides = version(kind), [version(kind, one), version(kind, two)]
    assert seen(sides[0]) != seen(base) != seen(sides[1])
    if swapped:
        sides.reverse()
    merged = merge(kind, base, *sides)
    assert not merged.conflicts, (merged.notes, merged.conflicts[0].to_dict())
    assert seen(merged.content or b"") == seen(both(kind, one, two, name))


@pytest.mark.parametrize("kind", FORMATS)
def test_the_laws_of_every_merge(kind: str) -> None:
    base, one = version(kind), version(kind, put(0, "name", "X"))
    for sides, answer in (((one, base), one), ((base, one), one), ((one, one), one), ((base, base), base)):
        assert merge(kind, base, *sides).content == answer, "byte for byte"


ASKED: dict[str, tuple[str, Edit, Edit, str, str]] = {
    "one volume, two values": (
        "als",
        put(0, "volume", 0.5),
        put(0, "volume", 0.6),
        "MidiTrack:11/Volume@Value",
        "Bass: Volume 0.6",
    ),
    "one pitch of one clip": (
        "als",
        within(0, "clips", 0, notes={36: [0, 1, 3], 38: [2]}),
        within(0, "clips", 0, notes={36: [0, 1, 3.25], 38: [2]}),
        "MidiTrack:11/MidiClip:0/KeyTrack:36",
        "Bass: clip 'verse': notes of pitch 36 changed",
    ),
    "track deleted and edited": (
        "als",
        lambda t: t.pop(0),
        put(0, "volume", 0.6),
        "MidiTrack:11",
        "Bass: Volume 0.8 -> 0.6",
    ),
    "one curve": (
        "als",
        put(1, "automation", "<G/>"),
        put(1, "automation", "<H/>"),
        "MidiTrack:12/AutomationEnvelope:102",
        "Keys: automation of Volume changed",
    ),
    "one plug-in": (
        "rpp",
        within(0, "effects", "ReaComp", to="BB"),
        within(0, "effects", "ReaComp", to="CC"),
        "TRACK:00000000-0000-0000-0000-000000000001/EFFECT:00000000-0000-0000-0000-000000005010/VST",
        "Bass: device 'VST: ReaComp': VST changed",
    ),
    "one name": ("dawproject", put(0, "name", "A"), put(0, "name", "B"), "Track:t1@name", "Bass: name B"),
}


@pytest.mark.parametrize("name", ASKED)
def test_what_both_decided_is_one_question(name: str) -> None:
    kind, one, two, address, told = ASKED[name]
    base, ours, theirs = version(kind), version(kind, one), version(kind, two)
    merged = merge(kind, base, ours, theirs)
    assert [record.address for record in merged.conflicts] == [address]
    assert merged.conflicts[0].theirs_summary == told
    assert seen(merged.content or b"") == seen(ours), "ours until it is settled"
    for pick, side in (("ours", ours), ("theirs", theirs), ("base", base)):
        settled = merge(kind, base, ours, theirs, {address: pick})
        assert not settled.conflicts and seen(settled.content or b"") == seen(side)


def test_tracks_that_both_added_under_one_number_are_both_there() -> None:
    def adds(name: str) -> bytes:
        new = {"id": 13, "name": name, "volume": 0.1, "target": 900, "automation": f"<{name}/>"}
        return version("als", lambda tracks: tracks.append(new), next_id=901)

    merged = merge("als", version("als", next_id=900), adds("Pad"), adds("Lead"))
    assert not merged.conflicts
    text = document(merged.content or b"").decode()
    assert set(ids(merged.content or b"").values()) == {1}, "no number stands for two things"
    pad, lead = text.index('EffectiveName Value="Pad"'), text.index('EffectiveName Value="Lead"')
    assert pad < lead and text.count("<MidiTrack Id=") == 4
    tracks = text.split("<MidiTrack ")[3:]
    for track in tracks:
        target = track.split('<AutomationTarget Id="')[1].split('"')[0]
        assert f'<PointeeId Value="{target}" />' in track, "the curve still moves its own track's volume"
    assert int(text.split('NextPointeeId Value="')[1].split('"')[0]) > max(map(int, ids(merged.content or b"")))


def test_clips_and_devices_that_both_added_under_one_number_are_both_there() -> None:
    def adds(name: str, time: int) -> bytes:
        return version("als", lambda t: t[0]["clips"].append({"id": 2, "time": time, "name": name}))

    merged = merge("als", version("als"), adds("A", 32), adds("B", 48))
    assert not merged.conflicts, merged.notes
    text = document(merged.content or b"").decode()
    assert [text.count(f'<MidiClip Id="{n}"') for n in range(5)] == [1, 1, 1, 1, 0]
    assert '<MidiClip Id="2" Time="32"' in text and '<MidiClip Id="3" Time="48"' in text

    def puts(first: bool, kind: str) -> bytes:
        def edit(tracks: Tracks) -> None:
            old = tracks[0]["devices"]
            tracks[0]["devices"] = {kind: 7, **old} if first else {**old, kind: 7}

        made = document(version("als", edit)).decode().split("</MidiTrack>")
        for name, number in (("Eq8", 0), ("Compressor2", 1), (kind, 2)):  # as Live does: the newest has a new number
            made[0] = re.sub(rf'<{name} Id="\d"', f'<{name} Id="{number}"', made[0])
        return "</MidiTrack>".join(made).encode()

    merged = merge("als", document(version("als")), puts(True, "Reverb"), puts(False, "Delay"))
    assert not merged.conflicts, merged.notes
    chain = re.findall(r'<(\w+) Id="(\d)">\s*<Gain>', (merged.content or b"").decode())
    assert chain[:4] == [("Reverb", "2"), ("Eq8", "0"), ("Compressor2", "1"), ("Delay", "3")]
    asked = merge("als", document(version("als")), puts(False, "Reverb"), puts(False, "Delay"))
    assert [record.conflict_type for record in asked.conflicts] == ["entry_order"], "what is heard depends on the order"


def test_one_track_that_both_took_over_is_there_once() -> None:
    new = {"id": 13, "name": "Pad", "volume": 0.1, "target": 900}
    both_sides = [
        version("als", lambda tracks: tracks.append(dict(new)), put(at, "volume", 0.33), next_id=901) for at in (0, 1)
    ]
    merged = merge("als", version("als", next_id=900), *both_sides)
    assert not merged.conflicts
    wanted = version("als", lambda t: t.append(dict(new)), put(0, "volume", 0.33), put(1, "volume", 0.33), next_id=901)
    assert seen(merged.content or b"") == seen(wanted)


@pytest.mark.parametrize("theirs", [[0], [1]])
def test_a_receive_never_changes_its_source(theirs: list[int]) -> None:
    """Ours deletes the first track; theirs receives from the first, or from the second one."""
    ours = version("rpp", lambda t: t.pop(0), put(1, "from", []))
    merged = merge("rpp", version("rpp", put(2, "from", [])), ours, version("rpp", put(2, "from", theirs)))
    if theirs == [0]:
        assert merged.conflicts and "receives from" in merged.notes[0]
    else:
        assert not merged.conflicts
        assert seen(merged.content or b"") == seen(version("rpp", lambda t: t.pop(0), put(1, "from", [0])))


def test_tracks_do_not_slip_into_another_folder() -> None:
    """Ours makes a folder of the first two tracks, theirs puts a track between them: nobody said that it lies in it."""
    ours = version("rpp", put(0, "bus", "1 1"), put(1, "bus", "2 -1"))
    theirs = version("rpp", lambda t: t.insert(1, {"id": 9, "name": "New"}))
    merged = merge("rpp", version("rpp"), ours, theirs)
    assert merged.conflicts and "another folder" in merged.notes[0]


def test_new_tracks_of_both_are_kept_and_two_orders_are_asked_about() -> None:
    def adds(number: int) -> bytes:
        return version("rpp", lambda t: t.append({"id": number, "name": f"New {number}"}))

    merged = merge("rpp", version("rpp"), adds(41), adds(42))
    assert not merged.conflicts
    both = version("rpp", lambda t: t.extend({"id": n, "name": f"New {n}"} for n in (42, 41)))
    ours_first = version("rpp", lambda t: t.extend({"id": n, "name": f"New {n}"} for n in (41, 42)))
    assert seen(merged.content or b"") in (seen(both), seen(ours_first))

    def order(*numbers: int) -> bytes:
        return version("als", lambda t: t.__setitem__(slice(None), [{**t[0], "id": n, "target": n} for n in numbers]))

    sides = order(1, 2, 3), order(3, 1, 2), order(2, 1, 3)
    assert [record.conflict_type for record in merge("als", *sides).conflicts] == ["entry_order"]
    moved = merge("als", sides[0], sides[1], order(1, 2, 3).replace(b"", b""))
    assert not moved.conflicts and seen(moved.content or b"") == seen(sides[1])


def test_windows_and_dates_are_nobodys_edit() -> None:
    base = version("rpp", stamp=1)
    ours = version("rpp", put(0, "name", "A"), stamp=2).replace(b"CURSOR 0", b"CURSOR 5")
    theirs = version("rpp", put(1, "name", "B"), stamp=3).replace(b"CURSOR 0", b"CURSOR 7")
    merged = merge("rpp", base, ours, theirs)
    assert not merged.conflicts
    assert b"CURSOR 5" in (merged.content or b"") and b" 2\r\n" in (merged.content or b"")[:60]
    assert PLUGIN.diff_file("song.rpp", base, theirs.replace(b"NAME B\r", b"NAME Keys\r")) == (
        [],
        "windows or view changed",
    )


def test_many_questions_about_one_device_are_one() -> None:
    def gains(text: str) -> bytes:
        more = "".join(f'\n<P{n}><Manual Value="{text}" /></P{n}>' for n in range(9))
        return live(live_tracks(), packed=False).replace(b"<Gain>", more.encode() + b"<Gain>", 1)

    merged = merge("als", gains("1"), gains("2"), gains("3"))
    (record,) = merged.conflicts
    assert record.address.endswith(":11/device:0") and record.theirs_summary.startswith("Bass: device 'Eq 8'")
    assert seen(merge("als", gains("1"), gains("2"), gains("3"), {record.address: "theirs"}).content or b"") == seen(
        gains("3")
    )


WORDS: dict[str, tuple[str, Edit, str]] = {
    "clip moved": ("als", within(0, "clips", 0, time=64), "Bass: clip 'verse' moved to bar 17"),
    "track renamed": ("als", put(0, "name", "Low"), "track 'Bass' renamed to 'Low'"),
    "clip renamed": ("als", within(0, "clips", 0, name="A"), "Bass: clip 'verse' renamed to 'A'"),
    "volume": ("als", put(1, "volume", 0.25), "Keys: Volume 0.7 -> 0.25"),
    "curve": ("als", put(1, "automation", "<G/>"), "Keys: automation of Volume changed"),
    "device": ("als", within(0, "devices", "Eq8", to=5), "Bass: device 'Eq 8': Gain 1 -> 5"),
    "clip added": (
        "als",
        lambda t: t[1].__setitem__("clips", [{"id": 0, "time": 6, "name": "x"}]),
        "Keys: clip 'x' added at bar 2 beat 3",
    ),
    "pan": ("rpp", put(0, "volpan", "1 -0.5 -1 -1 1"), "Bass: pan 0 -> -0.5"),
    "item moved": ("rpp", within(0, "items", 0, at=32), "Bass: clip 'verse' moved to bar 17"),
    "plug-in": ("rpp", within(0, "effects", "ReaComp", to="B"), "Bass: device 'VST: ReaComp': VST changed"),
    "track deleted": ("rpp", lambda t: t.pop(1), "track 'Keys' deleted"),
    "renamed": ("dawproject", put(0, "name", "Low"), "track 'Bass' renamed to 'Low'"),
}


@pytest.mark.parametrize("name", WORDS)
def test_changes_have_names(name: str) -> None:
    kind, edit, told = WORDS[name]
    found = PLUGIN.diff_file(f"song.{kind}", version(kind), version(kind, edit))
    assert found is not None and found[1] == told
    lines = [PLUGIN.listing(data, "x").splitlines() for data in (version(kind), version(kind, edit))]
    assert lines[0] != lines[1]


# Files -------------------------------------------------------------------------------------------------------------


def test_a_set_is_packed_as_ours_was_and_always_alike() -> None:
    base, ours, theirs = version("als"), version("als", put(0, "name", "A")), version("als", put(1, "name", "B"))
    named = ours[:3] + b"\x08" + b"\x01\x02\x03\x04" + ours[8:10] + b"song.als\0" + ours[10:]
    results = [merge("als", base, named, theirs).content or b"" for _ in range(2)]
    assert results[0] == results[1]
    assert results[0][:19] == named[:19], "the header keeps its name and date"
    loose = merge("als", live(live_tracks(), packed=False), live(live_tracks(), packed=False, tempo=99), theirs)
    assert not loose.conflicts and (loose.content or b"").startswith(b"<?xml")


def test_members_of_a_zip_keep_their_bytes_and_meet_as_wholes() -> None:
    sound = {"audio/kick.wav": b"RIFF" * 50}
    base = version("dawproject", others=sound)
    ours = version("dawproject", put(0, "name", "A"), others=sound)
    theirs = version("dawproject", put(1, "name", "B"), others={**sound, "plugins/x.bin": b"new"})
    merged = merge("dawproject", base, ours, theirs)
    assert not merged.conflicts
    with zipfile.ZipFile(BytesIO(merged.content or b"")) as file:
        assert file.read("audio/kick.wav") == sound["audio/kick.wav"] and file.read("plugins/x.bin") == b"new"
    two = [version("dawproject", put(at, "name", "Q"), others={"audio/kick.wav": bytes([at])}) for at in (0, 1)]
    merged = merge("dawproject", base, *two)
    assert [record.address for record in merged.conflicts] == ["member:audio/kick.wav"]


BAD: dict[str, tuple[bytes, str]] = {
    "cut off": (version("als")[:-30], "cut off"),
    "goes on": (version("als") + b"more", "goes on behind its end"),
    "not gzip": (b"\x1f\x8b\x08\xff" + bytes(60), "not a whole gzip file"),
    "other XML": (gzip.compress(b"<html></html>"), "not a project of"),
    "entities": (gzip.compress(b'<!DOCTYPE a [<!ENTITY x "y">]><Ableton>&x;</Ableton>'), "entity declarations"),
    "torn XML": (gzip.compress(b"<Ableton><LiveSet></Ableton>"), "not well-formed"),
    "another program": (reaper(reaper_tracks()), "two programs"),
    "another version": (
        gzip.compress(document(version("als")).replace(b'"11.0_', b'"12.0_')),
        "two versions of Ableton Live",
    ),
    "deep": (b"<REAPER_PROJECT 0.1 1 1\n" + b"<TRACK\n" * 5_000 + b">\n" * 5_001, "deeper"),
    "open": (b"<REAPER_PROJECT 0.1 1 1\n<TRACK\n>\n", "ends before"),
    "zip without": (dawproject(daw_tracks()).replace(b"project.xml", b"projekt.xml"), "without project.xml"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_project_is_one_question_and_a_line(name: str) -> None:
    bad, told = BAD[name]
    kind = "rpp" if name in ("deep", "open") else "als"
    good = version(kind, put(0, "name", "A"))
    merged = merge(kind, version(kind), good, bad)
    assert [record.address for record in merged.conflicts] == [""] and merged.content == good
    assert told in merged.notes[0]


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "MOST_BYTES", 100_000)
    for size, whole in ((99_999, True), (100_001, False), (50_000_000, False)):
        packed = gzip.compress(bytes(size))
        if whole:
            assert len(container.opened(packed).document) == size
        else:
            with pytest.raises(FormatError, match="more in it than any project has"):
                container.opened(packed)
