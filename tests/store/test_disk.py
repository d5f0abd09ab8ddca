"""dulwich writes what Muse stores: on every path, durably, past a crash at every step and with `git gc` beside it."""

from __future__ import annotations

import os
import random
import socket
import stat
import subprocess
import sys
import time

import pytest

from muse.cli.main import main
from muse.store import layout
from muse.store.meta import writer_refs
from muse.store.objects import disk
from muse.store.repository import Repository
from tests.crash.dying import killed_at

A = "a" * 40
WRITES = int(os.environ.get("MUSE_WRITES", "400"))  # read here: no test sees what the user has set
SEED = os.environ.get("MUSE_SEED", "5")


@pytest.fixture(params=[False, True], ids=["sha1", "sha256"])
def repo(request, make_repo):
    return Repository(make_repo(files={"a": "1\n"}, sha256=request.param))


def silent(git, root) -> bool:
    """True when `git fsck --strict` finds nothing to say of what refs name, and nothing broken in the rest."""
    done = subprocess.run(["git", "fsck", "--strict", "--full", "--no-dangling"], cwd=root, capture_output=True)
    return (done.returncode, done.stdout, done.stderr.replace(b"notice: HEAD points to an unborn", b"")) == (
        0,
        b"",
        b"",
    )


WRITE = """
from muse.cli.main import main
from muse.store import layout
from muse.store.meta import writer_refs
files = {layout.delta_path("a" * 40, f"{n:040x}"): b"%d" % n for n in range(int(sys.argv[1]))}
writer_refs.commit_files(repository.Repository("."), "meta", files, "x")
"""


@pytest.mark.parametrize("count", [1, disk.LOOSE_LIMIT + 20])
def test_killed_at_every_step(make_repo, git, count):
    """Every object is there or is not; the next run is not hindered by what a dead one left."""
    repo = Repository(make_repo(files={"a": "1\n"}))

    step = 1
    while killed_at(step, WRITE, repo.root, str(count)):
        assert silent(git, repo.root), step
        step += 1
    assert silent(git, repo.root)
    assert step > 8
    git(repo.root, "gc", "-q", "--prune=now")
    left = [name for _, _, names in os.walk(repo.objects_dir) for name in names if "tmp" in name or "lock" in name]
    assert left == []
    assert len(writer_refs.KINDS) == 2 and repo.git("for-each-ref", "refs/muse/meta/")


def test_what_is_packed_is_not_written_again_but_kept_fresh(repo, git):
    with repo.writer() as batch:
        name = batch.blob(b"known\n")
    git(repo.root, "update-ref", "refs/tags/kept", name)
    git(repo.root, "repack", "-q", "-a", "-d")
    git(repo.root, "prune-packed")
    (pack,) = (repo.objects_dir / "pack").glob("*.pack")
    os.utime(pack, (1, 1))
    with Repository(repo.root).writer() as batch:
        assert batch.blob(b"known\n") == name
    assert not (repo.objects_dir / name[:2] / name[2:]).exists()
    assert pack.stat().st_mtime > time.time() - 100


def test_what_an_alternate_has_is_not_written_again(repo, git, tmp_path):
    with repo.writer() as batch:
        name = batch.blob(b"borrowed\n")
    git(tmp_path, "clone", "-q", "--shared", "--no-checkout", str(repo.root), "borrower")
    borrower = Repository(tmp_path / "borrower")
    with borrower.writer() as batch:
        assert batch.blob(b"borrowed\n") == name
    assert not (borrower.objects_dir / name[:2] / name[2:]).exists()
    assert borrower.objects.blob(name) == b"borrowed\n"


@pytest.mark.parametrize("count", [2, disk.LOOSE_LIMIT + 20])
def test_a_shared_repository_has_shared_files(make_repo, git, count):
    root = make_repo(files={"a": "1\n"})
    git(root, "config", "core.sharedRepository", "group")
    before = os.umask(0o077)
    try:
        files = {layout.delta_path(A, f"{n:040x}"): b"%d" % n for n in range(count)}
        made = Repository(root)
        known = set((root / ".git" / "objects").rglob("*"))
        writer_refs.commit_files(made, "meta", files, "x")
    finally:
        os.umask(before)
    new = [path for path in (root / ".git" / "objects").rglob("*") if path not in known]
    assert new
    for path in new:
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode & 0o040, path
        assert path.is_dir() or mode & 0o222 == 0, path
        assert path.is_file() or mode & 0o2070 == 0o2070, path


