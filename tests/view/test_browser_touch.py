"""Fingers and trackpads, as Chromium's own input events: a tap, two fingers, a scroll, a pinch of a trackpad."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.browser

VIEW = "const view = muse.views[0], shown = view.shown, music = view.music;"
SEEN = VIEW + "return [shown.zoom, shown.left, shown.top, window.visualViewport.scale, scrollY]"
STATUS = "return document.getElementById('status').textContent"


@pytest.fixture
def phone(page: str, open_page: Callable[..., Any]) -> Any:
    """A browser with fingers, the page's conflict in sight and the buttons of the merge tool on it."""
    browser = open_page(page.replace('"choices":false', '"choices":true'), size=(500, 1000))
    size = {"width": 412, "height": 900, "deviceScaleFactor": 2, "mobile": True}
    browser.cdp("Emulation.setDeviceMetricsOverride", **size)
    browser.cdp("Emulation.setTouchEmulationEnabled", enabled=True, maxTouchPoints=5)
    browser.run("document.querySelector('.minimap').scrollIntoView()")
    return browser


def touch(browser: Any, kind: str, *points: tuple[float, float]) -> None:
    fingers = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
    browser.cdp("Input.dispatchTouchEvent", type=kind, touchPoints=fingers)


def tap(browser: Any, x: float, y: float) -> None:
    touch(browser, "touchStart", (x, y))
    touch(browser, "touchEnd")


def box(browser: Any, selector: str) -> list[float]:
    found = browser.run(
        "const b = [...document.querySelectorAll(arguments[0])].find(e => e.checkVisibility()).getBoundingClientRect();"
        " return [b.x, b.y, b.width, b.height]",
        selector,
    )
    return list(found)


def settled(browser: Any, script: str) -> Any:
    """A value once it stays as it is: a browser goes on scrolling for a moment."""
    until, last = time.monotonic() + 20, None
    while (now := browser.run(script)) != last:
        assert time.monotonic() < until, now
        last = now
        time.sleep(0.3)
    return now


def test_a_tap_beside_a_note_finds_it_and_a_tap_on_a_button_chooses(phone: Any) -> None:
    x, y, told = phone.run(
        VIEW
        + """
        const sheet = document.querySelector('.notes'), box = sheet.getBoundingClientRect(), row = shown.row;
        for (const note of music.notes) {
            const x = (note[3] + note[4] / 2) * shown.zoom - shown.left, y = view.roll.y(note[2], shown);
            const free = [y - 7, y + row + 7].find(each => !view.roll.hit(x, each, shown) && each > 0
                && !view.roll.hit(x, each < y ? each - row : each + row, shown)
                && document.elementFromPoint(box.left + x, box.top + each) === sheet);
            const over = document.elementFromPoint(box.left + x, box.top + y + row / 2);
            if (free === undefined || over !== sheet) continue;
            sheet.dispatchEvent(new MouseEvent('click', {bubbles: true, clientX: box.left + x,
                clientY: box.top + y + row / 2}));
            const told = document.getElementById('status').textContent;
            document.getElementById('status').textContent = '';
            return [box.left + x, box.top + free, told];
        }"""
    )
    tap(phone, x, y)
    assert "velocity" in told and phone.run(STATUS) == told, "seven pixels beside it"
    phone.run("document.querySelector('.stage').scrollIntoView(); muse.views[0].decide(0)")
    settled(phone, SEEN)
    for side in ("theirs", "ours"):
        left, top, wide, high = box(phone, f".chip .option.{side} .keep")
        assert high >= 32, "large enough for a finger"
        tap(phone, left + wide / 2, top + high / 2)
        kept = "return [...document.querySelectorAll('#f1 .choice :checked')].map(i => i.value)"
        assert phone.run(kept) == [side]
    left, top, wide, high = box(phone, ".settle-bar .undo")
    tap(phone, left + wide / 2, top + high / 2)
    assert phone.run(kept) == ["theirs"], "and Undo takes the second tap back"


