"""The pictures of docs/midi.md are what the renderer draws of the cases they name."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from xml.etree import ElementTree

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_pictures_are_current_and_shown() -> None:
    made = runpy.run_path(str(DOCS / "make_pictures.py"))["pictures"]()
    there = {path.name: path.read_text(encoding="utf-8") for path in (DOCS / "midi").iterdir()}
    assert there == made, "run: python docs/make_pictures.py"
    shown = re.findall(r"\(midi/([a-z-]+\.svg)\)", (DOCS / "midi.md").read_text(encoding="utf-8"))
    assert sorted(shown) == sorted(made)


def test_they_show_what_the_page_says() -> None:
    for path in (DOCS / "midi").iterdir():
        panels = [text.text for text in ElementTree.parse(path).iter("{http://www.w3.org/2000/svg}text")]
        named = [text for text in panels if text in ("base", "ours", "theirs", "result")]
        assert named == ["base", "ours", "theirs", "result"], path.name
