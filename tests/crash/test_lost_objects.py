"""An object lost under `refs/muse*` costs that cache: fetch, gc, push and sync go on after a repair that mends."""

from __future__ import annotations

import errno
import os
import subprocess
import sys

import pytest

from muse.store import refs
from muse.store.meta import broken, writer_refs
from muse.store.objects import loose
from muse.store.repository import Repository

PATH = "provenance/aa/" + "a" * 40 + "-" + "b" * 40 + "/" + "c" * 64 + ".json"


HOW = {
    "lost": lambda file: file.unlink(),
    "empty": lambda file: file.write_bytes(b""),
    "garbage": lambda file: file.write_bytes(bytes(range(100, 200))),
    "cut": lambda file: file.write_bytes(file.read_bytes()[:-9]),
}


@pytest.fixture
def hurt(make_repo, git, git_env):
    """A clone of which the ref `name` has lost the object `part` of its tip."""

    def make(name, part, how="lost", url=""):
        there = make_repo("there", bare=True)
        root = make_repo("repo", files={"a.txt": "1\n"})
        git(root, "remote", "add", "origin", f"{url}{there}")
        git(root, "push", "-q", "-u", "origin", "main")
        repo = Repository(root)
        tip = writer_refs.commit_files(repo, "meta", {PATH: b"{}"}, "one")
        own = next(iter(refs.read_many(repo, "refs/muse/meta/")))
        ref = own if name == "own" else f"refs/muse-remotes/origin/meta/{'e' * 20}"
        if name == "copy":
            git(root, "update-ref", ref, tip)
            git(root, "update-ref", "-d", own)
        lost = git(root, "rev-parse", f"{tip}{part}")
        file = root / ".git" / "objects" / lost[:2] / lost[2:]
        file.chmod(0o644)
        HOW[how](file)
        repo.close()
        return root, ref

    return make


