"""Content by digest over blobs, and the disposable index behind it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tracemalloc

import pytest

from muse.core import content
from muse.core.types import blob_digest
from muse.store.objects import digests, fast
from muse.store.objects.content import BlobContent
from muse.store.objects.database import object_id
from muse.store.repository import Repository


@pytest.fixture(params=[False, True], ids=["sha1", "sha256"])
def repo(request, make_repo):
    return Repository(make_repo(files={"a": "1\n", "b": b"\0\xff\r\n"}, sha256=request.param))


def _index(repo):
    return repo.common_dir / "muse" / "digests.sqlite"


def test_put_get_has(repo, git):
    digest = repo.content.put(b"hello")
    assert digest == blob_digest(b"hello")
    assert repo.content.get(digest) == b"hello" and repo.content.has(digest)
    assert git(repo.root, "cat-file", "blob", repo.content.blob_id(digest)) == "hello"
    assert Repository(repo.root).content.get(digest) == b"hello"
    missing = blob_digest(b"never")
    assert not repo.content.has(missing) and not repo.content.has("nonsense")
    with pytest.raises(KeyError):
        repo.content.get(missing)
    git(repo.root, "fsck", "--strict")


def test_it_is_the_store_the_core_opens(repo):
    assert isinstance(content.current(repo.root), BlobContent)


def test_content_of_commits_made_by_git_is_found_without_an_index(repo):
    assert repo.content.get(blob_digest(b"\0\xff\r\n")) == b"\0\xff\r\n"


def test_the_index_may_vanish_at_any_time(repo):
    digest = repo.content.put(b"kept")
    _index(repo).unlink()
    assert repo.content.get(digest) == b"kept"
    assert Repository(repo.root).content.get(digest) == b"kept"
    again = repo.content.put(b"more")
    assert Repository(repo.root).content.get(again) == b"more"


def test_content_that_another_process_brings_is_found(repo, git, monkeypatch):
    assert not repo.content.has(blob_digest(b"later"))
    listed = []
    run = repo.git
    monkeypatch.setattr(repo, "git", lambda *args, **more: listed.append(args) or run(*args, **more))
    assert not repo.content.has(blob_digest(b"later")) and listed == []
    git(repo.root, "hash-object", "-w", "--stdin", input=b"later")
    assert repo.content.get(blob_digest(b"later")) == b"later"


@pytest.mark.parametrize("damage", [b"", b"not a database" * 100, None])
def test_a_damaged_index_is_made_anew(repo, damage):
    digest = repo.content.put(b"kept")
    data = bytearray(_index(repo).read_bytes())
    if damage is None:
        data[len(data) // 2 :] = os.urandom(len(data) - len(data) // 2)
    _index(repo).write_bytes(bytes(data) if damage is None else damage)
    fresh = Repository(repo.root)
    assert fresh.content.get(digest) == b"kept"
    assert fresh.manifest("HEAD")["files"] == {"a": blob_digest(b"1\n"), "b": blob_digest(b"\0\xff\r\n")}
    assert Repository(repo.root).content.get(fresh.content.put(b"next")) == b"next"


PUT = """
import sys
import tracemalloc
from muse.core.types import blob_digest
from muse.store.repository import Repository
repo = Repository(sys.argv[1])
for n in range(40):
    data = f"{sys.argv[2]} {n % 20}".encode()
    assert repo.content.get(repo.content.put(data)) == data
    if sys.argv[2] == "1" and n == 20:
        (repo.common_dir / "muse" / "digests.sqlite").unlink()
