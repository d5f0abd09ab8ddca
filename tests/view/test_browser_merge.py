"""The merge tool in a real headless Chromium: chosen on the notes, in panes, by keyboard; saved to the disk."""

from __future__ import annotations

import io
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mido
import pytest

from muse.domain import ConflictRecord
from muse.engine.resolve.compare import FOUR, Compared
from muse.plugins.registry import plugin_for_path
from muse.view.page import Page, build

pytestmark = pytest.mark.browser

VIEW = "const view = muse.views[0], shown = view.shown, music = view.music;"


def test_git_mergetool_settles_a_note_by_keyboard(
    disputed: Path,
    tool: Callable[[str], Any],
    open_page: Callable[..., Any],
    git: Callable[..., str],
    screenshot: Callable[[str], Path],
) -> None:
    process, address = tool("song.mid")
    browser = open_page(address)
    browser.run("document.querySelector('.goto').focus()")
    browser.press("o", "u", "t")
    assert browser.run("return [...document.querySelectorAll('.choice :checked')].map(i => i.value)") == ["theirs"]
    result = VIEW + "return music.notes.filter(n => n[6] & 8 && (n[5] === 40 || n[5] === 120)).map(n => n[5])"
    until = time.monotonic() + 30  # the tool merges again, and the roll shows what would be saved
    while browser.run(result) != [120]:
        assert time.monotonic() < until, "the result is never shown"
        time.sleep(0.05)
    browser.run("document.querySelector('.save').focus()")
    browser.picture(screenshot("mergetool"))
    browser.press("Enter")
    assert process.wait(30) == 0, process.communicate()[0]
    assert browser.run("return document.querySelector('.saved').textContent") == (
        "settled and saved; this page can be closed"
    )
    assert git(disputed, "ls-files", "--unmerged", "song.mid") == ""
    loud = git(disputed, "show", ":song.mid", check=False)
    assert loud and git(disputed, "diff", "--name-only", "song.mid") == ""
    notes = [
        event
        for track in mido.MidiFile(disputed / "song.mid").tracks
        for event in track
        if event.type == "note_on" and event.velocity
    ]
    assert 120 in [note.velocity for note in notes] and 33 in [note.velocity for note in notes]
    assert 40 not in [note.velocity for note in notes]


def test_who_reads_no_help_finds_hears_and_settles_it_by_mouse(
    disputed: Path, tool: Callable[[str], Any], open_page: Callable[..., Any], git: Callable[..., str]
) -> None:
    """Nothing but what is in sight when the page opens: no legend, no list, no scrolling, no key."""
    process, address = tool("song.mid")
    browser = open_page(address)
    shown = """return [...document.querySelectorAll(SELECTOR)].filter(e => {
        const b = e.getBoundingClientRect(), top = document.elementFromPoint(b.x + b.width / 2, b.y + b.height / 2);
        return b.width && b.bottom <= innerHeight && e.contains(top); }).map(e => e.textContent)"""
    in_sight = {
        what: browser.run(shown.replace("SELECTOR", repr(what)))
        for what in (".chip .keep", ".chip .hear", ".save", ".left-over", ".about dd", ".legend details[open]", ".tab")
    }
    assert in_sight[".chip .keep"] == ["Keep ours", "Keep theirs", "Keep base"]
    assert in_sight[".chip .hear"] == ["\u25b6"] * 3 and in_sight[".save"] == ["Save"]
    assert in_sight[".left-over"] == ["1 decision left"] and in_sight[".legend details[open]"] == []
    assert [words.partition(":")[0] for words in in_sight[".about dd"]] == [
        "main",
        "topic",
        "as it was before both",
    ], "whose the sides are, and what base means"
    frame, width = browser.run(
        VIEW + "const b = view.roll.box(view.roll.spots[0], shown); return [[b.x, b.width], 900]"
    )
    assert -1 < frame[0] < frame[0] + frame[1] < width, "the frame is in sight as well"
    for side in ("ours", "theirs"):
        browser.click(f".chip .option.{side} .hear")
        assert browser.run("return document.documentElement.dataset.playing") == side
        assert browser.run(VIEW + "return shown.loop") == [0, 72]
    browser.click(".chip .option.theirs .keep")
    assert browser.run("return document.querySelector('.left-over').textContent") == "all decided"
    browser.click(".save")
    assert process.wait(30) == 0, process.communicate()[0]
    assert git(disputed, "ls-files", "--unmerged", "song.mid") == ""
    loud = [each.velocity for each in mido.MidiFile(disputed / "song.mid").tracks[1] if each.type == "note_on"]
    assert 120 in loud and 40 not in loud


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


