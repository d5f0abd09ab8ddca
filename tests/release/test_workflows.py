"""The hosted workflows of `.github`, their steps run here (`workflow.py` says what is played)."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from muse._version import __version__
from tests.release.conftest import ROOT
from tests.release.test_pythons import find
from tests.release.workflow import Runner

pytestmark = [
    pytest.mark.release,
    pytest.mark.timeout(1200),
    pytest.mark.skipif(not (ROOT / ".github").is_dir(), reason="an sdist has no .github"),
]


def pythons() -> dict[str, str]:
    """Those that the workflows ask for and that are here."""
    return {version: path for version in ("3.11", "3.12", "3.13") if (path := find(version)) is not None}


def test_a_release_is_built_tried_and_handed_over(tmp_path: Path, git_env: object) -> None:
    here = pythons()
    if "3.13" not in here:
        pytest.skip("python 3.13, with which a release is built, is not here")
    runner = Runner("release.yml", tmp_path, __version__, here)
    runner.job("build")
    for version in here:
        runner.job("try", python=version, system="ubuntu-latest")
    runner.job("publish")
    assert runner.left == ["pypa/gh-action-pypi-publish"], "what is not run here"
    upload = {path.name for path in (runner.work / "upload").iterdir()}
    assert len(upload) == 2 and {Path(name).suffix for name in upload} == {".whl", ".gz"}
    assert runner.ran.count("a day of work") == len(here)
    (told,) = (tmp_path / "gh.txt").read_text().splitlines()
    assert told.startswith(f"release create v{__version__} ")
    kept = {path.name for path in (runner.work / "dist").iterdir()}
    assert kept == upload | {"SHA256SUMS", "muse-on-git.rb", "sbom.cdx.json"}
    assert all(f"dist/{name}" in told for name in kept)


def test_the_systems_workflow(tmp_path: Path, git_env: object) -> None:
    here = pythons()
    runner = Runner("systems.yml", tmp_path, __version__, here)
    for version in set(here) & {"3.11", "3.13"}:
        runner.job("tests", python=version, system="ubuntu-latest")
    assert runner.ran.count("a day of work") == len(set(here) & {"3.11", "3.13"}) > 0
    assert runner.left == []


def test_actionlint_finds_nothing() -> None:
    linter = shutil.which("actionlint")
    if linter is None:
        pytest.skip("actionlint is not here: go install github.com/rhysd/actionlint/cmd/actionlint@latest")
    files = [*(ROOT / ".github/workflows").glob("*.yml"), ROOT / "examples/forges/github.yml"]
    done = subprocess.run([linter, *map(str, files)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
