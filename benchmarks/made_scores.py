"""MusicXML of any length, for measuring time."""

from __future__ import annotations

import random

_NOTE = (
    "<note>\n<pitch>\n<step>{}</step>\n<octave>{}</octave>\n</pitch>\n<duration>1</duration>\n<voice>1</voice>\n"
    "<type>quarter</type>\n<stem>up</stem>\n</note>\n"
)
_FIRST = (
    "<attributes>\n<divisions>1</divisions>\n<time>\n"
    "<beats>4</beats>\n<beat-type>4</beat-type>\n</time>\n</attributes>\n"
)


def musicxml(bars: int, parts: int, edits: dict[int, str]) -> bytes:
    """Quarter notes drawn at random, alike for one size; `edits`: bar of the first part -> step of its notes."""
    rng = random.Random(bars * parts)
    names = "".join(
        f'<score-part id="P{n}">\n<part-name>Part {n}</part-name>\n</score-part>\n' for n in range(1, parts + 1)
    )
    bodies = []
    for part in range(1, parts + 1):
        bodies.append(f'<part id="P{part}">\n')
        for bar in range(1, bars + 1):
            drawn = [(rng.choice("CDEFGAB"), rng.randrange(3, 6)) for _ in range(4)]
            step = edits.get(bar, "") if part == 1 else ""
            notes = "".join(_NOTE.format(step or letter, octave) for letter, octave in drawn)
            bodies.append(f'<measure number="{bar}">\n{_FIRST if bar == 1 else ""}{notes}</measure>\n')
        bodies.append("</part>\n")
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<score-partwise version="4.0">\n<part-list>\n'
    return f"{head}{names}</part-list>\n{''.join(bodies)}</score-partwise>\n".encode()
