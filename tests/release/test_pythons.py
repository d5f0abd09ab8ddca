"""The wheel in a fresh environment of each Python that is here, and how large that is."""

from __future__ import annotations

import os
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.release.conftest import ROOT, install, run

pytestmark = pytest.mark.release
PYENV = Path.home() / ".pyenv/versions"  # before a test has another home
DAY = "import pathlib, runpy, sys; runpy.run_path(sys.argv[1])['test_a_day_of_work'](pathlib.Path(sys.argv[2]))"
SIZES = """
import importlib.metadata as known, os
for one in known.distributions():
    files = [str(file.locate()) for file in one.files or ()]
    kept = [file for file in files if os.path.isfile(file)]
    print(one.name, sum(-(-os.path.getsize(file) // 4096) * 4096 for file in kept))
"""


def find(version: str) -> str | None:
    """A Python of that version, from PATH or from pyenv."""
    from_pyenv = sorted(PYENV.glob(f"{version}.*/bin/python"))
    for python in (shutil.which(f"python{version}"), *map(str, from_pyenv)):
        if python is None:
            continue
        done = subprocess.run([python, "-c", "import sys, venv; print(*sys.version_info[:2], sep='.')"],
                              capture_output=True, text=True, check=False)  # fmt: skip
        if done.stdout.strip() == version:
            return python
    return None


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13", "3.14"])
def test_a_day_of_work_from_a_fresh_environment(version: str, wheel: Path, tmp_path: Path, git_env: object) -> None:
    python = find(version)
    if python is None:
        pytest.skip(f"python {version} is not here")
    venv = install(python, tmp_path / "venv", wheel)
    env = {"PATH": f"{venv / 'bin'}:/usr/local/bin:/usr/bin:/bin", "PYTHONPATH": ""}
    run(venv / "bin/python", "-m", "pip", "check", **env)
    where = run(venv / "bin/python", "-c", "import muse; print(muse.__file__)", cwd=tmp_path, **env)
    assert where.startswith(os.fspath(venv))
    run(venv / "bin/python", "-c", DAY, ROOT / "tests/platform/test_here.py", tmp_path, cwd=tmp_path, **env)


def test_what_an_installation_takes(installed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Printed; the rule that holds is that whatever few need is left to an extra."""
    told = [line.split() for line in run(installed / "bin/python", "-c", SIZES, PYTHONPATH="").splitlines()]
    sizes = {name: int(size) / 1e6 for name, size in told if name not in ("pip", "setuptools")}
    with capsys.disabled():
        print(f"\n{sum(sizes.values()):.1f} MB on disk in {len(sizes)} packages with what Python compiles (60 wanted):")
        for name, size in sorted(sizes.items(), key=lambda one: -one[1])[:12]:
            print(f"  {size:5.1f}  {name}")
    optional = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["languages"]
    extras = {"pygit2", "cffi", "mcp", "nats-py", "cryptography", *(wheel.partition(">")[0] for wheel in optional)}
    assert not extras & set(sizes)
    own = sizes["muse-on-git"]
    assert own < sum(sizes.values()) / 3
