"""Absorbing retired writers, and deleting what was absorbed."""

from __future__ import annotations

import json
import shutil
import time

import pytest
from click.testing import CliRunner

from muse.cli.verbs.gc import command
from muse.core.errors import MuseError
from muse.core.types import blob_digest
from muse.store import layout, refs, writer
from muse.store.log import gc
from muse.store.meta import writer_refs
from muse.store.meta.union import Union
from muse.store.repository import Repository

A, B, C = "a" * 40, "b" * 40, "c" * 40


@pytest.fixture
def server(make_repo):
    return make_repo("server.git", bare=True)


@pytest.fixture
def clone(git, server):
    """`clone(name) -> Repository` with the server as its origin."""

    def make(name):
        git(server.parent, "clone", "-q", str(server), name)
        return Repository(server.parent / name)

    return make


def _push(git, repo):
    git(repo.root, "push", "-q", "origin", "refs/muse/*:refs/muse/*")
    git(repo.root, "fetch", "-q", "origin", "refs/muse/*:refs/muse-remotes/origin/*")


def _read(repo, kind, path):
    union = Union(repo)
    return sorted(union.read(entry, 1000) or b"" for entry in union.find(kind, path))


SEGMENT = layout.segment_path("jam", "i1", 1, 2, b"ops")


def test_throw_away_clones_become_one_chain(git, server, clone):
    for number in range(3):
        runner = clone(f"ci{number}")
        writer_refs.commit_files(runner, "meta", {layout.delta_path(A, f"{number}" * 40): b"%d" % number}, "ci")
        writer_refs.commit_files(runner, "log", {layout.segment_path("jam", f"i{number}", 1, 2, b"x"): b"x"}, "ci")
        _push(git, runner)
        shutil.rmtree(runner.root)
    home = clone("home")
    writer_refs.commit_files(home, "meta", {layout.delta_path(A, C): b"home"}, "home")
    _push(git, home)
    assert gc.absorb(home, retired_days=1) == ([], [])
    done = gc.absorb(home, retired_days=-1)
    assert len(done.refs) == 6 and done.apart == []
    assert gc.absorb(home, retired_days=-1) == ([], [])
    assert gc.prune_absorbed(home, "origin") == []  # the server does not have our new tip yet
    _push(git, home)
    assert sorted(gc.prune_absorbed(home, "origin")) == sorted(done.refs)
    me = writer.writer_id(home)
    for where in (server, home.root):
        names = git(where, "for-each-ref", "--format=%(refname)", "refs/muse/").splitlines()
        assert names == [f"refs/muse/log/{me}", f"refs/muse/meta/{me}"]
        git(where, "gc", "-q", "--prune=now")
        git(where, "fsck", "--strict", "--full")
    fresh = clone("fresh")
    git(fresh.root, "fetch", "-q", "--depth=1", "origin", "refs/muse/*:refs/muse-remotes/origin/*")
    assert [_read(fresh, "meta", layout.delta_path(A, f"{n}" * 40)) for n in range(3)] == [[b"0"], [b"1"], [b"2"]]
    assert _read(fresh, "log", layout.segment_path("jam", "i2", 1, 2, b"x")) == [b"x"]


def test_our_own_former_id_is_gone_on_with(git, clone):
    repo = clone("home")
    me = writer.writer_id(repo)
    tip = writer_refs.commit_files(repo, "log", {SEGMENT: b"ops"}, "one")
    _push(git, repo)
    new = writer.rotate(repo, me)
    assert gc.absorb(repo) == ([], [])
    assert refs.read_many(repo, "refs/muse/") == {layout.own_ref("log", new): tip}
    _push(git, repo)
    assert gc.prune_absorbed(repo, "origin") == [f"refs/muse-remotes/origin/log/{me}"]
    assert git(repo.root, "ls-remote", "origin", "refs/muse/*").split() == [tip, layout.own_ref("log", new)]
    assert _read(repo, "log", SEGMENT) == [b"ops"]


def test_contradicting_writers_stay_apart(git, clone):
    one, two = clone("one"), clone("two")
    state = layout.crdt_path(A)
    writer_refs.commit_files(one, "meta", {state: b"1", layout.delta_path(A, B): b"1"}, "one")
    writer_refs.commit_files(two, "meta", {state: b"2", layout.delta_path(A, C): b"2"}, "two")
    _push(git, one)
    _push(git, two)
    done = gc.absorb(two, retired_days=-1)
    assert done.refs == [] and [problem.path for problem in done.apart] == [state]
    assert gc.prune_absorbed(two, "origin") == []
    assert _read(two, "meta", state) == [b"1", b"2"] and _read(two, "meta", layout.delta_path(A, B)) == [b"1"]


