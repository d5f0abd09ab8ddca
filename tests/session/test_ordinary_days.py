"""What people do with Git in the middle of a session, told by what is in the files afterwards."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.conftest import MakeRepo, RunGit
from tests.session.kit import CODE, append, b64
from tests.session.stories import added, agent, changed, muse, read, symbol, write
from tests.session.test_more_stories import POINTER

WORDS = b"one\ntwo\nthree\n"


def func(name: str, value: int) -> dict[str, object]:
    return symbol("code.py", name, f"def {name}():\n    return {value}\n")


def code(**values: int) -> bytes:
    """The file with these functions returning that."""
    text = CODE
    for at, name in enumerate(("first", "second", "third"), 1):
        text = text.replace(b"return %d\n" % at, b"return %d\n" % values.get(name, at))
    return text


def person(root: Path, git: RunGit, message: str = "by hand", **values: int) -> str:
    write(root, "code.py", code(**values))
    git(root, "commit", "-qam", message)
    return git(root, "rev-parse", "HEAD")


def todo(root: Path, git: RunGit, *words: str, script: str, check: bool = True) -> str:
    """`git rebase -i` with its list of commits rewritten by a `sed` script."""
    env = {"GIT_SEQUENCE_EDITOR": f"sed -i -e '{script}'", "GIT_EDITOR": "true"}
    return git(root, *words, env=env, check=check)


def test_a_session_commit_edited_in_an_interactive_rebase(jam: Path, git: RunGit) -> None:
    write(jam, "notes.txt", b"a\n")
    git(jam, "add", "-A"), git(jam, "commit", "-qm", "notes")
    agent(jam, func("first", 10))
    muse(jam, "session", "commit", "jam")
    write(jam, "notes.txt", b"a\nb\n")
    git(jam, "commit", "-qam", "more notes")
    agent(jam, func("third", 30))
    todo(jam, git, "rebase", "-i", "HEAD~2", script="1s/^pick/edit/")
    assert read(jam, "code.py") == code(first=10)
    agent(jam, func("third", 31))
    said = muse(jam, "session", "commit", "jam", code=None)
    assert "a rebase of branch main is under way" in said and "git rebase --continue" in said, said
    write(jam, "code.py", code(first=10, second=20))
    git(jam, "commit", "-qa", "--amend", "--no-edit")
    git(jam, "rebase", "--continue", env={"GIT_EDITOR": "true"})
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == code(first=10, second=20, third=31) and read(jam, "notes.txt") == b"a\nb\n"
    assert "nothing to commit" in muse(jam, "session", "commit", "jam")


def test_a_fixup_of_a_session_commit(jam: Path, git: RunGit) -> None:
    agent(jam, func("first", 10))
    muse(jam, "session", "commit", "jam")
    made = git(jam, "rev-parse", "HEAD")
    write(jam, "notes.txt", b"a\n")
    git(jam, "add", "-A"), git(jam, "commit", "-qm", "notes")
    agent(jam, func("third", 30))
    write(jam, "code.py", code(first=11))
    git(jam, "commit", "-qa", "--fixup", made)
    todo(jam, git, "rebase", "-q", "-i", "--autosquash", f"{made}~1", script="")
    assert git(jam, "rev-list", "--count", "HEAD") == "3"
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == code(first=11, third=30)
    agent(jam, func("first", 12))
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == code(first=12, third=30)
    assert "nothing to commit" in muse(jam, "session", "commit", "jam")


def test_a_session_commit_run_by_a_rebase(jam: Path, git: RunGit) -> None:
    """`git rebase --exec`: HEAD is detached, and the branch is put there at the end."""
    person(jam, git, second=20)
    write(jam, "notes.txt", b"a\n")
    git(jam, "add", "-A"), git(jam, "commit", "-qm", "notes")
    agent(jam, func("first", 10))
    git(
        jam, "rebase", "-q", "--exec", f"{sys.executable} -m muse.cli session commit jam || true", "HEAD~2", check=False
    )
    assert git(jam, "symbolic-ref", "HEAD") == "refs/heads/main"
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == code(first=10, second=20) and read(jam, "notes.txt") == b"a\n"
    assert "nothing to commit" in muse(jam, "session", "commit", "jam")


def test_a_linked_worktree_that_moves(jam: Path, git: RunGit, tmp_path: Path) -> None:
    git(jam, "worktree", "add", "-q", "-b", "side", tmp_path / "old")
    muse(tmp_path / "old", "session", "start", "sidejam")
    agent(tmp_path / "old", func("first", 10), name="sidejam")
    git(jam, "worktree", "move", tmp_path / "old", tmp_path / "new")
    agent(tmp_path / "new", func("second", 20), name="sidejam")
    muse(tmp_path / "new", "session", "commit", "sidejam")
    assert read(tmp_path / "new", "code.py") == code(first=10, second=20)
    assert (tmp_path / "new" / "code.py").read_bytes() == code(first=10, second=20)
    assert git(tmp_path / "new", "status", "--porcelain") == "" and git(jam, "status", "--porcelain") == ""
    git(jam, "worktree", "remove", tmp_path / "new")
    agent(jam, func("third", 30), name="sidejam", check=False)
    said = muse(jam, "session", "commit", "sidejam", code=None)
    assert "side" in said and read(jam, "code.py") == CODE
    git(jam, "switch", "-q", "side")
    muse(jam, "session", "commit", "sidejam")
    assert read(jam, "code.py") == code(first=10, second=20, third=30)


def test_a_branch_put_elsewhere(jam: Path, git: RunGit) -> None:
    """`git checkout -B`: the delivery is gone with its commit, and comes back when asked only."""
    start = git(jam, "rev-parse", "HEAD")
    agent(jam, func("first", 10))
    muse(jam, "session", "commit", "jam")
    agent(jam, func("second", 20))
    git(jam, "checkout", "-q", "-B", "main", start)
    person(jam, git, third=30)
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == code(second=20, third=30)
    muse(jam, "session", "redeliver", "jam")
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == code(first=10, second=20, third=30)
    assert "nothing to commit" in muse(jam, "session", "commit", "jam")


def test_work_that_is_stashed_away(jam: Path, git: RunGit) -> None:
    agent(jam, func("first", 10))
    write(jam, "code.py", code(third=30))
    git(jam, "stash", "-q")
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == code(first=10)
    git(jam, "stash", "pop", "-q", check=False)
    agent(jam, func("second", 20))
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == code(first=10, second=20, third=30)
    assert git(jam, "status", "--porcelain") == ""


def test_a_stash_of_what_the_session_wrote(jam: Path, git: RunGit) -> None:
    """A person stashes, commits and pops between an append and its commit."""
    agent(jam, added("new.txt", b"agent\n"), func("first", 10))
    write(jam, "new.txt", b"mine\n")
    git(jam, "stash", "-q", "--include-untracked")
    muse(jam, "session", "commit", "jam")
    assert read(jam, "new.txt") == b"agent\n"
    git(jam, "stash", "pop", "-q", check=False)
    assert (jam / "new.txt").read_bytes() == b"agent\n", "Git keeps what it cannot restore in the stash"
    assert git(jam, "stash", "list") != ""


def test_a_branch_renamed_while_an_op_waits(jam: Path, git: RunGit) -> None:
    (cause,) = append(jam, "jam", {"op": added("late.py", b"def late():\n    return 0\n"), "actor": "ann"})
    append(jam, "jam", {"op": func("first", 10), "actor": "bob", "parents": [cause["ack"]]})
    git(jam, "branch", "-m", "main", "trunk")
    person(jam, git, third=30)
    muse(jam, "session", "commit", "jam")
    assert git(jam, "symbolic-ref", "HEAD") == "refs/heads/trunk"
    assert read(jam, "code.py") == code(first=10, third=30) and read(jam, "late.py") is not None


@pytest.mark.parametrize("way", ["under the old name", "under the new name", "renamed twice", "detached"])
def test_a_branch_renamed_and_another_one_made_of_its_name(jam: Path, git: RunGit, way: str) -> None:
    """The session goes with its branch; the new one of that name has nothing to do with it, and may have its own."""
    agent(jam, func("first", 10))
    git(jam, "branch", "-m", "main", "trunk")
    git(jam, "branch", "main")
    if way == "renamed twice":
        git(jam, "branch", "-m", "trunk", "master")
    trunk = "master" if way == "renamed twice" else "trunk"
    if way != "under the new name":
        git(jam, "switch", "-q", *(["--detach"] if way == "detached" else []), "main")
        said = muse(jam, "session", "commit", "jam", code=128)
        assert f"the session belongs to branch {trunk}" in said and read(jam, "code.py") == CODE
        muse(jam, "session", "start", "other")
        agent(jam, added("other.txt", b"other\n"), name="other")
        muse(jam, "session", "commit", "other")
        git(jam, "switch", "-q", trunk)
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py", trunk) == code(first=10) and read(jam, "code.py", "main") == CODE
    git(jam, "switch", "-q", "main")
    agent(jam, func("second", 20))
    assert f"the session belongs to branch {trunk}" in muse(jam, "session", "commit", "jam", code=128)
    muse(jam, "session", "commit", "jam", "--onto", "main")
    assert read(jam, "code.py") == code(second=20)


def test_a_branch_of_which_git_forgot_the_beginning_stays_the_one_it_is(jam: Path, git: RunGit) -> None:
    git(jam, "switch", "-q", "-c", "topic")
    git(jam, "branch", "-m", "main", "trunk")
    git(jam, "branch", "main")
    git(jam, "switch", "-q", "main")
    muse(jam, "session", "start", "late")
    agent(jam, func("first", 10), name="late")
    git(jam, "reflog", "expire", "--expire=all", "--all")
    muse(jam, "session", "commit", "late")
    assert read(jam, "code.py", "main") == code(first=10) and read(jam, "code.py", "trunk") == CODE


def test_back_to_orig_head(jam: Path, git: RunGit) -> None:
    """A merge, a session commit on it, and `git reset --hard ORIG_HEAD`: both are gone, the op is not pending."""
    git(jam, "switch", "-q", "-c", "topic")
    person(jam, git, third=30)
    git(jam, "switch", "-q", "main")
    git(jam, "merge", "-q", "--no-ff", "--no-edit", "topic")
    agent(jam, func("first", 10))
    muse(jam, "session", "commit", "jam")
    git(jam, "reset", "-q", "--hard", "ORIG_HEAD")
    assert read(jam, "code.py") == CODE
    agent(jam, func("second", 20))
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == code(second=20)
    git(jam, "merge", "-q", "--no-edit", "topic")
    muse(jam, "session", "redeliver", "jam")
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == code(first=10, second=20, third=30)


def test_an_octopus(jam: Path, git: RunGit) -> None:
    """Branches with deliveries of one session each, merged in one go by plain Git."""
    for name, values in (("one", {"first": 11}), ("two", {"second": 22})):
        git(jam, "switch", "-q", "-c", name, "main")
        ((function, value),) = values.items()
        muse(jam, "session", "start", f"s{name}")
        agent(jam, func(function, value), name=f"s{name}")
        muse(jam, "session", "commit", f"s{name}")
        git(jam, "switch", "-q", "main")
    agent(jam, func("third", 33))
    git(jam, "merge", "-q", "--no-edit", "one", "two", check=False)
    if git(jam, "status", "--porcelain"):
        git(jam, "reset", "-q", "--hard")
        git(jam, "merge", "-q", "--no-edit", "one"), git(jam, "merge", "-q", "--no-edit", "two")
    assert read(jam, "code.py") == code(first=11, second=22)
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == code(first=11, second=22, third=33)
    agent(jam, func("first", 12), name="sone", check=False)
    muse(jam, "session", "commit", "sone", "--onto", "main")
    assert read(jam, "code.py") == code(first=12, second=22, third=33)


def test_a_subtree(jam: Path, git: RunGit, make_repo: MakeRepo) -> None:
    """Another repository's files under a folder, edited by a session, then pulled again."""
    other = make_repo("other", {"code.py": CODE})
    git(jam, "subtree", "add", "-q", "--prefix=lib", other, "main")
    agent(jam, symbol("lib/code.py", "first", "def first():\n    return 10\n"))
    muse(jam, "session", "commit", "jam")
    write(other, "code.py", code(third=30))
    git(other, "commit", "-qam", "theirs")
    agent(jam, symbol("lib/code.py", "second", "def second():\n    return 20\n"))
    git(jam, "subtree", "pull", "-q", "--prefix=lib", other, "main", "-m", "pull")
    muse(jam, "session", "commit", "jam")
    assert read(jam, "lib/code.py") == code(first=10, second=20, third=30) and read(jam, "code.py") == CODE
    assert "nothing to commit" in muse(jam, "session", "commit", "jam")


