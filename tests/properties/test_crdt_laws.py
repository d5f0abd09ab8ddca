"""Join is commutative, associative and idempotent for every reachable and every decoded state, and codecs round-trip.

States are reached by random programs over several replicas, or decoded from random wire forms. The number of cases is
printed when it is large; `MUSE_LAW_CASES` raises it (`make soak` does; 100,000 per type are in `test_crdt_soak.py`).
"""

from __future__ import annotations

import json
import os
from itertools import permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from muse.core.crdts import RGA, AWMap, GCounter, LWWRegister, ORSet, VectorClock

CASES = int(os.environ.get("MUSE_LAW_CASES", "150"))
LAWS = settings(
    max_examples=CASES, deadline=None, database=None, suppress_health_check=list(HealthCheck), derandomize=CASES < 1000
)
names = st.sampled_from(["a", "b", "c", "é", ""])
tokens = st.sampled_from(["t", "u", "1@a", "2@a", "3@a", "2@b", "7@b", "01@a", "1@"])
ids = st.sampled_from(["1@a", "2@a", "10@a", "1@b", "1.5@c", "odd", ""])

counts = st.dictionaries(st.sampled_from(["a", "b", "c"]), st.integers(0, 3))
registers = st.builds(
    LWWRegister,
    st.sampled_from([0, 1, True, None, "v", [1], {"k": 1.5}]),
    st.sampled_from([0, 1, 1.0, 2**60, 0.5]),
    st.sampled_from(["a", "b"]),
)
contexts = st.dictionaries(st.sampled_from(["a", "b"]), st.sampled_from([1, 2, 5, [[2, 3]], [[1, 1], [3, 7]]]))


def wire(entry: dict[str, Any]) -> Any:
    return st.fixed_dictionaries(
        {"entries": st.lists(st.fixed_dictionaries(entry), max_size=5), "tombstones": st.lists(tokens, max_size=4)},
        optional={"context": contexts},
    )


elements = st.fixed_dictionaries(
    {"id": ids, "value": names, "deleted": st.booleans(), "parent_id": st.none() | ids},
    optional={"others": st.lists(st.fixed_dictionaries({"value": names, "parent_id": st.none() | ids}), max_size=2)},
)


fugue_places = st.none().map(lambda head: {"parent_id": head, "side": "right"}) | st.fixed_dictionaries(
    {"parent_id": ids, "side": st.sampled_from(["left", "right"])}
)
fugue_contents = st.builds(lambda value, place: {"value": value, **place}, names, fugue_places)
fugue_elements = st.builds(
    lambda name, deleted, content, others: {"id": name, "deleted": deleted, **content, **others},
    ids,
    st.booleans(),
    fugue_contents,
    st.just({}) | st.fixed_dictionaries({"others": st.lists(fugue_contents, max_size=2)}),
)


def set_program(steps: list[tuple[Any, ...]]) -> ORSet:
    values = [ORSet()]
    for kind, element, token, at in steps:
        value = values[at % len(values)]
        if kind == 0:
            values.append(value.add(element)[0])
        elif kind == 1:
            values.append(value.add(element, token=token)[0])
        elif kind == 2:
            values.append(value.remove(element, value.tokens_for(element)))
        elif kind == 3:
            values.append(value.remove(element, token))
        else:
            values.append(value.join(values[-1]))
    return values[-1]


def map_program(steps: list[tuple[Any, ...]]) -> AWMap:
    values = [AWMap()]
    for kind, key, token, at in steps:
        value = values[at % len(values)]
        if kind == 0:
            values.append(value.set(key, f"v{at}"))
        elif kind == 1:
            values.append(value.set(key, f"v{at}", token=token))
        elif kind == 2:
            values.append(value.remove(key))
        elif kind == 3:
            values.append(value.remove(key, token))
        else:
            values.append(value.join(values[-1]))
    return values[-1]


def rga_program(steps: list[tuple[Any, ...]], mode: Any = "classic") -> RGA:
    values = [RGA(mode=mode)]
    for kind, value, parent, new, at in steps:
        rga = values[at % len(values)]
        if kind < 3:
            values.append(rga.insert(parent, value, element_id=new))
        elif kind == 3:
            values.append(rga.delete(new))
        else:
            values.append(rga.join(values[-1]))
    return values[-1]


