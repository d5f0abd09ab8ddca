"""The law over trees of entries made by hand: no language, no parser, any domain."""

from __future__ import annotations

from collections import Counter

import pytest

from muse.core.law.check import broken
from muse.core.law.entries import Entry
from muse.core.law.lines import line_breach


def entry(name: str, text: str = "", *children: Entry, number: str = "", binds: bool = True) -> Entry:
    whole = f"{name}({text}{''.join(child.whole.decode() for child in children)})".encode()
    return Entry(
        "bar", name, whole, binds=[name] if binds else [], number=number, own=lambda: text.encode(),
        children=lambda: list(children), words=lambda: Counter(word.encode() for word in text.split()),
        lines=lambda: Counter([text.encode()]),
    )  # fmt: skip


def rules(base: list[Entry], ours: list[Entry], theirs: list[Entry], result: list[Entry]) -> set[tuple[int, str]]:
    roots = [entry("", "", *children) for children in (base, ours, theirs, result)]
    return {(breach.rule, breach.address) for breach in broken(*roots)}


A, B, C = entry("a", "x"), entry("b", "x"), entry("c", "x")
EDITED = entry("b", "y")


@pytest.mark.parametrize("swap", [False, True])
def test_a_reordered_entry_takes_its_edit_along(swap: bool) -> None:
    sides = [[B, A, C], [A, EDITED, C]][:: -1 if swap else 1]
    assert rules([A, B, C], *sides, [EDITED, A, C]) == set()
    assert rules([A, B, C], *sides, [B, entry("a", "y"), C]) == {(2, "b"), (1, "a")}


def test_gone_is_gone_and_new_is_once() -> None:
    assert rules([A, B], [A], [A, B, C], [A, C]) == set()
    assert rules([A, B], [A], [A, B, C], [A, B, C]) == {(4, "b")}
    assert rules([A], [A, C], [A, C, B], [A, C, B, C]) == {(5, "c")}
    assert rules([A, B], [B, A, C], [EDITED, A], [EDITED, A]) == {(1, "c")}


def test_a_renamed_entry_keeps_the_edit_of_the_other_side() -> None:
    long = "one two three four"
    old, new = entry("f", long), entry("g", long)
    edited, both = entry("f", long + " five"), entry("g", long + " five")
    assert rules([A, old], [A, new], [A, edited], [A, both]) == set()
    assert rules([A, old], [A, new], [A, edited], [A, new]) == {(2, "f")}


def test_one_name_once_whatever_binds_it() -> None:
    assert rules([A], [A, entry("n", "as this")], [entry("n", "as that"), A],
                 [entry("n", "as that"), A, entry("n", "as this")]) == {(5, "n")}  # fmt: skip


def test_one_number_once_where_numbers_were_unique() -> None:
    one, two = entry("p", number="1"), entry("q", number="2")
    mine, other = entry("r", number="3"), entry("s", number="3")
    assert rules([one, two], [one, two, mine], [one, two, other], [one, two, mine, other]) == {(6, "r")}
    assert rules([one, two], [one, two, mine], [one, two], [one, two, mine]) == set()


def test_both_sides_edits_are_in_the_entry() -> None:
    base, ours, theirs = entry("f", "one two three"), entry("f", "1 two three"), entry("f", "one two 3")
    assert rules([base], [ours], [theirs], [entry("f", "1 two 3")]) == set()
    assert rules([base], [ours], [theirs], [ours]) == {(3, "f")}


def test_what_has_to_come_first() -> None:
    base, future = b"import os\n", b"from __future__ import annotations\nimport os\n"
    assert line_breach(base, future, b"import abc\n" + base, b"import abc\n" + future)
    assert not line_breach(base, future, b"import abc\n" + base, future + b"import abc\n")
    assert line_breach(b"a\r\n", b"a\r\nb\r\n", b"a\n", b"a\nb\r\n") == "two kinds of line end"
