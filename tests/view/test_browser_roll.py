"""What the roll draws and how it is gone about in, line by line, in a real headless Chromium."""

from __future__ import annotations

import io
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import mido
import pytest

from muse.domain import ConflictRecord
from muse.engine.resolve.compare import FOUR, Compared
from muse.plugins.registry import plugin_for_path
from muse.view.page import Page, build

pytestmark = pytest.mark.browser

VIEW = "const view = muse.views[0], shown = view.shown, music = view.music;"
# What a canvas is told to fill, as [x, y, width, height], and to write.
SPY = """
    window.filled = []; window.written = [];
    const {fillRect, fillText} = CanvasRenderingContext2D.prototype;
    CanvasRenderingContext2D.prototype.fillRect = function (...box) {
        filled.push([this.canvas.className, this.fillStyle, ...box]); return fillRect.apply(this, box); };
    CanvasRenderingContext2D.prototype.fillText = function (text, ...more) {
        written.push([this.canvas.className, text]); return fillText.call(this, text, ...more); };"""


def song(channel: int = 0, velocities: tuple[int, ...] = (20, 60, 120), bars: int = 40) -> bytes:
    made = mido.MidiFile(ticks_per_beat=480)
    track = mido.MidiTrack([mido.MetaMessage("track_name", name="Part")])
    for at in range(4 * bars):
        key, loud = (38 if channel == 9 else 60) + at % 3, velocities[at % len(velocities)]
        track.append(mido.Message("note_on", channel=channel, note=key, velocity=loud, time=0))
        track.append(mido.Message("note_off", channel=channel, note=key, time=480))
    made.tracks.append(track)
    out = io.BytesIO()
    made.save(file=out)
    return out.getvalue()


def now(data: bytes) -> str:
    return build(Page("piece"), [Compared("piece.mid", {"now": data})], plugin_for_path)


def drawn(browser: Any, what: str) -> list[list[Any]]:
    """What is filled or written in the next frame."""
    return list(
        browser.run(
            VIEW
            + f"""filled.length = written.length = 0; view.draw();
            return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done({what}))));"""
        )
    )


def test_beats_and_their_parts_appear_as_zoom_allows(open_page: Callable[..., Any]) -> None:
    browser = open_page(now(song()))
    browser.run(SPY)
    gaps = []
    for zoom in (0.1, 1, 6):
        browser.run(VIEW + "view.scale(arguments[0] / shown.zoom)", zoom)
        rows = drawn(browser, "filled")
        lines = sorted({round(row[2]) for row in rows if row[0] == "notes" and row[4] == 1 and row[5] > 200})
        gaps.append(min(b - a for a, b in pairwise(lines)))
        assert gaps[-1] >= 6, "never so near that they are a surface"
    assert gaps == [pytest.approx(9.6, abs=1), pytest.approx(24, abs=1), pytest.approx(36, abs=1)], (
        "bars; then quarters; then sixteenths"
    )


@pytest.mark.parametrize(("channel", "names"), [(0, {"C4"}), (9, {"snare", "clap", "snare 2"})])
def test_the_keyboard_names_notes_or_drums(channel: int, names: set[str], open_page: Callable[..., Any]) -> None:
    browser = open_page(now(song(channel)))
    browser.run(SPY)
    browser.run(VIEW + "shown.row = 11")  # whatever it was: the keyboard is drawn anew
    found = {text for where, text in drawn(browser, "written") if where == "keyboard"}
    browser.run(VIEW + "shown.row = 14")
    assert names <= found | {text for where, text in drawn(browser, "written") if where == "keyboard"}


def test_the_ruler_and_the_keyboard_stay_while_the_notes_scroll(open_page: Callable[..., Any]) -> None:
    browser = open_page(now(song()))
    at = (
        "return ['.ruler', '.keyboard', '.notes'].map(s => {"
        " const b = document.querySelector(s).getBoundingClientRect(); return [b.x, b.y]; })"
    )
    before = browser.run(at)
    browser.run(VIEW + "view.scale(4 / shown.zoom); view.taller(3); view.show(2000, true)")
    browser.run("document.querySelector('.stage').scrollBy(50, 40)")
    assert browser.run(at) == before and browser.run(VIEW + "return shown.left") > 1000


def test_the_minimap_is_clicked_and_dragged_to_any_place(open_page: Callable[..., Any]) -> None:
    browser = open_page(now(song()))
    browser.run(VIEW + "view.scale(2 / shown.zoom)")
    left, top, wide, high = browser.run(
        "const b = document.querySelector('.minimap').getBoundingClientRect(); return [b.x, b.y, b.width, b.height]"
    )
    middle = VIEW + "return (shown.left + document.querySelector('.stage').clientWidth / 2) / shown.zoom / music.width"
    point = {"y": top + high / 2, "button": "left", "clickCount": 1}
    browser.cdp("Input.dispatchMouseEvent", type="mousePressed", x=left + wide / 2, **point)
    assert browser.run(middle) == pytest.approx(0.5, abs=0.02)
    browser.cdp("Input.dispatchMouseEvent", type="mouseMoved", x=left + wide * 0.75, buttons=1, **point)
    assert browser.run(middle) == pytest.approx(0.75, abs=0.02)
    browser.cdp("Input.dispatchMouseEvent", type="mouseReleased", x=left + wide * 0.75, **point)


def test_all_of_one_side_is_one_click_and_one_undo(open_page: Callable[..., Any]) -> None:
    records = [
        ConflictRecord("a.mid", "note_attribute", address=f"track:0/note:{bar}:1:0:0:60#0", ours_summary="a")
        for bar in (1, 11, 21, 31)
    ]
    files = [Compared("a.mid", dict.fromkeys(FOUR, song()), conflicts=records)]
    browser = open_page(build(Page("a"), files, plugin_for_path, choices=True))
    chosen = "return [...document.querySelectorAll('.choice.whole :checked')].map(i => i.value)"
    left = "return document.querySelector('.left-over').textContent"
    browser.press("t")
    for side in ("ours", "theirs"):
        browser.run(
            "[...document.querySelectorAll('.everything')].find(b => b.textContent === `All ${arguments[0]}`).click()",
            side,
        )
        assert (browser.run(chosen), browser.run(left)) == ([side] * 4, "all decided")
    browser.click("button.undo")
    assert browser.run(chosen) == ["ours"] * 4
    browser.click("button.undo")
    assert (browser.run(chosen), browser.run(left)) == (["theirs"], "3 decisions left"), "what was chosen before stands"
