"""`kill -9` before every step of settling a conflict: nothing is half-saved, and the next run settles it.

A step is a program that is started, a file that is renamed into its place, or one that is deleted.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from muse.engine import conflict_records
from tests.conftest import MakeRepo, RunGit, write_files
from tests.crash.dying import COUNTING

TEXT = "def first():\n    return {}\n\n\ndef second():\n    return {}\n"
BASE, SETTLED = TEXT.format(1, 2), TEXT.format(12, 21)
SIDES = {"ours": TEXT.format(11, 21), "theirs": TEXT.format(12, 22)}
COUNTED = (
    COUNTING
    + """
subprocess.Popen.__init__ = counted(subprocess.Popen.__init__)
os.replace, os.unlink = counted(os.replace), counted(os.unlink)
"""
)
VERB = """
from muse.cli.main import main
sys.exit(main(sys.argv[1:]))
"""
PAGE = """
from muse.cli.verbs.mergetool import _Tool
from muse.engine.resolve.resolve import describe
from muse.store.repository import Repository
tool = _Tool(Repository("."), "lib.py")
tool.page()
for name, side in (("first", "theirs"), ("second", "ours")):
    known = [each.address for each in describe(tool.here, tool.item(), tool.plugin_for)]
    tool.save({next(address for address in known if address.startswith(name)): side})
"""
DOORS = {
    "pick": (VERB, ["resolve", "--pick", "first=theirs", "lib.py"], ""),
    "picks": (VERB, ["resolve", "--pick", "first=theirs", "--pick", "second=ours", "lib.py"], ""),
    "asked": (VERB, ["resolve", "-i", "lib.py"], "t\no\n"),
    "page": (PAGE, [], ""),
    "link": (VERB, ["resolve", "--theirs", "link"], ""),
}


@pytest.fixture
def disputed(make_repo: MakeRepo, git: RunGit, muse_on_path: Path) -> Path:
    """Two functions that both sides changed, and a link that both have put elsewhere."""
    root = make_repo(files={"lib.py": BASE})
    os.symlink("base", root / "link")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "link")
    for name, branch in (("theirs", "topic"), ("ours", "main")):
        if name == "theirs":
            git(root, "switch", "-qc", branch)
        write_files(root, {"lib.py": SIDES[name]})
        (root / "link").unlink()
        os.symlink(name, root / "link")
        git(root, "add", "-A")
        git(root, "commit", "-qm", name)
        git(root, "switch", "-q", "main")
    git(root, "merge", "-q", "topic", check=False)
    assert git(root, "diff", "--name-only", "--diff-filter=U").split() == ["lib.py", "link"]
    return root


def run(where: Path, door: str, step: int) -> tuple[int, str]:
    code, words, said = DOORS[door]
    env = {**os.environ, "DIE_AT": str(step)}
    command = [sys.executable, "-c", COUNTED + code, *words]
    done = subprocess.run(command, cwd=where, env=env, input=said, capture_output=True, text=True, timeout=300)
    return done.returncode, done.stdout + done.stderr


def sound(root: Path, git: RunGit, door: str) -> None:
    """Index and files are as before or as after, path by path."""
    unmerged = set(git(root, "diff", "--name-only", "--diff-filter=U").split())
    assert git(root, "ls-files", "lib.py") and git(root, "ls-files", "link"), "a stage less is a deletion"
    target = os.readlink(root / "link")
    assert target in ("ours", "theirs") and ("link" in unmerged or (door == "link" and target == "theirs"))
    text = (root / "lib.py").read_text()
    assert "lib.py" in unmerged or text == SETTLED
    assert not list((root / ".git").glob("*.lock"))


def settled(root: Path, git: RunGit, muse: Callable[..., tuple[int, str, str]], door: str) -> None:
    """The next run, by somebody who types the whole of it."""
    left = git(root, "diff", "--name-only", "--diff-filter=U").split()
    if "lib.py" in left:
        code, out, err = muse(root, "resolve", "--pick", "first=theirs", "--pick", "second=ours", "lib.py")
        assert code == 0, out + err
    if "link" in left:
        code, out, err = muse(root, "resolve", "--theirs", "link")
        assert code == 0, out + err
    assert git(root, "diff", "--name-only", "--diff-filter=U") == "" and git(root, "diff", "--name-only") == ""
    assert (root / "lib.py").read_text() == SETTLED and git(root, "show", ":lib.py") + "\n" == SETTLED
    assert os.readlink(root / "link") == "theirs"
    assert not [each for end in ("json", "coming") for each in (root / ".git" / "muse" / "conflicts").glob(f"*.{end}")]


@pytest.mark.timeout(3600)
@pytest.mark.skipif(sys.platform == "win32", reason="needs kill -9")
@pytest.mark.parametrize("every", [pytest.param(1, marks=pytest.mark.soak), 5])
@pytest.mark.parametrize("door", DOORS)
def test_killed_while_settling(disputed: Path, git: RunGit, muse, tmp_path: Path, door: str, every: int) -> None:
    again, step, ended = tmp_path / "again", random.Random(door).randrange(every), False
    while not ended:
        step += 1 if every == 1 else every
        shutil.rmtree(again, ignore_errors=True)
        shutil.copytree(disputed, again, symlinks=True)
        code, said = run(again, door, step)
        ended = code != -signal.SIGKILL
        assert not ended or code == (1 if door == "pick" else 0), said
        sound(again, git, door)
        settled(again, git, muse, door)
    print(f"{door}: {step} steps")


def test_killed_between_two_files_of_a_record(disputed: Path, muse, monkeypatch) -> None:
    """What was announced stayed for good where its record was dropped before it."""
    git_dir = disputed / ".git"
    conflict_records.announce(git_dir, "lib.py", SETTLED.encode())
    with monkeypatch.context() as patch:
        patch.setattr(conflict_records, "_drop", _once)
        with pytest.raises(SystemExit):
            conflict_records.clear(git_dir, "lib.py")
    write_files(disputed, {"lib.py": SETTLED})
    subprocess.run(["git", "add", "lib.py"], cwd=disputed, check=True)
    assert muse(disputed, "conflicts")[1].startswith("link: ")
    assert not list((git_dir / "muse" / "conflicts").glob("lib.py.*"))


def _once(file: str) -> None:
    os.unlink(file)
    raise SystemExit
