"""Commits written and read."""

from __future__ import annotations

import pytest

from muse.core.errors import MuseError
from muse.store.objects import commits
from muse.store.repository import Repository


@pytest.fixture(params=[False, True], ids=["sha1", "sha256"])
def repo(request, make_repo):
    return Repository(make_repo(files={"a": "1\n"}, sha256=request.param))


def test_written_as_git_writes(repo, git):
    head, tree = repo.head(), repo.tree_of("HEAD")
    author = commits.Signature("Bée", "b@example.org", 1_700_000_000, "-0330")
    name = commits.write(repo, tree, [head], "Ünder\n\nBody.\n", author=author)
    assert git(repo.root, "log", "-1", "--format=%an <%ae> %ad %cn %T %P%n%B", "--date=raw", name) == (
        f"Bée <b@example.org> 1700000000 -0330 Ada Tester {tree} {head}\nÜnder\n\nBody."
    )
    found = commits.read(repo, name)
    assert found == (name, tree, (head,), author, found.committer, "Ünder\n\nBody.\n")
    assert found.committer.name == "Ada Tester" and found.committer.zone == "+0000"
    git(repo.root, "fsck", "--strict")


def test_encodings(repo, git):
    git(repo.root, "config", "i18n.commitEncoding", "latin1")
    repo = Repository(repo.root)
    name = commits.write(repo, repo.tree_of("HEAD"), [], "Müsli\n")
    assert b"M\xfcsli" in repo.objects.read(name)[1]
    assert commits.read(repo, name).message == "Müsli\n"
    with pytest.raises(MuseError, match="cannot be written in latin1"):
        commits.write(repo, repo.tree_of("HEAD"), [], "日本\n")


def test_no_identity(repo, git, monkeypatch):
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.delenv(f"GIT_{role}_NAME")
        monkeypatch.delenv(f"GIT_{role}_EMAIL")
    monkeypatch.setenv("EMAIL", "")
    git(repo.root, "config", "--global", "--unset", "user.name")
    git(repo.root, "config", "--global", "--unset", "user.email")
    git(repo.root, "config", "--global", "user.useConfigOnly", "true")
    repo = Repository(repo.root)
    with pytest.raises(MuseError) as caught:
        commits.write(repo, repo.tree_of("HEAD"), [], "x")
    assert "\n" not in str(caught.value) and "email" in str(caught.value)


def test_odd_commits_can_be_read(repo, git):
    tree = repo.tree_of("HEAD")
    raw = f"tree {tree}\nauthor <> 0 +0000\ncommitter N <e> 1 +0100\nencoding nonsense\nx-head a\n b\n\nM\xfcsli"
    name = git(repo.root, "hash-object", "-w", "-t", "commit", "--literally", "--stdin", input=raw.encode("latin1"))
    found = commits.read(repo, name)
    assert found.author == ("", "", 0, "+0000") and found.message == "M\ufffdsli"
