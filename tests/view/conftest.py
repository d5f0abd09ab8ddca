"""A repository with a conflict in music and one in code, shared by the tests of pages and pictures."""

from __future__ import annotations

import io
import os
import subprocess
from collections.abc import Callable
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


@pytest.fixture(scope="session")
def music() -> SimpleNamespace:
    """The piece, and ways to edit it."""
    return SimpleNamespace(piece=PIECE, edited=edited, ons=ons, ours=ours, theirs=theirs)


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
