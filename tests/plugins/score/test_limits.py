"""The folders of `fixtures/merge/score` and `fixtures/merge/daw`: known limits, each a question."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from muse.plugins.daw.plugin import DawPlugin
from muse.plugins.score.plugin import ScorePlugin

FOLDER = Path(__file__).resolve().parents[3] / "fixtures" / "merge"
PLUGINS = {"score": ScorePlugin(), "daw": DawPlugin()}
LIMITS = sorted(path.parent for name in PLUGINS for path in FOLDER.glob(f"{name}/limit-*/case.toml"))
PAGES = {"score": "scores.md", "daw": "projects.md"}


@pytest.mark.parametrize("folder", LIMITS, ids=lambda folder: folder.name)
def test_a_known_limit_is_asked_about_and_leaves_a_whole_file(folder: Path) -> None:
    """Where the merge is clean one day the folder goes, and its line in the page."""
    told = tomllib.loads((folder / "case.toml").read_text())
    assert told["conflicts"] and told["about"] and told["limit"]
    base, ours, theirs = (next(folder.glob(f"{side}.*")).read_bytes() for side in ("base", "ours", "theirs"))
    plugin = PLUGINS[folder.parent.name]
    for mine, other in ((ours, theirs), (theirs, ours)):
        merged = plugin.merge_file(told["path"], base, mine, other)
        assert [record.address for record in merged.conflicts] == told["conflicts"]
        assert merged.content == mine


@pytest.mark.parametrize("name", PLUGINS)
def test_every_known_limit_stands_in_the_page(name: str) -> None:
    page = (FOLDER.parents[1] / "docs" / PAGES[name]).read_text()
    folders = [folder.name for folder in LIMITS if folder.parent.name == name]
    assert folders and all(f"`{folder}`" in page for folder in folders)
