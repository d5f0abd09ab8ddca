"""The format, byte for byte: `fixtures/git_format` is what the store writes, and `docs/format.md` shows all of it.

Run `python -m tests.store.test_format` to write the fixtures anew after a deliberate change of the format.
"""

from __future__ import annotations

import os
from base64 import b64encode
from pathlib import Path

from muse.core.op_log import Key, OpEntry, OpLog, make_op_entry
from muse.core.op_log.entries import finish, seal
from muse.core.types import canonical_json
from muse.domain import CRDTSnapshotManifest, InsertOp, ReplaceOp, StructuredDelta
from muse.store import layout, verify, writer
from muse.store.log import checkpoints
from muse.store.meta import crdt_state, deltas, writer_refs
from muse.store.objects import snapshots
from muse.store.repository import Repository
from tests.store.states import states_of

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "fixtures" / "git_format"
SONG, LONGER = b"do re mi\n", b"do re mi fa so\n"
SESSION, WHO = "Evening jam", Key("5f0e8d3a97c14b26d08e", "7c21f3a0", 1)
NOON = "2026-01-02T12:00:00.000000+00:00"


def write_sample(repo: Repository) -> None:
    """A root commit's tree with one file, and everything Muse keeps about it."""
    digest = repo.content.put(SONG)
    tree = snapshots.write_tree(repo, {"files": {"song.txt": digest}, "domain": "files"})
    op = InsertOp(op="insert", address="song.txt", position=None, content_id=digest, content_summary="added song.txt")
    delta = StructuredDelta(domain="files", ops=[op], summary="1 added")
    deltas.save(repo, repo.empty_tree, tree, delta, {"agent": "Ada", "tool": "muse"}, plugins={"files": "0.1.0"})
    state = CRDTSnapshotManifest(
        files={},
        domain="files",
        vclock={"ada": 3},
        schema_version="0.1.0",
        crdt_state={"song.txt": repo.content.put(b'{"elements":[]}')},
    )
    crdt_state.save(repo, tree, state)
    writer_refs.commit_files(repo, "log", _log_files(repo), "sample")


def _ops(repo: Repository) -> list[OpEntry]:
    """One op that brings its content, and one whose content is in the content store."""
    first = make_op_entry("ada", "files", InsertOp(
        op="insert", address="song.txt", position=None, content_id=repo.content.put(SONG),
        content_summary="added song.txt", content_b64=b64encode(SONG).decode(),
    ), 1)  # fmt: skip
    second = make_op_entry("ada", "files", ReplaceOp(
        op="replace", address="song.txt", position=None, old_content_id=repo.content.put(SONG),
        new_content_id=repo.content.put(LONGER), old_summary="song.txt", new_summary="changed song.txt",
    ), 2, parent_op_ids=[first["op_id"]])  # fmt: skip
    return [OpEntry(**{**op, "created_at": NOON}) for op in (first, second)]


def _log_files(repo: Repository) -> dict[str, bytes]:
    ops = _ops(repo)
    segment = b"".join(finish(*seal(op), WHO._replace(sequence=n)) for n, op in enumerate(ops, 1))
    checkpoint = {
        "session_id": SESSION, "snapshot_id": "sha256:" + "0" * 64, "lamport_ts": 2, "op_count": 2, "created_at": NOON,
        "positions": {WHO.who: 2}, "quarantined": [], "branch": "refs/heads/main", "at": "1" * 40,
        "deliveries": [{
            "id": "9c1185a5c5e9fc54", "commit": "2" * 40, "parent": "1" * 40, "branch": "refs/heads/main",
            "message": "session Evening jam: 2 ops, 1 file", "ops": {WHO.who: [[1, 2]]}, "rejected": [],
            "made_at": NOON,
        }],
        "paths": {"song.txt": repo.content.put(LONGER)},
    }  # fmt: skip
    return {
        layout.session_path(SESSION, "name"): SESSION.encode(),
        layout.session_path(SESSION, "checkpoint.json"): canonical_json(checkpoint) + b"\n",
        layout.segment_path(SESSION, WHO.instance, 1, 2, segment): segment,
        layout.content_path(repo.content.put(LONGER)): LONGER,
    }


def read_tree(repo: Repository, ref: str) -> dict[str, bytes]:
    """Path -> bytes of every file in a ref's tree."""
    names = repo.git("ls-tree", "-r", "--name-only", ref).decode().splitlines()
    return {name: repo.objects.blob(f"{ref}:{name}") for name in names}


def _fixtures(kind: str) -> dict[str, bytes]:
    top = FIXTURES / kind
    return {str(path.relative_to(top)): path.read_bytes() for path in top.rglob("*") if path.is_file()}


def test_the_store_writes_the_fixtures(make_repo):
    repo = Repository(make_repo())
    write_sample(repo)
    for kind in writer_refs.KINDS:
        assert read_tree(repo, layout.own_ref(kind, writer.writer_id(repo))) == _fixtures(kind)


def test_the_fixtures_can_be_read(make_repo):
    repo = Repository(make_repo())
    for kind in writer_refs.KINDS:
        writer_refs.commit_files(repo, kind, _fixtures(kind), "fixtures")
    tree = snapshots.write_tree(repo, {"files": {"song.txt": repo.content.put(SONG)}, "domain": "files"})
    found = deltas.load(repo, repo.empty_tree, tree)
    assert found is not None and found["summary"] == "1 added"
    assert deltas.provenance(repo, repo.empty_tree, tree) == [{"agent": "Ada", "tool": "muse"}]
    assert states_of(repo, tree, "song.txt") == [b'{"elements":[]}']
    assert verify.problems(repo) == []
    assert checkpoints.sessions(repo) == [SESSION]
    log = OpLog(repo.root, SESSION)
    checkpoints.pull(repo, log)
    assert log.read_all() == _ops(repo)


def test_the_page_shows_every_file():
    page = (ROOT / "docs" / "format.md").read_text()
    for kind in writer_refs.KINDS:
        for path, data in _fixtures(kind).items():
            assert f"`{path}`" in page, path
            assert f"```\n{data.decode().rstrip()}\n```" in page, path


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        os.system(f"git init -q {folder}")
        repo = Repository(folder)
        write_sample(repo)
        for kind in writer_refs.KINDS:
            for name, data in read_tree(repo, layout.own_ref(kind, writer.writer_id(repo))).items():
                target = FIXTURES / kind / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)
