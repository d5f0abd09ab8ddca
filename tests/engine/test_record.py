"""Committing: what goes in, what is refused, and the delta that is kept."""

from __future__ import annotations

import os

import pytest

from muse.core.errors import ConflictError, MuseError
from muse.engine.worktree.commit import PACK_FROM, commit, stage, tree_pairs, untracked
from muse.engine.worktree.status import Entry, read_status
from muse.plugins.registry import plugin_for_path
from muse.store.meta import deltas
from muse.store.repository import Repository


def record(root, *flags, **how):
    """Commit with a message; the exit code. Trouble with the delta fails the test."""
    before = os.getcwd()
    os.chdir(root)
    try:
        code, trouble = commit(Repository(root), ["-q", "-m", "a change", *flags], plugin_for_path, **how)
    finally:
        os.chdir(before)
    assert trouble == ""
    return code


def test_tracked_and_new_files_go_in_ignored_ones_stay_out(make_repo, git):
    root = make_repo(
        "repo",
        {
            ".gitignore": "*.log\n",
            ".museignore": '[global]\npatterns = ["drafts/", "*.tmp"]\n',
            "a.txt": "1\n",
            "tracked.tmp": "tracked\n",
            "gone.txt": "x\n",
        },
    )
    for name in ("x.log", "y.tmp", "drafts/z.txt", "new/n.txt", "a.txt", "tracked.tmp"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text("changed\n")
    (root / "gone.txt").unlink()
    assert record(root) == 0
    changed = git(root, "show", "--name-status", "--format=", "HEAD").splitlines()
    assert changed == ["M\ta.txt", "D\tgone.txt", "A\tnew/n.txt", "M\ttracked.tmp"]
    left = git(root, "status", "--porcelain").splitlines()
    assert left == ["?? drafts/", "?? y.tmp"]
    assert git(root, "fsck", "--strict", check=True) == ""


def test_afterwards_the_status_is_clean_also_from_an_empty_repository(make_repo, git):
    root = make_repo("repo")
    (root / "a.py").write_text("def f():\n    return 1\n")
    assert record(root) == 0
    assert git(root, "status", "--porcelain") == "" and read_status(Repository(root)).clean
    repo = Repository(root)
    assert tree_pairs(repo, "HEAD") == [(repo.empty_tree, git(root, "rev-parse", "HEAD^{tree}"))]
    kept = deltas.load(repo, *tree_pairs(repo, "HEAD")[0])
    assert kept is not None and [(op["op"], op["address"]) for op in kept["ops"]] == [("insert", "a.py")]
    assert record(root) == 1  # nothing to commit, as git says


def test_the_delta_is_kept_in_the_words_of_the_domain(make_repo, git):
    root = make_repo("repo", {"a.py": "def load():\n    return 1\n\n\ndef keep():\n    return 2\n"})
    (root / "a.py").write_text("def load():\n    return 10\n\n\ndef keep():\n    return 2\n")
    assert record(root) == 0
    repo = Repository(root)
    kept = deltas.load(repo, *tree_pairs(repo, "HEAD")[0])
    assert kept is not None
    (op,) = kept["ops"]
    assert op["op"] == "patch" and op["address"] == "a.py" and op["child_domain"] == "code"
    assert any("load" in child["address"] for child in op["child_ops"])
    assert not any("keep" in child["address"] for child in op["child_ops"])


def test_a_partly_staged_index_is_refused(make_repo, git):
    root = make_repo("repo", {"a.txt": "1\n", "b.txt": "1\n"})
    (root / "a.txt").write_text("2\n")
    git(root, "add", "a.txt")
    (root / "a.txt").write_text("3\n")
    with pytest.raises(MuseError, match=r"partly staged: a\.txt"):
        record(root)
    assert git(root, "status", "--porcelain") == "MM a.txt"
    assert record(root, staged=True) == 0
    assert git(root, "show", "HEAD:a.txt") == "2" and git(root, "status", "--porcelain") == " M a.txt"
    (root / "b.txt").write_text("2\n")
    git(root, "add", "b.txt")
    with pytest.raises(MuseError, match="partly staged"):
        record(root)
    assert record(root, everything=True) == 0
    assert git(root, "show", "HEAD:a.txt") == "3" and git(root, "status", "--porcelain") == ""


def test_a_fully_staged_index_and_a_staged_rename_are_fine(make_repo, git):
    root = make_repo("repo", {"a.txt": "1\n2\n3\n4\n"})
    git(root, "mv", "a.txt", "b.txt")
    (root / "new.txt").write_text("n\n")
    assert record(root) == 0
    repo = Repository(root)
    kept = deltas.load(repo, *tree_pairs(repo, "HEAD")[0])
    assert kept is not None
    (moved,) = [op for op in kept["ops"] if op["address"] == "b.txt"]
    assert moved["op"] == "patch" and moved["from_address"] == "a.txt" and moved["child_ops"] == []


def test_conflicts_are_not_committed(make_repo, commit, git):
    root = make_repo("repo", {"a.txt": "1\n"})
    git(root, "branch", "side")
    commit(root, {"a.txt": "2\n"})
    git(root, "checkout", "-q", "side")
    commit(root, {"a.txt": "3\n"})
    git(root, "merge", "main", check=False)
    with pytest.raises(ConflictError, match=r"1 path\(s\) are still in conflict: a\.txt"):
        record(root)
    (root / "a.txt").write_text("23\n")
    git(root, "add", "a.txt")
    assert record(root) == 0
    repo = Repository(root)
    assert len(tree_pairs(repo, "HEAD")) == 2
    assert all(deltas.load(repo, base, tree) is not None for base, tree in tree_pairs(repo, "HEAD"))


def test_hooks_run_and_may_refuse(make_repo, git):
    root = make_repo("repo", {"a.txt": "1\n"})
    hook = root / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho ran >> ../hook-ran\nexit 1\n")
    hook.chmod(0o755)
    (root / "a.txt").write_text("2\n")
    (root / "new.txt").write_text("new\n")
    before = git(root, "status", "--porcelain")
    assert record(root) == 1
    assert git(root, "status", "--porcelain") == before  # so that the next try is not refused
    assert (root.parent / "hook-ran").read_text() == "ran\n"
    assert git(root, "log", "--format=%s") == "first"
    assert record(root, "--no-verify") == 0


def test_many_new_files_become_one_pack(make_repo, git):
    root = make_repo("repo", {"first": "1\n"})
    for number in range(PACK_FROM + 10):
        (root / f"f{number}").write_text(f"file {number}\n")
    assert record(root) == 0
    counts = dict(line.split(": ") for line in git(root, "count-objects", "-v").splitlines())
    assert int(counts["in-pack"]) >= PACK_FROM + 10 and int(counts["count"]) < 20
    assert git(root, "status", "--porcelain") == "" and git(root, "fsck", "--strict") == ""


def test_a_vanished_or_unwritable_delta_never_fails_the_commit(make_repo, git, monkeypatch):
    root = make_repo("repo", {"a.txt": "1\n"})
    (root / "a.txt").write_text("2\n")

    def full(*args, **named):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(deltas, "save", full)
    monkeypatch.chdir(root)
    code, trouble = commit(Repository(root), ["-q", "-m", "x"], plugin_for_path)
    assert (code, trouble) == (0, "the commit is made, its structured delta was not kept: No space left on device")
    assert git(root, "log", "-1", "--format=%s") == "x"


def test_odd_names_symlinks_and_submodules(make_repo, git, monkeypatch):
    inner = make_repo("inner", {"i.txt": "1\n"})
    root = make_repo("repo", {"a.txt": "1\n", ".museignore": '[global]\npatterns = ["*.skip"]\n'})
    git(root, "submodule", "--quiet", "add", str(inner), "sub")
    odd = os.fsdecode(b"odd \xff [x]\n.txt")
    (root / odd).write_text("1\n")
    (root / "link").symlink_to("nowhere")
    (root / "x.skip").write_text("1\n")
    assert record(root) == 0
    names = git(root, "ls-tree", "-r", "-z", "--name-only", "HEAD").split("\0")
    assert {odd, "link", "sub", "a.txt"} <= set(names) and "x.skip" not in names
    assert git(root, "ls-tree", "HEAD", "link").startswith("120000")


def test_a_file_that_became_a_folder_and_a_repository_inside(make_repo, git, commit):
    root = make_repo("repo", {"n": "file\n", "d/x": "1\n"})
    (root / "n").unlink()
    (root / "n").mkdir()
    (root / "n" / "inside").write_text("1\n")
    (root / "d" / "x").unlink()
    (root / "d").rmdir()
    (root / "d").write_text("now a file\n")
    git(root, "init", "-q", "nested")
    commit(root / "nested", {"i": "1\n"})
    assert record(root) == 0
    rows = [row.split()[0::3] for row in git(root, "ls-tree", "-r", "HEAD").splitlines()]
    assert rows == [["100644", "d"], ["100644", "n/inside"], ["160000", "nested"]]
    assert git(root, "status", "--porcelain") == ""


def test_line_endings_and_filters_are_gits(make_repo, git):
    root = make_repo("repo", {".gitattributes": "*.txt text eol=crlf\n"})
    (root / "a.txt").write_bytes(b"one\r\ntwo\r\n")
    for number in range(PACK_FROM):
        (root / f"f{number}.txt").write_bytes(b"%d\r\n" % number)
    assert record(root) == 0
    assert git(root, "cat-file", "-p", "HEAD:a.txt") == "one\ntwo"
    assert git(root, "cat-file", "-p", "HEAD:f7.txt") == "7" and git(root, "status", "--porcelain") == ""


def test_a_file_that_vanished_meanwhile_is_no_trouble(make_repo, git):
    root = make_repo("repo", {"a.txt": "1\n"})
    (root / "new.txt").write_text("1\n")
    status = read_status(Repository(root))
    status.entries.append(Entry("?", ".", "?", b"ghost.txt"))
    repo = Repository(root)
    stage(repo, status, untracked(repo, status))
    assert git(root, "status", "--porcelain") == "A  new.txt"


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read every file")
def test_an_unreadable_file_is_named_and_nothing_is_staged(make_repo, git):
    root = make_repo("repo", {"a.txt": "1\n"})
    (root / "new.txt").write_text("1\n")
    (root / "secret.txt").write_text("1\n")
    (root / "secret.txt").chmod(0)
    with pytest.raises(MuseError, match=r"secret\.txt"):
        record(root)
    assert git(root, "status", "--porcelain") == "?? new.txt\n?? secret.txt"


def test_staging_alone_touches_nothing_when_refused(make_repo, git):
    root = make_repo("repo", {"a.txt": "1\n"})
    (root / "a.txt").write_text("2\n")
    git(root, "add", "a.txt")
    (root / "a.txt").write_text("3\n")
    (root / "new").write_text("n\n")
    repo = Repository(root)
    with pytest.raises(MuseError):
        untracked(repo, read_status(repo))
    assert git(root, "status", "--porcelain") == "MM a.txt\n?? new"
