"""Clones of other kinds, files in the way of folders, and rarer ways to rewrite a session's commits."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import RunGit
from tests.session.kit import CODE
from tests.session.stories import added, agent, changed, delivered_once, muse, read, removed, write
from tests.session.test_ordinary_days import code, func, person

WORDS = b"one\ntwo\nthree\n"


def test_a_partial_clone(jam: Path, git: RunGit, tmp_path: Path) -> None:
    agent(jam, func("first", 10))
    muse(jam, "session", "commit", "jam")
    git(tmp_path, "clone", "-q", "--bare", jam, "server.git")
    git(tmp_path / "server.git", "config", "uploadpack.allowFilter", "true")
    git(tmp_path / "server.git", "fetch", "-q", jam, "+refs/muse/*:refs/muse/*")
    git(tmp_path, "clone", "-q", "--filter=blob:none", f"file://{tmp_path}/server.git", "part")
    part = tmp_path / "part"
    git(part, "fetch", "-q", "origin", "+refs/muse/*:refs/muse-remotes/origin/*")
    muse(part, "session", "status", "jam")
    person(part, git, first=11)
    agent(part, func("third", 30), changed("words.txt", WORDS, WORDS + b"four\n"))
    muse(part, "session", "commit", "jam")
    assert read(part, "code.py") == code(first=11, third=30)
    delivered_once(part, git)


def test_a_repository_of_sha_256(tmp_path: Path, git: RunGit) -> None:
    git(tmp_path, "init", "-q", "--object-format=sha256", "new")
    root = tmp_path / "new"
    write(root, "code.py", CODE)
    git(root, "add", "-A")
    git(root, "commit", "-qm", "x")
    muse(root, "session", "start", "jam")
    agent(root, func("first", 10))
    muse(root, "session", "commit", "jam")
    person(root, git, first=11)
    agent(root, func("third", 30))
    muse(root, "session", "commit", "jam")
    assert read(root, "code.py") == code(first=11, third=30)
    delivered_once(root, git)


def test_from_below_and_from_elsewhere(jam: Path, git: RunGit, tmp_path: Path) -> None:
    (jam / "deep" / "er").mkdir(parents=True)
    agent(jam, added("deep/er/x.txt", b"x\n"), func("first", 10))
    muse(jam / "deep" / "er", "session", "commit", "jam")
    assert read(jam, "deep/er/x.txt") == b"x\n"
    agent(jam, func("second", 20))
    muse(tmp_path, "session", "commit", "jam", env={"GIT_DIR": str(jam / ".git"), "GIT_WORK_TREE": str(jam)})
    assert read(jam, "code.py") == code(first=10, second=20)
    delivered_once(jam, git)


def test_a_git_folder_that_moves_away(jam: Path, git: RunGit, tmp_path: Path) -> None:
    agent(jam, func("first", 10))
    git(jam, "init", "-q", f"--separate-git-dir={tmp_path / 'elsewhere'}")
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == code(first=10)
    delivered_once(jam, git)


def test_a_delivery_picked_into_a_larger_commit(jam: Path, git: RunGit) -> None:
    agent(jam, func("first", 10), added("new.txt", b"new\n"))
    muse(jam, "session", "commit", "jam")
    made = git(jam, "rev-parse", "HEAD")
    agent(jam, func("third", 30))
    git(jam, "reset", "-q", "--hard", "HEAD~1")
    person(jam, git, second=20)
    git(jam, "cherry-pick", "-n", made)
    write(jam, "more.txt", b"more\n")
    git(jam, "add", "-A")
    git(jam, "commit", "-qm", "both")
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == code(first=10, second=20, third=30)
    git(jam, "rm", "-q", "new.txt")
    git(jam, "commit", "-qm", "away")
    agent(jam, func("second", 21))
    muse(jam, "session", "commit", "jam")
    assert read(jam, "new.txt") is None and read(jam, "code.py") == code(first=10, second=21, third=30)
    delivered_once(jam, git)


def test_revert_of_a_revert(jam: Path, git: RunGit) -> None:
    agent(jam, func("first", 10))
    muse(jam, "session", "commit", "jam")
    git(jam, "revert", "--no-edit", "HEAD")
    agent(jam, func("second", 20))
    git(jam, "revert", "--no-edit", "HEAD")
    assert read(jam, "code.py") == code(first=10)
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == code(first=10, second=20)
    delivered_once(jam, git)


def test_a_branch_put_onto_another(jam: Path, git: RunGit) -> None:
    git(jam, "branch", "v1")
    person(jam, git, second=22)
    agent(jam, func("first", 10))
    muse(jam, "session", "commit", "jam")
    agent(jam, func("third", 30))
    git(jam, "rebase", "-q", "--onto", "v1", "HEAD~1")
    assert read(jam, "code.py") == code(first=10)
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == code(first=10, third=30)
    delivered_once(jam, git)


def test_an_older_version_that_somebody_staged(jam: Path, git: RunGit) -> None:
    person(jam, git, second=20)
    person(jam, git, second=21)
    agent(jam, func("first", 10))
    git(jam, "checkout", "-q", "HEAD~1", "--", "code.py")
    said = muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == code(first=10, second=20), said
    delivered_once(jam, git)


def test_two_sessions_that_edit_one_function(jam: Path, git: RunGit) -> None:
    muse(jam, "session", "start", "other")
    agent(jam, func("first", 10))
    agent(jam, func("first", 11), name="other")
    muse(jam, "session", "commit", "jam")
    said = muse(jam, "session", "commit", "other", code=1)
    assert "first" in said and read(jam, "code.py") == code(first=10)
    muse(jam, "session", "commit", "other", "--take", "session")
    assert read(jam, "code.py") == code(first=11)
    delivered_once(jam, git)


def test_a_rename_amended_into_a_delivery(jam: Path, git: RunGit) -> None:
    agent(jam, func("first", 10))
    muse(jam, "session", "commit", "jam")
    agent(jam, func("third", 30))
    git(jam, "mv", "code.py", "lib.py")
    git(jam, "commit", "-q", "--amend", "-m", "renamed in it")
    muse(jam, "session", "commit", "jam")
    assert read(jam, "lib.py") == code(first=10, third=30) and read(jam, "code.py") is None
    delivered_once(jam, git)


def test_line_ends_of_the_system(jam: Path, git: RunGit) -> None:
    git(jam, "config", "core.autocrlf", "true")
    agent(jam, func("first", 10), added("dos.txt", b"a\r\nb\r\n"))
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == code(first=10)
    agent(jam, func("second", 20))
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == code(first=10, second=20) and (jam / "code.py").read_bytes() == code(
        first=10, second=20
    ).replace(b"\n", b"\r\n")
    delivered_once(jam, git)


def test_branch_deleted_and_made_again(jam: Path, git: RunGit) -> None:
    git(jam, "switch", "-qc", "topic")
    muse(jam, "session", "start", "t")
    agent(jam, func("first", 10), name="t")
    muse(jam, "session", "commit", "t")
    agent(jam, func("third", 30), name="t")
    git(jam, "switch", "-q", "main")
    git(jam, "branch", "-qD", "topic")
    git(jam, "switch", "-qc", "topic")
    muse(jam, "session", "commit", "t")
    assert read(jam, "code.py") == code(third=30)


def test_a_file_amended_out_of_a_delivery(jam: Path, git: RunGit) -> None:
    agent(jam, func("first", 10), added("new.txt", b"new\n"))
    muse(jam, "session", "commit", "jam")
    agent(jam, func("third", 30))
    git(jam, "rm", "-q", "new.txt")
    git(jam, "commit", "-q", "--amend", "-m", "without new")
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == code(first=10, third=30) and read(jam, "new.txt") is None
    delivered_once(jam, git)


def test_a_file_git_was_told_to_assume_unchanged(jam: Path, git: RunGit) -> None:
    git(jam, "update-index", "--assume-unchanged", "words.txt")
    write(jam, "words.txt", b"mine\n")
    agent(jam, func("first", 10))
    muse(jam, "session", "commit", "jam")
    assert (
        read(jam, "words.txt") == WORDS
        and (jam / "words.txt").read_bytes() == b"mine\n"
        and read(jam, "code.py") == code(first=10)
    )


@pytest.mark.parametrize("who", ["head", "session"])
@pytest.mark.parametrize("file_by", ["person", "agent"])
def test_a_file_against_a_folder(jam: Path, git: RunGit, who: str, file_by: str) -> None:
    mine, theirs = ("a", "a/b.txt") if file_by == "person" else ("a/b.txt", "a")
    agent(jam, added(theirs, b"agent's\n"), func("first", 10))
    write(jam, mine, b"person's\n")
    git(jam, "add", "-A"), git(jam, "commit", "-qm", "a")
    said = muse(jam, "session", "commit", "jam", code=1)
    file, folder = ("HEAD", "the session") if file_by == "person" else ("the session", "HEAD")
    assert f"a: {file} has a file there, {folder} a folder" in said and read(jam, mine) == b"person's\n"
    muse(jam, "session", "commit", "jam", "--take", who)
    kept, gone, text = (mine, theirs, b"person's\n") if who == "head" else (theirs, mine, b"agent's\n")
    assert read(jam, kept) == text and (jam / kept).read_bytes() == text and read(jam, "code.py") == code(first=10)
    assert gone not in git(jam, "ls-tree", "-r", "--name-only", "HEAD").split()
    delivered_once(jam, git)


@pytest.mark.parametrize("who", ["head", "session"])
@pytest.mark.parametrize("file_by", ["person", "agent"])
def test_a_file_that_one_edits_and_the_other_makes_a_folder(jam: Path, git: RunGit, who: str, file_by: str) -> None:
    edited = WORDS + b"edited\n"
    if file_by == "person":
        agent(jam, removed("words.txt", WORDS), added("words.txt/b.txt", b"in a folder\n"))
        write(jam, "words.txt", edited)
    else:
        agent(jam, changed("words.txt", WORDS, edited))
        (jam / "words.txt").unlink()
        write(jam, "words.txt/b.txt", b"in a folder\n")
    git(jam, "add", "-A"), git(jam, "commit", "-qm", "a")
    said = muse(jam, "session", "commit", "jam", code=1)
    file, folder = ("HEAD", "the session") if file_by == "person" else ("the session", "HEAD")
    assert f"words.txt: {file} has a file there, {folder} a folder" in said and "~" not in said
    muse(jam, "session", "commit", "jam", "--take", who)
    kept = "words.txt" if (who == "head") == (file_by == "person") else "words.txt/b.txt"
    assert git(jam, "ls-tree", "-r", "--name-only", "HEAD").split() == ["code.py", "piece.mid", kept]
    assert read(jam, kept) == (jam / kept).read_bytes() == (edited if kept == "words.txt" else b"in a folder\n")
    delivered_once(jam, git)


@pytest.mark.parametrize("first", ["insert", "rename"])
def test_a_name_that_two_files_are_to_have(jam: Path, git: RunGit, first: str) -> None:
    """Neither is lost: the later op is told and rejected."""
    new = b"def new():\n    return 1\n"
    ops = [added("new.py", new), {"op": "patch", "address": "new.py", "from_address": "code.py", "child_ops": []}]
    agent(jam, *(ops if first == "insert" else ops[::-1]), check=False)
    said = muse(jam, "session", "commit", "jam", code=None)
    files = {name: read(jam, name) for name in ("code.py", "new.py")}
    if first == "insert":
        assert "new.py: op" in said and "code.py cannot take that name" in said and files["code.py"] == CODE
        muse(jam, "session", "commit", "jam", "--partial", code=3)
        assert read(jam, "code.py") == CODE and read(jam, "new.py") == new
    else:
        assert "it overrides" in said and files == {"code.py": None, "new.py": new}, said
    delivered_once(jam, git)
