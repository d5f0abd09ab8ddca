"""The two refs of a clone, and the union of all clones'."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from muse.core.errors import DamageError, MuseError
from muse.store import layout, refs, verify, writer
from muse.store.meta import budget, writer_refs
from muse.store.meta.union import Union, recent
from muse.store.objects import database
from muse.store.objects.trees import edit
from muse.store.repository import Repository

A, B, C = "a" * 40, "b" * 40, "c" * 40
APPEND = """
import sys
from muse.store import layout, repository
from muse.store.meta import writer_refs
repo = repository.Repository(sys.argv[1])
for n in range(int(sys.argv[3])):
    name = sys.argv[2] * 38 + f"{n:02d}"
    writer_refs.commit_files(repo, "meta", {layout.delta_path("a" * 40, name): name.encode()}, "test")
"""


@pytest.fixture(params=[False, True], ids=["sha1", "sha256"])
def repo(request, make_repo):
    return Repository(make_repo(files={"a": "1\n"}, sha256=request.param))


def _find(repo, path, kind="meta"):
    seen = Union(repo)
    return sorted(seen.read(entry, 1 << 20) or b"" for entry in seen.find(kind, path))


def _fetch_from(git, repo, other, name):
    git(repo.root, "fetch", "-q", str(other.root), f"+refs/muse/*:refs/muse-remotes/{name}/*")


def test_files_accumulate_along_one_chain(repo, git):
    one, two = layout.delta_path(A, B), layout.delta_path(B, C)
    first = writer_refs.commit_files(repo, "meta", {one: b"1"}, "one")
    second = writer_refs.commit_files(repo, "meta", {two: b"2"}, "two")
    assert writer_refs.commit_files(repo, "meta", {two: b"2"}, "again") == second == writer_refs.own_tip(repo, "meta")
    ref = layout.own_ref("meta", writer.writer_id(repo))
    assert git(repo.root, "log", "--format=%H %s", ref) == f"{second} two\n{first} one"
    assert git(repo.root, "ls-tree", "-r", "--name-only", ref).splitlines() == sorted([one, two, "format"])
    assert _find(repo, one) == [b"1"] and _find(repo, two) == [b"2"] and _find(repo, layout.delta_path(A, C)) == []
    assert writer_refs.own_tip(repo, "log") is None
    git(repo.root, "gc", "-q", "--prune=now")
    git(repo.root, "fsck", "--strict", "--full")
    assert _find(Repository(repo.root), one) == [b"1"]


def test_a_value_may_be_a_blob_that_is_there(repo):
    digest = repo.content.put(b"bytes an op names")
    path = layout.content_path(digest)
    writer_refs.commit_files(repo, "log", {path: repo.content.blob_id(digest)}, "content")
    assert _find(repo, path, "log") == [b"bytes an op names"]


def test_what_never_changes_is_not_rewritten(repo):
    path = layout.segment_path("jam", "i1", 1, 50, b"x")
    tip = writer_refs.commit_files(repo, "log", {path: b"x"}, "segment")
    with pytest.raises(DamageError, match="other content"):
        writer_refs.commit_files(repo, "log", {path: b"y"}, "segment")
    assert writer_refs.commit_files(repo, "log", {path: b"x"}, "segment") == tip
    state = layout.session_path("jam", "checkpoint.json")
    writer_refs.commit_files(repo, "log", {state: b"1"}, "checkpoint")
    writer_refs.commit_files(repo, "log", {state: b"2"}, "checkpoint")
    assert _find(repo, state, "log") == [b"2"]


def test_only_what_the_layout_knows_is_written(repo):
    with pytest.raises(MuseError, match="belongs into"):
        writer_refs.commit_files(repo, "meta", {"notes.txt": b"x"}, "no")
    assert refs.read_many(repo, "refs/muse/") == {}


def test_union_of_clones(repo, make_repo, git):
    other = Repository(make_repo("other", {"b": "2\n"}, sha256=repo.object_format == "sha256"))
    same, differs = layout.delta_path(A, B), layout.delta_path(B, C)
    writer_refs.commit_files(repo, "meta", {same: b"equal", differs: b"ours"}, "ours")
    added = {same: b"equal", differs: b"theirs", layout.delta_path(A, C): b"new"}
    writer_refs.commit_files(other, "meta", added, "theirs")
    _fetch_from(git, repo, other, "origin")
    assert _find(repo, same) == [b"equal"]
    assert _find(repo, differs) == [b"ours", b"theirs"]
    assert _find(repo, layout.delta_path(A, C)) == [b"new"]
    below = Union(repo).below("meta", "deltas/cc/")
    assert [entry.path for entry in below] == [layout.delta_path(A, C), differs, differs]
    assert len(Union(repo).writers("meta", same)) == 2
    git(repo.root, "update-ref", "-d", f"refs/muse-remotes/origin/meta/{writer.writer_id(other)}")
    assert _find(repo, differs) == [b"ours"]


def test_the_index_reads_only_what_is_new(repo, monkeypatch):
    for number in range(20):
        writer_refs.commit_files(repo, "meta", {layout.delta_path(A, f"{number:02x}" * 20): b"%d" % number}, "n")
    Union(repo)
    monkeypatch.setattr(repo.objects, "tree", lambda *args: pytest.fail("read a tree again"))
    Union(repo)
    monkeypatch.undo()
    writer_refs.commit_files(repo, "meta", {layout.delta_path(A, "ff" * 20): b"last"}, "n")
    reads = []
    tree = repo.objects.tree
    monkeypatch.setattr(repo.objects, "tree", lambda *args: reads.append(args) or tree(*args))
    assert _find(repo, layout.delta_path(A, "ff" * 20)) == [b"last"]
    assert len(reads) <= 6


@pytest.mark.parametrize("damage", ["delete", "nonsense", "folder"])
def test_the_index_is_disposable(repo, damage):
    writer_refs.commit_files(repo, "meta", {layout.delta_path(A, B): b"1"}, "one")
    path = repo.common_dir / "muse" / "union-2-1.sqlite"
    assert _find(repo, layout.delta_path(A, B)) == [b"1"]
    path.unlink()
    if damage == "nonsense":
        path.write_bytes(os.urandom(20_000))
    elif damage == "folder":
        path.mkdir()
    for _ in range(2):
        assert _find(Repository(repo.root), layout.delta_path(A, B)) == [b"1"]


def test_many_processes_append_at_once(make_repo, git):
    repo = Repository(make_repo(files={"a": "1\n"}))
    command = [sys.executable, "-c", APPEND, str(repo.root)]
    started = [subprocess.Popen([*command, name, "5"], stderr=subprocess.PIPE) for name in "1234"]
    assert [one.communicate()[1] for one in started] == [b""] * 4
    assert len(Union(repo).below("meta", "deltas/")) == 20
    assert git(repo.root, "rev-list", "--count", writer_refs.own_tip(repo, "meta")) == "20"
    git(repo.root, "fsck", "--strict")


def test_a_copied_directory_goes_on_under_a_new_name(repo, git):
    path = layout.delta_path(A, B)
    old = writer_refs.commit_files(repo, "meta", {path: b"1"}, "one")
    copy = repo.root.parent / "copy"
    shutil.copytree(repo.root, copy, symlinks=True)
    other = Repository(copy)
    new = writer_refs.commit_files(other, "meta", {layout.delta_path(B, C): b"2"}, "two")
    assert git(copy, "rev-parse", f"{new}^") == old
    assert refs.read_many(other, "refs/muse/").keys() == {layout.own_ref("meta", writer.writer_id(other))}
    assert refs.read_many(repo, "refs/muse/").keys() == {layout.own_ref("meta", writer.writer_id(repo))}
    assert _find(other, path) == [b"1"] and verify.problems(other) == []


def _session(name):
    return {layout.session_path(name, "name"): name.encode()}


@pytest.mark.parametrize("remote", ["origin", "team/up"])
def test_a_server_ahead_of_ours(repo, git, remote):
    me = writer.writer_id(repo)
    first = writer_refs.commit_files(repo, "log", _session("s"), "one")
    second = writer_refs.commit_files(repo, "log", _session("t"), "two")
    copy = f"refs/muse-remotes/{remote}/log/{me}"
    git(repo.root, "update-ref", copy, first)
    assert not writer_refs.check_own(repo)  # behind ours: it only was not pushed yet
    git(repo.root, "update-ref", copy, second)
    git(repo.root, "update-ref", layout.own_ref("log", me), first)  # a backup was restored
    third = writer_refs.commit_files(repo, "log", _session("u"), "three")
    assert writer.writer_id(repo) != me and git(repo.root, "rev-parse", f"{third}^") == first
    assert refs.read_many(repo, "refs/muse/") == {layout.own_ref("log", writer.writer_id(repo)): third}
    assert {entry.path for entry in Union(repo).below("log", "")} >= {"s/name", "t/name", "u/name"}
    assert not writer_refs.check_own(repo)


def test_a_server_beside_ours(repo, git):
    me = writer.writer_id(repo)
    first = writer_refs.commit_files(repo, "log", _session("s"), "one")
    beside = git(repo.root, "commit-tree", f"{first}^{{tree}}", "-p", first, "-m", "by the copy")
    git(repo.root, "update-ref", f"refs/muse-remotes/origin/log/{me}", first)
    git(repo.root, "update-ref", f"refs/muse-remotes/origin/log/{me}.0123456789ab", beside)
    writer_refs.commit_files(repo, "meta", {layout.delta_path(A, B): b"1"}, "meta")
    assert writer.writer_id(repo) == me
    assert writer_refs.check_own(repo)
    assert refs.read(repo, layout.own_ref("log", writer.writer_id(repo))) == first
    assert refs.read_many(repo, "refs/muse/").keys() == {
        layout.own_ref(kind, writer.writer_id(repo)) for kind in ("log", "meta")
    }


def test_our_refs_lost_here_but_not_on_the_server(repo, git):
    me = writer.writer_id(repo)
    tip = writer_refs.commit_files(repo, "log", _session("s"), "one")
    git(repo.root, "update-ref", f"refs/muse-remotes/origin/log/{me}", tip)
    git(repo.root, "update-ref", "-d", layout.own_ref("log", me))
    new = writer_refs.commit_files(repo, "log", _session("t"), "two")
    assert git(repo.root, "rev-parse", f"{new}^") == tip and writer.writer_id(repo) != me


def test_a_copy_of_ours_that_is_no_commit_is_nobodys(repo, git):
    me = writer.writer_id(repo)
    writer_refs.commit_files(repo, "log", _session("s"), "one")
    blob = git(repo.root, "hash-object", "-w", "--stdin", input="x")
    git(repo.root, "update-ref", f"refs/muse-remotes/origin/log/{me}", blob)
    writer_refs.commit_files(repo, "log", _session("t"), "two")
    assert writer.writer_id(repo) == me
    assert [problem.why for problem in verify.problems(repo)] == ["it holds no commit"]


def test_looking_makes_no_writer(repo):
    assert not writer_refs.check_own(repo) and writer.known_writer(repo) is None


def test_two_states_of_one_writer_that_parted_are_reported(repo, git):
    base = writer_refs.commit_files(repo, "meta", {layout.delta_path(A, B): b"1"}, "one")
    left = writer_refs.commit_files(repo, "meta", {layout.delta_path(A, C): b"2"}, "left")
    ref = layout.own_ref("meta", writer.writer_id(repo))
    git(repo.root, "update-ref", ref, base)
    right = writer_refs.commit_files(repo, "meta", {layout.delta_path(B, C): b"3"}, "right")
    git(repo.root, "update-ref", f"refs/muse-remotes/up/meta/{writer.writer_id(repo)}", left)
    assert refs.read(repo, ref) == right
    assert _find(repo, layout.delta_path(A, C)) == [b"2"] and _find(repo, layout.delta_path(B, C)) == [b"3"]
    assert ["another way" in found.why for found in verify.problems(repo)] == [True]


def _hostile(repo, git, entries, name="evil"):
    blob = git(repo.root, "hash-object", "-w", "--stdin", input=layout.FORMATS["meta"][-1])
    entries = [f"100644 blob {blob}\tformat", *entries]
    tree = git(repo.root, "mktree", "--missing", input="".join(f"{row}\n" for row in entries))
    commit = git(repo.root, "commit-tree", tree, "-m", "x")
    git(repo.root, "update-ref", f"refs/muse-remotes/origin/meta/{name}", commit)
    return tree


def test_hostile_trees_are_left_out_and_reported(repo, git):
    good = layout.delta_path(A, B)
    writer_refs.commit_files(repo, "meta", {good: b"fine"}, "good")
    blob = git(repo.root, "hash-object", "-w", "--stdin", input="x")
    deep = git(repo.root, "mktree", input=f"100644 blob {blob}\tx\n")
    for _ in range(8):
        deep = git(repo.root, "mktree", input=f"040000 tree {deep}\td\n")
    link = git(repo.root, "mktree", input=f"120000 blob {blob}\t{good.split('/')[2]}\n")
    shard = git(repo.root, "mktree", input=f"040000 tree {link}\tbb\n")
    _hostile(
        repo,
        git,
        [
            f"040000 tree {deep}\tdeep",
            f"100644 blob {blob}\tstray",
            f"040000 tree {shard}\tdeltas",
            f"160000 commit {repo.head()}\tmodule",
        ],
    )
    git(repo.root, "update-ref", "refs/muse-remotes/origin/log/blob", blob)
    git(repo.root, "update-ref", "refs/muse-remotes/origin/nonsense", repo.head())
    assert _find(repo, good) == [b"fine"]
    found = {(problem.path, problem.why) for problem in verify.problems(repo)}
    assert {path for path, _ in found} == {"", "stray", "module", good, "deep/d/d/d/d"}
    assert verify.problems(repo) == verify.problems(Repository(repo.root))


def test_another_format_is_left_out_as_a_whole(repo, git):
    path = layout.delta_path(A, B)
    tip = writer_refs.commit_files(repo, "meta", {path: b"1"}, "one")
    with repo.writer() as batch:
        newer = edit(repo, batch, repo.tree_of(tip), {b"format": (database.FILE, batch.blob(b"muse 2\n"))})
        new = writer_refs.take_commit(batch, newer, [tip], "by a newer Muse")
    ref = layout.own_ref("meta", writer.writer_id(repo))
    assert _find(repo, path) == [b"1"]
    refs.update(repo, ref, new, tip)
    assert _find(repo, path) == [] and [problem.ref for problem in verify.problems(repo)] == [ref]
    with pytest.raises(MuseError, match="newer version"):
        writer_refs.commit_files(repo, "meta", {path: b"2"}, "two")
    refs.update(repo, ref, tip, new)
    assert _find(repo, path) == [b"1"] and verify.problems(repo) == []


def test_a_file_that_became_a_link_is_no_longer_there(repo, git):
    path = layout.delta_path(A, B)
    tip = writer_refs.commit_files(repo, "meta", {path: b"1"}, "one")
    assert _find(repo, path) == [b"1"]
    with repo.writer() as batch:
        tree = edit(repo, batch, repo.tree_of(tip), {path.encode(): (database.SYMLINK, batch.blob(b"/etc/passwd"))})
        new = writer_refs.take_commit(batch, tree, [tip], "link")
    refs.update(repo, layout.own_ref("meta", writer.writer_id(repo)), new, tip)
    assert _find(repo, path) == [] and [problem.path for problem in verify.problems(repo)] == [path]


def test_a_folder_that_is_missing_is_looked_for_again(repo, git):
    path = layout.delta_path(A, B)
    tip = writer_refs.commit_files(repo, "meta", {path: b"1"}, "one")
    tree = git(repo.root, "rev-parse", f"{tip}:deltas")
    file = repo.objects_dir / tree[:2] / tree[2:]
    file.rename(repo.root / "aside")
    assert _find(repo, path) == [] and "cannot be read" in verify.problems(repo)[0].why
    (repo.root / "aside").rename(file)
    assert _find(repo, path) == [b"1"] and verify.problems(repo) == []


def test_an_index_that_breaks_under_our_hands(repo):
    path = layout.delta_path(A, B)
    writer_refs.commit_files(repo, "meta", {path: b"1"}, "one")
    seen = Union(repo)
    seen._database.execute("drop table entry")
    assert [seen.read(entry, 10) for entry in seen.find("meta", path)] == [b"1"]


def test_a_problem_that_was_mended_is_forgotten(repo, git):
    blob = git(repo.root, "hash-object", "-w", "--stdin", input="x")
    _hostile(repo, git, [f"100644 blob {blob}\tstray"])
    assert [problem.path for problem in verify.problems(repo)] == ["stray"]
    _hostile(repo, git, [])
    assert verify.problems(repo) == []


def test_a_tree_bomb_is_not_walked(repo, git, monkeypatch):
    monkeypatch.setitem(budget._LIMITS, "entries", (500, "entries"))
    blob = git(repo.root, "hash-object", "-w", "--stdin", input="x")
    bomb = git(repo.root, "mktree", input="".join(f"100644 blob {blob}\t{n:03d}\n" for n in range(50)))
    for _ in range(3):
        bomb = git(repo.root, "mktree", input="".join(f"040000 tree {bomb}\t{n:03d}\n" for n in range(50)))
    _hostile(repo, git, [f"040000 tree {bomb}\tdeltas"])
    (problem,) = verify.problems(repo)
    assert problem.why == "it holds too many entries, and is left out as a whole"
    assert Union(repo).of(problem.ref) == []


def test_a_tree_of_long_names_and_one_of_empty_folders_are_not_walked(repo, git, monkeypatch):
    monkeypatch.setitem(budget._LIMITS, "bytes", (1 << 20, "bytes of folders"))
    monkeypatch.setitem(budget._LIMITS, "entries", (5_000, "entries"))
    blob = git(repo.root, "hash-object", "-w", "--stdin", input="x")
    shards = []
    for number in range(30):
        long = git(repo.root, "mktree", input=f"100644 blob {blob}\t{number:02d}{'n' * 90_000}\n")
        shards.append(f"040000 tree {long}\t{number:02x}\n")
    names = git(repo.root, "mktree", input="".join(shards))
    empty = git(repo.root, "mktree", input="")
    hollow = git(repo.root, "mktree", input="".join(f"040000 tree {empty}\t{n:04d}\n" for n in range(3_000)))
    for bomb, what in ((names, "bytes of folders"), (hollow, "entries")):
        _hostile(repo, git, [f"040000 tree {bomb}\tdeltas"])
        (problem,) = verify.problems(repo)
        assert problem.why == f"it holds too many {what}, and is left out as a whole"


def test_invented_names_share_one_budget(repo, git, monkeypatch):
    monkeypatch.setitem(budget._LIMITS, "entries", (100, "entries"))
    blob = git(repo.root, "hash-object", "-w", "--stdin", input="x")
    leaf = git(repo.root, "mktree", input="".join(f"100644 blob {blob}\t{n:03d}\n" for n in range(30)))
    _hostile(repo, git, [f"040000 tree {leaf}\tdeltas"], "e" * 20)
    tip = next(iter(refs.read_many(repo, "refs/muse-remotes/").values()))
    for number in range(20):
        git(repo.root, "update-ref", f"refs/muse-remotes/x{number}/meta/{'e' * 20}", tip)
        git(repo.root, "update-ref", f"refs/muse/meta/{number:020x}", tip)
    over = [problem for problem in verify.problems(repo) if "too many entries" in problem.why]
    assert len(over) >= 35


def test_damage_is_not_read_again_until_it_is_mended(repo, git, monkeypatch):
    path = layout.delta_path(A, B)
    tip = writer_refs.commit_files(repo, "meta", {path: b"1"}, "one")
    tree = git(repo.root, "rev-parse", f"{tip}:deltas")
    file = repo.objects_dir / tree[:2] / tree[2:]
    file.rename(repo.root / "aside")
    assert _find(repo, path) == []
    monkeypatch.setattr(repo.objects, "tree", lambda *args: pytest.fail("read what is damaged again"))
    assert _find(repo, path) == []
    monkeypatch.undo()
    (repo.root / "aside").rename(file)
    assert _find(repo, path) == [b"1"]


def test_what_takes_long_is_left_to_who_has_time(repo, make_repo, git, monkeypatch, caplog):
    """By a clock of its own: each look at it costs a tenth of a second."""
    other = Repository(make_repo("other", {"b": "2\n"}, sha256=repo.object_format == "sha256"))
    few, many = layout.delta_path(A, B), {layout.delta_path(A, f"{n:02x}" * 20): b"x" for n in range(20)}
    writer_refs.commit_files(other, "meta", {few: b"few"}, "few")
    _fetch_from(git, repo, other, "origin")
    now = iter(range(10**6))
    monkeypatch.setattr(budget, "clock", lambda: next(now) / 10)
    assert [entry.path for entry in Union(repo, seconds=budget.QUICK).below("meta", "deltas/")] == [few]
    writer_refs.commit_files(other, "meta", many, "many")
    _fetch_from(git, repo, other, "origin")
    assert [entry.path for entry in Union(repo, seconds=budget.QUICK).below("meta", "deltas/")] == [few]
    assert caplog.text.count("left out until `muse verify` has read it") == 1
    reads = []
    tree = repo.objects.tree
    monkeypatch.setattr(repo.objects, "tree", lambda *args: reads.append(args) or tree(*args))
    assert len(Union(repo, seconds=budget.QUICK).below("meta", "deltas/")) == 1 and not reads, "once is enough"
    assert verify.problems(repo) == [] and reads
    assert len(Union(repo, seconds=budget.QUICK).below("meta", "deltas/")) == 21


def test_files_of_a_peer_are_read_up_to_a_sum(repo, make_repo, git, monkeypatch):
    monkeypatch.setattr(budget, "_LIMITS", {**budget._LIMITS, "read": (3 * budget._FILE, "bytes of files")})
    other = Repository(make_repo("other", {"b": "2\n"}, sha256=repo.object_format == "sha256"))
    paths = [layout.delta_path(A, f"{n:02x}" * 20) for n in range(6)]
    for clone in (other, repo):
        writer_refs.commit_files(clone, "meta", {path: b"%d" % n for n, path in enumerate(paths)}, "six")
    seen = Union(repo)
    assert all(seen.read(entry, 100) is not None for entry in seen.below("meta", "deltas/")), "what is ours"
    git(repo.root, "update-ref", "-d", next(iter(refs.read_many(repo, "refs/muse/meta/"))))
    _fetch_from(git, repo, other, "origin")
    seen = Union(repo)
    read = [seen.read(entry, 100) for entry in seen.below("meta", "deltas/")]
    assert [data is not None for data in read] == [True] * 3 + [False] * 3
    assert {problem.why for problem in seen.noted} == {"its peer's files have more than 1024 MiB in all"}


def test_large_files_that_only_lend_words_are_read_up_to_a_sum(repo, make_repo, git, monkeypatch):
    """One for each commit of a history took half a second each, and a union made anew began to count anew."""
    monkeypatch.setattr(budget, "MAX_WORDS", 200_000)
    other = Repository(make_repo("other", {"b": "2\n"}, sha256=repo.object_format == "sha256"))
    paths = [layout.delta_path(A, f"{number:040d}") for number in range(7)]
    for number, path in enumerate(paths):
        size = 100 if number == 6 else 100_000
        writer_refs.commit_files(other, "meta", {path: b"%d" % number * size}, "x")
        writer_refs.commit_files(repo, "meta", {layout.delta_path(B, f"{number:040d}"): b"y%d" % number * size}, "x")
    git(repo.root, "remote", "add", "origin", "nowhere")
    _fetch_from(git, repo, other, "origin")
    repo = Repository(repo.root)

    def read(path):
        repo.memo.pop("union", None)
        seen = recent(repo)
        return [seen.read(entry, 1 << 20) is not None for entry in seen.find("meta", path)]

    assert [read(path) for path in paths] == [[True], [True], [True], [False], [False], [False], [True]]
    assert [read(layout.delta_path(B, f"{number:040d}")) for number in range(7)] == [[True]] * 7, "ours, all"
    patient = Union(repo)
    assert all(patient.read(entry, 1 << 20) for path in paths for entry in patient.find("meta", path))


def test_too_large_and_missing_blobs(repo, git):
    blob = git(repo.root, "hash-object", "-w", "--stdin", input="x" * 1000)
    name = layout.delta_path(A, B).split("/")[2]
    for writer_name, found in (("large", blob), ("gone", "1" * len(blob))):
        leaf = git(repo.root, "mktree", "--missing", input=f"100644 blob {found}\t{name}\n")
        shard = git(repo.root, "mktree", input=f"040000 tree {leaf}\tbb\n")
        _hostile(repo, git, [f"040000 tree {shard}\tdeltas"], writer_name)
    seen = Union(repo)
    entries = seen.find("meta", layout.delta_path(A, B))
    assert [seen.read(entry, 100) for entry in entries] == [None, None]
    assert ["is not here" in p.why or "more than 100" in p.why for p in seen.problems] == [True, True]
    assert repo.objects.blob(blob) == b"x" * 1000


def test_a_read_only_repository_can_be_read(repo, git, monkeypatch):
    writer_refs.commit_files(repo, "meta", {layout.delta_path(A, B): b"1"}, "one")

    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "makedirs", refuse)
    assert _find(repo, layout.delta_path(A, B)) == [b"1"]
