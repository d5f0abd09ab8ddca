"""Verbs in a real pseudo-terminal: colours, the pager, questions, progress, tiny windows, Ctrl-C."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from muse.cli.progress import Line
from muse.core import progress

ROOT = Path(__file__).resolve().parents[2]


class Terminal:
    """A command whose three streams are a terminal of a given size; `seen` is all it has shown."""

    def __init__(self, where, *words, size=(24, 80), **env):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
        full = {**os.environ, "TERM": "xterm", "PYTHONPATH": str(ROOT), **env}
        for name in ("COLUMNS", "LINES", "GIT_PAGER", "PAGER", "NO_COLOR", "FORCE_COLOR"):
            full.pop(name, None) if name not in env else None

        def own_terminal():
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # so that a ^C that is typed becomes a signal

        self.process = subprocess.Popen(
            [sys.executable, "-m", "muse.cli", *words],
            cwd=where,
            env=full,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=own_terminal,
        )
        os.close(slave)
        self.seen = ""

    def until(self, pattern, seconds=30):
        """Read until what was shown since the last answer matches; the match."""
        end = time.monotonic() + seconds
        while not (found := re.search(pattern, self.seen)):
            ready = select.select([self.master], [], [], max(0.0, end - time.monotonic()))[0]
            assert ready, f"{pattern!r} did not come; there is: {self.seen!r}"
            assert self._read(), f"{pattern!r} did not come; it ended with: {self.seen!r}"
        self.seen = self.seen[found.end() :]
        return found

    def type(self, text):
        time.sleep(0.1)  # as a person would: a ^C between the prompt and the read that follows it ends no read
        os.write(self.master, text.encode())

    def end(self):
        """Everything else it shows, and its exit code."""
        while self._read():
            pass
        os.close(self.master)
        return self.process.wait(20), self.seen.replace("\r\n", "\n")

    def _read(self):
        try:
            data = os.read(self.master, 1 << 16)
        except OSError:  # the other side has closed
            return False
        self.seen += data.decode("utf-8", "replace")
        return bool(data)


def lasting(text):
    """What stays of a screen: without what was written over, and without colours."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]", "", re.sub(r"[^\n]*\r(?!\n)", "", text))


def test_colours_and_the_pager(forked, tmp_path):
    code, shown = Terminal(forked, "log", "--oneline", GIT_PAGER="cat").end()
    assert code == 0 and shown.count("\x1b[33m") == 2
    code, plain = Terminal(forked, "log", "--oneline", GIT_PAGER="cat", NO_COLOR="1").end()
    assert code == 0 and "\x1b" not in plain and lasting(shown) == plain
    pager = tmp_path / "pager"
    pager.write_text("#!/bin/sh\nprintf 'LESS=%s\\n' \"$LESS\"; sed 's/^/paged: /'\n")
    pager.chmod(0o755)
    for words in (["log"], ["show"], ["diff", "main~1"]):
        code, shown = Terminal(forked, *words, GIT_PAGER=str(pager)).end()
        head, *lines = shown.splitlines()
        assert code == 0 and head == "LESS=FRX" and lines and all(line.startswith("paged: ") for line in lines)
    code, shown = Terminal(forked, "log", GIT_PAGER="head -n 1").end()
    assert code == 0 and len(shown.splitlines()) == 1, "a pager that ends early is no error"
    code, shown = Terminal(forked, "log", GIT_PAGER="/nowhere/pager").end()
    assert code == 0 and "Traceback" not in shown


@pytest.mark.parametrize("size", [(24, 20), (2, 10), (1, 1), (0, 0)], ids=str)
def test_a_tiny_terminal(size, forked):
    for words in (["status"], ["log", "--graph"], ["--help"], ["session", "--help"], ["conflicts"]):
        code, shown = Terminal(forked, *words, size=size, GIT_PAGER="cat").end()
        assert code == 0 and "Traceback" not in shown and shown.strip()


@pytest.fixture
def ten(make_repo, commit, git, muse):
    """A merge with ten conflicts in one program."""

    def text(number):
        return "".join(f"def f{n}():\n    return {n}{number}\n\n\n" for n in range(10))

    repo = make_repo("ten", {"p.py": text(0)})
    git(repo, "switch", "-q", "-c", "side")
    commit(repo, {"p.py": text(1)})
    git(repo, "switch", "-q", "main")
    commit(repo, {"p.py": text(2)})
    muse(repo, "install")
    assert muse(repo, "merge", "side")[0] == 1
    return repo


@pytest.mark.needs_git(2, 38, "git merge-tree --write-tree")
def test_ten_conflicts_are_settled_by_keyboard_alone(ten):
    terminal = Terminal(ten, "resolve", "-i", "p.py")
    keys = "otbotbotbo"
    for number, key in enumerate(keys):
        asked = terminal.until(
            r"f(\d)[^\n]*symbol body[^?]*\[o\]urs, \[t\]heirs, \[b\]ase, \[k\]eep both, "
            r"(?:\[l\]ist, )?\[s\]kip, \[q\]uit or \?: "
        )
        assert int(asked[1]) == number
        terminal.type("x\n" if number == 3 else f"{key}\n")
        if number == 3:
            terminal.until("is not one of")
            terminal.type(f"{key}\n")
    code, shown = terminal.end()
    assert code == 0 and "muse: p.py: settled and added" in shown
    assert "hint: nothing is left to settle; go on with: " in shown
    got = re.findall(r"return \d(\d)", (ten / "p.py").read_text())
    assert got == [{"o": "2", "t": "1", "b": "0"}[key] for key in keys]


