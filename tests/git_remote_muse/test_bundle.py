"""clone and fetch of a bundle behind `muse::`, metadata included; a push to one is refused."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

RunAny = Callable[..., subprocess.CompletedProcess[bytes]]
Ok = Callable[..., str]
Refs = Callable[..., dict[str, str]]
LOG = "refs/muse/log/w1"


@pytest.fixture(params=["sha1", "sha256"])
def source(
    make_repo: Callable[..., Path], git: Ok, chain: Ok, request: pytest.FixtureRequest, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:  # fmt: skip
    """A repository on `trunk`, with a metadata ref and `all.bundle` beside it; whatever is left in TMPDIR shows."""
    made = make_repo("source", {"a.txt": "one\n"}, sha256=request.param == "sha256")
    git(made, "branch", "-m", "trunk")
    git(made, "branch", "other")
    git(made, "update-ref", LOG, chain(made, "ops"))
    git(made, "bundle", "create", "-q", "../all.bundle", "--all", "HEAD")
    (tmp_path / "scratch").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "scratch"))
    tempfile.tempdir = None
    return made


@pytest.mark.parametrize("form", ["muse::{0}/all.bundle", "muse::all.bundle", "muse://{0}/all.bundle"])
def test_clone(source: Path, tmp_path: Path, ok: Ok, git: Ok, refs: Refs, form: str) -> None:
    ok(tmp_path, "clone", "-q", form.format(tmp_path), "copy")
    copy = tmp_path / "copy"
    assert (copy / "a.txt").read_text() == "one\n" and git(copy, "rev-parse", "HEAD") == git(
        source, "rev-parse", "HEAD"
    )
    assert refs(copy)["refs/muse-remotes/origin/log/w1"] == refs(source)[LOG]
    assert {"refs/remotes/origin/trunk", "refs/remotes/origin/other"} <= refs(copy).keys()
    assert (
        git(copy, "fsck", "--strict", "--no-dangling") == ""
        and "muse" in git(copy, "config", "merge.muse.name").lower()
    )
    assert git(copy, "count-objects", "-v").splitlines()[-1] == "size-garbage: 0"
    assert not list((tmp_path / "scratch").iterdir())


def test_what_came_since(source: Path, tmp_path: Path, ok: Ok, git: Ok, run_git: RunAny) -> None:
    ok(tmp_path, "clone", "-q", "muse::all.bundle", "copy")
    copy = tmp_path / "copy"
    (source / "a.txt").write_text("two\n")
    git(source, "commit", "-qam", "second")
    git(source, "bundle", "create", "-q", "../new.bundle", "HEAD~..trunk")
    ok(copy, "fetch", "-q", f"muse::{tmp_path}/new.bundle", "trunk")
    assert git(copy, "rev-parse", "FETCH_HEAD") == git(source, "rev-parse", "trunk")
    assert git(copy, "fsck", "--strict", "--no-dangling") == ""
    empty = tmp_path / "empty"
    git(
        tmp_path,
        "init",
        "-q",
        *(["--object-format=sha256"] if len(git(source, "rev-parse", "HEAD")) > 40 else []),
        "empty",
    )
    done = run_git(empty, "fetch", "-q", f"muse::{tmp_path}/new.bundle", "trunk")
    assert done.returncode and b"lacks these prerequisite commits" in done.stderr and b"Traceback" not in done.stderr
    assert not list((tmp_path / "scratch").iterdir())


@pytest.mark.parametrize("joins", ["true", "false"])
def test_push_is_refused(source: Path, tmp_path: Path, git: Ok, run_git: RunAny, joins: str) -> None:
    git(source, "config", "muse.joinOnPush", joins)
    before = (tmp_path / "all.bundle").read_bytes()
    done = run_git(source, "push", f"muse::{tmp_path}/all.bundle", "HEAD:refs/heads/new")
    assert done.returncode and b"is a bundle, which takes no push" in done.stderr and b"Traceback" not in done.stderr
    assert (tmp_path / "all.bundle").read_bytes() == before and not list((tmp_path / "scratch").iterdir())


@pytest.mark.parametrize("size", [200, 300])
def test_a_damaged_one(source: Path, tmp_path: Path, run_git: RunAny, size: int) -> None:
    (tmp_path / "bad.bundle").write_bytes((tmp_path / "all.bundle").read_bytes()[:size])
    done = run_git(tmp_path, "clone", "-q", "muse::bad.bundle", "copy")
    assert done.returncode and b"Traceback" not in done.stderr and not (tmp_path / "copy").exists()
    assert not list((tmp_path / "scratch").iterdir())
