"""How fast and how large the page is, from Chromium's own trace.

Milliseconds are processor time of the page's main thread, which a busy machine does not change.
"""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import mido
import pytest

from muse.domain import ConflictRecord
from muse.engine.resolve.compare import FOUR, Compared
from muse.plugins.registry import plugin_for_path
from muse.view.page import Page, build

pytestmark = pytest.mark.browser

FRAMES = 150


class Main:
    """The main thread of the page in a trace: its tasks, and the marks that the page set."""

    def __init__(self, file: Path) -> None:
        events = json.loads(file.read_text())["traceEvents"]
        self.marks = {each["name"]: each["ts"] for each in events if each.get("cat") == "blink.user_timing"}
        thread = next((each["pid"], each["tid"]) for each in events if each.get("name") == "muse-begin")
        mine = [each for each in events if (each["pid"], each["tid"]) == thread and each["ph"] == "X"]
        self.tasks = [(each["ts"], each.get("tdur", 0) / 1000) for each in mine if each["name"] == "RunTask"]
        self.frames = [each["ts"] for each in mine if each["name"] == "FireAnimationFrame"]

    def spent(self, begin: float, end: float) -> float:
        """Milliseconds of processor time between two moments of the trace."""
        return sum(took for at, took in self.tasks if begin <= at < end)


def song(tracks: int, steps: int, shift: int = 0) -> bytes:
    made = mido.MidiFile(ticks_per_beat=480)
    for number in range(tracks):
        channel = min(number, 8)
        track = mido.MidiTrack([mido.Message("program_change", channel=channel, program=number * 8)])
        for step in range(steps):
            pitch = 36 + (step * 7 + number * 3) % 48
            loud = 40 + step % 80 + (shift if step % 50 == shift else 0)
            track.append(mido.Message("note_on", channel=channel, note=pitch, velocity=loud, time=153))
            track.append(mido.Message("note_off", channel=channel, note=pitch, time=153))
        made.tracks.append(track)
    out = io.BytesIO()
    made.save(file=out)
    return out.getvalue()


SCROLL = """
    performance.mark('muse-begin');
    const stage = document.querySelector('.stage'), view = muse.views[0];
    view.scale(2 / view.shown.zoom);
    stage.scrollLeft = 0;
    let step = 0;
    const next = () => {
        stage.scrollLeft += 40;
        if (++step < FRAMES) requestAnimationFrame(next);
        else { performance.mark('muse-end'); window.finished = true; }
    };
    requestAnimationFrame(next);
    return view.music.notes.length;""".replace("FRAMES", str(FRAMES))


def test_thirty_thousand_notes_scroll(open_page: Callable[..., Any], tmp_path: Path) -> None:
    """300 bars of 16 tracks, scrolled by 40 pixels a frame; a frame at 60 Hz has 16.7 ms."""
    sides = {"before": None, "after": song(16, 1880)}
    trace = tmp_path / "trace.json"
    browser = open_page(build(Page("many"), [Compared("many.mid", sides)], plugin_for_path), trace=trace)
    assert browser.run(SCROLL) == 16 * 1880 > 30_000
    until = time.monotonic() + 120
    while not browser.run("return window.finished ?? false"):
        assert time.monotonic() < until, "it never came to the end"
        time.sleep(0.2)
    assert browser.run("return document.querySelector('.stage').scrollLeft") == 40 * FRAMES
    assert browser.run("return muse.views[0].frames") >= FRAMES and browser.log() == []
    browser.close()
    main = Main(trace)
    begin, end = main.marks["muse-begin"], main.marks["muse-end"]
    at = sorted({each for each in main.frames if begin <= each <= end})
    each = [main.spent(*pair) for pair in zip(at[::2], at[2::2])]
    spent = main.spent(begin, end) / FRAMES
    print(f"30,000 notes: {spent:.1f} ms of the main thread a frame; median {median(each):.1f}, {len(each)} frames")
    assert len(each) > FRAMES / 2 and spent < 16


def test_ten_thousand_notes_are_there_at_once(open_page: Callable[..., Any], tmp_path: Path) -> None:
    sides = {name: song(8, 1300, shift) for shift, name in enumerate(FOUR)}
    html = build(Page("long"), [Compared("long.mid", sides)], plugin_for_path)
    silent = build(Page("long"), [Compared("long.mid", sides)], plugin_for_path, heard=False)
    print(f"10,000 notes in four versions: {len(silent) / 1000:.0f} KB, with sounds {len(html) / 1000:.0f} KB")
    assert len(silent) < 2e6 and len(html) < 8e6
    begun = "<head><script>performance.mark('muse-begin')</script>"  # before the page's policy, which forbids it
    trace = tmp_path / "trace.json"
    browser = open_page(html.replace("<head>", begun, 1), trace=trace)
    assert browser.run("return muse.views[0].music.notes.length") > 10_000
    until = time.monotonic() + 30
    while browser.run("return muse.views[0].frames") < 1:
        assert time.monotonic() < until
        time.sleep(0.05)
    took = browser.run("return performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null")
    browser.press("n")
    assert "change 2 of" in browser.run("return document.getElementById('status').textContent")
    assert browser.log() == []
    browser.close()
    main = Main(trace)
    begin = main.marks["muse-begin"]
    spent = main.spent(begin - 2e6, next(at for at in main.frames if at > begin) + 1)
    print(
        f"10,000 notes in four versions: first picture after {spent:.0f} ms of processor time, {took} ms by the clock"
    )
    assert 0 < spent < 1000


@pytest.mark.parametrize("size", [(1400, 1000), (500, 900)], ids=["desk", "phone"])
def test_a_merge_page_is_never_taller_than_three_thousand_pixels(
    open_page: Callable[..., Any], size: tuple[int, int], music: Any
) -> None:
    """Sixty conflicts, every list of them opened, twenty lanes that differ, ninety changes."""
    versions = {}
    for shift, name in enumerate(FOUR):

        def longer(made: Any, shift: int = shift) -> None:
            for number in range(20):
                bend = mido.Message("control_change", channel=1, control=20 + number, value=10 * shift)
                made.tracks[1].insert(2, bend)

        versions[name] = music.edited(song(6, 1000, shift), longer)
    spots = [f"track:{n % 6}/note:{n // 6 * 12 + 1}:1:0:0:60#0" for n in range(60)]
    rows = [ConflictRecord("a.mid", "note_attribute", address=spot, ours_summary="a") for spot in spots]
    files = [Compared("a.mid", versions, conflicts=rows)]
    browser = open_page(build(Page("tall"), files, plugin_for_path, choices=True), size=size)
    assert browser.run("return document.querySelectorAll('.decisions .each li').length") == 60
    assert browser.run("return document.querySelectorAll('.lanes .lane-row').length") >= 20
    browser.run("for (const each of document.querySelectorAll('details')) each.open = true")
    tall, wide, window = browser.run(
        "const root = document.documentElement; return [root.scrollHeight, root.scrollWidth, root.clientWidth]"
    )
    print(f"{size}: {tall} pixels high")
    assert tall < 3000 and wide <= window, "and nothing sticks out at the side"
