"""Every merge of contents goes through the plugin's `merge_ops`, with what each side did in the plugin's own words."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from muse.core import content
from muse.core.content import MemoryContent
from muse.core.filedomain import FileDomain
from muse.core.op_transform import merge_op_lists
from muse.core.options import MergeOptions
from muse.domain import FileMerge, MergeResult
from muse.engine.merge.one_file import merge_one
from muse.plugins import registry

BASE = b"def a():\n    return 1\n\n\ndef b():\n    return 2\n"
OURS = BASE + b"\n\ndef c():\n    return 3\n"
THEIRS = BASE + b"\n\ndef d():\n    return 4\n"


def test_a_built_in_domain_is_asked_with_both_sides_ops(monkeypatch: pytest.MonkeyPatch) -> None:
    plugin: Any = registry.plugin_for_path("a.py")
    seen: list[Any] = []
    real = type(plugin).merge_ops

    def spy(self: Any, base: Any, ours: Any, theirs: Any, ours_ops: Any, theirs_ops: Any, **more: Any) -> MergeResult:
        seen.append([[child["address"] for op in ops for child in op["child_ops"]] for ops in (ours_ops, theirs_ops)])
        return real(self, base, ours, theirs, ours_ops, theirs_ops, **more)

    monkeypatch.setattr(type(plugin), "merge_ops", spy)
    merged = merge_one(plugin, "a.py", BASE, OURS, THEIRS, MergeOptions())
    assert not merged.conflicts and merged.content is not None
    assert b"def c" in merged.content and b"def d" in merged.content
    assert seen == [[["a.py::c"], ["a.py::d"]]]


def test_nothing_is_diffed_that_nobody_looks_at(monkeypatch: pytest.MonkeyPatch) -> None:
    plugin: Any = registry.plugin_for_path("a.py")
    monkeypatch.setattr(type(plugin), "diff", lambda *args, **more: pytest.fail("diffed"))
    assert not merge_one(plugin, "a.py", BASE, OURS, THEIRS, MergeOptions()).conflicts


def test_ops_of_a_caller_come_back_as_what_they_are_together() -> None:
    plugin: Any = registry.plugin_for_path("a.py")
    with content.using(MemoryContent()) as store:
        snaps = [{"files": {"a.py": store.put(side)}, "domain": "code"} for side in (BASE, OURS, THEIRS)]
        ops = [plugin.diff(snaps[0], side)["ops"] for side in snaps[1:]]
        result = plugin.merge_ops(*snaps, *ops)
    assert result.is_clean and result.op_log == merge_op_lists([], *ops).merged_ops
    assert [child["address"] for op in result.op_log for child in op["child_ops"]] == ["a.py::c", "a.py::d"]


def test_a_domain_of_files_may_bring_merge_ops_alone() -> None:
    class Whole(FileDomain):
        name = "whole"

        def schema(self) -> Any:
            return {"domain": "whole", "dimensions": [], "merge_mode": "three_way"}

        def merge_ops(
            self, base: Any, ours_snap: Any, theirs_snap: Any, ours_ops: Any, theirs_ops: Any, **more: Any
        ) -> Any:
            assert isinstance(ours_ops, list) and [op["op"] for op in (*ours_ops, *theirs_ops)] == [
                "replace",
                "replace",
            ]
            store = content.current()
            both = content.fetch(store, ours_snap["files"]["x"]) + content.fetch(store, theirs_snap["files"]["x"])
            return MergeResult(merged={"files": {"x": store.put(both)}, "domain": "whole"})

    Whole.__module__ = "somebody"
    merged = merge_one(Whole(), "x", b"", b"a\n", b"b\n", MergeOptions())
    assert merged == FileMerge(b"a\nb\n")


def test_a_merge_imports_no_dataclasses() -> None:
    import subprocess

    code = (
        "import sys; from muse.core.options import MergeOptions; from muse.engine.merge.one_file import merge_one;"
        "from muse.plugins import registry; p = registry.plugin_for_path('a.txt', first='files');"
        "merge_one(p, 'a.txt', b'1\\n', b'2\\n', b'3\\n', MergeOptions()); print('dataclasses' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
