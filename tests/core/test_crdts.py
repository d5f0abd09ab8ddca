"""The six CRDTs: wire forms, edges, and one named test per trap that sequence and set CRDTs fall into."""

from __future__ import annotations

import copy
import gc
import json
import os
import pickle
import sys
import threading
import tracemalloc
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muse.core.crdts import RGA, AWMap, GCounter, LWWRegister, ORSet, VectorClock
from muse.core.errors import FormatError


def chain(n: int, *, start: int = 1, actor: str = "a") -> RGA:
    rga, last = RGA(), None
    for number in range(start, start + n):
        rga = rga.insert(last, str(number), element_id=f"{number}@{actor}")
        last = f"{number}@{actor}"
    return rga


# Traps -----------------------------------------------------------------------------------------------------------


def test_trap_insert_order_does_not_depend_on_delivery_order() -> None:
    ops = [
        (None, "1@a"),
        (None, "1@b"),
        ("1@a", "2@a"),
        ("1@a", "2@b"),
        ("2@b", "3@c"),
    ]
    seen = set()
    for order in permutations(ops):
        rga = RGA()
        for after, new in order:
            rga = rga.insert(after, new, element_id=new)
        seen.add(json.dumps(rga.to_dict()))
    assert len(seen) == 1
    assert RGA.from_dict(json.loads(seen.pop())).to_sequence() == ["1@b", "1@a", "2@b", "3@c", "2@a"]


def test_trap_orphans_wait_and_survive_join() -> None:
    orphan = RGA().insert("9@x", "child", element_id="10@a")
    assert orphan.to_sequence() == [] and orphan.waiting() == ["10@a"] and len(orphan) == 0
    assert orphan.join(RGA()).waiting() == RGA().join(orphan).waiting() == ["10@a"]
    decoded = RGA.from_dict(orphan.to_dict())
    assert decoded == orphan
    parent = RGA().insert(None, "parent", element_id="9@x")
    assert decoded.join(parent).to_sequence() == parent.join(decoded).to_sequence() == ["parent", "child"]


def test_trap_ids_compare_as_numbers_not_as_text() -> None:
    rga = RGA()
    for number in (9, 10, 100, 2):
        rga = rga.insert(None, str(number), element_id=f"{number}@a")
    assert rga.to_sequence() == ["100", "10", "9", "2"]
    dotted = RGA().insert(None, "b", element_id="1.10@a").insert(None, "a", element_id="1.9@a")
    assert dotted.to_sequence() == ["b", "a"]


def test_ids_of_other_forms_have_a_place_too() -> None:
    rga = RGA()
    for text in ("5@a", "plain", "@", "٣@a", "1" * 4000 + "@a", "5@b", "", "1.@a"):
        rga = rga.insert(None, text, element_id=text)
    first = rga.to_sequence()
    assert first[-2:] == ["5@b", "5@a"] and sorted(first[:-2], reverse=True) == first[:-2]
    assert RGA.from_dict(list(reversed(rga.to_dict()))) == rga


def test_trap_a_long_chain_does_not_recurse() -> None:
    rga = chain(20_000)
    assert rga.to_sequence()[-1] == "20000"
    assert rga.join(chain(3, actor="b")).to_sequence()[:4] == ["1", "2", "3", "1"]
    assert RGA.from_dict(rga.to_dict()) == rga
    comb = RGA()
    for number in range(20_000):
        comb = comb.insert(None, "x", element_id=f"{number}@a")
    assert len(comb) == 20_000


def test_trap_removed_before_added_is_not_resurrected() -> None:
    added, token = ORSet().add("x")
    removed = ORSet().remove("x", {token})
    assert "x" not in removed.join(added) and "x" not in added.join(removed)
    late, _ = removed.add("x", token=token)
    assert "x" not in late and late == removed

    one = AWMap().set("k", "v")
    gone = AWMap().remove("k", one.tokens_for("k"))
    assert "k" not in gone.join(one) and "k" not in one.join(gone)


