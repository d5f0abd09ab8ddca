"""Git's other kinds of repositories, full disks, dead processes, read-only places: nothing is lost, one clear line."""

from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import sys
import time

import pytest
from dulwich.file import GitFile

from muse.core.content import ContentStore
from muse.core.errors import ContentMissingError, DamageError, MuseError
from muse.core.types import blob_digest
from muse.domain import StructuredDelta
from muse.store import layout, refs, writer
from muse.store.meta import deltas, writer_refs
from muse.store.meta.union import Union
from muse.store.objects import database, disk, snapshots
from muse.store.repository import Repository

A, B = "a" * 40, "b" * 40
DELTA = StructuredDelta(domain="files", summary="none", ops=[])
FILES = {f"d{n % 7}/f{n}": f"text {n}\n" * 20 for n in range(150)}
WRITE_FOR_EVER = """
import sys
from muse.store import layout, repository
from muse.store.meta import writer_refs
repo = repository.Repository(sys.argv[1])
n = int(sys.argv[3]) - 1
while True:
    n += 1
    files = {layout.delta_path("a" * 40, f"{n:04x}{k:036x}"): b"%d" % n for k in range(int(sys.argv[2]))}
    writer_refs.commit_files(repo, "meta", files, str(n))
    print(n, flush=True)
"""


@pytest.fixture(params=[False, True], ids=["sha1", "sha256"])
def repo(request, make_repo):
    return Repository(make_repo(files=FILES, sha256=request.param))


def _expected():
    return {path: blob_digest(text.encode()) for path, text in FILES.items()}


def _write_until_killed(git, repo, count, delay):
    """Commit files until SIGKILL; everything said to be kept must be, and at most one more."""
    before = _kept(repo)
    first = max(before, default=0) + 1
    command = [sys.executable, "-c", WRITE_FOR_EVER, str(repo.root), str(count), str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        said = [int(process.stdout.readline())]
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        said += [int(line) for line in process.stdout.read().split()]
    git(repo.root, "fsck", "--strict", "--full")
    kept = _kept(Repository(repo.root))
    assert before | set(said) <= kept <= before | set(said) | {said[-1] + 1}
    for lock in (repo.common_dir / "refs" / "muse").rglob("*.lock"):
        lock.unlink()  # the kill hit git update-ref itself; its message says to delete this


def _kept(repo):
    union = Union(repo)
    return {int(union.read(entry, 100) or b"0") for entry in union.below("meta", "deltas/")}


@pytest.mark.parametrize("count", [2, disk.LOOSE_LIMIT + 50])
@pytest.mark.parametrize("delay", [0.0, 0.1])
def test_killed_between_objects_and_ref(make_repo, git, count, delay):
    repo = Repository(make_repo(files={"a": "1\n"}))
    _write_until_killed(git, repo, count, delay)
    writer_refs.commit_files(repo, "meta", {layout.delta_path(A, B): b"0"}, "after")
    git(repo.root, "gc", "-q", "--prune=now")
    git(repo.root, "fsck", "--strict", "--full")


@pytest.mark.soak
def test_killed_again_and_again(make_repo, git):
    repo = Repository(make_repo(files={"a": "1\n"}))
    dice = random.Random(7)
    for cycle in range(150):
        _write_until_killed(git, repo, dice.choice([1, 3, disk.LOOSE_LIMIT + 5]), dice.random() * 0.2)
        if cycle % 25 == 24:
            git(repo.root, "gc", "-q", "--prune=now")


@pytest.mark.parametrize("count", [3, disk.LOOSE_LIMIT + 50])
def test_a_full_disk_changes_nothing(repo, git, monkeypatch, count):
    before = git(repo.root, "for-each-ref"), git(repo.root, "count-objects", "-v")
    writer.writer_id(repo)
    left = [2 if count <= disk.LOOSE_LIMIT else 0]

    def full(*args, **kwargs):
        file = GitFile(*args, **kwargs)
        real = file.write

        def write(data):
            if left[0] == 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            left[0] -= 1
            return real(data)

        file.write = write
        return file

    monkeypatch.setattr(disk, "GitFile", full)
    files = {layout.delta_path(A, f"{n:040x}"): b"%d" % n for n in range(count)}
    with pytest.raises(MuseError, match="cannot write objects: No space left on device") as caught:
        writer_refs.commit_files(repo, "meta", files, "full")
    assert "\n" not in str(caught.value)
    monkeypatch.undo()
    assert git(repo.root, "for-each-ref") == before[0]
    assert not [name for _, _, names in os.walk(repo.objects_dir) for name in names if name.startswith("tmp_")]
    git(repo.root, "fsck", "--strict", "--full")
    writer_refs.commit_files(repo, "meta", files, "again")
    assert len(Union(repo).below("meta", "deltas/")) == count


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 600 KB, and a function that makes it read-only."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", str(small)], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.decode().strip()}")
    yield small
    subprocess.run(["umount", "-l", str(small)], check=True)