def test_random_writes_beside_gc(make_repo, git):
    """`git gc --auto` again and again while objects of all kinds are written; nothing is lost, nothing is broken."""
    repo = Repository(make_repo(files={"a": "1\n"}))
    git(repo.root, "config", "gc.auto", "50")
    stop = repo.root / "stop"
    loop = f"while ! test -e {stop}; do git gc --auto -q >/dev/null 2>&1; done"
    dice = random.Random(SEED)
    texts: dict[str, bytes] = {}
    with subprocess.Popen(["sh", "-c", loop], cwd=repo.root) as beside:
        try:
            done = 0
            while done < WRITES:
                count = dice.choice([1, 1, 3, 10, disk.LOOSE_LIMIT + 10])
                files = {
                    layout.delta_path(A, f"{dice.getrandbits(160):040x}"): dice.randbytes(50) for _ in range(count)
                }
                writer_refs.commit_files(repo, "meta", files, "x")
                texts.update(files)
                done += count
        finally:
            stop.touch()
            beside.wait()
    assert silent(git, repo.root)
    ref = repo.git("for-each-ref", "--format=%(refname)", "refs/muse/meta/").decode().strip()
    fresh = Repository(repo.root)
    assert all(fresh.objects.blob(f"{ref}:{path}") == text for path, text in texts.items())


def test_a_joined_merge_is_written_by_dulwich(make_repo, git, commit):
    from muse.engine.merge.join_push import join_commits
    from muse.plugins.registry import plugin_for_path

    root = make_repo(files={"a.py": "def a():\n    return 1\n\n\ndef b():\n    return 2\n"})
    commit(root, {".museattributes": '[[rules]]\npath = "*"\ndimension = "*"\nstrategy = "join"\n'}, "rules")
    git(root, "switch", "-q", "-c", "topic")
    theirs = commit(root, {"a.py": "def a():\n    return 1\n\n\ndef b():\n    return 20\n"}, "theirs")
    git(root, "switch", "-q", "main")
    ours = commit(root, {"a.py": "def a():\n    return 10\n\n\ndef b():\n    return 2\n"}, "ours")
    repo = Repository(root)
    seen: list[str] = []
    real = repo.disk.add_objects
    repo.disk.add_objects = lambda objects, progress=None: (  # type: ignore[method-assign]
        seen.extend(each.type_name.decode() for each, _ in objects) or real(objects)  # type: ignore[func-returns-value]
    )
    joined = join_commits(repo, ours, theirs, plugin_for_path, message="both")
    assert git(root, "show", f"{joined.commit}:a.py").split() == [
        "def",
        "a():",
        "return",
        "10",
        "def",
        "b():",
        "return",
        "20",
    ]
    assert {"blob", "tree", "commit"} <= set(seen)
    assert git(root, "fsck", "--strict", "--no-dangling") == ""


def test_what_is_written_beside_gc_is_kept_until_we_are_done(make_repo, git):
    """`git gc --prune=now` takes what no ref names yet, however young it is; a kept pack it leaves alone."""
    repo = Repository(make_repo(files={"a": "1\n"}))
    (repo.common_dir / "gc.pid").write_text("1 here")
    with repo.writer() as writer:
        name = writer.blob(b"not named by any ref yet")
    (repo.common_dir / "gc.pid").unlink()
    git(repo.root, "gc", "-q", "--prune=now")
    assert git(repo.root, "cat-file", "blob", name) == "not named by any ref yet"
    packs = repo.objects_dir / "pack"
    assert len(list(packs.glob("*.keep"))) == 1
    disk._let_go(repo.disk._kept)
    git(repo.root, "gc", "-q", "--prune=now")
    assert not list(packs.glob("*.keep")) and git(repo.root, "cat-file", "-t", name, check=False) == ""


