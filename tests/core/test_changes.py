"""What the system tells of writes (`muse.core.platform.changes`), and that nobody depends on it."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from muse.core.platform.changes import Changes

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has inotify")


@LINUX
def test_a_file_is_told_of_while_it_is_written_and_when_its_writer_is_done(tmp_path: Path) -> None:
    changes = Changes([str(tmp_path)])
    a, b = str(tmp_path / "a"), str(tmp_path / "b\u00e9")
    with open(a, "w") as file:
        file.write("x")
        file.flush()
        assert changes.wait(5) == [(a, False)]
    assert changes.wait(5) == [(a, True)]
    os.rename(a, b)
    assert changes.wait(5) == [(b, True)], "renamed into its place: whole"
    assert changes.wait(0) == []
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/c").write_text("c")
    assert changes.wait(0) == [], "a folder nobody asked for"
    changes.also([str(tmp_path / "deep"), str(tmp_path / "none")])
    (tmp_path / "deep/c").write_text("cc")
    assert (str(tmp_path / "deep/c"), True) in changes.wait(5)
    changes.close()


@LINUX
def test_a_folder_that_goes_and_comes_is_told_of_when_it_is_asked_for_again(tmp_path: Path) -> None:
    folder = tmp_path / "f"
    folder.mkdir()
    changes = Changes([str(folder)])
    folder.rmdir()
    changes.wait(1)
    folder.mkdir()
    changes.also([str(folder)])
    (folder / "a").write_text("a")
    assert (str(folder / "a"), True) in changes.wait(5)
    changes.close()


def test_where_nothing_is_told_it_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    changes = Changes([str(tmp_path)])
    assert changes.fd == -1
    (tmp_path / "a").write_text("a")
    began = time.monotonic()
    assert changes.wait(0.05) == [] and time.monotonic() - began >= 0.05
    changes.close()


@LINUX
def test_a_user_who_has_no_more_of_them_waits_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def inotify_init1(self, flags: int) -> int:
            return -1

    monkeypatch.setattr("muse.core.platform.changes._libc", Full)
    changes = Changes([str(tmp_path)])
    assert changes.fd == -1 and changes.wait(0.01) == [] and changes.told() == []