def test_a_really_full_disk(small_disk, git):
    git(small_disk, "init", "-q", "repo")
    repo = Repository(small_disk / "repo")
    kept = repo.content.put(b"kept")
    with pytest.raises(MuseError) as caught:
        for number in range(400):
            deltas.save(repo, A, f"{number:040x}", DELTA, {"noise": os.urandom(2000).hex()})
    assert "\n" not in str(caught.value) and "space" in f"{caught.value} {caught.value.hint}"
    fresh = Repository(small_disk / "repo")
    assert fresh.content.get(kept) == b"kept"
    saved = Union(fresh).below("meta", "deltas/")
    assert saved and all(deltas.load(fresh, A, entry.path[-45:-5]) == DELTA for entry in saved[:5])
    git(small_disk / "repo", "fsck", "--strict", "--full")


def test_a_read_only_disk(small_disk, git, commit):
    git(small_disk, "init", "-q", "repo")
    repo = Repository(small_disk / "repo")
    commit(repo.root, {"a": "1\n"})
    digest = repo.content.put(b"was here")
    deltas.save(repo, A, B, DELTA)
    assert deltas.load(repo, A, B) == DELTA
    repo.close()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    fresh = Repository(small_disk / "repo")
    assert fresh.content.get(digest) == b"was here"
    assert fresh.manifest("HEAD")["files"] == {"a": blob_digest(b"1\n")}
    assert deltas.load(fresh, A, B) == DELTA
    for attempt in (
        lambda: fresh.content.put(b"new"),
        lambda: deltas.save(fresh, B, A, DELTA),
        lambda: refs.update(fresh, "refs/muse/x", fresh.head(), None),
    ):
        with pytest.raises(MuseError, match=r"cannot|unable") as caught:
            attempt()
        assert "\n" not in str(caught.value)


def test_a_folder_that_cannot_be_written(repo, monkeypatch):
    def refuse(*args, **kwargs):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(disk, "GitFile", refuse)
    with pytest.raises(MuseError, match="cannot write objects: Permission denied"):
        repo.content.put(b"new")


def test_everything_survives_gc(repo, git):
    deltas.save(repo, A, B, DELTA, {"by": "Ada"})
    digest = repo.content.put(b"bytes an op names")
    writer_refs.commit_files(repo, "log", {layout.content_path(digest): b"bytes an op names"}, "content")
    for _ in range(2):
        git(repo.root, "gc", "-q", "--prune=now")
        git(repo.root, "pack-refs", "--all", "--prune")
        fresh = Repository(repo.root)
        assert deltas.load(fresh, A, B) == DELTA and deltas.provenance(fresh, A, B) == [{"by": "Ada"}]
        assert fresh.content.get(digest) == b"bytes an op names"
        assert fresh.manifest("HEAD")["files"] == _expected()
        deltas.save(fresh, B, A, DELTA)
    assert deltas.load(Repository(repo.root), B, A) == DELTA


