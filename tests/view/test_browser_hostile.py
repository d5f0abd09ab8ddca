"""Pieces made to break a page: it stays usable, of a page's size, and runs nothing but its own script."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mido
import pytest

from muse.engine.resolve.compare import Compared
from muse.plugins.registry import plugin_for_path
from muse.view.page import Page, build
from muse.view.pianoroll import picture

pytestmark = pytest.mark.browser

STATUS = "return document.getElementById('status').textContent"


def song(tracks: int = 1, notes: int = 16, *, gap: int = 120, long: int = 120, shift: int = 0, **told: Any) -> bytes:
    """Notes in tracks; `shift` louder every one, or only the sixth with `one`."""
    made = mido.MidiFile(ticks_per_beat=480)
    for number in range(tracks):
        name = told.get("name", f"Track {number}").encode().decode("latin-1")
        track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
        if "tempo" in told:
            track.append(mido.MetaMessage("set_tempo", tempo=told["tempo"]))
        for at in range(notes):
            loud = 60 + (shift if at == 5 or not told.get("one") else 0)
            pitch, channel = 40 + (at + number) % 40, number % 16
            track.append(mido.Message("note_on", channel=channel, note=pitch, velocity=loud, time=gap))
            track.append(mido.Message("note_off", channel=channel, note=pitch, time=long))
        made.tracks.append(track)
    out = io.BytesIO()
    made.save(file=out)
    return out.getvalue()


NAME = "\u202e<img src=x onerror=window.hit=1></script><script>window.hit=1</script> " * 150
CASES: dict[str, Callable[[int], bytes]] = {
    "a hundred thousand changes": lambda shift: song(100, 1000, gap=5520, long=240, shift=shift),
    "a hundred thousand notes": lambda shift: song(1, 100_000, gap=60, long=60, shift=shift),
    "127 tracks": lambda shift: song(127, one=True, shift=shift),
    "a name of 10 kB": lambda shift: song(2, name=NAME, one=True, shift=shift),
    "tempo 0": lambda shift: song(tempo=0, one=True, shift=shift),
    "the fastest and the slowest tempo": lambda shift: song(tempo=0xFFFFFF if shift else 1, one=True, shift=shift),
    "notes without length": lambda shift: song(gap=0, long=0, one=True, shift=shift),
    "a note of years": lambda shift: song(1, 8, gap=1, long=0x0FFFFFFF, one=True, shift=shift),
}
# A task of the page that takes seconds is what a person calls hung.
SHAPE = """const root = document.documentElement;
    return [root.scrollHeight, root.scrollWidth - root.clientWidth, document.querySelectorAll('*').length,
        document.querySelector('footer').getBoundingClientRect().height, window.hit ?? null]"""


@pytest.mark.parametrize("case", CASES)
def test_the_page_stays_usable(case: str, open_page: Callable[..., Any], tmp_path: Path) -> None:
    sides = {"before": CASES[case](0), "after": CASES[case](20)}
    each = Compared("piece.mid", sides)
    browser = open_page(build(Page("piece"), [each], plugin_for_path))
    changes = browser.run("return muse.views[0].phrases.length")
    told = {"a hundred thousand changes": 100_000, "127 tracks": 127}
    told |= {"a name of 10 kB": 2, "the fastest and the slowest tempo": 2}  # a note in each track; a note and the tempo
    assert changes == told.get(case, 1)
    for key in "nn+0-p":
        browser.press(key)
        assert browser.run("return muse.views[0].shown.zoom") > 0
    assert f" of {changes}: " in browser.run(STATUS)
    browser.press(" ")
    time.sleep(0.5)
    browser.press("Escape")
    assert browser.run("return muse.views[0].player.playing") is False
    high, wider, nodes, footer, hit = browser.run(SHAPE)
    assert high < 3000 and wider <= 0 and nodes < 5000 and footer < 100 and hit is None
    seen = browser.run(
        "const b = document.querySelector('[data-current]').getBoundingClientRect(); return [b.y, b.height]"
    )
    assert 0 < seen[0] < 1000 and seen[1] < 120, "the change's row is in sight, and a row"
    assert browser.log() == []
    if "hundred" in case:
        return
    drawn = tmp_path / "piece.svg"
    drawn.write_text(picture(each, plugin_for_path("piece.mid")), "utf-8")
    assert drawn.stat().st_size < 300_000
    browser.open(drawn)
    assert (
        browser.run("return document.documentElement.tagName + document.querySelectorAll('parsererror').length")
        == "svg0"
    )
    assert browser.run("return window.hit ?? null") is None and browser.log() == []


def test_the_last_of_a_hundred_thousand_changes_is_reached(open_page: Callable[..., Any]) -> None:
    sides = {"before": song(100, 1000, gap=5520, long=240), "after": song(100, 1000, gap=5520, long=240, shift=9)}
    browser = open_page(build(Page("piece"), [Compared("piece.mid", sides)], plugin_for_path))
    browser.press("p")
    assert browser.run(STATUS) == "change 100000 of 100000: Track 99, bar 3000: 1 note changed"
    assert browser.run("return document.querySelector('.phrases [data-current]').textContent") == (
        "Track 99, bar 3000: 1 note changed"
    )
    assert browser.run("return document.querySelector('.phrases .more').textContent") == "99700 before"
    browser.click(".phrases .more")
    rows = "return [...document.querySelectorAll('.phrases .more')].map(b => b.textContent)"
    assert browser.run(rows) == ["99400 before", "300 more"]
    browser.click(".track[data-track='3'] .solo")
    assert browser.run("return document.querySelector('.side h3').textContent") == "1000 of 100000 changes"


def test_a_script_that_got_into_the_page_would_not_run(open_page: Callable[..., Any]) -> None:
    """The policy names the page's own scripts by their hashes: even where text became markup, nothing of it runs."""
    sides = {"before": song(), "after": song(shift=1)}
    html = build(Page("piece"), [Compared("piece.mid", sides)], plugin_for_path)
    browser = open_page(html.replace("</body>", "<script>window.hit=1</script><b onclick='window.hit=1'>x</b></body>"))
    browser.run(
        "const i = document.createElement('div'); i.innerHTML = '<img src=x onerror=window.hit=1>';"
        " document.body.append(i); document.querySelector('body > b').click()"
    )
    time.sleep(0.3)
    assert browser.run("return window.hit ?? null") is None
    told = browser.log()
    assert any("Content Security Policy" in line and "inline script" in line for line in told), told
    assert any("inline event handler" in line for line in told), told
    assert browser.run("return muse.views.length") == 1, "its own scripts run"
