"""Atomic, durable writes: old bytes or new, never a part, and no litter."""

import errno
import os
from pathlib import Path

import pytest

from muse.core import io
from muse.core.types import load_json_file


def test_replaces_and_keeps_the_mode(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "file"
    io.write_text_atomic(target, "one\n")
    target.chmod(0o755)
    io.write_text_atomic(target, "zwei ü\n")
    assert target.read_bytes() == "zwei ü\n".encode()
    assert target.stat().st_mode & 0o777 == 0o755
    assert os.listdir(target.parent) == ["file"]


@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
def test_a_failure_leaves_the_old_bytes_and_no_litter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    target = tmp_path / "file"
    target.write_bytes(b"old")

    def full(*args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(io.os, call, full)
    with pytest.raises(OSError, match="No space left"):
        io.write_bytes_atomic(target, b"new")
    monkeypatch.undo()
    assert target.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


def test_short_writes_are_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr(io.os, "write", lambda fd, data: real(fd, bytes(data)[:3]))
    io.write_bytes_atomic(tmp_path / "file", b"0123456789")
    assert (tmp_path / "file").read_bytes() == b"0123456789"


@pytest.mark.parametrize("text", ["", "{", "\xff", "[" * 100_000])
def test_a_bad_json_file_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text, encoding="latin-1")
    assert load_json_file(tmp_path / "x.json") is None
    assert load_json_file(tmp_path / "absent.json") is None


def test_a_pipe_is_written_to_and_stays_one(tmp_path: Path) -> None:
    """In place of /dev/null a file would stand for every program of the machine."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        io.write_bytes_atomic(pipe, b"a page")
        assert os.read(reader, 100) == b"a page"
    finally:
        os.close(reader)
    assert io.is_special(pipe)
    assert os.listdir(tmp_path) == ["pipe"]
    with pytest.raises(OSError, match="No such device"):
        io.write_bytes_atomic(pipe, b"nobody reads")
