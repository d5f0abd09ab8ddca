"""What a person filters stays filtered: in the roll, the list, the keys and what is heard, in a real Chromium."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import mido
import pytest

from muse.engine.resolve.compare import FOUR, Compared
from muse.plugins.registry import plugin_for_path
from muse.view.page import Page, build

pytestmark = pytest.mark.browser

VIEW = "const view = muse.views[0], shown = view.shown, music = view.music;"
LISTED = "return [...document.querySelectorAll('.phrases button')].map(b => b.textContent.split(':')[0])"
PACES = [50, 60, 70, 80, 90, 100, 110, 125, 150, 200]
STATUS = "return document.getElementById('status').textContent"
# Every source that the page starts is noted; what the roll draws is asked of itself.
HEARD = """
    const again = window.started !== undefined;
    window.started = [];
    for (const kind of again ? [] : [AudioBufferSourceNode, OscillatorNode]) {
        const start = kind.prototype.start;
        kind.prototype.start = function (at, ...more) {
            started.push([at, this.detune.value]); return start.call(this, at, ...more); };
    }"""


def band(shift: int = 0, melody: int = 0, drums: int = 0) -> bytes:
    """Eight notes of a flute and eight of drums; those of the last bar are louder by what is given."""
    song = mido.MidiFile(ticks_per_beat=480)
    for channel, name, louder in ((0, "Flute", melody), (9, "Kit", drums)):
        track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
        track.append(mido.Message("program_change", channel=channel, program=73))
        for at in range(16):
            loud = 60 + (louder if at in (2, 14) else 0)
            pitch = (40 if channel else 69) + (shift if at == 14 and not channel else 0)
            track.append(mido.Message("note_on", channel=channel, note=pitch, velocity=loud, time=240))
            track.append(mido.Message("note_off", channel=channel, note=pitch, time=240))
        song.tracks.append(track)
    out = io.BytesIO()
    song.save(file=out)
    return out.getvalue()


def merge() -> str:
    versions = [band(), band(melody=20), band(drums=30), band(melody=20, drums=30)]
    return build(Page("band"), [Compared("band.mid", dict(zip(FOUR, versions, strict=True)))], plugin_for_path)


def drawn(browser: Any) -> int:
    """How many notes the roll draws."""
    return int(browser.run(VIEW + "return view.roll.draw(document.createElement('canvas'), 1e6, {...shown, left: 0})"))


def heard(browser: Any, key: str) -> list[list[float]]:
    """What is started when the piece is played from its beginning, to its end."""
    browser.run(HEARD)
    browser.run("document.querySelector('.stage').focus(); muse.views[0].whole()")
    browser.press(*key)
    until = time.monotonic() + 60
    while browser.run("return muse.views[0].player.playing"):
        assert time.monotonic() < until, "it never comes to its end"
        time.sleep(0.3)
    return list(browser.run("return started"))


def test_a_track_that_is_muted_is_neither_seen_listed_stepped_to_nor_heard(open_page: Callable[..., Any]) -> None:
    browser = open_page(merge())
    whole = ["Flute, bar 1", "Kit, bar 1", "Flute, bar 4", "Kit, bar 4"]
    assert browser.run(LISTED) == whole and drawn(browser) == 36, "two of each track are outlined where they were"
    browser.click(".track[data-track='1'] .mute")
    assert browser.run(STATUS) == "Kit: mute on"
    assert browser.run(LISTED) == whole[::2] and drawn(browser) == 18
    assert browser.run("return document.querySelector('.side h3').textContent") == "2 of 4 changes"
    browser.run("document.querySelector('.stage').focus()")
    told = []
    for key in "nnp":
        browser.press(key)
        told.append(
            browser.run(STATUS).split(":")[0] + browser.run("return document.querySelector('.place').textContent")
        )
    assert told == ["change 2 of 22 of 2 changes", "change 1 of 21 of 2 changes", "change 2 of 22 of 2 changes"]
    for key in "123":  # another version, another zoom: what is muted stays so
        browser.press(key, "0")
        assert browser.run(VIEW + "return [...shown.muted]") == [1] and browser.run(LISTED) == whole[::2]
    assert len(heard(browser, " ")) == 16, "the flute alone"
    browser.click(".everything-shown")
    assert browser.run(LISTED) == whole and browser.run(VIEW + "return shown.muted.size") == 0
    assert browser.run("return document.querySelector('.track[data-track=\"1\"] .mute').ariaPressed") == "false"
    assert browser.log() == []


def test_what_one_side_did_is_hidden_in_the_list_the_roll_and_the_sound(open_page: Callable[..., Any]) -> None:
    browser = open_page(merge())
    assert browser.run(
        "return [...document.querySelectorAll('.whose button:not([hidden])')].map(b => b.textContent)"
    ) == [
        "unchanged",
        "by ours",
        "by theirs",
    ]
    browser.click("[data-whose=theirs]")
    assert browser.run(LISTED) == ["Flute, bar 1", "Flute, bar 4"] and browser.run(STATUS) == "theirs hidden"
    assert drawn(browser) == 32
    browser.click("[data-whose=unchanged]")
    assert drawn(browser) == 4, "what ours changed, as it is and as it was"
    assert len(heard(browser, "4 ")) == 2, "the two notes of the result that ours made"
    browser.click("[data-whose=theirs]")
    browser.click("[data-whose=unchanged]")
    assert drawn(browser) == 36 and len(browser.run(LISTED)) == 4
    assert browser.run("return document.querySelector('.everything-shown').hidden") is True


@pytest.mark.parametrize("percent", [50, 150])
def test_the_tempo_moves_onsets_and_leaves_the_pitch(open_page: Callable[..., Any], percent: int) -> None:
    """The page plays through its own control; then the same in a buffer, measured."""
    browser = open_page(merge())
    browser.click(".track[data-track='0'] .solo")
    as_written = heard(browser, " ")
    steps = PACES.index(percent) - PACES.index(100)
    browser.press(*((">" if steps > 0 else "<") * abs(steps)))
    assert browser.run("return document.querySelector('.pace').value") == str(percent)
    changed = heard(browser, " ")
    assert len(changed) == len(as_written) == 16
    gaps = [[after[0] - before[0] for before, after in pairwise(rows)] for rows in (as_written, changed)]
    assert gaps[0] == pytest.approx([0.5] * 15, abs=0.01)
    assert gaps[1] == pytest.approx([50 / percent] * 15, abs=0.01)
    assert {detune for _, detune in as_written} == {detune for _, detune in changed}, "no sample plays faster"
    browser.run(
        VIEW
        + """window.found = null; (async () => {
        const bank = await muse.bank(), rate = 22050;
        const data = (await muse.render({...music, notes: music.notes.filter(n => n[0] === 0)}, 0, rate, 0, bank, null,
            SPEED)).getChannelData(0);
        const onsets = [], step = 441; let quiet = 9;
        const loud = at => Math.max(...data.subarray(at, at + step).map(Math.abs));
        for (let at = 0; at + step < data.length; at += step) {
            const now = loud(at) > 0.01;
            if (now && quiet > 3) onsets.push(at / rate);
            quiet = now ? 0 : quiet + 1;
        }
        const power = hz => { let re = 0, im = 0; const from = Math.round((onsets[0] + 0.08) * rate);
            for (let i = 0; i < 2048; i++) { const w = 2 * Math.PI * hz * i / rate, v = data[from + i]
                * (0.5 - 0.5 * Math.cos(2 * Math.PI * i / 2048)); re += v * Math.cos(w); im += v * Math.sin(w); }
            return re * re + im * im; };
        let best = 0, pitch = 0;
        for (let p = 50; p < 90; p++) {
            const found = power(440 * 2 ** ((p - 69) / 12));
            if (found > best) { best = found; pitch = p; }
        }
        window.found = [onsets, pitch, data.length / rate];
        })();""".replace("SPEED", str(percent / 100))
    )
    until = time.monotonic() + 60
    while (found := browser.run("return window.found")) is None:
        assert time.monotonic() < until
        time.sleep(0.1)
    onsets, pitch, _ = found
    assert onsets[0] == pytest.approx(25 / percent, abs=0.03), "the first onset, in seconds"
    assert pitch == 69 and len(onsets) in range(12, 17)
    assert onsets[-1] == pytest.approx((0.25 + 15 * 0.5) * 100 / percent, abs=0.04)