steps = st.lists(st.tuples(st.integers(0, 4), names, tokens, st.integers(0, 20)), max_size=10)
rga_steps = st.lists(st.tuples(st.integers(0, 4), names, st.none() | ids, ids, st.integers(0, 20)), max_size=12)
KINDS: dict[str, tuple[Any, Any]] = {
    "VectorClock": (VectorClock, counts.map(VectorClock)),
    "GCounter": (GCounter, counts.map(GCounter)),
    "LWWRegister": (LWWRegister, registers),
    "ORSet": (
        ORSet,
        steps.map(set_program) | wire({"element": names, "token": tokens.filter(bool)}).map(ORSet.from_dict),
    ),
    "AWMap": (
        AWMap,
        steps.map(map_program)
        | wire({"key": names, "value": names, "token": tokens.filter(bool)}).map(AWMap.from_dict),
    ),
    "RGA": (RGA, rga_steps.map(rga_program) | st.lists(elements, max_size=7).map(RGA.from_dict)),
    "RGA, Fugue": (
        RGA,
        rga_steps.map(lambda steps: rga_program(steps, "fugue"))
        | st.lists(fugue_elements, max_size=7).map(RGA.from_dict),
    ),
}


def check_laws(kind: Any, a: Any, b: Any, c: Any) -> None:
    before = [json.dumps(x.to_dict(), sort_keys=True) for x in (a, b, c)]
    ab = a.join(b)
    pairs = [(ab, b.join(a)), (ab.join(c), a.join(b.join(c))), (a.join(a), a), (ab.join(a), ab), (ab.join(b), ab)]
    for one, two in pairs:
        assert one == two and hash(one) == hash(two)
        assert json.dumps(one.to_dict(), sort_keys=True) == json.dumps(two.to_dict(), sort_keys=True)
    assert kind.from_dict(json.loads(json.dumps(ab.to_dict()))) == ab
    assert [json.dumps(x.to_dict(), sort_keys=True) for x in (a, b, c)] == before, "a join changed its argument"


@pytest.mark.parametrize("name", KINDS)
def test_laws(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    kind, states = KINDS[name]
    cases = 0

    @LAWS
    @given(states, states, states)
    def run(a: Any, b: Any, c: Any) -> None:
        nonlocal cases
        cases += 1
        check_laws(kind, a, b, c)

    run()
    with capsys.disabled():
        if CASES >= 1000:
            print(f"\n{name}: {cases} cases")


@pytest.mark.parametrize("name", ["ORSet", "AWMap", "RGA", "RGA, Fugue"])
def test_programs_over_shared_storage_equal_programs_over_fresh_values(name: str) -> None:
    """Sharing is invisible: every intermediate value, read late, is what it was when it was made."""
    kind, _ = KINDS[name]
    start = {"RGA, Fugue": RGA(mode="fugue")}.get(name) or kind()

    @LAWS
    @given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 30), ids, st.none() | ids), max_size=14))
    def run(program: list[tuple[int, int, str, str | None]]) -> None:
        values, told = [start], [json.dumps(start.to_dict())]
        for what, at, one, two in program:
            value = values[at % len(values)]
            if what == 3:
                value = value.join(values[-1])
            elif kind is RGA:
                value = value.delete(one) if what == 2 else value.insert(two, str(at), element_id=one)
            elif what == 2:
                value = value.remove(one, value.tokens_for(one))
            else:
                value = value.add(one)[0] if kind is ORSet else value.set(one, str(at))
            values.append(value)
            told.append(json.dumps(kind.from_dict(value.to_dict()).to_dict()))
        assert [json.dumps(value.to_dict()) for value in values] == told

    run()


