"""Join of code: everything of both sides, in a file that parses, whatever the order of joining."""

from __future__ import annotations

import ast
from itertools import permutations

import pytest

from muse.core.content import MemoryContent, fetch, using
from muse.domain import CRDTPlugin, CRDTSnapshotManifest, SnapshotManifest, StructuredMergePlugin
from muse.plugins.code.join.join import HEADING
from muse.plugins.code.plugin import CodePlugin

PLUGIN = CodePlugin()
BASE = b"""import os


def load(path):
    return open(path).read()


class Parser:
    def parse(self, text):
        return text.split()
"""


def manifest(store: MemoryContent, **files: bytes) -> SnapshotManifest:
    return SnapshotManifest(files={f"{name}.py": store.put(data) for name, data in files.items()}, domain="code")


def advanced(
    store: MemoryContent, lifted: CRDTSnapshotManifest, was: SnapshotManifest, data: bytes, who: str
) -> CRDTSnapshotManifest:
    return PLUGIN.advance_crdt_state(lifted, PLUGIN.diff(was, manifest(store, api=data)), actor=who)


def joined(*sides: bytes, base: bytes = BASE) -> bytes:
    """The join of the sides, the same in every order."""
    store = MemoryContent()
    with using(store):
        was = manifest(store, api=base)
        lifted = PLUGIN.to_crdt_state(was)
        states = [advanced(store, lifted, was, side, f"agent{i}") for i, side in enumerate(sides)]
        results = set()
        for order in permutations(states):
            state = order[0]
            for other in order[1:]:
                state = PLUGIN.join(state, other)
                assert PLUGIN.join(state, other) == state
            results.add(fetch(store, PLUGIN.from_crdt_state(state)["files"]["api.py"]))
    assert len(results) == 1
    return results.pop()


def test_the_plugin_speaks_all_three_protocols() -> None:
    assert isinstance(PLUGIN, CRDTPlugin)
    assert isinstance(PLUGIN, StructuredMergePlugin)


def test_lifting_and_building_gives_the_bytes_back() -> None:
    for data in (BASE, b"", b"x = 1", b"\xff\xfe latin \xe9\n", b"a\r\nb\r\n", b"def f(:\n"):
        assert joined(data, base=data) == data


def test_edits_of_different_symbols_converge() -> None:
    ours = BASE.replace(b"open(path).read()", b"open(path, 'rb').read()")
    theirs = BASE.replace(b"text.split()", b"text.split(',')")
    assert joined(ours, theirs) == ours.replace(b"text.split()", b"text.split(',')")


def test_concurrent_bodies_keep_both_and_parse() -> None:
    ours = BASE.replace(b"open(path).read()", b"open(path, 'rb').read()")
    theirs = BASE.replace(b"open(path).read()", b"open(path, 'r').read()")
    merged = joined(ours, theirs)
    assert b"'rb'" in merged
    assert b"'r')" in merged
    assert HEADING.encode() in merged
    functions = [node for node in ast.walk(ast.parse(merged)) if isinstance(node, ast.FunctionDef)]
    assert [node.name for node in functions] == ["load", "parse"]


def test_an_edit_outlives_a_deletion_and_a_deletion_outlives_an_unrelated_edit() -> None:
    gone = BASE[: BASE.index(b"def load")] + BASE[BASE.index(b"class Parser") :]
    edited = BASE.replace(b"open(path).read()", b"open(path, 'rb').read()")
    assert b"'rb'" in joined(gone, edited)
    unrelated = BASE.replace(b"import os", b"import io")
    assert joined(gone, unrelated) == gone.replace(b"import os", b"import io")


def test_the_same_edit_of_both_appears_once() -> None:
    added = BASE + b"\n\ndef save(path):\n    return None\n"
    assert joined(added, added) == added


def test_three_agents_add_functions() -> None:
    sides = [BASE + f"\n\ndef f{i}():\n    return {i}\n".encode() for i in range(3)]
    merged = joined(*sides)
    assert sorted(node.name for node in ast.walk(ast.parse(merged)) if isinstance(node, ast.FunctionDef)) == [
        "f0",
        "f1",
        "f2",
        "load",
        "parse",
    ]


def test_settling_a_joined_file_by_hand_ends_the_concurrency() -> None:
    store = MemoryContent()
    with using(store):
        was = manifest(store, api=BASE)
        lifted = PLUGIN.to_crdt_state(was)
        sides = [
            advanced(store, lifted, was, BASE.replace(b"open(path)", new), who)
            for new, who in ((b"open(path, 1)", "a"), (b"open(path, 2)", "b"))
        ]
        both = PLUGIN.join(*sides)
        shown = PLUGIN.from_crdt_state(both)
        settled = BASE.replace(b"open(path)", b"open(path, 12)")
        after = PLUGIN.advance_crdt_state(both, PLUGIN.diff(shown, manifest(store, api=settled)), actor="c")
        for state in (after, PLUGIN.join(after, sides[0]), PLUGIN.join(sides[1], after)):
            assert fetch(store, PLUGIN.from_crdt_state(state)["files"]["api.py"]) == settled


@pytest.mark.parametrize("edited", [True, False])
def test_a_deleted_file_stays_deleted_unless_it_was_edited(edited: bool) -> None:
    store = MemoryContent()
    with using(store):
        was = manifest(store, api=BASE)
        lifted = PLUGIN.to_crdt_state(was)
        gone = PLUGIN.advance_crdt_state(lifted, PLUGIN.diff(was, manifest(store)), actor="a")
        other = advanced(store, lifted, was, BASE + b"x = 1\n", "b") if edited else lifted
        assert ("api.py" in PLUGIN.join(gone, other)["files"]) == edited
