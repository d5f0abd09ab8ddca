"""`make demo` with real Git: the script checks every claim it prints, and stops at the first that does not hold."""

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEMO = runpy.run_path(str(ROOT / "docs" / "make_demo.py"))
DOORS = {
    "muse": "muse.cli.main",
    "git-muse": "muse.cli.main",
    "git-remote-muse": "git_remote_muse.__main__",
    "muse-merge-driver": "muse.drivers.merge",
    "muse-textconv": "muse.drivers.textconv",
}


@pytest.fixture
def doors(tmp_path: Path) -> str:
    """A folder with the five commands, run from this checkout, for an interpreter where they are not installed."""
    folder = tmp_path / "doors"
    folder.mkdir()
    for name, module in DOORS.items():
        script = folder / name
        code = f"import sys; sys.argv[0] = {name!r}; from {module} import main; sys.exit(main())"
        script.write_text(f"#!/bin/sh\nexec '{sys.executable}' -c '{code.replace(chr(39), chr(34))}' \"$@\"\n")
        script.chmod(0o755)
    return str(folder)


def test_the_main_job_holds_and_the_pictures_of_it_are_current(
    tmp_path: Path, doors: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    noon = {"GIT_AUTHOR_DATE": DEMO["NOON"], "GIT_COMMITTER_DATE": DEMO["NOON"]}
    env = {**os.environ, **noon, "PATH": f"{doors}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(ROOT / "examples" / "demo" / "run.py"), str(tmp_path / "out")]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("[checked]") == 11
    assert "Everything above was checked" in done.stdout
    printed = {re.sub(r"\b[0-9a-f]{7}\b", "ID", line.strip()) for line in done.stdout.splitlines()}
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    job = page[page.index("## The main job") : page.index("## Use it")]
    told = [line.strip() for block in re.findall(r"```\n(.*?)```", job, re.DOTALL) for line in block.splitlines()]
    assert len(told) > 14 and {re.sub(r"\b[0-9a-f]{7}\b", "ID", line) for line in told} <= printed, "README"
    monkeypatch.setenv("PATH", env["PATH"])
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    for name, data in DEMO["pictures"](tmp_path).items():
        assert (ROOT / "docs" / "demo" / name).read_bytes() == data, f"docs/demo/{name}: run docs/make_demo.py"
