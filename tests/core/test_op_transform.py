"""The rules by example; the laws are in tests/properties."""

from __future__ import annotations

from typing import Any

import pytest

from muse.core.op_transform import MergeOpsResult, merge_op_lists, merge_structured, ops_commute, rules, transform
from muse.domain import StructuredDelta


def ins(address: str, at: int | None = None, cid: str = "c", **more: Any) -> Any:
    return {"op": "insert", "address": address, "position": at, "content_id": cid, "content_summary": "", **more}


def dele(address: str, at: int | None = None, cid: str = "c") -> Any:
    return {"op": "delete", "address": address, "position": at, "content_id": cid, "content_summary": ""}


def move(address: str, at: int, to: int) -> Any:
    return {"op": "move", "address": address, "from_position": at, "to_position": to, "content_id": "c"}


def rep(address: str, new: str = "n", at: int | None = None) -> Any:
    return {
        "op": "replace",
        "address": address,
        "position": at,
        "old_content_id": "o",
        "new_content_id": new,
        "old_summary": "",
        "new_summary": "",
    }


def patch(address: str, *children: Any, **more: Any) -> Any:
    return {
        "op": "patch",
        "address": address,
        "child_ops": list(children),
        "child_domain": "d",
        "child_summary": "edited",
        **more,
    }


COMMUTE = [
    (ins("f", 2), ins("f", 5)),
    (ins("tags/", cid="x"), ins("tags/", cid="y")),
    (ins("tags/", cid="x"), dele("tags/", cid="y")),
    (ins("a.py", cid="same"), ins("a.py", cid="same")),
    (dele("f"), dele("f")),
    (dele("f", 1), dele("f", 2)),
    (dele("src"), dele("src/a.py")),
    (move("f", 2, 5), move("f", 7, 1)),
    (move("f", 2, 5), move("g", 2, 1)),
    (move("f", 2, 5), dele("g", 2)),
    (move("f", 2, 5), dele("f", 3)),
    (rep("f"), rep("g")),
    (rep("Makefile"), rep("Makefile.am")),
    (rep("note:1"), rep("note:10")),
    (dele("a.py::f"), rep("a.py::f2")),
    (patch("f", rep("f::a")), patch("f", rep("f::b"))),
    (patch("f", patch("f::C", rep("f::C.a"))), patch("f", patch("f::C", rep("f::C.b")))),
    (patch("a.py", rep("a.py::f"), from_address="old.py"), patch("a.py", rep("a.py::g"), from_address="old.py")),
]
CONTRADICT = [
    (ins("f", 3), ins("f", 3)),
    (ins("a.py", cid="x"), ins("a.py", cid="y")),
    (ins("a.py", content="x"), ins("a.py", content="y")),
    (ins("tags/", cid="x"), dele("tags/", cid="x")),
    (ins("f", 1), dele("f", 5)),
    (ins("f", 1), move("f", 5, 2)),
    (move("f", 3, 0), move("f", 3, 9)),
    (move("f", 3, 0), dele("f", 3)),
    (move("f", 3, 0), dele("f")),
    (rep("f", "a"), rep("f", "b")),
    (rep("f"), dele("f")),
    (rep("f"), patch("f")),
    (dele("f"), patch("f", ins("f::a"))),
    (dele("src"), rep("src/a.py")),
    (dele("a.py"), patch("a.py::C", rep("a.py::C.f"))),
    (dele("a.py::C"), rep("a.py::C.f")),
    (rep("tags/"), ins("tags/", cid="x")),
    (rep("songs"), ins("songs/a.mid")),
    (ins("songs"), ins("songs/a.mid")),
    (patch("a.py", rep("a.py::f")), rep("a.py::f")),
    (patch("f", rep("f::a", "x")), patch("f", rep("f::a", "y"))),
    (patch("b.py", from_address="a.py"), patch("a.py", rep("a.py::f"))),
    (patch("b.py", from_address="a.py"), dele("a.py")),
    (patch("b.py", from_address="a.py"), patch("c.py", from_address="a.py")),
    (patch("b.py", from_address="a.py"), ins("b.py")),
    (patch("f", old_content_id="1", new_content_id="2"), patch("f", rep("f::a"))),
    ({"op": "mutate", "address": "f"}, ins("f", 1)),
]


def told(pair: tuple[Any, Any]) -> str:
    return " and ".join(f"{op['op']} {op['address']}" for op in pair)


@pytest.mark.parametrize("pair", COMMUTE, ids=told)
def test_pairs_that_commute(pair: tuple[Any, Any]) -> None:
    a, b = pair
    assert ops_commute(a, b) and ops_commute(b, a)
    assert merge_op_lists([], [a], [b]).is_clean


