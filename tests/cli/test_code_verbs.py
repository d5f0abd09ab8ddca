"""`muse languages` and `muse solve`."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from muse.cli.main import main

MARKED = b"""import os
<<<<<<< HEAD
import io
||||||| base
=======
import re
>>>>>>> topic


def load():
<<<<<<< HEAD
    return 1
||||||| base
    return 0
=======
    return 2
>>>>>>> topic
"""


def test_languages_are_listed_with_what_commutes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["languages", "--json"]) == 0
    rows = {row["language"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["python"]["available"]
    assert "import_statement" in rows["python"]["commutative"]
    assert all(row["available"] or not row["grammar"] for row in rows.values())
    assert main(["languages"]) == 0
    assert "go.mod" in capsys.readouterr().out


def test_solve_settles_what_it_can_and_keeps_the_rest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "api.py"
    file.write_bytes(MARKED)
    assert main(["solve", "--dry-run", str(file)]) == 1
    assert file.read_bytes() == MARKED
    assert main(["solve", str(file)]) == 1
    solved = file.read_bytes()
    assert solved.startswith(b"import os\nimport io\nimport re\n\n\ndef load():\n<<<<<<< HEAD (")
    assert b"|||||||" in solved
    assert "load: return 1 | return 2" in capsys.readouterr().out


def test_solve_cleans_a_file_completely(tmp_path: Path) -> None:
    file = tmp_path / "api.py"
    file.write_bytes(MARKED[: MARKED.index(b"\n\ndef")])
    assert main(["solve", str(file)]) == 0
    assert file.read_bytes() == b"import os\nimport io\nimport re\n"
    assert main(["solve", str(file)]) == 0


BASE, OURS, THEIRS = (
    b"import os\n%s\n\ndef load():\n    return %d\n" % pair
    for pair in ((b"", 0), (b"import io\n", 1), (b"import re\n", 2))
)
BETTER = b"""import os
import io
import re


def load():
<<<<<<< ours (function load: both changed)
    return 1
||||||| base
    return 0
=======
    return 2
>>>>>>> theirs
"""


def marked_by_git(tmp_path: Path, *flags: str, base: bytes = BASE) -> Path:
    """A file as `git merge-file` leaves it."""
    for name, data in (("ours", OURS), ("base", base), ("theirs", THEIRS)):
        (tmp_path / name).write_bytes(data)
    names = [str(tmp_path / name) for name in ("ours", "base", "theirs")]
    labels = ["-L", "ours", "-L", "base", "-L", "theirs"]
    done = subprocess.run(["git", "merge-file", "-p", *flags, *labels, *names], capture_output=True, check=False)
    file = tmp_path / "api.py"
    file.write_bytes(done.stdout)
    return file


@pytest.mark.parametrize("flags", [["--diff3"], ["--zdiff3"], ["--diff3", "--marker-size=11"], ["--marker-size=4"]])
def test_solve_reads_every_style_and_size(tmp_path: Path, flags: list[str]) -> None:
    if "--zdiff3" in flags and b"unknown option" in marked_by_git(tmp_path, "--zdiff3").read_bytes():
        pytest.skip("this Git knows no zdiff3")
    file = marked_by_git(tmp_path, *flags)
    more = ["--base", str(tmp_path / "base")] if flags == ["--marker-size=4"] else []
    assert main(["solve", *more, str(file)]) == 1
    size = int(flags[-1].partition("=")[2] or 7)
    wanted = BETTER if not more else BETTER.replace(b"||||||| base\n    return 0\n", b"")
    for sign in b"<|=>":
        wanted = wanted.replace(bytes([sign]) * 7, bytes([sign]) * size)
    assert file.read_bytes() == wanted
    assert main(["solve", *more, str(file)]) == 1
    assert file.read_bytes() == wanted, "again is the same"


def test_solve_finds_the_base_of_an_unmerged_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-c", "merge.conflictStyle=merge", "-C", str(tmp_path)]
    file = tmp_path / "api.py"

    def commit(data: bytes, *switch: str) -> None:
        for words in ([*switch] and [["switch", "-q", *switch]]) or []:
            subprocess.run([*git, *words], check=True)
        file.write_bytes(data)
        subprocess.run([*git, "add", "api.py"], check=True)
        subprocess.run([*git, "commit", "-qm", "x"], check=True)

    subprocess.run([*git, "init", "-q", "-b", "main"], check=True)
    commit(BASE + b"tail = 1\n")
    commit(OURS + b"tail = 1\n", "-c", "ours")
    commit(THEIRS + b"tail = 1\n", "-c", "theirs", "main")
    assert subprocess.run([*git, "merge", "-q", "ours"], check=False, capture_output=True).returncode == 1
    assert b"|||||||" not in file.read_bytes()
    file.write_bytes(file.read_bytes().replace(b"tail = 1", b"tail = 2  # by hand"))
    monkeypatch.chdir(tmp_path)
    assert main(["solve", "api.py"]) == 1
    assert file.read_bytes() == (
        b"import os\nimport re\nimport io\n\n\ndef load():\n<<<<<<< HEAD (function load: both changed)\n"
        b"    return 2\n=======\n    return 1\n>>>>>>> ours\ntail = 2  # by hand\n"
    )


def test_solve_says_when_markers_do_not_pair(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "api.py"
    file.write_bytes(MARKED.replace(b">>>>>>> topic\n", b"", 1))
    assert main(["solve", str(file)]) == 128
    assert "do not pair" in capsys.readouterr().err
    assert file.read_bytes() == MARKED.replace(b">>>>>>> topic\n", b"", 1)


def test_solve_needs_a_base(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "api.py"
    file.write_bytes(b"<<<<<<< a\n1\n=======\n2\n>>>>>>> b\n")
    assert main(["solve", str(file)]) == 128
    assert "diff3" in capsys.readouterr().err
    assert main(["solve", str(tmp_path / "none.py")]) == 128