@pytest.mark.needs_git(2, 38, "git merge-tree --write-tree")
def test_questions_can_be_skipped_quit_ended_and_interrupted(ten, git):
    before = (ten / "p.py").read_text(), git(ten, "status", "--porcelain=v2")
    for typed, code in (("\x03", 130), ("\x04", 130), ("q\n", 1)):
        terminal = Terminal(ten, "resolve", "-i", "p.py")
        terminal.until(r"or \?: ")
        terminal.type(typed)
        found, shown = terminal.end()
        assert found in (code, -signal.SIGINT if code == 130 else code) and "Traceback" not in shown
        assert ((ten / "p.py").read_text(), git(ten, "status", "--porcelain=v2")) == before
    terminal = Terminal(ten, "resolve", "-i", "p.py")
    terminal.until(r"or \?: ")
    terminal.type("s\n")
    terminal.until(r"or \?: ")
    terminal.type("t\n")
    terminal.until(r"or \?: ")
    terminal.type("q\n")
    code, shown = terminal.end()
    assert code == 1 and "p.py: 9 conflicts" in lasting(shown)
    assert "return 11\n" in (ten / "p.py").read_text() and "return 12\n" not in (ten / "p.py").read_text()


def test_questions_without_a_terminal_change_nothing(ten, git):
    before = (ten / "p.py").read_text()
    done = subprocess.run(
        [sys.executable, "-m", "muse.cli", "resolve", "-i", "p.py"],
        cwd=ten,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode in (1, 130) and "Traceback" not in done.stderr and (ten / "p.py").read_text() == before


# Progress ------------------------------------------------------------------------------------------------------------


def test_progress_comes_after_a_second_and_leaves_no_trace(forked, tmp_path):
    """The real program on a real terminal, with a domain that takes its time."""
    script = tmp_path / "slow.py"
    script.write_text(
        "import sys, time\n"
        "from muse.cli.main import main\n"
        "import muse.engine.history.diff as changes\n"
        "quick = changes.describe_one\n"
        "def slow(*args):\n    time.sleep(0.35)\n    return quick(*args)\n"
        "changes.describe_one = slow\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    for n in range(6):
        (forked / f"n{n}.txt").write_text(f"{n}\n")
    subprocess.run(["git", "add", "-A"], cwd=forked, check=True)

    def show(**streams):
        return subprocess.Popen(
            [sys.executable, str(script), "diff", "--cached", "--stat"],
            cwd=forked,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            **streams,
        )

    master, slave = pty.openpty()
    process = show(stdout=subprocess.PIPE, stderr=slave)
    os.close(slave)
    out, _ = process.communicate()
    shown = os.read(master, 1 << 16).decode()
    os.close(master)
    assert process.returncode == 0 and out.count(b"\n") == 6 and b"reading" not in out
    steps = re.findall(r"\rreading changes: +(\d+)% \((\d)/6\)\x1b\[K", shown)
    assert 1 <= len(steps) <= 6 and steps == sorted(steps, key=lambda step: int(step[1]))
    assert shown.endswith("\r\x1b[K") and lasting(shown) == ""
    quiet = show(stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert quiet.communicate() == (out, b"")


def test_gits_own_progress_is_passed_on(forked, monkeypatch):
    """`git fsck` tells how far it is; the complaints are kept apart."""
    from muse.engine.git import watched
    from muse.store.repository import Repository

    told = []
    monkeypatch.setattr(progress, "_teller", lambda *row: told.append(row))
    done = watched(Repository(forked), "fsck", "--strict")
    assert (done.returncode, done.stderr, done.stdout) == (0, b"", b"")
    assert any(what.startswith("checking") and total for what, _, total in told)
    (forked / ".git" / "refs" / "heads" / "bad").write_text("0" * 39 + "1\n")
    done = watched(Repository(forked), "fsck", "--strict")
    assert done.returncode and b"refs/heads/bad" in done.stderr and b"%" not in done.stderr


@pytest.mark.parametrize(("columns", "said"), [("80", "merging:  50% (5/10)"), ("12", "merging:  5"), ("9", "")])
def test_a_line_of_progress_fits(columns, said, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", columns)
    line = Line()
    line("merging", 5, 10)
    assert capsys.readouterr().err == "", "not within the first second"
    line.next = 0
    line("merging", 5, 10)
    assert capsys.readouterr().err.strip("\r").removesuffix("\x1b[K") == said
    line.clear()
    assert capsys.readouterr().err == "\r\x1b[K"


def test_json_is_the_same_on_a_terminal(forked):
    code, shown = Terminal(forked, "status", "--json").end()
    assert code == 0 and json.loads(shown)["clean"] is True