def test_a_replaced_commit(jam: Path, git: RunGit) -> None:
    """`git replace` of the session's own commit, and a history that is grafted shorter."""
    person(jam, git, third=30)
    agent(jam, func("first", 10))
    muse(jam, "session", "commit", "jam")
    made = git(jam, "rev-parse", "HEAD")
    other = git(jam, "commit-tree", f"{made}^{{tree}}", "-p", f"{made}~1", "-m", "another message")
    git(jam, "replace", made, other)
    person(jam, git, first=10, second=20, third=30)
    agent(jam, func("third", 31))
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == code(first=10, second=20, third=31)
    git(jam, "replace", "--graft", "HEAD~1")
    agent(jam, func("first", 12))
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == code(first=12, second=20, third=31)
    assert "nothing to commit" in muse(jam, "session", "commit", "jam")


@pytest.mark.parametrize("ignorecase", ["false", "true"])
def test_a_rename_of_case_only(jam: Path, git: RunGit, ignorecase: str) -> None:
    git(jam, "config", "core.ignorecase", ignorecase)
    agent(jam, func("first", 10))
    muse(jam, "session", "commit", "jam")
    agent(jam, func("second", 20))
    git(jam, "mv", "code.py", "Code.py")
    git(jam, "commit", "-qm", "renamed")
    muse(jam, "session", "commit", "jam")
    assert read(jam, "Code.py") == code(first=10, second=20) and read(jam, "code.py") is None
    assert sorted(path.name for path in jam.iterdir() if path.suffix == ".py") == ["Code.py"]
    agent(jam, symbol("Code.py", "third", "def third():\n    return 30\n"))
    muse(jam, "session", "commit", "jam")
    assert read(jam, "Code.py") == code(first=10, second=20, third=30)
    assert git(jam, "status", "--porcelain") == ""


