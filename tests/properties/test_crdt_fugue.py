"""Fugue mode: what several people type at one place at once, forwards or backwards, never interleaves.

Each person's elements are sent one by one, as states of one element, and arrive in every order there is, also children
before what they hang from.
"""

from __future__ import annotations

import json
import os
import pickle
import random
from itertools import combinations_with_replacement, permutations
from typing import Any

import pytest

from muse.core.crdts import RGA, RGAElement
from muse.core.errors import FormatError

CASES = int(os.environ.get("MUSE_FUGUE_CASES", "100"))
Way = list[int]
"""At which place of the person's own run each letter is typed."""


def start(mode: Any = "fugue") -> RGA:
    """Four letters, one in the middle deleted."""
    text = RGA(mode=mode)
    for number in range(1, 5):
        text = text.insert(f"{number - 1}@x" if number > 1 else None, "wxyz"[number - 1], element_id=f"{number}@x")
    return text.delete("3@x")


def typed(text: RGA, after: str | None, way: Way, who: str, first: int = 10) -> tuple[RGA, list[str]]:
    """The text with a run typed at one place, and the ids of the run as it reads."""
    run: list[str] = []
    for number, place in enumerate(way, start=first):
        text = text.insert(run[place - 1] if place else after, who, element_id=f"{number}@{who}")
        run.insert(place, f"{number}@{who}")
    return text, run


def whole(text: RGA, run: list[str]) -> bool:
    """True when a run reads as it was typed with nothing in between."""
    ids = text.visible_ids()
    at = ids.index(run[0])
    return ids[at : at + len(run)] == run


def delivered(base: RGA, ops: list[RGA]) -> RGA:
    for op in ops:
        base = base.join(op)
    return base


FORWARDS, BACKWARDS, INWARDS = [0, 1, 2], [0, 0, 0], [0, 1, 1]


@pytest.mark.parametrize("after", [None, "2@x", "4@x"], ids=["at the head", "before a deleted letter", "at the end"])
@pytest.mark.parametrize("people", [2, 3])
def test_runs_at_one_place_never_interleave_in_any_order_of_delivery(people: int, after: str | None) -> None:
    base = start()
    ways = [FORWARDS, BACKWARDS, INWARDS] if people == 2 else [FORWARDS[:2], BACKWARDS[:2]]
    for chosen in combinations_with_replacement(ways, people):
        runs, ops = [], []
        for who, way in zip("abc", chosen):
            text, run = typed(base, after, way, who)
            assert whole(text, run)
            runs.append(run)
            ops += [RGA([text.element(name)]) for name in run]
        reads = set()
        for order in permutations(ops):
            text = delivered(base, [*order])
            reads.add(tuple(text.visible_ids()))
        assert len(reads) == 1, "the order of delivery shows"
        assert all(whole(text, run) for run in runs), (chosen, reads)
        assert text.join(base) == delivered(RGA(), [*ops[::-1], base])


def test_classic_mode_does_interleave_what_is_typed_backwards() -> None:
    """What Fugue mode is for; should this ever fail, the limit in docs/crdts.md is gone."""
    base = start("classic")
    one, first = typed(base, "2@x", BACKWARDS, "a")
    two, second = typed(base, "2@x", BACKWARDS, "b")
    assert not whole(one.join(two), first) and not whole(one.join(two), second)


def test_long_runs_of_many_people_over_many_rounds_never_interleave() -> None:
    for case in range(CASES):
        rng = random.Random(case)
        text, clock = start(), 10
        for _ in range(4):
            visible = text.visible_ids()
            after = rng.choice([None, *visible])
            people: list[RGA] = []
            runs: list[list[str]] = []
            for who in rng.sample("abcde", rng.randint(2, 5)):
                length, habit = rng.randint(1, 12), rng.random()
                way = [at if habit < 0.3 else 0 if habit < 0.6 else rng.randint(0, at) for at in range(length)]
                mine, run = typed(text, after, way, who, clock)
                people.append(mine)
                runs.append(run)
                clock += rng.randint(0, 20) if rng.random() < 0.5 else 0
            clock += 20
            ops = [RGA([mine.element(name)]) for mine, run in zip(people, runs) for name in run]
            rng.shuffle(ops)
            one_by_one = delivered(text, ops)
            rng.shuffle(people)
            text = delivered(text, people)
            assert text == one_by_one
            assert all(whole(text, run) for run in runs), case
            for name in rng.sample(text.visible_ids(), rng.randint(0, 3)):
                text = text.delete(name)


