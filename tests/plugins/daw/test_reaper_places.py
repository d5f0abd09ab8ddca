"""Reaper: what both people edit where the file counts, or puts one thing behind the other."""

from __future__ import annotations

import pytest

from .place_kit import Case, case, judged
from .reaper_kit import (
    container,
    effect,
    item,
    linked,
    marker,
    parameter,
    receive,
    rpp,
    take,
    tempos,
    track,
    volumes,
)

BASS, KEYS = track(1, "A"), track(2, "B")
ONE, TWO, THREE = effect("X", 51), effect("Y", 52), effect("Z", 53)
FREE = "  TIMELOCKMODE 0\n"


def with_bus(bus: str, *before: str) -> bytes:
    """A project with a track that receives, and some before all."""
    return rpp(*before, BASS, KEYS, bus)


def bus(*receives: str) -> str:
    return track(3, "Bus", receives="".join(receives))


def chain(effects: str) -> bytes:
    return rpp(track(1, "A", effects=effects))


def with_item(takes: str = "") -> bytes:
    return rpp(track(1, "A", items=item(31, 0, "first", takes=takes)))


def two_items(at: float, **more: str) -> bytes:
    return rpp(track(1, "A", items=item(31, at, "x") + item(32, at * 2, "y")), **more)


def pooled(number: int, at: float, notes: str) -> str:
    return item(number, at, "p", notes=notes, pool=99)


BOTH_TAKES = with_item(takes=take(71, "second"))
THREE_TAKES = with_item(takes=take(71, "second") + take(72, "third"))
SECOND_TAKE = rpp(track(1, "A", items=item(31, 0, "second", notes="E 0 90 40 60", take=71)))
FIRST_EDITED = BOTH_TAKES.replace(b"      VOLPAN 1", b"      VOLPAN 0.3")


