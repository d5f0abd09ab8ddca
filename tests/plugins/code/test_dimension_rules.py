"""Rules of `.museattributes` about a dimension of code settle conflicts of that dimension and of no other."""

from __future__ import annotations

import pytest

from muse.core.attributes import AttributeRule
from muse.core.options import MergeOptions
from muse.domain import FileMerge
from muse.engine.merge.one_file import merge_one
from muse.plugins.code.plugin import CodePlugin

BASE = b"import os\n\n\ndef a():\n    return 1\n"
OURS = b"import os.path\n\n\ndef a():\n    return 10\n"
THEIRS = b"import os as system\n\n\ndef a():\n    return 20\n"


def merged(*rules: tuple[str, str], path: str = "a.py") -> FileMerge:
    made = tuple(
        AttributeRule("*.py", dimension, strategy, "", 0, at) for at, (dimension, strategy) in enumerate(rules)
    )
    return merge_one(CodePlugin(), path, BASE, OURS, THEIRS, MergeOptions(rules=made))


def test_each_conflict_names_its_dimension() -> None:
    assert [record.dimension for record in merged().conflicts] == ["imports", "symbols"]


@pytest.mark.parametrize(("side", "line"), [("ours", b"import os.path\n"), ("theirs", b"import os as system\n")])
def test_a_rule_for_imports_settles_imports(side: str, line: bytes) -> None:
    done = merged(("imports", side))
    assert [record.dimension for record in done.conflicts] == ["symbols"]
    assert done.content is not None and done.content.startswith(line + b"\n\n")


@pytest.mark.parametrize(("side", "value"), [("ours", b"10"), ("theirs", b"20"), ("base", b"1")])
def test_a_rule_for_symbols_settles_symbols(side: str, value: bytes) -> None:
    done = merged(("symbols", side))
    assert [record.dimension for record in done.conflicts] == ["imports"]
    assert done.content is not None and done.content.endswith(b"    return " + value + b"\n")


def test_both_and_union() -> None:
    done = merged(("imports", "union"), ("symbols", "theirs"))
    assert done.conflicts == []
    assert done.content == b"import os.path\nimport os as system\n\n\ndef a():\n    return 20\n"


def test_a_rule_for_another_path_or_dimension_settles_nothing() -> None:
    assert len(merged(("imports", "ours"), path="a.pyi").conflicts) == 2
    done = merged(("tempo_map", "ours"))
    assert len(done.conflicts) == 2
    assert any("'tempo_map'" in note and "symbols, imports" in note for note in done.notes)
