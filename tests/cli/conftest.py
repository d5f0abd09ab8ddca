"""What the tests of verbs share: ways to run one, and a repository in which something can be merged."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import write_files

ROOT = Path(__file__).resolve().parents[2]
CODE = "def a():\n    return 1\n\n\ndef b():\n    return 2\n"


@pytest.fixture(scope="session")
def forked_once(tmp_path_factory):
    """The repository that `forked` copies."""
    repo = tmp_path_factory.mktemp("forked")
    score = (ROOT / "fixtures" / "midi" / "menuet.mid").read_bytes()

    def commit(files, message):
        write_files(repo, files)
        subprocess.run(["git", "add", "-A"], cwd=repo, check=True)
        subprocess.run(["git", "commit", "-q", "-m", message], cwd=repo, check=True)

    subprocess.run(["git", "init", "-q"], cwd=repo, check=True)
    commit({"song.mid": score, "p.py": CODE, "d/t.txt": "1\n"}, "first")
    subprocess.run(["git", "switch", "-q", "-c", "feature"], cwd=repo, check=True)
    commit({"p.py": CODE.replace("return 1", "return 10")}, "theirs")
    subprocess.run(["git", "switch", "-q", "main"], cwd=repo, check=True)
    commit({"p.py": CODE.replace("return 1", "return 12")}, "ours")
    return repo


@pytest.fixture
def forked(forked_once, tmp_path, git_env):
    """A score and a program; `main` and `feature` return different numbers from one function."""
    return Path(shutil.copytree(forked_once, tmp_path / "forked"))
