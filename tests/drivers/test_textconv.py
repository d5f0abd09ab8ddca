"""The listing that `git diff` shows."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from muse.drivers import textconv
from tests.conftest import MakeRepo, RunGit

ROOT = Path(__file__).resolve().parents[2]


def run(*args: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-m", "muse.drivers.textconv", *args], capture_output=True, check=False)


def test_a_score_is_listed_whatever_its_copy_is_called(tmp_path: Path) -> None:
    piece = ROOT / "fixtures/midi/menuet.mid"
    copy = tmp_path / "git-blob-x_no-name"
    copy.write_bytes(piece.read_bytes())
    named, unnamed = run(str(piece)), run(str(copy))
    assert named.returncode == unnamed.returncode == 0
    assert unnamed.stdout == named.stdout and len(named.stdout.splitlines()) > 50


@pytest.mark.parametrize("args", [["/nowhere/at/all.mid"], [str(ROOT)]])
def test_what_cannot_be_read_is_one_line_and_exit_code_1(args: list[str]) -> None:
    done = run(*args)
    assert done.returncode == 1 and done.stdout == b""
    assert done.stderr.startswith(b"muse-textconv: ") and done.stderr.count(b"\n") == 1


def test_a_corrupt_score_is_one_line_and_exit_code_1_or_a_listing(tmp_path: Path) -> None:
    bad = tmp_path / "bad.mid"
    bad.write_bytes(b"MThd\0\0\0\x06\0\x01\xff\xff\0\x60MTrk\xff\xff\xff\xff")
    done = run(str(bad))
    assert b"Traceback" not in done.stderr and done.returncode in (0, 1)
    assert bool(done.stdout) == (done.returncode == 0)


def test_wrong_usage() -> None:
    assert run().returncode == 129


def test_a_listing_that_hangs_ends_at_the_deadline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(textconv, "SECONDS", 0.2)
    monkeypatch.setattr(textconv, "listing", lambda *_: time.sleep(60))
    (tmp_path / "a.mid").touch()
    start = time.monotonic()
    assert textconv.main([str(tmp_path / "a.mid")]) == 1
    assert time.monotonic() - start < 30
    assert "took longer than 0.2 s" in capfd.readouterr().err


@pytest.mark.parametrize("absolute", [True, False])
def test_a_plugin_that_only_the_configuration_names(
    make_repo: MakeRepo, git: RunGit, tmp_path: Path, absolute: bool
) -> None:
    """`muse.pluginPath` counts here as it does in a merge; a relative one would lead into a clone."""
    root = make_repo(files={"a.loud": "quiet\n"})
    site = root / "site"
    info = site / "loud-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: loud\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[muse.plugins]\nloud = loud:Loud\n")
    (site / "loud.py").write_text(
        "class Loud:\n    name = 'loud'\n    patterns = ('*.loud',)\n"
        "    def listing(self, data, path):\n        return data.decode().upper()\n"
    )
    git(root, "config", "muse.pluginPath", str(site) if absolute else "site")
    git(root, "config", "diff.loud.textconv", f"{sys.executable} -m muse.drivers.textconv")
    (root / ".git" / "info" / "attributes").write_text("*.loud diff=loud\n")
    (root / "a.loud").write_text("louder\n")
    shown = git(root, "diff", "a.loud").splitlines()[-2:]
    assert shown == (["-QUIET", "+LOUDER"] if absolute else ["-quiet", "+louder"])