def test_trap_nan_and_infinity_are_refused() -> None:
    for bad in (float("nan"), float("inf"), float("-inf"), True, "1", None):
        with pytest.raises(FormatError):
            LWWRegister("x", bad, "a")  # type: ignore[arg-type]
    with pytest.raises(FormatError):
        LWWRegister(float("nan"), 1.0, "a")


@pytest.mark.parametrize(
    "build",
    [
        lambda: VectorClock({"a": 1}),
        lambda: GCounter({"a": 1}),
        lambda: LWWRegister("v", 1, "a"),
        lambda: ORSet({("e", "t")}, {"u"}),
        lambda: AWMap({("k", "v", "1@a")}, {"2@a"}),
        lambda: chain(3).delete("2@a"),
    ],
)
def test_trap_equality_hash_and_repr(build: Any) -> None:
    one, two = build(), build()
    assert one == two and hash(one) == hash(two) and one.equivalent(two) and repr(one) == repr(two)
    assert one.to_dict() == two.to_dict() and type(one).from_dict(one.to_dict()) == one
    assert one != object() and len({one, two}) == 1


@pytest.mark.parametrize(
    "build",
    [
        lambda n: ORSet([(str(at), f"{at + 1}@a") for at in range(n)]),
        lambda n: AWMap([(str(at), "v", f"{at + 1}@a") for at in range(n)]),
        lambda n: GCounter({str(at): 1 for at in range(n)}),
        lambda n: VectorClock({str(at): 1 for at in range(n)}),
        chain,
    ],
    ids=["ORSet", "AWMap", "GCounter", "VectorClock", "RGA"],
)
def test_trap_an_edit_does_not_copy_the_value(build: Any) -> None:
    """Memory of 100 edits, not time: it must not depend on the size of what is edited, or growth is quadratic."""
    taken = []
    for size in (1_000, 20_000):
        value = touch(build(size), 0)  # the first edit may build what is missing
        gc.collect()
        tracemalloc.start()
        for at in range(1, 100):
            value = touch(value, at)
        taken.append(tracemalloc.get_traced_memory()[0])
        tracemalloc.stop()
    assert taken[1] < 3 * taken[0] + 200_000, f"{taken} bytes for 100 edits of 1,000 and of 20,000"


def touch(value: Any, at: int) -> Any:
    if isinstance(value, ORSet):
        return value.add(f"new {at}")[0]
    if isinstance(value, AWMap):
        return value.set(f"new {at}", "x")
    return value.insert(None, "x", element_id=f"{10**6 + at}@z") if isinstance(value, RGA) else value.increment("z")


@settings(max_examples=60, deadline=None, database=None)
@given(st.data())
def test_hostile_decodes_give_a_value_or_a_format_error(data: st.DataObject) -> None:
    """Any JSON at all, and JSON in nearly the right shape: refused, or a state that joins and comes back the same."""
    text = st.text(max_size=4) | st.sampled_from(["1@a", "2@b", "10@a", "@", "1@", "99999999999999999999@x"])
    scalar = st.none() | st.booleans() | st.integers() | st.floats() | text
    anything = st.recursive(scalar, lambda part: st.lists(part, max_size=3) | st.dictionaries(text, part, max_size=3))
    shaped: Any = {
        ORSet: {"element": text | anything, "token": text | anything},
        AWMap: {"key": text | anything, "value": text, "token": text | anything},
    }
    for kind in (VectorClock, GCounter, LWWRegister, ORSet, AWMap, RGA):
        shape: Any = anything
        if kind in shaped:
            shape = anything | st.fixed_dictionaries(
                {"entries": st.lists(st.fixed_dictionaries(shaped[kind]), max_size=3)},
                optional={"tombstones": st.lists(text | anything, max_size=3), "context": anything},
            )
        elif kind is RGA:
            more = {"deleted": anything, "parent_id": text | anything, "others": anything}
            element = st.fixed_dictionaries({"id": text, "value": text | anything}, optional=more)
            shape = anything | st.lists(element, max_size=4)
        elif kind is LWWRegister:
            parts = {"value": anything, "timestamp": scalar, "author": text | anything}
            shape = anything | st.fixed_dictionaries(parts)
        try:
            value: Any = kind.from_dict(data.draw(shape))
        except FormatError:
            continue
        again: Any = kind.from_dict(json.loads(json.dumps(value.to_dict())))
        assert again == value and value.join(again) == value


