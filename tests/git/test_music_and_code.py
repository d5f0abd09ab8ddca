"""The main job with the real domains and real Git: scores and source files, clean and in conflict."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mido
import pytest

Git = Callable[..., str]
Run = Callable[..., subprocess.CompletedProcess[str]]
Commit = Callable[..., str]

PIECE = Path(__file__).resolve().parents[2] / "fixtures/midi/menuet.mid"


def edited(data: bytes, change: Callable[[Any], None]) -> bytes:
    """The score after `change(track list)`, written by a MIDI library that is not ours."""
    midi = mido.MidiFile(file=io.BytesIO(data))
    change(midi.tracks)
    out = io.BytesIO()
    midi.save(file=out)
    return out.getvalue()


def notes(data: bytes) -> list[tuple[int, int, int, int]]:
    """(track, tick, pitch, velocity) of every note, sorted."""
    found = []
    for number, track in enumerate(mido.MidiFile(file=io.BytesIO(data)).tracks):
        tick = 0
        for message in track:
            tick += message.time
            if message.type == "note_on" and message.velocity:
                found.append((number, tick, message.note, message.velocity))
    return sorted(found)


def onsets(track: Any) -> list[Any]:
    return [message for message in track if message.type == "note_on" and message.velocity]


def louder(track: int, index: int, velocity: int) -> Callable[[Any], None]:
    def change(tracks: Any) -> None:
        onsets(tracks[track])[index].velocity = velocity

    return change


def pedal(track: int) -> Callable[[Any], None]:
    def change(tracks: Any) -> None:
        at = next(i for i, message in enumerate(tracks[track]) if message.type == "note_on")
        tracks[track].insert(at, mido.Message("control_change", control=64, value=127, time=0))

    return change


@pytest.fixture
def two_sided(
    make_repo: Callable[..., Path], git: Git, commit: Commit, run: Run
) -> Callable[[str, bytes, bytes, bytes], Path]:
    """`two_sided(path, base, ours, theirs)`: a repository with Muse installed, ours checked out, theirs on `topic`."""

    def make(path: str, base: bytes, ours: bytes, theirs: bytes) -> Path:
        root = make_repo("repo", {path: base})
        assert run(root, "muse", "install").returncode == 0
        git(root, "switch", "-q", "-c", "topic")
        commit(root, {path: theirs})
        git(root, "switch", "-q", "main")
        commit(root, {path: ours})
        return root

    return make


def test_a_score_merges_note_by_note(two_sided: Callable[..., Path], run: Run) -> None:
    base = edited(PIECE.read_bytes(), lambda tracks: None)
    last = len(mido.MidiFile(file=io.BytesIO(base)).tracks) - 1
    root = two_sided("score.mid", base, edited(base, louder(last, 0, 33)), edited(base, pedal(last)))
    done = run(root, "git", "merge", "--no-edit", "topic")
    assert done.returncode == 0, done.stdout + done.stderr
    merged = (root / "score.mid").read_bytes()
    assert notes(merged) == notes(edited(base, louder(last, 0, 33)))
    controls = [m for track in mido.MidiFile(file=io.BytesIO(merged)).tracks for m in track if m.is_cc(64)]
    assert [message.value for message in controls] == [127]


def test_one_note_two_velocities(two_sided: Callable[..., Path], run: Run, git: Git) -> None:
    """Unmerged to Git, playable on disk, named in bars and beats, settled by one command."""
    base = edited(PIECE.read_bytes(), lambda tracks: None)
    last = len(mido.MidiFile(file=io.BytesIO(base)).tracks) - 1
    ours = edited(base, louder(last, 4, 33))

    def theirs_change(tracks: Any) -> None:
        louder(last, 4, 99)(tracks)
        louder(last, 9, 77)(tracks)

    root = two_sided("score.mid", base, ours, edited(base, theirs_change))
    done = run(root, "git", "merge", "--no-edit", "topic")
    assert done.returncode == 1
    assert git(root, "status", "--porcelain") == "UU score.mid"

    def both(velocity: int) -> list[tuple[int, int, int, int]]:
        wanted = edited(base, theirs_change)
        return notes(edited(wanted, louder(last, 4, velocity)))

    assert notes((root / "score.mid").read_bytes()) == both(33)
    listed = run(root, "muse", "conflicts").stdout
    assert "score.mid: 1 conflict\n" in listed and "33" in listed and "99" in listed
    assert "bar" in listed or "beat" in listed
    assert run(root, "muse", "resolve", "--theirs", "score.mid").returncode == 0
    assert notes((root / "score.mid").read_bytes()) == both(99)
    assert git(root, "status", "--porcelain") == "M  score.mid"


CODE = """\
import os
import sys