def test_gc_while_the_reader_is_open(repo, git):
    digest = repo.content.put(b"found before and after")
    git(repo.root, "update-ref", "refs/muse/test", repo.content.blob_id(digest))
    assert repo.content.get(digest) == b"found before and after"
    git(repo.root, "gc", "-q", "--prune=now")
    assert repo.content.get(digest) == b"found before and after"
    with repo.content.batch():
        more = [repo.content.put(b"%d" % n) for n in range(disk.LOOSE_LIMIT + 1)]
    assert repo.content.get(more[-1]) == b"%d" % disk.LOOSE_LIMIT


def test_a_dead_reader_is_replaced(repo):
    tree = repo.tree_of("HEAD")
    assert repo.objects.read(tree)[0] == "tree"
    process = repo.objects._process
    process.kill()
    process.wait()
    assert repo.objects.read(tree)[0] == "tree"


@pytest.mark.parametrize("error", [KeyboardInterrupt, TimeoutError, ZeroDivisionError])
def test_an_interrupted_read_does_not_shift_the_answers(repo, monkeypatch, error):
    one, two = (repo.objects.resolve(f"HEAD:d{n}/f{n}") for n in (1, 2))
    sink = repo.objects._process.stdout

    class Interrupted:
        def readline(self):
            return sink.readline()

        def read(self, size):
            raise error

    monkeypatch.setattr(repo.objects._process, "stdout", Interrupted())
    monkeypatch.setattr(Interrupted, "close", sink.close, raising=False)
    if error is TimeoutError:  # an OSError: asked again
        assert repo.objects.blob(one) == FILES["d1/f1"].encode()
    else:
        with pytest.raises(error):
            repo.objects.blob(one)
    assert repo.objects.blob(two) == FILES["d2/f2"].encode()


def test_an_answer_to_another_question_is_not_taken(repo):
    one, two = (repo.objects.resolve(f"HEAD:d{n}/f{n}") for n in (1, 2))
    repo.objects._process.stdin.write(one.encode() + b"\n")  # as if somebody had asked and not waited
    assert repo.objects.blob(two) == FILES["d2/f2"].encode()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_fork_does_not_read_its_parents_answers(repo):
    ids = [entry.split()[2].decode() for entry in repo.git("ls-tree", "-r", "HEAD").splitlines()]
    known = {name: repo.content.digests([name])[name] for name in ids}
    children = []
    for _ in range(3):
        pid = os.fork()
        if pid == 0:
            wrong = any(blob_digest(repo.objects.blob(name)) != known[name] for name in ids)
            repo.content.put(b"by the child")
            os._exit(int(wrong))
        children.append(pid)
    assert all(blob_digest(repo.objects.blob(name)) == known[name] for name in ids)
    assert [os.waitpid(pid, 0)[1] for pid in children] == [0, 0, 0]
    assert repo.content.get(blob_digest(b"by the child")) == b"by the child"


@pytest.mark.parametrize("name", ["", "HEAD\nHEAD", "no such", "0" * 40, "-x", "HEAD:nothing", "\udcff"])
def test_names_of_no_object(repo, name):
    with pytest.raises(KeyError):
        repo.objects.read(name)
    assert repo.objects.read("HEAD")[0] == "commit"


def test_a_damaged_object_is_an_error_and_not_an_answer(repo, git):
    blob = git(repo.root, "rev-parse", "HEAD:d0/f0")
    path = repo.objects_dir / blob[:2] / blob[2:]
    path.chmod(0o644)
    path.write_bytes(b"\x78\x01 nonsense")
    with pytest.raises((DamageError, ContentMissingError)) as caught:
        repo.manifest("HEAD")
    assert "\n" not in str(caught.value) and "fsck" in caught.value.hint
    assert isinstance(repo.content, ContentStore)
    for other in (text.encode() for path, text in FILES.items() if path != "d0/f0"):
        assert repo.content.get(blob_digest(other)) == other


