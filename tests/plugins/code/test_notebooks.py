"""Notebooks: outputs are set aside, whatever is in them, and come back byte for byte."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muse.domain import FileMerge
from muse.plugins.code.merge.notebook import set_aside
from muse.plugins.code.plugin import CodePlugin

PATH = "a.ipynb"


def cell(name: str | None, source: str, output: str = "", count: int | None = None, **more: Any) -> dict[str, Any]:
    outputs = [{"name": "stdout", "output_type": "stream", "text": output.splitlines(True)}] if output else []
    made = {"cell_type": "code", "execution_count": count, "metadata": {}, "outputs": outputs}
    made |= {"source": source.splitlines(True), **more}
    return made if name is None else made | {"id": name}


def book(*cells: dict[str, Any], indent: int | None = 1) -> bytes:
    made = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return (json.dumps(made, indent=indent, sort_keys=True) + "\n").encode()


def merge(base: bytes | None, ours: bytes, theirs: bytes) -> FileMerge:
    return CodePlugin().merge_file(PATH, base, ours, theirs)


def cells(merged: FileMerge) -> list[dict[str, Any]]:
    assert not merged.conflicts
    assert merged.content is not None
    found: list[dict[str, Any]] = json.loads(merged.content)["cells"]
    return found


strings = st.text(st.sampled_from('ab"\\[]{}:, \n\u00e9'), max_size=12)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(strings, strings, st.booleans()), max_size=5), st.sampled_from([None, 0, 1, 2]))
def test_what_is_set_aside_comes_back(rows: list[tuple[str, str, bool]], indent: int | None) -> None:
    made = [cell(f"c{at}" if named else None, source, output) for at, (source, output, named) in enumerate(rows)]
    data = book(*made, indent=indent)
    aside = set_aside(PATH, data, data, data)
    assert aside is not None
    for side in (aside.base, aside.ours, aside.theirs):
        assert aside.back(FileMerge(side)).content == data
    if indent:
        assert not any(line.strip().startswith(b'"text"') for line in aside.ours.splitlines())


def test_outputs_that_lines_would_weave_stay_whole() -> None:
    rows = [f"row {at}\n" for at in range(40)]
    base = book(cell("a", "show()", "".join(rows), 1))
    ours = book(cell("a", "show()", "".join(["first\n", *rows[1:]]), 2))
    theirs = book(cell("a", "show()", "".join([*rows[:-1], "last\n"]), 3))
    merged = merge(base, ours, theirs)
    assert merged.content == theirs
    assert merged.notes == ["cells that both sides ran: 1 with the outputs of theirs"]
    assert merge(base, theirs, ours).content == theirs


def test_outputs_follow_the_source_that_changed() -> None:
    base = book(cell("a", "x = 1", "1\n", 1), cell("b", "y = 1", "1\n", 2))
    ours = book(cell("a", "x = 2", "2\n", 3), cell("b", "y = 1", "1 (again)\n", 4))
    theirs = book(cell("a", "x = 1", "1 (again)\n", 8), cell("b", "y = 3", "3\n", 9))
    one, two = cells(merge(base, ours, theirs))
    assert (one["source"], one["outputs"][0]["text"], one["execution_count"]) == (["x = 2"], ["2\n"], 3)
    assert (two["source"], two["outputs"][0]["text"], two["execution_count"]) == (["y = 3"], ["3\n"], 9)


def test_outputs_of_a_cell_that_one_side_deleted_are_gone() -> None:
    base = book(cell("a", "x = 1", "1\n", 1), cell("b", "y = 1", "1\n", 2))
    ours = book(cell("a", "x = 1", "1 (again)\n", 3))
    theirs = book(cell("a", "x = 1", "2\n", 2), cell("b", "y = 1", "1\n", 2))
    assert [one["id"] for one in cells(merge(base, ours, theirs))] == ["a"]


def test_a_deletion_stands_against_another_run_but_not_against_an_edit() -> None:
    base = book(cell("a", "x = 1", "1\n", 1), cell("b", "y = 1", "1\n", 2))
    ours = book(cell("a", "x = 1", "1\n", 1))
    ran = book(cell("a", "x = 1", "1\n", 1), cell("b", "y = 1", "1 (again)\n", 7))
    edited = book(cell("a", "x = 1", "1\n", 1), cell("b", "y = 2", "2\n", 7))
    assert merge(base, ours, ran).content == merge(base, ran, ours).content == ours
    assert len(merge(base, ours, edited).conflicts) == len(merge(base, edited, ours).conflicts) == 1


def test_a_conflict_shows_no_stand_in() -> None:
    base, ours, theirs = (book(cell("a", "show()", f"{word}\n" * 3, at)) for at, word in enumerate("xyz"))
    added = book(cell("a", "show()", "y\n" * 3, 1), cell("b", "one()", "1\n2\n"))
    other = book(cell("a", "show()", "z\n" * 3, 2), cell("c", "two()", "3\n4\n"))
    merged = merge(base, added, other)
    assert merged.conflicts
    assert b"set-aside" not in (merged.content or b"")
    assert not any("set-aside" in one.ours_summary + one.theirs_summary + one.base_summary for one in merged.conflicts)
    assert all(text in (merged.content or b"") for text in (b"one()", b"two()", b'"2', b'"4'))
    assert merge(base, ours, theirs).conflicts == []


def test_both_added_the_notebook() -> None:
    ours, theirs = (book(cell("a", "show()", f"{word}\n" * 3, at)) for at, word in enumerate("xy", 1))
    assert merge(None, ours, theirs).content == theirs


def test_a_notebook_larger_than_what_is_parsed_is_merged_without_its_outputs() -> None:
    """Outputs of 3.5 MB in each version, in many lines: the law reads none of it."""
    text = "0123456789" * 5 + "\n"
    base = book(cell("a", "x = 1", text * 60_000, 1), cell("b", "y = 1"))
    ours = book(cell("a", "x = 1", "ours\n" + text * 60_000, 2), cell("b", "y = 1"), cell("n", "ours()"))
    theirs = book(cell("t", "t = 1"), cell("a", "x = 1", "theirs\n" + text * 60_000, 3), cell("b", "y = 1"))
    assert min(map(len, (base, ours, theirs))) > 3_000_000
    found = cells(merge(base, ours, theirs))
    assert [one["id"] for one in found] == ["t", "a", "b", "n"]
    assert found[1]["outputs"][0]["text"][0] == "theirs\n"


BROKEN = [b"", b"{", b'{"cells": [', b'{"cells": [{"outputs": [' + b'"\\"' * 2000, b"]" * 50, b'{"cells": 3}', b"\xff"]


@pytest.mark.parametrize("data", BROKEN, ids=lambda data: repr(data[:20]))
def test_what_is_no_notebook_is_merged_as_text(data: bytes) -> None:
    middle = b"\n\n\n" + data + b"\n\n\n"
    assert merge(b"a" + middle + b"b", b"a" + middle + b"c", b"d" + middle + b"b").content == b"d" + middle + b"c"


def test_a_notebook_that_speaks_of_stand_ins_is_merged_as_it_is() -> None:
    base = book(cell("a", 'x = ["muse-set-aside:0"]', "1\n2\n", 1), cell("b", "y"))
    theirs = base.replace(b'"y"', b'"z"')
    assert set_aside(PATH, base, base, theirs) is None
    assert merge(base, base, theirs).content == theirs