def load(path):
    with open(path) as file:
        return file.read()


def save(path, text):
    with open(path, "w") as file:
        file.write(text)
"""


def test_imports_added_on_both_sides(two_sided: Callable[..., Path], run: Run) -> None:
    """Adjacent lines: a conflict to Git, two additions to Muse; the merged module runs."""
    ours = CODE.replace("import sys\n", "import json\nimport sys\n")
    theirs = CODE.replace("import sys\n", "import re\nimport sys\n")
    root = two_sided("io_.py", CODE.encode(), ours.encode(), theirs.encode())
    done = run(root, "git", "merge", "--no-edit", "topic")
    assert done.returncode == 0, done.stdout + done.stderr
    merged = (root / "io_.py").read_text()
    for line in ("import os", "import sys", "import json", "import re", "def load", "def save"):
        assert merged.count(line) == 1
    compile(merged, "io_.py", "exec")


def test_one_body_two_ways(two_sided: Callable[..., Path], run: Run, git: Git) -> None:
    ours = CODE.replace("return file.read()", "return file.read(100)")
    theirs = CODE.replace("return file.read()", "return file.read(200)").replace("import sys\n", "")
    root = two_sided("io_.py", CODE.encode(), ours.encode(), theirs.encode())
    assert run(root, "git", "merge", "topic").returncode == 1
    text = (root / "io_.py").read_text()
    assert text.count("<<<<<<< ") == 1 and "import sys" not in text
    assert "load" in run(root, "muse", "conflicts").stdout
    assert run(root, "muse", "resolve", "--ours", "io_.py").returncode == 0
    assert (root / "io_.py").read_text() == ours.replace("import sys\n", "")
    assert git(root, "ls-files", "-u") == ""


JOIN = b'[[rules]]\npath = "*.mid"\ndimension = "*"\nstrategy = "join"\n'


def test_a_join_never_stops_and_hides_nothing_for_good(
    two_sided: Callable[..., Path], run: Run, git: Git, commit: Commit, linked_worktree: Callable[..., Path]
) -> None:
    """One note, two velocities, a deletion beside them: clean, the same from either side, both values known."""
    base = edited(PIECE.read_bytes(), lambda tracks: None)
    last = len(mido.MidiFile(file=io.BytesIO(base)).tracks) - 1

    def gone(tracks: Any) -> None:
        louder(last, 4, 99)(tracks)
        first = [m for m in tracks[last] if m.type in ("note_on", "note_off")][:2]
        rest = sum(message.time for message in first)
        kept = [m for m in tracks[last] if all(m is not each for each in first)]
        kept[next(i for i, m in enumerate(kept) if m.type == "note_on")].time += rest
        tracks[last][:] = kept

    sides = [edited(base, louder(last, 4, 33)), edited(base, gone)]
    root = two_sided("score.mid", base, *sides)
    for branch in ("topic", "main"):
        git(root, "switch", "-q", branch)
        commit(root, {".museattributes": JOIN})
    other = linked_worktree(root, branch="mirror")
    git(other, "reset", "-q", "--hard", "topic")
    assert run(other, "git", "merge", "--no-edit", "main").returncode == 0
    done = run(root, "git", "merge", "--no-edit", "topic")
    assert done.returncode == 0, done.stdout
    assert git(root, "rev-parse", "main:score.mid") == git(root, "rev-parse", "mirror:score.mid")
    heard = notes((root / "score.mid").read_bytes())
    velocity = {v for _, _, _, v in heard} & {33, 99}
    assert len(heard) == len(notes(base)) - 1 and len(velocity) == 1
    listed = run(root, "muse", "conflicts", "--joined").stdout
    assert "score.mid: 1 value(s) kept unseen\n" in listed
    assert f"seen:   {velocity.pop()}\n" in listed
    assert run(root, "muse", "conflicts").stdout == "nothing is left to settle\n"
    assert "kept unseen" in run(root, "muse", "conflicts", "--joined").stdout  # looking forgets nothing
    commit(root, {"score.mid": base})
    assert run(root, "muse", "conflicts", "--joined").stdout == "no join keeps anything unseen\n"