def test_a_passage_is_opened_and_chosen_note_by_note(open_page: Callable[..., Any], music: Any) -> None:
    records = [
        ConflictRecord(
            "song.mid", "note_attribute", address=f"track:1/note:{bar}:1:0:0:74#0", ours_summary="a", theirs_summary="b"
        )
        for bar in range(1, 11)
    ]
    each = Compared("song.mid", dict.fromkeys(FOUR, music.piece), conflicts=records)
    browser = open_page(build(Page("ten"), [each], plugin_for_path, choices=True))
    assert browser.run("return [...document.querySelectorAll('.decisions > li > .goto')].map(b => b.textContent)") == [
        "Melody, bars 1-10: 10 places changed by both, differently"
    ]
    browser.run("document.querySelector('.each').open = true; document.querySelector('.each .goto').focus()")
    browser.press(*"otbototboo")
    chosen = browser.run("return [...document.querySelectorAll('.each .choice :checked')].map(input => input.value[0])")
    assert "".join(chosen) == "otbototboo"
    assert browser.run("return document.activeElement.matches('.save')") is True
    browser.run("document.querySelector('.score').scrollIntoView()")
    browser.click(".chip .option.theirs .keep")
    assert browser.run("return [...document.querySelectorAll('.choice :checked')].map(i => i.value)") == ["theirs"] * 11
    assert browser.run("return document.querySelector('.settle h3').textContent") == "Everything is settled: save"
    browser.press("u")
    chosen = browser.run("return [...document.querySelectorAll('.each .choice :checked')].map(input => input.value[0])")
    assert "".join(chosen) == "otbototboo", "the click on the notes is taken back as one"


FOCUS = """const at = document.activeElement, box = at.getBoundingClientRect();
    return [at.className, parseFloat(getComputedStyle(at).outlineWidth), box.top, box.bottom, innerHeight]"""
TEN = range(1, 38, 4)  # bars far enough apart to be ten decisions


@pytest.fixture
def ten(make_repo: Callable[..., Path], git: Callable[..., str], commit: Callable[..., str], muse: Any) -> Path:
    """One note in each of ten far bars, changed by both sides: a merge with ten decisions."""

    def song(velocity: int) -> bytes:
        track = mido.MidiTrack([mido.MetaMessage("track_name", name="Lead")])
        for bar in range(40):
            loud = velocity if bar + 1 in TEN else 64
            track.append(mido.Message("note_on", note=60 + bar % 7, velocity=loud, time=0))
            track.append(mido.Message("note_off", note=60 + bar % 7, time=4 * 480))
        out = io.BytesIO()
        mido.MidiFile(ticks_per_beat=480, tracks=[track]).save(file=out)
        return out.getvalue()

    repo = make_repo(files={"song.mid": song(64)})
    muse(repo, "install")
    git(repo, "switch", "-q", "-c", "topic")
    commit(repo, {"song.mid": song(100)}, "loud")
    git(repo, "switch", "-q", "main")
    commit(repo, {"song.mid": song(30)}, "soft")
    git(repo, "merge", "topic", check=False)
    return repo


