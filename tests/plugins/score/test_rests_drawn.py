"""Several bars of rest that MuseScore draws as one: it writes them, and a measure more that is none."""

from __future__ import annotations

import re

import pytest

from muse.plugins.score.plugin import ScorePlugin

from .score_kit import chord, musescore

WHOLE = "<Rest><durationType>measure</durationType><duration>4/4</duration></Rest>\n"


def score(notes: dict[int, int], *drawn: tuple[int, int], staves: int = 1) -> bytes:
    """Eight bars of rest, but for those with a chord, with rests drawn as one behind the bar where they begin."""
    bars = [[chord(60)] * 4, *([WHOLE] for _ in range(7))]
    for bar, pitch in notes.items():
        bars[bar - 1] = [chord(pitch)] * 4
    text = musescore(bars).decode()
    pieces = text.split("</Measure>\n")
    for first, count in drawn:
        rest = f"<Rest><durationType>measure</durationType><duration>{4 * count}/4</duration></Rest>"
        pieces[first] = (
            f'<Measure len="{4 * count}/4">\n<multiMeasureRest>{count}</multiMeasureRest>\n<voice>\n{rest}\n</voice>\n'
            f"</Measure>\n{pieces[first]}"
        )
    text = "</Measure>\n".join(pieces)
    body = re.search(r'<Staff id="1">\n.*</Staff>\n', text, re.DOTALL)
    assert body is not None
    more = "".join(body[0].replace('id="1"', f'id="{at}"') for at in range(2, staves + 1))
    groups = "".join(f'<Staff id="{at}"></Staff>' for at in range(2, staves + 1))
    return (
        text.replace(body[0], body[0] + more)
        .replace('<Staff id="1"></Staff>', f'<Staff id="1"></Staff>{groups}')
        .encode()
    )


@pytest.mark.parametrize("staves", [1, 2])
def test_bars_behind_it_keep_their_numbers(staves: int) -> None:
    plugin = ScorePlugin()
    old, new = score({8: 64}, (2, 6), staves=staves), score({8: 65}, (2, 6), staves=staves)
    told = plugin.diff_file("a.mscx", old, new)
    assert told is not None
    assert "bar 8: transposed" in told[1] and "bar 9" not in plugin.listing(old, "a.mscx")
    assert plugin.played(old, "a.mscx").midi == plugin.played(score({8: 64}, staves=staves), "a.mscx").midi
    assert plugin.patch_file("a.mscx", old, told[0]) == new


@pytest.mark.parametrize("staves", [1, 2])
def test_one_that_neither_side_touched_stays(staves: int) -> None:
    base, ours, theirs, both = (score(notes, (3, 3), staves=staves) for notes in ({}, {2: 70}, {7: 71}, {2: 70, 7: 71}))
    for sides in ((ours, theirs), (theirs, ours)):
        merged = ScorePlugin().merge_file("a.mscx", base, *sides)
        assert not merged.conflicts and merged.content == both


@pytest.mark.parametrize("staves", [1, 2])
def test_two_bars_of_it_that_two_people_fill(staves: int) -> None:
    base = score({}, (2, 7), staves=staves)
    ours, theirs = score({4: 70}, (2, 2), (5, 4), staves=staves), score({6: 71}, (2, 4), (7, 2), staves=staves)
    for sides in ((ours, theirs), (theirs, ours)):
        merged = ScorePlugin().merge_file("a.mscx", base, *sides)
        assert not merged.conflicts, merged.notes
        assert merged.content == score({4: 70, 6: 71}, staves=staves)
