"""A damaged file says so on every verb that looks into it, in one line, and no verb dies of it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from muse.cli.main import main

from .midi_kit import song

WHOLE = song([(60, 0, 480), (64, 480, 480)])
TORN = WHOLE[:-9]

VERBS: dict[str, list[str]] = {
    "diff": ["diff", "HEAD~"], "status": ["status"], "log": ["log", "-1"], "log --notes": ["log", "--notes", "-1"],
    "show": ["show"], "grep-notes": ["grep-notes", "--pitch", "C4"], "blame": ["blame", "--notes", "song.mid"],
    "blame --bars": ["blame", "--bars", "song.mid"],
}  # fmt: skip


@pytest.fixture
def torn(make_repo: Callable[..., Path], commit: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> Path:
    root = make_repo(files={"song.mid": WHOLE})
    commit(root, {"song.mid": TORN})
    monkeypatch.chdir(root)
    return root


@pytest.mark.parametrize("name", VERBS)
def test_each_verb_says_it(name: str, torn: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if name == "status":
        (torn / "song.mid").write_bytes(TORN[:-1])
    code = main(VERBS[name])
    told = "".join(capsys.readouterr())
    assert code in (0, 1, 128) and "Traceback" not in told
    lines = [line for line in told.splitlines() if "song.mid" in line]
    assert any("damaged" in line or "not a well-formed" in line or "cut short" in line for line in lines), told


def test_git_diff_says_it(torn: Path, git: Callable[..., str], muse_on_path: Path) -> None:
    assert main(["install", "--local"]) == 0
    shown = git(torn, "diff", "HEAD~", "HEAD")
    assert "damaged" in shown or "not a well-formed" in shown, shown


def test_a_merge_with_it_says_it(
    torn: Path, git: Callable[..., str], commit: Callable[..., str], muse_on_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    assert main(["install", "--local"]) == 0
    git(torn, "switch", "-qc", "side", "HEAD~")
    commit(torn, {"song.mid": song([(60, 0, 480), (65, 480, 480)])})
    done = subprocess.run(["git", "merge", "main"], cwd=torn, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "not a well-formed MIDI file" in done.stdout + done.stderr
    capsys.readouterr()
    assert main(["conflicts"]) == 0
    assert "not a well-formed MIDI file" in capsys.readouterr().out
