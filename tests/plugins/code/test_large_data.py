"""Lock files and notebooks of many megabytes, keys that repeat on purpose, entries without ids: nothing is lost."""

from __future__ import annotations

import json
from typing import Any

import pytest

from muse.core.markers import conflicts_of, parse
from muse.core.options import MergeOptions, using
from muse.domain import FileMerge
from muse.plugins.code.plugin import CodePlugin


def merge(path: str, base: bytes, ours: bytes, theirs: bytes) -> FileMerge:
    with using(MergeOptions(conflict_style="diff3", notes=False)):
        return CodePlugin().merge_file(path, base, ours, theirs)


def package(number: int, version: str = "1.0.0") -> str:
    return (
        f'[[package]]\nname = "p{number}"\nversion = "{version}"\n'
        f'source = "registry+https://example.org/index"\nchecksum = "{number:064x}"\n\n'
    )


def locked(count: int, *changed: tuple[int, str]) -> bytes:
    versions = dict(changed)
    return "".join(package(number, versions.get(number, "1.0.0")) for number in range(count)).encode()


@pytest.mark.soak
def test_a_lock_file_of_ten_megabytes_is_gits_answer_with_small_conflicts() -> None:
    base = locked(62_000)
    assert len(base) > 10_000_000
    ours, theirs = locked(62_000, (7, "1.1.0"), (50_000, "2.0.0")), locked(62_000, (7, "1.2.0"), (9_000, "3.0.0"))
    merged = merge("Cargo.lock", base, ours, theirs)
    (conflict,) = conflicts_of(parse(merged.content or b"") or [])
    assert (conflict.ours, conflict.theirs) == (b'version = "1.1.0"\n', b'version = "1.2.0"\n')
    assert (merged.content or b"").count(b'"2.0.0"') == (merged.content or b"").count(b'"3.0.0"') == 1


@pytest.mark.soak
def test_a_notebook_of_fifty_megabytes_is_merged_by_its_cells() -> None:
    def book(source: str, count: int, lines: int = 1_000_000) -> bytes:
        output: dict[str, Any] = {"output_type": "stream", "name": "stdout", "text": ["0123456789" * 4 + "\n"] * lines}
        output["text"][0] = f"run {count}\n"
        cells = [
            {
                "cell_type": "code",
                "id": name,
                "metadata": {},
                "source": [text],
                "execution_count": count,
                "outputs": out,
            }
            for name, text, out in (("a", source, []), ("b", "show()", [output]))
        ]
        return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1).encode()

    base, ours, theirs = book("x = 1", 1), book("x = 2", 2), book("x = 1", 3)
    assert min(map(len, (base, ours, theirs))) > 50_000_000
    merged = merge("a.ipynb", base, ours, theirs)
    one, two = json.loads(merged.content or b"")["cells"]
    assert (one["source"], one["execution_count"]) == (["x = 2"], 2)
    assert two["outputs"][0]["text"][0] == "run 3\n" and len(two["outputs"][0]["text"]) == 1_000_000


def test_keys_that_repeat_on_purpose_stay() -> None:
    """Comments spelled as keys: each of both sides' edits is where it was made."""
    base = b'{\n  "//": "one",\n  "a": 1,\n  "//": "two",\n  "b": 2,\n  "//": "three",\n  "c": 3\n}\n'
    ours, theirs = base.replace(b'"a": 1', b'"a": 10'), base.replace(b'"three"', b'"the third"')
    assert merge("a.json", base, ours, theirs).content == ours.replace(b'"three"', b'"the third"')
    other = base.replace(b'"a": 1', b'"a": 11')
    clash = merge("a.json", base, ours, other)
    assert len(clash.conflicts) == 1
    assert (clash.content or b"").count(b'"//"') >= 3


def test_entries_without_ids_are_told_apart_by_place_or_not_at_all() -> None:
    cell = '  {\n   "cell_type": "code",\n   "execution_count": null,\n   "outputs": [],\n   "source": [%s]\n  }'
    texts = ['"same"', '"same"', '"other"']

    def book(*texts: str) -> bytes:
        return ('{\n "cells": [\n' + ",\n".join(cell % text for text in texts) + "\n ]\n}\n").encode()

    base = book(*texts)
    merged = merge("a.ipynb", base, book('"same"', '"same"', '"edited"'), book('"new"', *texts))
    assert merged.content == book('"new"', '"same"', '"same"', '"edited"')
    clash = merge("a.ipynb", base, book('"mine"', '"same"', '"other"'), book('"its"', '"same"', '"other"'))
    assert len(clash.conflicts) == 1
    assert b'"mine"' in (clash.content or b"") and b'"its"' in (clash.content or b"")
