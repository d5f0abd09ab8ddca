"""docs/cli.md says what the commands say."""

from __future__ import annotations

import runpy
from pathlib import Path

from muse.cli.verbs import VERBS

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_command_reference_is_current() -> None:
    made = runpy.run_path(str(DOCS / "make_cli.py"))["reference"]()
    assert (DOCS / "cli.md").read_text(encoding="utf-8") == made, "run: python docs/make_cli.py"


def test_the_manual_pages_are_current() -> None:
    made = runpy.run_path(str(DOCS / "make_cli.py"))["manual"]()
    assert {path.name: path.read_text(encoding="utf-8") for path in (DOCS / "man/man1").iterdir()} == made
    assert made["muse.1"] == ".so man1/git-muse.1\n" and ".SS muse session append" in made["git-muse.1"]


def test_every_verb_is_documented_with_its_options() -> None:
    text = (DOCS / "cli.md").read_text(encoding="utf-8")
    for verb in VERBS:
        assert f"### muse {verb}\n" in text
    assert "`--pick ADDRESS=SIDE`" in text
