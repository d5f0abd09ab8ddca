"""What tests of every room share: an environment of their own for Git, and a few ways to make repositories.

No test sees the user's configuration, home or identity; the clock in commits stands still.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from muse.engine.git import git_version

# No test depends on how fast the machine is, and two runs of one commit try the same cases; `make soak` draws new ones.
settings.register_profile(
    "here",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="MUSE_TEST_RANDOM" not in os.environ,
    database=None,
)
settings.load_profile("here")

ROOT = Path(__file__).resolve().parent.parent
WHO = {"NAME": "Ada Tester", "EMAIL": "ada@example.org", "DATE": "2026-01-02T03:04:05+00:00"}
CONFIG = """\
[init]
	defaultBranch = main
[user]
	name = Ada Tester
	email = ada@example.org
[protocol "file"]
	allow = always
[advice]
	detachedHead = false
[gc]
	auto = 0
[maintenance]
	auto = false
"""

RunGit = Callable[..., str]
MakeRepo = Callable[..., Path]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """`@pytest.mark.needs_git(2, 38, "what for")`: skipped, with the reason, where the git on PATH is older."""
    for mark in item.iter_markers("needs_git"):
        *wanted, why = mark.args
        found = git_version()
        if found < tuple(wanted):
            names = [".".join(map(str, version)) for version in (wanted, found)]
            pytest.skip(f"needs git {names[0]}: {why}; this is git {names[1]}")


def isolated_env(home: Path) -> dict[str, str]:
    """An environment in which Git knows nothing but what is in `home`."""
    env = {key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "MUSE"))}
    if "MUSE_MIDI_CORPUS" in os.environ:
        env["MUSE_MIDI_CORPUS"] = os.environ["MUSE_MIDI_CORPUS"]
    for role in ("AUTHOR", "COMMITTER"):
        env.update({f"GIT_{role}_{key}": value for key, value in WHO.items()})
    env.update(
        HOME=str(home),
        XDG_CONFIG_HOME=str(home / ".config"),
        GIT_CONFIG_GLOBAL=str(home / ".gitconfig"),
        GIT_CONFIG_NOSYSTEM="1",
        GIT_TERMINAL_PROMPT="0",
        GIT_EDITOR="true",
        LC_ALL="C.UTF-8",
        TZ="UTC",
        PYTHONPATH=str(ROOT),
    )
    return env


def _bind(env: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(env)


@pytest.fixture(scope="session", autouse=True)
def _isolated_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test, fixture or child process sees the user's Git settings."""
    before = dict(os.environ)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job is started deaf to Ctrl-C
    home = tmp_path_factory.mktemp("home")
    (home / ".gitconfig").write_text(CONFIG)
    _bind(isolated_env(home))
    yield
    _bind(before)


@pytest.fixture
def git_env(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A home of this test's own (it may change the global configuration); yields the environment."""
    before = dict(os.environ)
    home = tmp_path / ".home"
    home.mkdir()
    (home / ".gitconfig").write_text(CONFIG)
    env = isolated_env(home)
    _bind(env)
    yield env
    _bind(before)


@pytest.fixture
def git(git_env: dict[str, str]) -> RunGit:
    """`git(folder, *args, input=bytes, check=True, env={...}) -> str`: standard output without the last newline."""

    def run(
        where: str | os.PathLike[str],
        *args: str | os.PathLike[str],
        input: bytes | str | None = None,
        check: bool = True,
        env: Mapping[str, str] | None = None,
    ) -> str:
        data = input.encode() if isinstance(input, str) else input
        command = ["git", *map(os.fspath, args)]
        done = subprocess.run(command, cwd=where, input=data, capture_output=True, env={**os.environ, **(env or {})})
        if check and done.returncode:
            raise AssertionError(f"git {args} exited {done.returncode}: {done.stderr.decode('utf-8', 'replace')}")
        return done.stdout.decode("utf-8", "surrogateescape").rstrip("\n")

    return run


def write_files(root: Path, files: Mapping[str, str | bytes]) -> None:
    """Write files below `root`, making folders as needed."""
    for name, data in files.items():
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data.encode() if isinstance(data, str) else data)


@pytest.fixture
def commit(git: RunGit) -> Callable[..., str]:
    """`commit(repo, {path: text}, message="change") -> id`: write the files, add everything, commit."""

    def make(repo: Path, files: Mapping[str, str | bytes] | None = None, message: str = "change") -> str:
        write_files(repo, files or {})
        git(repo, "add", "-A")
        git(repo, "commit", "-q", "--allow-empty", "-m", message)
        return git(repo, "rev-parse", "HEAD")

    return make


@pytest.fixture
def make_repo(tmp_path: Path, git: RunGit, commit: Callable[..., str]) -> MakeRepo:
    """`make_repo(name="repo", files=None, bare=False, sha256=False) -> Path`; with files it has a first commit."""

    def make(
        name: str = "repo",
        files: Mapping[str, str | bytes] | None = None,
        *,
        bare: bool = False,
        sha256: bool = False,
    ) -> Path:
        root = tmp_path / name
        flags = ["--bare"] * bare + ["--object-format=sha256"] * sha256
        git(tmp_path, "init", "-q", *flags, str(root))
        if files is not None:
            commit(root, files, "first")
        return root

    return make


@pytest.fixture
def linked_worktree(git: RunGit) -> Callable[..., Path]:
    """`linked_worktree(repo, name="linked", branch="side") -> Path` beside the repository, on a new branch."""

    def make(repo: Path, name: str = "linked", branch: str = "side") -> Path:
        folder = repo.parent / name
        git(repo, "worktree", "add", "-q", "-b", branch, str(folder))
        return folder

    return make


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder (with a space in its name) of our programs as an installation has them; put it on PATH to use them."""
    folder = tmp_path_factory.mktemp("our programs")
    modules = {
        "muse": "muse.cli",
        "git-muse": "muse.cli",
        "git-remote-muse": "git_remote_muse",
        "muse-merge-driver": "muse.drivers.merge",
        "muse-textconv": "muse.drivers.textconv",
    }
    for name, module in modules.items():
        script = folder / name
        script.write_text(
            f'#!/bin/sh\nPYTHONPATH="{ROOT}${{PYTHONPATH:+:$PYTHONPATH}}" exec "{sys.executable}" -P -m {module} "$@"\n'
        )
        script.chmod(0o755)
    return folder


@pytest.fixture
def muse(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str, str]]:
    """`muse(folder, *words) -> (code, stdout, stderr)`, in this process."""

    def run(where: Path, *words: object) -> tuple[int, str, str]:
        from muse.cli.main import main

        monkeypatch.chdir(where)
        capfd.readouterr()
        code = main([str(word) for word in words])
        out, err = capfd.readouterr()
        return code, out, err

    return run


@pytest.fixture
def muse_on_path(git_env: dict[str, str], programs: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Our programs are on PATH for this test."""
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    return programs
