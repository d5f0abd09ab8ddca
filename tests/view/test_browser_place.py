"""Where a page opens: every version of what is in question is in the picture, in a real headless Chromium."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from muse.engine.resolve.compare import Compared
from muse.plugins.registry import plugin_for_path
from muse.view.page import Page, build

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
PROJECTS = ROOT / "fixtures" / "merge" / "daw"
VIEW = "const view = muse.views[0], shown = view.shown, music = view.music;"
STATUS = "return document.getElementById('status').textContent"
# Of the notes in question, per version: how many it has, and how many of these lie wholly in the roll.
SEEN = (
    VIEW
    + """
    const wide = document.querySelector('.stage').clientWidth, {from, to} = arguments[0];
    return music.sides.map((_, side) => {
        const all = music.notes.filter(n => n[6] !== 15 && (n[6] >> side) & 1 && n[3] >= from && n[3] < to);
        return [all.length, all.filter(n => { const x = n[3] * shown.zoom - shown.left, y = view.roll.y(n[2], shown);
            return x >= 0 && x + n[4] * shown.zoom <= wide && y >= 0 && y + shown.row <= shown.height; }).length]; })"""
)


@pytest.fixture
def merged(make_repo: Any, git: Any, commit: Any, muse: Any) -> Callable[..., Path]:
    """`merged(name, base, ours, theirs)`: a repository in which that merge stands open."""

    def make(name: str, base: bytes, ours: bytes, theirs: bytes) -> Path:
        repo: Path = make_repo(files={name: base})
        muse(repo, "install")
        git(repo, "switch", "-q", "-c", "topic")
        commit(repo, {name: theirs}, "theirs")
        git(repo, "switch", "-q", "main")
        commit(repo, {name: ours}, "ours")
        git(repo, "merge", "topic", check=False)
        muse(repo, "render", "-o", "page.html")
        return repo

    return make


def test_a_conflict_behind_bars_that_one_side_put_in(merged: Any, music: Any, open_page: Callable[..., Any]) -> None:
    """Ours put two bars before bar 9 and moved it up by two octaves, theirs moved it down by two."""
    song, bars = music.barred, list(range(1, 17))
    put_in = [*bars[:4], 50, 51, *bars[4:]]
    repo = merged("song.mid", song(bars), song(put_in, {9: 24}), song(bars, {9: -24}))
    browser = open_page((repo / "page.html").read_text())
    assert browser.run("return document.querySelector('.decisions .goto').textContent").startswith("Lead, bar 11: ")
    seen = browser.run(SEEN, {"from": 10 * 96, "to": 11 * 96})
    assert seen == [[4, 4]] * 4, "the four notes of base, ours, theirs and result are all in sight"
    hidden = browser.run(
        VIEW
        + """const b = document.querySelector('.chip:not([hidden])'), all = {x: b.offsetLeft, y: b.offsetTop};
        return view.roll.changedIn(all.x, all.y, b.offsetWidth, b.offsetHeight, shown);"""
    )
    assert hidden == 0, "and the buttons lie over none of them"
    told = browser.run("return [...document.querySelectorAll('.phrases button')].map(b => b.textContent)")
    assert told == ["♩bars 5-6 inserted by ours (16 notes)", "Lead, bar 11: ours transposed +24, theirs transposed -24"]
    for name in ("ours", "theirs"):
        browser.click(f".chip:not([hidden]) .option.{name} .hear")
        assert browser.run(VIEW + "return shown.loop") == [10 * 96, 11 * 96], "each plays its own bar"
        assert browser.run("return document.documentElement.dataset.playing") == name
    browser.click(".chip:not([hidden]) .option.theirs .hear")
    assert browser.run(VIEW + "return view.player.playing") is False, "the button that began it ends it"
    browser.run("document.querySelector('.stage').focus()")
    browser.press("l", "0", "1", "n")
    assert browser.run(STATUS) == "change 1 of 2: bars 5-6 inserted by ours (16 notes)"
    browser.press("l", " ")
    assert browser.run(STATUS) == "base has none of these bars"
    assert browser.run(VIEW + "return view.player.playing") is False
    browser.press("2", " ")
    assert browser.run("return document.documentElement.dataset.playing") == "ours"
    browser.press("1")  # in the middle of it to a version without these bars
    until = time.monotonic() + 10
    while browser.run(VIEW + "return view.player.playing"):
        assert time.monotonic() < until, "it ends"
        time.sleep(0.05)
    assert browser.log() == []


@pytest.mark.parametrize("ending", ["als", "rpp"])
def test_a_project_has_a_roll_a_sound_and_its_conflict_in_it(
    ending: str, merged: Any, open_page: Callable[..., Any], muse: Any, git: Any
) -> None:
    case = next(each.parent for each in sorted(PROJECTS.glob(f"limit-notes*/base.{ending}")))
    sides = [(case / f"{name}.{ending}").read_bytes() for name in ("base", "ours", "theirs")]
    if ending == "als":
        sides = [gzip.compress(each) for each in sides]
    repo = merged(f"song.{ending}", *sides)
    browser = open_page((repo / "page.html").read_text())
    assert browser.run(VIEW + "return music.sides.length") == 4
    assert browser.run("return [...document.querySelectorAll('.track .name')].map(b => b.textContent)") == ["Bass"]
    seen = browser.run(SEEN, {"from": 0, "to": 960})
    assert all(found == [count, count] for found in seen for count in [found[0]]) and seen[1][0] and seen[2][0], seen
    assert browser.run("return document.querySelectorAll('.chip:not([hidden])').length") == 1
    for name in ("ours", "theirs"):
        browser.click(f".chip .option.{name} .hear")
        assert browser.run("return document.documentElement.dataset.playing") == name
    browser.press("Escape")
    assert browser.run("return document.querySelectorAll('.texts details').length") >= 2, "its values stay listed"
    browser.log()


def test_what_is_in_question_stays_in_sight_when_a_telephone_is_turned(
    page: str, open_page: Callable[..., Any]
) -> None:
    browser = open_page(page, size=(1400, 900))
    inside = (
        VIEW
        + """const spot = view.roll.spots[shown.at], box = view.roll.box(spot, shown);
        return box.x > -1 && box.x + box.width < document.querySelector('.stage').clientWidth"""
    )
    for width, height in ((844, 390), (390, 844), (844, 390)):
        browser.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=True)
        until = time.monotonic() + 20
        while not browser.run(inside):
            assert time.monotonic() < until, (width, height)
            time.sleep(0.05)


def test_changed_lines_are_coloured_to_the_end_of_the_longest(open_page: Callable[..., Any]) -> None:
    long = b"x = 1\ny = '" + b"z" * 3000 + b"'\n"
    browser = open_page(build(Page("a"), [Compared("a.py", {"before": b"", "after": long})], plugin_for_path))
    wide = browser.run("return [...document.querySelectorAll('.lines .add')].map(e => e.getBoundingClientRect().width)")
    assert len(wide) == 2 and wide[0] == wide[1] > 5000


def test_on_a_telephone_every_button_of_the_toolbar_is_in_sight(page: str, open_page: Callable[..., Any]) -> None:
    browser = open_page(page, size=(500, 844))
    for width in (390, 360):
        browser.cdp("Emulation.setDeviceMetricsOverride", width=width, height=844, deviceScaleFactor=2, mobile=True)
        browser.run("document.querySelector('.tools').scrollIntoView()")
        hidden = browser.run(
            """const tools = document.querySelector('.tools'), bar = tools.getBoundingClientRect();
            return [...tools.querySelectorAll('button, select')].filter(each => {
                const b = each.getBoundingClientRect();
                return b.left < 0 || b.right > innerWidth || b.top < bar.top || b.bottom > bar.bottom || b.height < 32;
            }).map(each => each.textContent)"""
        )
        assert hidden == [], width
        assert browser.run("return document.querySelector('.tools').getBoundingClientRect().height") < 125
