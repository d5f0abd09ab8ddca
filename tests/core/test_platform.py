"""What differs between systems, played: macOS has no `os.fdatasync`, and only `F_FULLFSYNC` empties a drive's cache."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path
from typing import Any

import pytest

from muse.cli.main import main
from muse.core.errors import DamageError
from muse.core.op_log import OpLog
from muse.core.platform import durable
from muse.core.types import blob_digest
from tests.conftest import MakeRepo, RunGit

FULL_SYNC = 51


class Mac:
    """The calls that reach the drive; `refuse` is the errno the volume answers with."""

    def __init__(self, patch: pytest.MonkeyPatch, refuse: int = 0) -> None:
        self.flushed: list[str] = []
        self.synced: list[str] = []
        self.refuse = refuse
        self._fsync, self._fcntl = os.fsync, fcntl.fcntl
        patch.delattr(os, "fdatasync", raising=False)
        patch.setattr(fcntl, "F_FULLFSYNC", FULL_SYNC, raising=False)
        patch.setattr(fcntl, "fcntl", self.call)
        patch.setattr(os, "fsync", self.sync)

    def call(self, fd: int, request: int, *rest: Any) -> Any:
        if request != FULL_SYNC:
            return self._fcntl(fd, request, *rest)
        if self.refuse:
            raise OSError(self.refuse, "injected")
        self.flushed.append(os.readlink(f"/proc/self/fd/{fd}"))
        return 0

    def sync(self, fd: int) -> None:
        self.synced.append(os.readlink(f"/proc/self/fd/{fd}"))
        self._fsync(fd)


def added(path: str) -> Any:
    return {"op": "insert", "address": path, "position": None, "content_id": "", "content_summary": path}


def test_a_durable_append_empties_the_drives_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mac = Mac(monkeypatch)
    log = OpLog(tmp_path, "s")
    log.record("ada", "files", [added("a")])
    assert mac.flushed == [], "a written op waits for no drive"
    log.record("ada", "files", [added("b")], level="durable")
    assert mac.flushed[0] == str(log.folder / "ops.jsonl") and str(log.folder) in mac.flushed
    assert mac.synced == [], "fsync leaves it in the drive's cache"
    assert [entry["domain_op"]["address"] for entry in OpLog(tmp_path, "s").read_all()] == ["a", "b"]


@pytest.mark.parametrize("refuse", [errno.ENOTSUP, errno.EINVAL, errno.ENOTTY])
def test_a_volume_that_knows_no_such_request_gets_fsync(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refuse: int
) -> None:
    mac = Mac(monkeypatch, refuse)
    log = OpLog(tmp_path, "s")
    log.record("ada", "files", [added("a")], level="durable")
    assert mac.synced[0] == str(log.folder / "ops.jsonl")


def test_a_drive_that_fails_is_not_asked_in_another_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mac = Mac(monkeypatch, errno.EIO)
    log = OpLog(tmp_path, "s")
    with pytest.raises(DamageError, match="could not be made durable"):
        log.record("ada", "files", [added("a")], level="durable")
    assert mac.synced == []


def test_without_any_of_them_plain_fsync_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    monkeypatch.delattr(os, "fdatasync", raising=False)
    monkeypatch.setattr(os, "fsync", seen.append)
    durable.sync_data(7)
    assert seen == [7]


def test_session_commit_and_sync_work_where_fdatasync_is_missing(
    make_repo: MakeRepo, git: RunGit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_repo(files={"words.txt": "one\n"})
    git(root, "init", "-q", "--bare", str(tmp_path / "hub.git"))
    git(root, "remote", "add", "origin", str(tmp_path / "hub.git"))
    monkeypatch.chdir(root)
    mac = Mac(monkeypatch)
    assert main(["session", "start", "jam"]) == 0
    op = {**added("new.txt"), "content_id": blob_digest(b"new\n"), "content": "new\n"}
    OpLog(root, "jam").record("ada", "files", [op], level="durable")
    assert main(["session", "commit", "jam", "-m", "live"]) == 0
    assert git(root, "show", "HEAD:new.txt") == "new" and mac.flushed
    assert main(["sync"]) == 0
    refs = git(tmp_path / "hub.git", "for-each-ref", "--format=%(refname)")
    assert "refs/muse/log/" in refs
