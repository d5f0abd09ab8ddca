"""The smallest plugin keeps every promise the large ones make."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muse.core import content, options
from muse.core.content import MemoryContent
from muse.core.options import MergeOptions
from muse.domain import FileMerge, MuseDomainPlugin, SnapshotManifest, StructuredMergePlugin
from muse.plugins.scaffold.plugin import ScaffoldPlugin

PLUGIN = ScaffoldPlugin()
PATH = "a.scaffold"
BASE = b"tempo = 120\nkey = C\nmetre = 4/4\n"


def merge(base: bytes | None, ours: bytes, theirs: bytes, **picks: str) -> FileMerge:
    with options.using(MergeOptions(picks=picks)):
        return PLUGIN.merge_file(PATH, base, ours, theirs)


def test_it_is_a_whole_plugin() -> None:
    assert isinstance(PLUGIN, MuseDomainPlugin) and isinstance(PLUGIN, StructuredMergePlugin)
    assert PLUGIN.schema()["domain"] == "scaffold" and PLUGIN.claims("Settings.SCAFFOLD")


def test_neighbouring_lines_that_git_calls_a_conflict_merge_clean() -> None:
    merged = merge(BASE, BASE.replace(b"120", b"96"), BASE.replace(b"= C", b"= G"))
    assert merged == FileMerge(b"tempo = 96\nkey = G\nmetre = 4/4\n")


def test_one_setting_changed_twice_is_a_conflict_and_a_pick_settles_it() -> None:
    ours, theirs = BASE.replace(b"120", b"96"), BASE.replace(b"120", b"60").replace(b"4/4", b"3/4")
    merged = merge(BASE, ours, theirs)
    assert merged.content == b"tempo = 96\nkey = C\nmetre = 3/4\n"
    (record,) = merged.conflicts
    assert (record.address, record.base_summary, record.ours_summary, record.theirs_summary) == (
        "tempo",
        "120",
        "96",
        "60",
    )
    assert record.hint == "muse resolve --pick tempo=theirs a.scaffold"
    assert merge(BASE, ours, theirs, tempo="theirs") == FileMerge(b"tempo = 60\nkey = C\nmetre = 3/4\n")
    assert merge(BASE, ours, theirs, tempo="base") == FileMerge(b"tempo = 120\nkey = C\nmetre = 3/4\n")


def test_a_setting_added_by_both_is_never_there_twice() -> None:
    """Git's text merge of these is clean, with two lines of one key."""
    added = [b"swing = 1\n" + BASE, BASE + b"swing = 2\n"]
    merged = merge(BASE, added[0], added[1])
    assert merged.content is not None and merged.content.count(b"swing") == 1
    assert [record.address for record in merged.conflicts] == ["swing"]
    assert merge(BASE, added[0], BASE + b"swing = 1\n") == FileMerge(added[0])


def test_another_order_is_an_edit_too() -> None:
    turned = b"metre = 4/4\nkey = C\ntempo = 120\n"
    assert merge(BASE, BASE.replace(b"= C", b"= G"), turned).content == turned.replace(b"= C", b"= G")
    both = merge(BASE, b"key = C\ntempo = 120\nmetre = 4/4\n", turned)
    assert both.conflicts and both.content is not None and b"<<<<<<<" in both.content


@pytest.mark.parametrize("odd", [b"tempo=96\n", b"tempo = 96", b"tempo = 1\ntempo = 2\n", b"\xff = 1\n", b"# words\n"])
def test_what_it_cannot_write_back_is_left_to_git(odd: bytes) -> None:
    merged = merge(BASE, odd, BASE + b"swing = 1\n")
    assert merged.conflicts[0].conflict_type == "text"
    assert merged.content is not None and odd.rstrip(b"\n") in merged.content and b"swing" in merged.content


values = st.dictionaries(st.sampled_from("abcd"), st.sampled_from(["1", "2", "x = y"]), max_size=4)


def written(settings_: dict[str, str]) -> bytes:
    return "".join(f"{key} = {value}\n" for key, value in settings_.items()).encode()


@settings(max_examples=60)
@given(values, values, values)
def test_a_merge_loses_nothing(base: dict[str, str], ours: dict[str, str], theirs: dict[str, str]) -> None:
    merged = merge(written(base), written(ours), written(theirs))
    assert merged.content is not None
    disputed = {record.address for record in merged.conflicts}
    if any(record.conflict_type == "text" for record in merged.conflicts):
        return
    result = dict(line.split(" = ", 1) for line in merged.content.decode().splitlines())
    for key in {*base, *ours, *theirs}:
        was, left, right = base.get(key), ours.get(key), theirs.get(key)
        if was not in (left, right) and left != right:
            assert key in disputed and result.get(key) == left
        else:
            assert key not in disputed and result.get(key) == (right if left == was else left)


@given(values, values)
def test_a_delta_replayed_gives_the_target(base: dict[str, str], target: dict[str, str]) -> None:
    with content.using(MemoryContent()) as store:
        snapshots = [
            SnapshotManifest(files={PATH: store.put(written(side))}, domain="scaffold") for side in (base, target)
        ]
        delta = PLUGIN.diff(*snapshots)
        for op in delta["ops"]:
            assert op["op"] == "patch"
            del op["new_content_id"]
        replayed = PLUGIN.apply(delta, snapshots[0])
        assert isinstance(replayed, dict)
        lines = store.get(replayed["files"][PATH]).splitlines()
        assert sorted(lines) == sorted(written(target).splitlines())
