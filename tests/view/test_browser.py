"""The page in a real headless Chromium: it draws, it can be used by keyboard, it plays, it needs no network."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from muse.domain import ConflictRecord
from muse.engine.resolve.compare import FOUR, Compared
from muse.plugins.registry import plugin_for_path
from muse.view.page import Page, build

HERE = Path(__file__).resolve().parent
pytestmark = pytest.mark.browser


@pytest.fixture
def open_page(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """`open_page(html, dark=False) -> Browser` with the page loaded."""
    missing = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
    assert not missing, f"{missing} not on PATH: `make test-browser` installs them"
    spec = importlib.util.spec_from_file_location("webdriver", HERE.parent / "browser" / "webdriver.py")
    assert spec is not None and spec.loader is not None
    webdriver = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(webdriver)
    opened: list[Any] = []

    def load(html: str, *, dark: bool = False) -> Any:
        page: Path | str = html
        if not html.startswith("http://127.0.0.1:"):
            page = tmp_path / f"page{len(opened)}.html"
            page.write_text(html)
        browser = webdriver.Browser(tmp_path / f"profile{len(opened)}", dark=dark)
        opened.append(browser)
        browser.open(page)
        assert browser.run("return document.documentElement.dataset.ready") == "yes"
        return browser

    yield load
    for browser in opened:
        browser.close()


@pytest.fixture
def page(disputed: Path, muse: Callable[..., Any]) -> str:
    muse(disputed, "render", "-o", "page.html")
    return (disputed / "page.html").read_text()


@pytest.fixture
def tool(disputed: Path, git: Callable[..., str], tmp_path: Path) -> Iterator[Callable[[str], Any]]:
    """`tool(path)` -> (the running `git mergetool -t muse`, the address it handed to the browser)."""
    git(disputed, "config", "mergetool.muse.cmd", 'muse mergetool "$MERGED"')
    git(disputed, "config", "mergetool.muse.trustExitCode", "true")
    script, told = tmp_path / "browser", tmp_path / "address"
    script.write_text(f'#!/bin/sh\nprintf %s "$1" >"{told}.new" && mv "{told}.new" "{told}"\n')
    script.chmod(0o755)
    running: list[subprocess.Popen[str]] = []

    def start(path: str) -> tuple[subprocess.Popen[str], str]:
        process = subprocess.Popen(
            ["git", "mergetool", "--no-prompt", "-t", "muse", path],
            cwd=disputed,
            text=True,
            env={**os.environ, "BROWSER": str(script)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        running.append(process)
        while not told.exists():
            assert process.poll() is None, process.communicate()[0]
            time.sleep(0.05)
        return process, told.read_text()

    yield start
    for process in running:
        if process.poll() is None:
            process.terminate()
            process.wait(10)
        assert process.stdout is not None
        process.stdout.close()


def kept(name: str) -> Path:
    """Where a screenshot goes for review."""
    folder = HERE.parents[1] / "demo-out" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}.png"


STATUS = "return document.getElementById('status').textContent"


def test_four_panels_with_notes_marks_and_words(page: str, open_page: Callable[..., Any]) -> None:
    browser = open_page(page)
    browser.run("document.querySelector('.score').scrollIntoView()")
    sizes = browser.run(
        "return [...document.querySelectorAll('.roll')].map(r => { const b = r.getBoundingClientRect();"
        " return [b.width, b.height]; })"
    )
    assert len(sizes) == 4 and all(width > 300 and height > 100 for width, height in sizes)
    drawn = browser.run(
        "return [...document.querySelectorAll('.roll .n')].map(n => { const b = n.getBBox();"
        " return [n.getAttribute('class'), b.width * b.height]; })"
    )
    assert {name for name, _ in drawn} >= {"n same", "n goes", "n ours", "n theirs", "n lost"}
    assert all(area > 0 for _, area in drawn)
    assert browser.run("return document.querySelectorAll('.mark').length") == 4
    picture = browser.picture(kept("merge"))
    assert colours(picture) >= 12, "an empty page has next to none"
    assert browser.log() == []


def colours(png: bytes) -> int:
    """How many different colours a screenshot has, counted roughly."""
    import struct
    import zlib

    width, height, depth, kind = struct.unpack(">IIBB", png[16:26])
    step = {2: 3, 6: 4}[kind]
    assert depth == 8 and width > 0
    at, data = 8, b""
    while at < len(png):
        size = struct.unpack(">I", png[at : at + 4])[0]
        if png[at + 4 : at + 8] == b"IDAT":
            data += png[at + 8 : at + 8 + size]
        at += size + 12
    raw = zlib.decompress(data)
    line = width * step + 1
    return len(
        {
            raw[row * line + 1 + column : row * line + 4 + column]
            for row in range(0, height, 3)
            for column in range(0, line - 4, step * 3)
        }
    )


def test_the_keyboard_is_enough(page: str, open_page: Callable[..., Any]) -> None:
    browser = open_page(page)
    browser.run("document.querySelector('.score').focus()")
    told = []
    for _ in range(3):
        browser.press("n")
        told.append(browser.run(STATUS))
    assert [text.partition(":")[0].split(" of ")[0] for text in told] == ["change 1", "change 2", "change 3"]
    assert "bar 1 beat" in told[0] and "velocity" in told[0] and "in: " in told[0]
    browser.press("p")
    assert browser.run(STATUS) == told[1]
    assert browser.run("return document.querySelectorAll('.focus').length") == 4
    browser.press("2")
    assert browser.run(STATUS) == "ours chosen"
    zoom = "return +document.querySelector('.score').style.getPropertyValue('--zoom')"
    before = browser.run(zoom)
    browser.press("+")
    assert browser.run(zoom) == pytest.approx(2 * before)
    browser.press("?")
    assert browser.run("return document.querySelector('.legend').open") is True


def test_a_conflict_is_found_by_tab_and_enter(page: str, open_page: Callable[..., Any]) -> None:
    browser = open_page(page)
    for _ in range(40):
        browser.press("Tab")
        if browser.run("return document.activeElement.matches('.goto[data-file=f1]')"):
            break
    browser.press("Enter")
    assert browser.run(STATUS) == "conflict 1 at bar 1 beat 3"
    assert browser.run("return document.querySelectorAll('.mark.at').length") == 4


def test_it_plays_and_stops(page: str, open_page: Callable[..., Any]) -> None:
    browser = open_page(page)
    head = "return +document.querySelector('.playhead').getAttribute('x1')"
    playing = "return document.documentElement.dataset.playing || ''"
    browser.click(".play[data-side='2']")
    assert browser.run(playing) == "theirs"
    until = time.monotonic() + 20
    while browser.run(head) <= 5 and time.monotonic() < until:
        time.sleep(0.05)
    assert browser.run(head) > 5
    browser.press("Escape")
    assert (browser.run(playing), browser.run(head)) == ("", -1)
    assert browser.log() == []


def test_one_track_alone_and_a_note_by_mouse(page: str, open_page: Callable[..., Any]) -> None:
    browser = open_page(page)
    browser.run("const s = document.querySelector('.track'); s.value = '1'; s.dispatchEvent(new Event('change'));")
    shown = browser.run("return [...document.querySelectorAll('.roll .n:not(.hidden)')].map(n => n.dataset.track)")
    assert set(shown) == {"1"}
    told = browser.run("""
        const roll = document.querySelector('.roll[data-side="1"]'), box = roll.getBoundingClientRect();
        const file = JSON.parse(document.getElementById('data').textContent)[0];
        const note = file.notes.find(n => n[6] === 0b1010);
        const zoom = +document.querySelector('.score').style.getPropertyValue('--zoom');
        roll.dispatchEvent(new MouseEvent('click', {bubbles: true, clientX: box.left + (note[3] + note[4] / 2) * zoom,
            clientY: box.top + (file.high - note[2]) * 6 + 3}));
        return document.getElementById('status').textContent;""")
    assert "in: ours, result" in told


def test_dark_mode_is_dark(page: str, open_page: Callable[..., Any]) -> None:
    ask = "return getComputedStyle(document.body).backgroundColor"
    light, dark = open_page(page), open_page(page, dark=True)
    assert light.run(ask) == "rgb(255, 255, 255)"
    assert dark.run("return matchMedia('(prefers-color-scheme: dark)').matches")
    assert dark.run(ask) == "rgb(22, 24, 27)"
    dark.run("document.querySelector('.score').scrollIntoView()")
    dark.picture(kept("dark"))


def test_ten_thousand_notes_and_no_complaints(open_page: Callable[..., Any], music: Any) -> None:
    def longer(song: Any, shift: int) -> None:
        for track in song.tracks:
            notes = [event for event in track if event.type in ("note_on", "note_off")]
            track.extend(event.copy() for _ in range(11_000 // max(1, len(notes))) for event in notes)
        for event in music.ons(song)[shift::50]:
            event.velocity = 20 + shift

    sides = {
        name: music.edited(music.piece, lambda song, shift=shift: longer(song, shift))
        for shift, name in enumerate(FOUR)
    }
    browser = open_page(build(Page("long"), [Compared("long.mid", sides)], plugin_for_path))
    took = browser.run("const t = performance.getEntriesByType('navigation')[0]; return t.domComplete - t.startTime")
    print(f"10,000 notes in four versions: drawn in {took:.0f} ms")
    assert browser.run("return JSON.parse(document.getElementById('data').textContent)[0].notes.length") > 10_000
    browser.press("n")
    assert "change 1 of" in browser.run(STATUS)
    assert browser.log() == []


def test_the_svg_alone_is_drawn_too(disputed: Path, muse: Callable[..., Any], open_page: Callable[..., Any]) -> None:
    muse(disputed, "render", "--svg", "-o", "x.svg", "topic", "song.mid")
    svg = (disputed / "x.svg").read_text()
    browser = open_page("<!DOCTYPE html><script>document.documentElement.dataset.ready='yes'</script>" + svg)
    sizes = browser.run("return [...document.querySelectorAll('.roll')].map(r => r.getBoundingClientRect().width)")
    assert sizes == [pytest.approx(1000, abs=5)] * 2
    assert colours(browser.picture(kept("svg"))) >= 6


def test_git_mergetool_settles_a_note_by_keyboard(
    disputed: Path, tool: Callable[[str], Any], open_page: Callable[..., Any], git: Callable[..., str]
) -> None:
    process, address = tool("song.mid")
    browser = open_page(address)
    browser.run("document.querySelector('.goto').focus()")
    browser.press("t")
    assert browser.run("return document.querySelector('.choice :checked').value") == "theirs"
    assert browser.run("return document.activeElement.matches('.save')") is True
    browser.picture(kept("mergetool"))
    browser.press("Enter")
    assert process.wait(30) == 0, process.communicate()[0]
    assert browser.run("return document.querySelector('.saved').textContent") == (
        "settled and saved; this page can be closed"
    )
    assert git(disputed, "ls-files", "--unmerged", "song.mid") == ""
    loud = git(disputed, "show", ":song.mid", check=False)
    assert loud and git(disputed, "diff", "--name-only", "song.mid") == ""
    import mido

    notes = [
        event
        for track in mido.MidiFile(disputed / "song.mid").tracks
        for event in track
        if event.type == "note_on" and event.velocity
    ]
    assert 120 in [note.velocity for note in notes] and 33 in [note.velocity for note in notes]
    assert 40 not in [note.velocity for note in notes]


def test_a_page_closed_without_saving_leaves_the_conflict(
    disputed: Path, tool: Callable[[str], Any], open_page: Callable[..., Any], git: Callable[..., str]
) -> None:
    process, address = tool("song.mid")
    before = (disputed / "song.mid").read_bytes()
    browser = open_page(address)
    browser.open("about:blank")
    assert process.wait(30) == 1
    assert (disputed / "song.mid").read_bytes() == before
    assert git(disputed, "ls-files", "--unmerged", "song.mid") != ""


def test_ten_conflicts_are_chosen_with_ten_keys(open_page: Callable[..., Any], music: Any) -> None:
    records = [
        ConflictRecord(
            "song.mid", "note_attribute", address=f"track:1/note:{bar}:1:0:0:74#0", ours_summary="a", theirs_summary="b"
        )
        for bar in range(1, 11)
    ]
    each = Compared("song.mid", dict.fromkeys(FOUR, music.piece), conflicts=records)
    browser = open_page(build(Page("ten"), [each], plugin_for_path, choices=True))
    browser.run("document.querySelector('.goto').focus()")
    browser.press(*"otbototboo")
    chosen = browser.run("return [...document.querySelectorAll('.choice :checked')].map(input => input.value[0])")
    assert "".join(chosen) == "otbototboo"
    assert browser.run("return document.activeElement.matches('.save')") is True