"""


def test_processes_share_the_index_even_while_it_is_deleted(make_repo, git):
    repo = Repository(make_repo(files={"a": "1\n"}))
    command = [sys.executable, "-c", PUT, str(repo.root)]
    started = [subprocess.Popen([*command, str(n)], stderr=subprocess.PIPE) for n in range(4)]
    assert [one.communicate()[1] for one in started] == [b""] * 4
    for text in (f"{n} {k}" for n in range(4) for k in range(20)):
        assert repo.content.get(blob_digest(text.encode())) == text.encode()
    git(repo.root, "fsck", "--strict")


def test_the_index_stays_small(repo, monkeypatch):
    digest = repo.content.put(b"before")
    monkeypatch.setattr(digests, "SIZE_LIMIT", 1000)
    fresh = Repository(repo.root)
    assert fresh.content.get(digest) == b"before"
    fresh.close()
    with sqlite3.connect(_index(repo)) as database:
        before = database.execute("select count(*) from digest").fetchone()[0]
    database.close()
    Repository(repo.root).content.put(b"after")
    with sqlite3.connect(_index(repo)) as database:
        assert database.execute("select count(*) from digest").fetchone()[0] == 1 < before
    database.close()


def test_a_row_that_lies_is_not_believed(repo):
    wanted, other = repo.content.put(b"wanted"), repo.content.put(b"other")
    with sqlite3.connect(_index(repo)) as database:
        database.execute(
            "update digest set digest = ? where digest = ?", (bytes.fromhex("00" * 32), bytes.fromhex(other[7:]))
        )
        database.execute(
            "update digest set digest = ? where digest = ?", (bytes.fromhex(other[7:]), bytes.fromhex(wanted[7:]))
        )
    database.close()
    fresh = Repository(repo.root)
    assert fresh.content.get(wanted) == b"wanted" and fresh.content.get(other) == b"other"


def test_a_blob_that_git_took_is_not_had(repo, git):
    digest = repo.content.put(b"nobody names me")
    git(repo.root, "gc", "-q", "--prune=now")
    assert not Repository(repo.root).content.has(digest)


def test_batch_is_one_pack(repo, git):
    with repo.content.batch():
        put = [repo.content.put(b"%d" % n) for n in range(300)]
        assert repo.content.get(put[7]) == b"7"
    packs = [name for name in os.listdir(repo.objects_dir / "pack") if name.endswith(".pack")]
    assert len(packs) == 1
    assert [Repository(repo.root).content.get(digest) for digest in put] == [b"%d" % n for n in range(300)]
    git(repo.root, "fsck", "--strict", "--full")


def test_a_failed_batch_stores_nothing(repo):
    with pytest.raises(ZeroDivisionError), repo.content.batch():
        digest = repo.content.put(b"never stored")
        raise ZeroDivisionError
    assert not repo.content.has(digest)
    assert not Repository(repo.root).content.has(digest)


def test_no_writable_place_for_the_index(repo, monkeypatch):
    (repo.common_dir / "muse").write_text("a file where the folder should be")
    digest = repo.content.put(b"still works")
    assert repo.content.get(digest) == b"still works"
    assert Repository(repo.root).content.get(digest) == b"still works"


def test_a_replaced_blob_is_not_remembered(repo, git):
    blob = git(repo.root, "rev-parse", "HEAD:a")
    git(repo.root, "replace", blob, git(repo.root, "hash-object", "-w", "--stdin", input="other"))
    assert repo.manifest("HEAD")["files"]["a"] == blob_digest(b"other")
    git(repo.root, "replace", "-d", blob)
    fresh = Repository(repo.root)
    assert fresh.manifest("HEAD")["files"]["a"] == blob_digest(b"1\n")
    assert fresh.content.get(blob_digest(b"1\n")) == b"1\n"


def test_fast_reads_give_the_same_bytes(make_repo, git, commit, monkeypatch):
    root = make_repo(files={f"f{n}": os.urandom(n * 7) for n in range(60)})
    git(root, "gc", "-q")
    commit(root, {"loose": "x" * 5000})
    clone = root.parent / "borrower"
    git(root.parent, "clone", "-q", "--shared", str(root), str(clone))
    monkeypatch.setattr(fast, "WORTH", 1)
    for place in (root, clone):
        repo = Repository(place)
        ids = [line.split()[2] for line in git(place, "ls-tree", "-r", "HEAD").splitlines()]
        quick = fast.opened(repo)
        assert quick is not None
        assert [quick.blob(name) for name in ids] == [repo.objects.blob(name) for name in ids]
        assert [data for _, data in repo.objects.blobs(ids)] == [repo.objects.blob(name) for name in ids]
        assert quick.blob(repo.tree_of("HEAD")) is None and quick.blob("0" * 40) is None


def test_fast_declines_what_it_cannot_open(make_repo):
    assert fast.opened(Repository(make_repo(files={"a": "1"}, sha256=True))) is None


def test_a_large_blob_is_held_once(repo):
    """Its bytes were copied to cut off a newline, and again to name them: `session commit` took 629 MB of 300."""
    data = os.urandom(1 << 16) * 512
    name = repo.writer().add("blob", data)  # not stored: only to be named
    with repo.writer() as writer:
        assert writer.blob(data) == name
    size = len(data)
    del data
    repo.objects.resolve(name)  # the process is open
    tracemalloc.start()
    try:
        found = repo.objects.blob(name)
        assert object_id(repo.object_format, "blob", found) == name
        assert tracemalloc.get_traced_memory()[1] < 1.2 * size == 1.2 * len(found)
    finally:
        tracemalloc.stop()
    assert repo.objects.read(name)[0] == "blob"  # and the next answer is whole
