"""Windows, played (`windows.play`): every module imports, and the verbs leave what they leave on Linux.

What cannot be played is separators and drives in paths; the rules for names are tested by themselves.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from muse.cli.main import main
from muse.core.platform import worker
from muse.core.platform.files import cannot_be_named
from tests.conftest import RunGit

ROOT = Path(__file__).resolve().parents[2]
SONG = sorted((ROOT / "fixtures").rglob("*.mid"))[0]
PLAY = (
    f"import sys; sys.path.insert(0, {str(ROOT)!r}); from tests.platform.windows import play; play(); "
    "import importlib; sys.argv[0] = 'muse'; sys.exit(importlib.import_module(sys.argv.pop(1)).main())"
)
IMPORTS = f"""
import importlib, pkgutil, sys
sys.path.insert(0, {str(ROOT)!r})
from tests.platform.windows import play
play()
import git_remote_muse, muse
count = 0
for package in (muse, git_remote_muse):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
            count += 1
print(count)
"""

Run = Callable[..., subprocess.CompletedProcess[str]]


def on_windows(
    where: Path, module: str, *words: str, fed: str = "", played: bool = True
) -> subprocess.CompletedProcess[str]:
    """A program of ours, started in a process that lacks what Windows lacks."""
    start = ["-c", PLAY, module] if played else ["-m", module]
    return subprocess.run(
        [sys.executable, *start, *words], cwd=where, input=fed, capture_output=True, text=True, check=False, timeout=120
    )


def test_every_module_imports() -> None:
    done = subprocess.run([sys.executable, "-c", IMPORTS], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 300


A, B = "def a():\n    return 1\n", "def b():\n    return 2\n"
OP = {"op": "insert", "address": "live.txt", "position": None, "content_id": "", "content_b64": "aGkK"}


@pytest.mark.needs_git(2, 38, "git merge-tree --write-tree")
def test_a_day_of_work_leaves_what_it_leaves_elsewhere(
    tmp_path: Path, git: RunGit, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Install, commit, a clean merge, a conflict settled, a session, sync: trees, words and files are the same."""
    told: list[list[str]] = []
    for played in (True, False):
        repo = tmp_path / str(played)
        repo.mkdir()
        git(repo, "init", "-q", "-b", "main")
        said: list[str] = []

        def muse(*words: str, code: int = 0, fed: str = "", repo: Path = repo, played: bool = played) -> str:
            if played or fed:
                done = on_windows(repo, "muse.cli.__main__", *words, fed=fed, played=played)
                assert done.returncode == code, (words, done.stdout, done.stderr)
                return done.stdout
            monkeypatch.chdir(repo)
            capfd.readouterr()
            assert main(list(words)) == code
            return capfd.readouterr().out

        git(tmp_path, "init", "-q", "--bare", f"server-{played}.git")
        git(repo, "remote", "add", "origin", str(tmp_path / f"server-{played}.git"))
        muse("install")
        (repo / "m.py").write_text(f"{A}\n\n{B}")
        (repo / "song.mid").write_bytes(SONG.read_bytes())
        muse("commit", "-q", "-m", "one")
        git(repo, "switch", "-q", "-c", "topic")
        (repo / "m.py").write_text(f"import os\n\n\n{A}\n\n{B.replace('b()', 'b(y)')}")
        muse("commit", "-q", "-m", "topic")
        git(repo, "switch", "-q", "main")
        (repo / "m.py").write_text(f"import re\n\n\n{A}\n\n{B.replace('b()', 'b(x)')}")
        muse("commit", "-q", "-m", "main")
        muse("merge", "-q", "topic", "-m", "both", code=1)
        said.append(muse("conflicts"))
        muse("resolve", "--theirs", "m.py")
        muse("commit", "-q", "-m", "both")
        said.append((repo / "m.py").read_text())
        muse("session", "start", "live")
        ack = json.loads(muse("session", "append", "live", fed=json.dumps({"op": OP}) + "\n"))
        assert ack["sequence"] == 1
        muse("session", "commit", "-m", "live", "live")
        assert (repo / "live.txt").read_text() == "hi\n"
        said += [muse("log", "--format=%s", "-n", "5"), muse("diff", "HEAD~1"), muse("status"), muse("verify")]
        muse("render", "-o", "../page.html", "main~1..main")
        muse("sync")
        muse("gc")
        said.append(git(repo, "ls-tree", "-r", "HEAD"))
        assert git(tmp_path / f"server-{played}.git", "for-each-ref", "refs/muse")
        told.append(said)
    assert told[0] == told[1]


