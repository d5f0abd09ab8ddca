"""Hooks, signing, locks, modes, and what is half done in the index while ops wait: what is committed then."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import RunGit
from tests.session.kit import CODE
from tests.session.stories import added, agent, delivered_once, muse, pending, read, removed, write
from tests.session.test_ordinary_days import code, func, person

WORDS = b"one\ntwo\nthree\n"
MUSE = f"'{sys.executable}' -m muse.cli"


def hook(root: Path, name: str, text: str) -> Path:
    path = root / ".git" / "hooks" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


# Hooks -------------------------------------------------------------------------------------------------------------


def test_a_hook_that_rewrites_the_message(jam: Path, git: RunGit) -> None:
    hook(jam, "commit-msg", 'printf "JIRA-7 %s\\n\\nsigned by a hook\\n" "$(cat "$1")" >"$1"')
    agent(jam, func("first", 10))
    muse(jam, "session", "commit", "jam", "-m", "an agent's")
    assert git(jam, "log", "-1", "--format=%s") == "JIRA-7 an agent's"
    delivered_once(jam, git)
    person(jam, git, first=11)
    agent(jam, func("third", 30))
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == code(first=11, third=30)
    delivered_once(jam, git)


def test_a_hook_that_prepares_the_message_and_an_editor(jam: Path, git: RunGit) -> None:
    hook(jam, "prepare-commit-msg", 'echo "from the hook" >"$1"')
    agent(jam, func("first", 10))
    muse(jam, "session", "commit", "jam", env={"GIT_EDITOR": "true"})
    assert git(jam, "log", "-1", "--format=%s") == "from the hook" and read(jam, "code.py") == code(first=10)
    delivered_once(jam, git)


@pytest.mark.parametrize("which", ["pre-commit", "prepare-commit-msg", "commit-msg"])
def test_a_hook_that_says_no_and_a_person_who_goes_on(jam: Path, git: RunGit, which: str) -> None:
    made = hook(jam, which, "echo no >&2; exit 1")
    agent(jam, func("first", 10), added("new.txt", b"new\n"), removed("words.txt", WORDS))
    muse(jam, "session", "commit", "jam", code=1)
    assert git(jam, "rev-list", "--count", "HEAD") == "1" and pending(jam) == 3
    made.unlink()
    git(jam, "checkout", "-q", "--", ".")
    git(jam, "clean", "-qfd")
    assert read(jam, "words.txt") == WORDS
    person(jam, git, third=30)
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == code(first=10, third=30) and read(jam, "words.txt") is None
    assert read(jam, "new.txt") == b"new\n"
    delivered_once(jam, git)


def test_a_hook_that_commits_more(jam: Path, git: RunGit) -> None:
    """post-commit, as those that bump a version: HEAD is one commit further than the session's when Git is done."""
    hook(jam, "post-commit", '[ -e VERSION ] || { echo 2 >VERSION; git add VERSION; git commit -qm "bump"; }')
    agent(jam, func("first", 10), func("second", 20))
    muse(jam, "session", "commit", "jam", "-m", "the agents'")
    assert git(jam, "log", "-3", "--format=%s").split("\n")[:2] == ["bump", "the agents'"]
    assert read(jam, "code.py") == code(first=10, second=20) and read(jam, "VERSION") == b"2\n"
    delivered_once(jam, git)
    person(jam, git, first=10, second=22)
    agent(jam, func("third", 30))
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == code(first=10, second=22, third=30)
    (op,) = [
        json.loads(line)["op_id"] for line in muse(jam, "session", "follow", "jam", "--all", "-n", "1").splitlines()
    ]
    muse(jam, "session", "undo", "jam", op)
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == code(second=22, third=30)


@pytest.mark.parametrize("which", ["post-commit", "pre-commit"])
@pytest.mark.parametrize("verb", ["commit", "status"])
def test_a_hook_that_asks_the_session_itself(jam: Path, git: RunGit, which: str, verb: str) -> None:
    """It runs while the session is being committed, and would wait for that for ever."""
    hook(jam, which, f"timeout 60 {MUSE} session {verb} jam >>.git/said 2>&1 </dev/null; echo $? >>.git/said")
    agent(jam, func("first", 10))
    words = [sys.executable, "-m", "muse.cli", "session", "commit", "jam"]
    done = subprocess.run(words, cwd=jam, capture_output=True, timeout=50)
    assert done.returncode == 0, done.stderr
    said = (jam / ".git" / "said").read_text()
    assert "Traceback" not in said and "124" not in said.split()
    assert read(jam, "code.py") == code(first=10)
    (jam / ".git" / "hooks" / which).unlink()
    delivered_once(jam, git)


