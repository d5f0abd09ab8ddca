"""The package as a stranger gets it: built from the sdist, installed from PyPI's index, used, taken away again.

Run by `make test-release`: it needs PyPI for what we depend on.
"""

from __future__ import annotations

import os
import shutil
import zipfile
from pathlib import Path

import pytest

from muse._version import __version__
from tests.release.conftest import ROOT, run

pytestmark = pytest.mark.release
PROGRAMS = {"muse", "git-muse", "git-remote-muse", "muse-merge-driver", "muse-textconv"}


def test_the_sdist_has_all_that_tests_and_pages_need(sdist: Path) -> None:
    for name in (
        "README.md",
        "LICENSE",
        "CHANGELOG.md",
        "docs/man/man1/git-muse.1",
        "tests/conftest.py",
        "Makefile",
        "examples/demo/run.py",
        "fixtures/midi/menuet.mid",
    ):
        assert (sdist / name).is_file(), name


def test_the_wheel_has_the_program_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        metadata = archive.read(f"muse_on_git-{__version__}.dist-info/METADATA").decode()
    tops = {name.partition("/")[0] for name in names}
    assert tops == {
        "muse",
        "git_remote_muse",
        f"muse_on_git-{__version__}.dist-info",
        f"muse_on_git-{__version__}.data",
    }
    kept = {
        str(path.relative_to(ROOT))
        for room in ("muse", "git_remote_muse")
        for path in (ROOT / room).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {name for name in names if name.startswith(("muse/", "git_remote_muse/"))} == kept
    assert {"muse/py.typed", "muse/view/templates/page.js"} <= names
    assert f"muse_on_git-{__version__}.data/data/share/man/man1/git-muse.1" in names
    assert "Requires-Python: >=3.11" in metadata and "License-Expression: MIT" in metadata


def test_the_demos_merge_runs_from_the_wheel(installed: Path, env: dict[str, str], sdist: Path, tmp_path: Path) -> None:
    assert {path.name for path in (installed / "bin").iterdir()} >= PROGRAMS
    run(installed / "bin/python", "-m", "pip", "check", **env)
    assert run("muse", "--version", **env) == f"muse version {__version__}\n"
    where = run(installed / "bin/python", "-c", "import muse; print(muse.__file__)", cwd=tmp_path, **env)
    assert where.startswith(os.fspath(installed))
    said = run(installed / "bin/python", sdist / "examples/demo/run.py", tmp_path / "out", **env)
    assert said.count("[checked]") == 11 and "Everything above was checked" in said


def test_git_finds_the_manual(installed: Path, env: dict[str, str], tmp_path: Path) -> None:
    if shutil.which("man") is None:
        pytest.skip("there is no man program here, so `git muse --help` cannot show a page")
    page = run("git", "muse", "--help", cwd=tmp_path, **{**env, "PAGER": "cat", "MANPAGER": "cat"})
    assert "MUSE(1)" in page and "merge-tree" in page and "--pick ADDRESS=SIDE" in page
    assert "MUSE(1)" in run("man", "-P", "cat", "muse", **env)


def test_it_goes_without_a_trace(installed: Path, env: dict[str, str], tmp_path: Path) -> None:
    other = Path(shutil.copytree(installed, tmp_path / "venv", symlinks=True))
    run(other / "bin/python", "-m", "pip", "uninstall", "-q", "-y", "muse-on-git", **env)
    left = [path for path in other.rglob("*muse*") if "__pycache__" not in path.parts and not path.is_dir()]
    assert [path for path in left if path.resolve().is_relative_to(other)] == []
