"""Compare-and-swap on refs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from muse.core.errors import MuseError, RefMovedError
from muse.store import refs
from muse.store.repository import Repository

NAME = "refs/muse/meta/w1"
COUNTER = """
import sys
from muse.core.errors import RefMovedError
from muse.store import refs
from muse.store.repository import Repository
repo = Repository(sys.argv[1])
for _ in range(int(sys.argv[2])):
    while True:
        old = refs.read(repo, "refs/muse/count")
        count = int(repo.objects.blob(old)) if old else 0
        with repo.writer() as writer:
            new = writer.blob(str(count + 1).encode())
        try:
            refs.update(repo, "refs/muse/count", new, old)
            break
        except RefMovedError:
            pass
"""


@pytest.fixture(params=[False, True], ids=["sha1", "sha256"])
def repo(request, make_repo):
    return Repository(make_repo(files={"a": "1\n"}, sha256=request.param))


def test_create_move_delete(repo, commit):
    first = repo.head()
    second = commit(repo.root, {"a": "2\n"})
    assert refs.read(repo, NAME) is None
    refs.update(repo, NAME, first, None)
    assert refs.read(repo, NAME) == first
    refs.update(repo, NAME, second, first, message="muse: test")
    assert refs.read_many(repo, "refs/muse/", "refs/heads/") == {"refs/heads/main": second, NAME: second}
    refs.update(repo, NAME, None, second)
    assert refs.read(repo, NAME) is None and refs.read_many(repo, "refs/muse/") == {}


@pytest.mark.parametrize("packed", [False, True])
def test_a_stale_old_value_is_refused_and_nothing_moves(repo, git, commit, packed):
    first = repo.head()
    second = commit(repo.root, {"a": "2\n"})
    refs.update(repo, NAME, second, None)
    if packed:
        git(repo.root, "pack-refs", "--all")
    for new, old in ((first, first), (first, None), (None, first)):
        with pytest.raises(RefMovedError):
            refs.update(repo, NAME, new, old)
    assert refs.read(repo, NAME) == second


def test_all_or_none(repo, commit):
    first = repo.head()
    second = commit(repo.root, {"a": "2\n"})
    refs.update(repo, NAME, first, None)
    with pytest.raises(RefMovedError):
        refs.update_many(repo, [("refs/muse/new", second, None), (NAME, second, second)])
    assert refs.read_many(repo, "refs/muse/") == {NAME: first}


def test_locked_ref_says_what_to_do(repo):
    lock = repo.common_dir / f"{NAME}.lock"
    lock.parent.mkdir(parents=True)
    lock.touch()
    with pytest.raises(MuseError, match="is locked by another process") as caught:
        refs.update(repo, NAME, repo.head(), None)
    assert str(lock) in caught.value.hint and not isinstance(caught.value, RefMovedError)
    assert refs.read(repo, NAME) is None
    lock.unlink()
    refs.update(repo, NAME, repo.head(), None)


@pytest.mark.parametrize("name", ["main", "--all", "refs/x y", "refs/a\n", "refs/a*"])
def test_names_that_are_no_full_ref_names(repo, name):
    with pytest.raises(MuseError, match="not a full ref name"):
        refs.update(repo, name, repo.head(), None)


def test_processes_that_race_lose_nothing(make_repo):
    repo = Repository(make_repo(files={"a": "1\n"}))
    command = [sys.executable, "-c", COUNTER, str(repo.root), "5"]
    racers = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(4)]
    errors = [racer.communicate()[1] for racer in racers]
    assert errors == [b""] * 4
    assert repo.objects.blob(refs.read(repo, "refs/muse/count") or "") == b"20"
