"""A repository full of names, messages and contents that act on a terminal: no verb lets one through."""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.conftest import write_files

ROOT_NAMES = ["$(touch X).py", "my song.txt", "red\x1b[31m.py", "line\nbreak.py", "rtl\u202egnp.py", "-dash.py"]
EVIL = "\x1b]0;owned\x07\u202e\x1b[8mhidden\x1b[m"
COLOUR = re.compile(rb"\x1b\[[0-9;]*m")
ACTS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def track(name: bytes) -> bytes:
    """A score with one track of that name and one note."""
    body = b"\x00\xff\x03" + bytes([len(name)]) + name + b"\x00\x90\x3c\x40\x60\x80\x3c\x00\x00\xff\x2f\x00"
    return b"MThd\x00\x00\x00\x06\x00\x00\x00\x01\x00\x60MTrk" + len(body).to_bytes(4, "big") + body


@pytest.fixture
def hostile(tmp_path, git_env):
    """Two branches in conflict in every file, with an author, messages and a branch name of the same kind."""
    repo = tmp_path / "repo"
    repo.mkdir()

    def git(*words, **env):
        subprocess.run(["git", *words], cwd=repo, check=True, env={**git_env, **env}, capture_output=True)

    def files(number, name):
        texts = dict.fromkeys(ROOT_NAMES, f"def f():\n    return {number}  # {EVIL}\n")
        return {**texts, f"score{EVIL.replace('/', '')}.mid": track(name), "gone.py": "x = 1\n"}

    git("init", "-q")
    write_files(repo, files(0, b"\x1b[2Jzero"))
    git("add", "-A")
    git("commit", "-q", "-m", f"first {EVIL}\n\nbody {EVIL}", GIT_AUTHOR_NAME=f"Eve {EVIL}")
    git("switch", "-q", "-c", "side\u202e")
    write_files(repo, files(1, b"\x1b[2Jone"))
    git("commit", "-q", "-a", "-m", f"theirs {EVIL}\x01t spoof")
    git("switch", "-q", "main")
    write_files(repo, files(2, b"\x1b[2Jtwo"))
    git("commit", "-q", "-a", "-m", f"ours {EVIL}", GIT_AUTHOR_NAME=f"Eve {EVIL}")
    return repo


def checked(muse, repo, *words, codes=(0, 1)):
    code, out, err = muse(repo, *words)
    assert code in codes, (words, code, err)
    for stream in (out, err):
        assert not ACTS.search(stream), (words, ACTS.search(stream), stream[:2000])
    return out, err


QUIET = [
    ["log"],
    ["log", "--oneline"],
    ["log", "--graph"],
    ["log", "--notes"],
    ["log", "--json"],
    ["show"],
    ["show", "--json"],
    ["status"],
    ["diff", "HEAD~1"],
    ["grep-notes", "--pitch", "C4"],
    ["merge-tree", "HEAD", "side\u202e"],
    ["merge-tree", "HEAD", "side\u202e", "--name-only"],
    ["merge", "--dry-run", "side\u202e"],
    ["review"],
    ["verify"],
    ["doctor"],
    ["log", "--symbol", "my song.txt::x"],
    ["resolve", "no\x1b[31mthing"],
    ["show", "no\x1b[31mthing"],
    ["no\x1bverb"],
    ["session", "status", "no\x1b[31msession"],
]


@pytest.mark.parametrize("words", QUIET, ids=" ".join)
def test_no_verb_prints_what_acts_on_a_terminal(hostile, muse, words):
    checked(muse, hostile, *words, codes=(0, 1, 128, 129))


def test_with_colours_only_our_colours_are_printed(hostile, muse, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    for words in (["log"], ["log", "--graph"], ["log", "--oneline"], ["show"], ["status"]):
        code, out, _ = muse(hostile, *words)
        assert code == 0 and not ACTS.search(COLOUR.sub(b"", out.encode()).decode())
        assert ("\x1b[8m" not in out and r"\x1b[8m" in out) or words == ["status"]


def test_the_verbs_of_a_conflict_print_nothing_that_acts_and_hints_that_work(hostile, muse):
    score = next(hostile.glob("score*.mid")).name
    out, _ = checked(muse, hostile, "blame", "--notes", score)
    assert r"Eve \x1b]0;owned\x07" in out
    checked(muse, hostile, "merge", "side\u202e", codes=(1,))
    out, _ = checked(muse, hostile, "conflicts")
    hints = [line.strip().partition("or: ")[2] for line in out.splitlines() if "or: muse resolve" in line]
    assert len(hints) == len(ROOT_NAMES)
    for hint in hints:  # pasted into a real shell, with a `muse` that says what it was given
        told = subprocess.run(
            ["bash", "-c", f"muse() {{ printf '%s\\n' \"$#\" \"${{@: -1}}\"; }}; {hint}"],
            cwd=hostile, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        count, path = told.split("\n", 1)
        assert count == "4" and path.rstrip("\n").removeprefix("./") in ROOT_NAMES
    assert not (hostile / "X").exists()
    checked(muse, hostile, "review")
    checked(muse, hostile, "status")
    checked(muse, hostile, "resolve", "my song.txt", "./-dash.py", codes=(1,))
    for name in ROOT_NAMES:
        checked(muse, hostile, "resolve", "--ours", f"./{name}")


def test_a_listing_shows_contents_and_does_nothing_else(hostile, capfdbinary):
    from muse.drivers import textconv

    score = next(hostile.glob("score*.mid"))
    assert textconv.main([str(score)]) == 0
    assert b"\x1b" not in capfdbinary.readouterr().out


def test_what_git_prints_for_us_is_made_harmless_too(hostile, muse, git, monkeypatch):
    """Lists of branches and tags, and blame: Git prints names, messages and lines of files as they are."""
    git(hostile, "tag", "-a", "-m", f"told {EVIL}", "v\u202e1")
    for words in (["branch"], ["branch", "-vv"], ["branch", "-a", "--list"], ["tag"], ["tag", "-n"],
                  ["tag", "-l", "v*"], ["blame", "my song.txt"], ["blame", "-L2,2", "--", "-dash.py"]):  # fmt: skip
        out, _ = checked(muse, hostile, *words)
        assert r"\u202e" in out, words
    assert r"E\x1b[8mhidden" not in out and r"return 2  # \x1b]0;owned\x07\u202e" in out
    assert muse(hostile, "blame", "--porcelain", "my song.txt")[1].count(EVIL) > 1  # for programs, as Git gives it
    assert checked(muse, hostile, "tag", "-d", "v\u202e1")[0].startswith(r"Deleted tag 'v\u202e1'")
    assert muse(hostile, "branch", "-d", "none")[0] == muse(hostile, "blame", "none")[0] - 127 == 1
    git(hostile, "tag", "-a", "-m", "told", "next")
    monkeypatch.setenv("GIT_EDITOR", "echo by hand >")
    assert muse(hostile, "tag", "-a", "edited")[0] == 0  # asks, so it has the terminal
    assert "by hand" in muse(hostile, "tag", "-n")[1]
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[32mmain" in muse(hostile, "branch")[1]
