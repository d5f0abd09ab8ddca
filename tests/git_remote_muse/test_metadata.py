"""Metadata beside the branches: what comes in, what goes out, what is kept apart, what a new clone is set up with."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from muse.core.errors import MuseError
from muse.store import sync
from muse.store.repository import Repository

RunAny = Callable[..., subprocess.CompletedProcess[bytes]]
Ok = Callable[..., str]
Refs = Callable[..., dict[str, str]]
HOME = "refs/muse-remotes/origin/"


@pytest.fixture
def server(make_repo: Callable[..., Path], git: Ok) -> Path:
    """A bare repository with one commit that has a `.gitattributes`."""
    source = make_repo("source", {"a.py": "x = 1\n", ".gitattributes": "*.py merge=union\n*.txt text\n"})
    git(source.parent, "clone", "-q", "--bare", str(source), "server")
    return source.parent / "server"


def test_a_new_clone_has_the_drivers_and_keeps_the_projects_word(server: Path, tmp_path: Path, ok: Ok, git: Ok) -> None:
    ok(tmp_path, "clone", "muse::server", "copy")
    copy = tmp_path / "copy"
    assert "muse-merge-driver" in git(copy, "config", "merge.muse.driver")
    owners = subprocess.run(["muse", "doctor", "a.mid", "a.py"], cwd=copy, capture_output=True, text=True, check=True)
    assert owners.stdout.splitlines() == [
        "ok   a.mid: merged by Muse as midi",
        "ok   a.py: merged by Git's union of both sides, as .gitattributes says",
    ]
    assert git(copy, "status", "--porcelain") == ""
    assert not list((copy / ".git").glob("muse-attributes*"))
    before = (copy / ".git" / "config").read_bytes()
    git(copy, "config", "--unset", "merge.muse.driver")
    changed = (copy / ".git" / "config").read_bytes()
    assert changed != before
    ok(copy, "fetch", "origin", "+main:refs/heads/other")  # no new clone any more: what was taken out stays out
    assert (copy / ".git" / "config").read_bytes() == changed


def test_an_empty_clone_is_set_up_and_a_bare_one_is_left_alone(
    make_repo: Callable[..., Path], server: Path, tmp_path: Path, ok: Ok, git: Ok
) -> None:
    make_repo("empty", bare=True)
    ok(tmp_path, "clone", "muse::empty", "copy")
    assert "muse-merge-driver" in git(tmp_path / "copy", "config", "merge.muse.driver")
    ok(tmp_path, "clone", "--bare", "muse::server", "bare")
    assert git(tmp_path / "bare", "config", "merge.muse.driver", check=False) == ""


def test_a_clone_of_a_clone_passes_on_what_it_knows(
    server: Path, tmp_path: Path, ok: Ok, git: Ok, refs: Refs, chain: Ok
) -> None:
    far = chain(server, "far")
    git(server, "update-ref", "refs/muse/log/far", far)
    ok(tmp_path, "clone", "muse::server", "one")
    own = chain(tmp_path / "one", "own")
    git(tmp_path / "one", "update-ref", "refs/muse/meta/own", own)
    ok(tmp_path, "clone", "muse::one", "two")
    found = {name: tip for name, tip in refs(tmp_path / "two").items() if "muse" in name}
    assert found == {f"{HOME}log/far": far, f"{HOME}meta/own": own}


def test_the_longer_chain_of_one_writer_is_kept(
    server: Path, tmp_path: Path, ok: Ok, git: Ok, refs: Refs, chain: Ok
) -> None:
    old = chain(server, "1")
    new = chain(server, "2", old)
    git(server, "update-ref", "refs/muse/log/w", new)
    ok(tmp_path, "clone", "muse::server", "one")
    git(server, "update-ref", "refs/muse/log/w", old)  # the server restored from a backup
    git(server, "branch", "more")
    git(server, "commit-tree", "-m", "x", "main^{tree}")
    tip = git(server, "commit-tree", "-m", "x", "main^{tree}")
    git(server, "update-ref", "refs/heads/more", tip)
    ok(tmp_path / "one", "fetch")
    assert refs(tmp_path / "one")[f"{HOME}log/w"] == new


def test_two_states_that_contradict_each_other_are_both_kept_and_said(
    server: Path, tmp_path: Path, ok: Ok, git: Ok, refs: Refs, chain: Ok, run_git: RunAny
) -> None:
    base = chain(server, "base")
    left, right = chain(server, "left", base), chain(server, "right", base)
    git(server, "update-ref", "refs/muse/log/w", left)
    ok(tmp_path, "clone", "muse::server", "one")
    git(server, "update-ref", "refs/muse/log/w", right)
    one = tmp_path / "one"
    repo = Repository(one)
    with pytest.raises(MuseError, match="both are kept"):
        sync.fetch_metadata(repo, "origin", str(server))
    assert {refs(one)[f"{HOME}log/w"], refs(one)[f"{HOME}log/w.{right[:12]}"]} == {left, right}
    assert sync.fetch_metadata(repo, "origin", str(server)) == 0  # said once


def test_prune_and_depth_leave_metadata_alone(
    server: Path, tmp_path: Path, ok: Ok, git: Ok, refs: Refs, chain: Ok
) -> None:
    ids = [chain(server, "0")]
    for number in range(1, 4):
        ids.append(chain(server, str(number), ids[-1]))
    git(server, "update-ref", "refs/muse/log/w", ids[-1])
    ok(tmp_path, "clone", "--depth=1", f"muse::{server}", "one")
    one = tmp_path / "one"
    git(one, "update-ref", "refs/muse/log/mine", chain(one, "mine"))
    assert git(one, "rev-list", "--count", f"{HOME}log/w") == "4"
    ok(one, "fetch", "--prune", "--depth=1", "origin")
    ok(one, "remote", "prune", "origin")
    assert git(one, "rev-list", "--count", f"{HOME}log/w") == "4"
    assert "refs/muse/log/mine" in refs(one)


def test_names_of_refs_that_are_no_metadata_are_not_taken(
    server: Path, tmp_path: Path, ok: Ok, git: Ok, refs: Refs, chain: Ok
) -> None:
    tip = chain(server, "x")
    for name in ("log/good", "log/-bad", "other/thing", "log/a/b", "log/x%y", "meta/good"):
        git(server, "update-ref", f"refs/muse/{name}", tip)
    ok(tmp_path, "clone", "muse::server", "one")
    assert [name for name in refs(tmp_path / "one") if "muse" in name] == [f"{HOME}log/good", f"{HOME}meta/good"]


def test_a_broken_object_is_not_let_in(
    server: Path, tmp_path: Path, ok: Ok, git: Ok, refs: Refs, run_git: RunAny
) -> None:
    blob = git(server, "hash-object", "-w", "--stdin", input="x")
    raw = b"100644 .git\0" + bytes.fromhex(blob)
    done = subprocess.run(
        ["git", "hash-object", "-w", "-t", "tree", "--literally", "--stdin"], cwd=server, input=raw, capture_output=True
    )
    bad = git(server, "commit-tree", "-m", "x", done.stdout.decode().strip())
    git(server, "update-ref", "refs/muse/log/w", bad)
    done = run_git(tmp_path, "clone", "-q", "muse::server", "one")
    assert done.returncode == 0
    assert [name for name in refs(tmp_path / "one") if "muse" in name] == []
    said = [line for line in done.stderr.decode().splitlines() if line.startswith("muse: ")]
    assert len(said) == 1


def test_more_refs_than_anybody_needs_are_not_fetched(
    server: Path, tmp_path: Path, git: Ok, refs: Refs, chain: Ok, run_git: RunAny
) -> None:
    tip = chain(server, "x")
    lines = [f"{tip} refs/muse/log/w{number:06d}\n" for number in range(20_050)]
    (server / "packed-refs").write_text(
        "# pack-refs with: peeled fully-peeled sorted \n"
        + "".join(sorted([*lines, f"{git(server, 'rev-parse', 'main')} refs/heads/main\n"], key=lambda row: row[41:]))
    )
    done = run_git(tmp_path, "clone", "-q", "muse::server", "one")
    assert done.returncode == 0
    assert [name for name in refs(tmp_path / "one") if "muse" in name] == []
    assert "more than 20000 metadata refs" in done.stderr.decode()


def test_hidden_refs_degrade_without_a_word_on_fetch_and_with_one_line_on_push(
    server: Path, tmp_path: Path, ok: Ok, git: Ok, refs: Refs, chain: Ok, run_git: RunAny, commit: Ok
) -> None:
    git(server, "config", "transfer.hideRefs", "refs/muse")
    git(server, "update-ref", "refs/muse/log/w", chain(server, "x"))
    done = run_git(tmp_path, "clone", "-q", "muse::server", "one")
    assert (done.returncode, done.stderr) == (0, b"")
    one = tmp_path / "one"
    git(one, "update-ref", "refs/muse/log/mine", chain(one, "mine"))
    tip = commit(one, {"b": "b"})
    done = run_git(one, "push", "-q", "origin", "HEAD")
    assert done.returncode == 0 and refs(server)["refs/heads/main"] == tip
    said = done.stderr.decode().splitlines()
    assert len(said) == 1 and "did not take the metadata" in said[0]


def test_eight_writers_at_once_lose_nothing(
    server: Path, tmp_path: Path, ok: Ok, git: Ok, refs: Refs, chain: Ok, commit: Ok
) -> None:
    expected = {}
    folders = []
    for number in range(8):
        folder = tmp_path / f"w{number}"
        git(tmp_path, "clone", "-q", str(server), folder.name)
        git(folder, "remote", "set-url", "origin", f"muse::{server}")
        expected[f"refs/muse/log/w{number}"] = chain(folder, str(number))
        git(folder, "update-ref", f"refs/muse/log/w{number}", expected[f"refs/muse/log/w{number}"])
        commit(folder, {f"{number}": "x"})
        folders.append(folder)
    running = [
        subprocess.Popen(["git", "push", "-q", "origin", f"HEAD:refs/heads/b{number}"], cwd=folder)
        for number, folder in enumerate(folders)
    ]
    assert [process.wait(60) for process in running] == [0] * 8
    found = refs(server)
    assert {name: tip for name, tip in found.items() if name.startswith("refs/muse/")} == expected
    ok(folders[0], "fetch", "-q")
    assert len([name for name in refs(folders[0]) if name.startswith(HOME)]) == 8
