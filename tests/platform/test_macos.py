"""macOS, played (`macos.play`): every module imports, and `é` is one name however it is written.

What is typed, listed or sent by an agent may be decomposed there; Git's own listing is composed, as it is on macOS with
`core.precomposeUnicode`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from muse.core.platform.files import as_git_has_it
from tests.conftest import RunGit
from tests.platform import macos

ROOT = Path(__file__).resolve().parents[2]
PLAY = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from tests.platform.macos import play; play(); "
IMPORTS = """
import importlib, pkgutil
import git_remote_muse, muse
names = [module.name for package in (muse, git_remote_muse)
         for module in pkgutil.walk_packages(package.__path__, package.__name__ + ".")]
for name in names:
    if not name.endswith("__main__"):
        importlib.import_module(name)
print(len(names))
"""
FOLDER, FILE = "caf\u00e9", "\u00e9tude.py"
TWO = unicodedata.normalize("NFD", FILE)
BODY = "def a():\n    return 1\n\n\ndef b():\n    return 2\n"


def on_mac(where: Path, code: str, *words: str, fed: str = "") -> subprocess.CompletedProcess[str]:
    """Python in a process that has what macOS has, and its programs on PATH."""
    bsd = where / ".git/bsd"
    env = {**os.environ, "PATH": f"{bsd if bsd.is_dir() else macos.tools(bsd)}{os.pathsep}{os.environ['PATH']}"}
    start = [sys.executable, "-c", PLAY + code, *words]
    return subprocess.run(
        start, cwd=where, env=env, input=fed, capture_output=True, text=True, check=False, timeout=120
    )


def muse(where: Path, *words: str, fed: str = "", code: int = 0) -> str:
    """A verb there; the folder it starts in is the one that has the accent."""
    done = on_mac(
        where,
        f"import os; os.chdir({FOLDER!r}); from muse.cli.main import main; sys.argv[0] = 'muse'; sys.exit(main())",
        *words,
        fed=fed,
    )
    assert done.returncode == code, (words, done.stdout, done.stderr)
    return done.stdout


@pytest.fixture
def repo(tmp_path: Path, git: RunGit) -> Path:
    """A repository with `café/étude.py`, each accent one character."""
    root = tmp_path / "repo"
    git(tmp_path, "init", "-q", "-b", "main", "repo")
    (root / FOLDER).mkdir()
    (root / FOLDER / FILE).write_text(BODY)
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "one")
    return root


def test_every_module_imports(repo: Path) -> None:
    done = on_mac(repo, f"exec({IMPORTS!r})")
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 300


def test_a_name_typed_in_two_characters_is_the_file(repo: Path, git: RunGit) -> None:
    assert f"{FOLDER}/{FILE}::a" in muse(repo, "symbols", TWO)
    assert "return 2" in muse(repo, "blame", TWO)
    muse(repo, "claim", f"{TWO}::a", "--as", "ada")
    assert f"{FOLDER}/{FILE}::a" in muse(repo, "claims")
    git(repo, "switch", "-q", "-c", "topic")
    (repo / FOLDER / FILE).write_text(BODY.replace("2", "20"))
    git(repo, "commit", "-q", "-a", "-m", "topic")
    git(repo, "switch", "-q", "main")
    (repo / FOLDER / FILE).write_text(BODY.replace("2", "200"))
    git(repo, "commit", "-q", "-a", "-m", "main")
    muse(repo, "merge", "topic", code=1)
    muse(repo, "resolve", "--theirs", TWO)
    assert (repo / FOLDER / FILE).read_text() == BODY.replace("2", "20")


def test_an_agent_that_lists_the_folder_edits_the_file_that_is_there(repo: Path, git: RunGit) -> None:
    """Its op names the path in two characters; a second file beside the first would be lost in it on such a disk."""
    path = unicodedata.normalize("NFD", f"{FOLDER}/{FILE}")
    muse(repo, "session", "start", "jam")
    ops = [
        {"op": "replace", "address": path, "content": BODY.replace("2", "3")},
        {"op": "insert", "address": unicodedata.normalize("NFD", "\u00fc.txt"), "content": "new\n"},
    ]
    muse(repo, "session", "append", "jam", fed="".join(json.dumps({"op": op}) + "\n" for op in ops))
    muse(repo, "session", "append", "jam", fed=json.dumps({"op": {"op": "rename", "address": path, "to": path + "i"}}))
    muse(repo, "session", "commit", "jam", "-m", "live")
    listed = git(repo, "-c", "core.quotePath=false", "ls-files").splitlines()
    assert listed == [f"{FOLDER}/{FILE}i", "\u00fc.txt"]
    assert (repo / FOLDER / f"{FILE}i").read_text() == BODY.replace("2", "3")


def test_a_snapshot_of_the_disk_names_files_as_git_does(repo: Path) -> None:
    code = "from muse.core.filedomain import walk_files; print(ascii(list(walk_files('.'))))"
    assert on_mac(repo, code).stdout == ascii([f"{FOLDER}/{FILE}"]) + "\n"


def test_elsewhere_two_spellings_are_two_names() -> None:
    assert as_git_has_it(TWO) == TWO


def test_the_play_takes_away_what_it_says(repo: Path) -> None:
    """A play in which everything is as here would prove nothing."""
    code = (
        "import os\n"
        "assert not hasattr(os, 'fdatasync') and not os.path.exists('/proc/self') and sys.platform == 'darwin'\n"
        f"print(ascii(os.listdir()), os.path.isfile({(FOLDER + '/' + TWO).upper()!r}))\n"
        "import subprocess\n"
        "said = lambda *words: subprocess.run(words, capture_output=True, text=True)\n"
        "print(said('uname').stdout, said('stat', '-c', '%s', '.').returncode, said('nproc').returncode)\n"
    )
    done = on_mac(repo, code)
    assert done.stdout == "['.git', 'cafe\\u0301'] True\nDarwin\n 1 127\n", done.stderr