def test_ten_conflicts_are_settled_and_saved_by_keyboard(
    ten: Path, git: Callable[..., str], open_page: Callable[..., Any], muse: Any
) -> None:
    process = subprocess.Popen(
        ["muse", "mergetool", "--no-browser", "song.mid"], cwd=ten, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr is not None
        browser = open_page(process.stderr.readline().split()[-1])
        assert browser.run("return document.querySelectorAll('.decisions > li').length") == 10
        assert browser.run(VIEW + "return shown.at") == 0, "it opens at the first"
        shown = []
        for key in "otbototboo":
            shown.append(browser.run(VIEW + "return shown.at"))
            browser.press(key)
            if len(shown) < 10:
                where, width, top, bottom, high = browser.run(FOCUS)
                assert where == "stage" and width >= 2 and top < high and bottom > 0, "the focus is in sight, and seen"
        assert shown == list(range(10)), "each key goes on to the next, and the picture with it"
        assert browser.run("return document.activeElement.className").startswith("save")
        left = "return [document.querySelector('.left-over').textContent, muse.views[0].shown.at]"
        browser.press("u")
        assert browser.run(left) == ["1 decision left", 9], "undo goes back to what it opened again"
        assert browser.run("return document.getElementById('status').textContent").startswith(
            "taken back: Lead, bar 37"
        )
        browser.run("document.dispatchEvent(new KeyboardEvent('keydown', {key: 'z', ctrlKey: true, bubbles: true}))")
        assert browser.run(left) == ["2 decisions left", 8], "as Ctrl-Z does"
        browser.press("o", "o")
        assert browser.run(left)[0] == "all decided"
        browser.press("s")
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait(10)
        process.stderr.close()
    assert git(ten, "ls-files", "--unmerged") == ""
    (track,) = mido.MidiFile(ten / "song.mid").tracks
    heard = [event.velocity for event in track if event.type == "note_on" and event.velocity]
    wanted = {"o": 30, "t": 100, "b": 64}
    assert [heard[bar - 1] for bar in TEN] == [wanted[key] for key in "otbototboo"]
    assert {heard[bar - 1] for bar in range(1, 41) if bar not in TEN} == {64}


def test_the_choice_sits_on_the_notes(open_page: Callable[..., Any], ten: Path, muse: Any) -> None:
    muse(ten, "render", "-o", "page.html")
    browser = open_page((ten / "page.html").read_text())
    inside = """
        const chip = document.querySelector('.chip:not([hidden])').getBoundingClientRect();
        const spot = view.roll.spots[shown.at], box = view.roll.box(spot, shown);
        const sheet = document.querySelector('.notes').getBoundingClientRect();
        return [chip.left - sheet.left, chip.top - sheet.top, chip.height, box.x, box.y, box.height, sheet.height];"""
    left, top, tall, x, y, high, sheet = browser.run(VIEW + inside)
    assert abs(left - x) < 9 and (abs(y - (top + tall)) <= 5 or abs(top - (y + high)) <= 5), "beside its frame"
    assert y >= 0 and y + high <= sheet, "the frame is in sight"
    browser.run("document.querySelector('.chip:not([hidden]) .option.theirs .hear').click()")
    playing = "return document.documentElement.dataset.playing || ''"
    assert browser.run(playing) == "theirs" and browser.run(VIEW + "return shown.loop") == [0, 96]
    assert browser.log() == []


def test_code_has_three_panes_colours_and_suggestions(page: str, open_page: Callable[..., Any]) -> None:
    browser = open_page(page)
    panes = "return [...document.querySelectorAll('#f0 .panes')].map(row => [...row.querySelectorAll('pre')].map("
    assert browser.run(panes + "pre => pre.textContent))") == [
        ["    return 3\n", "    return y\n", "    return 4\n"],
    ]
    assert browser.run("return document.querySelector('#f0 .pane .t-keyword').textContent") == "return"
    assert browser.run("return document.querySelector('#f0 .pane.ours .t-number').textContent") == "3"
    offered = browser.run("return [...document.querySelectorAll('#f0 .offers summary')].map(s => s.textContent)")
    assert len(offered) == 3 and all("%" in offer for offer in offered)
    assert browser.run("return document.querySelectorAll('main > section')[0].id") == "f1", "music is on top"


def test_a_suggestion_is_taken_and_saved(
    disputed: Path, tool: Callable[[str], Any], open_page: Callable[..., Any], git: Callable[..., str]
) -> None:
    process, address = tool("lib.py")
    browser = open_page(address)
    found = browser.run("return [...document.querySelectorAll('.take')].map(b => b.dataset.choice)")
    both = next(choice for choice in found if choice.startswith("both"))
    browser.run(f"document.querySelector('.take[data-choice={both}]').click()")
    assert browser.run("return [...document.querySelectorAll('.choice :checked')].map(i => i.value)") == [both]
    browser.press("s")
    assert process.wait(30) == 0, process.communicate()[0]
    lines = (disputed / "lib.py").read_text().splitlines()
    assert (
        "    return 3" in lines and "    return 4" in lines and git(disputed, "ls-files", "--unmerged", "lib.py") == ""
    )


def test_a_tempo_both_changed_is_named_listed_and_seen_with_the_notes_it_moves(
    open_page: Callable[..., Any], music: Any, screenshot: Callable[[str], Path]
) -> None:
    """What is no note's has no track, no staff and no pitch: it says what it is, and low notes are in sight."""

    def low(song: Any, tempo: int) -> None:
        song.tracks[0] = mido.MidiTrack([each for each in song.tracks[0] if each.type != "set_tempo"])
        song.tracks[0].insert(0, mido.MetaMessage("set_tempo", tempo=tempo))
        for each in music.ons(song):
            if each.channel == song.tracks[-1][-2].channel:
                each.note = max(0, each.note - 24)

    sides = {
        name: music.edited(music.piece, lambda song, tempo=tempo: low(song, tempo))
        for name, tempo in zip(FOUR, (500_000, 600_000, 400_000, 600_000))
    }
    record = ConflictRecord(
        "song.mid", "slot_value", address="track:0/tempo_map:1:1:0:81", ours_summary="a", theirs_summary="b"
    )
    page = build(Page("tempo"), [Compared("song.mid", sides, conflicts=[record])], plugin_for_path, choices=True)
    browser = open_page(page, size=(1024, 768))
    listed = "return [...document.querySelectorAll('.phrases [data-phrase]')].map(b => b.textContent)"
    assert browser.run(listed) == ["♩Tempo, bar 1: ours 120 → 100, theirs 120 → 150"]
    assert browser.run("return document.querySelector('.decisions .goto').textContent") == (
        "Tempo, bar 1: changed by both, differently"
    )
    assert browser.run("return document.querySelector('.chip .about').checkVisibility()") is True
    assert browser.run("return document.querySelector('.chip .about').textContent") == "Tempo, bar 1"
    assert browser.run("return document.querySelector('.place').textContent") == "1 change"
    browser.picture(screenshot("tempo"))
    assert browser.run("return [...document.querySelectorAll('.staff')].every(each => each.hidden)") is True
    seen = VIEW + (
        "return [...view.roll.index.between(0, 71)].filter(n => view.roll.y(n[2], shown) >= 0"
        " && view.roll.y(n[2], shown) < shown.height).length"
    )
    assert browser.run(seen) == browser.run(VIEW + "return [...view.roll.index.between(0, 71)].length") > 0
    assert browser.run(VIEW + "return view.roll.kept(music.notes[0], shown) && shown.lead") is None, "no empty track"


def test_buttons_on_the_notes_are_whole_on_a_telephone(
    disputed: Path, tool: Callable[[str], Any], open_page: Callable[..., Any]
) -> None:
    _, address = tool("song.mid")
    browser = open_page(address, size=(500, 844))
    browser.cdp("Emulation.setDeviceMetricsOverride", width=390, height=844, deviceScaleFactor=1, mobile=True)
    shown = """const all = [...document.querySelectorAll('.chip button')];
    return new Promise(done => setTimeout(() => done(all.filter(e => {
        const b = e.getBoundingClientRect(), top = document.elementFromPoint(b.x + b.width / 2, b.y + b.height / 2);
        return b.right <= innerWidth && e.contains(top); }).length), 500))"""
    assert browser.run(shown) == browser.run("return document.querySelectorAll('.chip button').length") == 7
    keyboard, roll, lane, row = browser.run(
        """return ['.left canvas', '.stage', '.lane-row > canvas', '.lane-row'].map(each => {
            const box = document.querySelector(each).getBoundingClientRect(); return [box.x, box.width]; })"""
    )
    assert keyboard[1] < 60 and keyboard[0] + keyboard[1] == roll[0] == lane[0], "the notes have the room"
    assert row[1] > 300


def test_what_the_choices_make_of_code_is_seen_before_it_is_saved(
    disputed: Path, tool: Callable[[str], Any], open_page: Callable[..., Any], git: Callable[..., str]
) -> None:
    process, address = tool("lib.py")
    browser = open_page(address)
    added = "return [...document.querySelectorAll('[data-to=result] .add')].map(each => each.textContent.trim())"
    assert browser.run("return document.querySelector('[data-to=result]').open") is False
    for side, line, other in (
        ("theirs", "+    return 4", "+    return 3"),
        ("ours", "+    return 3", "+    return 4"),
    ):
        browser.run(f"document.querySelector('.choice input[value={side}]').click()")
        until = time.monotonic() + 30
        while line not in (seen := browser.run(added)) or other in seen:  # before the first choice, both are
            assert time.monotonic() < until, seen
            time.sleep(0.05)
    assert browser.run("return document.querySelector('[data-to=result]').open") is True
    told = [row.removeprefix("+") for row in seen]
    browser.click(".save")
    assert process.wait(30) == 0, process.communicate()[0]
    kept = git(disputed, "show", ":lib.py").splitlines()
    assert set(told) <= set(kept) and "    return 3" in kept and "    return 4" not in kept