def test_a_person_whose_hook_commits_the_session(jam: Path, git: RunGit) -> None:
    hook(jam, "post-commit", f"timeout 60 {MUSE} session commit jam >>.git/said 2>&1 </dev/null || true")
    agent(jam, func("first", 10))
    person(jam, git, third=30)
    assert read(jam, "code.py") == code(first=10, third=30), (jam / ".git" / "said").read_text()
    assert git(jam, "rev-list", "--count", "HEAD") == "3"
    (jam / ".git" / "hooks" / "post-commit").unlink()
    delivered_once(jam, git)


def test_a_hook_that_takes_it_all_back(jam: Path, git: RunGit) -> None:
    hook(jam, "pre-commit", "git checkout -q HEAD -- code.py; git add code.py")
    agent(jam, func("first", 10), added("new.txt", b"new\n"))
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == CODE and read(jam, "new.txt") == b"new\n"
    (jam / ".git" / "hooks" / "pre-commit").unlink()
    assert "nothing to commit" in muse(jam, "session", "commit", "jam"), "what a hook makes of it is what was delivered"
    agent(jam, func("first", 11))
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == code(first=11)


def test_a_hook_that_adds_a_file(jam: Path, git: RunGit) -> None:
    hook(jam, "pre-commit", "grep -c def code.py >count.txt; git add count.txt")
    agent(jam, added("new.txt", b"new\n"))
    muse(jam, "session", "commit", "jam")
    assert read(jam, "count.txt") == b"3\n" and read(jam, "new.txt") == b"new\n"
    delivered_once(jam, git)


# Signing, identity, locks --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["gpg", "ssh", "nobody"])
def test_git_that_cannot_commit(jam: Path, git: RunGit, how: str) -> None:
    """A key that is not there, or no identity: nothing is lost, and once that is mended all of it is delivered once."""
    env = {}
    if how == "nobody":
        git(jam, "config", "user.useConfigOnly", "true")
        git(jam, "config", "user.email", "")
        env = {
            "GIT_AUTHOR_EMAIL": "",
            "GIT_COMMITTER_EMAIL": "",
            "EMAIL": "",
            "GIT_COMMITTER_NAME": "",
            "GIT_AUTHOR_NAME": "",
        }
    else:
        git(jam, "config", "commit.gpgsign", "true")
        git(jam, "config", "gpg.format", "openpgp" if how == "gpg" else "ssh")
        git(jam, "config", "gpg.program", "false")
        git(jam, "config", "user.signingkey", str(jam / "no-such-key"))
    agent(jam, func("first", 10), added("new.txt", b"new\n"))
    said = muse(jam, "session", "commit", "jam", code=None, env=env)
    assert git(jam, "rev-list", "--count", "HEAD") == "1", said
    assert pending(jam) == 2 and git(jam, "diff", "--cached", "--name-only") == ""
    agent(jam, func("third", 30))
    for name in ("commit.gpgsign", "user.useConfigOnly", "user.email"):
        git(jam, "config", "--unset", name, check=False)
    person(jam, git, first=10, second=20)  # it has what the failed commit left on the disk, and an edit
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == code(first=10, second=20, third=30) and read(jam, "new.txt") == b"new\n"
    delivered_once(jam, git)


def test_a_lock_of_the_index_that_somebody_left(jam: Path, git: RunGit) -> None:
    agent(jam, func("first", 10), added("new.txt", b"new\n"))
    lock = jam / ".git" / "index.lock"
    lock.touch()
    said = muse(jam, "session", "commit", "jam", code=128)
    assert "index.lock" in said and len(said.splitlines()) <= 3, said
    assert (jam / "code.py").read_bytes() == CODE and not (jam / "new.txt").exists() and lock.exists()
    lock.unlink()
    assert git(jam, "status", "--porcelain") == "" and pending(jam) == 2
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == code(first=10) and read(jam, "new.txt") == b"new\n"
    delivered_once(jam, git)


