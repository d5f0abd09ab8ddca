"""The page in a real headless Chromium: it draws, it can be used by keyboard, it plays, it needs no network."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import mido
import pytest

from muse.domain import ConflictRecord
from muse.engine.history.log import Commit
from muse.engine.resolve.compare import FOUR, Compared
from muse.plugins.registry import plugin_for_path
from muse.view.page import Page, build
from muse.view.pianoroll import picture

pytestmark = pytest.mark.browser

STATUS = "return document.getElementById('status').textContent"
VIEW = "const view = muse.views[0], shown = view.shown, music = view.music;"


def test_the_page_opens_at_the_change(
    page: str, open_page: Callable[..., Any], screenshot: Callable[[str], Path]
) -> None:
    browser = open_page(page)
    sizes = browser.run(
        "return ['.notes', '.keyboard', '.ruler', '.minimap'].map(s => {"
        " const b = document.querySelector(s).getBoundingClientRect(); return [b.width, b.height]; })"
    )
    assert all(width >= 80 and height >= 40 for width, height in sizes), sizes
    x, width, side = browser.run(
        VIEW + "const w = document.querySelector('.stage').clientWidth;"
        " return [music.marks[0][1] * shown.zoom - shown.left, w, shown.side];"
    )
    assert 0 <= x < width and side == 3, "the first conflict is in sight, in the result"
    assert browser.run("return [...document.querySelectorAll('.tab')].map(t => t.textContent)") == list(FOUR)
    assert browser.run("return [...document.querySelectorAll('.phrases button')].map(b => b.textContent)") == [
        "Bass, volume, channel 2, bar 1: added by theirs",
        "Drums <b>, bars 1-2: theirs added 6 notes",
        "Melody, bars 1-3: ours changed 2 notes, theirs changed 1 note",
    ]
    assert browser.run("return document.documentElement.scrollHeight") < 3000
    browser.run("document.querySelector('.score').scrollIntoView()")
    assert colours(browser.picture(screenshot("merge"))) >= 12, "an empty page has next to none"
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


PAYLOADS = (
    "<img src=x onerror=window.hit=1>",
    "</script><script>window.hit=1</script>",
    "<svg onload=window.hit=1>",
    "javascript:window.hit=1",
    '"><b onclick=window.hit=1>',
    "' onmouseover='window.hit=1",
    "<!--<script>",
    "&lt;script&gt;window.hit=1&lt;/script&gt;",
    "\u2028window.hit=1",
    "${window.hit=1}",
    "<iframe srcdoc='<script>parent.hit=1</script>'>",
    "<style>*{display:none}</style>",
    "\x1b[31m",
    "\u202egnp.exe",
    "<base href=//evil.example>",
    "</text><script>window.hit=1</script><text>",
    "</title><script>window.hit=1</script>",
    "]]><script>window.hit=1</script>",
    "<a href='javascript:window.hit=1' xlink:href='javascript:window.hit=1'>x</a>",
    "<foreignObject><body onload=window.hit=1></foreignObject>",
    "<set attributeName=onmouseover to=window.hit=1>",
    "<use href='data:image/svg+xml,<svg/onload=window.hit=1>'>",
    "<details open ontoggle=window.hit=1>",
    "<input autofocus onfocus=window.hit=1>",
    "<meta http-equiv=refresh content='0;url=javascript:window.hit=1'>",
    "<math><mi xlink:href='javascript:window.hit=1'>",
    "<template><script>window.hit=1</script></template>",
    "\\u003cscript\\u003ewindow.hit=1\\u003c/script\\u003e",
    "{{constructor.constructor('window.hit=1')()}}",
    "&#60;script&#62;window.hit=1&#60;/script&#62;",
    "__proto__",
    "\x00\x08\x9b<script>window.hit=1</script>",
)
# What a page has that could run something: elements nobody here makes, handlers written as text, addresses of scripts.
ALIVE = """
    const odd = 'script:not([type="application/json"]), iframe, object, embed, img, base, foreignObject, set, math';
    const alive = [...document.querySelectorAll(odd)].map(each => each.outerHTML.slice(0, 200));
    const acts = /^[\\s\\0]*(javascript|data):/i;
    for (const each of document.querySelectorAll('*')) for (const {name, value} of each.attributes)
        if (/^on/.test(name) || (/href|src|action/.test(name) && acts.test(value)))
            alive.push(name + '=' + value.slice(0, 80));
    return [alive, window.hit ?? null];"""


def test_names_from_files_are_text_and_no_payload_runs(
    open_page: Callable[..., Any], music: Any, tmp_path: Path
) -> None:
    """In names of files, tracks, authors, versions, conflicts, in messages, and in every kind of text event."""
    kinds = ("track_name", "marker", "text", "lyrics", "cue_marker", "copyright", "instrument_name")

    def named(payload: str) -> Callable[[Any], None]:
        text = payload.encode().decode("latin-1")

        def change(song: Any) -> None:
            for track in song.tracks:
                for kind in kinds:
                    key = "name" if kind in ("track_name", "instrument_name") else "text"
                    track.insert(0, mido.MetaMessage(kind, **{key: text}))

        return change

    files, who = [], []
    for number, payload in enumerate(PAYLOADS):
        record = ConflictRecord(payload, payload, address=payload, ours_summary=payload, theirs_summary=payload)
        after = music.edited(music.piece, named(payload))
        sides = {"before": music.piece, payload: after}
        files.append(Compared(f"{payload}.mid", sides, conflicts=[record]))
        files.append(Compared(f"{payload}.txt", {"before": b"", "after": payload.encode()}, note=payload))
        said: dict[str, Any] = dict.fromkeys(Commit._fields, payload)
        who.append(Commit(**{**said, "id": f"{number:040x}", "tree": "0" * 40, "parents": (), "refs": (payload,)}))
    plain = Page("benign", [("benign", "benign")], "benign", [])
    page = Page(PAYLOADS[1], [(each, each) for each in PAYLOADS], "\n".join(PAYLOADS), who, list(PAYLOADS))
    benign = [Compared("benign.mid", {"before": music.piece, "after": music.edited(music.piece, named("benign"))}),
              Compared("benign.txt", {"before": b"", "after": b"benign"})]  # fmt: skip
    browser = open_page(build(plain, benign, plugin_for_path))
    own = browser.run(ALIVE)[0]
    (tmp_path / "hostile.html").write_text(build(page, files, plugin_for_path), "utf-8")
    browser.open(tmp_path / "hostile.html")
    assert browser.run("return document.querySelectorAll('section.file').length") == 2 * len(PAYLOADS)
    browser.run("for (const each of document.querySelectorAll('.fold')) each.open = true")
    until = time.monotonic() + 60
    while browser.run("return muse.views.length") < len(PAYLOADS):
        assert time.monotonic() < until, "a folded file is drawn when it is opened"
        time.sleep(0.1)
    browser.run("for (const each of document.querySelectorAll('#page b, #page span, #page .goto')) each.click()")
    alive, hit = browser.run(ALIVE)
    assert alive == own and hit is None
    assert browser.log() == []
    for each in files[::2]:
        drawn = tmp_path / "drawn.svg"
        drawn.write_text(picture(each, plugin_for_path(each.path)), "utf-8")
        browser.open(drawn)
        assert browser.run(
            "return document.documentElement.tagName + document.querySelectorAll('parsererror').length"
        ) == ("svg0"), each.path
        assert browser.run(ALIVE) == [[], None], each.path


def test_the_keyboard_is_enough(page: str, open_page: Callable[..., Any]) -> None:
    browser = open_page(page)
    browser.run("document.querySelector('.stage').focus()")
    told = []
    for _ in range(3):
        browser.press("n")
        told.append(browser.run(STATUS))
    assert told == [
        "change 1 of 3: Bass, volume, channel 2, bar 1: added by theirs",
        "change 2 of 3: Drums <b>, bars 1-2: theirs added 6 notes",
        "change 3 of 3: Melody, bars 1-3: ours changed 2 notes, theirs changed 1 note",
    ]
    browser.press("p")
    assert browser.run(STATUS) == told[1]
    browser.press("2")
    assert browser.run("return document.querySelector('.tab[aria-pressed=true]').textContent") == "ours"
    browser.press("x")
    assert browser.run(VIEW + "return shown.side") == 3, "x goes back to what was looked at before"
    before = browser.run(VIEW + "return shown.zoom")
    browser.press("+")
    assert browser.run(VIEW + "return shown.zoom") == pytest.approx(2 * before)
    browser.press("?")
    assert browser.run("return document.querySelector('.legend details').open") is True


def test_a_change_stays_in_sight_while_zooming_in(page: str, open_page: Callable[..., Any]) -> None:
    browser = open_page(page)
    browser.press("n", "n", "+", "+", "+")
    left, right, width = browser.run(
        VIEW + "const f = shown.focus, w = document.querySelector('.stage').clientWidth;"
        " return [f.from * shown.zoom - shown.left, f.to * shown.zoom - shown.left, w];"
    )
    assert right > 0 and left < width


def test_a_conflict_is_found_by_tab_and_enter(page: str, open_page: Callable[..., Any]) -> None:
    browser = open_page(page)
    for _ in range(60):
        browser.press("Tab")
        if browser.run("return document.activeElement.matches('#f1 .goto')"):
            break
    browser.press("Enter")
    assert browser.run(STATUS) == "1 of 1 to settle: Melody, bar 1: changed by both, differently"
    assert browser.run(VIEW + "return shown.at") == 0


def test_it_loops_a_change_and_goes_on_in_another_version(page: str, open_page: Callable[..., Any]) -> None:
    browser = open_page(page)
    head = VIEW + "return shown.head ?? -1"
    playing = "return document.documentElement.dataset.playing || ''"
    browser.press("n", "l", "3", " ")
    assert browser.run(playing) == "theirs"
    start, end = browser.run(VIEW + "return shown.loop")
    until = time.monotonic() + 20
    while browser.run(head) <= start + 5 and time.monotonic() < until:
        time.sleep(0.05)
    assert start + 5 < browser.run(head) <= end
    browser.press("x")
    until = time.monotonic() + 5  # it is said with the next picture
    while browser.run(playing) == "theirs" and time.monotonic() < until:
        time.sleep(0.02)
    assert browser.run(playing) == "result" and browser.run(VIEW + "return view.player.playing") is True
    browser.press("Escape")
    assert (browser.run(playing), browser.run(head)) == ("", -1)
    assert browser.log() == []


def test_solo_and_a_note_by_mouse(page: str, open_page: Callable[..., Any]) -> None:
    browser = open_page(page)
    browser.run("document.querySelector('.score').scrollIntoView()")
    browser.click(".track[data-track='1'] .solo")
    assert browser.run(VIEW + "return [...shown.solo]") == [1]
    heard = VIEW + "return [...new Set(music.notes.filter(n => view.roll.audible(n[0], shown)).map(n => n[0]))]"
    assert browser.run(heard) == [1]
    told = browser.run(
        VIEW
        + """
        const note = music.notes.find(n => n[6] === 0b1010);
        view.go(view.phrases.findIndex(p => p.notes.includes(note)));
        const box = document.querySelector('.notes').getBoundingClientRect();
        document.querySelector('.stage').dispatchEvent(new MouseEvent('click', {bubbles: true,
            clientX: box.left + (note[3] + note[4] / 2) * shown.zoom - shown.left,
            clientY: box.top + view.roll.y(note[2], shown) + shown.row / 2}));
        return document.getElementById('status').textContent;"""
    )
    assert told == "C5 at bar 1 beat 3, velocity 40, Melody; in: ours, result"


def test_dark_mode_is_dark(page: str, open_page: Callable[..., Any], screenshot: Callable[[str], Path]) -> None:
    ask = "return getComputedStyle(document.body).backgroundColor"
    light, dark = open_page(page), open_page(page, dark=True)
    assert light.run(ask) == "rgb(255, 255, 255)"
    assert dark.run("return matchMedia('(prefers-color-scheme: dark)').matches")
    assert dark.run(ask) == "rgb(22, 24, 27)"
    dark.run("document.querySelector('.score').scrollIntoView()")
    dark.picture(screenshot("dark"))


def test_the_svg_alone_is_drawn_too(
    disputed: Path, muse: Callable[..., Any], open_page: Callable[..., Any], screenshot: Callable[[str], Path]
) -> None:
    muse(disputed, "render", "--svg", "-o", "x.svg", "topic", "song.mid")
    svg = (disputed / "x.svg").read_text()
    browser = open_page("<!DOCTYPE html><script>document.documentElement.dataset.ready='yes'</script>" + svg)
    sizes = browser.run("return [...document.querySelectorAll('.roll')].map(r => r.getBoundingClientRect().width)")
    assert sizes == [pytest.approx(1000, abs=5)] * 2
    assert colours(browser.picture(screenshot("svg"))) >= 6


def test_rows_are_tall_enough_to_read_and_are_named(page: str, open_page: Callable[..., Any], music: Any) -> None:
    browser = open_page(page)
    assert browser.run(VIEW + "return shown.row") >= 9
    browser.run("document.querySelector('.stage').focus()")
    browser.press("n", "n")  # the drums
    assert browser.run(VIEW + "return [view.roll.drums(shown), music.tracks[shown.lead].name]") == [True, "Drums <b>"]
    row = browser.run(VIEW + "return shown.row")
    browser.press("]")
    assert browser.run(VIEW + "return shown.row") > row


def test_the_bars_in_question_stand_on_a_staff(disputed: Path, muse: Any, open_page: Callable[..., Any]) -> None:
    muse(disputed, "render", "-o", "page.html")
    browser = open_page((disputed / "page.html").read_text())
    drawn = """return [...document.querySelectorAll('.staff-of')].map(f => [f.querySelector('figcaption').textContent,
        f.querySelectorAll('.abcjs-note').length, f.querySelectorAll('.abcjs-note.changed').length])"""
    until = time.monotonic() + 20
    while not browser.run(drawn):
        assert time.monotonic() < until, "no staff is drawn"
        time.sleep(0.05)
    melody = browser.run(VIEW + "return music.notes.filter(n => n[0] === 1 && n[6] & 2 && n[3] < 72).length")
    assert browser.run(drawn) == [["ours, theirs, result", melody, 1]], "a velocity does not show, the note is marked"
    assert browser.run("return document.querySelector('.staff summary').textContent") == "Staff: Melody, bar 1"
    browser.press("n", "n")  # the drums, which only theirs has
    while [row[0] for row in browser.run(drawn)] != ["ours", "theirs, result"]:
        assert time.monotonic() < until, browser.run(drawn)
        time.sleep(0.05)
    assert [row[1:] for row in browser.run(drawn)] == [[0, 0], [6, 6]]
    assert browser.run("return document.querySelector('.staff svg').getBoundingClientRect().height") > 25
    assert browser.log() == []


def test_the_ruler_is_quiet_and_the_buttons_stay(open_page: Callable[..., Any], music: Any) -> None:
    """Bars of every length, hundreds of text events, signs at one place: nothing is written over anything else."""

    def crowded(song: Any) -> None:
        head = mido.MidiTrack()
        for number in range(60):
            if number % 3 == 0:
                head.append(mido.MetaMessage("time_signature", numerator=1 + number % 7, denominator=16, time=0))
            head.append(mido.MetaMessage("marker", text=f"marker {number}", time=0))
            head += [mido.MetaMessage("text", text=f"loud words {number} {each}", time=10) for each in range(5)]
            head.append(mido.MetaMessage("set_tempo", tempo=400_000 + number, time=120 * (1 + number % 7) - 50))
        song.tracks[0] = head

    each = Compared("a.mid", {"before": music.piece, "after": music.edited(music.piece, crowded)})
    browser = open_page(build(Page("a"), [each], plugin_for_path))
    browser.run(
        "window.written = []; const draw = CanvasRenderingContext2D.prototype.fillText;"
        "CanvasRenderingContext2D.prototype.fillText = function (text, x, y) { if (this.canvas.matches('.ruler'))"
        " written.push([text, x, y, this.measureText(text).width]); return draw.call(this, text, x, y); }"
    )
    seen = set()
    for zoom in (0.3, 1, 3, 8):
        browser.run(VIEW + "window.written.length = 0; view.scale(arguments[0] / shown.zoom); view.show(200)", zoom)
        until = time.monotonic() + 10
        while not (rows := browser.run("return written")):
            assert time.monotonic() < until, "the ruler is never drawn"
            time.sleep(0.02)
        browser.run("window.written.length = 0")
        for line in {row[2] for row in rows}:
            spans = sorted({(x, x + width) for _, x, y, width in rows if y == line})  # two frames may be alike
            assert all(end <= begin for (_, end), (begin, _) in pairwise(spans)), (zoom, rows)
        seen |= {row[0] for row in rows}
    assert any(text.startswith("marker") for text in seen) and not any("loud words" in text for text in seen)
    browser.run("document.querySelector('.score').style.paddingBottom = '900px'; scrollTo(0, 400)")
    top = "return [scrollY, document.querySelector('.tools').getBoundingClientRect().top]"
    assert browser.run(top) == [400, pytest.approx(0, abs=1)]
