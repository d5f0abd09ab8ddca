"""Every verb with wrong arguments, in the wrong place and under odd circumstances: a clear line, an exit code.

The codes are the documented ones (0, 1, 128, 129, 130, 141 for a reader that went away); there is no traceback.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from muse.cli.verbs import VERBS
from tests.conftest import CONFIG

NEEDS_NO_REPOSITORY = {
    "completion",
    "doctor",
    "domains",
    "languages",
    "clone",
    "init",
    "serve",
    "solve",
    "install",
    "uninstall",
}
LEAST = {
    "blame": ["p.py"],
    "bot": ["--base", "a", "--head", "b"],
    "render": ["-o", "-"],
    "commit": ["-m", "x"],
    "import": ["x"],
    "merge": ["x"],
    "merge-tree": ["a", "b"],
    "checkout": ["x"],
    "resolve": ["p.py"],
    "mergetool": ["p.py", "--no-browser"],
    "session": ["list"],
    "claim": ["p.py"],
    "release": ["1"],
    "notes": ["a.mid"],
    "symbols": ["p.py"],
}


@pytest.mark.parametrize("verb", sorted(VERBS.keys() - NEEDS_NO_REPOSITORY))
def test_outside_of_a_repository(verb, muse, tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    code, out, err = muse(tmp_path, verb, *LEAST.get(verb, []))
    assert (code, out) == (128, "")
    assert err == (
        f"muse: not a git repository (or any of the parent directories): .git: {tmp_path}\n"
        "hint: make one with `muse init`, or go into one with `cd`\n"
    )


UNKNOWN = "muse: unknown revision: nope\nhint: `git log --all` lists what there is\n"
GITS_UNKNOWN = "fatal: ambiguous argument 'nope': unknown revision"
WRONG = [  # what is typed, the exit code, how stderr begins
    ("log nope", 128, GITS_UNKNOWN),
    ("log --graph nope", 128, GITS_UNKNOWN),
    ("log --json nope", 128, GITS_UNKNOWN),
    ("log --symbol p.py", 129, "muse: muse log --symbol PATH::NAME\n"),
    ("show nope", 128, GITS_UNKNOWN),
    ("show --json nope", 128, UNKNOWN),
    ("diff nope", 128, GITS_UNKNOWN),
    ("blame", 129, "usage: git blame"),
    ("blame nope", 128, "fatal: no such path 'nope' in HEAD\n"),
    ("blame --notes", 129, "muse: muse blame --notes|--bars"),
    ("blame --notes p.py", 128, "muse: p.py is no MIDI file\nhint: muse blame p.py\n"),
    ("blame --bars nope song.mid", 128, UNKNOWN),
    ("blame --symbol", 129, "muse: muse blame --symbol NAME [REV] FILE\n"),
    ("render nope", 128, UNKNOWN),
    ("render main nope", 128, "muse: nothing changed in nope\nhint: muse render main\n"),
    ("render -o p.py/x.html", 128, "muse: cannot write p.py/x.html: "),
    ("render --svg main p.py", 129, "muse: --svg draws one piece of music, and 0 changed\nhint: name it: muse render"),
    ("grep-notes --pitch H9", 129, "muse: 'H9' is not a pitch\nhint: write C4, F#3, Bb2 or a number"),
    ("grep-notes --bars x", 129, "muse: 'x' is not a range\nhint: write 5 or 5-8\n"),
    ("grep-notes --rev nope", 128, UNKNOWN),
    ("grep-notes nope", 128, "muse: nope: no tracked file\nhint: git ls-files\n"),
    ("grep-notes --pitch C9", 1, ""),
    ("review nope", 128, UNKNOWN),
    ("review", 128, "muse: HEAD is no merge of two commits\nhint: git log --merges lists them\n"),
    ("commit --staged --all -m x", 129, "muse: --staged and --all exclude each other\n"),
    ("commit -F nope", 128, "fatal: could not read log file 'nope'"),
    ("merge nope", 128, UNKNOWN),
    ("merge --abort", 128, "fatal: There is no merge to abort"),
    ("merge", 128, "muse: nothing to merge: this branch follows no other\nhint: muse merge BRANCH\n"),
    ("merge --dry-run a b", 129, "muse: --dry-run takes one commit\n"),
    ("merge --json feature", 129, "muse: --json goes with --dry-run\n"),
    ("merge-tree main", 129, "muse: Missing argument 'THEIRS'.\nhint: muse merge-tree --help\n"),
    ("merge-tree main nope", 128, UNKNOWN),
    ("checkout nope", 1, "error: pathspec 'nope' did not match"),
    ("branch -d nope", 1, "error: branch 'nope' not found"),
    ("tag -d nope", 1, "error: tag 'nope' not found"),
    ("clone", 129, "muse: Missing argument "),
    ("clone nope", 128, "muse: repository 'nope' does not exist\nhint: give a folder that is a repository, or a URL\n"),
    ("clone . p.py", 128, "fatal: destination path 'p.py' already exists"),
    ("init p.py", 128, "fatal: cannot mkdir ./p.py: File exists\nmuse: git init failed (128)\n"),
    ("render --site", 129, "muse: Option '--site' requires an argument.\nhint: muse render --help\n"),
    ("session append --actor", 129, "muse: Option '--actor' requires an argument.\nhint: muse session append --help\n"),
    ("import", 129, "muse: Missing argument 'SOURCE'.\nhint: muse import --help\n"),
    ("import . new", 128, "muse: . is no repository of the public Muse: it has no .muse/ with commits and refs\n"),
    ("conflicts x", 129, "muse: Got unexpected extra argument (x)\nhint: muse conflicts --help\n"),
    ("resolve", 129, "muse: Missing argument 'PATH...'.\nhint: muse resolve --help\n"),
    ("resolve p.py", 128, "muse: p.py: no conflict here\nhint: nothing is left to settle\n"),
    (
        "resolve --pick x p.py",
        129,
        "muse: --pick 'x' is not ADDRESS=SIDE; a side is ours, theirs, base, both or ",
    ),
    ("mergetool p.py", 128, "muse: p.py: no conflict here\nhint: muse conflicts\n"),
    ("completion tcsh", 129, "muse: Invalid value for '{bash|zsh|fish}': 'tcsh' is not one of 'bash', 'zsh', 'fish'."),
    ("session", 129, "Usage: muse session [OPTIONS] COMMAND [ARGS]...\n"),
    ("session x", 129, "muse: No such command 'x'.\nhint: muse session --help\n"),
    ("session start ''", 129, "muse: a session needs a name\nhint: muse session start NAME\n"),
    ("session follow nope", 128, "muse: there is no session 'nope'\nhint: muse session list\n"),
    ("session commit nope", 128, "muse: there is no session 'nope'\nhint: muse session list\n"),
    ("gc --retired-after x", 129, "muse: Invalid value for '--retired-after': 'x' is not a valid float."),
    ("gc --prune-absorbed --remote nope", 128, "muse: there is no remote 'nope'\nhint: remotes here: none; git remote"),
    ("solve nope", 128, "muse: nope: No such file or directory\n"),
    ("sync nope", 128, "muse: there is no remote 'nope'\nhint: remotes here: none; git remote add NAME URL\n"),
    ("sync", 128, "muse: this repository has no remote\nhint: git remote add origin "),
    ("serve nope", 129, "muse: Invalid value for 'FOLDER': Directory 'nope' does not exist.\nhint: muse serve"),
    ("serve . --port 99999", 129, "muse: Invalid value for '--port': 99999 is not in the range"),
    ("serve . --http --host 256.1.1.1", 128, "muse: cannot listen on 256.1.1.1:8418: "),
    ("install --attributes x", 129, "muse: Invalid value for '--attributes': 'x' is not one of"),
    ("uninstall x", 129, "muse: Got unexpected extra argument (x)\nhint: muse uninstall --help\n"),
    ("-C p.py status", 128, "muse: cannot change to 'p.py': Not a directory\n"),
    ("--git-dir nope status", 128, "muse: not a git repository: "),
    ("--git-dir", 129, "muse: Option '--git-dir' requires an argument.\nhint: muse --help\n"),
    ("statu", 129, "muse: 'statu' is not a muse command\nhint: did you mean: status\n"),
]


def state(repo):
    """Every file of the work tree, and where everything stands."""
    kept = {path.relative_to(repo): path.read_bytes() for path in repo.rglob("*") if path.is_file()}
    return {
        path: data
        for path, data in kept.items()
        if path.parts[0] != ".git" or path.name in ("HEAD", "packed-refs", "config") or "refs" in path.parts
    }


@pytest.mark.parametrize(("typed", "code", "said"), WRONG, ids=[row[0] for row in WRONG])
def test_wrong_arguments(typed, code, said, forked, muse, monkeypatch, tmp_path):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    before = state(forked)
    answer = muse(forked, *shlex.split(typed))
    os.environ.pop("GIT_DIR", None)
    assert (answer[0], answer[1]) == (code, "")
    assert answer[2].startswith(said), answer[2]
    assert "Traceback" not in answer[2] and "internal error" not in answer[2]
    assert state(forked) == before


# What a process finds when it starts ---------------------------------------------------------------------------------

READING = ["status", "log", "log --json", "show", "blame p.py", "render -o -", "merge-tree main feature", "--help"]


def shell(where, line, **env):
    """A line of sh with our programs on PATH; variables that are None are taken away."""
    full = {key: value for key, value in {**os.environ, **env}.items() if value is not None}
    return subprocess.run(
        ["bash", "-c", line], cwd=where, env=full, capture_output=True, stdin=subprocess.DEVNULL, check=False
    )


@pytest.mark.parametrize("typed", READING)
def test_a_reader_that_goes_away_a_full_disk_and_closed_streams(typed, forked, muse_on_path):
    line = (
        f"muse {typed} | head -c 0; echo ${{PIPESTATUS[0]}}; muse {typed} > /dev/full; echo $?; "
        f"muse {typed} >&-; echo $?; muse {typed} <&- >&- 2>&-; echo $?"
    )
    done = shell(forked, line)
    code = "1" if typed.startswith("merge-tree") else "0"
    assert done.stdout.split() == [b"141", b"128", code.encode(), code.encode()], done.stderr
    full, *rest = done.stderr.decode().splitlines()
    assert full in ("muse: No space left on device", "fatal: write failure on standard output: No space left on device")
    assert rest in ([], ["hint: make room on that disk (`df -h`), then run the same command again"])


CIRCUMSTANCES = {
    "no home": {"HOME": None, "XDG_CONFIG_HOME": None, "GIT_CONFIG_GLOBAL": None},
    "a home that is not there": {"HOME": "/nonexistent", "XDG_CONFIG_HOME": None, "GIT_CONFIG_GLOBAL": None},
    "a terminal of 20 columns": {"COLUMNS": "20", "LINES": "2"},
    "a terminal of 1 column": {"COLUMNS": "1"},
    "an unknown terminal": {"TERM": None},
    "ASCII": {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"},
}


@pytest.mark.parametrize("env", CIRCUMSTANCES.values(), ids=CIRCUMSTANCES)
def test_odd_circumstances(env, forked, muse_on_path):
    said = {}
    for typed, code in (
        ("status", 0),
        ("log --graph", 0),
        ("install", 0),
        ("merge feature", 1),
        ("conflicts", 0),
        ("resolve --ours p.py", 0),
    ):
        done = shell(forked, f"muse {typed}", **env)
        assert done.returncode == code, (typed, done.stderr)
        assert b"Traceback" not in done.stderr and b"internal error" not in done.stderr
        said[typed] = done.stdout.decode()
    assert said["status"] == "On branch main\nnothing to commit, working tree clean\n"
    assert "a() changed" in said["log --graph"] and "p.py: 1 conflict\n" in said["conflicts"]


@pytest.mark.parametrize(
    "typed", ["status", "log", "log --oneline", "log --graph", "show", "diff", "doctor", "branch", "log -p"]
)
def test_colour_is_as_the_user_says(typed, forked, muse, monkeypatch):
    (forked / "p.py").write_text("x\n")
    plain = muse(forked, *typed.split())[1]
    monkeypatch.setenv("FORCE_COLOR", "1")
    forced = muse(forked, *typed.split())[1]
    assert "\x1b[" in forced and "\x1b[" not in plain
    monkeypatch.setenv("NO_COLOR", "1")
    never = muse(forked, *typed.split())[1]
    monkeypatch.setenv("NO_COLOR", "")
    monkeypatch.setenv("FORCE_COLOR", "0")
    assert plain == never == muse(forked, *typed.split())[1]


# Folders that cannot be written --------------------------------------------------------------------------------------

MAY_NOT = "hint: you may not write there (`ls -ld` shows who may); or work in a clone of your own: muse clone\n"
READ_ONLY = [
    ("status", 0, ""),
    ("log", 0, ""),
    ("blame --bars song.mid", 0, ""),
    ("render -o -", 0, ""),
    ("merge --dry-run feature", 1, ""),
    ("verify", 0, "muse: everything is as it should be\n"),
    ("render", 128, "muse: cannot write muse-"),
    ("commit -m x", 128, "muse: Unable to process path marked.py\n" + MAY_NOT),
    ("commit --staged --allow-empty -m x", 128, "fatal: Unable to create '"),
    ("merge feature", 128, "muse: git cannot merge: error: insufficient permission for adding an object"),
    ("merge-tree main feature", 128, "muse: git cannot merge: error: insufficient permission for adding an object"),
    ("checkout feature", 128, "fatal: Unable to create '"),
    ("branch x", 128, "fatal: cannot lock ref 'refs/heads/x'"),
    ("clone . c", 128, "fatal: could not create work tree dir 'c': Permission denied\n"),
    ("init new", 128, "fatal: cannot mkdir ./new: Permission denied\n"),
    ("session start s", 128, "muse: cannot write "),
    ("install", 128, "muse: {}/.git/config"),
    ("solve marked.py", 128, "muse: marked.py: Permission denied\n" + MAY_NOT),
]


@pytest.fixture
def read_only(forked):
    """(`run(line)`, where): a repository in which nothing can be written.

    Root, whom nothing stops, becomes nobody there, in a folder of its own: pytest shuts its own folders to others,
    whenever another run begins.
    """
    (forked / "marked.py").write_text("<<<<<<< o\n1\n||||||| b\n2\n=======\n1\n>>>>>>> t\n")
    root = os.geteuid() == 0
    become = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if root else []
    if root and shutil.which("setpriv") is None:
        pytest.skip("we are root, whom no permission stops, and there is no setpriv (util-linux) to become nobody")
    with tempfile.TemporaryDirectory(prefix="strangers-") as folder:
        top, place = Path(folder), Path(folder, "folder")
        shutil.copytree(forked, place, symlinks=True)
        (top / ".gitconfig").write_text(CONFIG + "[safe]\n\tdirectory = *\n")
        for path in [place, *place.rglob("*")]:
            path.chmod(path.stat().st_mode & 0o555)
        top.chmod(0o755)
        place.chmod(0o755 if root else 0o555)
        env = {**os.environ, "HOME": folder, "GIT_CONFIG_GLOBAL": str(top / ".gitconfig")}
        trial = [*become, "git", "-C", str(place), "status"]
        if root and subprocess.run([*become, sys.executable, "-c", ""], check=False, capture_output=True).returncode:
            pytest.skip(f"we are root, and nobody may not run {sys.executable}")
        if root and subprocess.run(trial, env=env, check=False, capture_output=True).returncode:
            pytest.skip(f"we are root, and nobody may not read what is in {folder}")

        def run(line):
            return subprocess.run(
                [*become, sys.executable, "-m", "muse.cli", *line.split()],
                cwd=place,
                env=env,
                capture_output=True,
                text=True,
                check=False,
                stdin=subprocess.DEVNULL,
            )

        yield run, place
        for path in [place, *place.rglob("*")]:
            path.chmod(path.stat().st_mode | 0o200)


@pytest.mark.needs_git(2, 38, "git merge-tree --write-tree")
def test_a_folder_that_cannot_be_written(read_only, git):
    run, place = read_only
    before = git(place, "for-each-ref"), sorted(place.iterdir())
    for typed, code, said in READ_ONLY:
        done = run(typed)
        assert done.returncode == code, (typed, done.stderr)
        assert done.stderr.startswith(said.format(place)) and "Traceback" not in done.stderr, (typed, done.stderr)
        assert "tmp" not in done.stderr.replace(str(place), ""), typed
    assert (git(place, "for-each-ref"), sorted(place.iterdir())) == before
