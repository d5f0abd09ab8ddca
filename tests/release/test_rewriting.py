"""The recipes of docs/git-and-muse.md that take something out of history, with the tools themselves."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import RunGit
from tests.release.conftest import ROOT, install, run

pytestmark = pytest.mark.release
SECRET = "hunter2-correct-horse"
BFG = "1.14.0"
OPS = (
    f'{{"op": {{"op": "insert", "address": "conf/key.txt", "content": "{SECRET}\\n"}}}}\n'
    '{"op": {"op": "insert", "address": "b.txt", "content": "b\\n"}}\n'
)
MUSE = Path(sys.executable).parent


def recipes() -> tuple[str, str]:
    """The whole recipe, and what stands for its `git filter-repo` with the BFG."""
    page = (ROOT / "docs/git-and-muse.md").read_text().partition("## Taking something out of history")[2]
    whole, instead = re.findall(r"^```sh\n(.*?)^```", page, re.M | re.S)
    return whole, instead


@pytest.fixture
def song(tmp_path: Path, git: RunGit) -> Path:
    """A clone whose session wrote a secret that was committed, pushed and synced; one op waits for the next commit."""
    git(tmp_path, "init", "-q", "--bare", "-b", "main", "server.git")
    root = tmp_path / "song"
    git(tmp_path, "init", "-q", "-b", "main", "song")
    (root / "code.py").write_text("def a():\n    return 1\n")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "one")
    git(root, "tag", "v1")
    git(root, "remote", "add", "origin", str(tmp_path / "server.git"))
    muse(root, "install")
    muse(root, "session", "start", "jam")
    muse(root, "session", "append", "jam", given=OPS)
    muse(root, "session", "commit", "jam", "-m", "made by ops")
    muse(root, "session", "append", "jam", given='{"op": {"op": "insert", "address": "c.txt", "content": "c\\n"}}\n')
    git(root, "push", "-q", "origin", "main", "v1")
    muse(root, "sync")
    return root


def muse(root: Path, *words: str, given: str = "") -> str:
    done = subprocess.run([MUSE / "muse", *words], cwd=root, input=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def everywhere(folder: Path) -> bool:
    """True when any object or file of a repository has the secret."""
    objects = subprocess.run(
        ["git", "cat-file", "--batch-all-objects", "--batch"], cwd=folder, capture_output=True, check=True
    ).stdout
    files = [path for path in folder.rglob("*") if path.is_file() and "..bfg-report" not in path.parts]
    return SECRET.encode() in objects or any(SECRET.encode() in path.read_bytes() for path in files)


def bfg(folder: Path) -> None:
    """The BFG's jar from Maven's repository, as bfg.jar in the folder."""
    if shutil.which("mvn") is None or shutil.which("java") is None:
        pytest.skip("java and mvn are not both here, so the BFG was not tried")
    home = os.environ.get("MUSE_MAVEN", os.fspath(folder / ".m2"))
    words = ["dependency:copy", f"-Dartifact=com.madgag:bfg:{BFG}", f"-DoutputDirectory={folder}"]
    run("mvn", "-q", "-B", f"-Dmaven.repo.local={home}", *words, "-Dmdep.stripVersion=true", cwd=folder)


@pytest.mark.parametrize("tool", ["git filter-repo", "bfg"])
def test_nothing_of_it_is_left_and_the_session_goes_on(tool: str, song: Path, tmp_path: Path, git: RunGit) -> None:
    assert everywhere(song) and everywhere(tmp_path / "server.git")
    whole, instead = recipes()
    venv = tmp_path / "venv"
    if tool == "bfg":
        bfg(tmp_path)
        command = re.search(r"^git filter-repo .*?[^\\]\n", whole, re.M | re.S)
        assert command is not None
        whole = whole.replace(command[0], instead.replace("bfg.jar", "../bfg.jar"))
    else:
        install(sys.executable, venv, "git-filter-repo")
    env = {"PATH": f"{venv / 'bin'}:{MUSE}:{os.environ['PATH']}"}
    run("bash", "-e", "-c", whole, cwd=song, **env)
    git(tmp_path / "server.git", "gc", "-q", "--prune=now")
    assert not everywhere(song) and not everywhere(tmp_path / "server.git")
    muse(song, "session", "commit", "jam", "-m", "later")
    assert git(song, "ls-files").split() == ["b.txt", "c.txt", "code.py"]
    subjects = git(song, "log", "--format=%s").splitlines()
    assert [name for name in subjects if name != "Take out the key"] == ["later", "made by ops", "one"]
    muse(song, "verify")
    git(song, "push", "-q", "origin", "main")
    muse(song, "sync")
    git(tmp_path, "clone", "-q", "--mirror", str(tmp_path / "server.git"), "copy.git")
    assert git(tmp_path / "copy.git", "for-each-ref", "refs/muse/log") and not everywhere(tmp_path / "copy.git")
