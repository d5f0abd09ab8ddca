"""Numbers that programs count on by themselves: what two people put under one is two things, or a question."""

from __future__ import annotations

import re

import pytest

from . import live_kit as live
from . import reaper_kit as reaper
from .place_kit import Case, case, judged, merge


def controlled(number: int, name: str, first: int, curve: str = "") -> str:
    """A track whose clip may move a controller, each of which has a number among all parameters."""
    targets = "".join(
        f'<ControllerTargets.{at} Id="{first + 10 + at}"><Lock /></ControllerTargets.{at}>' for at in range(3)
    )
    made = live.track(number, name, first=first, clips=live.clip(0, 0, name, curves=curve))
    return made.replace("<MainSequencer>", f"<MainSequencer><MidiControllers>{targets}</MidiControllers>")


def grooved(pool: str, *grooves: int) -> bytes:
    """A track for each clip, with its number of a groove."""
    tracks = [
        live.track(
            at,
            "AB"[at - 1],
            clips=live.clip(0, 0, "x").replace(
                "<Notes>", f'<GrooveSettings><GrooveId Value="{groove}" /></GrooveSettings><Notes>'
            ),
        )
        for at, groove in enumerate(grooves, 1)
    ]
    return live.live(*tracks).replace(
        b"<Scenes>", f"<GroovePool><Grooves>{pool}</Grooves></GroovePool><Scenes>".encode()
    )


def groove(number: int, name: str) -> str:
    return f'<Groove Id="{number}"><Name Value="{name}" /></Groove>'


def grouped(*groups: int) -> bytes:
    """Four clips in their groups."""
    items = [
        reaper.item(10 + at, 4 * at, "abcd"[at]).replace("      NAME", f"      GROUP {group}\n      NAME")
        if group
        else reaper.item(10 + at, 4 * at, "abcd"[at])
        for at, group in enumerate(groups)
    ]
    return reaper.rpp(reaper.track(1, "A", items="".join(items)))


def pooled(*numbers: int, pools: dict[int, float]) -> bytes:
    """Two tracks, of which the volume is moved by a curve that the project keeps."""
    kept = "".join(f'  <POOLEDENV\n    ID {n}\n    NAME "AI"\n    PPT 0 {value} 0\n  >\n' for n, value in pools.items())
    tracks = []
    for at, number in enumerate(numbers, 1):
        curve = f"    <VOLENV2\n      ACT 1 -1\n      POOLEDENVINST {number} 0 4 0 1\n    >\n" if number else ""
        tracks.append(reaper.track(at, "AB"[at - 1]).replace("    VOLPAN", f"{curve}    VOLPAN"))
    return reaper.rpp(*tracks, before=kept)


def in_groups(*flags: str) -> bytes:
    """Tracks with their groups, which are bits of numbers."""
    return reaper.rpp(
        *(
            reaper.track(at, f"t{at}").replace(
                "    VOLPAN", f"    GROUP_FLAGS {each}\n    VOLPAN" if each else "    VOLPAN"
            )
            for at, each in enumerate(flags, 1)
        )
    )


def chosen(take: int) -> bytes:
    """A clip of three takes, of which one is heard; the first where none is chosen."""
    more = [
        reaper.take(100 + at, f"take {at}").replace("TAKE\n", "TAKE SEL\n" if at == take else "TAKE\n") for at in (2, 3)
    ]
    return reaper.rpp(reaper.track(1, "A", items=reaper.item(11, 0, "x", takes="".join(more))))


NONE = grooved("", -1, -1)
CASES = [
    case(
        "grooves of both",
        NONE,
        grooved(groove(0, "Swing"), 0, -1),
        grooved(groove(0, "MPC"), -1, 0),
        grooved(groove(0, "Swing") + groove(203, "MPC"), 0, 203),
        grooved(groove(0, "MPC") + groove(203, "Swing"), 203, 0),
    ),
    case(
        "groove deleted, and used",
        grooved(groove(0, "Swing"), -1, -1),
        NONE,
        grooved(groove(0, "Swing"), 0, -1),
    ),
    case(
        "clips grouped by both",
        grouped(0, 0, 0, 0),
        grouped(1, 1, 0, 0),
        grouped(0, 0, 1, 1),
        grouped(1, 1, 2, 2),
        grouped(2, 2, 1, 1),
    ),
    case(
        "clips put into one group", grouped(1, 1, 0, 0), grouped(1, 1, 1, 0), grouped(1, 1, 0, 1), grouped(1, 1, 1, 1)
    ),
    case(
        "curves kept by both",
        pooled(0, 0, pools={}),
        pooled(1, 0, pools={1: 0.5}),
        pooled(0, 1, pools={1: 0.9}),
        pooled(1, 2, pools={1: 0.5, 2: 0.9}),
        pooled(2, 1, pools={1: 0.9, 2: 0.5}),
    ),
    case("curve deleted, and used", pooled(0, 0, pools={1: 0.5}), pooled(0, 0, pools={}), pooled(1, 0, pools={1: 0.5})),
    case(
        "tracks grouped by both",
        in_groups("", "", "", ""),
        in_groups("1 1", "1 1", "", ""),
        in_groups("", "", "1", "1"),
    ),
    case(
        "tracks grouped under two numbers",
        in_groups("", "", ""),
        in_groups("1 1", "1", ""),
        in_groups("", "", "2 2"),
        in_groups("1 1", "1", "2 2"),
    ),
    case(
        "tracks put into one group",
        in_groups("1", "1", "", ""),
        in_groups("1", "1", "1", ""),
        in_groups("1", "1", "", "1"),
        in_groups("1", "1", "1", "1"),
    ),
    case("two takes chosen", chosen(0), chosen(2), chosen(3)),
    case("another take chosen, or the first one", chosen(2), chosen(3), chosen(0)),
]


@pytest.mark.parametrize("each", CASES, ids=lambda each: each.name)
@pytest.mark.parametrize("swapped", [False, True])
def test_two_edits(each: Case, swapped: bool) -> None:
    judged(each, swapped)


def test_controllers_of_tracks_that_both_added_have_numbers_of_their_own() -> None:
    old = controlled(1, "A", 100)
    ours, theirs = (
        live.live(old, controlled(2, name, 5000, live.clip_curve(0, 5011, (0, value))))
        for name, value in (("X", 1), ("Y", 2))
    )
    for sides in ((ours, theirs), (theirs, ours)):
        merged = merge(live.live(old), *sides)
        assert not merged.conflicts
        text = merged.content or b""
        numbers = re.findall(rb"<(?:\w*Target|ControllerTargets\.\d) Id=\"(\d+)\"", text)
        assert len(numbers) == len(set(numbers)) == 3 * 5 + 1
        for name in (b"X", b"Y"):
            track = text[text.index(b'<EffectiveName Value="%s"' % name) :].partition(b"</MidiTrack>")[0]
            (target,) = re.findall(rb"<ControllerTargets\.1 Id=\"(\d+)\"", track)
            assert b'<PointeeId Value="%s" />' % target in track