def test_an_element_stands_where_it_was_typed_whatever_its_id() -> None:
    rng = random.Random(1)
    text, shown = RGA(mode="fugue"), []
    for number in rng.sample(range(1000), 400):
        at, name = rng.randint(0, len(shown)), f"{number}@{rng.choice('abc')}"
        text = text.insert(shown[at - 1] if at else None, "x", element_id=name)
        shown.insert(at, name)
        if rng.random() < 0.2:
            text = text.delete(shown.pop(rng.randrange(len(shown))))
        if rng.random() < 0.2:
            text = RGA.from_dict(text.to_dict())
    assert text.visible_ids() == shown


def test_what_arrives_at_a_place_is_found_when_typing_goes_on_there() -> None:
    """The search for what follows goes on where it left off, unless something came to stand before that."""
    text = RGA(mode="fugue").insert(None, "a", element_id="1@a")
    rival = text.insert("1@a", "r", element_id="9@r")
    for number in (2, 3, 4):
        text = text.insert("1@a", "x", element_id=f"{number}@a")
    text = text.join(rival).insert("1@a", "y", element_id="5@a")
    assert text.visible_ids() == ["1@a", "5@a", "9@r", "4@a", "3@a", "2@a"]
    text = text.insert(None, "zzz", element_id="2@a").insert("1@a", "y", element_id="6@a")
    assert text.visible_ids()[text.visible_ids().index("1@a") + 1] == "6@a"
    base = RGA(mode="fugue").insert(None, "a", element_id="1@a").insert("1@a", "x", element_id="2@a")
    base.insert(None, "-", element_id="7@b")  # now what is added to base goes into a core on top
    fork = base.insert("1@a", "y", element_id="3@a").insert("1@a", "y", element_id="4@a").join(rival)
    assert fork.insert("1@a", "z", element_id="5@a").visible_ids() == ["1@a", "5@a", "9@r", "4@a", "3@a", "2@a"]
    moved = start().insert("4@x", "b", element_id="5@a").insert("4@x", "c", element_id="6@a")
    moved = moved.insert("4@x", "d", element_id="7@a").insert(None, "zzz", element_id="5@a")
    moved = moved.insert("4@x", "e", element_id="8@a")
    assert moved.visible_ids()[-1] == "8@a", "nothing stands there any more"


def test_typing_on_many_forks_of_one_text() -> None:
    """Places are looked up through piles of cores, and in cores that have grown past the version."""
    text, rng = start(), random.Random(2)
    kept = [text]
    for number in range(10, 200):
        old = rng.choice(kept[-20:])
        after = rng.choice([None, *old.visible_ids()])
        new = old.insert(after, "x", element_id=f"{number}@a")
        ids = new.visible_ids()
        at = ids.index(f"{number}@a")
        assert ids[:at] + ids[at + 1 :] == old.visible_ids() and (ids[at - 1] if at else None) == after
        kept.append(new if rng.random() < 0.7 else new.join(rng.choice(kept)))
    everything = delivered(start(), kept)
    assert everything == delivered(RGA(), [RGA.from_dict(one.to_dict()) for one in kept[::-1]])


def test_twenty_thousand_letters_typed_backwards() -> None:
    """Neither deep nor slow: the search for what follows goes on where it left off."""
    text = RGA(mode="fugue")
    for number in range(20_000):
        text = text.insert(None, str(number), element_id=f"{number}@a")
    assert text.to_sequence() == [str(number) for number in reversed(range(20_000))]
    fork = text.insert(None, "a", element_id="20001@a").join(text.insert(None, "b", element_id="20001@b"))
    assert fork.to_sequence()[:3] == ["b", "a", "19999"]


# Modes ---------------------------------------------------------------------------------------------------------------


