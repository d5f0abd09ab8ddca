"""`git remote rename` and `git remote remove`: the copies of metadata go where their remote goes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import MakeRepo, RunGit

Muse = Callable[..., tuple[int, str, str]]
COPY = "refs/muse-remotes/{}/log/w9"


@pytest.fixture
def clone(make_repo: MakeRepo, git: RunGit, muse: Muse, tmp_path: Path) -> Path:
    """A clone that has the metadata of its only remote."""
    first = make_repo(files={"a.txt": "a\n"})
    git(tmp_path, "clone", "-q", "--bare", first, "server.git")
    server = tmp_path / "server.git"
    git(server, "update-ref", "refs/muse/log/w9", chain(server, git, "first"))
    git(tmp_path, "clone", "-q", server, "clone")
    assert muse(tmp_path / "clone", "sync")[0] == 0
    assert copies(tmp_path / "clone", git) == {COPY.format("origin")}
    return tmp_path / "clone"


def chain(root: Path, git: RunGit, text: str, *parents: str) -> str:
    tree = git(root, "mktree", input=f"100644 blob {git(root, 'hash-object', '-w', '--stdin', input=text)}\tformat\n")
    return git(root, "commit-tree", tree, "-m", text, *[word for each in parents for word in ("-p", each)])


def copies(root: Path, git: RunGit) -> set[str]:
    return set(git(root, "for-each-ref", "--format=%(refname)", "refs/muse-remotes").split())


def tip(root: Path, git: RunGit, ref: str) -> str:
    return git(root, "rev-parse", ref)


def test_a_renamed_remote_keeps_its_copies(clone: Path, git: RunGit, muse: Muse) -> None:
    was = tip(clone, git, COPY.format("origin"))
    git(clone, "remote", "rename", "origin", "up/stream")
    code, out, _ = muse(clone, "sync", "up/stream")
    assert code == 0 and "metadata" not in out, "nothing comes a second time"
    assert copies(clone, git) == {COPY.format("up/stream")} and tip(clone, git, COPY.format("up/stream")) == was
    assert git(clone, "config", "--get-all", "muse.remote") == "up/stream"
    git(clone, "remote", "rename", "up/stream", "origin")
    muse(clone, "gc")
    assert copies(clone, git) == {COPY.format("origin")} and git(clone, "remote") == "origin"


def test_what_came_under_the_new_name_already_is_not_lost(clone: Path, git: RunGit, muse: Muse) -> None:
    was = tip(clone, git, COPY.format("origin"))
    git(clone, "remote", "rename", "origin", "other")
    newer, apart = chain(clone, git, "newer", was), chain(clone, git, "apart")
    git(clone, "update-ref", COPY.format("other"), newer)
    git(clone, "update-ref", "refs/muse-remotes/origin/log/w8", was)
    git(clone, "update-ref", "refs/muse-remotes/other/log/w8", apart)
    muse(clone, "gc")
    assert tip(clone, git, COPY.format("other")) == newer
    assert tip(clone, git, "refs/muse-remotes/other/log/w8") == apart
    assert tip(clone, git, f"refs/muse-remotes/other/log/w8.{was[:12]}") == was
    assert not [name for name in copies(clone, git) if "/origin/" in name]


def test_a_removed_remote_takes_its_copies_along(clone: Path, git: RunGit, muse: Muse) -> None:
    git(clone, "update-ref", "refs/muse-remotes/mirrored/log/w7", tip(clone, git, COPY.format("origin")))
    git(clone, "remote", "remove", "origin")
    assert muse(clone, "gc")[0] == 0
    assert copies(clone, git) == {"refs/muse-remotes/mirrored/log/w7"}, "nobody's business but its own"
    assert git(clone, "remote") == "" and "muse" not in git(clone, "config", "--local", "--list")


def test_another_remote_of_the_old_name(clone: Path, git: RunGit, muse: Muse, tmp_path: Path) -> None:
    was = tip(clone, git, COPY.format("origin"))
    git(tmp_path, "clone", "-q", "--bare", "server.git", "second.git")
    git(clone, "remote", "rename", "origin", "old")
    git(clone, "remote", "add", "origin", tmp_path / "second.git")
    assert muse(clone, "sync", "origin")[0] == 0
    assert copies(clone, git) == {COPY.format("old")} and tip(clone, git, COPY.format("old")) == was
    git(clone, "remote", "remove", "old")
    git(clone, "remote", "add", "old", tmp_path / "second.git")
    assert muse(clone, "sync", "old")[0] == 0
    assert COPY.format("old") not in copies(clone, git), "the second server never had it"


def test_a_fetch_through_the_helper_follows(clone: Path, git: RunGit, muse_on_path: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", f"muse::{tmp_path / 'server.git'}", "plain")
    root = tmp_path / "plain"
    assert copies(root, git) == {COPY.format("origin")}
    git(root, "remote", "rename", "origin", "upstream")
    git(root, "fetch", "-q", "upstream")
    assert copies(root, git) == {COPY.format("upstream")}


def test_uninstall_takes_the_notes_along(clone: Path, git: RunGit, muse: Muse) -> None:
    git(clone, "config", "--local", "--remove-section", "muse")
    git(clone, "config", "--local", "--unset", "remote.origin.museName")
    before = (clone / ".git" / "config").read_text()
    assert muse(clone, "sync")[0] == 0 and muse(clone, "install")[0] == 0
    assert "museName = origin" in (clone / ".git" / "config").read_text()
    code, _, err = muse(clone, "uninstall")
    assert code == 0 and f"took our lines out of {clone}/.git/config" in err
    assert (clone / ".git" / "config").read_text() == before
    assert copies(clone, git) == {COPY.format("origin")}, "they are no lines of a file"
    assert "nothing of ours is there" in muse(clone, "uninstall")[2]
    assert muse(clone, "sync")[0] == 0
    git(clone, "remote", "rename", "origin", "there")
    assert muse(clone, "sync", "there")[0] == 0 and copies(clone, git) == {COPY.format("there")}


@pytest.mark.parametrize("letter", ["\u2028", "\u2029", "\x85"], ids=repr)
def test_a_letter_that_ends_lines_elsewhere_makes_no_ref_of_its_own(
    make_repo: MakeRepo, git: RunGit, letter: str
) -> None:
    """What Git lists was cut there: the end of one name passed for a line, and so for a ref."""
    from git_remote_muse import push
    from muse.store.intake import local_tips
    from muse.store.repository import Repository
    from muse.store.sync import due

    root = make_repo("repo", {"a.txt": "a\n"})
    head = git(root, "rev-parse", "HEAD")
    names = [f"refs/muse/log/a{letter}{'1' * 40}", f"refs/muse/log/b{letter}b", "refs/muse/log/c"]
    for name in names:
        git(root, "update-ref", name, head)
    assert local_tips(Repository(root), "refs/muse/") == dict.fromkeys(names, head)
    assert due(Repository(root), "origin") == {"refs/muse/log/c": head}
    with pytest.MonkeyPatch.context() as there:
        there.chdir(root)
        assert push._tips("refs/muse/") == dict.fromkeys(names, head)
