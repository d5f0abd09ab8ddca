"""Everything that is stored, read and checked."""

from __future__ import annotations

import pytest

from muse.core.op_log import OpLog, make_op_entry
from muse.domain import CRDTSnapshotManifest, InsertOp, StructuredDelta
from muse.store import layout, verify
from muse.store.log import checkpoints
from muse.store.meta import crdt_state, deltas, writer_refs
from muse.store.repository import Repository

A, B = "a" * 40, "b" * 40
DELTA = StructuredDelta(domain="files", summary="none", ops=[])


@pytest.fixture
def repo(make_repo):
    return Repository(make_repo(files={"a": "1\n"}))


def _log(repo):
    op = InsertOp(op="insert", address="a", position=None, content_id=repo.content.put(b"x" * 9), content_summary="")
    log = OpLog(repo.root, "Evening jam")
    log.append(make_op_entry("ada", "files", op, 1))
    checkpoints.save(repo, log, log.checkpoint("s"))
    return log


def test_what_muse_writes_is_as_it_should_be(repo):
    _log(repo)
    deltas.save(repo, A, B, DELTA, {"by": "Ada"})
    crdt_state.save(repo, repo.tree_of("HEAD"), CRDTSnapshotManifest(
        files={}, domain="d", vclock={"w": 1}, schema_version="1", crdt_state={"a": repo.content.put(b"state")}
    ))  # fmt: skip
    assert verify.problems(repo, deep=True) == []


SEGMENT = layout.segment_path("jam", "i1", 1, 2, b"nonsense")
WRONG = {
    layout.delta_path(A, B): b"{}",
    layout.provenance_path(A, B, "c" * 64): b"{}",
    layout.crdt_path(A): b"[]",
    SEGMENT: b"nonsense",
    layout.segment_path("jam", "i1", 3, 4, b"other"): b"not that",
    layout.session_path("jam", "name"): b"another",
    layout.session_path("jam2", "name"): b"\xff",
    layout.session_path("jam", "checkpoint.json"): b"{}",
    layout.content_path("sha256:" + "d" * 64): b"bytes",
}


@pytest.mark.parametrize("path", sorted(WRONG))
def test_each_kind_of_damage_is_named(repo, path):
    kind = "meta" if layout.is_entry("meta", path) else "log"
    writer_refs.commit_files(repo, kind, {path: WRONG[path]}, "wrong")
    assert verify.problems(repo) == []
    assert [problem.path for problem in verify.problems(repo, deep=True)] == [path]


def test_a_segment_with_other_ops_than_its_name_says(repo):
    log = _log(repo)
    [(row, line)], _ = log.lines_from(0)
    lie = layout.segment_path("jam", row["instance"], 1, 2, line + b"\n")
    writer_refs.commit_files(repo, "log", {lie: line + b"\n"}, "lie")
    [found] = verify.problems(repo, deep=True)
    assert found.path == lie and "its name says" in found.why


def test_two_writers_with_one_segment_told_differently(repo, make_repo, git):
    other = Repository(make_repo("other", {"b": "2\n"}))
    path = layout.content_path("sha256:" + "d" * 64)
    writer_refs.commit_files(repo, "log", {path: b"1"}, "one")
    writer_refs.commit_files(other, "log", {path: b"2"}, "two")
    git(repo.root, "fetch", "-q", str(other.root), "refs/muse/*:refs/muse-remotes/origin/*")
    found = verify.problems(repo, deep=True)
    assert len(found) == 3 and sum("differs from that of" in problem.why for problem in found) == 1
