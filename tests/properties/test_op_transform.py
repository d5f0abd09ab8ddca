"""Laws of op_transform against real models: sequences that are edited, and named values that live in a tree."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from muse.core.diff_algorithms import lcs
from muse.core.op_transform import merge_op_lists, ops_commute, transform
from muse.core.schema import SequenceSchema

SEQUENCE = SequenceSchema(kind="sequence", element_type="x", identity="by_id", diff_algorithm="lcs", alphabet=None)
LENGTH = 6
ADDRESS = "song/notes"


def ins(at: int | None, cid: str, address: str = ADDRESS) -> Any:
    return {"op": "insert", "address": address, "position": at, "content_id": cid, "content_summary": cid}


def dele(at: int | None, cid: str = "", address: str = ADDRESS) -> Any:
    return {"op": "delete", "address": address, "position": at, "content_id": cid or f"e{at}", "content_summary": ""}


def move(at: int, to: int, address: str = ADDRESS) -> Any:
    return {"op": "move", "address": address, "from_position": at, "to_position": to, "content_id": f"e{at}"}


def patch(children: list[Any], address: str = ADDRESS) -> Any:
    return {"op": "patch", "address": address, "child_ops": children, "child_domain": "d", "child_summary": ""}


def apply_delta(items: list[str], ops: list[Any]) -> list[str]:
    """Take out by base position, put in by target position."""
    gone = {op["position"] for op in ops if op["op"] == "delete"} | {
        op["from_position"] for op in ops if op["op"] == "move"
    }
    assert all(0 <= at < len(items) for at in gone)
    result = [item for at, item in enumerate(items) if at not in gone]
    put = [(op["position"], op["content_id"]) for op in ops if op["op"] == "insert"]
    put += [(op["to_position"], items[op["from_position"]]) for op in ops if op["op"] == "move"]
    for at, item in sorted(put):
        assert 0 <= at <= len(result)
        result.insert(at, item)
    return result


def apply_one(items: list[str], op: Any) -> list[str]:
    if op["op"] == "patch":
        return apply_delta(items, [child for child in op["child_ops"] if child["op"] != "patch"])
    return apply_delta(items, [op])


BASE = [f"e{at}" for at in range(LENGTH)]
single = st.one_of(
    st.builds(ins, st.integers(0, LENGTH), st.sampled_from("XYZ")),
    st.builds(dele, st.integers(0, LENGTH - 1)),
    st.builds(move, st.integers(0, LENGTH - 1), st.integers(0, LENGTH - 1)),
)


def contradict(a: Any, b: Any) -> bool:
    """One element, and at least one side moves it."""
    return touches(a) == touches(b) is not None and "move" in (a["op"], b["op"])


def touches(op: Any) -> int | None:
    return op["from_position"] if op["op"] == "move" else op["position"] if op["op"] == "delete" else None


@settings(max_examples=250)
@given(single, single)
def test_two_edits_of_one_sequence_pass_each_other(a: Any, b: Any) -> None:
    a2, b2 = transform(a, b)
    if contradict(a, b):
        assert not ops_commute(a, b)
        assert a2 is a and b2 is b
        return
    assert apply_one(apply_one(BASE, a), b2) == apply_one(apply_one(BASE, b), a2)


@settings(max_examples=250)
@given(single, single)
def test_transform_does_not_depend_on_who_asks(a: Any, b: Any) -> None:
    assume(not contradict(a, b))
    a2, b2 = transform(a, b)
    b3, a3 = transform(b, a)
    assert apply_one(apply_one(BASE, a), b2) == apply_one(apply_one(BASE, b), a3)
    assert apply_one(apply_one(BASE, b), a2) == apply_one(apply_one(BASE, a), b3)


def target_of(draw: st.DrawFn, names: str) -> list[str]:
    """BASE with some elements gone, some moved and some new."""
    items = [item for item in BASE if draw(st.integers(0, 4))]
    for _ in range(draw(st.integers(0, 2))):
        if items:
            items.insert(draw(st.integers(0, len(items) - 1)), items.pop(draw(st.integers(0, len(items) - 1))))
    for name in names[: draw(st.integers(0, len(names)))]:
        items.insert(draw(st.integers(0, len(items))), name)
    return items


@st.composite
def two_targets(draw: st.DrawFn) -> tuple[list[str], list[str]]:
    return target_of(draw, "XYS"), target_of(draw, "PQS")


def delta(target: list[str], address: str = ADDRESS) -> list[Any]:
    return lcs.diff(SEQUENCE, BASE, target, domain="d", address=address)["ops"]


@settings(max_examples=300)
@given(two_targets())
def test_patches_pass_each_other(targets: tuple[list[str], list[str]]) -> None:
    a, b = (patch(delta(target)) for target in targets)
    if ops_commute(a, b):
        a2, b2 = transform(a, b)
        assert apply_one(apply_one(BASE, a), b2) == apply_one(apply_one(BASE, b), a2)


@settings(max_examples=250)
@given(two_targets())
def test_a_clean_merge_of_two_sequences_has_every_edit_of_both(targets: tuple[list[str], list[str]]) -> None:
    ours, theirs = targets
    result = merge_op_lists([], delta(ours), delta(theirs))
    if not result.is_clean:
        return
    merged = apply_delta(BASE, result.merged_ops)
    deletes, inserts = (
        [Counter(op["content_id"] for op in delta(side) if op["op"] == kind) for side in (ours, theirs)]
        for kind in ("delete", "insert")
    )
    least, most = inserts[0] | inserts[1], inserts[0] + inserts[1]
    kept = Counter(BASE) - (deletes[0] | deletes[1])
    assert kept + least <= Counter(merged) <= kept + most
    for side, other in ((ours, theirs), (theirs, ours)):
        own = [item for item in merged if item in side and item not in placed_anew(other)]
        assert own == [item for item in side if item in own], "a side's own order was broken"


def placed_anew(target: list[str]) -> set[str]:
    """What a side moved or inserted."""
    return {op["content_id"] for op in delta(target) if op["op"] in ("move", "insert")}


@settings(max_examples=300)
@given(two_targets())
def test_the_merge_does_not_depend_on_the_side_but_for_ties(targets: tuple[list[str], list[str]]) -> None:
    one = merge_op_lists([], delta(targets[0]), delta(targets[1]))
    other = merge_op_lists([], delta(targets[1]), delta(targets[0]))
    assert one.is_clean == other.is_clean
    assert Counter(kind_and_content(op) for op in one.merged_ops) == Counter(
        kind_and_content(op) for op in other.merged_ops
    )
    assert {(kind_and_content(a), kind_and_content(b)) for a, b in one.conflict_ops} == {
        (kind_and_content(a), kind_and_content(b)) for b, a in other.conflict_ops
    }


def kind_and_content(op: Any) -> tuple[str, str, str]:
    return op["op"], op["address"], op.get("content_id", op.get("new_content_id", ""))


# Named things in a tree ------------------------------------------------------------------------------------------

ADDRESSES = st.sampled_from(["a", "a/x", "a/x::f", "a/x::f.g", "a/y", "b", "b::f", "tags/", "a.py"])
CIDS = st.sampled_from(["c1", "c2", "c3"])
POSITIONS = st.one_of(st.none(), st.integers(0, 3))


def rep(address: str, old: str, new: str) -> Any:
    return {
        "op": "replace",
        "address": address,
        "position": None,
        "old_content_id": old,
        "new_content_id": new,
        "old_summary": "",
        "new_summary": "",
    }


leaf = st.one_of(
    st.builds(lambda address, at, cid: ins(at, cid, address), ADDRESSES, POSITIONS, CIDS),
    st.builds(lambda address, at, cid: dele(at, cid, address), ADDRESSES, POSITIONS, CIDS),
    st.builds(lambda address, at, to: move(at, to, address), ADDRESSES, st.integers(0, 3), st.integers(0, 3)),
    st.builds(rep, ADDRESSES, CIDS, CIDS),
)
any_op = st.recursive(
    leaf,
    lambda inner: st.builds(
        # A thing is not renamed to its own name, nor into itself.
        lambda address, children, extra: {**patch(children, address), **(extra if address[0] != "b" else {})},
        ADDRESSES,
        st.lists(inner, max_size=3),
        st.sampled_from([{}, {"from_address": "b"}, {"old_content_id": "c1", "new_content_id": "c2"}]),
    ),
    max_leaves=4,
)
op_lists = st.lists(any_op, max_size=6)


def leaves(ops: Any, inside: tuple[str, ...] = ()) -> Counter[Any]:
    """Every edit, however deep, without the positions that a merge shifts; an empty patch counts as itself."""
    found: Counter[Any] = Counter()
    for op in ops:
        if op["op"] == "patch" and op["child_ops"]:
            found += leaves(op["child_ops"], (*inside, op["address"], op.get("from_address", "")))
        elif op["op"] == "patch":
            found[(*inside, op["address"], op.get("from_address", ""))] += 1
        else:
            shifted = ("position",) if op["op"] == "insert" else ("to_position",)
            found[(*inside, *sorted((key, str(value)) for key, value in op.items() if key not in shifted))] += 1
    return found


@settings(max_examples=250)
@given(op_lists, op_lists)
def test_no_edit_of_either_side_disappears(ours: list[Any], theirs: list[Any]) -> None:
    result = merge_op_lists([], ours, theirs)
    for at, side in enumerate((ours, theirs)):
        there = set(leaves(result.merged_ops)) | set(leaves(pair[at] for pair in result.conflict_ops))
        wanted = {key for key in leaves(side) if not is_empty_patch(key)}
        assert wanted <= there


def is_empty_patch(key: tuple[Any, ...]) -> bool:
    return not isinstance(key[-1], tuple)


@settings(max_examples=250)
@given(op_lists, op_lists)
def test_nothing_is_invented_or_doubled(ours: list[Any], theirs: list[Any]) -> None:
    result = merge_op_lists([], ours, theirs)
    made = leaves(ours) + leaves(theirs)
    merged = leaves(result.merged_ops)
    assert all(count <= made[key] for key, count in merged.items() if not is_empty_patch(key))


@settings(max_examples=250)
@given(any_op, any_op)
def test_a_merge_of_one_against_one_says_what_ops_commute_says(a: Any, b: Any) -> None:
    assert ops_commute(a, b) == ops_commute(b, a)
    result = merge_op_lists([], [a], [b])
    if ops_commute(a, b):
        assert result.is_clean
    elif not result.is_clean:
        assert leaves([pair[0] for pair in result.conflict_ops]) - leaves([a]) == Counter()


@settings(max_examples=300)
@given(op_lists)
def test_one_side_alone_and_both_sides_alike(ops: list[Any]) -> None:
    assert merge_op_lists([], ops, []).merged_ops == ops
    assert merge_op_lists([], [], ops).merged_ops == ops
    same = merge_op_lists([], ops, ops)
    assert same.is_clean and same.merged_ops == ops
    kept = merge_op_lists(ops, ops, ops)
    assert kept.is_clean and kept.merged_ops == ops


@settings(max_examples=200)
@given(op_lists, op_lists)
def test_what_one_side_took_back_stays_back_and_the_rest_is_merged(base: list[Any], extra: list[Any]) -> None:
    result = merge_op_lists(base, extra, base)
    assert set(leaves(result.merged_ops)) | set(leaves(pair[0] for pair in result.conflict_ops)) <= set(
        leaves(base) + leaves(extra)
    )
    if not any(op in base for op in extra):
        assert result.is_clean and result.merged_ops == extra


@settings(max_examples=200)
@given(op_lists, op_lists)
def test_inputs_are_left_as_they_were(ours: list[Any], theirs: list[Any]) -> None:
    before = repr((ours, theirs))
    merge_op_lists([], ours, theirs)
    for a in ours[:2]:
        for b in theirs[:2]:
            transform(a, b)
    assert repr((ours, theirs)) == before


@settings(max_examples=200)
@given(st.lists(st.integers(0, LENGTH), max_size=5), st.lists(st.integers(0, LENGTH), max_size=5))
def test_inserts_of_both_sides_land_in_the_gaps_they_were_made_in(ours: list[int], theirs: list[int]) -> None:
    sides = []
    for name, gaps in (("o", sorted(ours)), ("t", sorted(theirs))):
        sides.append([ins(gap + rank, f"{name}{rank}@{gap}") for rank, gap in enumerate(gaps)])
    result = merge_op_lists([], *sides)
    if result.is_clean:
        merged = apply_delta(BASE, result.merged_ops)
        assert len(merged) == LENGTH + len(ours) + len(theirs)
        for at, item in enumerate(merged):
            if item not in BASE:
                assert sum(other in BASE for other in merged[:at]) == int(item.split("@")[1])
