"""docs/pictures.md names what exists."""

from __future__ import annotations

import re
from pathlib import Path

from muse.cli.verbs import VERBS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "pictures.md").read_text()
SCRIPT = (ROOT / "muse" / "view" / "templates" / "page.js").read_text()


def test_every_command_is_one() -> None:
    named = set(re.findall(r"muse ([a-z]+)", PAGE.replace("git mergetool -t muse", "")))
    assert {"render", "mergetool", "resolve"} <= named <= VERBS.keys()


def test_every_key_is_bound() -> None:
    for key in ('" ":', "n:", "p:", '"+":', '"-":', "Escape:", "o:", "t:", "b:", '"s"', '"?"', "[1-4]"):
        assert key in SCRIPT, key
