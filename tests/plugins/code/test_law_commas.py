"""An entry of a list that both sides put in at two places: it stands once, and the commas are right whichever is taken.

The last item of a list has no comma in most files, so that one side writes its entry with a comma and the other gives
one to the item before.
"""

from __future__ import annotations

import ast
import json

import pytest

from muse.core import options
from muse.core.options import MergeOptions
from muse.plugins.code.merge.file import merge_code

OLD = ("a", "d", "e", "f", "g", "z")


def document(kind: str, pairs: list[tuple[str, int]]) -> bytes:
    """A file with a list of these entries."""
    rows = {"json": '  "{}": {}', "py": '    "{}": {}', "js": "  {}: {}", "rs": "    {} = {}"}[kind]
    frame = {
        "json": ("{", "}"),
        "py": ("VALUES = {", "}"),
        "js": ("module.exports = {", "};"),
        "rs": ("enum Value {", "}"),
    }[kind]
    names = [(name.upper() if kind == "rs" else name, value) for name, value in pairs]
    body = ",\n".join(rows.format(name, value) for name, value in names)
    return f"{frame[0]}\n{body}\n{frame[1]}\n".encode()


def pairs_of(kind: str, data: bytes) -> list[tuple[str, int]]:
    """What a file says, read by something that is not ours; of two kinds at least."""
    text = data.decode()
    if kind == "json":
        return list(json.loads(text, object_pairs_hook=list))
    if kind == "py":
        value = ast.parse(text).body[0].value
        return [(key.value, one.value) for key, one in zip(value.keys, value.values, strict=True)]
    inner = text.partition("{\n")[2].rpartition("\n}")[0]
    assert not inner.rstrip().endswith(",")
    rows = [row.strip() for row in inner.split(",\n")]
    return [(name.strip().lower(), int(value)) for name, value in (row.replace("=", ":").split(":") for row in rows)]


KINDS = ("json", "py", "js", "rs")
OLD_PAIRS = [(name, at) for at, name in enumerate(OLD)]
FIRST = [OLD_PAIRS[0], ("b", 7), *OLD_PAIRS[1:]]


@pytest.mark.parametrize("swapped", [False, True], ids=["ours first", "theirs first"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_same_entry_at_two_places_stands_once(kind: str, swapped: bool) -> None:
    base, one, other = (document(kind, pairs) for pairs in (OLD_PAIRS, FIRST, [*OLD_PAIRS, ("b", 7)]))
    found = merge_code(f"x.{kind}", base, *((other, one) if swapped else (one, other)))
    assert not found.conflicts
    assert sorted(pairs_of(kind, found.content)) == sorted([*OLD_PAIRS, ("b", 7)])


@pytest.mark.parametrize("side", ["ours", "theirs"])
@pytest.mark.parametrize("swapped", [False, True], ids=["ours first", "theirs first"])
@pytest.mark.parametrize("kind", KINDS)
def test_either_value_of_an_entry_at_two_places_leaves_a_good_list(kind: str, swapped: bool, side: str) -> None:
    base, one, other = (document(kind, pairs) for pairs in (OLD_PAIRS, FIRST, [*OLD_PAIRS, ("b", 8)]))
    sides = (other, one) if swapped else (one, other)
    [conflict] = merge_code(f"x.{kind}", base, *sides).conflicts
    with options.using(MergeOptions(picks={conflict.address: side})):
        found = merge_code(f"x.{kind}", base, *sides)
    assert not found.conflicts
    value = 7 if (side == "ours") is not swapped else 8
    assert sorted(pairs_of(kind, found.content)) == sorted([*OLD_PAIRS, ("b", value)])