@pytest.mark.parametrize("left", ["by a dead process", "long ago"])
def test_what_a_killed_gc_left_makes_no_packs(make_repo, git, left):
    """As many as there are writes, until somebody notices: Git heeds no such file either."""
    repo = Repository(make_repo(files={"a": "1\n"}))
    mark = repo.common_dir / "gc.pid"
    if left == "long ago":
        mark.write_text("1 elsewhere")
        os.utime(mark, (time.time() - 13 * 3600,) * 2)
    else:
        done = subprocess.Popen([sys.executable, "-c", ""])
        done.wait()
        mark.write_text(f"{done.pid} {socket.gethostname()}")
    with repo.writer() as writer:
        name = writer.blob(b"a loose object")
    assert git(repo.root, "cat-file", "blob", name) == "a loose object"
    assert not list((repo.objects_dir / "pack").glob("pack-*"))
    mark.write_text(f"{os.getpid()} {socket.gethostname()}")
    with repo.writer() as writer:
        writer.blob(b"an object in a pack")
    assert len(list((repo.objects_dir / "pack").glob("pack-*.keep"))) == 1


def packs_with_notes(repo, text):
    """One object in a kept pack, whose note says `text`."""
    (repo.common_dir / "gc.pid").write_text("1 here")
    with repo.writer() as writer:
        name = writer.blob(b"what a killed process wrote")
    (repo.common_dir / "gc.pid").unlink()
    (note,) = (repo.objects_dir / "pack").glob("pack-*.keep")
    note.write_text(text)
    return name, note


@pytest.mark.parametrize("how", ["by writing", "by muse gc"])
def test_packs_of_killed_processes_are_not_kept_for_ever(make_repo, git, how, monkeypatch):
    repo = Repository(make_repo(files={"a": "1\n"}))
    name, note = packs_with_notes(repo, f"muse {gone()} {socket.gethostname()}\n")
    if how == "by writing":
        with Repository(repo.root).writer() as writer:
            writer.blob(b"another")
    else:
        monkeypatch.chdir(repo.root)
        assert main(["gc"]) == 0
    assert not note.exists()
    git(repo.root, "gc", "-q", "--prune=now")
    assert git(repo.root, "cat-file", "-t", name, check=False) == ""


@pytest.mark.parametrize(
    ("text", "old", "stays"),
    [
        ("muse {alive} {here}\n", True, True),
        ("muse {gone} elsewhere\n", False, True),
        ("muse {gone} elsewhere\n", True, False),
        ("muse {gone}\n", False, True),  # as they were written once
        ("muse {gone}\n", True, False),
        ("muse {alive}\n", True, True),
        ("muse\n", True, True),
        ("", True, True),
        ("fetch-pack {gone} on {here}\n", True, True),
        ("a person's: muse {gone} {here}\n", True, True),
    ],
)
def test_a_pack_that_somebody_else_keeps_stays_kept(make_repo, git, text, old, stays):
    repo = Repository(make_repo(files={"a": "1\n"}))
    name, note = packs_with_notes(repo, text.format(alive=os.getppid(), gone=gone(), here=socket.gethostname()))
    if old:
        os.utime(note, (time.time() - 90_000,) * 2)
    with Repository(repo.root).writer() as writer:
        writer.blob(b"another")
    disk._let_go(repo.disk._kept)  # what has another note by now is not ours any more
    assert note.exists() == stays
    git(repo.root, "gc", "-q", "--prune=now")
    assert (git(repo.root, "cat-file", "-t", name, check=False) == "blob") == stays


def test_what_a_person_keeps_is_not_taken_over(make_repo, git):
    repo = Repository(make_repo(files={"a": "1\n"}))
    name, note = packs_with_notes(repo, "for good\n")
    again = Repository(repo.root)
    (repo.common_dir / "gc.pid").write_text("1 here")
    with again.writer() as writer:
        assert writer.blob(b"what a killed process wrote") == name
    disk._let_go(again.disk._kept)
    assert note.read_text() == "for good\n"


def gone():
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    return done.pid
