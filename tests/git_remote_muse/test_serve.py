"""`muse serve`: read-only and on loopback unless told otherwise, a password where it can be written to."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

Ok = Callable[..., str]
RunAny = Callable[..., subprocess.CompletedProcess[bytes]]
PARTS = Path(subprocess.run(["git", "--exec-path"], capture_output=True, text=True).stdout.strip())
pytestmark = pytest.mark.skipif(not (PARTS / "git-daemon").exists(), reason="git daemon is not installed with this git")
with_http = pytest.mark.skipif(not (PARTS / "git-remote-http").exists(), reason="this git was built without http")


@pytest.fixture
def folder(make_repo: Callable[..., Path], git: Ok, tmp_path: Path) -> Path:
    source = make_repo("source", {"a.txt": "a\n" * 100_000})
    (tmp_path / "srv").mkdir()
    git(tmp_path, "clone", "-q", "--bare", str(source), "srv/r.git")
    git(tmp_path, "clone", "-q", "--bare", str(source), "secret.git")
    git(tmp_path / "srv" / "r.git", "config", "http.receivepack", "true")
    return tmp_path / "srv"


@contextmanager
def serving(folder: Path, *words: str) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        ["muse", "serve", str(folder), f"--port={port}", *words],
        env={**os.environ, "MUSE_SERVE_PASSWORD": "open sesame"}, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None
            time.sleep(0.05)
        yield port
    finally:
        os.killpg(process.pid, 2)
        said = process.communicate(timeout=20)[1]
        assert b"Traceback" not in said and b"open sesame" not in said


def test_git_daemon_reads_and_refuses_to_write(
    folder: Path, tmp_path: Path, muse_on_path: Path, ok: Ok, run_git: RunAny, commit: Ok
) -> None:
    with serving(folder) as port:
        ok(tmp_path, "clone", "-q", f"muse::git://127.0.0.1:{port}/r.git", "one")
        commit(tmp_path / "one", {"b": "b"})
        assert run_git(tmp_path / "one", "push", "origin", "HEAD").returncode == 128
        assert run_git(tmp_path, "ls-remote", f"git://127.0.0.1:{port}/../secret.git").returncode == 128


@with_http
def test_http_is_read_only_without_write_whatever_a_repository_says(
    folder: Path, tmp_path: Path, muse_on_path: Path, ok: Ok, run_git: RunAny, git: Ok, commit: Ok
) -> None:
    with serving(folder, "--http") as port:
        ok(tmp_path, "clone", "-q", f"muse::http://127.0.0.1:{port}/r.git", "one")
        tip = git(folder / "r.git", "rev-parse", "main")
        commit(tmp_path / "one", {"b": "b"})
        assert run_git(tmp_path / "one", "push", "origin", "HEAD:main").returncode != 0
        assert git(folder / "r.git", "rev-parse", "main") == tip
        for path in ("../secret.git", "%2e%2e/secret.git", "absent.git"):
            assert run_git(tmp_path, "ls-remote", f"http://127.0.0.1:{port}/{path}").returncode == 128


@with_http
def test_writing_needs_the_password(
    folder: Path, tmp_path: Path, muse_on_path: Path, ok: Ok, run_git: RunAny, git: Ok, commit: Ok
) -> None:
    with serving(folder, "--write", "--user=ada") as port:
        refused = run_git(tmp_path, "clone", f"muse::http://127.0.0.1:{port}/r.git", "no")
        assert refused.returncode == 128 and not (tmp_path / "no").exists()
        store = tmp_path / "store"
        store.write_text(f"http://ada:open%20sesame@127.0.0.1:{port}\n")
        git(tmp_path, "config", "--global", "credential.helper", f"store --file={store}")
        ok(tmp_path, "clone", "-q", f"muse::http://127.0.0.1:{port}/r.git", "one")
        commit(tmp_path / "one", {"big.bin": os.urandom(3_000_000)})  # beyond http.postBuffer: sent in chunks
        ok(tmp_path / "one", "push", "-q", "origin", "HEAD:main")
        assert git(folder / "r.git", "rev-parse", "main") == git(tmp_path / "one", "rev-parse", "HEAD")


@pytest.mark.parametrize("words", [(), ("--http",)], ids=["git", "http"])
def test_ended_by_a_signal_it_takes_its_daemon_along(words: tuple[str, ...], folder: Path, muse_on_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(["muse", "serve", str(folder), f"--port={port}", *words], stderr=subprocess.PIPE)
    try:
        for _ in range(400):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        process.terminate()
        said = process.communicate(timeout=30)[1]
        assert b"Traceback" not in said and process.returncode != 0
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) != 0:
                    return
            time.sleep(0.05)
        raise AssertionError("somebody still listens")
    finally:
        process.kill()


@with_http
@pytest.mark.parametrize("version", ["0", "2"])
def test_a_clone_over_any_wire_has_the_drivers(
    version: str, folder: Path, tmp_path: Path, muse_on_path: Path, ok: Ok
) -> None:
    with serving(folder, "--http") as port:
        where = f"muse::http://127.0.0.1:{port}/r.git"
        ok(tmp_path, "-c", f"protocol.version={version}", "clone", "-q", where, "one")
    assert "muse-merge-driver" in ok(tmp_path / "one", "config", "merge.muse.driver")
    assert ok(tmp_path / "one", "check-attr", "merge", "x.py") == "x.py: merge: muse"
    assert (tmp_path / "one/a.txt").read_text() == "a\n" * 100_000
