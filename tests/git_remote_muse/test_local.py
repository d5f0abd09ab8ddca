"""clone, fetch, pull, push and ls-remote of a repository on this machine, by every spelling of its path."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

RunAny = Callable[..., subprocess.CompletedProcess[bytes]]
Ok = Callable[..., str]
Refs = Callable[..., dict[str, str]]
LOG = "refs/muse/log/w1"


@pytest.fixture
def server(make_repo: Callable[..., Path], git: Ok, chain: Ok) -> Path:
    """A bare repository with two commits, a tag and a metadata ref."""
    source = make_repo("source", {"a.txt": "one\n"})
    git(source, "tag", "-a", "v1", "-m", "first")
    (source / "a.txt").write_text("two\n")
    git(source, "commit", "-qam", "second")
    git(source.parent, "clone", "-q", "--bare", str(source), "server")
    bare = source.parent / "server"
    git(bare, "update-ref", LOG, chain(bare, "ops"))
    return bare


@pytest.mark.parametrize(
    "form",
    [
        "muse::{0}",
        "muse::{0}/",
        "muse://{0}",
        "muse::file://{0}",
        "muse::server",
        "muse::./server",
        "muse::x/../server",
    ],
)
def test_clone_by_every_form_of_a_path(server: Path, tmp_path: Path, ok: Ok, git: Ok, form: str, refs: Refs) -> None:
    (tmp_path / "x").mkdir()
    ok(tmp_path, "clone", form.format(server), "copy")
    copy = tmp_path / "copy"
    assert (copy / "a.txt").read_text() == "two\n"
    assert git(copy, "rev-parse", "HEAD") == git(server, "rev-parse", "main")
    assert refs(copy)["refs/muse-remotes/origin/log/w1"] == refs(server)[LOG]
    # The address works from inside the clone too, whatever it was relative to.
    assert "refs/heads/main" in ok(copy, "ls-remote", "origin")
    assert ok(copy, "fsck", "--strict") == ""


@pytest.mark.parametrize("name", ["with space", "it's", 'a "quoted" one', "caf\u00e9", "pct%20name", "a=b&c;d"])
def test_names_that_a_shell_would_misread(server: Path, tmp_path: Path, ok: Ok, git: Ok, name: str) -> None:
    server.rename(tmp_path / name)
    ok(tmp_path, "clone", f"muse::{tmp_path / name}", "copy")
    assert (tmp_path / "copy" / "a.txt").read_text() == "two\n"


def test_work_tree_and_its_git_folder(server: Path, tmp_path: Path, ok: Ok, git: Ok) -> None:
    for number, path in enumerate((tmp_path / "source", tmp_path / "source" / ".git")):
        ok(tmp_path, "clone", f"muse::{path}", f"copy{number}")
        assert git(tmp_path / f"copy{number}", "rev-parse", "HEAD") == git(tmp_path / "source", "rev-parse", "HEAD")


@pytest.mark.parametrize(
    "words",
    [
        "muse::nowhere",
        "muse::./nowhere",
        "muse::{0}/nowhere",
        "muse:///{0}/nowhere/",
        "muse::nowhere copy",
        "--bare muse::nowhere",
        "--mirror muse::nowhere",
        "--separate-git-dir=apart muse::nowhere",
        "muse::folder copy",
        "muse::folder/file copy",
        "muse::empty",
        "muse::. .",
    ],
)
def test_clone_of_no_repository_is_refused_and_leaves_nothing(tmp_path: Path, run_git: RunAny, words: str) -> None:
    """Git makes the new repository first; where it makes it at the very path to read, that is no repository to read."""
    here = tmp_path / "here"
    for folder in ("folder", "empty"):
        (here / folder).mkdir(parents=True)
    (here / "folder" / "file").write_text("x")
    where = here / "empty" if words.endswith(" .") else here
    before = sorted(here.rglob("*"))
    done = run_git(where, "clone", "-q", *words.format(here).split())
    assert done.returncode == 128
    first, *more = done.stderr.decode().splitlines()
    if "file" in words:  # Git's own program says what the file is not
        assert first == "fatal: invalid gitfile format: folder/file"
    else:
        assert first.startswith("muse: repository '") and "' does not exist" in first and not more
    assert sorted(here.rglob("*")) == before


def test_a_repository_can_be_read_from_inside_by_its_own_path(server: Path, tmp_path: Path, ok: Ok, git: Ok) -> None:
    ok(server, "fetch", "muse::.", "main:refs/heads/again")
    assert git(server, "rev-parse", "again") == git(server, "rev-parse", "main")
    git(server, "worktree", "add", "-q", str(tmp_path / "tree"), "again")
    assert "refs/heads/again" in ok(tmp_path, "ls-remote", "muse::tree")


def test_fetch_pull_and_push(
    server: Path, tmp_path: Path, ok: Ok, git: Ok, commit: Callable[..., str], refs: Refs
) -> None:
    ok(tmp_path, "clone", f"muse::{server}", "one")
    ok(tmp_path, "clone", f"muse::{server}", "two")
    one, two = tmp_path / "one", tmp_path / "two"
    tip = commit(one, {"b.txt": "new\n"})
    ok(one, "push", "origin", "HEAD")
    assert refs(server)["refs/heads/main"] == tip
    ok(two, "pull", "-q")
    assert (two / "b.txt").read_text() == "new\n"
    ok(one, "push", "origin", "HEAD:refs/heads/side", "v1:refs/tags/v2")
    ok(two, "fetch", "--tags")
    assert refs(two)["refs/remotes/origin/side"] == tip
    assert "refs/tags/v2" in refs(two)
    ok(one, "push", "origin", ":side")
    ok(two, "fetch", "--prune")
    assert "refs/remotes/origin/side" not in refs(two)
    assert "refs/muse-remotes/origin/log/w1" in refs(two)


def test_metadata_goes_out_with_a_push_and_in_with_a_fetch(
    server: Path, tmp_path: Path, ok: Ok, git: Ok, commit: Callable[..., str], run_git: RunAny, refs: Refs, chain: Ok
) -> None:
    ok(tmp_path, "clone", f"muse::{server}", "one")
    ok(tmp_path, "clone", f"muse::{server}", "two")
    one, two = tmp_path / "one", tmp_path / "two"
    mine = chain(one, "mine")
    git(one, "update-ref", "refs/muse/log/w2", mine)
    commit(one, {"b.txt": "new\n"})
    assert ok(one, "push", "--dry-run", "origin", "HEAD") == ""
    assert "refs/muse/log/w2" not in refs(server)
    ok(one, "push", "origin", "HEAD")
    assert refs(server)["refs/muse/log/w2"] == mine
    done = run_git(two, "fetch")
    assert refs(two)["refs/muse-remotes/origin/log/w2"] == mine
    assert done.stderr.decode().count("muse: ") == 1
    # Nothing new: nothing said, by either.
    assert b"muse: " not in run_git(two, "fetch").stderr
    assert b"muse: " not in run_git(one, "push", "origin", "HEAD:refs/heads/again").stderr


def test_a_refused_metadata_push_is_one_line_and_the_branch_goes_through(
    server: Path, tmp_path: Path, ok: Ok, git: Ok, commit: Callable[..., str], run_git: RunAny, refs: Refs, chain: Ok
) -> None:
    hook = server / "hooks" / "update"
    hook.write_text('#!/bin/sh\ncase "$1" in refs/muse/*) exit 1;; esac\n')
    hook.chmod(0o755)
    ok(tmp_path, "clone", f"muse::{server}", "one")
    one = tmp_path / "one"
    git(one, "update-ref", "refs/muse/log/w2", chain(one, "mine"))
    tip = commit(one, {"b.txt": "new\n"})
    done = run_git(one, "push", "origin", "HEAD")
    assert done.returncode == 0
    assert refs(server)["refs/heads/main"] == tip
    assert "refs/muse/log/w2" not in refs(server)
    said = [line for line in done.stderr.decode().splitlines() if line.startswith("muse: ")]
    assert len(said) == 1 and "did not take the metadata" in said[0] and "refs/muse/log/w2" in said[0]


def test_plain_git_clones_a_muse_repository_and_muse_a_plain_one(
    server: Path, tmp_path: Path, ok: Ok, git: Ok, commit: Callable[..., str], run_git: RunAny, refs: Refs
) -> None:
    git(tmp_path, "clone", "-q", f"file://{server}", "plain")
    plain = tmp_path / "plain"
    assert not [name for name in refs(plain) if "muse" in name]
    assert git(plain, "status", "--porcelain") == "" and git(plain, "fsck", "--strict") == ""
    assert git(plain, "log", "--format=%s") == "second\nfirst"
    tip = commit(plain, {"b.txt": "b\n"})
    git(plain, "push", "-q", "origin", "main")
    git(plain, "fetch", "-q", "--prune")
    assert (refs(server)["refs/heads/main"], LOG in refs(server)) == (tip, True)
    git(server, "update-ref", "-d", LOG)  # now there is nothing of Muse in it
    done = run_git(tmp_path, "clone", "-q", f"muse::{server}", "ours")
    ours = tmp_path / "ours"
    assert (done.returncode, done.stderr) == (0, b"")
    assert not [name for name in refs(ours) if "muse" in name] and git(ours, "status", "--porcelain") == ""
    tip = commit(ours, {"c.txt": "c\n"})
    done = run_git(ours, "push", "-q", "origin", "main")
    assert (done.returncode, done.stderr) == (0, b"") and refs(server)["refs/heads/main"] == tip
    assert not [name for name in refs(server) if "muse" in name]
    git(plain, "pull", "-q", "--ff-only")
    assert git(plain, "rev-parse", "HEAD") == tip and git(server, "fsck", "--strict", "--no-dangling") == ""


def test_switched_off(server: Path, tmp_path: Path, ok: Ok, git: Ok, refs: Refs) -> None:
    for number, key in enumerate(("muse.metadata", "muse.autoSetup")):
        ok(tmp_path, "-c", f"{key}=false", "clone", f"muse::{server}", f"copy{number}")
        assert not [name for name in refs(tmp_path / f"copy{number}") if name.startswith("refs/muse")]


def test_looking_changes_nothing(server: Path, tmp_path: Path, ok: Ok, git: Ok, refs: Refs) -> None:
    plain = tmp_path / "plain"
    git(tmp_path, "clone", "-q", f"file://{server}", "plain")
    git(plain, "remote", "add", "muse", f"muse::{server}")
    before, config = refs(plain), (plain / ".git" / "config").read_bytes()
    assert "refs/heads/main" in ok(plain, "ls-remote", "muse")
    assert "ref: refs/heads/main\tHEAD" in ok(plain, "ls-remote", "--symref", "muse")
    ok(plain, "fetch", f"muse::{server}", "main")  # a remote without a name
    assert refs(plain) == before
    assert (plain / ".git" / "config").read_bytes() == config
    assert "refs/heads/main" in ok(tmp_path, "ls-remote", f"muse::{server}")


def test_an_empty_repository_keeps_its_unborn_branch_and_its_address(
    make_repo: Callable[..., Path], tmp_path: Path, ok: Ok, git: Ok, commit: Callable[..., str], refs: Refs
) -> None:
    empty = make_repo("empty", bare=True)
    git(empty, "symbolic-ref", "HEAD", "refs/heads/trunk")
    ok(tmp_path, "clone", "muse::empty", "copy")
    copy = tmp_path / "copy"
    assert git(copy, "symbolic-ref", "HEAD") == "refs/heads/trunk"
    tip = commit(copy, {"a": "a"})
    ok(copy, "push", "origin", "HEAD")
    assert refs(empty) == {"refs/heads/trunk": tip}


def test_a_relative_path_is_no_name_of_a_remote(server: Path, tmp_path: Path, ok: Ok, git: Ok, refs: Refs) -> None:
    git(tmp_path, "init", "-q", "one")
    one = tmp_path / "one"
    server.rename(one / "server")
    git(one, "remote", "add", "origin", "muse::server")
    git(one, "remote", "add", "server", "/nowhere")
    ok(one, "fetch", "-q", "origin")
    assert refs(one)["refs/muse-remotes/origin/log/w1"] == refs(one / "server")[LOG]
