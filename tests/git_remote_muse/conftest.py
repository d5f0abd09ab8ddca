"""The helper on PATH as `git-remote-muse`, run from this checkout."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
Finished = subprocess.CompletedProcess[bytes]
RunAny = Callable[..., Finished]


def install_helper(folder: Path) -> Path:
    """A `git-remote-muse` that runs this checkout with this Python, in `folder`."""
    folder.mkdir(exist_ok=True)
    script = folder / "git-remote-muse"
    script.write_text(f"#!/bin/sh\nPYTHONPATH='{ROOT}' exec '{sys.executable}' -m git_remote_muse \"$@\"\n")
    script.chmod(0o755)
    return script


@pytest.fixture
def helper(git_env: dict[str, str], tmp_path: Path) -> Path:
    """Puts the helper on PATH; yields its folder."""
    script = install_helper(tmp_path / "bin")
    os.environ["PATH"] = f"{script.parent}{os.pathsep}{os.environ['PATH']}"
    return script.parent


@pytest.fixture
def run_git(helper: Path) -> RunAny:
    """`run_git(folder, *args, env={...}) -> CompletedProcess` with the helper on PATH; never raises on an exit code."""

    def run(where: Path, *args: str | Path, env: dict[str, str] | None = None, input: bytes | None = None) -> Finished:
        command = ["git", *map(os.fspath, args)]
        environment = {**os.environ, **(env or {})}
        return subprocess.run(command, cwd=where, env=environment, input=input, capture_output=True, timeout=120)

    return run


@pytest.fixture
def ok(run_git: RunAny) -> Callable[..., str]:
    """As `run_git`, but the command must succeed; gives back standard output and checks for tracebacks."""

    def run(where: Path, *args: str | Path, env: dict[str, str] | None = None) -> str:
        done = run_git(where, *args, env=env)
        assert b"Traceback" not in done.stderr
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode().rstrip("\n")

    return run