def test_the_driver_answers_from_a_fresh_python(tmp_path: Path) -> None:
    for name, head in (("O", ""), ("A", "import os\n\n\n"), ("B", "import re\n\n\n")):
        (tmp_path / name).write_text(head + A)
    done = on_windows(tmp_path, "muse.drivers.merge", "O", "A", "B", "-p", "a.py")
    assert done.returncode == 0, done.stderr
    lines = (tmp_path / "A").read_text().split("\n")
    assert lines.count("import os") == lines.count("import re") == lines.count("def a():") == 1


def test_a_song_is_listed(tmp_path: Path) -> None:
    (tmp_path / "song.mid").write_bytes(SONG.read_bytes())
    done = on_windows(tmp_path, "muse.drivers.textconv", "song.mid")
    assert (done.returncode, done.stdout) == (
        0,
        on_windows(tmp_path, "muse.drivers.textconv", "song.mid", played=False).stdout,
    )
    assert done.stdout


def test_clone_push_and_fetch(
    make_repo: Callable[..., Path], git: RunGit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through the helper; a server that is not there ends it, too, though nobody can wait for two pipes there."""
    folder = tmp_path / "bin"
    folder.mkdir()
    helper = folder / "git-remote-muse"
    helper.write_text(
        f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -c {shlex.quote(PLAY)} git_remote_muse.__main__ "$@"\n'
    )
    helper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    source = make_repo("source", {"a.txt": "one\n"})
    git(tmp_path, "clone", "-q", "--bare", str(source), "server.git")
    git(tmp_path, "clone", "-q", f"muse::{tmp_path}/server.git", "work")
    work = tmp_path / "work"
    (work / "a.txt").write_text("two\n")
    git(work, "commit", "-q", "-a", "-m", "two")
    git(work, "push", "-q")
    git(source, "fetch", "-q", str(tmp_path / "server.git"), "main")
    assert git(source, "show", "FETCH_HEAD:a.txt") == "two"
    git(work, "fetch", "-q")
    gone = subprocess.run(
        ["git", "fetch", "-q", "muse::http://127.0.0.1:1/x"],
        cwd=work,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert gone.returncode == 128
    assert "muse" not in gone.stderr.replace("muse::", ""), "Git says it"


# The worker ----------------------------------------------------------------------------------------------------------


def test_a_worker_answers_fails_dies_and_is_late() -> None:
    assert worker.run(partial(_frames, 3), 20) == ([b"0", b"1", b"2"], "")
    assert worker.run(_fails, 20) == (None, "failed: ValueError: no")
    assert worker.run(partial(os._exit, 3), 20) == (None, "ended without an answer")
    begun = time.monotonic()
    assert worker.run(_spins, 0.3) == (None, "took longer than 0.3 s")
    assert time.monotonic() - begun < 30


def _frames(count: int) -> list[bytes]:
    print("this goes nowhere")
    return [b"%d" % number for number in range(count)]


def _fails() -> list[bytes]:
    raise ValueError("no")


def _spins() -> list[bytes]:
    while True:
        pass


# Names ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["a\\b", "c:x", "dir/aux", "NUL.txt", "com1.tar.gz", "a.", "dir /x", "a\x01b", "what?", "con .txt", "LPT9"]
)
def test_names_that_are_none_on_windows(path: str) -> None:
    assert cannot_be_named(path, windows=True)
    assert not cannot_be_named(path, windows=False)


@pytest.mark.parametrize("path", ["a/b.txt", "auxiliary.py", "com10", "console", "a.b/c", ".gitignore", "ü/ß", "nul_"])
def test_names_that_are_files_everywhere(path: str) -> None:
    assert not cannot_be_named(path, windows=True)


def test_the_play_takes_away_what_it_says(tmp_path: Path) -> None:
    """A play in which everything is still there would prove nothing."""
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from tests.platform.windows import play; play()\n"
        "import os\nassert not hasattr(os, 'fork') and not hasattr(os, 'posix_spawnp')\n"
        "try:\n    import fcntl\nexcept ImportError:\n    print('no fcntl')\n"
        "open('x', 'w').write('x')\nkept = open('x')\n"
        "try:\n    os.rename('x', 'y')\nexcept PermissionError:\n    print('no rename')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.stdout == "no fcntl\nno rename\n", done.stderr
    assert importlib.util.find_spec("fcntl") is not None