def test_a_lock_of_the_branch_that_somebody_left(jam: Path, git: RunGit) -> None:
    agent(jam, func("first", 10))
    lock = jam / ".git" / "refs" / "heads" / "main.lock"
    lock.touch()
    muse(jam, "session", "commit", "jam", code=None)
    assert git(jam, "rev-list", "--count", "HEAD") == "1"
    lock.unlink()
    assert pending(jam) == 1
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == code(first=10)
    delivered_once(jam, git)


# What is half done -------------------------------------------------------------------------------------------------


def conflicted(root: Path, git: RunGit, how: str) -> None:
    """Leaves both sides of words.txt in the index: somebody has to settle that."""
    git(root, "switch", "-qc", "topic")
    write(root, "words.txt", b"uno\ntwo\nthree\n")
    git(root, "commit", "-qam", "uno")
    git(root, "switch", "-q", "main")
    if how == "am":
        patch = git(root, "format-patch", "--stdout", "main..topic")
    write(root, "words.txt", b"eins\ntwo\nthree\n")
    git(root, "commit", "-qam", "eins")
    if how == "am":
        git(root, "am", "-3", "-q", input=patch + "\n", check=False)
    elif how == "squash":
        git(root, "merge", "-q", "--squash", "topic", check=False)
    else:
        write(root, "words.txt", b"un\ntwo\nthree\n")
        git(root, "stash", "-q")
        write(root, "words.txt", b"jeden\ntwo\nthree\n")
        git(root, "commit", "-qam", "jeden")
        git(root, "stash", "pop", "-q", check=False)
    assert "UU words.txt" in git(root, "status", "--porcelain")


@pytest.mark.parametrize("how", ["am", "squash", "stash"])
def test_a_conflict_without_a_merge(jam: Path, git: RunGit, how: str) -> None:
    agent(jam, func("first", 10), added("new.txt", b"new\n"))
    conflicted(jam, git, how)
    before, head = git(jam, "status", "--porcelain"), git(jam, "rev-parse", "HEAD")
    text = (jam / "words.txt").read_bytes()
    said = muse(jam, "session", "commit", "jam", code=128)
    assert ("git am" if how == "am" else "words.txt") in said and len(said.splitlines()) <= 3, said
    assert git(jam, "rev-parse", "HEAD") == head and git(jam, "status", "--porcelain") == before
    assert (jam / "words.txt").read_bytes() == text and (jam / "code.py").read_bytes() == CODE
    write(jam, "words.txt", b"both\ntwo\nthree\n")
    git(jam, "add", "words.txt")
    if how == "am":
        git(jam, "am", "--continue")
    else:
        git(jam, "commit", "-qm", "settled")
    muse(jam, "session", "commit", "jam")
    assert read(jam, "words.txt") == b"both\ntwo\nthree\n" and read(jam, "code.py") == code(first=10)
    delivered_once(jam, git)


def test_a_bisect(jam: Path, git: RunGit) -> None:
    for value in (20, 21, 22, 23):
        person(jam, git, second=value)
    agent(jam, func("first", 10))
    git(jam, "bisect", "start", "HEAD", "HEAD~4")
    agent(jam, func("third", 30))
    said = muse(jam, "session", "commit", "jam", code=128)
    assert "bisect" in said and "git bisect reset" in said, said
    assert (jam / "code.py").read_bytes() in [code(second=value) for value in (20, 21, 22)]
    git(jam, "bisect", "reset")
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == code(first=10, second=23, third=30)
    delivered_once(jam, git)


def test_what_is_staged_of_other_files_stays_staged(jam: Path, git: RunGit) -> None:
    agent(jam, func("first", 10), added("new.txt", b"new\n"))
    write(jam, "words.txt", b"ONE\ntwo\nthree\n")
    git(jam, "add", "words.txt")
    write(jam, "words.txt", b"ONE\ntwo\nTHREE\n")
    write(jam, "soon.txt", b"soon\n")
    git(jam, "add", "-N", "soon.txt")
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == code(first=10) and read(jam, "words.txt") == WORDS
    assert git(jam, "show", ":words.txt") == "ONE\ntwo\nthree"
    assert git(jam, "status", "--porcelain").split("\n") == [" A soon.txt", "MM words.txt"]
