"""The bank of sampled instruments, and what a page takes out of it."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import jsonschema

import muse
from muse.view import sound

ROOT = Path(__file__).resolve().parents[2]
SOUNDS = Path(muse.__file__).parent / "view" / "sounds"
_ALL = json.loads((ROOT / "docs" / "schemas.json").read_text())


def test_the_bank_is_whole_and_free() -> None:
    bank, data = json.loads((SOUNDS / "bank.json").read_text()), (SOUNDS / "bank.bin").read_bytes()
    assert len(bank["programs"]) == 128 and [zone[0] for zone in bank["drums"]] == list(range(35, 82))
    for zones in bank["programs"]:
        keys = [key for first, last, *_ in zones for key in range(int(first), int(last) + 1)]
        assert keys == list(range(128)), "a zone for every key, and one only"
    at = 0
    for begin, size, rate, first, last in bank["samples"]:
        assert begin == at and data[at : at + 4] == b"OggS" and 0 <= first <= last and rate in (22_050, 32_000)
        at += size
    assert at == len(data) < 2_000_000
    used = {int(zone[2]) for zones in (*bank["programs"], bank["drums"]) for zone in zones}
    assert used == set(range(len(bank["samples"])))
    licence = (SOUNDS / "LICENSE.txt").read_text()
    assert "FluidR3Mono_GM" in licence and "Permission is hereby granted, free of charge" in licence


def test_a_page_carries_what_its_pieces_play_and_no_more() -> None:
    music: dict[str, Any] = {
        "sides": ["before", "after"],
        "notes": [
            [0, 0, 60, 10, 24, 90, 3],
            [0, 1, 60, 10, 24, 90, 3],
            [0, 9, 36, 0, 24, 90, 1],
            [0, 9, 20, 0, 1, 1, 1],
        ],
        "controls": {"0": [[0, 0xC0, 40, 0], [0, 0xC5, 99, 0]], "1": [[0, 0xC0, 41, 0]]},
    }
    assert sound.played(music) == ({0, 40, 41}, {36}), "channel 2 has no program, channel 6 no notes"
    cut = sound.cut(*sound.played(music))
    jsonschema.validate(cut, {**_ALL["$defs"]["sounds"], "$defs": _ALL["$defs"]})
    assert list(cut["programs"]) == ["0", "40", "41"] and [zone[:2] for zone in cut["drums"]] == [[36, 36]]
    used = {zone[2] for zones in (*cut["programs"].values(), cut["drums"]) for zone in zones}
    assert used == set(range(len(cut["samples"])))
    assert all(base64.b64decode(text).startswith(b"OggS") for text, *_ in cut["samples"])
    assert sound.cut((), ()) == {"programs": {}, "drums": [], "samples": []}
