"""Files that may be executed and links stay that, whatever a session does with their content."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from muse.core.op_log import OpLog
from muse.engine.session.watch import Watch
from muse.plugins.registry import plugin_for_path
from muse.store.repository import Repository
from tests.conftest import RunGit
from tests.session.kit import CODE, append
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


@pytest.fixture
def no_modes(script: Path, git: RunGit) -> Path:
    """As on a disk that knows no modes: every file may be executed there, or none, and Git looks at its index only."""
    git(script, "config", "core.fileMode", "false")
    return script


@pytest.mark.parametrize("hook", [False, True])
def test_a_new_script_where_the_disk_has_no_modes(no_modes: Path, git: RunGit, hook: bool) -> None:
    if hook:
        write(no_modes, ".git/hooks/pre-commit", b"#!/bin/sh\necho by the hook >>may.sh && git add may.sh\n")
        (no_modes / ".git/hooks/pre-commit").chmod(0o755)
    agent(no_modes, *(new(name, **more) for name, more in (("may", {"mode": "100755"}), ("plain", {}))))
    agent(no_modes, changed("words.txt", WORDS, WORDS + b"four\n"), removed("code.py", CODE))
    write(no_modes, "piece.txt", b"a person's, staged\n")
    git(no_modes, "add", "piece.txt")
    muse(no_modes, "session", "commit", "jam")
    assert (mode(no_modes, git, "may.sh"), mode(no_modes, git, "plain.sh")) == ("100755", "100644")
    assert read(no_modes, "may.sh") == (RUN + b"by the hook\n" if hook else RUN)
    assert read(no_modes, "words.txt") == WORDS + b"four\n" and read(no_modes, "code.py") is None
    assert read(no_modes, "piece.txt") is None and git(no_modes, "diff", "--cached", "--name-only") == "piece.txt"
    git(no_modes, "rm", "-q", "--cached", "piece.txt")
    (no_modes / "piece.txt").unlink()
    delivered_once(no_modes, git)


def test_another_name_where_the_disk_has_no_modes(no_modes: Path, git: RunGit) -> None:
    (no_modes / "run.sh").chmod(0o644)
    (no_modes / "words.txt").chmod(0o755)
    moves = (("run.sh", "bin/go.sh"), ("words.txt", "lyrics.txt"))
    answers = append(no_modes, "jam", *({"op": {"op": "rename", "address": a, "to": b}} for a, b in moves))
    assert all("ack" in answer for answer in answers), answers
    muse(no_modes, "session", "commit", "jam")
    assert (mode(no_modes, git, "bin/go.sh"), mode(no_modes, git, "lyrics.txt")) == ("100755", "100644")
    assert read(no_modes, "bin/go.sh") == RUN and read(no_modes, "run.sh") is None
    delivered_once(no_modes, git)


def test_what_is_wanted_back_where_the_disk_has_no_modes(no_modes: Path, git: RunGit) -> None:
    agent(no_modes, removed("run.sh", RUN))
    muse(no_modes, "session", "commit", "jam")
    muse(no_modes, "session", "undo", "jam", "--last", "1")
    muse(no_modes, "session", "commit", "jam")
    assert read(no_modes, "run.sh") == RUN and mode(no_modes, git, "run.sh") == "100755"
    delivered_once(no_modes, git)


@pytest.mark.parametrize("way", ["+x", "-x"])
def test_a_mode_in_the_index_where_the_disk_has_none(no_modes: Path, git: RunGit, way: str) -> None:
    """`git update-index --chmod` is how a person says it there; what the disk says counts for nothing."""
    path, old = ("words.txt", WORDS) if way == "+x" else ("run.sh", RUN)
    agent(no_modes, changed(path, old, old + b"more\n"))
    (no_modes / path).chmod(0o644 if way == "+x" else 0o755)
    git(no_modes, "update-index", f"--chmod={way}", path)
    muse(no_modes, "session", "commit", "jam")
    assert read(no_modes, path) == old + b"more\n"
    assert mode(no_modes, git, path) == ("100755" if way == "+x" else "100644")
    delivered_once(no_modes, git)


def test_a_saved_file_where_the_disk_has_no_modes(no_modes: Path, git: RunGit) -> None:
    """A program saves new files; all of them may be executed on such a disk, and one is in the index as that."""
    log = OpLog(no_modes, "jam")
    watching = Watch(Repository(no_modes), log, plugin_for_path, "an editor", quiet=0)
    for name in ("plain.sh", "may.sh"):
        write(no_modes, name, RUN)
        (no_modes / name).chmod(0o755 if name == "plain.sh" else 0o644)
    git(no_modes, "add", "may.sh"), git(no_modes, "update-index", "--chmod=+x", "may.sh")
    assert sorted(event.path for event in watching.step()) == ["may.sh", "plain.sh"]
    log.close()
    git(no_modes, "rm", "-q", "--cached", "may.sh")
    muse(no_modes, "session", "commit", "jam")
    assert (mode(no_modes, git, "may.sh"), mode(no_modes, git, "plain.sh")) == ("100755", "100644")
    assert read(no_modes, "may.sh") == RUN and read(no_modes, "plain.sh") == RUN
    delivered_once(no_modes, git)


@pytest.mark.parametrize("modes", ["true", "false"])
def test_a_link_under_another_name_where_the_disk_has_none(script: Path, git: RunGit, modes: str) -> None:
    git(script, "config", "core.symlinks", "false"), git(script, "config", "core.fileMode", modes)
    (script / "latest").unlink()
    git(script, "checkout", "--", "latest")
    answers = append(script, "jam", {"op": {"op": "rename", "address": "latest", "to": "newest"}})
    assert "ack" in answers[0], answers
    agent(script, changed("words.txt", WORDS, WORDS + b"four\n"))
    assert "hook" not in muse(script, "session", "commit", "jam")
    assert mode(script, git, "newest") == "120000" and read(script, "newest") == b"words.txt"
    assert read(script, "latest") is None and mode(script, git, "words.txt") == "100644"
    delivered_once(script, git)


def test_line_ends_of_a_new_script_where_the_disk_has_no_modes(no_modes: Path, git: RunGit) -> None:
    write(no_modes, ".gitattributes", b"*.sh text eol=crlf\n")
    git(no_modes, "add", "-A"), git(no_modes, "commit", "-qm", "line ends")
    agent(no_modes, new("may", mode="100755"))
    muse(no_modes, "session", "commit", "jam")
    assert mode(no_modes, git, "may.sh") == "100755" and read(no_modes, "may.sh") == RUN
    assert (no_modes / "may.sh").read_bytes() == RUN.replace(b"\n", b"\r\n")
    delivered_once(no_modes, git)


def new(name: str, **more: str) -> dict[str, object]:
    return {"op": "insert", "address": f"{name}.sh", "content": RUN.decode(), **more}
