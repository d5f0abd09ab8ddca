"""The example packages as an installer leaves them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of packages into which pip has put both examples, built from their own pyproject.toml, offline."""
    site = tmp_path_factory.mktemp("packages")
    flags = ("-q", "--no-build-isolation", "--no-deps", "--no-index", "--disable-pip-version-check")
    examples = [str(ROOT / "examples" / name) for name in ("labels", "scoresheet")]
    command = [sys.executable, "-m", "pip", "install", *flags, "--target", str(site), *examples]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return site


@pytest.fixture
def installed(packages: Path, muse_on_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every door finds them: drivers, which start without PYTHONPATH, by the configuration."""
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}{os.pathsep}{packages}")
    with open(os.environ["GIT_CONFIG_GLOBAL"], "a", encoding="ascii") as config:
        config.write(f"[muse]\n\tpluginPath = {packages}\n")


@pytest.fixture
def run(installed: None) -> Callable[..., subprocess.CompletedProcess[str]]:
    """`run(folder, *command)`, with the examples installed."""

    def call(where: Path, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, cwd=where, capture_output=True, text=True, check=False)

    return call