CASES = [
    case(
        "three quarters / three eighths",
        rpp(BASS, tempo="120 4 4"),
        rpp(BASS, tempo="120 3 4"),
        rpp(BASS, tempo="120 3 8"),
    ),
    case(
        "three quarters / tempo",
        rpp(BASS, tempo="120 4 4"),
        rpp(BASS, tempo="120 3 4"),
        rpp(BASS, tempo="90 4 4"),
        rpp(BASS, tempo="90 3 4"),
    ),
    case(
        "receive deleted / envelope edited of other",
        with_bus(bus(receive(0, volumes((0, 1))), receive(1, volumes((0, 1))))),
        with_bus(bus(receive(1, volumes((0, 1))))),
        with_bus(bus(receive(0, volumes((0, 1))), receive(1, volumes((0, 0.5))))),
        with_bus(bus(receive(1, volumes((0, 0.5))))),
    ),
    case(
        "receive deleted / envelope added to it",
        with_bus(bus(receive(0), receive(1))),
        with_bus(bus(receive(1))),
        with_bus(bus(receive(0, volumes((0, 0.5))), receive(1))),
    ),
    case(
        "receive deleted / envelope added to it, 2",
        with_bus(bus(receive(0), receive(1))),
        with_bus(bus(receive(0))),
        with_bus(bus(receive(0), receive(1, volumes((0, 0.5))))),
    ),
    case(
        "receives reordered / envelope added",
        with_bus(bus(receive(0), receive(1))),
        with_bus(bus(receive(1), receive(0))),
        with_bus(bus(receive(0, volumes((0, 0.5))), receive(1))),
        with_bus(bus(receive(1), receive(0, volumes((0, 0.5))))),
    ),
    case(
        "receives reordered / envelope edited",
        with_bus(bus(receive(0, volumes((0, 1))), receive(1, volumes((0, 2))))),
        with_bus(bus(receive(1, volumes((0, 2))), receive(0, volumes((0, 1))))),
        with_bus(bus(receive(0, volumes((0, 1))), receive(1, volumes((0, 3))))),
        with_bus(bus(receive(1, volumes((0, 3))), receive(0, volumes((0, 1))))),
    ),
    case(
        "receive added before / envelope edited",
        with_bus(bus(receive(1, volumes((0, 1))))),
        with_bus(bus(receive(0, volumes((0, 1))), receive(1, volumes((0, 1))))),
        with_bus(bus(receive(1, volumes((0, 5))))),
        with_bus(bus(receive(0, volumes((0, 1))), receive(1, volumes((0, 5))))),
    ),
    case(
        "envelopes added to two receives",
        with_bus(bus(receive(0), receive(1))),
        with_bus(bus(receive(0, volumes((0, 0.5))), receive(1))),
        with_bus(bus(receive(0), receive(1, volumes((0, 0.7))))),
        with_bus(bus(receive(0, volumes((0, 0.5))), receive(1, volumes((0, 0.7))))),
    ),
    case(
        "envelope removed, one added (one count) / edited",
        with_bus(bus(receive(0, volumes((0, 1))), receive(1))),
        with_bus(bus(receive(0), receive(1, volumes((0, 2))))),
        with_bus(bus(receive(0, volumes((0, 5))), receive(1))),
    ),
    case(
        "track put before / receive volume",
        with_bus(bus(receive(0), receive(1))),
        with_bus(bus(receive(1), receive(2)), track(9, "N")),
        with_bus(bus(receive(0), receive(1, volume=0.4))),
        with_bus(bus(receive(1), receive(2, volume=0.4)), track(9, "N")),
    ),
    case(
        "tracks reordered / receive added",
        rpp(BASS, KEYS, bus()),
        rpp(KEYS, BASS, bus()),
        rpp(BASS, KEYS, bus(receive(0))),
        rpp(KEYS, BASS, bus(receive(1))),
    ),
    case(
        "receives added by both",
        rpp(BASS, KEYS, bus()),
        rpp(BASS, KEYS, bus(receive(0))),
        rpp(BASS, KEYS, bus(receive(1))),
        rpp(BASS, KEYS, bus(receive(0), receive(1))),
        rpp(BASS, KEYS, bus(receive(1), receive(0))),
    ),
    case(
        "track added with receive / track added before",
        rpp(BASS, KEYS),
        rpp(BASS, KEYS, track(8, "X", receives=receive(1))),
        rpp(track(9, "N"), BASS, KEYS),
        rpp(track(9, "N"), BASS, KEYS, track(8, "X", receives=receive(2))),
    ),
    case(
        "fx reordered / parameter envelope",
        chain(ONE + effect("Y", 52, more=parameter(1, (0, 1))) + THREE),
        chain(THREE + ONE + effect("Y", 52, more=parameter(1, (0, 1)))),
        chain(ONE + effect("Y", 52, more=parameter(1, (0, 0.2))) + THREE),
        chain(THREE + ONE + effect("Y", 52, more=parameter(1, (0, 0.2)))),
    ),
    case(
        "fx reordered / fx put between",
        chain(ONE + TWO),
        chain(TWO + ONE),
        chain(ONE + THREE + TWO),
    ),
    case(
        "fx put first / link to fx by number",
        chain(ONE + TWO),
        chain(THREE + ONE + TWO),
        chain(ONE + effect("Y", 52, more=linked(0))),
    ),
    case(
        "fx put first (link follows) / link edited elsewhere",
        chain(ONE + effect("Y", 52, more=linked(0))),
        chain(THREE + ONE + effect("Y", 52, more=linked(1))),
        chain(effect("X", 51, bypass=1) + effect("Y", 52, more=linked(0))),
        chain(THREE + effect("X", 51, bypass=1) + effect("Y", 52, more=linked(1))),
    ),
    case(
        "fx deleted / envelope of it",
        chain(ONE + effect("Y", 52, more=parameter(1, (0, 1)))),
        chain(ONE),
        chain(ONE + effect("Y", 52, more=parameter(1, (0, 0.2)))),
    ),
    case(
        "fx in container deleted+added / other edited",
        chain(container(60, ONE + TWO)),
        chain(container(60, TWO + THREE)),
        chain(container(60, ONE + effect("Y", 52, "BBBB"))),
        chain(container(60, effect("Y", 52, "BBBB") + THREE)),
    ),
    case(
        "first take deleted / its volume",
        BOTH_TAKES,
        SECOND_TAKE,
        FIRST_EDITED,
    ),
    case(
        "second take's notes / item moved",
        BOTH_TAKES,
        with_item(takes=take(71, "second", notes="E 0 90 55 55")),
        BOTH_TAKES.replace(b"POSITION 0", b"POSITION 8"),
        with_item(takes=take(71, "second", notes="E 0 90 55 55")).replace(b"POSITION 0", b"POSITION 8"),
    ),
    case(
        "second take deleted / third's volume",
        THREE_TAKES,
        with_item(takes=take(72, "third")),
        with_item(takes=take(71, "second") + take(72, "third", volume=0.2)),
        with_item(takes=take(72, "third", volume=0.2)),
    ),
    case(
        "second take deleted / second's volume",
        THREE_TAKES,
        with_item(takes=take(72, "third")),
        with_item(takes=take(71, "second", volume=0.2) + take(72, "third")),
    ),
    case(
        "takes added by both",
        with_item(),
        with_item(takes=take(71, "a")),
        with_item(takes=take(72, "b")),
    ),
    case(
        "region before marker of one number / marker renamed",
        rpp(BASS, before=marker(1, 2, "m") + marker(1, 5, "r", 1) + marker(1, 9, "", 1)),
        rpp(BASS, before=marker(1, 1, "r", 1) + marker(1, 2, "m") + marker(1, 9, "", 1)),
        rpp(BASS, before=marker(1, 2, "mm") + marker(1, 5, "r", 1) + marker(1, 9, "", 1)),
        rpp(BASS, before=marker(1, 1, "r", 1) + marker(1, 2, "mm") + marker(1, 9, "", 1)),
    ),
    case(
        "markers of both",
        rpp(BASS, before=marker(1, 2, "m")),
        rpp(BASS, before=marker(1, 2, "m") + marker(2, 4, "a")),
        rpp(BASS, before=marker(1, 2, "m") + marker(2, 8, "b")),
        rpp(BASS, before=marker(1, 2, "m") + marker(2, 4, "a") + marker(3, 8, "b")),
        rpp(BASS, before=marker(1, 2, "m") + marker(3, 4, "a") + marker(2, 8, "b")),
        rpp(BASS, before=marker(1, 2, "m") + marker(2, 8, "b") + marker(3, 4, "a")),
    ),
    case(
        "tempo (times rewritten) / item added",
        two_items(4),
        two_items(8, tempo="60 4 4"),
        rpp(track(1, "A", items=item(31, 4, "x") + item(32, 8, "y") + item(33, 12, "z"))),
    ),
    case(
        "tempo (times rewritten) / volume",
        two_items(4),
        two_items(8, tempo="60 4 4"),
        rpp(track(1, "A", volume=0.5, items=item(31, 4, "x") + item(32, 8, "y"))),
        rpp(track(1, "A", volume=0.5, items=item(31, 8, "x") + item(32, 16, "y")), tempo="60 4 4"),
    ),
    case(
        "tempo, time base time / item moved",
        two_items(4, before=FREE),
        two_items(4, before=FREE, tempo="60 4 4"),
        rpp(track(1, "A", items=item(31, 5, "x") + item(32, 8, "y")), before=FREE),
        rpp(track(1, "A", items=item(31, 5, "x") + item(32, 8, "y")), before=FREE, tempo="60 4 4"),
    ),
    case(
        "tempo curve / item moved",
        two_items(4, before=tempos((0, 120))),
        two_items(4.5, before=tempos((0, 120), (2, 100))),
        rpp(track(1, "A", items=item(31, 4, "x") + item(32, 9, "y")), before=tempos((0, 120))),
    ),
    case(
        "tracks without ids reordered / volume",
        rpp(track(0, "A"), track(0, "B")),
        rpp(track(0, "B"), track(0, "A")),
        rpp(track(0, "A", volume=0.5), track(0, "B")),
    ),
    case(
        "tracks without ids, receive / track put before",
        rpp(track(0, "A"), track(0, "B")),
        rpp(track(0, "N"), track(0, "A"), track(0, "B")),
        rpp(track(0, "A"), track(0, "B", receives=receive(0))),
    ),
    case(
        "pooled notes edited / another copy",
        rpp(track(1, "A", items=pooled(31, 0, "E 1") + pooled(32, 4, "E 1"))),
        rpp(track(1, "A", items=pooled(31, 0, "E 2") + pooled(32, 4, "E 2"))),
        rpp(track(1, "A", items=pooled(31, 0, "E 1") + pooled(32, 4, "E 1") + pooled(33, 8, "E 1"))),
    ),
    case(
        "item to two tracks",
        rpp(track(1, "A", items=item(31, 0, "x")), track(2, "B"), track(3, "C")),
        rpp(track(1, "A"), track(2, "B", items=item(31, 0, "x")), track(3, "C")),
        rpp(track(1, "A"), track(2, "B"), track(3, "C", items=item(31, 0, "x"))),
    ),
    case(
        "items added by both",
        rpp(BASS),
        rpp(track(1, "A", items=item(31, 0, "x"))),
        rpp(track(1, "A", items=item(32, 4, "y"))),
        rpp(track(1, "A", items=item(31, 0, "x") + item(32, 4, "y"))),
        rpp(track(1, "A", items=item(32, 4, "y") + item(31, 0, "x"))),
    ),
]


@pytest.mark.parametrize("each", CASES, ids=lambda each: each.name)
@pytest.mark.parametrize("swapped", [False, True])
def test_two_edits(each: Case, swapped: bool) -> None:
    judged(each, swapped)
