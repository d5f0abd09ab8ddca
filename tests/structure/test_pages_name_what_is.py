"""Paths of this house that the pages name exist: a moved file is moved in the words about it too."""

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
