"""Trees from manifests and from other trees, manifests from trees, and what it costs."""

from __future__ import annotations

import os

import pytest

from muse.core import content
from muse.core.errors import MuseError
from muse.core.types import blob_digest
from muse.plugins.files import FilesPlugin
from muse.store.objects import snapshots
from muse.store.objects.database import EXECUTABLE, FILE, FOLDER, SYMLINK, TreeEntry
from muse.store.objects.trees import edit
from muse.store.repository import Repository

FILES = {"a.txt": "one\n", "sub/b.txt": "two\n", "sub/deep/c.txt": "three\n", "sub.x": "sorts between\n"}


@pytest.fixture(params=[False, True], ids=["sha1", "sha256"])
def repo(request, make_repo):
    return Repository(make_repo(files=FILES, sha256=request.param))


def _edit(repo, tree, changes):
    with repo.writer() as writer:
        made = {path: None if data is None else (FILE, writer.blob(data)) for path, data in changes.items()}
        return edit(repo, writer, tree, made)


def _listing(repo, git, tree):
    return git(repo.root, "ls-tree", "-r", "--name-only", tree).splitlines()


def test_a_manifest_goes_back_to_its_own_tree(repo, git):
    assert snapshots.write_tree(repo, repo.manifest("HEAD")) == repo.tree_of("HEAD")
    git(repo.root, "fsck", "--strict")


def test_modes_and_submodules_of_the_old_tree_stay(repo, git):
    os.symlink("a.txt", repo.root / "link")
    (repo.root / "run.sh").write_text("#!/bin/sh\n")
    (repo.root / "run.sh").chmod(0o755)
    git(repo.root, "add", "-A")
    git(repo.root, "update-index", "--add", "--cacheinfo", f"160000,{repo.head()},module")
    git(repo.root, "commit", "-qm", "modes")
    manifest = repo.manifest("HEAD")
    manifest["files"]["run.sh"] = repo.content.put(b"#!/bin/sh\nexit 1\n")
    manifest["files"]["new"] = repo.content.put(b"new\n")
    manifest["files"]["hook"] = repo.content.put(b"#!/bin/sh\n")
    del manifest["files"]["sub/deep/c.txt"]
    tree = snapshots.write_tree(repo, manifest, like="HEAD", modes={"hook": EXECUTABLE})
    assert repo.manifest(tree) == manifest
    modes = {row.split("\t")[1]: row[:6] for row in git(repo.root, "ls-tree", "-r", tree).splitlines()}
    assert modes == {
        "a.txt": "100644",
        "hook": "100755",
        "link": f"{SYMLINK:06o}",
        "module": "160000",
        "new": "100644",
        "run.sh": "100755",
        "sub.x": "100644",
        "sub/b.txt": "100644",
    }


def test_edit_touches_only_what_changes(repo, git):
    tree = repo.tree_of("HEAD")
    new = _edit(repo, tree, {b"sub/deep/c.txt": b"3\n", b"x/y/z": b"z\n", b"a.txt": None})
    assert _listing(repo, git, new) == ["sub.x", "sub/b.txt", "sub/deep/c.txt", "x/y/z"]
    assert _edit(repo, new, {b"x/y/z": None, b"a.txt": b"one\n", b"sub/deep/c.txt": b"three\n"}) == tree
    assert _edit(repo, tree, dict.fromkeys(path.encode() for path in FILES)) == repo.empty_tree
    git(repo.root, "fsck", "--strict")


def test_files_become_folders_and_back(repo, git):
    tree = repo.tree_of("HEAD")
    folder = _edit(repo, tree, {b"a.txt": None, b"a.txt/inner": b"x"})
    assert "a.txt/inner" in _listing(repo, git, folder) and "a.txt" not in _listing(repo, git, folder)
    assert _edit(repo, folder, {b"a.txt": b"one\n", b"a.txt/inner": None}) == tree
    assert _edit(repo, tree, {b"a.txt/nothing": None}) == tree
    with pytest.raises(MuseError, match="below a file"):
        _edit(repo, tree, {b"n": b"1", b"n/m": b"2"})


@pytest.mark.parametrize(
    "path",
    [
        b"",
        b"/a",
        b"a/",
        b"a//b",
        b"../a",
        b"a/./b",
        b".git/config",
        b"x/.GIT/y",
        b"git~1",
        b".git ",
        b".git::$INDEX",
        "a/.g\u200cit/x".encode(),
        b"a\0b",
        b"x\\.git\\y",
    ],
)
def test_paths_git_forbids(repo, path):
    with pytest.raises(MuseError, match="does not allow"):
        _edit(repo, None, {path: b"x"})


def test_odd_but_allowed_paths(repo, git):
    changes = {name: name for name in (b".gitignore", b"caf\xe9", b"a b", b"-x", b"new\nline", b".git.x", "é".encode())}
    tree = _edit(repo, None, changes)
    assert len(repo.objects.tree(tree)) == len(changes)
    with repo.writer() as writer:
        assert writer.tree(reversed(repo.objects.tree(tree))) == tree
    git(repo.root, "update-ref", "refs/muse/test", tree)
    git(repo.root, "fsck", "--strict", "--full")


