"""docs/pictures.md names what exists."""

from __future__ import annotations

import re
from pathlib import Path

from muse.cli.verbs import VERBS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "pictures.md").read_text()
SCRIPTS = "".join(each.read_text() for each in sorted((ROOT / "web" / "src").glob("*.ts")))


def test_every_command_is_one() -> None:
    named = set(re.findall(r"muse ([a-z]+)", PAGE.replace("git mergetool -t muse", "")))
    assert {"render", "mergetool", "resolve"} <= named <= VERBS.keys()


def test_every_key_is_bound() -> None:
    for key in (
        '" ":',
        "n:",
        "p:",
        "x:",
        "l:",
        '"+":',
        '"-":',
        '"0":',
        "Escape:",
        '"u"',
        '"s"',
        '"c"',
        '"?"',
        '"[":',
        '"]":',
        "[1-4]",
    ):
        assert key in SCRIPTS, key
    for side in ("ours", "theirs", "base"):
        assert f'"{side}"' in SCRIPTS and f"{side[0]}, " in PAGE
