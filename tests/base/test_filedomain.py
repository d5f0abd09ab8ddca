"""What all domains of files share: manifests, drift, apply, and the merge of whole snapshots."""

import os
from pathlib import Path

import pytest

from muse.core import content, options
from muse.core.attributes import AttributeRule
from muse.core.errors import ContentMissingError, MuseError
from muse.core.filedomain import FileDomain, walk_files
from muse.core.types import blob_digest
from muse.domain import FileMerge, MuseDomainPlugin, PatchOp, StateSnapshot, StructuredDelta, StructuredMergePlugin
from muse.plugins.files import FilesPlugin

PLUGIN = FilesPlugin()
BASE = b"one\ntwo\nthree\nfour\nfive\n"


def manifest(**files: bytes) -> StateSnapshot:
    store = content.current()
    return StateSnapshot(files={name: store.put(data) for name, data in files.items()}, domain="files")


def read(snapshot: StateSnapshot, name: str) -> bytes:
    return content.current().get(snapshot["files"][name])


@pytest.fixture(autouse=True)
def _store():
    with content.using(content.MemoryContent()):
        yield


def test_implements_the_protocols() -> None:
    assert isinstance(PLUGIN, MuseDomainPlugin)
    assert isinstance(PLUGIN, StructuredMergePlugin)