def test_deltas_and_checkpoints_do_not_keep_writers_apart(git, clone):
    one, two = clone("one"), clone("two")
    checkpoint = layout.session_path("jam", "checkpoint.json")
    for repo, text in ((one, b"1"), (two, b"2")):
        segment = layout.segment_path("jam", text.decode(), 1, 1, text)
        writer_refs.commit_files(repo, "log", {checkpoint: text, segment: text}, "s")
        writer_refs.commit_files(repo, "meta", {layout.delta_path(A, B): text}, "s")
        _push(git, repo)
    assert len(gc.absorb(two, retired_days=-1).refs) == 2
    entries = {entry.path for entry in Union(two).of(layout.own_ref("log", writer.writer_id(two)))}
    assert {layout.segment_path("jam", text, 1, 1, text.encode()) for text in "12"} < entries


def test_a_ref_that_moved_on_the_server_is_not_deleted(git, server, clone):
    runner, home = clone("runner"), clone("home")
    writer_refs.commit_files(runner, "meta", {layout.delta_path(A, B): b"1"}, "one")
    _push(git, runner)
    writer_refs.commit_files(home, "meta", {layout.delta_path(A, C): b"2"}, "two")
    _push(git, home)
    gc.absorb(home, retired_days=-1)
    _push(git, home)
    late = writer_refs.commit_files(runner, "meta", {layout.delta_path(B, C): b"late"}, "late")
    git(runner.root, "push", "-q", "origin", "refs/muse/*:refs/muse/*")
    with pytest.raises(MuseError, match="deleted nothing"):
        gc.prune_absorbed(home, "origin")
    assert git(server, "rev-parse", layout.own_ref("meta", writer.writer_id(runner))) == late


def test_nothing_to_do_and_no_writer(clone):
    repo = clone("home")
    assert gc.absorb(repo) == ([], []) and gc.prune_absorbed(repo, "origin") == []
    assert writer.known_writer(repo) is None


def test_only_old_writers_are_retired(git, clone, monkeypatch):
    one, two = clone("one"), clone("two")
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now - 40 * 86400)
    writer_refs.commit_files(one, "meta", {layout.delta_path(A, B): b"1"}, "old")
    monkeypatch.undo()
    _push(git, one)
    git(two.root, "fetch", "-q", "origin", "refs/muse/*:refs/muse-remotes/origin/*")
    assert len(gc.absorb(two).refs) == 1


def test_the_verb(git, clone, monkeypatch):
    one, two = clone("one"), clone("two")
    writer_refs.commit_files(one, "meta", {layout.delta_path(A, B): b"1"}, "one")
    _push(git, one)
    git(two.root, "fetch", "-q", "origin", "refs/muse/*:refs/muse-remotes/origin/*")
    monkeypatch.chdir(two.root)
    copy = f"refs/muse-remotes/origin/meta/{writer.writer_id(one)}"
    run = CliRunner()
    assert run.invoke(command, []).output == ""
    assert run.invoke(command, ["--retired-after", "-1"]).output == f"absorbed {copy}\n"
    _push(git, two)
    done = run.invoke(command, ["--prune-absorbed", "--remote", "origin", "--json"])
    assert json.loads(done.output) == {"absorbed": [], "apart": [], "deleted": [copy], "archived": [], "kept": []}


def test_many_writers_are_looked_at_once(git, clone, monkeypatch):
    """The union of all refs was read anew for each hundred of them."""
    home = clone("home")
    other = clone("other")
    for number in range(7):
        tip = writer_refs.commit_files(
            other, "log", {layout.content_path(blob_digest(b"%d" % number)): b"%d" % number}, "x"
        )
        git(home.root, "fetch", "-q", other.root, f"{tip}:refs/muse-remotes/origin/log/w{number}")
    monkeypatch.setattr(gc, "_AT_ONCE", 2)
    made = []
    monkeypatch.setattr(gc, "Union", lambda repo: (made.append(1), Union(repo))[1])
    done = gc.absorb(home, retired_days=-1)
    assert len(done.refs) == 7 and len(made) == 1 and done.apart == []
    ours = layout.own_ref("log", writer.known_writer(home))
    assert len([entry for entry in Union(home).of(ours) if entry.path.startswith("content/")]) == 7


def test_what_another_process_wrote_to_our_ref_meanwhile_is_kept(git, clone, monkeypatch):
    home, other = clone("home"), clone("other")
    for number in range(4):
        data = b"%d" % number
        tip = writer_refs.commit_files(other, "log", {layout.segment_path("jam", f"i{number}", 1, 1, data): data}, "x")
        git(home.root, "fetch", "-q", other.root, f"{tip}:refs/muse-remotes/origin/log/w{number}")
    monkeypatch.setattr(gc, "_AT_ONCE", 2)
    real, told = gc._absorb, []

    def absorb(repo, *words):
        done = real(repo, *words)
        if not told:  # the same name with other bytes, as only damage or a liar makes it
            told.append(writer_refs.commit_files(Repository(home.root), "log", {SEGMENT: b"ours"}, "meanwhile"))
        return done

    monkeypatch.setattr(gc, "_absorb", absorb)
    done = gc.absorb(home, retired_days=-1)
    assert len(done.refs) == 4 and b"ours" in _read(Repository(home.root), "log", SEGMENT)
    assert len(_read(Repository(home.root), "log", layout.segment_path("jam", "i3", 1, 1, b"3"))) == 1