def test_the_mode_is_recorded_and_mixed_modes_refuse_to_join() -> None:
    fugue, classic = start(), start("classic")
    assert fugue.mode == "fugue" and classic.mode == RGA().mode == "classic"
    assert all("side" in element for element in fugue.to_dict())
    assert all("side" not in element for element in classic.to_dict())
    assert RGA.from_dict(json.loads(json.dumps(fugue.to_dict()))).mode == "fugue"
    assert RGA.from_dict(classic.to_dict()).mode == "classic" and fugue != classic
    for one, two in ((fugue, classic), (classic, fugue)):
        with pytest.raises(FormatError, match="do not join"):
            one.join(two)


def test_an_empty_sequence_joins_with_either_mode() -> None:
    empty, fugue = RGA(), RGA(mode="fugue")
    assert empty == fugue and hash(empty) == hash(fugue) and empty.to_dict() == fugue.to_dict() == []
    for text in (start(), start("classic")):
        for none in (empty, fugue):
            assert text.join(none) == none.join(text) == text
            assert text.join(none).mode == none.join(text).mode == text.mode
    assert empty.join(fugue).mode == fugue.join(empty).mode == pickle.loads(pickle.dumps(fugue)).mode == "fugue"
    assert empty.join(RGA()).mode == "classic"


def test_an_id_used_twice_is_surfaced_in_fugue_mode_too() -> None:
    base = start()
    one, two = base.insert("2@x", "apple", element_id="9@a"), base.insert("4@x", "berry", element_id="9@a")
    both = one.join(two)
    assert both == two.join(one) and [found["value"] for found in both.conflicts()["9@a"]] == ["berry", "apple"]
    assert RGA.from_dict(both.to_dict()) == both
    assert one.insert("2@x", "apple", element_id="9@a") == one, "the same edit again changes nothing"
    assert one.insert(None, "x", element_id="10@a").insert("2@x", "apple", element_id="9@a").conflicts() == {}
    assert "9@a" in one.insert("1@x", "apple", element_id="9@a").conflicts()
    beside = both.insert("2@x", "pear", element_id="10@b")
    assert beside.visible_ids()[2] == "10@b", "what lost does not say where others stand"


def test_elements_can_be_sent_one_by_one() -> None:
    text = start()
    with pytest.raises(KeyError):
        text.element("7@x")
    assert text.element("3@x") == {"id": "3@x", "value": "y", "deleted": True, "parent_id": "2@x", "side": "right"}
    far = delivered(RGA(), [RGA([text.element(f"{number}@x")]) for number in (4, 3, 2)])
    assert far.waiting() == ["2@x", "3@x", "4@x"]
    assert far.join(RGA([text.element("1@x")])) == text


def element(**changes: Any) -> RGAElement:
    made: Any = {"id": "1@a", "value": "v", "deleted": False, "parent_id": None, "side": "right"} | changes
    return made  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "bad",
    [
        [element(side="up")],
        [element(side=None, others=[element()])],
        [element(side=1)],
        [element(side=["left"])],
        [element(side="left")],
        [element(), {"id": "2@a", "value": "v", "deleted": False, "parent_id": "1@a"}],
        [element(others=[{"value": "w", "parent_id": None}])],
    ],
)
def test_hostile_sides_are_refused(bad: Any) -> None:
    with pytest.raises(FormatError):
        RGA.from_dict(bad)


def test_a_mode_that_contradicts_the_elements_is_refused() -> None:
    for text, mode in ((start(), "classic"), (start("classic"), "fugue")):
        with pytest.raises(FormatError):
            RGA(text.to_dict(), mode=mode)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="classic or fugue"):
        RGA(mode="yata")  # type: ignore[arg-type]


def test_circles_and_hostile_ids_stop_no_insertion() -> None:
    circle = RGA(
        [
            element(id="2@a", parent_id="1@a", side="left"),
            element(id="1@a", parent_id="2@a", side="left"),
            element(id="3@a", parent_id="3@a", side="left"),
            element(id="4@a", parent_id="3@a"),
        ]
    )
    text = circle
    for number, after in enumerate([None, "1@a", "2@a", "3@a", "4@a"], start=10):
        text = text.insert(after, "x", element_id=f"{number}@b")
    assert text.to_sequence() == ["x"] and len(text.waiting()) == 8
    assert text.join(circle) == circle.join(text) == text
    assert text.insert("1@a", "x", element_id="11@b") == text
