"""`muse languages` and `muse solve`."""

from __future__ import annotations

import json
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
    assert solved.startswith(b"import os\nimport io\nimport re\n\n\ndef load():\n<<<<<<< ours")
    assert b"|||||||" in solved
    assert "load: return 1 | return 2" in capsys.readouterr().out


def test_solve_cleans_a_file_completely(tmp_path: Path) -> None:
    file = tmp_path / "api.py"
    file.write_bytes(MARKED[: MARKED.index(b"\n\ndef")])
    assert main(["solve", str(file)]) == 0
    assert file.read_bytes() == b"import os\nimport io\nimport re\n"
    assert main(["solve", str(file)]) == 0


def test_solve_needs_a_base(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "api.py"
    file.write_bytes(b"<<<<<<< a\n1\n=======\n2\n>>>>>>> b\n")
    assert main(["solve", str(file)]) == 128
    assert "diff3" in capsys.readouterr().err
    assert main(["solve", str(tmp_path / "none.py")]) == 128
