"""The sampled instruments that a page needs, cut out of the bank beside this file (`sounds/`, see its LICENSE.txt).

A page carries only the programs and drums that its pieces play; `web/make_bank.py` made the bank from a free General
MIDI soundfont.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

_BANK = Path(__file__).parent / "sounds"
_DRUMS = 9
_FIRST_DRUM, _LAST_DRUM = 35, 81


def played(music: dict[str, Any]) -> tuple[set[int], set[int]]:
    """The programs and the drums of a piece, as `contents` of the page gives it."""
    notes = music["notes"]
    channels = {note[1] for note in notes} - {_DRUMS}
    changes = [row for rows in music["controls"].values() for row in rows if row[1] >> 4 == 0xC]
    programs = {row[2] for row in changes if row[1] & 15 in channels}
    drums = {note[2] for note in notes if note[1] == _DRUMS and _FIRST_DRUM <= note[2] <= _LAST_DRUM}
    first = {channel for channel in channels if not _begins_with_a_program(channel, music)}
    return programs | ({0} if first else set()), drums


def _begins_with_a_program(channel: int, music: dict[str, Any]) -> bool:
    begin = min(note[3] for note in music["notes"] if note[1] == channel)
    return all(
        any(row[0] <= begin and row[1] == 0xC0 | channel for row in music["controls"].get(str(side), ()))
        for side in range(len(music["sides"]))
    )


def cut(programs: Iterable[int], drums: Iterable[int]) -> dict[str, Any]:
    """Zones of the programs and drums, and the samples they need as base64: [text, rate, loop start, loop end]."""
    bank, data = _bank()
    places: dict[int, int] = {}

    def renumbered(zones: list[list[float]]) -> list[list[float]]:
        return [[*zone[:2], places.setdefault(int(zone[2]), len(places)), *zone[3:]] for zone in zones]

    wanted = set(drums)
    chosen = {str(number): renumbered(bank["programs"][number]) for number in sorted(programs)}
    kit = renumbered([zone for zone in bank["drums"] if zone[0] in wanted])
    samples = [bank["samples"][number] for number in places]
    return {
        "programs": chosen,
        "drums": kit,
        "samples": [[b64encode(data[at : at + size]).decode(), *rest] for at, size, *rest in samples],
    }


@lru_cache(maxsize=1)
def _bank() -> tuple[dict[str, Any], bytes]:
    return json.loads((_BANK / "bank.json").read_text()), (_BANK / "bank.bin").read_bytes()
