"""A session beside what people do with Git at the same time: submodules, sparse checkouts, a pick that waits."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import MakeRepo, RunGit
from tests.session.kit import append, commit
from tests.session.stories import ONE, WORDS, added, agent, muse, read, removed, symbol, write


@pytest.fixture
def jam(make_repo: MakeRepo) -> Path:
    root = make_repo(files={"code.py": ONE, "words.txt": WORDS})
    muse(root, "session", "start", "jam")
    return root


def test_a_file_in_a_submodule_takes_no_submodule_away(jam: Path, git: RunGit, make_repo: MakeRepo) -> None:
    other = make_repo("other", files={"code.py": ONE})
    agent(jam, added("sub/early.txt", b"before there was a submodule\n"))
    git(jam, "-c", "protocol.file.allow=always", "submodule", "add", "-q", other, "sub")
    git(jam, "commit", "-qm", "a submodule")
    link = git(jam, "ls-tree", "HEAD", "sub")
    for path in ("sub", "sub/new.txt", "sub/deep/new.txt"):
        (answer,) = append(jam, "jam", {"op": added(path, b"x\n")})
        assert answer["code"] == "place" and "'sub' is a submodule" in answer["error"], answer
    (answer,) = append(jam, "jam", {"op": {"op": "rename", "address": "words.txt", "to": "sub/words.txt"}})
    assert answer["code"] == "place", answer
    agent(jam, symbol("code.py", "first", "def first():\n    return 100\n"), added("subway.txt", b"fine\n"))
    done = commit(jam)
    assert len(done.rejected) == 1 and any("'sub' is a submodule" in line for line in done.overridden)
    assert git(jam, "ls-tree", "HEAD", "sub") == link and git(jam, "status", "--porcelain") == ""
    assert read(jam, "subway.txt") == b"fine\n" and b"return 100" in (read(jam, "code.py") or b"")


@pytest.mark.parametrize("what", ["cherry-pick", "revert"])
def test_what_waits_for_a_person_is_not_ended(jam: Path, git: RunGit, what: str) -> None:
    for word in (b"uno", b"eins"):
        write(jam, "words.txt", WORDS.replace(b"one", word))
        git(jam, "commit", "-qam", word.decode())
    if what == "cherry-pick":
        git(jam, "switch", "-q", "--detach", "HEAD~1")
        write(jam, "words.txt", WORDS.replace(b"one", b"un"))
        git(jam, "commit", "-qam", "un")
        un = git(jam, "rev-parse", "HEAD")
        git(jam, "switch", "-q", "main")
        git(jam, "cherry-pick", un, check=False)
    else:
        git(jam, "revert", "--no-edit", "HEAD~1", check=False)
    agent(jam, symbol("code.py", "first", "def first():\n    return 100\n"))
    before = git(jam, "status", "--porcelain=2", "--branch")
    said = muse(jam, "session", "commit", "jam", code=128)
    assert f"a {what} is under way" in said and f"git {what} --continue" in said
    assert git(jam, "status", "--porcelain=2", "--branch") == before and (jam / "code.py").read_bytes() == ONE
    write(jam, "words.txt", WORDS)
    git(jam, "add", "words.txt")
    git(jam, "-c", "core.editor=true", what, "--continue")
    muse(jam, "session", "commit", "jam")
    assert b"return 100" in (read(jam, "code.py") or b"") and read(jam, "words.txt") == WORDS


def test_a_sparse_checkout_leaves_out_what_it_left_out(make_repo: MakeRepo, git: RunGit) -> None:
    root = make_repo(files={"here/a.py": ONE, "away/b.py": ONE, "away/gone.txt": b"gone\n", "away/deep/c.txt": b"c\n"})
    git(root, "sparse-checkout", "set", "here")
    muse(root, "session", "start", "jam")
    ops = [symbol(path, "first", "def first():\n    return 100\n") for path in ("here/a.py", "away/b.py")]
    agent(root, *ops, removed("away/gone.txt", b"gone\n"))
    hook = root / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    for word in ("false", "true"):
        hook.write_text(f"#!/bin/sh\n{word}\n")
        hook.chmod(0o755)
        muse(root, "session", "commit", "jam", code=int(word == "false"))
        assert not (root / "away").exists() and "S away/b.py" in git(root, "ls-files", "-t")
    for path in ("here/a.py", "away/b.py"):
        assert read(root, path) == ONE.replace(b"return 1", b"return 100"), path
    assert read(root, "away/gone.txt") is None and read(root, "away/deep/c.txt") == b"c\n"
    assert git(root, "status", "--porcelain") == "" and git(
        root, "show", "--format=", "--name-only", "HEAD"
    ).split() == [
        "away/b.py",
        "away/gone.txt",
        "here/a.py",
    ]
    write(root, "away/b.py", ONE.replace(b"return 2", b"return 22"))  # somebody puts it there, with an edit
    agent(root, symbol("away/b.py", "third", "def third():\n    return 300\n"))
    muse(root, "session", "commit", "jam")
    assert b"return 300" in (read(root, "away/b.py") or b"")
    git(root, "sparse-checkout", "disable")
    assert (root / "away/b.py").read_bytes() == read(root, "away/b.py") and git(root, "status", "--porcelain") == ""


def test_a_rename_nobody_committed_is_committed_first(jam: Path, git: RunGit) -> None:
    agent(jam, symbol("code.py", "first", "def first():\n    return 100\n"))
    git(jam, "mv", "code.py", "lib.py")
    said = muse(jam, "session", "commit", "jam", code=1)
    assert "disagree about code.py" in said and "`git commit` that first" in said
    assert (jam / "lib.py").read_bytes() == ONE and not (jam / "code.py").exists()
    git(jam, "commit", "-qm", "another name")
    commit(jam)
    assert b"return 100" in (read(jam, "lib.py") or b"") and read(jam, "code.py") is None
    assert git(jam, "status", "--porcelain") == ""