def run(root, git_env, *words):
    return subprocess.run(words, cwd=root, env=git_env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("part", ["", "^{tree}", f":{PATH}"], ids=["commit", "tree", "blob"])
@pytest.mark.parametrize(("name", "how"), [("own", "lost"), ("copy", "lost"), ("own", "empty"), ("copy", "cut")])
def test_a_lost_object_is_told_and_mended(hurt, git_env, name, how, part):
    root, ref = hurt(name, part, how)
    muse = [sys.executable, "-m", "muse.cli"]
    if how == "lost":
        assert run(root, git_env, "git", "gc", "-q").returncode != 0, "this is what it costs without a repair"
    told = run(root, git_env, *muse, "verify", "--no-fsck")
    assert told.returncode == 1 and f"{ref}: it names objects that are lost" in told.stdout
    assert f"{ref} names objects that are lost" in run(root, git_env, *muse, "doctor").stdout
    done = run(root, git_env, *muse, "verify", "--repair", "--no-fsck")
    assert f"{ref}: it names objects that are lost (repaired)" in done.stdout, done.stdout + done.stderr
    assert ref in (root / ".git" / "muse" / broken.LIST).read_text()
    for words in (["git", "gc", "-q"], ["git", "fetch", "-q"], ["git", "push", "-q"], [*muse, "sync"]):
        done = run(root, git_env, *words)
        assert done.returncode == 0, (words, done.stderr)
    assert run(root, git_env, *muse, "verify").stdout == ""
    kept = root / ".git" / "muse" / "broken-objects"
    assert (how == "lost") != kept.exists() and (how == "lost" or len(list(kept.iterdir())) == 1)


@pytest.mark.parametrize("why", [errno.EACCES, errno.EMFILE, errno.EIO, errno.ENOMEM], ids=errno.errorcode.get)
def test_what_cannot_be_read_now_is_not_damaged(make_repo, monkeypatch, why):
    """Too many open files is no reason to move the objects of a whole repository aside."""
    root = make_repo("repo", files={"a.txt": "1\n"})

    def refuses(path, *_):
        raise OSError(why, os.strerror(why), path)

    monkeypatch.setattr(loose, "open", refuses, raising=False)
    repo = Repository(root)
    assert loose.damaged(repo) == loose.damaged(repo, quick=True) == set()


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("part", ["", "^{tree}", f":{PATH}"], ids=["commit", "tree", "blob"])
def test_gc_and_sync_mend_what_is_lost_before_they_start(hurt, git_env, part, how):
    root, ref = hurt("own", part, how)
    verb = "gc" if how == "cut" else "sync"  # sync does not read a file that begins well to its end
    done = run(root, git_env, sys.executable, "-m", "muse.cli", verb)
    assert done.returncode == 0 and f"{ref} named lost objects" in done.stderr, done.stderr
    assert run(root, git_env, "git", "gc", "-q").returncode == 0


def test_a_fetch_through_the_helper_mends_a_lost_commit(hurt, muse_on_path, git, make_repo, commit):
    root, ref = hurt("own", "", url="muse::")
    other = make_repo("other", files=None)
    git(other, "pull", "-q", str(root.parent / "there"), "main")
    new = commit(other, {"b.txt": "2\n"})
    git(other, "push", "-q", str(root.parent / "there"), "HEAD:main")
    done = run(root, None, "git", "fetch", "-q")
    assert done.returncode == 0 and f"{ref} named lost objects and is set aside" in done.stderr, done.stderr
    assert git(root, "rev-parse", "origin/main") == new


def test_an_empty_file_in_the_place_of_an_object_is_written_again(make_repo, git):
    repo = Repository(make_repo("repo", files={"a.txt": "1\n"}))
    with repo.writer() as writer:
        name = writer.blob(b"kept\n")
    file = repo.objects_dir / name[:2] / name[2:]
    file.chmod(0o644)
    file.write_bytes(b"")
    with repo.writer() as writer:
        assert writer.blob(b"kept\n") == name
    assert git(repo.root, "cat-file", "blob", name) == "kept"


def test_sync_mends_by_itself(hurt, git_env, git, make_repo, commit):
    root, _ = hurt("own", "")
    other = make_repo("other", files=None)
    git(other, "pull", "-q", str(root.parent / "there"), "main")
    commit(other, {"b.txt": "2\n"})
    git(other, "push", "-q", str(root.parent / "there"), "HEAD:main")
    done = run(root, git_env, sys.executable, "-m", "muse.cli", "sync")
    assert done.returncode == 0, done.stderr
    assert (root / "b.txt").exists() and done.stderr.count("is set aside") <= 1
    assert broken.broken(Repository(root)) == {}


@pytest.mark.parametrize("spoil", ["lost", "cut"])
def test_one_hurt_ref_of_many_is_found_in_few_questions(make_repo, git, monkeypatch, spoil):
    """Each ref took one of git: with thousands of writers and one lost object, minutes."""
    root = make_repo("repo", {"a.txt": "1\n"})
    tips = []
    for number in range(200):
        tree = git(
            root, "mktree", input=f"100644 blob {git(root, 'hash-object', '-w', '--stdin', input=str(number))}\tx\n"
        )
        tips.append(git(root, "commit-tree", tree, "-m", "x"))
    for at, tip in enumerate(tips):
        (root / f".git/refs/muse-remotes/origin/log/w{at}").parent.mkdir(parents=True, exist_ok=True)
        (root / f".git/refs/muse-remotes/origin/log/w{at}").write_text(f"{tip}\n")
    lost = git(root, "rev-parse", f"{tips[77]}^{{tree}}")
    file = root / ".git" / "objects" / lost[:2] / lost[2:]
    file.chmod(0o644)
    HOW[spoil](file)
    repo = Repository(root)
    ran = []
    real = Repository.run
    monkeypatch.setattr(
        Repository, "run", lambda self, *words, **named: (ran.append(words), real(self, *words, **named))[1]
    )
    assert broken.broken(repo) == {"refs/muse-remotes/origin/log/w77": tips[77]}
    assert len(ran) < 50


@pytest.mark.parametrize("part", ["", "^{tree}"], ids=["commit", "tree"])
def test_a_commit_goes_on_where_our_own_ref_is_hurt(make_repo, git, muse, commit, part):
    """`git gc --prune=now` beside a commit leaves it so; every later commit ended with an internal error."""
    root = make_repo("repo", {"a.py": "x = 1\n"})
    (root / "a.py").write_text("x = 2\n")
    assert muse(root, "commit", "-q", "-m", "two")[0] == 0
    (ref,) = refs.read_many(Repository(root), "refs/muse/meta/")
    lost = git(root, "rev-parse", f"{ref}{part}")
    (root / ".git" / "objects" / lost[:2] / lost[2:]).unlink()
    (root / "a.py").write_text("x = 3\n")
    code, _, err = muse(root, "commit", "-q", "-m", "three")
    assert code == 0 and "internal" not in err and git(root, "log", "-1", "--format=%s") == "three"
    git(root, "rev-list", "--objects", "--all")
    assert refs.read_many(Repository(root), "refs/muse/meta/").keys() == {ref}


def test_what_is_taken_between_objects_and_ref_is_written_again(make_repo, git, monkeypatch):
    repo = Repository(make_repo("repo", {"a.txt": "1\n"}))
    real, taken = refs.update, []

    def update(repo, name, new, old, **more):
        real(repo, name, new, old, **more)
        if not taken:
            (repo.common_dir / "gc.pid").write_text("1 here")
            taken.append(git(repo.root, "rev-parse", f"{new}^{{tree}}"))
            (repo.objects_dir / taken[-1][:2] / taken[-1][2:]).unlink()

    monkeypatch.setattr(writer_refs.refs, "update", update)
    tip = writer_refs.commit_files(repo, "meta", {PATH: b"{}"}, "one")
    git(repo.root, "rev-list", "--objects", "--all")
    assert len(taken) == 1 and git(repo.root, "show", f"{tip}:{PATH}") == "{}"