def test_two_fingers_zoom_around_their_middle_and_the_page_stays(phone: Any) -> None:
    phone.run(VIEW + "view.scale(3 / shown.zoom); view.show(60)")
    left, top, wide, _ = box(phone, ".notes")
    middle, y = left + wide / 2, top + 200
    zoom, seen, *_ = settled(phone, SEEN)
    under = (seen + wide / 2) / zoom
    for kind, first, last in (("apart", 40, 120), ("together", 120, 40)):
        touch(phone, "touchStart", (middle - first, y))
        touch(phone, "touchStart", (middle - first, y), (middle + first, y))
        for step in range(1, 9):
            away = first + (last - first) * step / 8
            touch(phone, "touchMove", (middle - away, y), (middle + away, y))
        touch(phone, "touchEnd")
        now, seen, _, scale, _ = settled(phone, SEEN)
        assert now / zoom == pytest.approx(last / first, rel=0.15), kind
        assert (seen + wide / 2) / now == pytest.approx(under, abs=6), "what is between the fingers stays there"
        assert scale == 1, "the page itself is not magnified"
        zoom = now
    assert phone.log() == []


def test_a_finger_scrolls_the_roll_both_ways_and_beyond_it_the_page(phone: Any) -> None:
    phone.run(VIEW + "view.scale(6 / shown.zoom); view.show(100)")
    left, top, wide, _ = box(phone, ".notes")
    before = settled(phone, SEEN)
    for way in ((-90, 0), (0, -60)):
        x, y = left + wide * 0.7, top + 200
        touch(phone, "touchStart", (x, y))
        for step in range(1, 10):
            touch(phone, "touchMove", (x + way[0] * step / 9, y + way[1] * step / 9))
        touch(phone, "touchEnd")
        after = settled(phone, SEEN)
        moved = [round(now - was) for was, now in zip(before[1:3], after[1:3], strict=True)]
        if way[0]:
            assert 50 <= moved[0] <= 100 and abs(moved[1]) < 8, moved
        else:
            assert moved[1] + round(after[4] - before[4]) >= 30 and abs(moved[0]) < 8, (before, after)
        before = after
    assert phone.run(STATUS) == "" or "at bar" not in phone.run(STATUS), "a scroll is no tap"


def test_a_trackpad_scrolls_both_ways_and_pinches_gently(page: str, open_page: Callable[..., Any]) -> None:
    browser = open_page(page)
    browser.run("document.querySelector('.score').scrollIntoView()")
    left, top, _, _ = box(browser, ".notes")
    at = {"x": left + 300, "y": top + 150, "pointerType": "mouse"}
    browser.run(VIEW + "view.scale(6 / shown.zoom); view.show(60)")
    zoom, seen, _, _, page_at = settled(browser, SEEN)
    for _ in range(5):
        browser.cdp("Input.dispatchMouseEvent", type="mouseWheel", deltaX=12, deltaY=0, **at)
    now, moved, *_ = settled(browser, SEEN)
    assert now == zoom and moved - seen == pytest.approx(60, abs=15)
    under = (moved + 300) / zoom
    for _ in range(10):  # a pinch arrives as turns of the wheel with Ctrl
        browser.cdp("Input.dispatchMouseEvent", type="mouseWheel", deltaX=0, deltaY=-2, modifiers=2, **at)
    now, moved, *_, page_after = settled(browser, SEEN)
    assert 1.15 < now / zoom < 1.3, "ten small steps are a little nearer, not four times"
    assert (moved + 300) / now == pytest.approx(under, abs=1.5)
    assert page_after == page_at and browser.run("return devicePixelRatio") == 1, "neither page nor browser zooms"
    reached = "return getComputedStyle(document.querySelector('.stage')).overscrollBehaviorX"
    assert browser.run(reached) == "contain", "at its end a swipe does not leave the page"