# Sets and maps ---------------------------------------------------------------------------------------------------


def test_tombstones_cost_one_number_per_actor() -> None:
    added = ORSet()
    for number in range(500):
        added, token = added.add(str(number))
        added = added.remove(str(number), token)
    wire = added.to_dict()
    assert wire["entries"] == wire["tombstones"] == []
    assert list(wire["context"].values()) == [500]
    table = AWMap()
    for number in range(500):
        table = table.set("tempo", str(number))
    assert len(table.to_dict()["context"]) == len(table.to_dict()["entries"]) == 1


def test_two_additions_from_one_value_never_share_a_dot() -> None:
    start, _ = ORSet().add("x")
    left, left_token = start.add("y")
    right, right_token = start.add("y")
    assert left_token != right_token
    assert "y" in left.remove("y", left_token).join(right)
    tokens = {start.add("z")[1] for _ in range(100)}
    assert len(tokens) == 100


def test_copies_and_pickles_do_not_share_an_actor() -> None:
    start, _ = ORSet().add("x")
    other = pickle.loads(pickle.dumps(start))
    assert other == start == copy.deepcopy(start)
    assert start.add("y")[1] != other.add("y")[1]


def test_a_forked_process_does_not_share_an_actor() -> None:
    start, _ = ORSet().add("x")
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, start.add("y")[1].encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 100).decode() != start.add("y")[1]
    os.close(reader)
    os.close(writer)


def test_older_values_stay_readable() -> None:
    values = [ORSet()]
    for number in range(50):
        values.append(values[-1].add(str(number))[0])
    assert [len(value) for value in values] == list(range(51))
    assert values[10].elements() == frozenset(map(str, range(10)))
    forked, _ = values[10].add("fork")
    assert len(forked) == 11 and len(values[50]) == 50 and len(values[10]) == 10
    assert forked.join(values[50]).elements() == frozenset([*map(str, range(50)), "fork"])


def test_concurrent_values_of_a_key_are_all_kept_and_the_newest_shows() -> None:
    base = AWMap().set("tempo", "100")
    left = base.set("tempo", "120")
    right = pickle.loads(pickle.dumps(base)).set("other", "x").set("tempo", "140")
    both = left.join(right)
    assert both == right.join(left)
    assert both.get_all("tempo") == ["140", "120"] and both.get("tempo") == "140"
    assert both.set("tempo", "90").get_all("tempo") == ["90"]


def test_replaying_settings_with_dots_converges_in_any_order() -> None:
    ops = [("1@a", "one"), ("2@a", "two"), ("2@b", "zwei"), ("3@c", "three")]
    for order in permutations(ops):
        table = AWMap()
        for token, value in order:
            table = table.set("k", value, token=token)
        assert table.get("k") == "three"
        assert table.join(AWMap().set("k", "one", token="1@a")).get("k") == "three"


def test_a_token_used_twice_keeps_both_elements() -> None:
    one, two = ORSet({("a", "t")}), ORSet({("b", "t")})
    assert one.join(two).elements() == two.join(one).elements() == {"a", "b"}
    assert one.join(two).remove("a", "t").elements() == frozenset()


def test_simple_wire_forms_load_and_join() -> None:
    old = ORSet.from_dict({"entries": [{"element": "x", "token": "uuid-1"}], "tombstones": ["uuid-0"]})
    assert old.to_dict() == {"entries": [{"element": "x", "token": "uuid-1"}], "tombstones": ["uuid-0"]}
    new, _ = ORSet().add("y")
    assert old.join(new).elements() == {"x", "y"}
    assert "z" not in old.join(ORSet({("z", "uuid-0")}))


