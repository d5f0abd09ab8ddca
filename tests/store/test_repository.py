"""Opening repositories of every kind, and asking them simple things."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path

import pytest

from muse.core import sharing
from muse.core.errors import MuseError, NotARepositoryError
from muse.core.types import blob_digest
from muse.store.repository import Repository

FILES = {"a.txt": "one\n", "sub/b.txt": "two\n"}


def test_work_tree_and_subfolder(make_repo, git):
    root = make_repo(files=FILES)
    for start in (root, root / "sub", str(root)):
        repo = Repository.discover(start)
        assert repo.root == root.resolve() and repo.work_tree == repo.root and not repo.bare
        assert repo.git_dir == repo.common_dir == root.resolve() / ".git"
    assert repo.head() == git(root, "rev-parse", "HEAD") == repo.resolve("main")
    assert repo.tree_of("HEAD") == git(root, "rev-parse", "HEAD^{tree}") == repo.tree_of(repo.tree_of("HEAD"))
    assert repo.branch() == "refs/heads/main"


def test_inside_the_git_folder(make_repo):
    root = make_repo(files=FILES)
    repo = Repository.discover(root / ".git" / "refs")
    assert repo.root == root.resolve() and not repo.bare
    assert repo.git("ls-files") == b"a.txt\nsub/b.txt\n"


def test_bare_and_unborn(make_repo):
    repo = Repository(make_repo("server.git", bare=True))
    assert repo.bare and repo.work_tree is None and repo.root == repo.git_dir
    assert repo.head() is None
    with pytest.raises(MuseError, match="unknown revision: HEAD") as caught:
        repo.resolve("HEAD")
    assert "no commit yet" in caught.value.hint


def test_linked_worktree_shares_the_common_dir(make_repo, linked_worktree):
    root = make_repo(files=FILES)
    repo = Repository(linked_worktree(root))
    assert repo.common_dir == root.resolve() / ".git" and repo.git_dir != repo.common_dir
    assert repo.branch() == "refs/heads/side"


def test_sha256(make_repo):
    repo = Repository(make_repo(files=FILES, sha256=True))
    assert repo.object_format == "sha256" and len(repo.head() or "") == 64
    assert repo.git("hash-object", "-t", "tree", os.devnull).decode().strip() == repo.empty_tree


def test_git_dir_and_work_tree_are_honoured_by_discover_only(make_repo, tmp_path, monkeypatch):
    one, two = make_repo("one", FILES), make_repo("two", FILES)
    away = tmp_path / "away"
    away.mkdir()
    monkeypatch.setenv("GIT_DIR", str(one / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(away))
    repo = Repository.discover(two)
    assert repo.git_dir == one.resolve() / ".git" and repo.work_tree == away.resolve()
    assert Repository(two).git_dir == two.resolve() / ".git"
    assert Repository(away).git_dir == one.resolve() / ".git"


def test_relative_git_dir(make_repo, monkeypatch):
    root = make_repo(files=FILES)
    monkeypatch.chdir(root)
    monkeypatch.setenv("GIT_DIR", ".git")
    repo = Repository.discover()
    os.chdir("sub")
    assert repo.git("rev-parse", "HEAD").decode().strip() == repo.head() is not None


def test_no_repository(tmp_path, git_env, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    for place in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(NotARepositoryError) as caught:
            Repository.discover(place)
        assert "\n" not in str(caught.value)


def test_a_subfolder_is_no_root(make_repo):
    root = make_repo(files=FILES)
    with pytest.raises(NotARepositoryError, match="not the top"):
        Repository(root / "sub")


def test_git_errors_become_one_line(make_repo):
    repo = Repository(make_repo(files=FILES))
    with pytest.raises(MuseError, match="pathspec 'nothing' did not match") as caught:
        repo.git("checkout", "nothing")
    assert "\n" not in str(caught.value) and caught.value.exit_code == 128
    assert repo.git("checkout", "nothing", check=False) == b""


def test_a_repository_of_somebody_else(make_repo, git, monkeypatch):
    root = make_repo(files=FILES)
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    if git(root, "status", check=False):
        pytest.skip("this git does not look at who owns a repository")
    with pytest.raises(MuseError, match="dubious ownership") as caught:
        Repository(root)
    assert "\n" not in str(caught.value)
    assert caught.value.hint == f"git config --global --add safe.directory {root.resolve()}"


def test_config(make_repo, git):
    root = make_repo(files=FILES)
    git(root, "config", "Remote.Up Stream.URL", "x\ny")
    git(root, "config", "muse.autoSetup", "off")
    repo = Repository(root)
    assert repo.config("remote.Up Stream.url") == "x\ny"
    assert repo.config("muse.autosetup") == "off" and not repo.config_bool("muse.autoSetup", True)
    assert repo.config("muse.none") is None and repo.config_bool("muse.none", True)
    repo.git("config", "muse.autoSetup", "yes")
    assert repo.config_bool("muse.autoSetup", False)


def test_settings_that_another_thread_forgets_meanwhile_are_read_all_the_same(make_repo, monkeypatch):
    repo = Repository(make_repo())
    for _ in range(2):
        monkeypatch.setattr(sharing, "remember", lambda *_: repo.run("config", "--list"))
        assert repo.settings()["core.bare"] == "false"
        assert repo.config_bool("core.bare", True) is False


def test_threads_that_read_settings_at_once_all_have_them(make_repo):
    repo = Repository(make_repo())
    answers = []

    def ask():
        for _ in range(30):
            answers.append(repo.config("core.bare"))
            repo.run("config", "core.bare")

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == ["false"] * 120


def test_manifest(make_repo, git, commit):
    root = make_repo(files=FILES)
    os.symlink("a.txt", root / "link")
    (root / os.fsdecode(b"caf\xe9.txt")).write_bytes(b"latin\n")
    (root / "100%.txt").write_bytes(b"percent\n")
    git(root, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},module")
    git(root, "add", "a.txt", "link", "100%.txt", os.fsdecode(b"caf\xe9.txt"))
    git(root, "commit", "-qm", "odd")
    manifest = Repository(root).manifest("HEAD")
    assert manifest == {
        "domain": "files",
        "files": {
            "a.txt": blob_digest(b"one\n"),
            "sub/b.txt": blob_digest(b"two\n"),
            "link": blob_digest(b"a.txt"),
            "caf%E9.txt": blob_digest(b"latin\n"),
            "100%.txt": blob_digest(b"percent\n"),
        },
    }
    commit(root, {".museattributes": '[meta]\ndomain = "midi"\n'})
    assert Repository(root).manifest("HEAD")["domain"] == "midi"
    assert Repository(root).manifest("HEAD~2")["domain"] == "files"


def test_strange_folder_names(make_repo, tmp_path):
    root = make_repo("a b 'c' \"d\" é", FILES)
    assert Repository.discover(root / "sub").root == Path(os.path.realpath(root))


def test_what_git_gc_took_away_is_not_here_any_more(make_repo, git):
    """A process that is asked for long keeps the packs it has read, gone or not; `git rev-list` then failed for it."""
    root = make_repo(files={"a.txt": b"1\n"})
    (root / "a.txt").write_text("2\n")
    git(root, "commit", "-qam", "two")
    lost = git(root, "rev-parse", "HEAD")
    git(root, "gc", "-q")
    repo = Repository(root)
    assert repo.objects.resolve(f"{lost}^{{commit}}") == lost
    git(root, "commit", "-q", "--amend", "-m", "two again")
    git(root, "reflog", "expire", "--expire=all", "--all")
    git(root, "gc", "-q", "--prune=now")
    assert repo.objects.resolve(f"{lost}^{{commit}}") is None
    assert repo.objects.blob("HEAD:a.txt") == b"2\n"


@pytest.mark.parametrize(("words", "asked"), [(["ls-tree", "--name-only", "HEAD"], 2), (["commit", "-qm", "more"], 1)])
def test_what_only_reads_is_asked_again_when_a_pack_went(words, asked, make_repo, monkeypatch):
    """`git gc` takes a pack away from under whoever reads; what may have written is never done twice."""
    repo = Repository(make_repo(files={"a.txt": b"1\n"}))
    run, calls = repo.run, []

    def once_beside_gc(*args, **options):
        calls.append(args)
        if len(calls) > 1:
            return run(*args, **options)
        os.utime(repo.objects_dir / "pack", ns=(0, len(calls)))
        return subprocess.CompletedProcess(["git", *args], 128, b"", b"fatal: packfile x.pack cannot be accessed\n")

    monkeypatch.setattr(repo, "run", once_beside_gc)
    if asked == 1:
        with pytest.raises(MuseError, match=r"x\.pack cannot be accessed"):
            repo.git(*words)
    else:
        assert repo.git(*words) == b"a.txt\n"
    assert len(calls) == asked


def test_what_fails_for_itself_is_asked_once(make_repo, monkeypatch):
    repo = Repository(make_repo(files={"a.txt": b"1\n"}))
    run, calls = repo.run, []
    monkeypatch.setattr(repo, "run", lambda *args, **options: calls.append(args) or run(*args, **options))
    with pytest.raises(MuseError):
        repo.git("ls-tree", "no-such-commit")
    assert len(calls) == 1
