"""The helper on PATH, and Git run so that a failure can be looked at."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Finished = subprocess.CompletedProcess[bytes]
RunAny = Callable[..., Finished]


@pytest.fixture
def run_git(muse_on_path: Path) -> RunAny:
    """`run_git(folder, *args, env={...}) -> CompletedProcess` with the helper on PATH; never raises on an exit code."""

    def run(where: Path, *args: str | Path, env: dict[str, str] | None = None, input: bytes | None = None) -> Finished:
        command = ["git", *map(os.fspath, args)]
        environment = {**os.environ, **(env or {})}
        return subprocess.run(command, cwd=where, env=environment, input=input, capture_output=True, timeout=60)

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


@pytest.fixture
def chain(git: Callable[..., str]) -> Callable[..., str]:
    """`chain(repo, text, *parents) -> id`: a commit as metadata chains have them, unrelated to any branch."""

    def make(repo: Path, text: str, *parents: str) -> str:
        blob = git(repo, "hash-object", "-w", "--stdin", input=text)
        tree = git(repo, "mktree", input=f"100644 blob {blob}\tformat\n")
        return git(repo, "commit-tree", tree, "-m", "log", *[word for parent in parents for word in ("-p", parent)])

    return make


@pytest.fixture
def refs(git: Callable[..., str]) -> Callable[..., dict[str, str]]:
    """`refs(repo) -> {name: id}`."""

    def read(repo: Path) -> dict[str, str]:
        lines = git(repo, "for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        return dict(line.split(" ") for line in lines)

    return read
