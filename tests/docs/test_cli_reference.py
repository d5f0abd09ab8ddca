"""docs/cli.md says what the commands say."""

from __future__ import annotations

import runpy
from pathlib import Path

from muse.cli.main import VERBS

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_command_reference_is_current() -> None:
    made = runpy.run_path(str(DOCS / "make_cli.py"))["reference"]()
    assert (DOCS / "cli.md").read_text(encoding="utf-8") == made, "run: python docs/make_cli.py"


def test_every_verb_is_documented_with_its_options() -> None:
    text = (DOCS / "cli.md").read_text(encoding="utf-8")
    for verb in VERBS:
        assert f"### muse {verb}\n" in text
    assert "`--pick ADDRESS=SIDE`" in text