@pytest.mark.parametrize("pair", CONTRADICT, ids=told)
def test_pairs_that_contradict(pair: tuple[Any, Any]) -> None:
    a, b = pair
    assert not ops_commute(a, b) and not ops_commute(b, a)
    if rules.op_key(a) != rules.op_key(b):
        result = merge_op_lists([], [a], [b])
        assert len(result.conflict_ops) == 1 and result.merged_ops == []


def test_equal_positions_are_one_edit_only_in_one_gap() -> None:
    """Ours put A behind base element 3 (after its own X), theirs behind 4; one of the two would be lost."""
    same = merge_op_lists([], [ins("f", 4, "A")], [ins("f", 4, "A")])
    assert same.is_clean and same.merged_ops == [ins("f", 4, "A")]
    apart = merge_op_lists([], [ins("f", 1, "X"), ins("f", 4, "A")], [ins("f", 4, "A")])
    assert apart.conflict_ops == [(ins("f", 4, "A"), ins("f", 4, "A"))]


def test_a_run_of_inserts_stays_together() -> None:
    """Positions count in each side's own target: the third of theirs stands at 5, yet in the gap before element 3."""
    theirs = [ins("f", at, f"t{at}") for at in (3, 4, 6)]
    merged = merge_op_lists([], [ins("f", 5, "A")], theirs)
    assert merged.is_clean
    assert {op["content_id"]: op["position"] for op in merged.merged_ops} == {"t3": 3, "t4": 4, "t6": 6, "A": 8}


def test_two_patches_of_one_file_become_one_without_either_result() -> None:
    """Applied in turn, two patches that each name a result would leave the second one's."""
    ours = patch("f", rep("f::a"), rep("f::s"), old_content_id="0", new_content_id="1")
    theirs = patch("f", rep("f::s"), rep("f::b"), old_content_id="0", new_content_id="2")
    (merged,) = merge_op_lists([], [ours], [theirs]).merged_ops
    assert merged == {**patch("f", rep("f::a"), rep("f::s"), rep("f::b")), "old_content_id": "0"}


def test_a_conflict_inside_a_patch_holds_back_only_itself() -> None:
    ours = patch("f", rep("f::a", "x"), rep("f::b"))
    theirs = patch("f", rep("f::a", "y"), rep("f::c"))
    result = merge_op_lists([], [ours], [theirs])
    assert result.merged_ops == [patch("f", rep("f::b"), rep("f::c"))]
    assert result.conflict_ops == [(patch("f", rep("f::a", "x")), patch("f", rep("f::a", "y")))]


def test_base_operations_are_kept_or_taken_back() -> None:
    base = [rep("f"), rep("g")]
    delta = [StructuredDelta(domain="d", ops=ops, summary="") for ops in (base, [rep("f"), rep("h")], base)]
    assert merge_structured(*delta) == MergeOpsResult([rep("f"), rep("h")], [])


def test_transform_of_edits_that_contradict_leaves_them_alone() -> None:
    a, b = move("f", 3, 0), dele("f", 3)
    assert transform(a, b) == (a, b)
    a2, b2 = transform(dele("f", 3), dele("f", 3))
    assert a2 == b2 and a2["op"] == "patch" and a2["child_ops"] == []


@pytest.mark.parametrize(
    "ours, theirs, conflicts",
    [
        ([ins(f"f/{n}", None, "o") for n in range(10_000)], [ins(f"f/t{n}", None, "t") for n in range(10_000)], 0),
        ([ins("f", 2 * n, f"o{n}") for n in range(10_000)], [ins("f", 2 * n + 1, f"t{n}") for n in range(10_000)], 0),
        ([ins("f", n, "o") for n in range(10_000)], [dele("f", n, "t") for n in range(10_000)], 10_000),
        ([dele("f", n) for n in range(10_000)], [rep(f"f/{n}") for n in range(10_000)], 10_000),
        ([patch("f", rep(f"f/{n}")) for n in range(10_000)], [patch("f", rep(f"f/t{n}")) for n in range(10_000)], 0),
    ],
    ids=["things", "sequence", "inserts and deletes", "inside", "patches"],
)
def test_ten_thousand_against_ten_thousand_without_trying_all_pairs(
    ours: list[Any], theirs: list[Any], conflicts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted, not timed: 10,000 x 10,000 is 100 million; comparisons of two edits stay below one per edit."""
    compared = 0
    for name in ("collide", "same_container", "covers"):
        real = getattr(rules, name)

        def counting(a: Any, b: Any, real: Any = real) -> Any:
            nonlocal compared
            compared += 1
            return real(a, b)

        monkeypatch.setattr(rules, name, counting)
    result = merge_op_lists([], ours, theirs)
    assert len(result.conflict_ops) == conflicts
    assert compared <= 20_000
    if conflicts:
        assert {id(pair[0]) for pair in result.conflict_ops} == {id(op) for op in ours}
        assert {id(pair[1]) for pair in result.conflict_ops} == {id(op) for op in theirs}
