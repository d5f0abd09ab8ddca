"""Ctrl-C in the middle of every long verb: exit code 130 and no traceback, nothing half-written, the next run works.

`muse session commit` alone may leave its files on the disk, unstaged, as a hook that refuses does; the next run commits
them.

As a terminal does it: the whole process group gets the signal. The moments are parts of the time an undisturbed run
takes, so that they fall everywhere in it, and a run may end before its signal.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from muse.core.types import blob_digest
from tests.conftest import RunGit, write_files

ROOT = Path(__file__).resolve().parents[2]
PARTS = (0.35, 0.6, 0.85)
QUIET_ENDS = (130, -signal.SIGINT)


def start(where: Path, *words: str, **streams: object) -> subprocess.Popen[str]:
    """`muse WORDS` in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "muse.cli", *words],
        cwd=where,
        text=True,
        process_group=0,
        **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams},
    )  # type: ignore[call-overload,no-any-return]


def interrupt(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Ctrl-C; exit code and stderr. Fails when the verb does not end."""
    try:
        os.killpg(process.pid, signal.SIGINT)
    except ProcessLookupError:
        pass
    try:
        _, err = process.communicate(timeout=20)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise AssertionError("Ctrl-C does not end it") from None
    started = "muse" in err  # before that it is Python's own start-up that was interrupted
    assert not started or not any(word in err for word in ("Traceback", "internal error", "Error")), err
    in_python = process.returncode == 1 and not started and "KeyboardInterrupt" in err
    return -signal.SIGINT if in_python else process.returncode, err


def moments(ends: list[int]) -> Iterator[float]:
    """The parts of the time a run takes; earlier ones as well while every run was quicker than that."""
    yield from PARTS
    for part in (0.2, 0.1, 0.05, 0.02):
        if any(ends):
            return
        yield part


def state(repo: Path, git: RunGit) -> tuple[str, str]:
    """What a person sees: where the branches are, and what is not committed."""
    return git(repo, "for-each-ref", "refs/heads"), git(repo, "status", "--porcelain=v2")


def sound(repo: Path) -> None:
    """Nothing half-written: Git finds nothing wrong, and no lock of the kind that bars others is left."""
    subprocess.run(["git", "fsck", "--strict", "--no-dangling"], cwd=repo, check=True, capture_output=True)
    limit = time.monotonic() + 3  # what git started may live a moment longer than git
    while locks := [path for path in (repo / ".git").rglob("*.lock") if "muse" not in path.parts]:
        assert time.monotonic() < limit, locks
        time.sleep(0.05)
    assert [path for path in repo.rglob("*.tmp") if ".git" not in path.parts] == []


@pytest.fixture
def many(make_repo: Callable[..., Path], commit: Callable[..., str], git: RunGit) -> Path:
    """Programs that both `main` and `topic` edited, and more files that nobody has committed yet."""
    text = "".join(f"def f{n}(x):\n    y = x + {n}\n    return y\n\n\n" for n in range(150))
    names = [f"lib/m{n}.py" for n in range(12)]
    repo = make_repo("many", dict.fromkeys(names, text))
    git(repo, "switch", "-q", "-c", "topic")
    commit(repo, dict.fromkeys(names, text.replace("y = x + 7\n", "y = x + 70\n").replace("def f9(", "def nine(")))
    git(repo, "switch", "-q", "main")
    commit(repo, dict.fromkeys(names, text.replace("return y", "return (y)", 8).replace("y = x + 9\n", "y = 9 + x\n")))
    return repo


def files(repo: Path) -> None:
    write_files(repo, {f"new/{n % 10}/n{n}.txt": f"text {n}\n" for n in range(500)})


LONG: dict[str, tuple[list[str], Callable[[Path], None] | None, bool]] = {
    "commit": (["commit", "-q", "-m", "many"], files, True),
    "merge": (["merge", "-q", "topic"], None, True),
    "render": (["render", "-o", "../page.html", "main~1..main"], None, False),
    "verify": (["verify"], None, False),
    "gc": (["gc"], None, False),
    "session commit": (["session", "commit", "-m", "x", "live"], None, True),
}


@pytest.mark.needs_git(2, 38, "git merge-tree --write-tree")
@pytest.mark.parametrize("name", LONG)
def test_an_interrupted_verb_leaves_all_as_before_or_done(name: str, many: Path, git: RunGit, tmp_path: Path) -> None:
    words, prepare, changes = LONG[name]
    if prepare is not None:
        prepare(many)
    if name == "session commit":
        live(many)
    before = state(many, git)
    whole = Path(shutil.copytree(many, tmp_path / "whole", symlinks=True))
    begin = time.monotonic()
    process = start(whole, *words)
    _, err = process.communicate()
    took = time.monotonic() - begin
    assert process.returncode == 0, err
    after = state(whole, git)
    assert (changes and before[0] != after[0]) or before == after
    ends: list[int] = []
    for number, part in enumerate(moments(ends)):
        repo = Path(shutil.copytree(many, tmp_path / f"try{number}", symlinks=True))
        process = start(repo, *words)
        time.sleep(took * part)
        code, err = interrupt(process)
        ends.append(code)
        assert code in (0, *QUIET_ENDS), err
        sound(repo)
        now = state(repo, git)
        tips = now[0].replace("\t", " ") == before[0].replace("\t", " ")
        left = name == "session commit" and now[1] == "? live.txt"  # as after a refused hook
        assert now == before or left if tips else now[1] == after[1], (part, now)
        assert code != 0 or not changes or not tips, "it says it is done, and it is not"
        again = start(repo, *words)
        _, err = again.communicate()
        assert again.returncode == 0 or (not tips and again.returncode == 1), err
        assert not state(repo, git)[1]
        shutil.rmtree(repo)
    assert set(ends) & set(QUIET_ENDS)


@pytest.mark.needs_git(2, 38, "git merge-tree --write-tree")
@pytest.mark.parametrize("ignored", [False, True], ids=["", "with an ignored file in its way"])
def test_a_merge_interrupted_while_it_writes_files_puts_them_back(
    many: Path, git: RunGit, commit: Callable[..., str], tmp_path: Path, ignored: bool
) -> None:
    """A smudge filter that presses Ctrl-C when the third file is written, before an ignored file's turn has come."""
    git(many, "switch", "-q", "topic")
    commit(many, {"lib/added.txt": "a\n", "lib/m0.txt": "a\n", "lib/z.txt": "theirs\n"})
    git(many, "switch", "-q", "main")
    (many / "mine.txt").write_text("local work\n")
    if ignored:
        (many / ".git/info/exclude").write_text("/lib/z.txt\n")
        (many / "lib/z.txt").write_text("mine, and nobody has a copy\n")
    before = state(many, git)
    files_before = {path: path.read_bytes() for path in many.rglob("*") if path.is_file() and ".git" not in path.parts}
    smudge = tmp_path / "smudge"
    smudge.write_text(
        f"#!/bin/sh\necho x >>{tmp_path}/n\n"
        f"[ $(wc -l <{tmp_path}/n) -ne 3 ] || {{ kill -INT -$(cat {tmp_path}/group); sleep 1; }}\ncat\n"
    )
    smudge.chmod(0o755)
    (many / ".git/info/attributes").write_text("*.py filter=late\n")
    git(many, "config", "filter.late.smudge", str(smudge))
    process = subprocess.Popen(
        [
            "sh",
            "-c",
            f'echo $$ >"{tmp_path}/group"; exec "$@"',
            "sh",
            sys.executable,
            "-m",
            "muse.cli",
            "merge",
            "-q",
            "topic",
        ],
        cwd=many,
        process_group=0,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    _, err = process.communicate(timeout=30)
    assert process.returncode in QUIET_ENDS and "Traceback" not in err, err
    sound(many)
    assert state(many, git) == before
    assert {
        path: path.read_bytes() for path in many.rglob("*") if path.is_file() and ".git" not in path.parts
    } == files_before
    git(many, "config", "--unset", "filter.late.smudge")
    assert start(many, "merge", "-q", "topic").communicate() and git(many, "status", "--porcelain") == "?? mine.txt"
    assert (many / "lib/z.txt").read_text() == "theirs\n"


def live(repo: Path, session: str = "live") -> None:
    """A session that wrote a file."""
    for words, fed in ((["session", "start", session], ""), (["session", "append", session], LINE)):
        done = subprocess.run(
            [sys.executable, "-m", "muse.cli", *words], cwd=repo, input=fed, text=True, capture_output=True, check=True
        )
        assert "error" not in done.stdout, done.stdout


TEXT = b"text\n"
LINE = (
    json.dumps(
        {
            "op": {
                "op": "insert",
                "address": "live.txt",
                "position": None,
                "content_id": blob_digest(TEXT),
                "content_summary": "added",
                "content_b64": base64.b64encode(TEXT).decode(),
            }
        }
    )
    + "\n"
)

# Verbs without an end of their own: what to type, and the line that says that they are at work.
ENDLESS = [
    ("serve --port 0 ..", "serving"),
    ("serve --http --port 0 ..", "serving"),
    ("serve --http --write --port 0 ..", "password"),
    ("mergetool --no-browser p.py", " at http://127.0.0.1:"),
    ("mergetool p.py", "Ctrl-C leaves the rest as it is"),  # with a browser that never opens
    ("session follow --all live", '"address": "live.txt"'),
    ("session append live", '"ack"'),
    ("sync --watch --interval 0.1", "main pushed"),
]


@pytest.mark.parametrize(("typed", "said"), ENDLESS, ids=[row[0] for row in ENDLESS])
def test_a_verb_that_goes_on_until_ctrl_c(
    typed: str, said: str, forked: Path, git: RunGit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    live(forked)
    git(tmp_path, "init", "-q", "--bare", "server.git")
    git(forked, "remote", "add", "origin", str(tmp_path / "server.git"))
    git(forked, "config", "push.autoSetupRemote", "true")
    git(forked, "push", "-q", "-u", "origin", "main~1:refs/heads/main")
    git(forked, "branch", "-q", "--set-upstream-to=origin/main")
    if typed.startswith("mergetool"):
        git(forked, "merge", "-q", "feature", check=False)
    before = state(forked, git)
    monkeypatch.setenv("BROWSER", "sleep 1000 #%s")
    read, write = os.pipe()
    process = start(forked, *typed.split(), stdin=read, stderr=subprocess.STDOUT)
    os.close(read)
    if typed.startswith("session append"):
        os.write(write, LINE.encode())
    assert process.stdout is not None
    lines = iter(process.stdout.readline, "")
    seen = next((line for line in lines if said in line), "")
    assert seen, "it never got to work"
    os.killpg(process.pid, signal.SIGINT)
    rest = "".join(lines)
    assert process.wait(20) in QUIET_ENDS and "Traceback" not in rest, rest
    process.stdout.close()
    os.close(write)
    sound(forked)
    assert state(forked, git) == before
    if typed.startswith("session append"):
        shown = subprocess.run(
            [sys.executable, "-m", "muse.cli", "session", "show", "live"],
            cwd=forked,
            capture_output=True,
            text=True,
            check=True,
        )
        assert shown.stdout.count("live.txt") == 2, "what was acknowledged is there"


@pytest.mark.usefixtures("muse_on_path")
def test_an_interrupted_clone_leaves_no_half_clone(many: Path, git: RunGit, tmp_path: Path) -> None:
    files(many)
    git(many, "add", "-A")
    git(many, "commit", "-q", "-m", "many")
    begin = time.monotonic()
    process = start(tmp_path, "clone", str(many), "whole")
    process.communicate()
    assert process.returncode == 0
    took = time.monotonic() - begin
    ends: list[int] = []
    for number, part in enumerate(moments(ends)):
        process = start(tmp_path, "clone", str(many), f"c{number}")
        time.sleep(took * part)
        code, _ = interrupt(process)
        ends.append(code)
        clone = tmp_path / f"c{number}"
        if clone.exists():  # git had finished its part
            sound(clone)
            assert git(clone, "rev-parse", "HEAD") == git(many, "rev-parse", "HEAD")
            if code:  # fetched, not checked out: git says how to go on, and that is it
                git(clone, "restore", "--source=HEAD", "--staged", ":/")
                git(clone, "restore", "--source=HEAD", ":/")
            assert git(clone, "status", "--porcelain") == ""
        else:
            assert code in (*QUIET_ENDS, 128)
    assert set(ends) & {*QUIET_ENDS, 128}
