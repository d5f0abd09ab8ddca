"""Live: what both people edit where the file counts instead of naming."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from .live_kit import SCENES, clip, clip_curve, curve, device, live, marker, pad, pitch, rack, return_track, track
from .place_kit import Case, case, judged, merge

RETURNS = (return_track(21, "Reverb", sends=(0, 0)), return_track(22, "Delay", sends=(0, 0)))


Changes = Mapping[str, Any]
NONE: Changes = {}


def song(
    bass: Changes = NONE, keys: Changes = NONE, returns: Sequence[str] = RETURNS, extra: str = "", **more: Any
) -> bytes:
    """Two tracks that send to two return tracks; an extra one behind them."""
    first = track(**{"n": 11, "name": "Bass", "sends": (0.1, 0.2), **bass})
    second = track(**{"n": 12, "name": "Keys", "sends": (0.3, 0.4), **keys})
    return live(first, second, extra, *returns, **more)


def three(name: str) -> tuple[str, ...]:
    """Three return tracks."""
    names = {21: "Reverb", 22: "Delay", 23: name}
    return tuple(return_track(number, each, sends=(0, 0, 0)) for number, each in names.items())


def without_first_return(number: int, bass: float = 0) -> bytes:
    """A set in which the second return track is left, and each track's send to it has this number."""
    only = {"sends": (0,), "send_ids": (number,)}
    made = song({**only, "sends": (bass,)}, only, (return_track(22, "Delay", **only),))
    return re.sub(rb'(Id="(?:11|12|22))10"', rb'\g<1>11"', made)


def plain(n: int, name: str, **more: Any) -> str:
    """A track that sends nothing."""
    return track(n, name, **more)


def group(n: int, name: str) -> str:
    """A group."""
    return track(n, name, kind="GroupTrack")


def chain(devices: str, **more: Any) -> bytes:
    return song({"devices": devices, **more})


def clips_of(clips: str, kind: str = "MidiTrack", **more: Any) -> bytes:
    return song({"clips": clips, "kind": kind}, **more)


def notes_of(*pitches: str) -> bytes:
    return clips_of(clip(0, 0, "v", notes="".join(pitches)))


def on_three(first: str, second: str, third: str) -> bytes:
    """Clips on three tracks."""
    return song({"clips": first}, {"clips": second}, extra=track(13, "Third", sends=(0.5, 0.6), clips=third))


def slots_of(
    first: Sequence[str],
    second: Sequence[str] = ("", "", ""),
    ids: Sequence[int] = range(9),
    scenes: Sequence[tuple[int, str]] = SCENES,
) -> bytes:
    """Clips in the slots of two tracks."""
    return song({"slots": first, "slot_ids": ids}, {"slots": second, "slot_ids": ids}, scenes=scenes)


SILENT = song({"sends": (0, 0)}, {"sends": (0, 0)})
EQ, COMP, VERB = device("Eq8", 0, 1, 301), device("Comp", 1, 2, 302), device("Verb", 2, 3, 303)
VERSE, CHORUS, LOOP = clip(0, 0, "verse"), clip(1, 16, "chorus"), clip(0, 0, "loop")
TWO_NOTES = pitch(0, 36, (0, 1), (1, 2))


