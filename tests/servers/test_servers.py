"""clone, push, concurrent push, metadata and authentication against every server we say we work with."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pytest

pytestmark = pytest.mark.servers
Git = Callable[..., str]
LOG = "refs/muse/log/"


class Server(Protocol):
    kind: str
    folder: Path

    def address(self, name: str) -> str: ...
    def login(self, good: bool) -> dict[str, str]: ...


def run(where: Path, *args: str, env: dict[str, str]) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["git", *args], cwd=where, env={**os.environ, **env}, capture_output=True, timeout=120)


def ok(where: Path, *args: str, env: dict[str, str]) -> subprocess.CompletedProcess[bytes]:
    done = run(where, *args, env=env)
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
    assert b"Traceback" not in done.stderr
    return done


def metadata(git: Git, repo: Path, writer: str) -> str:
    """One commit on a metadata ref of the repository."""
    blob = git(repo, "hash-object", "-w", "--stdin", input=writer)
    tree = git(repo, "mktree", input=f"100644 blob {blob}\tformat\n")
    tip = git(repo, "commit-tree", tree, "-m", "log")
    git(repo, "update-ref", f"{LOG}{writer}", tip)
    return tip


def start(server: Server, tmp_path: Path, git: Git, commit: Git) -> tuple[Path, dict[str, str], str]:
    """A first clone with one commit and one metadata ref, pushed."""
    env = server.login(True)
    ok(tmp_path, "clone", server.address("r.git"), "one", env=env)
    one = tmp_path / "one"
    commit(one, {"a.txt": "a\n" * 1000})
    tip = metadata(git, one, "w1")
    ok(one, "push", "origin", "HEAD:refs/heads/main", env=env)
    return one, env, tip


def test_round_trip(server: Server, tmp_path: Path, git: Git, commit: Git) -> None:
    one, env, meta = start(server, tmp_path, git, commit)
    done = ok(tmp_path, "clone", server.address("r.git"), "two", env=env)
    two = tmp_path / "two"
    assert git(two, "rev-parse", "HEAD") == git(one, "rev-parse", "HEAD")
    assert git(two, "rev-parse", "refs/muse-remotes/origin/log/w1") == meta, done.stderr
    listed = ok(two, "ls-remote", "--symref", "origin", env=env).stdout.decode()
    assert f"{meta}\t{LOG}w1" in listed and "refs/heads/main" in listed
    git(two, "tag", "-a", "-m", "t", "v1")
    ok(two, "push", "origin", "v1", "HEAD:refs/heads/side", env=env)
    ok(one, "fetch", "--tags", "origin", env=env)
    assert git(one, "rev-parse", "v1") == git(two, "rev-parse", "v1")
    ok(one, "push", "origin", ":side", env=env)
    assert "refs/heads/side" not in ok(one, "ls-remote", "origin", env=env).stdout.decode()
    assert git(two, "fsck", "--strict") == ""


def test_rejection_has_gits_words(server: Server, tmp_path: Path, git: Git, commit: Git) -> None:
    one, env, _ = start(server, tmp_path, git, commit)
    ok(tmp_path, "clone", server.address("r.git"), "two", env=env)
    for folder in (one, tmp_path / "two"):
        commit(folder, {folder.name: "x"})
    ok(one, "push", "origin", "HEAD:main", env=env)
    late = run(tmp_path / "two", "push", "origin", "HEAD:main", env=env)
    assert late.returncode == 1 and b"(fetch first)" in late.stderr


def test_shallow_and_filter(
    request: pytest.FixtureRequest, server: Server, tmp_path: Path, git: Git, commit: Git
) -> None:
    if request.node.callspec.params["server"] == "dulwich":
        pytest.skip("dulwich's server has neither filters nor the full set of shallow requests")
    one, env, _ = start(server, tmp_path, git, commit)
    for number in range(3):
        commit(one, {"a.txt": str(number)})
    ok(one, "push", "origin", "HEAD:main", env=env)
    ok(tmp_path, "clone", "--depth=1", server.address("r.git"), "thin", env=env)
    assert git(tmp_path / "thin", "rev-list", "--count", "HEAD") == "1"
    ok(tmp_path / "thin", "fetch", "--unshallow", env=env)
    assert git(tmp_path / "thin", "rev-list", "--count", "HEAD") == "4"
    for folder in server.folder.iterdir():
        git(folder, "config", "uploadpack.allowFilter", "true")
    ok(tmp_path, "clone", "--filter=blob:none", "--no-checkout", server.address("r.git"), "partial", env=env)
    assert ok(tmp_path / "partial", "show", "HEAD:a.txt", env=env).stdout == b"2"


def test_concurrent_pushes_lose_no_metadata(server: Server, tmp_path: Path, git: Git, commit: Git) -> None:
    _, env, meta = start(server, tmp_path, git, commit)
    expected = {f"{LOG}w1": meta}
    folders = []
    for number in range(2, 6):
        folder = tmp_path / f"c{number}"
        ok(tmp_path, "clone", server.address("r.git"), folder.name, env=env)
        expected[f"{LOG}w{number}"] = metadata(git, folder, f"w{number}")
        commit(folder, {str(number): "x"})
        folders.append(folder)
    pushing = [
        subprocess.Popen(
            ["git", "push", "-q", "origin", f"HEAD:refs/heads/b{number}"], cwd=folder, env={**os.environ, **env}
        )
        for number, folder in enumerate(folders)
    ]
    assert [process.wait(100) for process in pushing] == [0] * len(folders)
    listed = ok(tmp_path / "one", "ls-remote", "origin", env=env).stdout.decode().splitlines()
    found = {name: tip for tip, _, name in (line.partition("\t") for line in listed) if name.startswith(LOG)}
    assert found == expected


def test_wrong_credentials_are_refused_in_one_go(server: Server, tmp_path: Path, git: Git, commit: Git) -> None:
    if not server.login(True):
        pytest.skip(f"{server.kind}:// has no authentication")
    start(server, tmp_path, git, commit)
    done = run(tmp_path, "clone", server.address("r.git"), "two", env=server.login(False))
    assert done.returncode == 128 and not (tmp_path / "two").exists()
    assert b"Traceback" not in done.stderr and b"s3cr3t" not in done.stderr


def test_hidden_metadata_degrades_with_one_line(
    request: pytest.FixtureRequest, server: Server, tmp_path: Path, git: Git, commit: Git
) -> None:
    if request.node.callspec.params["server"] == "dulwich":
        pytest.skip("dulwich's server does not know transfer.hideRefs")
    one, env, _ = start(server, tmp_path, git, commit)
    for folder in server.folder.iterdir():
        git(folder, "config", "transfer.hideRefs", "refs/muse")
    metadata(git, one, "w9")
    commit(one, {"b": "b"})
    done = ok(one, "push", "-q", "origin", "HEAD:main", env=env)
    said = [line for line in done.stderr.decode().splitlines() if not line.startswith("remote: ")]
    assert len(said) == 1 and "did not take the metadata" in said[0]
    assert ok(tmp_path, "clone", "-q", server.address("r.git"), "two", env=env).stderr == b""


def test_a_missing_repository(server: Server, tmp_path: Path) -> None:
    done = run(tmp_path, "clone", server.address("absent.git"), "two", env=server.login(True))
    assert done.returncode == 128 and not (tmp_path / "two").exists()
    assert b"Traceback" not in done.stderr
