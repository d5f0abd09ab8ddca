"""Files of nested lines come apart into entries and go together again, whatever they hold."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muse.plugins.code.languages import load
from muse.plugins.code.merge.structured import merge_trees
from muse.plugins.code.syntax.entries import outline
from muse.plugins.code.syntax.nested_lines import Line, nested_parts, tree_of
from muse.plugins.code.syntax.tree import Box, Part

SAMPLES = Path(__file__).resolve().parents[3] / "fixtures" / "code"
LANGUAGES = ["pbxproj", "unity", "sql"]
ROWS = [
    "A1 /* x */ = {", "};", "files = (", "A2 /* y */,", "B3,", ");", "isa = X;", "/* Begin P section */", "// note",
    "/* End P section */", "--- !u!1 &7", "GameObject:", "- target: {fileID: 1,", "m_Name: x", "- {fileID: 2}", "-",
    "CREATE TABLE t (", "id int,", "name text", ")", "INSERT INTO schema_migrations (version) VALUES", "('1'),",
    "('2');", "-- Name: t; Type: TABLE", "", "{", "(", "}", ",", ";",
]  # fmt: skip
texts = st.lists(
    st.tuples(st.sampled_from(["", " ", "  ", "\t", "    ", "\t\t"]), st.sampled_from(ROWS), st.sampled_from("\n\r ")),
    max_size=30,
).map(lambda rows: "".join(depth + row + end for depth, row, end in rows).encode())


def together(parts: list[Part]) -> bytes:
    """The bytes of the parts, each item of each list put together from its own parts."""
    out = b""
    for part in parts:
        if isinstance(part, Box):
            for item in part.items:
                assert together(item.parts) == item.text
            out += part.bytes()
        else:
            out += part
    return out


def inside(entry: Line) -> None:
    at = entry.head
    for child in entry.inner:
        assert at <= child.start < child.stop <= entry.close
        at = child.stop
        inside(child)


@pytest.mark.parametrize("name", LANGUAGES)
def test_any_text_comes_apart_and_goes_together(name: str) -> None:
    language = load(name)

    @settings(max_examples=60, deadline=None)
    @given(texts)
    def one(data: bytes) -> None:
        assert together(nested_parts(language, data)) == data
        inside(tree_of(language, data))
        found = outline(language, data)
        assert found is not None
        assert found.end == len(data)

    one()


@pytest.mark.parametrize("name", LANGUAGES)
def test_the_samples_have_entries_at_every_depth(name: str) -> None:
    data = (SAMPLES / f"shelf.{name}").read_bytes()
    top = tree_of(load(name), data)
    assert together(nested_parts(load(name), data)) == data
    deepest, here = 0, [(top, 0)]
    for entry, depth in here:
        deepest = max(deepest, depth)
        here += [(child, depth + 1) for child in entry.inner]
    assert deepest >= 2


def test_entries_deeper_than_any_file_are_text() -> None:
    rows = [b"\t" * depth + b"k%d = {\n" % depth for depth in range(3000)]
    data = b"".join(rows)
    assert together(nested_parts(load("pbxproj"), data)) == data
    until = float("inf")
    edited = data.replace(b"k2999", b"k3000"), data.replace(b"k2999", b"k3001")
    assert merge_trees(load("pbxproj"), data, *edited, until) is not None
