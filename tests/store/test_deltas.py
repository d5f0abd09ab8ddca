"""Deltas, provenance and CRDT states: kept, found again, and never believed blindly."""

from __future__ import annotations

import json

import pytest

from muse.core.errors import FormatError, MuseError
from muse.domain import CRDTSnapshotManifest, DeleteOp, InsertOp, MoveOp, PatchOp, ReplaceOp, StructuredDelta
from muse.store import layout
from muse.store.meta import crdt_state, deltas, writer_refs
from muse.store.meta.union import Union
from muse.store.repository import Repository
from tests.store.states import states_of

A, B, C = "a" * 40, "b" * 40, "c" * 40
INNER = ReplaceOp(
    op="replace", address="f", position=None, old_content_id="1", new_content_id="2", old_summary="é", new_summary="x"
)
DELTA = StructuredDelta(
    domain="code",
    summary="5 things",
    ops=[
        InsertOp(op="insert", address="a", position=None, content_id="1", content_summary="s", content={"k": [1]}),
        DeleteOp(op="delete", address="b", position=3, content_id="1", content_summary="s"),
        MoveOp(op="move", address="c", from_position=1, to_position=2, content_id="1"),
        PatchOp(op="patch", address="d", child_ops=[INNER], child_domain="code", child_summary="s"),
    ],
)
OTHER = StructuredDelta(domain="code", summary="nothing", ops=[])


@pytest.fixture
def repo(make_repo):
    return Repository(make_repo(files={"a": "1\n"}))


@pytest.fixture
def other(repo, make_repo, git):
    """A second clone whose refs `share()` brings into the first."""
    found = Repository(make_repo("other", {"b": "2\n"}))
    found.share = lambda: git(repo.root, "fetch", "-q", str(found.root), "+refs/muse/*:refs/muse-remotes/origin/*")
    return found


def test_there_and_back(repo):
    assert deltas.load(repo, A, B) is None
    assert deltas.save(repo, A, B, DELTA, {"agent": "Ada"}, plugins={"code": "1"})
    assert deltas.load(Repository(repo.root), A, B) == DELTA
    assert deltas.load(repo, A, B, plugins={"code": "1"}) == DELTA
    assert deltas.load(repo, A, B, plugins={"code": "2"}) is None
    assert deltas.load(repo, B, A) is None
    assert deltas.provenance(repo, A, B) == [{"agent": "Ada"}]


def test_equal_trees_and_giants_are_not_kept(repo, monkeypatch):
    assert not deltas.save(repo, A, A, DELTA)
    monkeypatch.setattr(deltas, "MAX_DELTA", 100)
    assert not deltas.save(repo, A, B, DELTA)
    assert writer_refs.own_tip(repo, "meta") is None


def test_provenance_is_a_set(repo, other):
    deltas.save(repo, A, B, DELTA, {"by": "Ada"})
    deltas.save(repo, A, B, DELTA, {"by": "Ada"})
    deltas.save(other, A, B, DELTA, {"by": "Bob"})
    other.share()
    assert sorted(found["by"] for found in deltas.provenance(repo, A, B)) == ["Ada", "Bob"]
    assert deltas.load(repo, A, B) == DELTA


def test_another_plugin_version_is_derived_again_quietly(repo, other, caplog):
    deltas.save(repo, A, B, DELTA, plugins={"code": "1"})
    deltas.save(other, A, B, OTHER, plugins={"code": "2"})
    other.share()
    assert deltas.load(repo, A, B) is None and caplog.records == []
    assert deltas.load(repo, A, B, plugins={"code": "2"}) == OTHER


def test_contradictions_are_reported_and_never_picked(repo, other, caplog):
    deltas.save(repo, A, B, DELTA, plugins={"code": "1"})
    deltas.save(other, A, B, OTHER, plugins={"code": "1"})
    other.share()
    assert deltas.load(repo, A, B) is None
    assert "contradict each other" in caplog.text


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff",
        b'{"format":2}',
        b"[" * 100_000,
        b'{"format":1,"delta":null}',
        b'{"format":1,"plugins":{"a":1},"delta":{"domain":"","summary":"","ops":[]}}',
        b'{"format":1,"delta":{"domain":"","summary":"","ops":[NaN]}}',
        b"9" * 5000,
    ],
)
def test_damaged_deltas_are_left_out(repo, other, caplog, damage):
    writer_refs.commit_files(other, "meta", {layout.delta_path(A, B): damage}, "evil")
    other.share()
    assert deltas.load(repo, A, B) is None and "left out" in caplog.text
    deltas.save(repo, A, B, DELTA)
    assert deltas.load(repo, A, B) == DELTA


