"""Files that may be executed and links stay that, whatever a session does with their content."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.conftest import RunGit
from tests.session.kit import append
from tests.session.stories import agent, changed, delivered_once, muse, read, removed, write

WORDS = b"one\ntwo\nthree\n"
RUN = b"#!/bin/sh\necho one\n\n\n\n\n\n\n\necho two\n"


@pytest.fixture
def script(jam: Path, git: RunGit) -> Path:
    """The repository with a file that may be executed, and a link."""
    write(jam, "run.sh", RUN)
    (jam / "run.sh").chmod(0o755)
    (jam / "latest").symlink_to("words.txt")
    git(jam, "add", "-A"), git(jam, "commit", "-qm", "a script")
    return jam


def mode(root: Path, git: RunGit, path: str) -> str:
    return git(root, "ls-tree", "HEAD", path).partition(" ")[0]


def test_what_may_be_executed_stays_so_under_another_name(script: Path, git: RunGit) -> None:
    ops = [
        {"op": "rename", "address": "run.sh", "to": "bin/go.sh"},
        {"op": "rename", "address": "latest", "to": "newest"},
    ]
    answers = append(script, "jam", *({"op": op} for op in ops))
    assert all("ack" in answer for answer in answers), answers
    muse(script, "session", "commit", "jam")
    assert read(script, "bin/go.sh") == RUN and mode(script, git, "bin/go.sh") == "100755"
    assert os.access(script / "bin/go.sh", os.X_OK) and read(script, "run.sh") is None
    assert mode(script, git, "newest") == "120000" and os.readlink(script / "newest") == "words.txt"
    delivered_once(script, git)


@pytest.mark.parametrize("committed", [False, True])
@pytest.mark.parametrize("way", ["+x", "-x"])
def test_a_mode_that_a_person_changes_while_an_op_waits(script: Path, git: RunGit, committed: bool, way: str) -> None:
    path = "words.txt" if way == "+x" else "run.sh"
    old = WORDS if way == "+x" else RUN
    agent(script, changed(path, old, old + b"more\n"))
    (script / path).chmod(0o755 if way == "+x" else 0o644)
    if committed:
        git(script, "commit", "-qam", "a mode")
    muse(script, "session", "commit", "jam")
    assert read(script, path) == old + b"more\n"
    assert mode(script, git, path) == ("100755" if way == "+x" else "100644")
    assert os.access(script / path, os.X_OK) == (way == "+x")
    delivered_once(script, git)


def test_a_link_is_not_written_to_as_if_it_were_a_file(script: Path, git: RunGit) -> None:
    (answer,) = append(
        script, "jam", {"op": {"op": "replace", "address": "latest", "content": "a text\nof two lines\n"}}
    )
    muse(script, "session", "commit", "jam", code=None)
    assert read(script, "latest") == b"words.txt" and os.readlink(script / "latest") == "words.txt", answer
    assert answer.get("code") == "place" and "link" in answer["error"]
    assert read(script, "words.txt") == WORDS


def test_what_is_deleted_and_wanted_back_is_what_it_was(script: Path, git: RunGit) -> None:
    agent(script, removed("run.sh", RUN), removed("latest", b"words.txt"))
    muse(script, "session", "commit", "jam")
    assert read(script, "run.sh") is None and not (script / "latest").is_symlink()
    muse(script, "session", "undo", "jam", "--last", "2")
    muse(script, "session", "commit", "jam")
    assert read(script, "run.sh") == RUN and mode(script, git, "run.sh") == "100755"
    assert os.access(script / "run.sh", os.X_OK)
    assert mode(script, git, "latest") == "120000" and os.readlink(script / "latest") == "words.txt"
    delivered_once(script, git)


def test_an_agent_brings_a_script(script: Path, git: RunGit) -> None:
    ops = [
        {"op": "insert", "address": f"{name}.sh", "content": RUN.decode(), **more}
        for name, more in (("may", {"mode": "100755"}), ("plain", {}), ("link", {"mode": "120000"}))
    ]
    answers = append(script, "jam", *({"op": op} for op in ops))
    assert ["ack" in answer for answer in answers] == [True, True, False] and answers[2]["code"] == "malformed"
    muse(script, "session", "commit", "jam")
    assert (mode(script, git, "may.sh"), mode(script, git, "plain.sh")) == ("100755", "100644")
    assert os.access(script / "may.sh", os.X_OK) and not os.access(script / "plain.sh", os.X_OK)
    delivered_once(script, git)


def test_the_op_that_undoes_looks_at_no_other_file(script: Path, git: RunGit) -> None:
    """A name may be a pattern to Git: `run[1].sh` means run1.sh as well, and `:odd` means odd."""
    for name, kind in ((":odd", 0o755), ("run[1].sh", 0o644), ("run1.sh", 0o755)):
        write(script, name, RUN)
        (script / name).chmod(kind)
    git(script, "add", "-A"), git(script, "commit", "-qm", "more")
    agent(script, removed(":odd", RUN), removed("run[1].sh", RUN))
    muse(script, "session", "commit", "jam")
    git(script, "rm", "-q", "run1.sh"), git(script, "commit", "-qm", "gone")
    muse(script, "session", "undo", "jam", "--last", "2")
    muse(script, "session", "commit", "jam")
    rows = [row.split()[0] for row in git(script, "ls-tree", "HEAD").splitlines() if "odd" in row or "[1]" in row]
    assert rows == ["100755", "100644"]
    delivered_once(script, git)


def test_a_link_where_the_disk_has_none(script: Path, git: RunGit) -> None:
    """As on Windows: a link is a file there, and Git goes on to store it as a link."""
    git(script, "config", "core.symlinks", "false")
    (script / "latest").unlink()
    git(script, "checkout", "--", "latest")
    agent(script, changed("latest", b"words.txt", b"code.py"))
    assert "hook" not in muse(script, "session", "commit", "jam")
    assert mode(script, git, "latest") == "120000" and read(script, "latest") == b"code.py"
    delivered_once(script, git)


def test_the_mode_of_a_file_that_is_there_is_no_op(script: Path) -> None:
    (answer,) = append(
        script, "jam", {"op": {"op": "replace", "address": "words.txt", "content": "new\n", "mode": "100755"}}
    )
    assert answer["code"] == "malformed" and "the mode of a new file" in answer["error"]
