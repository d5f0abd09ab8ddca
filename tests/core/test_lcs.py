"""Edit scripts: correct, shortest where that is promised, and bounded where it is not."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muse.core import sequences
from muse.core.diff_algorithms import lcs
from muse.core.schema import SequenceSchema
from muse.domain import DomainOp

SCHEMA = SequenceSchema(
    kind="sequence", element_type="note", identity="by_content", diff_algorithm="lcs", alphabet=None
)
WORDS = st.lists(st.sampled_from("abcdef"), max_size=14)


def longest_common(a: list[str], b: list[str]) -> int:
    """The textbook table."""
    row = [0] * (len(b) + 1)
    for x in a:
        before = 0
        for j, y in enumerate(b):
            before, row[j + 1] = row[j + 1], before + 1 if x == y else max(row[j + 1], row[j])
    return row[-1]


def check_script(base: list[str], target: list[str]) -> int:
    """The script reads as base and as target; returns how many items it keeps."""
    steps = lcs.myers_ses(base, target)
    assert [step.item for step in steps if step.kind != "insert"] == base
    assert [step.item for step in steps if step.kind != "delete"] == target
    assert [step.base_index for step in steps if step.kind != "insert"] == list(range(len(base)))
    assert [step.target_index for step in steps if step.kind != "delete"] == list(range(len(target)))
    return sum(step.kind == "keep" for step in steps)


def apply(base: list[str], ops: list[DomainOp]) -> list[str]:
    """What a delta says: take out by base position, put in by target position, in ascending order."""
    gone = {op["position"] for op in ops if op["op"] == "delete"} | {
        op["from_position"] for op in ops if op["op"] == "move"
    }
    result = [item for at, item in enumerate(base) if at not in gone]
    put = [(op["position"], op["content_id"]) for op in ops if op["op"] == "insert"]
    put += [(op["to_position"], op["content_id"]) for op in ops if op["op"] == "move"]
    for at, item in sorted(put):
        assert at is not None and at <= len(result)
        result.insert(at, item)
    return result


@given(WORDS, WORDS)
def test_the_script_is_correct_and_shortest(base: list[str], target: list[str]) -> None:
    assert check_script(base, target) == longest_common(base, target)


@given(st.permutations("abcdefghij"), st.permutations("cdefghijkl"))
def test_unique_items_take_the_other_path_and_are_shortest_too(base: list[str], target: list[str]) -> None:
    assert check_script(base, target) == longest_common(base, target)


@given(WORDS, WORDS)
def test_a_search_cut_into_pieces_is_still_correct(base: list[str], target: list[str]) -> None:
    pairs: list[tuple[int, int]] = []
    x = y = 0
    while x < len(base) and y < len(target):
        x, y = sequences.shortest_script(base, target, x, y, 2, pairs)
    assert all(base[i] == target[j] for i, j in pairs)
    assert pairs == sorted(pairs) and len({i for i, _ in pairs}) == len(pairs) == len({j for _, j in pairs})


def test_twenty_thousand_items_with_ten_changes_cost_next_to_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted, not timed: equality tests stay near N, where a quadratic scan would need 400 million."""
    compared = 0

    class Item(str):
        __slots__ = ()

        def __eq__(self, other: object) -> bool:
            nonlocal compared
            compared += 1
            return str.__eq__(self, other)

        __hash__ = str.__hash__

    rng = random.Random(7)
    base = [Item(rng.randrange(60)) for _ in range(20_000)]
    target = list(base)
    for place in rng.sample(range(20_000), 10):
        target[place] = Item("new")
    kept = len(lcs.common_pairs(base, target))
    assert kept == 19_990
    assert compared < 200_000


@pytest.mark.parametrize("alphabet", [2, 50, 5_000])
def test_when_everything_differs_the_work_is_bounded(alphabet: int) -> None:
    rng = random.Random(alphabet)
    base = [str(rng.randrange(alphabet)) for _ in range(4_000)]
    target = [str(rng.randrange(alphabet)) for _ in range(4_000)]
    assert check_script(base, target) > 0


def test_reversed_disjoint_and_empty() -> None:
    many = [str(number) for number in range(5_000)]
    assert check_script(many, many[::-1]) == 1
    assert check_script(many, [f"x{item}" for item in many]) == 0
    assert check_script([], many) == check_script(many, []) == check_script([], []) == 0


def test_steps_are_frozen() -> None:
    step = lcs.EditStep("keep", 0, 0, "a")
    with pytest.raises(AttributeError):
        step.kind = "insert"


@given(WORDS, WORDS)
def test_a_delta_leads_from_base_to_target(base: list[str], target: list[str]) -> None:
    delta = lcs.diff(SCHEMA, base, target, domain="test", address="song/notes")
    assert apply(base, delta["ops"]) == target
    assert {op["address"] for op in delta["ops"]} <= {"song/notes"}
    order = [op["op"] for op in delta["ops"]]
    assert order == sorted(order, key=["delete", "insert", "move"].index)


def test_summaries() -> None:
    def summary(base: str, target: str) -> str:
        return lcs.diff(SCHEMA, list(base), list(target), domain="t")["summary"]

    assert summary("abc", "abc") == "no changes"
    assert summary("ab", "bcd") == "2 added, 1 removed (note)"
    assert summary("abc", "bca") == "1 moved (note)"


@settings(max_examples=30)
@given(st.lists(st.integers(0, 3), max_size=6))
def test_moves_pair_equal_contents_in_order(numbers: list[int]) -> None:
    delta = lcs.diff(SCHEMA, [str(n) for n in numbers], [str(n) for n in reversed(numbers)], domain="t")
    moves = [op for op in delta["ops"] if op["op"] == "move"]
    assert len({op["from_position"] for op in moves}) == len(moves)
    for op in moves:
        assert op["content_id"] == str(numbers[op["from_position"]]) == str(numbers[::-1][op["to_position"]])
