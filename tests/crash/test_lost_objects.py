"""An object lost under `refs/muse*` costs that cache: fetch, gc, push and sync go on after a repair that mends."""

from __future__ import annotations

import subprocess
import sys

import pytest

from muse.store import refs
from muse.store.meta import broken, writer_refs
from muse.store.repository import Repository

PATH = "provenance/aa/" + "a" * 40 + "-" + "b" * 40 + "/" + "c" * 64 + ".json"


@pytest.fixture
def hurt(make_repo, git, git_env):
    """A clone of which the ref `name` has lost the object `part` of its tip."""

    def make(name, part):
        there = make_repo("there", bare=True)
        root = make_repo("repo", files={"a.txt": "1\n"})
        git(root, "remote", "add", "origin", str(there))
        git(root, "push", "-q", "-u", "origin", "main")
        repo = Repository(root)
        tip = writer_refs.commit_files(repo, "meta", {PATH: b"{}"}, "one")
        own = next(iter(refs.read_many(repo, "refs/muse/meta/")))
        ref = own if name == "own" else f"refs/muse-remotes/origin/meta/{'e' * 20}"
        if name == "copy":
            git(root, "update-ref", ref, tip)
            git(root, "update-ref", "-d", own)
        lost = git(root, "rev-parse", f"{tip}{part}")
        (root / ".git" / "objects" / lost[:2] / lost[2:]).unlink()
        repo.close()
        return root, ref

    return make


def run(root, git_env, *words):
    return subprocess.run(words, cwd=root, env=git_env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("part", ["", "^{tree}", f":{PATH}"], ids=["commit", "tree", "blob"])
@pytest.mark.parametrize("name", ["own", "copy"])
def test_a_lost_object_is_told_and_mended(hurt, git_env, name, part):
    root, ref = hurt(name, part)
    muse = [sys.executable, "-m", "muse.cli"]
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
