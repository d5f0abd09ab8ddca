"""Where bytes come from, and where things lie on disk."""

import subprocess
import sys
from pathlib import Path

import pytest

from muse.core import content, paths
from muse.core.errors import MuseError, NotARepositoryError
from muse.core.types import blob_digest, canonical_json, content_hash


def test_memory_content_reads_through_and_never_writes_behind() -> None:
    behind = content.MemoryContent()
    digest = behind.put(b"behind")
    front = content.MemoryContent(behind=behind)
    mine = front.put(b"front")
    assert front.get(digest) == b"behind"
    assert front.has(mine)
    assert not behind.has(mine)
    with pytest.raises(KeyError):
        front.get(blob_digest(b"nowhere"))


def test_binding_nests_and_ends() -> None:
    one, two = content.MemoryContent(), content.MemoryContent()
    with content.using(one):
        with content.using(two):
            assert content.current() is two
        assert content.current() is one
    with pytest.raises(MuseError, match="no content store is bound"):
        content.current()


def test_ids_are_canonical() -> None:
    assert canonical_json({"b": "é", "a": [1, None]}) == '{"a":[1,null],"b":"é"}'.encode()
    assert content_hash({"a": 1, "b": 2}) == content_hash({"b": 2, "a": 1})
    assert blob_digest(b"") == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    with pytest.raises(ValueError, match="JSON"):
        content_hash(float("nan"))


def test_places_in_a_repository_a_linked_worktree_and_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")

    def git(*args: str) -> None:
        subprocess.run(
            ["git", "-c", "user.name=T", "-c", "user.email=t@example.org", *args],
            cwd=tmp_path,
            check=True,
            capture_output=True,
        )

    git("init", "-q", "repo")
    git("-C", "repo", "commit", "-q", "--allow-empty", "-m", "x")
    git("-C", "repo", "worktree", "add", "-q", "../linked")
    git("init", "-q", "--bare", "bare.git")
    main, linked, bare = tmp_path / "repo", tmp_path / "linked", tmp_path / "bare.git"
    (main / "sub").mkdir()
    assert paths.find_root(main / "sub") == main
    assert paths.find_root(linked) == linked
    assert paths.find_root(bare / "refs") == bare
    log = main / ".git" / "muse" / "op_log"
    assert paths.op_log_dir(main) == log
    assert paths.op_log_dir(linked) == log
    assert paths.git_dir(linked) == main / ".git" / "worktrees" / "linked"
    assert paths.op_log_dir(bare) == bare / "muse" / "op_log"
    outside = tmp_path / "outside"
    outside.mkdir()
    assert paths.op_log_dir(outside) == outside / ".muse" / "op_log"
    with pytest.raises(NotARepositoryError, match="not a git repository"):
        paths.find_root(outside)


@pytest.mark.parametrize("size", [0, 1, 1 << 20])
def test_a_digest_is_sha256_with_and_without_hashlib(size: int) -> None:
    code = (
        "import sys; from muse.core.types import blob_digest; data = b'm' * int(sys.argv[1])\n"
        "first = blob_digest(data); import hashlib\n"
        "assert first == blob_digest(data) == 'sha256:' + hashlib.sha256(data).hexdigest(); print('same')"
    )
    done = subprocess.run([sys.executable, "-c", code, str(size)], capture_output=True, text=True, check=True)
    assert done.stdout == "same\n"
