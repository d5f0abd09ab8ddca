"""What the page plays, rendered to a buffer in a real headless Chromium and measured: pitch, onset, controllers."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from typing import Any

import mido
import pytest

from muse.engine.resolve.compare import Compared
from muse.plugins.registry import plugin_for_path
from muse.view.page import Page, build

pytestmark = pytest.mark.browser

VIEW = "const view = muse.views[0], shown = view.shown, music = view.music;"


def band() -> bytes:
    """Piano, strings, a flute, an organ and drums."""
    song = mido.MidiFile(ticks_per_beat=480)
    for channel, program in enumerate((0, 48, 73, 19)):
        track = mido.MidiTrack([mido.Message("program_change", channel=channel, program=program)])
        track.append(mido.Message("note_on", channel=channel, note=69, velocity=90, time=480))
        track.append(mido.Message("note_off", channel=channel, note=69, time=480))
        song.tracks.append(track)
    drums = mido.MidiTrack()
    for note in (36, 38, 42, 46):
        drums.append(mido.Message("note_on", channel=9, note=note, velocity=90, time=240))
        drums.append(mido.Message("note_off", channel=9, note=note, time=240))
    song.tracks.append(drums)
    out = io.BytesIO()
    song.save(file=out)
    return out.getvalue()


@pytest.fixture
def player(open_page: Callable[..., Any]) -> Any:
    """A browser with the band's page."""
    return open_page(build(Page("band"), [Compared("band.mid", {"before": None, "after": band()})], plugin_for_path))


def sound(browser: Any, script: str) -> Any:
    """Run an async body in the page and wait for what it returns."""
    browser.run(
        f"window.heard = undefined; (async () => {{ {script} }})()"
        ".then(v => window.heard = [v], e => window.heard = [String(e)])"
    )
    until = time.monotonic() + 60
    while (found := browser.run("return window.heard ?? null")) is None:
        assert time.monotonic() < until, "the sound was never rendered"
        time.sleep(0.1)
    return found[0]


MEASURE = """
    const rate = 44100;
    const power = (data, from, hz) => {
        let re = 0, im = 0;
        for (let i = 0; i < 8192; i++) {
            const w = 2 * Math.PI * hz * i / rate, v = data[from + i] * (0.5 - 0.5 * Math.cos(2 * Math.PI * i / 8192));
            re += v * Math.cos(w); im += v * Math.sin(w);
        }
        return re * re + im * im;
    };
    const loud = (data, from, to) => {
        let sum = 0;
        for (let i = Math.round(from * rate); i < to * rate; i++) sum += data[i] ** 2;
        return Math.sqrt(sum / ((to - from) * rate));
    };
    const A4 = [[0, 0, 69, 24, 24, 100, 1]];
    const bank = SAMPLED ? await muse.bank() : null;
    const buffer = (notes, controls) =>
        muse.render({...music, notes, tempo: {}, controls: {0: controls}}, 0, rate, 4, bank);
    const heard = async controls => (await buffer(A4, controls)).getChannelData(0);
    const at = Math.round(0.55 * rate), overtone = data => power(data, at, 880) / power(data, at, 440);
"""


