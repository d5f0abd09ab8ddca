"""What a decision is called on the page: by the part or by what a piece has one of, never by an address."""

from __future__ import annotations

import gzip
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from muse.domain import ConflictRecord
from muse.engine.resolve.compare import FOUR, Compared
from muse.plugins.registry import plugin_for_path
from muse.view import page
from muse.view.page import Page, contents

ROOT = Path(__file__).resolve().parents[2]
SCORE = ROOT / "fixtures" / "merge" / "score" / "limit-two-tones-of-one-chord" / "base.musicxml"
PROJECT = ROOT / "fixtures" / "merge" / "daw" / "limit-notes-of-one-pitch" / "base.als"
SONG = ROOT / "fixtures" / "midi" / "menuet.mid"


def decision(path: Path, kind: str, address: str) -> tuple[str, int | None]:
    record = ConflictRecord(path.name, kind, address=address, ours_summary="a", theirs_summary="b")
    each = Compared(path.name, dict.fromkeys(FOUR, path.read_bytes()), conflicts=[record])
    (group,) = contents(Page("x"), [each], plugin_for_path)["files"][0]["groups"]
    return group["words"], group["track"]


@pytest.mark.parametrize(
    ("kind", "address", "words", "track"),
    [
        ("slot_value", "track:0/tempo_map:1:1:0:81", "Tempo, bar 1: changed by both, differently", 0),
        ("slot_value", "track:1/key_signatures:3:1:0:89", "Key signature, bar 3: changed by both, differently", 1),
        ("curve_overlap", "track:2/cc_volume:2:1:0:7", "Bass, volume, bar 2: one curve, drawn by both", 2),
        ("curve_overlap", "track:2/pitch_bend:2:1:0", "Bass, pitch bend, bar 2: one curve, drawn by both", 2),
        ("note_attribute", "track:1/note:1:1:0:0:74#0", "Melody, bar 1: changed by both, differently", 1),
        ("slot_value", "track:7/tempo_map:1:1:0:81", "Tempo, bar 1: changed by both, differently", None),
    ],
)
def test_a_piece_of_midi(kind: str, address: str, words: str, track: int | None) -> None:
    assert decision(SONG, kind, address) == (words, track)


def test_a_bar_of_a_score_has_its_parts_name_and_staff() -> None:
    words, track = decision(SCORE, "measure", "P1/measure:1")
    name = contents(Page("x"), [Compared(SCORE.name, {"now": SCORE.read_bytes()})], plugin_for_path)
    part = name["files"][0]["music"]["tracks"][0]["name"]
    assert part and "P1" not in words and (words, track) == (f"{part}, bar 1: changed by both", 0)
    assert decision(SCORE, "measure", "P9/measure:1")[1] is None


def test_an_entry_of_a_project_is_called_what_it_is_there() -> None:
    for base, words in (("Tempo 150", "Tempo 150: changed by both"), ("", "Tempo@Value: changed by both")):
        record = ConflictRecord("s.als", "entry_value", address="Tempo@Value", base_summary=base)
        each = Compared("s.als", dict.fromkeys(FOUR, PROJECT.read_bytes()), conflicts=[record])
        (group,) = contents(Page("x"), [each], plugin_for_path)["files"][0]["groups"]
        assert group["words"] == words


def test_of_a_project_with_a_long_listing_the_changed_lines_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    project = PROJECT.read_bytes()
    old, new = (gzip.compress(each) for each in (project, project.replace(b'Value="Bass"', b'Value="Low end"')))
    monkeypatch.setattr(page, "_MOST_TEXT", 100)
    each = Compared(PROJECT.name, {"before": old, "after": new})
    (text,) = contents(Page("x"), [each], plugin_for_path)["files"][0]["texts"]
    changed = [line for kind, line in text["lines"] if kind == "add"]
    assert changed and all("Low end" in line for line in changed)


@pytest.mark.parametrize(
    ("address", "base", "words"),
    [
        ("text", b"\n  import os\nimport re\n", "the lines at \u201cimport os\u201d: changed by both"),
        ("text#2", b"", "the lines at \u201cx = 1\u201d: changed by both"),
        ("load", b"def load(): pass\n", "load: changed by both"),
    ],
)
def test_text_in_nothing_with_a_name_is_called_by_its_first_line(address: str, base: bytes, words: str) -> None:
    record = ConflictRecord("a.py", "symbol_body", address=address, ours_summary="a", theirs_summary="b")
    texts = {address: SimpleNamespace(base=base, ours=b"x = 1\n", theirs=b"x = 2\n")}
    each = Compared("a.py", dict.fromkeys(FOUR, b"x = 1\n"), conflicts=[record], disputes=cast(Any, texts))
    (group,) = contents(Page("x"), [each], plugin_for_path)["files"][0]["groups"]
    assert group["words"] == words