@pytest.mark.parametrize(
    "bad",
    [
        None,
        [],
        "x",
        {},
        {"entries": 3},
        {"entries": [3]},
        {"entries": [{"element": "a"}]},
        {"entries": [{"element": 1, "token": "t"}]},
        {"entries": [], "tombstones": [1]},
        {"entries": [], "tombstones": [], "context": {"a": 0}},
        {"entries": [], "tombstones": [], "context": {"a": -1}},
        {"entries": [], "tombstones": [], "context": {"a": True}},
        {"entries": [], "context": {"a": [[2, 1]]}},
        {"entries": [], "context": {"a": [[1, 10**30]]}},
        {"entries": [], "context": {"": 1}},
        {"entries": [], "context": 3},
        {"entries": [{"element": "a", "token": ""}]},
    ],
)
def test_hostile_sets_are_refused(bad: Any) -> None:
    with pytest.raises(FormatError):
        ORSet.from_dict(bad)
    with pytest.raises(FormatError):
        AWMap.from_dict(bad)


@pytest.mark.parametrize("bad", [None, [], "a", {"a": -1}, {"a": True}, {"a": 1.0}, {"a": "1"}, {1: 1}, {"a": None}])
def test_hostile_counts_are_refused(bad: Any) -> None:
    for kind in (VectorClock, GCounter):
        with pytest.raises(FormatError):
            kind.from_dict(bad) if bad is not None else kind.from_dict(3)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "bad",
    [
        3,
        "x",
        {},
        [3],
        [{}],
        [{"id": 1, "value": "v"}],
        [{"id": "1@a", "value": 2}],
        [{"id": "1@a", "value": "v", "deleted": "no"}],
        [{"id": "1@a", "value": "v", "parent_id": 7}],
        [{"id": "1@a", "value": "v", "others": 3}],
        [{"id": "1@a", "value": "v", "others": [{"value": 1}]}],
    ],
)
def test_hostile_sequences_are_refused(bad: Any) -> None:
    with pytest.raises(FormatError):
        RGA.from_dict(bad)


def test_a_context_at_its_limit_still_gives_unique_dots() -> None:
    full = ORSet.from_dict({"entries": [], "tombstones": [], "context": {"evil": 10**15 - 1}})
    one, first = full.add("x")
    two, second = one.add("y")
    assert first != second and two.elements() == {"x", "y"}
    assert two.join(full).elements() == {"x", "y"}


# Sequences -------------------------------------------------------------------------------------------------------


def test_cycles_and_self_parents_wait_for_ever_without_harm() -> None:
    wire = [
        {"id": "1@a", "value": "x", "deleted": False, "parent_id": "2@a"},
        {"id": "2@a", "value": "y", "deleted": False, "parent_id": "1@a"},
        {"id": "3@a", "value": "z", "deleted": False, "parent_id": "3@a"},
        {"id": "4@a", "value": "ok", "deleted": False, "parent_id": None},
    ]
    rga = RGA.from_dict(wire)  # type: ignore[arg-type]
    assert rga.to_sequence() == ["ok"] and len(rga.waiting()) == 3
    assert rga.join(RGA()) == RGA().join(rga) == rga


def test_one_id_with_two_contents_has_one_winner_and_is_surfaced() -> None:
    one = RGA().insert(None, "apple", element_id="1@a")
    two = RGA().insert(None, "berry", element_id="1@a")
    both = one.join(two)
    assert both == two.join(one) and both.to_sequence() == ["berry"]
    assert [variant["value"] for variant in both.conflicts()["1@a"]] == ["berry", "apple"]
    assert RGA.from_dict(both.to_dict()) == both and both.join(one) == both
    assert one.insert(None, "berry", element_id="1@a") == both
    assert one.conflicts() == {}


def test_forks_share_and_flatten() -> None:
    base = chain(100)
    forks = [base]
    for number in range(40):
        forks.append(forks[-1].insert("1@a", f"f{number}", element_id=f"{200 + number}@f"))
        forks[-2].insert("1@a", "other", element_id=f"{300 + number}@g")
    assert len(forks[-1]) == 140
    assert [len(fork) for fork in forks] == list(range(100, 141))
    for fork in forks[::7]:
        assert fork.join(forks[-1]) == forks[-1].join(fork) == forks[-1]


