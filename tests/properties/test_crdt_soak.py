"""The laws of join on 100,000 cases per type, from a seeded generator: far quicker than a shrinking one, and wider.

`make soak` runs it and prints the cases; `make test` runs a few hundred. A failure names its seed: `case(name, seed)`.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from typing import Any

import pytest

from muse.core.crdts import RGA, AWMap, GCounter, LWWRegister, ORSet, VectorClock

SOAK_CASES = int(os.environ.get("MUSE_SOAK_LAW_CASES", "100000"))
START = int(os.environ.get("MUSE_SOAK_SEED", "0"))
WORDS = ["a", "b", "c", "é", ""]
TOKENS = ["t", "u", "1@a", "2@a", "3@a", "2@b", "7@b", "01@a", "1@", "12@b"]
IDS = ["1@a", "2@a", "10@a", "1@b", "1.5@c", "2@c", "odd", "", "9@a"]
KINDS: dict[str, Any] = {kind.__name__: kind for kind in (VectorClock, GCounter, LWWRegister, ORSet, AWMap, RGA)}
KINDS["RGA, Fugue"] = RGA


def counts(rng: random.Random, kind: Any) -> Any:
    value = kind({agent: rng.randint(0, 3) for agent in rng.sample("abcd", rng.randint(0, 4))})
    for _ in range(rng.randint(0, 2)):
        value = value.increment(rng.choice("abcd"))
    return value


def register(rng: random.Random) -> LWWRegister:
    value = LWWRegister(
        rng.choice([0, 1, True, None, "v", [1], {"k": 1.5}]), rng.choice([0, 1, 1.0, 2**60, 0.5, -1]), rng.choice("ab")
    )
    return value.write("w", rng.choice([0.5, 2]), "a") if rng.random() < 0.3 else value


def wire(rng: random.Random, fields: tuple[str, ...]) -> Any:
    entries = [
        {field: rng.choice(WORDS) for field in fields} | {"token": rng.choice(TOKENS)} for _ in range(rng.randint(0, 5))
    ]
    made: Any = {"entries": entries, "tombstones": rng.sample(TOKENS, rng.randint(0, 3))}
    if rng.random() < 0.4:
        seen = [1, 2, 5, [[2, 3]], [[1, 1], [3, 7]]]
        made["context"] = {actor: rng.choice(seen) for actor in "ab"[: rng.randint(1, 2)]}
    return made


def element(rng: random.Random) -> Any:
    made: Any = {
        "id": rng.choice(IDS),
        "value": rng.choice(WORDS),
        "deleted": rng.random() < 0.3,
        "parent_id": rng.choice([None, *IDS]),
    }
    if rng.random() < 0.1:
        made["others"] = [{"value": rng.choice(WORDS), "parent_id": rng.choice([None, *IDS])}]
    return made


def fugue_element(rng: random.Random) -> Any:
    made = element(rng)
    for part in (made, *made.get("others", ())):
        part["side"] = "right" if part["parent_id"] is None else rng.choice(["left", "right"])
    return made


def set_step(rng: random.Random, value: ORSet) -> ORSet:
    word, chance = rng.choice(WORDS), rng.random()
    if chance < 0.4:
        return value.add(word)[0]
    if chance < 0.6:
        return value.add(word, token=rng.choice(TOKENS))[0]
    if chance < 0.8:
        return value.remove(word, value.tokens_for(word))
    return value.remove(word, rng.choice(TOKENS))


def map_step(rng: random.Random, value: AWMap) -> AWMap:
    word, chance = rng.choice(WORDS), rng.random()
    if chance < 0.4:
        return value.set(word, rng.choice(WORDS))
    if chance < 0.6:
        return value.set(word, rng.choice(WORDS), token=rng.choice(TOKENS))
    return value.remove(word) if chance < 0.8 else value.remove(word, rng.choice(TOKENS))


def rga_step(rng: random.Random, value: RGA) -> RGA:
    if rng.random() < 0.75:
        return value.insert(rng.choice([None, *IDS]), rng.choice(WORDS), element_id=rng.choice(IDS))
    return value.delete(rng.choice(IDS))


def program(rng: random.Random, seeds: list[Any], step: Callable[[random.Random, Any], Any]) -> Any:
    """A value that a few edits and joins over shared values lead to."""
    values = list(seeds)
    for _ in range(rng.randint(0, 8)):
        value = rng.choice(values)
        values.append(value.join(rng.choice(values)) if rng.random() < 0.2 else step(rng, value))
    return values[-1]


def states(rng: random.Random, name: str) -> list[Any]:
    """Three states: sometimes of one family, which share storage, sometimes decoded from anything well-formed."""
    if name in ("VectorClock", "GCounter"):
        return [counts(rng, KINDS[name]) for _ in range(3)]
    if name == "LWWRegister":
        return [register(rng) for _ in range(3)]
    build, step = {
        "ORSet": (lambda: ORSet.from_dict(wire(rng, ("element",))), set_step),
        "AWMap": (lambda: AWMap.from_dict(wire(rng, ("key", "value"))), map_step),
        "RGA": (lambda: RGA.from_dict([element(rng) for _ in range(rng.randint(0, 6))]), rga_step),
        "RGA, Fugue": (
            lambda: RGA([fugue_element(rng) for _ in range(rng.randint(0, 6))], mode="fugue"),
            rga_step,
        ),
    }[name]
    empty = RGA(mode="fugue") if name == "RGA, Fugue" else KINDS[name]()
    common = program(rng, [empty if rng.random() < 0.5 else build()], step)
    return [program(rng, [common if rng.random() < 0.6 else build()], step) for _ in range(3)]


def spelled(value: Any) -> str:
    return json.dumps(value.to_dict(), sort_keys=True)


def case(name: str, seed: int) -> None:
    """One law case."""
    rng = random.Random(f"{name} {seed}")
    a, b, c = states(rng, name)
    before = [spelled(x) for x in (a, b, c)]
    ab = a.join(b)
    pairs = [(ab, b.join(a)), (ab.join(c), a.join(b.join(c))), (a.join(a), a), (ab.join(a), ab), (b.join(ab), ab)]
    for one, two in pairs:
        assert one == two and hash(one) == hash(two) and spelled(one) == spelled(two)
    again = KINDS[name].from_dict(json.loads(spelled(ab)))
    assert again == ab and spelled(again.join(c)) == spelled(ab.join(c))
    assert [spelled(x) for x in (a, b, c)] == before, "a join changed its argument"


def cases(name: str, start: int, count: int) -> None:
    for seed in range(start, start + count):
        try:
            case(name, seed)
        except AssertionError as problem:
            raise AssertionError(f"case({name!r}, {seed}): {problem}") from problem


@pytest.mark.parametrize("name", KINDS)
def test_laws_on_seeded_cases(name: str) -> None:
    cases(name, 0, 300)


@pytest.mark.soak
@pytest.mark.parametrize("name", KINDS)
def test_one_hundred_thousand_law_cases(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    cases(name, START, SOAK_CASES)
    with capsys.disabled():
        print(f"\n{name}: {SOAK_CASES} law cases from seed {START}, all hold")