def test_alternates(repo, git):
    clone = repo.root.parent / "borrower"
    git(repo.root.parent, "clone", "-q", "--shared", str(repo.root), str(clone))
    other = Repository(clone)
    assert other.manifest("HEAD")["files"] == _expected()
    tree = snapshots.write_tree(other, other.manifest("HEAD"))
    assert tree == repo.tree_of("HEAD")
    deltas.save(other, A, B, DELTA)
    git(clone, "fsck", "--strict", "--full")


def test_shallow_and_partial_clones(make_repo, git, commit):
    root = make_repo(files=FILES)
    commit(root, {"d0/f0": "changed\n"})
    git(root, "config", "uploadpack.allowFilter", "true")
    for name, flag in (("shallow", "--depth=1"), ("partial", "--filter=blob:none")):
        git(root.parent, "clone", "-q", "--no-checkout", flag, root.as_uri(), name)
        repo = Repository(root.parent / name)
        files = {**_expected(), "d0/f0": blob_digest(b"changed\n")}
        assert repo.manifest("HEAD")["files"] == files
        assert repo.content.get(files["d0/f0"]) == b"changed\n"
        deltas.save(repo, A, B, DELTA)
        assert deltas.load(repo, A, B) == DELTA
        git(repo.root, "fsck", "--strict")


def test_a_shared_repository_keeps_its_modes(make_repo, git):
    root = make_repo(files={"a": "1\n"})
    git(root, "config", "core.sharedRepository", "group")
    repo = Repository(root)
    one = repo.content.put(b"loose")
    with repo.content.batch():
        many = [repo.content.put(b"%d" % n) for n in range(disk.LOOSE_LIMIT + 1)]
    assert [repo.content.get(digest) for digest in (one, many[5])] == [b"loose", b"5"]
    blob = repo.content.blob_id(one)
    assert (repo.objects_dir / blob[:2] / blob[2:]).stat().st_mode & 0o070 == 0o040
    assert len(list((repo.objects_dir / "pack").glob("*.pack"))) == 1
    git(root, "fsck", "--strict", "--full")


def test_quarantine_of_a_hook(make_repo, git, monkeypatch, tmp_path):
    """Inside receive-pack's hooks objects go where GIT_OBJECT_DIRECTORY says, and what is there is read."""
    root = make_repo(files={"a": "1\n"})
    aside = tmp_path / "incoming"
    (aside / "pack").mkdir(parents=True)
    monkeypatch.setenv("GIT_DIR", str(root / ".git"))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(aside))
    monkeypatch.setenv("GIT_ALTERNATE_OBJECT_DIRECTORIES", str(root / ".git" / "objects"))
    repo = Repository.discover(root)
    digest = repo.content.put(b"incoming")
    assert repo.content.get(digest) == b"incoming" and repo.content.get(blob_digest(b"1\n")) == b"1\n"
    blob = repo.content.blob_id(digest)
    assert (aside / blob[:2] / blob[2:]).exists() and not (root / ".git/objects" / blob[:2] / blob[2:]).exists()


def test_large_and_many_objects_in_one_go(repo, git, monkeypatch):
    monkeypatch.setattr(database, "MEMORY_LIMIT", 200_000)
    data = [os.urandom(60_000) + b"%d" % n for n in range(12)] + [b"%d" % n for n in range(300)] + [b""]
    with repo.writer() as batch:
        ids = [batch.blob(one) for one in data]
    assert [found for _, found in Repository(repo.root).objects.blobs(ids)] == data
    git(repo.root, "fsck", "--strict", "--full")


def test_reftable(make_repo, git, tmp_path):
    made = subprocess.run(["git", "init", "-q", "--ref-format=reftable", str(tmp_path / "r")], capture_output=True)
    if made.returncode:
        pytest.skip("this git knows no reftable")
    git(tmp_path / "r", "commit", "-q", "--allow-empty", "-m", "x")
    repo = Repository(tmp_path / "r")
    deltas.save(repo, A, B, DELTA)
    assert deltas.load(repo, A, B) == DELTA
    assert refs.read(repo, "refs/heads/main") == repo.head()