def test_piles_of_forks_read_right() -> None:
    top = chain(10)
    for number in range(60):
        side = top.insert("5@a", f"s{number}", element_id=f"{100 + number}@s")
        top = top.insert("5@a", f"t{number}", element_id=f"{100 + number}@t").join(side).delete(f"{100 + number}@s")
    assert len(top) == 70
    assert RGA.from_dict(top.to_dict()) == top
    assert top.to_sequence()[5] == "t59"


def test_deletes_and_inserts_of_one_version_go_separate_ways() -> None:
    base = chain(5)
    shorter = base.delete("3@a")
    longer = base.insert("5@a", "6", element_id="6@a")
    assert shorter.to_sequence() == ["1", "2", "4", "5"] and longer.to_sequence() == ["1", "2", "3", "4", "5", "6"]
    assert shorter.join(longer).to_sequence() == ["1", "2", "4", "5", "6"]
    again = longer.delete("1@a")
    assert again.to_sequence() == ["2", "3", "4", "5", "6"] and base.to_sequence() == ["1", "2", "3", "4", "5"]
    assert again.join(shorter) == shorter.join(again)


@pytest.mark.parametrize("mode", ["classic", "fugue"])
def test_threads_that_edit_one_version_do_not_disturb_each_other(mode: Any) -> None:
    base, made = RGA(mode=mode).insert(None, "-", element_id="0@a"), {}

    def work(who: str) -> None:
        text, shown = base, ["0@a"]
        for number in range(1, 300):
            new = f"{number}@{who}"
            text = text.insert(shown[-1], who, element_id=new)
            shown.append(new)
            if number % 5 == 0:
                text = text.delete(shown.pop(3))
            base.insert("0@a", "lost", element_id=new)
        made[who] = text, shown

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=work, args=(who,)) for who in "bcde"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert base.visible_ids() == ["0@a"] and len(made) == 4
    everything = base
    for text, shown in made.values():
        assert text.visible_ids() == shown
        everything = everything.join(text)
    assert len(everything) == 1 + 4 * (299 - 59)


def test_visible_ids_match_values() -> None:
    rga = chain(5).delete("2@a")
    assert list(zip(rga.visible_ids(), rga.to_sequence())) == [("1@a", "1"), ("3@a", "3"), ("4@a", "4"), ("5@a", "5")]


# Registers, clocks, counters -------------------------------------------------------------------------------------


def test_registers_order_by_time_author_and_canonical_value() -> None:
    first = LWWRegister({"b": 1, "a": 2}, 1, "x")
    assert first.join(LWWRegister([1], 1, "y")).read() == [1]
    assert LWWRegister(1, 1.0, "x") != LWWRegister(True, 1.0, "x")
    assert LWWRegister(1, 1, "x").join(LWWRegister(True, 1, "x")) == LWWRegister(True, 1, "x").join(
        LWWRegister(1, 1, "x")
    )
    assert LWWRegister("v", -0.0, "a") == LWWRegister("v", 0, "a")
    assert LWWRegister("v", 2**60 + 1, "a").join(LWWRegister("w", float(2**60), "z")).read() == "v"
    held = [1]
    register = LWWRegister(held, 1, "a")
    register.read().append(2)
    assert register.read() == [1]


def test_clocks_compare_strictly_and_drop_zeros() -> None:
    zero = VectorClock({"a": 0})
    assert zero == VectorClock() and not zero.happens_before(VectorClock()) and zero.to_dict() == {}
    one = VectorClock().increment("a")
    assert zero.happens_before(one) and not one.happens_before(one) and not one.concurrent_with(one)
    assert one.concurrent_with(VectorClock({"b": 1}))
    assert GCounter().increment("a", 10**30).value() == 10**30
    for bad in (0, -1, True, 1.5):
        with pytest.raises(ValueError):
            GCounter().increment("a", by=bad)  # type: ignore[arg-type]
