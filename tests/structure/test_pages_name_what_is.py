"""Paths and places that the pages name exist: what is moved is moved in the words about it too."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
NAMED = re.compile(r"`((?:[\w-]+/)*[\w-]+\.py)`")
ROOTS = ("", "muse/", "muse/core/", "muse/plugins/")
FOREIGN = {"lib.py", "api.py", "app.py", "songbook.py", "config.py", "setup.py", "a.py", "b.py", "p.py", "x.py", "m.py"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_python_file_a_page_names_is_there(page: Path) -> None:
    named = {name for name in NAMED.findall(page.read_text()) if "/" in name or page.name == "ARCHITECTURE.md"}
    bare = {path.name for room in ("muse", "git_remote_muse") for path in (ROOT / room).rglob("*.py")}
    missing = [
        name
        for name in sorted(named - FOREIGN)
        if not any((ROOT / root / name).exists() for root in ROOTS) and not ("/" not in name and name in bare)
    ]
    assert missing == [], f"{page.name} names files that are not there"


LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)")


def anchors(page: Path) -> set[str]:
    """What a heading is called in a link, as forges make it."""
    heads = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S), re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```|`[^`\n]*`", "", page.read_text(), flags=re.M | re.S)
    dead = []
    for name, anchor in LINK.findall(text):
        if re.match(r"\w+:", name):
            continue
        target = page.parent / name if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            dead.append(f"{name}#{anchor}")
    assert dead == []


@pytest.mark.parametrize("name", ["op-log.md", "code.md"])
def test_pages_that_are_read_whole_are_short(name: str) -> None:
    assert (ROOT / "docs" / name).read_text().count("\n") < 150


def test_figures_stand_beside_their_commands() -> None:
    """Each area of the measurements says what to run."""
    areas = re.split(r"^## ", (ROOT / "docs" / "measurements.md").read_text(), flags=re.M)[1:]
    assert len(areas) > 9
    assert [area.split("\n")[0] for area in areas if not re.search(r"python\s+benchmarks/\w+\.py|pytest ", area)] == []


def test_every_folder_of_tests_says_what_it_holds() -> None:
    told = re.findall(r"^\| `(\w+)` \|", (ROOT / "tests" / "README.md").read_text(), re.M)
    here = sorted(path.name for path in (ROOT / "tests").iterdir() if path.is_dir() and path.name[0] not in "._")
    assert told == here
