"""A DAW project through a real `git merge`: edits meet, `git diff` names them, a conflict can be picked."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from ..plugins.daw.daw_kit import live, seen

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def song(volume: float, name: str, time: int) -> bytes:
    clip = {"id": 0, "time": time, "name": "verse", "notes": {36: [0, 1]}}
    return live([{"id": 11, "name": name, "volume": volume, "target": 101, "clips": [clip]}])


def test_a_live_set_in_git(run: Run, git: Callable[..., str], make_repo: Callable[..., Path]) -> None:
    root = make_repo()
    assert run(root, "muse", "install", "--local", "--only", "daw").returncode == 0

    def save(*values: object) -> None:
        (root / "song.als").write_bytes(song(*values))  # type: ignore[arg-type]
        git(root, "add", "song.als")
        git(root, "commit", "-q", "-m", "saved")

    save(0.8, "Bass", 0)
    git(root, "switch", "-q", "-c", "topic")
    save(0.8, "Bass", 64)
    git(root, "switch", "-q", "-")
    save(0.5, "Low", 0)
    done = run(root, "git", "merge", "--no-edit", "topic")
    assert done.returncode == 0, done.stderr
    assert seen((root / "song.als").read_bytes()) == seen(song(0.5, "Low", 64))
    shown = git(root, "diff", "HEAD^1").splitlines()
    assert "-Low: clip 'verse' at bar 1" in shown and "+Low: clip 'verse' at bar 17" in shown
    assert "song.als: Low: clip 'verse' moved to bar 17\n" in run(root, "muse", "show").stdout

    git(root, "switch", "-q", "-c", "again")
    save(0.1, "Low", 64)
    git(root, "switch", "-q", "-")
    save(0.2, "Low", 64)
    assert run(root, "git", "merge", "--no-edit", "again").returncode == 1
    told = run(root, "muse", "conflicts").stdout
    assert "ours:   Low: Volume 0.2" in told and "theirs: Low: Volume 0.1" in told
    assert "muse resolve --pick MidiTrack:11/Volume@Value=theirs song.als" in told
    assert seen((root / "song.als").read_bytes()) == seen(song(0.2, "Low", 64))
    done = run(root, "muse", "resolve", "--pick", "MidiTrack:11/Volume@Value=theirs", "song.als")
    assert done.returncode == 0, done.stderr
    assert seen((root / "song.als").read_bytes()) == seen(song(0.1, "Low", 64))