def test_a_rename_of_case_only_by_an_agent(jam: Path, git: RunGit) -> None:
    append(jam, "jam", {"op": {"op": "rename", "address": "code.py", "to": "Code.py"}})
    muse(jam, "session", "commit", "jam")
    assert read(jam, "Code.py") == CODE and read(jam, "code.py") is None
    assert git(jam, "status", "--porcelain") == ""


def test_autostash_of_a_pull(jam: Path, git: RunGit, tmp_path: Path) -> None:
    """`git pull --rebase --autostash` with edits on disk that the session does not know yet."""
    git(tmp_path, "clone", "-q", "--bare", jam, "server.git")
    git(jam, "remote", "add", "origin", tmp_path / "server.git")
    git(jam, "fetch", "-q", "origin"), git(jam, "branch", "-q", "-u", "origin/main")
    git(tmp_path, "clone", "-q", "server.git", "friend")
    person(tmp_path / "friend", git, third=30)
    git(tmp_path / "friend", "push", "-q")
    agent(jam, func("first", 10))
    muse(jam, "session", "commit", "jam")
    write(jam, "words.txt", b"ONE\ntwo\nthree\n")
    git(jam, "pull", "-q", "--rebase", "--autostash")
    agent(jam, func("second", 20))
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == code(first=10, second=20, third=30)
    assert (jam / "words.txt").read_bytes() == b"ONE\ntwo\nthree\n"


