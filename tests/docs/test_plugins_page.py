"""docs/plugins.md: its code runs, and does what the page says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from muse.core import options
from muse.core.filedomain import FileDomain
from muse.core.options import MergeOptions
from muse.domain import MuseDomainPlugin, PlayedPlugin, StructuredMergePlugin

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "plugins.md").read_text()


@pytest.fixture(scope="module")
def plugin() -> Any:
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    space: dict[str, Any] = {"__name__": "page"}
    exec(compile(block, "docs/plugins.md", "exec"), space)
    return space["WordListPlugin"]()


def test_it_is_what_the_page_says(plugin: Any) -> None:
    assert isinstance(plugin, MuseDomainPlugin) and isinstance(plugin, StructuredMergePlugin)
    assert plugin.claims("animals.words") and plugin.schema()["domain"] == "wordlist"


@pytest.mark.parametrize(
    "base, ours, theirs, merged",
    [
        (b"a\n", b"a\nb\n", b"a\nc\n", b"a\nb\nc\n"),
        (b"a\nb\n", b"a\nx\n", b"b\ny\n", b"x\ny\n"),
        (None, b"a\nb\n", b"b\nc\n", b"a\nb\nc\n"),
    ],
)
def test_it_merges(plugin: Any, base: bytes | None, ours: bytes, theirs: bytes, merged: bytes) -> None:
    with options.using(MergeOptions()):
        answer = plugin.merge_file("x.words", base, ours, theirs)
    assert (answer.content, answer.conflicts) == (merged, [])


def test_what_is_no_list_stays_a_conflict(plugin: Any) -> None:
    with options.using(MergeOptions()):
        assert plugin.merge_file("x.words", b"a\n", b"a\nb", b"a\nc\n").conflicts


def test_the_table_of_methods_names_real_ones() -> None:
    table = PAGE[PAGE.index("## The methods") : PAGE.index("## What a merge")]
    named = re.findall(r"^\| `(\w+)\(", table, re.MULTILINE)
    assert len(named) == 9 and named[6] == "played"  # which tells a domain of music, so that no base class has it
    assert all(callable(getattr(PlayedPlugin if name == "played" else FileDomain, name)) for name in named)