OPS: dict[str, list[Any]] = {
    "RGA": [
        lambda r: r.insert(None, "x", element_id="1@a"),
        lambda r: r.insert("1@a", "y", element_id="2@b"),
        lambda r: r.insert("1@a", "z", element_id="2@c"),
        lambda r: r.insert("2@b", "w", element_id="3@a"),
        lambda r: r.insert(None, "v", element_id="10@c"),
    ],
    "ORSet": [
        lambda s: s.add("x", token="1@a")[0],
        lambda s: s.add("x", token="1@b")[0],
        lambda s: s.remove("x", ["1@a"]),
        lambda s: s.add("y", token="2@b")[0],
        lambda s: s.remove("y", ["2@b"]),
    ],
    "AWMap": [
        lambda m: m.set("k", "1", token="1@a", replaces=[]),
        lambda m: m.set("k", "2", token="2@b", replaces=["1@a"]),
        lambda m: m.set("k", "3", token="2@c", replaces=["1@a"]),
        lambda m: m.remove("k", ["2@c"]),
        lambda m: m.set("j", "5", token="3@a", replaces=[]),
    ],
}


@pytest.mark.parametrize("name", OPS)
def test_all_delivery_orders_of_five_ops_of_three_actors(name: str) -> None:
    kind = {"RGA": RGA, "ORSet": ORSet, "AWMap": AWMap}[name]
    states = set()
    for order in permutations(OPS[name]):
        value: Any = kind()
        for op in order:
            value = op(value)
        states.add(json.dumps(value.to_dict(), sort_keys=True))
        again = value
        for op in order[:3]:
            again = op(again)
        assert again == value, "an op delivered twice changed something"
    assert len(states) == 1, states


def slow_order(wire_form: list[Any]) -> list[str]:
    """The definition of both orders, written as plainly as possible: before the element, the element, after it."""

    def key(identity: str) -> Any:
        number, _, actor = identity.partition("@")
        return tuple(int(part) for part in number.split(".")), actor

    def hanging(parent: str | None, side: str) -> list[str]:
        here = [e for e in wire_form if e["parent_id"] == parent and e.get("side", "right") == side]
        found: list[str] = []
        for element in sorted(here, key=lambda e: key(e["id"]), reverse=True):
            found += hanging(element["id"], "left")
            found += [] if element["deleted"] else [element["value"]]
            found += hanging(element["id"], "right")
        return found

    return hanging(None, "right")


class Replicas(RuleBasedStateMachine):
    """Three actors editing a text, exchanging states in any order; checked against the plain definition."""

    made = Bundle("made")

    @initialize(mode=st.sampled_from(["classic", "fugue"]))
    def start(self, mode: Any) -> None:
        self.replicas = [RGA(mode=mode), RGA(mode=mode), RGA(mode=mode)]
        self.number = 0

    @rule(target=made, who=st.integers(0, 2), at=st.integers(0, 30), run=st.integers(1, 4), back=st.booleans())
    def type_run(self, who: int, at: int, run: int, back: bool) -> str:
        visible = self.replicas[who].visible_ids()
        at = at % len(visible) if visible else 0
        after = visible[at - 1] if at else None
        for _ in range(run):
            self.number += 1
            new = f"{self.number}@{'abc'[who]}"
            self.replicas[who] = self.replicas[who].insert(after, new, element_id=new)
            visible.insert(at, new)
            assert self.replicas[who].visible_ids() == visible, "it does not stand where it was typed"
            if not back:
                after, at = new, at + 1
        return new

    @rule(who=st.integers(0, 2), element=made)
    def erase(self, who: int, element: str) -> None:
        self.replicas[who] = self.replicas[who].delete(element)
        assert element not in self.replicas[who].visible_ids()

    @rule(to=st.integers(0, 2), of=st.integers(0, 2), through_json=st.booleans())
    def sync(self, to: int, of: int, through_json: bool) -> None:
        other = self.replicas[of]
        if through_json:
            other = RGA.from_dict(json.loads(json.dumps(other.to_dict())))
        self.replicas[to] = self.replicas[to].join(other)

    @rule()
    def check(self) -> None:
        a, b, c = self.replicas
        for replica in self.replicas:
            assert replica.to_sequence() == slow_order(replica.to_dict())
        assert a.join(b).join(c).to_dict() == c.join(b).join(a).to_dict() == b.join(a.join(c)).to_dict()

    def teardown(self) -> None:
        if hasattr(self, "replicas"):
            self.check()


def test_replicas_as_a_state_machine() -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Replicas, settings=settings(LAWS, max_examples=max(CASES // 5, 20), stateful_step_count=25)
    )
