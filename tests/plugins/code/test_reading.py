"""A tree as its language means it is the grammar's tree: each leaf of it once, in order, and found from its parent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from muse.plugins.code.languages import language_of, row_of
from muse.plugins.code.syntax.outline import Outline
from muse.plugins.code.syntax.parsing import Edit, parse_anew
from muse.plugins.code.syntax.symbols import symbols_of

FILES = sorted(
    path
    for path in (Path(__file__).resolve().parents[3] / "fixtures" / "code").iterdir()
    if (language := language_of(path.name)) is not None and language.reads is not None
)
NAMED = {
    "shelf.dart": {"Book.fromJson", "Book.==", "Counted.count", "Counted.count#2", "Shelf.lend", "days", "Words.words"},
    "shelf.hs": {"Book", "days", "lend", "lend.held", "Reader.remind", "Reader Book.readerName", "(|>)", "load"},
    "shelf.ex": {
        "Shelf.days",
        "Shelf.lend",
        "Shelf.lend#2",
        "Shelf.t",
        "Shelf.known?",
        "ShelfTest.lending.a book is gone",
    },
    "shelf.nix": {
        "package.meta.platforms",
        "options.services.shelf.limit.default",
        "config.users.users.shelf.isSystemUser",
    },
    "shelf.ml": {"book", "book.shelf", "read", "read.finish", "Reader.remind", "HOLDER.name", "lend", "now", "counter"},
    "shelf.mli": {"days", "Reader.name", "HOLDER.remind", "now"},
    "shelf.zig": {"Kind.days", "Shelf.lend", "Shelf.Self", "a book is found", "LendingError", "limit"},
    "shelf.bzl": {"_shelf_impl", "defaults", "defaults_test"},
}


def leaves(node: Any) -> list[tuple[int, int]]:
    """Where the leaves of a tree stand."""
    found, stack = [], [node]
    while stack:
        at = stack.pop()
        inner = at.children
        if inner:
            stack.extend(reversed(inner))
        else:
            found.append((at.start_byte, at.end_byte))
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.name)
def test_no_leaf_is_lost_or_doubled(file: Path) -> None:
    language, data = language_of(file.name), file.read_bytes()
    assert language is not None
    tree: Any = parse_anew(language, data)
    assert not tree.root_node.has_error
    assert leaves(tree.root_node) == leaves(tree.tree.root_node)


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.name)
def test_neighbours_know_each_other(file: Path) -> None:
    language, data = language_of(file.name), file.read_bytes()
    assert language is not None
    stack: list[Any] = [parse_anew(language, data).root_node]  # type: ignore[union-attr]
    while stack:
        node = stack.pop()
        for at, child in enumerate(node.children):
            assert child.parent is node
            assert child.prev_sibling is (node.children[at - 1] if at else None)
            assert node.start_byte <= child.start_byte and child.end_byte <= node.end_byte
        ids = [child.id for child in node.children]
        assert len(set(ids)) == len(ids)
        stack.extend(node.children)


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.name)
def test_what_is_defined_is_found_by_its_address_and_after_an_edit(file: Path) -> None:
    language, data = language_of(file.name), file.read_bytes()
    assert language is not None
    symbols = {symbol.address: (symbol.start, symbol.end) for symbol in symbols_of(language, data) or []}
    assert symbols.keys() >= NAMED[file.name]
    outline = Outline.of(language, data)
    assert outline is not None and {name: outline.span(name) for name in outline.addresses()} == symbols
    for _, end in sorted(symbols.values())[::3]:
        changed = data[:end] + b"\n" + data[end:]
        after = outline.after(Edit(end, end, end + 1), changed)
        again = {symbol.address: (symbol.start, symbol.end) for symbol in symbols_of(language, changed) or []}
        assert after is not None and {name: after.span(name) for name in after.addresses()} == again


def test_names_of_bazel_count_as_they_are_written() -> None:
    """A script called `build` is no file of Bazel's."""
    known = ["BUILD", "src/BUILD.bazel", "MODULE.bazel", "WORKSPACE", "WORKSPACE.bazel", "rules/defs.bzl"]
    assert [row_of(path) for path in known] == ["starlark"] * len(known)
    assert [row_of(path) for path in ("build", "tools/Build", "workspace", "Workspace")] == [None] * 4