def test_tree_rows_sort_as_git_sorts(repo, git):
    blob = repo.content.blob_id(repo.content.put(b"x"))
    rows = [TreeEntry(FOLDER, b"a", repo.empty_tree), TreeEntry(FILE, b"a.b", blob), TreeEntry(FILE, b"a0", blob)]
    with repo.writer() as writer:
        tree = writer.tree(rows)
        writer.tree([])
    assert [row.name for row in repo.objects.tree(tree)] == [b"a.b", b"a", b"a0"]
    kinds = {FOLDER: "tree", FILE: "blob"}
    text = "".join(f"{row.mode:06o} {kinds[row.mode]} {row.id}\t{row.name.decode()}\n" for row in rows)
    assert git(repo.root, "mktree", input=text) == tree


def test_a_second_manifest_reads_only_what_changed(repo, commit, monkeypatch):
    first = repo.manifest("HEAD")
    commit(repo.root, {"a.txt": "1\n", "new/file": "n\n"})
    (repo.root / "sub" / "b.txt").unlink()
    commit(repo.root)
    read = []
    blobs = repo.objects.blobs
    monkeypatch.setattr(repo.objects, "blobs", lambda ids: read.append(list(ids)) or blobs(ids))
    second = repo.manifest("HEAD")
    assert [len(ids) for ids in read] == [2]
    assert second == Repository(repo.root).manifest("HEAD")
    assert first["files"].keys() ^ second["files"].keys() == {"new/file", "sub/b.txt"}
    second["files"].clear()
    assert repo.manifest("HEAD")["files"]["a.txt"] == blob_digest(b"1\n")
    fresh = Repository(repo.root)
    monkeypatch.setattr(fresh.objects, "blobs", lambda ids: iter(()) if not list(ids) else pytest.fail("read again"))
    assert fresh.manifest("HEAD~2") == first


def test_differences(repo, git, commit):
    old = repo.tree_of("HEAD")
    (repo.root / "a.txt").chmod(0o755)
    (repo.root / "sub.x").unlink()
    commit(repo.root, {"t\tab": "x"})
    rows = {row.path: (row.old_mode, row.new_mode) for row in snapshots.differences(repo, old, repo.tree_of("HEAD"))}
    assert rows == {b"a.txt": (FILE, EXECUTABLE), b"sub.x": (FILE, 0), b"t\tab": (0, FILE)}


def test_snapshot_id_has_nothing_of_gits(make_repo):
    ids = {
        snapshots.snapshot_id(Repository(make_repo(name, FILES, sha256=sha256)).manifest("HEAD"))
        for name, sha256 in (("one", False), ("two", True))
    }
    assert len(ids) == 1


def test_a_folder_and_its_commit_spell_odd_paths_alike(make_repo, git):
    """Names that are not UTF-8, and names that look as if they were escaped, in a folder, a commit and back on disk."""
    root = make_repo(files={})
    names = {b"caf\xe9/b\xff.txt": b"1", b"100%.txt": b"2", b"a%E9.txt": b"3", "é.txt".encode(): b"4"}
    (root / os.fsdecode(b"caf\xe9")).mkdir()
    for name, data in names.items():
        (root / os.fsdecode(name)).write_bytes(data)
    git(root, "add", "-A")
    git(root, "commit", "-qm", "odd")
    repo, plugin = Repository(root), FilesPlugin()
    committed = repo.manifest("HEAD")
    assert plugin.snapshot(root) == committed and not plugin.drift(committed, root).has_drift
    assert snapshots.snapshot_id(committed)
    empty = root.parent / "empty"
    empty.mkdir()
    with content.using(repo.content):
        plugin.apply(plugin.diff({"files": {}, "domain": "files"}, committed), empty)
    assert plugin.snapshot(empty) == committed
    assert (empty / os.fsdecode(b"caf\xe9/b\xff.txt")).read_bytes() == b"1"


def test_a_manifest_is_made_beside_one_that_git_gc_took(repo, git, commit):
    """What differs from the last tree is asked for; when that is gone for good, the tree is listed."""
    commit(repo.root, {"a.txt": "gone soon\n"})
    lost = repo.tree_of("HEAD")
    assert repo.manifest("HEAD")["files"]["a.txt"] == blob_digest(b"gone soon\n")
    (repo.root / "a.txt").write_text("here\n")
    git(repo.root, "commit", "-q", "-a", "--amend", "-m", "other")
    git(repo.root, "reflog", "expire", "--expire=all", "--all")
    git(repo.root, "gc", "-q", "--prune=now")
    assert git(repo.root, "cat-file", "-t", lost, check=False) == ""
    assert repo.manifest("HEAD") == Repository(repo.root).manifest("HEAD")
    assert repo.manifest("HEAD")["files"]["a.txt"] == blob_digest(b"here\n")
