"""A repository with a conflict in music and one in code, shared by the tests of pages and pictures."""

from __future__ import annotations

import importlib.util
import io
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mido
import pytest

ROOT = Path(__file__).resolve().parents[2]
PIECE = (ROOT / "fixtures" / "midi" / "menuet.mid").read_bytes()
CODE = "def load(x):\n    return x\n\n\ndef save(y):\n    return y\n"


def edited(data: bytes, change: Callable[[Any], None]) -> bytes:
    song = mido.MidiFile(file=io.BytesIO(data))
    change(song)
    out = io.BytesIO()
    song.save(file=out)
    return out.getvalue()


def ons(song: Any) -> list[Any]:
    return [event for track in song.tracks for event in track if event.type == "note_on" and event.velocity]


def ours(song: Any) -> None:
    """The fifth note softer, and the ninth."""
    ons(song)[4].velocity = 40
    ons(song)[8].velocity = 33


def theirs(song: Any) -> None:
    """The fifth note louder, a volume curve, a track of drums."""
    ons(song)[4].velocity = 120
    track = song.tracks[-1]
    for step in range(8):
        track.insert(3, mido.Message("control_change", channel=1, control=7, value=100 - step, time=0))
    drums = mido.MidiTrack([mido.MetaMessage("track_name", name="Drums <b>")])
    for _ in range(6):
        drums.append(mido.Message("note_on", channel=9, note=38, velocity=90, time=240))
        drums.append(mido.Message("note_off", channel=9, note=38, time=240))
    song.tracks.append(drums)


def barred(bars: list[int], moved: dict[int, int] | None = None) -> bytes:
    """Bars of four quarters in two parts, each bar's number saying what is in it; `moved`: by how much the notes of a
    bar are higher in the first part."""
    song = mido.MidiFile(ticks_per_beat=480)
    for channel, (name, low) in enumerate((("Lead", 64), ("Bass", 40))):
        track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
        for bar, beat in ((bar, beat) for bar in bars for beat in range(4)):
            pitch = low + (bar * bar * (beat + 3) + bar * 7 + beat) % 13
            pitch += (moved or {}).get(bar, 0) if not channel else 0
            track.append(mido.Message("note_on", channel=channel, note=pitch, velocity=80, time=0))
            track.append(mido.Message("note_off", channel=channel, note=pitch, time=480))
        song.tracks.append(track)
    out = io.BytesIO()
    song.save(file=out)
    return out.getvalue()


@pytest.fixture(scope="session")
def music() -> SimpleNamespace:
    """The piece, and ways to edit it."""
    return SimpleNamespace(piece=PIECE, edited=edited, barred=barred, ons=ons, ours=ours, theirs=theirs)


@pytest.fixture
def muse(muse_on_path: Path) -> Callable[..., Any]:
    """`muse(folder, *words)` -> the finished process."""

    def run(where: Path, *words: str | os.PathLike[str], check: bool = True) -> Any:
        done = subprocess.run(["muse", *map(os.fspath, words)], cwd=where, capture_output=True, text=True, check=False)
        assert not check or done.returncode == 0, done.stderr
        return done

    return run


@pytest.fixture
def disputed(
    make_repo: Callable[..., Path], git: Callable[..., str], commit: Callable[..., str], muse: Callable[..., Any]
) -> Path:
    """main and topic both changed one velocity of song.mid and one function of lib.py; the merge stands open."""
    repo = make_repo(files={"song.mid": edited(PIECE, lambda song: None), "lib.py": CODE, "a<b>&.txt": "one\n"})
    muse(repo, "install")
    git(repo, "switch", "-q", "-c", "topic")
    code = CODE.replace("return x", "return x + 1").replace("return y", "return 4")
    commit(repo, {"song.mid": edited(PIECE, theirs), "lib.py": code}, "theirs")
    git(repo, "switch", "-q", "main")
    code = CODE.replace("load", "read").replace("return y", "return 3")
    commit(
        repo,
        {"song.mid": edited(PIECE, ours), "lib.py": code, "a<b>&.txt": "one\n<script>alert(1)</script>\n"},
        "ours <script>alert(2)</script>",
    )
    git(repo, "merge", "topic", check=False)
    return repo


@pytest.fixture
def open_page(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """`open_page(html, dark=False, size=(width, height), trace=file) -> Browser` with the page loaded."""
    missing = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
    assert not missing, f"{missing} not on PATH: `make test-browser` installs them"
    spec = importlib.util.spec_from_file_location("webdriver", ROOT / "tests" / "browser" / "webdriver.py")
    assert spec is not None and spec.loader is not None
    webdriver = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(webdriver)
    opened: list[Any] = []

    def load(html: str | Path, **how: Any) -> Any:
        page = html
        if isinstance(html, str) and not html.startswith("http://127.0.0.1:"):
            page = tmp_path / f"page{len(opened)}.html"
            page.write_text(html)
        browser = webdriver.Browser(tmp_path / f"profile{len(opened)}", **how)
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


@pytest.fixture
def screenshot() -> Callable[[str], Path]:
    """`screenshot(name)` -> where it goes for review."""

    def place(name: str) -> Path:
        folder = ROOT / "demo-out" / "screenshots"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{name}.png"

    return place