CASES = [
    case(
        "return added / send changed",
        song(),
        song({"sends": (0.1, 0.2, 0)}, {"sends": (0.3, 0.4, 0)}, returns=three("New")),
        song({"sends": (0.1, 0.9)}),
        song({"sends": (0.1, 0.9, 0)}, {"sends": (0.3, 0.4, 0)}, returns=three("New")),
    ),
    case(
        "return deleted (ids stay) / send of it",
        SILENT,
        without_first_return(1),
        song({"sends": (0.9, 0)}, {"sends": (0, 0)}),
    ),
    case(
        "return deleted (renumbered) / send of it",
        SILENT,
        without_first_return(0),
        song({"sends": (0.9, 0)}, {"sends": (0, 0)}),
    ),
    case(
        "return deleted (renumbered) / send of other",
        SILENT,
        without_first_return(0),
        song({"sends": (0, 0.9)}, {"sends": (0, 0)}),
    ),
    case(
        "return deleted (ids stay) / send of other",
        SILENT,
        without_first_return(1),
        song({"sends": (0, 0.9)}, {"sends": (0, 0)}),
        without_first_return(1, bass=0.9),
    ),
    case(
        "returns reordered / track added",
        song(),
        song(
            {"sends": (0.2, 0.1), "send_ids": (1, 0)},
            {"sends": (0.4, 0.3), "send_ids": (1, 0)},
            returns=(
                return_track(22, "Delay", sends=(0, 0), send_ids=(1, 0)),
                return_track(21, "Reverb", sends=(0, 0), send_ids=(1, 0)),
            ),
        ),
        song(extra=track(13, "Pad", sends=(0.5, 0.6))),
    ),
    case(
        "return deleted / track added",
        SILENT,
        without_first_return(1),
        song({"sends": (0, 0)}, {"sends": (0, 0)}, extra=track(13, "Pad", sends=(0.5, 0.6))),
    ),
    case(
        "pre/post of one send / other's volume",
        song(),
        song(pre=["true", "false"]),
        song({"volume": 0.5}),
        song({"volume": 0.5}, pre=["true", "false"]),
    ),
    case(
        "pre/post of two sends",
        song(),
        song(pre=["true", "false"]),
        song(pre=["false", "true"]),
        song(pre=["true", "true"]),
    ),
    case(
        "device reorder / automation edit",
        chain(EQ + COMP + VERB, curves=curve(0, 302, (0, 1), (4, 2))),
        chain(COMP + EQ + VERB, curves=curve(0, 302, (0, 1), (4, 2))),
        chain(EQ + COMP + VERB, curves=curve(0, 302, (0, 1), (4, 7))),
        chain(COMP + EQ + VERB, curves=curve(0, 302, (0, 1), (4, 7))),
    ),
    case(
        "device reorder / value",
        chain(EQ + COMP + VERB),
        chain(VERB + EQ + COMP),
        chain(EQ + device("Comp", 1, 9, 302) + VERB),
        chain(VERB + EQ + device("Comp", 1, 9, 302)),
    ),
    case(
        "device reorder / device put between",
        chain(EQ + COMP),
        chain(COMP + EQ),
        chain(EQ + device("Sat", 3, 5, 304) + COMP),
    ),
    case(
        "device reorder elsewhere / device put",
        chain(EQ + COMP + VERB),
        chain(EQ + VERB + COMP),
        chain(device("Sat", 3, 5, 304) + EQ + COMP + VERB),
        chain(device("Sat", 3, 5, 304) + EQ + VERB + COMP),
    ),
    case(
        "device deleted / automation of it edited",
        chain(EQ + COMP, curves=curve(0, 302, (0, 1))),
        chain(EQ),
        chain(EQ + COMP, curves=curve(0, 302, (0, 2))),
    ),
    case(
        "device deleted / automation of it added",
        chain(EQ + COMP),
        chain(EQ),
        chain(EQ + COMP, curves=curve(0, 302, (0, 2))),
    ),
    case(
        "device deleted / automation of other added",
        chain(EQ + COMP),
        chain(EQ),
        chain(EQ + COMP, curves=curve(0, 301, (0, 2))),
        chain(EQ, curves=curve(0, 301, (0, 2))),
    ),
    case(
        "two automations added",
        chain(EQ + COMP),
        chain(EQ + COMP, curves=curve(0, 301, (0, 2))),
        chain(EQ + COMP, curves=curve(0, 302, (0, 2))),
        chain(EQ + COMP, curves=curve(0, 301, (0, 2)) + curve(1, 302, (0, 2))),
        chain(EQ + COMP, curves=curve(1, 301, (0, 2)) + curve(0, 302, (0, 2))),
        chain(EQ + COMP, curves=curve(1, 302, (0, 2)) + curve(0, 301, (0, 2))),
        chain(EQ + COMP, curves=curve(0, 302, (0, 2)) + curve(1, 301, (0, 2))),
    ),
    case(
        "rack pad deleted, one added / pad edited",
        chain(rack(pad(0, "kick"), pad(1, "snare"), pad(2, "hat"))),
        chain(rack(pad(1, "snare"), pad(2, "hat"), pad(3, "clap"))),
        chain(rack(pad(0, "kick"), pad(1, "snare", 0.5), pad(2, "hat"))),
        chain(rack(pad(1, "snare", 0.5), pad(2, "hat"), pad(3, "clap"))),
    ),
    case(
        "rack pads added by both",
        chain(rack(pad(0, "kick"))),
        chain(rack(pad(0, "kick"), pad(1, "a"))),
        chain(rack(pad(0, "kick"), pad(1, "b"))),
        chain(rack(pad(0, "kick"), pad(1, "a"), pad(2, "b"))),
        chain(rack(pad(0, "kick"), pad(1, "b"), pad(2, "a"))),
    ),
    case(
        "clip moved / notes",
        clips_of(VERSE + CHORUS),
        clips_of(CHORUS + clip(0, 32, "verse")),
        clips_of(clip(0, 0, "verse", notes=pitch(0, 36, (0, 1))) + CHORUS),
        clips_of(CHORUS + clip(0, 32, "verse", notes=pitch(0, 36, (0, 1)))),
    ),
    case(
        "clip moved by its length / made longer",
        clips_of(clip(0, 0, "v", 16)),
        clips_of(clip(0, 16, "v", 32)),
        clips_of(clip(0, 0, "v", 32)),
    ),
    case(
        "clip trimmed left / right",
        clips_of(clip(0, 0, "v", 16)),
        clips_of(clip(0, 4, "v", 16)),
        clips_of(clip(0, 0, "v", 12)),
        clips_of(clip(0, 4, "v", 12)),
    ),
    case(
        "clip moved onto / clip added there",
        clips_of(VERSE + CHORUS),
        clips_of(CHORUS + clip(0, 32, "verse")),
        clips_of(VERSE + CHORUS + clip(2, 33, "new")),
    ),
    case(
        "audio moved onto / audio added there",
        clips_of(VERSE + CHORUS, kind="AudioTrack"),
        clips_of(CHORUS + clip(0, 32, "verse"), kind="AudioTrack"),
        clips_of(VERSE + CHORUS + clip(2, 33, "new"), kind="AudioTrack"),
    ),
    case(
        "clip moved behind / clip added before",
        clips_of(VERSE + CHORUS),
        clips_of(CHORUS + clip(0, 32, "verse")),
        clips_of(VERSE + clip(2, 8, "new") + CHORUS),
        clips_of(clip(2, 8, "new") + CHORUS + clip(0, 32, "verse")),
    ),
    case(
        "clips added at one place",
        clips_of(VERSE),
        clips_of(VERSE + clip(1, 32, "a")),
        clips_of(VERSE + clip(1, 32, "b")),
    ),
    case(
        "clip to two tracks",
        on_three(clip(0, 0, "verse", notes=TWO_NOTES), "", ""),
        on_three("", clip(0, 0, "verse", notes=TWO_NOTES), ""),
        on_three("", "", clip(0, 0, "verse", notes=TWO_NOTES)),
    ),
    case(
        "clip to one other track by both",
        on_three(clip(0, 0, "verse", notes=TWO_NOTES), "", ""),
        on_three("", clip(0, 0, "verse", notes=TWO_NOTES), ""),
        on_three("", clip(0, 0, "verse", notes=TWO_NOTES), "").replace(b'"Third"', b'"3rd"'),
        on_three("", clip(0, 0, "verse", notes=TWO_NOTES), "").replace(b'"Third"', b'"3rd"'),
    ),
    case(
        "clip to another track / notes edited",
        on_three(clip(0, 0, "verse", notes=TWO_NOTES), "", ""),
        on_three("", clip(0, 0, "verse", notes=TWO_NOTES), ""),
        on_three(clip(0, 0, "verse", notes=pitch(0, 36, (0, 1), (2, 2))), "", ""),
    ),
    case(
        "clip copied by both to places",
        clips_of(VERSE),
        clips_of(VERSE + clip(1, 32, "verse")),
        clips_of(VERSE + clip(1, 64, "verse")),
        clips_of(VERSE + clip(1, 32, "verse") + clip(2, 64, "verse")),
        clips_of(VERSE + clip(2, 32, "verse") + clip(1, 64, "verse")),
        clips_of(VERSE + clip(1, 64, "verse") + clip(2, 32, "verse")),
    ),
    case(
        "note transposed two ways",
        notes_of(pitch(0, 36, (0, 1), (1, 2))),
        notes_of(pitch(0, 36, (0, 1)), pitch(1, 38, (1, 2))),
        notes_of(pitch(0, 36, (0, 1)), pitch(1, 40, (1, 2))),
    ),
    case(
        "new notes of both under one NoteId",
        notes_of(pitch(0, 36, (0, 1))),
        notes_of(pitch(0, 36, (0, 1)), pitch(1, 38, (1, 2))),
        notes_of(pitch(0, 36, (0, 1)), pitch(1, 40, (2, 2))),
        notes_of(pitch(0, 36, (0, 1)), pitch(1, 38, (1, 2)), pitch(2, 40, (2, 3))),
        notes_of(pitch(0, 36, (0, 1)), pitch(2, 38, (1, 3)), pitch(1, 40, (2, 2))),
        notes_of(pitch(0, 36, (0, 1)), pitch(1, 40, (2, 2)), pitch(2, 38, (1, 3))),
    ),
    case(
        "clip envelope: point deleted+added / other moved",
        clips_of(clip(0, 0, "v", curves=clip_curve(0, 1101, (0, 1), (1, 2), (2, 3)))),
        clips_of(clip(0, 0, "v", curves=clip_curve(0, 1101, (1, 2), (2, 3), (3, 4)))),
        clips_of(clip(0, 0, "v", curves=clip_curve(0, 1101, (0, 1), (1, 2), (2, 0.5)))),
    ),
    case(
        "clip envelopes of two parameters",
        clips_of(clip(0, 0, "v", curves=clip_curve(0, 1101, (0, 1)) + clip_curve(1, 1102, (0, 2)))),
        clips_of(clip(0, 0, "v", curves=clip_curve(0, 1102, (0, 2)) + clip_curve(1, 1101, (0, 1)))),
        clips_of(clip(0, 0, "v", curves=clip_curve(0, 1101, (0, 9)) + clip_curve(1, 1102, (0, 2)))),
        clips_of(clip(0, 0, "v", curves=clip_curve(0, 1102, (0, 2)) + clip_curve(1, 1101, (0, 9)))),
    ),
    case(
        "scene put first (slot ids stay) / clip in slot",
        slots_of(("", "", "")),
        slots_of(("", "", "", ""), ("", "", "", ""), ids=(3, 0, 1, 2), scenes=((3, "n"), (0, "a"), (1, "b"), (2, "c"))),
        slots_of(("", "", LOOP)),
        slots_of(
            ("", "", "", LOOP), ("", "", "", ""), ids=(3, 0, 1, 2), scenes=((3, "n"), (0, "a"), (1, "b"), (2, "c"))
        ),
    ),
    case(
        "scene put first (slots renumbered) / clip in slot",
        slots_of(("", "", "")),
        slots_of(("", "", "", ""), ("", "", "", ""), scenes=((3, "n"), (0, "a"), (1, "b"), (2, "c"))),
        slots_of(("", "", LOOP)),
    ),
    case(
        "scenes swapped (slots by place) / clip in slot",
        slots_of(("", "", "")),
        slots_of(("", "", ""), scenes=((1, "b"), (0, "a"), (2, "c"))),
        slots_of((LOOP, "", "")),
    ),
    case(
        "scenes swapped (ids follow)/ clip in slot",
        slots_of(("", "", "")),
        slots_of(("", "", ""), ids=(1, 0, 2), scenes=((1, "b"), (0, "a"), (2, "c"))),
        slots_of((LOOP, "", "")),
        slots_of(("", LOOP, ""), ids=(1, 0, 2), scenes=((1, "b"), (0, "a"), (2, "c"))),
    ),
    case(
        "two clips in one slot",
        slots_of(("", "", "")),
        slots_of((LOOP, "", "")),
        slots_of((clip(0, 0, "other"), "", "")),
    ),
    case(
        "scenes added by both",
        slots_of(("", "", "")),
        slots_of(("", "", "", LOOP), ("",) * 4, scenes=((0, "a"), (1, "b"), (2, "c"), (3, "x"))),
        slots_of(("", "", "", ""), ("",) * 4, scenes=((0, "a"), (1, "b"), (2, "c"), (3, "y"))),
    ),
    case(
        "tracks grouped / track put between",
        live(plain(1, "A"), plain(2, "B"), plain(3, "C")),
        live(plain(1, "A"), group(9, "G"), plain(2, "B", group=9), plain(3, "C", group=9)),
        live(plain(1, "A"), plain(2, "B"), plain(7, "N"), plain(3, "C")),
    ),
    case(
        "track moved into group / renamed",
        live(group(9, "G"), plain(2, "B", group=9), plain(3, "C")),
        live(group(9, "G"), plain(3, "C", group=9), plain(2, "B", group=9)),
        live(group(9, "G"), plain(2, "B", group=9), plain(3, "See")),
        live(group(9, "G"), plain(3, "See", group=9), plain(2, "B", group=9)),
    ),
    case(
        "group moved / track added to it",
        live(plain(1, "A"), group(9, "G"), plain(2, "B", group=9), plain(3, "C")),
        live(group(9, "G"), plain(2, "B", group=9), plain(1, "A"), plain(3, "C")),
        live(plain(1, "A"), group(9, "G"), plain(2, "B", group=9), plain(7, "N", group=9), plain(3, "C")),
        live(group(9, "G"), plain(2, "B", group=9), plain(7, "N", group=9), plain(1, "A"), plain(3, "C")),
    ),
    case(
        "group dissolved / track added to it",
        live(group(9, "G"), plain(2, "B", group=9)),
        live(plain(2, "B")),
        live(group(9, "G"), plain(2, "B", group=9), plain(7, "N", group=9)),
    ),
    case(
        "routing to track / that track deleted",
        live(plain(1, "A"), plain(2, "B")),
        live(plain(1, "A")),
        live(plain(1, "A", route="AudioIn/Track.2/PostFxOut"), plain(2, "B")),
    ),
    case(
        "routing / track added under routed number",
        live(plain(1, "A")),
        live(plain(1, "A"), plain(2, "X", first=500)),
        live(plain(1, "A", route="AudioIn/Track.2/PostFxOut"), plain(2, "Y", first=600)),
        live(plain(1, "A", route="AudioIn/Track.603/PostFxOut"), plain(2, "X", first=500), plain(603, "Y", first=600)),
        live(plain(1, "A", route="AudioIn/Track.2/PostFxOut"), plain(2, "Y", first=600), plain(603, "X", first=500)),
    ),
    case(
        "tempo / clip moved",
        clips_of(VERSE),
        clips_of(VERSE, tempo=90),
        clips_of(clip(0, 8, "verse")),
        clips_of(clip(0, 8, "verse"), tempo=90),
    ),
    case(
        "markers of both",
        song(markers=marker(0, 0, "in")),
        song(markers=marker(0, 0, "in") + marker(1, 8, "A")),
        song(markers=marker(0, 0, "in") + marker(1, 16, "B")),
        song(markers=marker(0, 0, "in") + marker(1, 8, "A") + marker(2, 16, "B")),
        song(markers=marker(0, 0, "in") + marker(2, 8, "A") + marker(1, 16, "B")),
        song(markers=marker(0, 0, "in") + marker(1, 16, "B") + marker(2, 8, "A")),
    ),
    case(
        "device moved to two tracks",
        song({"devices": EQ + COMP}),
        song({"devices": EQ}, {"devices": device("Comp", 0, 2, 302)}),
        song(
            {"devices": EQ},
            returns=(
                return_track(21, "Reverb", sends=(0, 0), devices=device("Comp", 0, 2, 302)),
                return_track(22, "Delay", sends=(0, 0)),
            ),
        ),
    ),
]