@pytest.mark.parametrize("sampled", [True, False], ids=["samples", "oscillators"])
def test_what_is_heard_is_what_is_written(player: Any, sampled: bool) -> None:
    told = sound(
        player,
        VIEW
        + MEASURE.replace("SAMPLED", str(sampled).lower())
        + """
        const plain = await heard([]), flute = await heard([[0, 0xc0, 73, 0]]);
        const strings = await heard([[0, 0xc0, 48, 0]]);
        const held = await heard([[0, 0xc0, 48, 0], [30, 0xb0, 64, 127], [90, 0xb0, 64, 0]]);
        const bent = await heard([[0, 0xe0, 127, 127]]), quiet = await heard([[0, 0xb0, 7, 20]]);
        const right = await buffer(A4, [[0, 0xb0, 10, 127]]);
        const swell = await heard([[0, 0xc0, 48, 0], [0, 0xb0, 11, 127], [36, 0xb0, 11, 10]]);
        const kick = await buffer([[0, 9, 36, 24, 24, 110, 1]], []);
        const hat = await buffer([[0, 9, 46, 24, 24, 110, 1]], []);
        const bright = data => loudBand(data, 4000, 12000) / loudBand(data, 40, 400);
        const loudBand = (data, low, high) => {
            let sum = 0;
            for (let hz = low; hz < high; hz += (high - low) / 24) sum += power(data, Math.round(0.5 * rate), hz);
            return sum;
        };
        const pitchOf = data => {
            let best = 0, pitch = 0;
            for (let p = 57; p < 82; p++) {
                const found = power(data, at, 440 * 2 ** ((p - 69) / 12));
                if (found > best) { best = found; pitch = p; }
            }
            return pitch;
        };
        const onset = data => data.findIndex(v => Math.abs(v) > 0.005) / rate;
        return {
            pitches: [plain, flute, strings].map(pitchOf), onsets: [plain, flute, kick.getChannelData(0)].map(onset),
            held: loud(held, 1.3, 1.7), left: loud(strings, 1.9, 2.3),
            bent: power(bent, at, 440 * 2 ** (2 / 12)) / power(bent, at, 440),
            piano: overtone(plain), flute: overtone(flute), normal: loud(plain, 0.5, 1), quiet: loud(quiet, 0.5, 1),
            leftSide: loud(right.getChannelData(0), 0.5, 1), rightSide: loud(right.getChannelData(1), 0.5, 1),
            before: loud(swell, 0.6, 0.74), after: loud(swell, 0.8, 0.95),
            kick: bright(kick.getChannelData(0)), hat: bright(hat.getChannelData(0)),
            sampled: bank ? bank.sampled : null,
        };
        """,
    )
    print(told)
    assert told["sampled"] is (True if sampled else None)
    assert told["pitches"] == [69, 69, 69]
    assert all(abs(onset - 0.5) < 0.02 for onset in told["onsets"]), told["onsets"]
    assert told["held"] > 20 * max(told["left"], 1e-6), "sustain holds the note"
    assert told["bent"] > 10, "a full bend is a whole tone"
    assert not 0.5 < told["piano"] / told["flute"] < 2, "another program has another spectrum"
    assert told["quiet"] < 0.4 * told["normal"]
    assert told["leftSide"] < 0.1 * told["rightSide"], "pan"
    assert told["after"] < 0.3 * told["before"], "expression changes a note that sounds"
    assert told["hat"] > 1000 * told["kick"], "drums differ"
    assert player.log() == []


@pytest.mark.parametrize("sampled", [True, False], ids=["samples", "oscillators"])
def test_from_one_version_to_another_there_is_no_gap(player: Any, sampled: bool) -> None:
    """A held organ tone, and in the middle of it the other version, which holds it too."""
    windows = sound(
        player,
        VIEW
        + MEASURE.replace("SAMPLED", str(sampled).lower())
        + """
        const piece = {...music, sides: ['before', 'after'], notes: [[0, 0, 57, 0, 96, 100, 3]], tempo: {},
            controls: {0: [[0, 0xc0, 19, 0]], 1: [[0, 0xc0, 19, 0]]}};
        const data = (await muse.render(piece, 0, rate, 2, bank, [1, 1])).getChannelData(0), found = [];
        for (let t = 0.8; t < 1.2; t += 0.02) found.push(loud(data, t, t + 0.02));
        return found;
        """,
    )
    usual = sorted(windows)[len(windows) // 2]
    assert usual > 0.005 and min(windows) > 0.4 * usual, windows


def test_the_page_says_what_makes_its_sound(open_page: Callable[..., Any]) -> None:
    files = [Compared("band.mid", {"before": None, "after": band()})]
    for heard, words in ((True, "FluidR3"), (False, "oscillators")):
        browser = open_page(build(Page("band"), files, plugin_for_path, heard=heard))
        browser.press(" ")
        until = time.monotonic() + 30
        while words not in browser.run("return document.querySelector('.heard').textContent"):
            assert time.monotonic() < until, browser.run("return document.querySelector('.heard').textContent")
            time.sleep(0.05)
        assert browser.log() == []