def test_an_orphan_branch(jam: Path, git: RunGit) -> None:
    """A branch without a history: the session stays where it belongs."""
    agent(jam, func("first", 10))
    git(jam, "switch", "-q", "--orphan", "pages")
    write(jam, "index.html", b"<p>\n")
    git(jam, "add", "-A"), git(jam, "commit", "-qm", "pages")
    said = muse(jam, "session", "commit", "jam", code=None)
    assert "main" in said and read(jam, "code.py") is None
    git(jam, "switch", "-q", "main")
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == code(first=10) and read(jam, "code.py", "pages") is None


def test_a_commit_taken_back_without_committing(jam: Path, git: RunGit) -> None:
    """`git revert -n` of a session commit, edited further by hand and committed under another name."""
    agent(jam, func("first", 10), func("second", 20))
    muse(jam, "session", "commit", "jam")
    git(jam, "revert", "-n", "HEAD")
    write(jam, "code.py", code(first=10))
    git(jam, "add", "-A"), git(jam, "commit", "-qm", "second is as it was")
    agent(jam, func("third", 30))
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == code(first=10, third=30)
    assert "nothing to commit" in muse(jam, "session", "commit", "jam")


def test_a_sparse_checkout_of_pointers(jam: Path, git: RunGit, tmp_path: Path) -> None:
    """Files kept as pointers (as LFS does), left out of the work tree, and edited by a session."""
    script, store = tmp_path / "pointer.py", tmp_path / "store"
    script.write_text(POINTER)
    store.mkdir()
    for way in ("clean", "smudge"):
        git(jam, "config", f"filter.lfs.{way}", f"{sys.executable} {script} {way} {store}")
    write(jam, ".gitattributes", b"*.bin filter=lfs diff=lfs merge=lfs -text\n")
    write(jam, "big/a.bin", b"\0" * 5000)
    git(jam, "add", "-A"), git(jam, "commit", "-qm", "big")
    git(jam, "sparse-checkout", "set", "--no-cone", "/*", "!/big/")
    assert not (jam / "big").exists()
    new = b"\1" * 6000
    append(jam, "jam", {"op": {"op": "replace", "address": "big/a.bin", "content_b64": b64(new)}})
    agent(jam, added("big/b.bin", b"\2" * 7000), func("first", 10))
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == code(first=10)
    assert not (jam / "big/a.bin").exists(), "it stayed on disk: the commit has a pointer in its place"
    for path in ("big/a.bin", "big/b.bin"):
        assert (read(jam, path) or b"").startswith(b"version https://git-lfs"), path
    assert git(jam, "status", "--porcelain") == ""
    git(jam, "sparse-checkout", "disable")
    assert (jam / "big/a.bin").read_bytes() == new and (jam / "big/b.bin").read_bytes() == b"\2" * 7000
    assert "nothing to commit" in muse(jam, "session", "commit", "jam")


def test_a_whole_file_replaced_after_a_person_renamed_and_rebased(jam: Path, git: RunGit) -> None:
    write(jam, "notes.txt", b"a\n")
    git(jam, "add", "-A"), git(jam, "commit", "-qm", "notes")
    agent(jam, changed("words.txt", WORDS, b"one\nTWO\nthree\n"))
    git(jam, "mv", "words.txt", "lyrics.txt")
    write(jam, "lyrics.txt", b"one\ntwo\nthree\nfour\n")
    git(jam, "commit", "-qam", "renamed")
    todo(jam, git, "rebase", "-q", "-i", "--root", script="1{h;d};2{G}", check=False)
    muse(jam, "session", "commit", "jam")
    assert read(jam, "lyrics.txt") == b"one\nTWO\nthree\nfour\n" and read(jam, "words.txt") is None
