"""Sets, numbers, trees, maps, and the choice among them."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muse.core.diff_algorithms import TreeNode, diff_by_schema, numerical, set_ops, snapshot_diff, tree_edit
from muse.core.schema import DomainSchema, MapSchema, SetSchema, TensorSchema, TreeSchema
from muse.domain import DomainOp, SnapshotManifest

TREE = TreeSchema(kind="tree", node_type="node", diff_algorithm="gumtree")
SET = SetSchema(kind="set", element_type="tag", identity="by_content")
MAP = MapSchema(kind="map", key_type="bar", value_schema=SET, identity="by_key")


def tensor(mode: str = "sparse", epsilon: float = 0.0) -> TensorSchema:
    return TensorSchema(kind="tensor", dtype="float64", rank=1, epsilon=epsilon, diff_mode=mode)


def test_sets_list_removals_then_additions_sorted() -> None:
    delta = set_ops.diff(SET, {"b", "a", "k"}, {"z", "y", "k"}, domain="t", address="tags/")
    assert [(op["op"], op["content_id"]) for op in delta["ops"]] == [
        ("delete", "a"),
        ("delete", "b"),
        ("insert", "y"),
        ("insert", "z"),
    ]
    assert all(op["position"] is None and op["address"] == "tags/" for op in delta["ops"])
    assert delta["summary"] == "2 added, 2 removed (tag)"
    assert set_ops.diff(SET, {"a"}, {"a"}, domain="t")["summary"] == "no changes"


def positions(base: list[float], target: list[float], mode: str, epsilon: float = 0.0) -> list[int | None]:
    delta = numerical.diff(tensor(mode, epsilon), base, target, domain="t", address="cc")
    return [op["position"] for op in delta["ops"]]


def test_numbers_by_mode() -> None:
    base, target = [0.0, 1.0, 2.0, 3.0, 4.0], [9.0, 9.0, 2.0, 9.0, 4.0]
    assert positions(base, target, "sparse") == [0, 1, 3]
    assert positions(base, target, "block") == [0, 3]
    assert positions(base, target, "full") == [None]
    assert positions(base, [*target, 5.0], "sparse") == [None]
    assert positions([], [], "full") == []


def test_epsilon_is_inclusive_and_nan_counts_as_a_change() -> None:
    assert positions([1.0], [1.5], "sparse", 0.5) == []
    assert positions([1.0], [1.50001], "sparse", 0.5) == [0]
    nan, inf = math.nan, math.inf
    assert positions([nan, inf, 1.0], [nan, inf, nan], "sparse", 10.0) == [2]
    assert positions([inf], [-inf], "sparse", 10.0) == [0]


def test_content_ids_of_numbers_differ_exactly_with_the_numbers() -> None:
    op = numerical.diff(tensor(), [2.0**53], [2.0**53 + 2], domain="t")["ops"][0]
    assert op["op"] == "replace" and op["old_content_id"] != op["new_content_id"]


def node(id_: str, *children: TreeNode, content: str = "") -> TreeNode:
    return TreeNode(id=id_, label=id_.upper(), content_id=content or id_, children=children)


def tree_ops(base: TreeNode, target: TreeNode) -> list[tuple[str, str]]:
    return [(op["op"], op["address"]) for op in tree_edit.diff(TREE, base, target, domain="t")["ops"]]


def test_trees_address_nodes_by_their_ids() -> None:
    base = node("r", node("a", node("x")), node("b"), node("c"))
    assert tree_ops(base, base) == []
    assert tree_ops(base, node("r", node("a", node("x", content="new")), node("b"), node("c"))) == [
        ("replace", "r/a/x")
    ]
    assert tree_ops(base, node("r", node("b"), node("c"))) == [("delete", "r/a/x"), ("delete", "r/a")]
    assert tree_ops(node("r"), node("r", node("a", node("x")))) == [("insert", "r/a"), ("insert", "r/a/x")]
    assert tree_ops(base, node("r", node("b"), node("c"), node("a", node("x")))) == [("move", "r/a")]


def test_a_relabelled_node_is_modified_and_a_repeated_id_hides_nothing() -> None:
    relabelled = TreeNode("a", "other", "a", ())
    assert tree_ops(node("r", node("a")), node("r", relabelled)) == [("replace", "r/a")]
    assert tree_ops(node("r", node("a")), node("r", node("a"), node("a", content="2"))) == [("insert", "r/a#2")]


def test_a_tree_deeper_than_the_call_stack() -> None:
    deep, deeper = node("leaf"), node("leaf", content="new")
    for _ in range(5_000):
        deep, deeper = node("n", deep), node("n", deeper)
    ops = tree_edit.diff(TREE, deep, deeper, domain="t")["ops"]
    assert [op["op"] for op in ops] == ["replace"]


trees = st.recursive(
    st.builds(node, st.sampled_from("abc"), content=st.sampled_from("uv")),
    lambda inner: st.builds(
        lambda id_, children: node(id_, *{child.id: child for child in children}.values()),
        st.sampled_from("abc"),
        st.lists(inner, max_size=4),
    ),
    max_leaves=8,
)


def flat(root: TreeNode) -> dict[str, str]:
    """Address -> content of every node, the root called `r`."""
    found, stack = {}, [("r", root)]
    while stack:
        at, here = stack.pop()
        found[at] = here.content_id
        stack.extend((f"{at}/{child.id}", child) for child in here.children)
    return found


def apply_flat(state: dict[str, str], ops: list[DomainOp]) -> dict[str, str]:
    state = dict(state)
    for op in ops:
        if op["op"] == "delete":
            assert state.pop(op["address"]) == op["content_id"]
        elif op["op"] == "insert":
            assert op["address"] not in state
            state[op["address"]] = op["content_id"]
        elif op["op"] == "replace":
            assert state[op["address"]] == op["old_content_id"]
            state[op["address"]] = op["new_content_id"]
    return state


@given(trees, trees)
def test_a_tree_delta_leads_from_base_to_target(a: TreeNode, b: TreeNode) -> None:
    base = TreeNode("r", "R", a.content_id, a.children)
    target = TreeNode("r", "R", b.content_id, b.children)
    assert apply_flat(flat(base), tree_edit.diff(TREE, base, target, domain="t")["ops"]) == flat(target)


def manifest(**files: str) -> SnapshotManifest:
    return SnapshotManifest(files=files, domain="t")


def test_maps_and_snapshots_address_by_key() -> None:
    old, new = {"kept": "1", "gone": "1", "changed": "1"}, {"kept": "1", "new": "1", "changed": "2"}
    delta = diff_by_schema(
        MAP, {"kind": "map", "entries": old}, {"kind": "map", "entries": new}, domain="t", address="a.mid"
    )
    assert [(op["op"], op["address"]) for op in delta["ops"]] == [
        ("replace", "a.mid/changed"),
        ("delete", "a.mid/gone"),
        ("insert", "a.mid/new"),
    ]
    assert delta["summary"] == "1 added, 1 removed, 1 modified"
    schema = DomainSchema(
        domain="t", description="", dimensions=[], top_level=MAP, merge_mode="three_way", schema_version="1"
    )
    whole = snapshot_diff(schema, manifest(**old), manifest(**new))
    assert [op["address"] for op in whole["ops"]] == ["changed", "gone", "new"]
    assert Counter(op["op"] for op in whole["ops"]) == {"replace": 1, "delete": 1, "insert": 1}
    assert snapshot_diff(schema, manifest(a="1"), manifest(a="1"))["summary"] == "no changes"


def test_kinds_that_do_not_fit_are_type_errors() -> None:
    numbers = {"kind": "tensor", "values": [1.0]}
    with pytest.raises(TypeError, match="map schema requires MapInput"):
        diff_by_schema(MAP, numbers, numbers, domain="t")
    with pytest.raises(TypeError, match="tree schema requires TreeInput"):
        diff_by_schema(TREE, {"kind": "tree", "root": node("r")}, numbers, domain="t")
    with pytest.raises(TypeError, match="unknown schema kind 'graph'"):
        diff_by_schema({"kind": "graph"}, numbers, numbers, domain="t")
