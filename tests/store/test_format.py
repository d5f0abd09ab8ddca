"""Format 1, byte for byte: `fixtures/git_format` is what the store writes, and `docs/format.md` shows every file of it.

Run `python -m tests.store.test_format` to write the fixtures anew after a deliberate change of the format.
"""

from __future__ import annotations

import os
from pathlib import Path

from muse.domain import CRDTSnapshotManifest, InsertOp, StructuredDelta
from muse.store import crdt_state, deltas, layout, meta, snapshots, writer
from muse.store.repository import Repository

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "fixtures" / "git_format"
SONG = b"do re mi\n"


def write_sample(repo: Repository) -> None:
    """A root commit's tree with one file, and everything Muse keeps about it."""
    digest = repo.content.put(SONG)
    tree = snapshots.write_tree(repo, {"files": {"song.txt": digest}, "domain": "files"})
    op = InsertOp(op="insert", address="song.txt", position=None, content_id=digest, content_summary="added song.txt")
    delta = StructuredDelta(domain="files", ops=[op], summary="1 added")
    deltas.save(repo, repo.empty_tree, tree, delta, {"agent": "Ada", "tool": "muse"}, plugins={"files": "0.1.0"})
    state = CRDTSnapshotManifest(
        files={}, domain="files", vclock={"ada": 3}, schema_version="0.1.0",
        crdt_state={"song.txt": repo.content.put(b'{"elements":[]}')},
    )
    crdt_state.save(repo, tree, state)


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
    assert read_tree(repo, layout.own_ref("meta", writer.writer_id(repo))) == _fixtures("meta")


def test_the_fixtures_can_be_read(make_repo):
    repo = Repository(make_repo())
    kept = _fixtures("meta")
    meta.commit_files(repo, "meta", kept, "fixtures")
    tree = snapshots.write_tree(repo, {"files": {"song.txt": repo.content.put(SONG)}, "domain": "files"})
    found = deltas.load(repo, repo.empty_tree, tree)
    assert found is not None and found["summary"] == "1 added"
    assert deltas.provenance(repo, repo.empty_tree, tree) == [{"agent": "Ada", "tool": "muse"}]
    assert crdt_state.load_path(repo, tree, "song.txt") == [b'{"elements":[]}']
    assert meta.problems(repo) == []


def test_the_page_shows_every_file():
    page = (ROOT / "docs" / "format.md").read_text()
    for kind in ("meta",):
        for path, data in _fixtures(kind).items():
            assert f"`{path}`" in page, path
            assert f"```\n{data.decode().rstrip()}\n```" in page, path


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        os.system(f"git init -q {folder}")
        repo = Repository(folder)
        write_sample(repo)
        for name, data in read_tree(repo, layout.own_ref("meta", writer.writer_id(repo))).items():
            target = FIXTURES / "meta" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