@pytest.mark.parametrize("each", CASES, ids=lambda each: each.name)
@pytest.mark.parametrize("swapped", [False, True])
def test_two_edits(each: Case, swapped: bool) -> None:
    judged(each, swapped)


def test_new_numbers_are_the_next_ones() -> None:
    """Not the old digits and more behind them, which grow past what a number may be."""
    base = live(plain(1, "A"))
    ours, theirs = (live(plain(1, "A"), plain(2, name, first=5000)) for name in ("X", "Y"))
    merged = merge(base, ours, theirs)
    assert not merged.conflicts
    numbers = {int(number) for number in re.findall(rb'Target Id="(\d+)"', merged.content or b"")}
    assert {5001, 5002} < numbers and max(numbers) < 5020


def test_what_is_picked_is_held_to_the_same() -> None:
    """One volume is settled; that a new track would send to the wrong return track is still asked about."""
    volume = b'<Volume><Manual Value="1"', b'<Volume><Manual Value="0.5"'
    ours = without_first_return(1).replace(*volume, 1)
    theirs = song({"sends": (0, 0), "volume": 0.7}, {"sends": (0, 0)}, extra=track(13, "Pad", sends=(0.5, 0.6)))
    asked = merge(SILENT, ours, theirs)
    assert [record.address for record in asked.conflicts] == ["MidiTrack:11/Volume@Value"]
    settled = merge(SILENT, ours, theirs, {"MidiTrack:11/Volume@Value": "theirs"})
    assert [record.address for record in settled.conflicts] == [""] and "return tracks" in settled.notes[0]


@pytest.mark.parametrize("swapped", [False, True])
def test_a_clip_does_not_end_before_it_begins(swapped: bool) -> None:
    """Ours begins later, theirs ends earlier: fine where there is something in between, else a question."""

    def looped(first: int, last: int, start: int = 0, end: int = 16) -> bytes:
        loop = f'<Loop><LoopStart Value="{first}" /><LoopEnd Value="{last}" /></Loop>'
        made = clip(0, start, "x", end).replace("<Notes>", f"{loop}<Notes>")
        return live(track(1, "A", clips=made.replace(f'Time="{start}"', 'Time="0"')))

    for ours, theirs, both in (
        (looped(8, 16), looped(0, 4), None),
        (looped(0, 16, 12), looped(0, 16, 0, 8), None),
        (looped(2, 16), looped(0, 4), looped(2, 4)),
        (looped(0, 16, 2), looped(0, 16, 0, 8), looped(0, 16, 2, 8)),
    ):
        merged = merge(looped(0, 16), *((theirs, ours) if swapped else (ours, theirs)))
        if both is None:
            assert [record.address for record in merged.conflicts] == ["MidiTrack:1/MidiClip:0"]
        else:
            assert not merged.conflicts and merged.content == both