def test_snapshot_leaves_out_git_muse_ignored_and_nested(tmp_path: Path) -> None:
    for name in (".git/x", ".muse/y", "a.txt", "build/z", "sub/.git/q", "sub/inner", "deep/b.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / ".museignore").write_text('[global]\npatterns = ["build/"]\n')
    os.symlink("a.txt", tmp_path / "link")
    assert list(walk_files(tmp_path)) == [".museignore", "a.txt", "deep/b.txt", "link"]
    files = PLUGIN.snapshot(tmp_path)["files"]
    assert files["link"] == blob_digest(b"a.txt")
    assert content.current().get(files["deep/b.txt"]) == b"deep/b.txt"


@pytest.fixture
def unbound():
    with content.using(None):  # type: ignore[arg-type]
        yield


MINE, OTHER = ({"files": {"a": digest, "b": "0"}, "domain": "files"} for digest in ("1", "2"))
WAS: StateSnapshot = {"files": {"a": "0", "b": "0"}, "domain": "files"}


@pytest.mark.usefixtures("unbound")
@pytest.mark.parametrize("strategy", ["ours", "theirs", "base"])
def test_without_contents_a_rule_can_still_name_the_side(strategy: str, tmp_path: Path) -> None:
    (tmp_path / ".museattributes").write_text(f'[[rules]]\npath = "a"\ndimension = "*"\nstrategy = "{strategy}"\n')
    result = PLUGIN.merge(WAS, MINE, OTHER, repo_root=tmp_path)
    assert result.is_clean and result.applied_strategies == {"a": strategy}
    assert result.merged["files"] == {"a": {"ours": "1", "theirs": "2", "base": "0"}[strategy], "b": "0"}


@pytest.mark.usefixtures("unbound")
def test_without_contents_what_both_sides_changed_is_a_conflict(tmp_path: Path) -> None:
    for base in (WAS, {"files": {"b": "0"}, "domain": "files"}):
        for ours, theirs in ((MINE, OTHER), (OTHER, MINE)):
            result = PLUGIN.merge_ops(base, ours, theirs, [], [], repo_root=tmp_path)
            assert (result.conflicts, result.merged["files"], result.op_log) == (["a"], ours["files"], [])
            assert [record.conflict_type for record in result.conflict_records] == ["file_level"]
            assert "no content store" in result.notes["a"][0]


def test_content_missing_from_the_bound_store_is_an_error_not_a_conflict() -> None:
    with pytest.raises(ContentMissingError):
        PLUGIN.merge(WAS, MINE, OTHER)


def test_merge_takes_every_edit_of_both_sides() -> None:
    base = manifest(a=BASE, gone=b"x", kept=b"k")
    ours = manifest(a=BASE.replace(b"one", b"ONE"), kept=b"k", mine=b"m")
    theirs = manifest(a=BASE.replace(b"five", b"FIVE"), gone=b"x", kept=b"k2", yours=b"y")
    result = PLUGIN.merge_ops(base, ours, theirs, [], [])
    assert result.is_clean
    assert sorted(result.merged["files"]) == ["a", "kept", "mine", "yours"]
    assert read(result.merged, "a") == b"ONE\ntwo\nthree\nfour\nFIVE\n"
    assert read(result.merged, "kept") == b"k2"


def test_conflicts_have_records_and_git_markers() -> None:
    base, ours, theirs = (manifest(a=BASE.replace(b"two", word)) for word in (b"two", b"2", b"zwei"))
    with options.using(options.MergeOptions(ours_label="mine", theirs_label="yours")):
        result = PLUGIN.merge(base, ours, theirs)
    assert result.conflicts == ["a"]
    assert [record.path for record in result.conflict_records] == ["a"]
    assert read(result.merged, "a") == b"one\n<<<<<<< mine\n2\n=======\nzwei\n>>>>>>> yours\nthree\nfour\nfive\n"


@pytest.mark.parametrize("swap", [False, True])
def test_deleted_and_changed_is_a_conflict_that_keeps_the_changed_file(swap: bool) -> None:
    base, changed, deleted = manifest(a=b"1"), manifest(a=b"2"), manifest()
    sides = (deleted, changed) if swap else (changed, deleted)
    result = PLUGIN.merge(base, *sides)
    assert result.conflicts == ["a"]
    assert read(result.merged, "a") == b"2"


def test_binary_files_conflict_as_a_whole() -> None:
    base, ours, theirs = manifest(a=b"\0a"), manifest(a=b"\0b"), manifest(a=b"\0c")
    result = PLUGIN.merge(base, ours, theirs)
    assert result.conflicts == ["a"]
    assert read(result.merged, "a") == b"\0b"


@pytest.mark.parametrize(
    ("strategy", "expected", "clean"),
    [
        ("ours", b"a\nb1\n", True),
        ("theirs", b"a\nb2\n", True),
        ("base", b"a\nb\n", True),
        ("union", b"a\nb1\nb2\n", True),
        ("manual", b"a\nb1\n", False),
    ],
)
def test_whole_file_strategies(strategy: str, expected: bytes, clean: bool) -> None:
    rules = (AttributeRule("a", "notes", "theirs"), AttributeRule("*", "*", strategy))
    sides = [manifest(a=data) for data in (b"a\nb\n", b"a\nb1\n", b"a\nb2\n")]
    with options.using(options.MergeOptions(rules=rules)):
        result = PLUGIN.merge(*sides)
    assert read(result.merged, "a") == expected
    assert result.is_clean is clean
    assert result.applied_strategies == {"a": strategy}


def test_apply_of_a_diff_gives_the_target_in_memory_and_on_disk(tmp_path: Path) -> None:
    base, target = manifest(a=b"1", b=b"2"), manifest(a=b"1!", c=b"3")
    delta = PLUGIN.diff(base, target)
    assert delta["summary"] == "1 added, 1 removed, 1 modified"
    assert PLUGIN.apply(delta, base) == target
    for name in base["files"]:
        (tmp_path / name).write_bytes(read(base, name))
    assert PLUGIN.apply(delta, tmp_path) == tmp_path
    assert PLUGIN.snapshot(tmp_path)["files"] == target["files"]
    assert not PLUGIN.drift(target, tmp_path).has_drift
    assert PLUGIN.drift(base, tmp_path).summary == "1 added, 1 removed, 1 modified"


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../../x", ".git/config", "sub/.GIT/hooks/x", ""])
def test_apply_refuses_paths_that_lead_out(tmp_path: Path, path: str) -> None:
    digest = content.current().put(b"x")
    delta = StructuredDelta(
        domain="files",
        summary="",
        ops=[{"op": "insert", "address": path, "position": None, "content_id": digest, "content_summary": ""}],
    )
    with pytest.raises(MuseError, match="refusing the path"):
        PLUGIN.apply(delta, tmp_path)


def test_apply_refuses_to_write_through_a_symlinked_folder(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "tree").mkdir()
    os.symlink("../outside", tmp_path / "tree" / "link")
    digest = content.current().put(b"x")
    delta = StructuredDelta(
        domain="files",
        summary="",
        ops=[{"op": "insert", "address": "link/x", "position": None, "content_id": digest, "content_summary": ""}],
    )
    with pytest.raises(MuseError, match="symbolic link"):
        PLUGIN.apply(delta, tmp_path / "tree")
    assert os.listdir(tmp_path / "outside") == []


def test_missing_content_is_one_clear_error() -> None:
    absent = StateSnapshot(files={"a": blob_digest(b"never stored")}, domain="files")
    with pytest.raises(ContentMissingError, match="is in no store at hand"):
        PLUGIN.merge(absent, manifest(a=b"1"), manifest(a=b"2"))


def test_a_patch_replays_through_the_domain() -> None:
    class Upper(FileDomain):
        name = "upper"

        def patch_file(self, path: str, old: bytes, child_ops: list) -> bytes:
            return old.upper()

        def merge_file(self, path: str, base: bytes | None, ours: bytes, theirs: bytes) -> FileMerge:
            return FileMerge(ours + theirs)

    patch = PatchOp(op="patch", address="new", from_address="a", child_ops=[], child_domain="", child_summary="")
    delta = StructuredDelta(domain="upper", summary="", ops=[patch])
    after = Upper().apply(delta, manifest(a=b"abc"))
    assert read(after, "new") == b"ABC"
    assert "a" not in after["files"]
