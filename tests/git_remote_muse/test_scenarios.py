"""What a helper must pass through unharmed: shallow, partial, atomic, leases, push options, hooks, odd repositories."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

RunAny = Callable[..., subprocess.CompletedProcess[bytes]]
Ok = Callable[..., str]
Commit = Callable[..., str]


@pytest.fixture
def server(make_repo: Callable[..., Path], git: Ok, commit: Commit) -> Path:
    """A bare repository with six commits on main, a branch and a tag."""
    source = make_repo("source", {"a.txt": "0\n", "dir/b.txt": "b\n"})
    for number in range(1, 5):
        commit(source, {"a.txt": f"{number}\n"})
    git(source, "tag", "-a", "v1", "-m", "v1")
    git(source, "branch", "side", "HEAD~1")
    commit(source, {"a.txt": "last\n"})
    git(source.parent, "clone", "-q", "--bare", str(source), "server")
    bare = source.parent / "server"
    git(bare, "config", "uploadpack.allowFilter", "true")
    git(bare, "config", "uploadpack.allowAnySHA1InWant", "true")
    git(
        bare,
        "update-ref",
        "refs/muse/log/w1",
        git(bare, "commit-tree", "-m", "log", git(bare, "rev-parse", "main:dir")),
    )
    return bare


def count(git: Ok, repo: Path, *what: str) -> int:
    return int(git(repo, "rev-list", "--count", *what))


def test_shallow_deepen_unshallow_and_metadata_beside_it(server: Path, tmp_path: Path, ok: Ok, git: Ok) -> None:
    copy = tmp_path / "copy"
    ok(tmp_path, "clone", "--depth=1", f"muse::{server}", "copy")
    assert count(git, copy, "HEAD") == 1
    assert git(copy, "rev-parse", "refs/muse-remotes/origin/log/w1") == git(server, "rev-parse", "refs/muse/log/w1")
    ok(copy, "fetch", "--deepen=1")
    assert count(git, copy, "HEAD") == 2
    ok(copy, "fetch", "--unshallow")
    assert count(git, copy, "HEAD") == 6
    ok(tmp_path, "clone", "--shallow-exclude=v1", f"muse::{server}", "after")
    assert count(git, tmp_path / "after", "HEAD") == 1
    ok(tmp_path, "clone", "--shallow-since=2000-01-01", f"muse::{server}", "since")
    assert count(git, tmp_path / "since", "HEAD") == 6


def test_partial_clone_fetches_what_is_missing_without_follow_up(server: Path, tmp_path: Path, ok: Ok, git: Ok) -> None:
    copy = tmp_path / "copy"
    ok(tmp_path, "clone", "--no-checkout", "--filter=blob:none", f"muse::{server}", "copy")
    git(copy, "update-ref", "-d", "refs/muse-remotes/origin/log/w1")
    assert git(copy, "rev-list", "--objects", "--missing=print", "HEAD").count("?") > 0
    assert ok(copy, "show", "HEAD:dir/b.txt") == "b"
    assert git(copy, "for-each-ref", "refs/muse-remotes") == ""
    ok(copy, "sparse-checkout", "set", "dir")
    ok(copy, "checkout", "-q", "main")
    assert (copy / "dir" / "b.txt").read_text() == "b\n"


def test_a_partial_clone_of_another_branch_does_not_get_the_default_one(
    server: Path, tmp_path: Path, ok: Ok, git: Ok
) -> None:
    git(server, "config", "uploadpack.allowFilter", "true")
    git(server, "config", "uploadpack.allowAnySHA1InWant", "true")
    git(server, "branch", "old", "main~1")
    tip = git(server, "commit-tree", "-p", "main", "main^{tree}", "-m", "newer")
    git(server, "update-ref", "refs/heads/main", tip)
    ok(tmp_path, "clone", "-q", "--filter=blob:none", "--single-branch", "-b", "old", f"muse::{server}", "copy")
    have = git(tmp_path / "copy", "cat-file", "--batch-all-objects", "--batch-check=%(objectname)").split()
    assert git(server, "rev-parse", "old") in have and tip not in have


@pytest.mark.parametrize("version", ["0", "1", "2"])
def test_the_wire_speaks_the_version_asked_for(
    server: Path, tmp_path: Path, run_git: RunAny, git: Ok, version: str
) -> None:
    trace = tmp_path / "trace"
    env = {"GIT_TRACE_PACKET": str(trace)}
    done = run_git(tmp_path, "-c", f"protocol.version={version}", "clone", f"muse::{server}", "copy", env=env)
    assert done.returncode == 0
    text = trace.read_text()
    assert ("version 2" in text, "version 1" in text) == (version == "2", version == "1")
    assert git(tmp_path / "copy", "rev-parse", "HEAD") == git(server, "rev-parse", "main")


def test_bare_mirror_tag_and_single_id(server: Path, tmp_path: Path, ok: Ok, git: Ok) -> None:
    ok(tmp_path, "clone", "--bare", f"muse::{server}", "bare")
    assert git(tmp_path / "bare", "rev-parse", "main") == git(server, "rev-parse", "main")
    sections = [row for row in (tmp_path / "bare" / "config").read_text().splitlines() if row.startswith("[")]
    assert sections == ["[core]", '[remote "origin"]', "[muse]"], "no driver is set up"
    ok(tmp_path, "clone", "--mirror", f"muse::{server}", "mirror")
    assert git(tmp_path / "mirror", "for-each-ref") == git(server, "for-each-ref")
    ok(tmp_path, "clone", "-b", "v1", f"muse::{server}", "tagged")
    assert git(tmp_path / "tagged", "rev-parse", "HEAD") == git(server, "rev-parse", "v1^0")
    wanted = git(server, "rev-parse", "main~3")
    git(tmp_path, "init", "-q", "one")
    ok(tmp_path / "one", "fetch", "--depth=1", f"muse::{server}", wanted)
    assert git(tmp_path / "one", "rev-parse", "FETCH_HEAD") == wanted


def test_rejections_leases_and_force(
    server: Path, tmp_path: Path, ok: Ok, git: Ok, commit: Commit, run_git: RunAny
) -> None:
    for name in ("one", "two"):
        ok(tmp_path, "clone", f"muse::{server}", name)
    one, two = tmp_path / "one", tmp_path / "two"
    commit(one, {"one": "1"})
    ok(one, "push", "origin", "main")
    mine = commit(two, {"two": "2"})
    late = run_git(two, "push", "origin", "main")
    assert late.returncode == 1 and b"(fetch first)" in late.stderr
    stale = run_git(two, "push", "--force-with-lease=main", "origin", "main")
    assert stale.returncode == 1 and b"(stale info)" in stale.stderr
    ok(two, "fetch")
    ok(two, "push", "--force-with-lease=main", "origin", "main")
    assert git(server, "rev-parse", "main") == mine
    ok(two, "push", "--force", "origin", "main~2:main")
    assert git(server, "rev-parse", "main") == git(two, "rev-parse", "main~2")


def test_atomic_push_options_and_the_words_of_a_hook(
    server: Path, tmp_path: Path, ok: Ok, git: Ok, commit: Commit, run_git: RunAny
) -> None:
    ok(tmp_path, "clone", f"muse::{server}", "one")
    one = tmp_path / "one"
    git(server, "config", "receive.advertisePushOptions", "true")
    update = server / "hooks" / "update"
    update.write_text('#!/bin/sh\necho "about $1"\n[ "$1" != refs/heads/bad ]\n')
    pre = server / "hooks" / "pre-receive"
    pre.write_text('#!/bin/sh\necho "option $GIT_PUSH_OPTION_0"\n')
    for hook in (update, pre):
        hook.chmod(0o755)
    before = git(server, "for-each-ref")
    commit(one, {"x": "x"})
    failed = run_git(one, "push", "--atomic", "-o", "loud", "origin", "main", "main:refs/heads/bad")
    assert failed.returncode == 1
    assert b"remote: option loud" in failed.stderr and b"remote: about refs/heads/bad" in failed.stderr
    assert git(server, "for-each-ref") == before
    ok(one, "push", "origin", "main", "main:refs/heads/good")
    assert git(server, "rev-parse", "good") == git(one, "rev-parse", "main")


def test_a_sha256_repository(make_repo: Callable[..., Path], tmp_path: Path, ok: Ok, git: Ok, commit: Commit) -> None:
    source = make_repo("wide", {"a": "a"}, sha256=True)
    git(source, "update-ref", "refs/muse/log/w1", "HEAD")
    ok(tmp_path, "clone", f"muse::{source}", "copy")
    copy = tmp_path / "copy"
    assert git(copy, "rev-parse", "--show-object-format") == "sha256"
    assert git(copy, "rev-parse", "refs/muse-remotes/origin/log/w1") == git(source, "rev-parse", "HEAD")
    commit(copy, {"b": "b"})
    ok(copy, "push", "origin", "HEAD:refs/heads/new")
    assert git(source, "rev-parse", "new") == git(copy, "rev-parse", "HEAD")


def test_a_remote_by_vcs_key_and_a_chosen_server_program(server: Path, tmp_path: Path, ok: Ok, git: Ok) -> None:
    git(tmp_path, "init", "-q", "one")
    one = tmp_path / "one"
    git(one, "config", "remote.there.vcs", "muse")
    git(one, "config", "remote.there.url", str(server))
    assert "refs/heads/main" in ok(one, "ls-remote", "there")
    log = tmp_path / "log"
    program = tmp_path / "my upload"
    program.write_text(f'#!/bin/sh\necho "$@" >>"{log}"\nexec git-upload-pack "$@"\n')
    program.chmod(0o755)
    ok(tmp_path, "clone", f"--upload-pack='{program}'", f"muse::{server}", "two")
    assert str(server) in log.read_text()


def test_metadata_is_asked_of_the_configured_server_programs_too(
    server: Path, tmp_path: Path, ok: Ok, git: Ok, commit: Commit, chain: Ok
) -> None:
    """As where git is not on the PATH of an ssh server."""
    ssh = tmp_path / "ssh"
    ssh.write_text('#!/bin/sh\ncase "$2" in /opt/git-*) ;; *) exit 127 ;; esac\n'
                   f'name=${{2#/opt/}}\nexec "${{name%% *}}" "{server}"\n')  # fmt: skip
    ssh.chmod(0o755)
    env = {"GIT_SSH_COMMAND": str(ssh), "GIT_SSH_VARIANT": "simple"}
    one = tmp_path / "one"
    git(tmp_path, "init", "-q", "one")
    git(one, "remote", "add", "origin", "muse::host:server")
    for key in ("uploadpack", "receivepack"):
        git(one, "config", f"remote.origin.{key}", f"/opt/git-{key.removesuffix('pack')}-pack")
    ok(one, "fetch", "-q", env=env)
    assert git(one, "rev-parse", "refs/muse-remotes/origin/log/w1") == git(server, "rev-parse", "refs/muse/log/w1")
    git(one, "update-ref", "refs/muse/log/mine", chain(one, "mine"))
    commit(one, {"c": "c"})
    ok(one, "push", "-q", "origin", "HEAD:refs/heads/new", env=env)
    assert git(server, "rev-parse", "refs/muse/log/mine") == git(one, "rev-parse", "refs/muse/log/mine")


def test_an_archive_of_a_remote(server: Path, tmp_path: Path, run_git: RunAny) -> None:
    done = run_git(tmp_path, "archive", f"--remote=muse::{server}", "main")
    assert done.returncode == 0 and b"dir/b.txt" in done.stdout


def test_submodules_follow_gits_policy(
    server: Path, tmp_path: Path, ok: Ok, git: Ok, run_git: RunAny, make_repo: Callable[..., Path]
) -> None:
    outer = make_repo("outer", {"x": "x"})
    refused = run_git(outer, "submodule", "add", f"muse::{server}", "sub")
    assert refused.returncode != 0 and b"transport 'muse' not allowed" in refused.stderr
    assert os.listdir(outer / ".git" / "modules") == [] if (outer / ".git" / "modules").exists() else True
    ok(outer, "-c", "protocol.muse.allow=always", "submodule", "add", f"muse::{server}", "sub")
    assert (outer / "sub" / "a.txt").read_text() == "last\n"


def test_a_server_that_dies_while_git_waits(server: Path, tmp_path: Path, run_git: RunAny) -> None:
    done = run_git(tmp_path, "clone", "--shallow-since=2040-01-01", f"muse::{server}", "copy")
    assert done.returncode == 128 and b"no commits selected" in done.stderr
    assert not (tmp_path / "copy").exists()


def test_a_mirror_pushed_from_a_clone_has_all_of_it(server: Path, tmp_path: Path, ok: Ok, git: Ok) -> None:
    """`push --mirror` sends every ref; the next clone finds branches and metadata there, whoever wrote them."""
    blob = git(server, "hash-object", "-w", "--stdin", input="w1")
    tree = git(server, "mktree", input=f"100644 blob {blob}\tformat\n")
    git(server, "update-ref", "refs/muse/log/w1", git(server, "commit-tree", tree, "-m", "log"))
    ok(tmp_path, "clone", "-q", f"muse::{server}", "work")
    ok(tmp_path, "clone", "-q", "--mirror", f"muse::{server}", "copy")
    for source in ("work", "copy"):
        git(tmp_path, "init", "-q", "--bare", "-b", "main", f"{source}-there")
        for _ in range(2):
            ok(tmp_path / source, "push", "-q", "--mirror", f"muse::{tmp_path}/{source}-there")
        assert git(tmp_path / f"{source}-there", "for-each-ref") == git(tmp_path / source, "for-each-ref")
    ok(tmp_path, "clone", "-q", f"muse::{tmp_path}/copy-there", "again")
    assert git(tmp_path / "again", "rev-parse", "HEAD") == git(server, "rev-parse", "HEAD")
    assert git(tmp_path / "again", "rev-parse", "refs/muse-remotes/origin/log/w1") == git(
        server, "rev-parse", "refs/muse/log/w1"
    )
    hook = Path(__file__).resolve().parents[2] / "examples/server/update"
    (server / "hooks" / "update").symlink_to(hook)
    done = subprocess.run(["git", "push", "--mirror", f"muse::{server}"], cwd=tmp_path / "again", capture_output=True)
    assert done.returncode == 1 and b"refs/muse/log/w1 has live edits of a clone and is not deleted" in done.stderr
    assert git(server, "rev-parse", "refs/muse/log/w1")
    later = git(server, "commit-tree", tree, "-m", "log", "-p", git(server, "rev-parse", "refs/muse/log/w1"))
    git(tmp_path / "copy", "fetch", "-q", str(server), f"+{later}:refs/muse/log/w1")
    ok(tmp_path / "copy", "push", "-q", f"muse::{server}", "refs/muse/log/w1")
    assert git(server, "rev-parse", "refs/muse/log/w1") == later
