"""What a release is: built once by `packaging/build.sh`, unpacked, and installed into an environment of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(*words: object, cwd: Path | None = None, code: int = 0, **env: str) -> str:
    """A program's output; what it complains of when its exit code is another one."""
    done = subprocess.run(
        [os.fspath(word) if isinstance(word, Path) else str(word) for word in words],
        cwd=cwd,
        capture_output=True,
        text=True,
        env={**os.environ, **env},
        check=False,
    )
    assert done.returncode == code, f"{words}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def install(python: object, folder: Path, *what: object) -> Path:
    """A new environment with nothing in it but that and what it depends on, as wheels: nothing is compiled."""
    run(python, "-m", "venv", folder)
    pip = [folder / "bin/python", "-m", "pip", "install", "-q", "--no-warn-script-location", "--only-binary=:all:"]
    run(*pip, *what, PYTHONPATH="")
    return folder


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of all that a release has; the script compares two builds of it."""
    folder = tmp_path_factory.mktemp("dist")
    run("sh", ROOT / "packaging/build.sh", folder, PYTHON=sys.executable)
    return folder


@pytest.fixture(scope="session")
def sdist(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked sdist of what Git has of this checkout, uncommitted changes included."""
    folder = tmp_path_factory.mktemp("sdist")
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    (made,) = folder.iterdir()
    return made


@pytest.fixture(scope="session")
def wheel(built: Path) -> Path:
    """The wheel, made from the sdist."""
    (made,) = built.glob("*.whl")
    return made


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel in an environment of this Python."""
    return install(sys.executable, tmp_path_factory.mktemp("installed") / "venv", wheel)


@pytest.fixture
def env(installed: Path, git_env: dict[str, str]) -> dict[str, str]:
    """What a shell has in which the environment is activated."""
    return {"PATH": f"{installed / 'bin'}:/usr/local/bin:/usr/bin:/bin", "PYTHONPATH": "", "MANPATH": ""}
