"""`crdt_join_snapshots` gives the plugin's own join, in every order, and changes nothing it was given."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from muse.core.content import MemoryContent, fetch, using
from muse.core.merge_engine import crdt_join_snapshots
from muse.domain import CRDTSnapshotManifest, MergeResult
from muse.plugins.code.plugin import CodePlugin
from muse.plugins.files import FilesPlugin

BASE = b"def first():\n    return 1\n\n\ndef second():\n    return 2\n"


def advanced(plugin: CodePlugin, store: MemoryContent, data: bytes, actor: str) -> CRDTSnapshotManifest:
    was = plugin.to_crdt_state({"files": {"a.py": store.put(BASE)}, "domain": "code"})
    delta = plugin.diff(
        {"files": {"a.py": store.put(BASE)}, "domain": "code"}, {"files": {"a.py": store.put(data)}, "domain": "code"}
    )
    return plugin.advance_crdt_state(was, delta, actor=actor)


def join(plugin: Any, a: CRDTSnapshotManifest, b: CRDTSnapshotManifest) -> MergeResult:
    return crdt_join_snapshots(
        plugin, a["files"], b["files"], a["vclock"], b["vclock"], a["crdt_state"], b["crdt_state"], "code"
    )


def test_two_snapshots_join_to_one_in_either_order() -> None:
    plugin, store = CodePlugin(), MemoryContent()
    with using(store):
        a = advanced(plugin, store, BASE.replace(b"return 1", b"return 100"), "ada")
        b = advanced(plugin, store, BASE.replace(b"return 2", b"return 200"), "bob")
        before = copy.deepcopy((a, b))
        one, two = join(plugin, a, b), join(plugin, b, a)
        assert one.merged == two.merged and one.is_clean and one.conflicts == []
        assert one.merged["domain"] == "code" and list(one.merged["files"]) == ["a.py"]
        both = BASE.replace(b"return 1", b"return 100").replace(b"return 2", b"return 200")
        assert fetch(store, one.merged["files"]["a.py"]) == both
        assert one.merged == plugin.from_crdt_state(plugin.join(a, b))
        assert join(plugin, a, a).merged == plugin.from_crdt_state(a)
    assert (a, b) == before


def test_a_file_only_one_side_has_is_kept() -> None:
    plugin, store = CodePlugin(), MemoryContent()
    with using(store):
        a = plugin.to_crdt_state({"files": {"a.py": store.put(BASE)}, "domain": "code"})
        b = plugin.to_crdt_state({"files": {"b.py": store.put(b"x = 1\n")}, "domain": "code"})
        merged = join(plugin, a, b).merged
        assert {path: fetch(store, digest) for path, digest in merged["files"].items()} == {
            "a.py": BASE,
            "b.py": b"x = 1\n",
        }


def test_a_plugin_that_cannot_join_is_refused() -> None:
    with pytest.raises(TypeError, match="FilesPlugin cannot join"):
        crdt_join_snapshots(FilesPlugin(), {}, {}, {}, {}, {}, {}, "files")
