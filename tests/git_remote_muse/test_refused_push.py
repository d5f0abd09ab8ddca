"""What a server refuses it does not get by another way, and it gets nothing for ever: metadata follows branches."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.git_remote_muse.test_serve import folder, serving, with_http

RunAny = Callable[..., subprocess.CompletedProcess[bytes]]
Ok = Callable[..., str]
Refs = Callable[..., dict[str, str]]
Muse = Callable[..., tuple[int, str, str]]
OURS = "refs/muse/log/w2"
HOOKS = {
    "pre-receive": "exit 1",
    "update": 'case "$1" in refs/heads/main) exit 1;; esac',
}

__all__ = ["folder"]


@pytest.fixture
def server(make_repo: Callable[..., Path], git: Ok, tmp_path: Path) -> Path:
    git(tmp_path, "clone", "-q", "--bare", make_repo("source", {"a.txt": "one\n"}), "server")
    return tmp_path / "server"


@pytest.fixture
def clone(server: Path, tmp_path: Path, ok: Ok, git: Ok, commit: Ok, chain: Ok) -> Path:
    """A clone with a commit and metadata that the server has not got."""
    ok(tmp_path, "clone", f"muse::{server}", "one")
    git(tmp_path / "one", "update-ref", OURS, chain(tmp_path / "one", "mine"))
    commit(tmp_path / "one", {"b.txt": "new\n"})
    return tmp_path / "one"


def hook(server: Path, name: str, text: str) -> Path:
    path = server / "hooks" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("name", [*HOOKS])
@pytest.mark.parametrize("joins", ["false", "true"])
def test_a_refused_push_sends_no_metadata(
    server: Path, clone: Path, run_git: RunAny, git: Ok, refs: Refs, name: str, joins: str
) -> None:
    git(clone, "config", "muse.joinOnPush", joins)
    made = hook(server, name, HOOKS[name])
    done = run_git(clone, "push", "origin", "main")
    assert done.returncode == 1 and b"declined" in done.stderr and b"Traceback" not in done.stderr
    assert [*refs(server)] == ["refs/heads/main"] and OURS not in "".join(refs(clone).keys() - {OURS})
    objects = git(server, "cat-file", "--batch-all-objects", "--batch-check")
    assert refs(clone)[OURS] not in objects, "not even its objects are there"
    if name == "update":  # what is taken beside it is a push that was accepted
        run_git(clone, "push", "origin", "main", "HEAD:refs/heads/other")
        assert {"refs/heads/other", OURS} <= refs(server).keys()
        return
    made.unlink()
    assert run_git(clone, "push", "origin", "main").returncode == 0
    assert refs(server)[OURS] == refs(clone)[OURS]


def test_a_refused_deletion_sends_no_metadata(server: Path, clone: Path, run_git: RunAny, git: Ok, refs: Refs) -> None:
    git(server, "update-ref", "refs/heads/old", "main")
    hook(server, "update", 'case "$1" in refs/heads/old) exit 1;; esac')
    assert run_git(clone, "push", "origin", ":old").returncode == 1
    assert OURS not in refs(server)
    (server / "hooks" / "update").unlink()
    assert run_git(clone, "push", "origin", ":old").returncode == 0
    assert OURS in refs(server) and "refs/heads/old" not in refs(server)


@with_http
@pytest.mark.skipif(sys.platform == "win32", reason="muse serve needs a POSIX system")
def test_the_same_over_http(
    folder: Path,
    tmp_path: Path,
    muse_on_path: Path,
    ok: Ok,
    git: Ok,
    commit: Ok,
    chain: Ok,
    run_git: RunAny,
    refs: Refs,
) -> None:
    made = hook(folder / "r.git", "pre-receive", "exit 1")
    with serving(folder, "--write", "--user=ada") as port:
        store = tmp_path / "store"
        store.write_text(f"http://ada:open%20sesame@127.0.0.1:{port}\n")
        git(tmp_path, "config", "--global", "credential.helper", f"store --file={store}")
        ok(tmp_path, "clone", "-q", f"muse::http://127.0.0.1:{port}/r.git", "one")
        one = tmp_path / "one"
        git(one, "update-ref", OURS, chain(one, "mine"))
        commit(one, {"b.txt": "new\n"})
        assert run_git(one, "push", "origin", "main").returncode == 1
        assert OURS not in refs(folder / "r.git")
        made.unlink()
        assert run_git(one, "push", "origin", "main").returncode == 0
        assert refs(folder / "r.git")[OURS] == refs(one)[OURS]


def test_a_sync_that_is_refused_sends_no_metadata(server: Path, clone: Path, muse: Muse, refs: Refs) -> None:
    made = hook(server, "pre-receive", "exit 1")
    code, out, err = muse(clone, "sync")
    assert code == 1 and "refused" in out and "declined" in err
    assert OURS not in refs(server)
    made.unlink()
    assert muse(clone, "sync")[0] == 0
    assert refs(server)[OURS] == refs(clone)[OURS]


def test_a_push_of_metadata_has_an_end(server: Path, clone: Path, run_git: RunAny, git: Ok, refs: Refs) -> None:
    git(clone, "config", "muse.metadataTimeout", "1")
    waiting = server / "waiting"
    waiting.touch()
    slow = f'n=0; while [ -e "{waiting}" ] && [ $n -lt 200 ]; do sleep 0.1; n=$((n+1)); done; exit 1'
    hook(server, "update", f'case "$1" in refs/muse/*) {slow};; esac')
    done = run_git(clone, "push", "origin", "main")
    waiting.unlink()
    assert done.returncode == 0
    said = done.stderr.decode()
    assert said.count("muse: ") == 1 and "took longer than 1 seconds; branches are not concerned" in said
    assert refs(server)["refs/heads/main"] == git(clone, "rev-parse", "HEAD")