def _nest(depth):
    op = dict(DELTA["ops"][3], child_ops=[])
    for _ in range(depth):
        op = dict(op, child_ops=[op])
    return op


@pytest.mark.parametrize(
    "op",
    [
        None,
        {},
        {"op": []},
        {"op": "explode", "address": ""},
        {"op": "delete", "address": 1},
        dict(DELTA["ops"][1], position="3"),
        dict(DELTA["ops"][1], position=True),
        dict(DELTA["ops"][2], to_position=None),
        dict(DELTA["ops"][3], child_ops=[{}]),
        dict(DELTA["ops"][3], child_ops=None),
        _nest(40),
    ],
)
def test_shapes_that_are_no_delta(op):
    with pytest.raises(FormatError):
        deltas.check_delta({"domain": "x", "summary": "", "ops": [op]})
    assert deltas.check_delta({"domain": "x", "summary": "", "ops": [_nest(10)]})["domain"] == "x"


def test_provenance_that_is_not_what_its_name_says(repo, caplog):
    writer_refs.commit_files(repo, "meta", {layout.provenance_path(A, B, "d" * 64): b'{"by":"Eve"}'}, "evil")
    deltas.save(repo, A, B, DELTA, {"by": "Ada"})
    assert deltas.provenance(repo, A, B) == [{"by": "Ada"}] and "left out" in caplog.text


def _state(repo, **states):
    return CRDTSnapshotManifest(
        files={},
        domain="midi",
        vclock={"w": 3},
        schema_version="1",
        crdt_state={path: repo.content.put(data) for path, data in states.items()},
    )


def test_crdt_states(repo, other):
    tree = repo.tree_of("HEAD")
    state = _state(repo, a=b"A", b=b"B")
    crdt_state.save(repo, tree, state)
    fresh = Repository(repo.root)
    assert crdt_state.load(fresh, tree) == [dict(state, files=repo.manifest("HEAD")["files"])]
    assert states_of(fresh, tree, "a") == [b"A"] and states_of(fresh, tree, "c") == []
    assert crdt_state.load(fresh, repo.empty_tree) == []
    crdt_state.save(other, tree, _state(other, a=b"A2", b=b"B"))
    other.share()
    assert sorted(states_of(fresh, tree, "a")) == [b"A", b"A2"]
    assert states_of(fresh, tree, "b") == [b"B"]


def test_crdt_state_without_its_bytes_is_not_kept(repo):
    state = CRDTSnapshotManifest(
        files={}, domain="d", vclock={}, schema_version="1", crdt_state={"a": "sha256:" + "0" * 64}
    )
    with pytest.raises(MuseError, match="in no store"):
        crdt_state.save(repo, repo.tree_of("HEAD"), state)


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"vclock": {"w": -1}},
        {"vclock": {"w": True}},
        {"vclock": []},
        {"crdt_state": {"a": 1}},
        {"crdt_state": {"a": "sha256:00"}},
        {"domain": None},
    ],
)
def test_damaged_crdt_states_are_left_out(repo, other, caplog, change):
    tree = repo.tree_of("HEAD")
    crdt_state.save(other, tree, _state(other, a=b"A"))
    [entry] = Union(other).find("meta", layout.crdt_path(tree))
    head = json.loads(Union(other).read(entry, 10_000) or b"")
    writer_refs.commit_files(other, "meta", {layout.crdt_path(tree): json.dumps({**head, **change}).encode()}, "evil")
    other.share()
    assert crdt_state.load(repo, tree) == [] and "left out" in caplog.text
    crdt_state.save(repo, tree, _state(repo, a=b"A"))
    assert states_of(repo, tree, "a") == [b"A"]
