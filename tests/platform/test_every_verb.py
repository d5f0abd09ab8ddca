"""Every verb once where another system is played (`windows.play`, `macos.play`) and once where none is.

A verb works there or says in one line why not, and ends as it ends here.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from shlex import quote

import pytest

from muse.cli.verbs import VERBS
from tests.conftest import RunGit
from tests.platform import macos

ROOT = Path(__file__).resolve().parents[2]
SONG = sorted((ROOT / "fixtures").rglob("*.mid"))[0]
A, B = "def a():\n    return 1\n", "def b():\n    return 2\n"
HERE = ""  # no system is played


EVERY = """
import contextlib, io, json, os, sys
from muse.cli.main import main
for words in json.loads(sys.argv[1]):
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO())):
        code = main(words)
    print(json.dumps([words, code, said.getvalue()]), flush=True)
"""
TYPED = {
    "blame": "blame m.py",
    "bot": "bot --base main --head topic",
    "bot --remote": "bot --base main --head topic --remote ../server.git",
    "branch": "branch",
    "checkout": "checkout topic",
    "claim": "claim m.py",
    "claims": "claims",
    "clone": "clone ../server.git ../copy",
    "commit": "commit -m nothing",
    "completion": "completion bash",
    "conflicts": "conflicts",
    "diff": "diff HEAD~1",
    "doctor": "doctor",
    "domains": "domains",
    "gc": "gc",
    "grep-notes": "grep-notes --pitch C4",
    "import": "import ../nowhere",
    "init": "init ../new",
    "install": "install",
    "languages": "languages",
    "log": "log",
    "mergetool": "mergetool --no-browser m.py",
    "merge": "merge other",
    "merge-tree": "merge-tree main other",
    "notes": "notes song.mid",
    "release": "release --all",
    "render": "render -o ../page.html HEAD~1..HEAD",
    "resolve": "resolve --theirs m.py",
    "review": "review",
    "serve": "serve --port 99999 .",
    "session": "session list",
    "session start": "session start jam",
    "session append": "session append jam",
    "session status": "session status jam",
    "session show": "session show jam",
    "session commit": "session commit jam -m x",
    "session undo": "session undo jam",
    "session follow": "session follow none",
    "session watch": "session watch none",
    "session redeliver": "session redeliver jam",
    "session repair": "session repair jam",
    "session expunge": "session expunge jam --path none",
    "session join": "session join jam nats://127.0.0.1:1",
    "session leave": "session leave jam",
    "show": "show HEAD",
    "solve": "solve m.py",
    "status": "status",
    "symbols": "symbols m.py",
    "sync": "sync",
    "tag": "tag",
    "uninstall": "uninstall",
    "verify": "verify",
}


def helper(folder: Path, ours: str) -> Path:
    """A folder with `git-remote-muse`, which Git starts for `muse::`, on the same system."""
    folder.mkdir()
    line = f"{ours}from git_remote_muse.__main__ import main; sys.exit(main())"
    (folder / "git-remote-muse").write_text(f'#!/bin/sh\nexec {quote(sys.executable)} -c {quote(line)} "$@"\n')
    (folder / "git-remote-muse").chmod(0o755)
    return folder


def every_verb(home: Path, git: RunGit, system: str) -> dict[str, tuple[int, str]]:
    """Exit code and words of each in one repository, one after the other."""
    (home / "private").mkdir(parents=True)
    (home / "tmp").symlink_to("private")  # as /tmp is a link to /private/tmp on macOS
    home = home / "tmp"
    repo = home / "repo"
    git(home, "init", "-q", "-b", "main", "repo")
    git(repo, "commit", "-q", "--allow-empty", "-m", "0")
    (repo / "song.mid").write_bytes(SONG.read_bytes())
    (repo / "caf\u00e9").mkdir()
    (repo / "caf\u00e9/\u00e9tude.py").write_text(B)
    for number, (branch, text) in enumerate((("main", "1"), ("topic", "10"), ("main", "11"), ("other", "12"))):
        git(repo, "switch", "-q", *(["-c"] if number in (1, 3) else []), branch)
        (repo / "m.py").write_text(f"{A.replace('1', text)}\n\n{B}")
        git(repo, "add", "-A")
        git(repo, "commit", "-q", "-m", text)
    git(home, "clone", "-q", "--bare", "repo", "server.git")
    git(repo, "remote", "add", "origin", str(home / "server.git"))
    git(repo, "switch", "-q", "main")
    play = f"from tests.platform.{system} import play; play(); " if system else ""
    ours = f"import sys; sys.path.insert(0, {str(ROOT)!r}); {play}"
    env = {**os.environ, "PWD": str(repo), "PATH": f"{helper(home / 'bin', ours)}{os.pathsep}{os.environ['PATH']}"}
    if system == "macos":
        env["PATH"] = f"{macos.tools(home / 'bsd')}{os.pathsep}{env['PATH']}"
    start = f"{ours}exec({EVERY!r})"
    done = subprocess.run(
        [sys.executable, "-c", start, json.dumps([line.split() for line in TYPED.values()])],
        cwd=repo,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    rows = [line for line in done.stdout.splitlines() if line.startswith('[["')]
    return {" ".join(words): (code, said) for words, code, said in map(json.loads, rows)}


@pytest.mark.needs_git(2, 38, "git merge-tree --write-tree")
@pytest.mark.parametrize("system", ["windows", "macos"])
def test_no_verb_meets_what_the_system_lacks_unprepared(system: str, tmp_path: Path, git: RunGit) -> None:
    assert {name.partition(" ")[0] for name in TYPED} == set(VERBS) - {"mcp"}
    there = every_verb(tmp_path / "there", git, system)
    assert list(there) == list(TYPED.values())
    assert {name: said for name, (_, said) in there.items() if "internal error" in said or "Traceback" in said} == {}
    well = {
        name: there[TYPED[name]][0] for name in ("install", "status", "log", "sync", "verify", "clone", "session start")
    }
    assert set(well.values()) == {0}, well


@pytest.mark.soak
@pytest.mark.parametrize("system", ["windows", "macos"])
def test_every_verb_ends_there_as_it_ends_here(system: str, tmp_path: Path, git: RunGit) -> None:
    there, here = (every_verb(tmp_path / (each or "here"), git, each) for each in (system, HERE))
    assert {name: code for name, (code, _) in there.items()} == {name: code for name, (code, _) in here.items()}
