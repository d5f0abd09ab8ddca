"""A person commits with plain Git between two session commits: nothing they did is taken back, whatever they did."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.conftest import MakeRepo, RunGit
from tests.session.stories import ONE, WORDS, added, agent, changed, muse, read, removed, symbol, write

BOT = b"def bot():\n    return 0\n"
BY_BOT = ONE.replace(b"return 1", b"return 100")


@pytest.fixture
def jam(make_repo: MakeRepo) -> Path:
    """A session that has delivered once: a function edited, a file added, a file deleted."""
    root = make_repo(files={"code.py": ONE, "words.txt": WORDS, "old.txt": b"old\n"})
    muse(root, "session", "start", "jam")
    agent(root, changed("code.py", ONE, BY_BOT), added("bot.py", BOT), removed("old.txt", b"old\n"))
    muse(root, "session", "commit", "jam", "-m", "first delivery")
    return root


def person(root: Path, git: RunGit) -> None:
    """Deletes what the session added, brings back what it deleted, changes what it changed, renames a file."""
    git(root, "rm", "-q", "bot.py")
    write(root, "old.txt", b"old\n")
    write(root, "code.py", BY_BOT.replace(b"return 100", b"return 111"))
    git(root, "mv", "words.txt", "lyrics.txt")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "by hand")


def goes_on(root: Path, git: RunGit, *, expect: bytes = b"return 111") -> None:
    """The session's next commit has its new op, and all that the person did stands."""
    agent(root, symbol("code.py", "third", "def third():\n    return 333\n"), added("more.txt", b"more\n"))
    before = git(root, "rev-parse", "HEAD")
    muse(root, "session", "commit", "jam", "-m", "second delivery")
    assert git(root, "rev-parse", "HEAD~1") == before
    code = read(root, "code.py") or b""
    assert expect in code and b"return 333" in code and b"return 100" not in code
    assert code.count(b"def first") == code.count(b"def third") == 1
    assert read(root, "bot.py") is None and read(root, "old.txt") == b"old\n"
    assert read(root, "words.txt") is None and read(root, "lyrics.txt") == WORDS
    assert read(root, "more.txt") == b"more\n"
    assert git(root, "status", "--porcelain") == ""
    assert "nothing to commit" in muse(root, "session", "commit", "jam")


def test_plain_commits_between(jam: Path, git: RunGit) -> None:
    person(jam, git)
    goes_on(jam, git)


def test_pull_rebase(jam: Path, git: RunGit, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--bare", jam, "server.git")
    git(jam, "remote", "add", "origin", tmp_path / "server.git")
    git(jam, "push", "-q", "-u", "origin", "HEAD~1:refs/heads/main", "-f")
    git(tmp_path, "clone", "-q", "server.git", "other")
    other = tmp_path / "other"
    write(other, "theirs.txt", b"theirs\n")
    git(other, "add", "-A")
    git(other, "commit", "-qm", "theirs")
    git(other, "push", "-q")
    git(jam, "pull", "-q", "--rebase", "origin", "main")
    person(jam, git)
    goes_on(jam, git)
    assert read(jam, "theirs.txt") == b"theirs\n"


def test_squash(jam: Path, git: RunGit) -> None:
    person(jam, git)
    git(jam, "reset", "-q", "--soft", "HEAD~2")
    git(jam, "commit", "-qm", "both in one")
    goes_on(jam, git)


@pytest.mark.parametrize("what", ["tree", "message"])
def test_amend(jam: Path, git: RunGit, what: str) -> None:
    if what == "tree":
        write(jam, "note.txt", b"note\n")
        git(jam, "add", "-A")
    git(jam, "commit", "-q", "--amend", "-m", "another message")
    person(jam, git)
    goes_on(jam, git)


def test_cherry_pick_onto_another_branch(jam: Path, git: RunGit) -> None:
    git(jam, "switch", "-qc", "release", "HEAD~1")
    write(jam, "release.txt", b"1.0\n")
    git(jam, "add", "-A")
    git(jam, "commit", "-qm", "a release")
    git(jam, "cherry-pick", "main")
    person(jam, git)
    agent(jam, symbol("code.py", "third", "def third():\n    return 333\n"))
    said = muse(jam, "session", "commit", "jam", code=128)
    assert "belongs to branch main" in said and "--onto release" in said
    muse(jam, "session", "commit", "jam", "--onto", "release", "-m", "delivered here")
    code = read(jam, "code.py") or b""
    assert b"return 111" in code and b"return 333" in code and read(jam, "bot.py") is None
    assert (
        read(jam, "lyrics.txt") == WORDS and read(jam, "release.txt") == b"1.0\n" and read(jam, "old.txt") == b"old\n"
    )
    assert b"return 333" not in (read(jam, "code.py", "main") or b"")


def test_filter_branch(jam: Path, git: RunGit) -> None:
    person(jam, git)
    env = {"FILTER_BRANCH_SQUELCH_WARNING": "1"}
    git(jam, "filter-branch", "-f", "--msg-filter", "sed 's/^/new: /'", "HEAD", env=env)
    git(jam, "update-ref", "-d", "refs/original/refs/heads/main")
    goes_on(jam, git)


def test_filter_branch_without_reflogs(jam: Path, git: RunGit) -> None:
    person(jam, git)
    env = {"FILTER_BRANCH_SQUELCH_WARNING": "1"}
    git(jam, "filter-branch", "-f", "--msg-filter", "sed 's/^/new: /'", "HEAD", env=env)
    git(jam, "update-ref", "-d", "refs/original/refs/heads/main")
    shutil.rmtree(jam / ".git" / "logs")
    git(jam, "gc", "-q", "--prune=now")
    goes_on(jam, git)


def test_shallow_clone(jam: Path, git: RunGit, tmp_path: Path) -> None:
    muse(jam, "session", "status", "jam")
    person(jam, git)
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{jam}", "shallow")
    shallow = tmp_path / "shallow"
    git(shallow, "fetch", "-q", "origin", "+refs/muse/*:refs/muse-remotes/origin/*")
    muse(shallow, "session", "status", "jam")
    goes_on(shallow, git)


def test_a_formatting_hook(jam: Path, git: RunGit) -> None:
    hook = jam / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nfor f in *.py; do sed -i 's/    /  /' $f; git add $f; done\n")
    hook.chmod(0o755)
    agent(jam, symbol("code.py", "second", "def second():\n    return 222\n"))
    said = muse(jam, "session", "commit", "jam", "-m", "formatted")
    assert "hook" in said
    assert read(jam, "code.py") == BY_BOT.replace(b"return 2", b"return 222").replace(b"    ", b"  ")
    assert git(jam, "status", "--porcelain") == ""
    assert "nothing to commit" in muse(jam, "session", "commit", "jam")
    write(jam, "code.py", (read(jam, "code.py") or b"").replace(b"return 100", b"return 111"))
    git(jam, "commit", "-qam", "by hand")
    agent(jam, symbol("code.py", "third", "def third():\n  return 333\n"))
    muse(jam, "session", "commit", "jam", "-m", "again")
    code = read(jam, "code.py") or b""
    assert code == ONE.replace(b"return 1", b"return 111").replace(b"return 2", b"return 222").replace(
        b"return 3", b"return 333"
    ).replace(b"    ", b"  ")


def test_another_branch(jam: Path, git: RunGit) -> None:
    git(jam, "switch", "-qc", "topic")
    agent(jam, added("more.txt", b"more\n"))
    said = muse(jam, "session", "commit", "jam", code=128)
    assert "belongs to branch main; branch topic is checked out" in said and "git switch main" in said
    assert read(jam, "more.txt") is None
    git(jam, "switch", "-q", "main")
    goes_on_simply(jam, git)


def goes_on_simply(root: Path, git: RunGit) -> None:
    muse(root, "session", "commit", "jam")
    assert read(root, "more.txt") == b"more\n" and read(root, "bot.py") == BOT and read(root, "old.txt") is None


def test_a_copied_folder(jam: Path, git: RunGit, tmp_path: Path) -> None:
    person(jam, git)
    shutil.copytree(jam, tmp_path / "copy", symlinks=True)
    goes_on(tmp_path / "copy", git)
    goes_on(jam, git)


def test_two_clones(jam: Path, git: RunGit, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--bare", jam, "server.git")
    git(jam, "remote", "add", "origin", tmp_path / "server.git")
    git(jam, "fetch", "-q", "origin")
    git(jam, "branch", "-q", "-u", "origin/main")
    muse(jam, "sync")
    git(tmp_path, "clone", "-q", "server.git", "other")
    other = tmp_path / "other"
    muse(other, "sync")
    person(other, git)
    git(other, "push", "-q")
    goes_on(other, git)
    muse(other, "sync")
    muse(jam, "sync")
    assert read(jam, "more.txt") == b"more\n"
    agent(jam, added("last.txt", b"last\n"))
    muse(jam, "session", "commit", "jam")
    assert read(jam, "last.txt") == b"last\n" and read(jam, "bot.py") is None and read(jam, "lyrics.txt") == WORDS


def test_revert_of_a_session_commit(jam: Path, git: RunGit) -> None:
    delivered = git(jam, "rev-parse", "HEAD")
    git(jam, "revert", "--no-edit", "HEAD")
    agent(jam, added("more.txt", b"more\n"))
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == ONE and read(jam, "bot.py") is None and read(jam, "old.txt") == b"old\n"
    assert read(jam, "more.txt") == b"more\n"
    assert "muse session redeliver jam COMMIT" in muse(jam, "session", "redeliver", "jam")
    assert "3 ops" in muse(jam, "session", "redeliver", "jam", delivered)
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == BY_BOT and read(jam, "bot.py") == BOT and read(jam, "old.txt") is None
    assert read(jam, "more.txt") == b"more\n"


def test_reset_and_redeliver(jam: Path, git: RunGit) -> None:
    git(jam, "reset", "-q", "--hard", "HEAD~1")
    assert "in no branch any more" in muse(jam, "session", "status", "jam")
    assert "nothing to commit" in muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == ONE
    assert "3 ops" in muse(jam, "session", "redeliver", "jam")
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == BY_BOT and read(jam, "bot.py") == BOT and read(jam, "old.txt") is None
    assert "nothing to redeliver" in muse(jam, "session", "redeliver", "jam")


def test_a_renamed_branch_is_followed(jam: Path, git: RunGit) -> None:
    git(jam, "branch", "-m", "trunk")
    git(jam, "branch", "-m", "stem")
    person(jam, git)
    goes_on(jam, git)


def test_a_deleted_branch(jam: Path, git: RunGit) -> None:
    git(jam, "switch", "-qc", "topic", "HEAD~1")
    git(jam, "branch", "-D", "main")
    agent(jam, added("more.txt", b"more\n"))
    said = muse(jam, "session", "commit", "jam", code=128)
    assert "which is gone" in said and "--onto topic" in said
    muse(jam, "session", "commit", "jam", "--onto", "topic")
    assert read(jam, "more.txt") == b"more\n" and read(jam, "code.py") == ONE and read(jam, "bot.py") is None


def test_ops_that_build_on_what_the_branch_has_not_got(jam: Path, git: RunGit) -> None:
    git(jam, "switch", "-qc", "topic", "HEAD~1")
    agent(jam, symbol("bot.py", "bot", "def bot():\n    return 7\n"), check=False)  # only main has it
    said = muse(jam, "session", "commit", "jam", "--onto", "topic", code=128)
    assert "has not got" in said and "git merge" in said
    git(jam, "merge", "-q", "main")
    muse(jam, "session", "commit", "jam")
    assert read(jam, "bot.py") == b"def bot():\n    return 7\n"


def test_a_linked_worktree(jam: Path, git: RunGit, tmp_path: Path) -> None:
    git(jam, "worktree", "add", "-q", tmp_path / "linked", "-b", "topic")
    linked = tmp_path / "linked"
    agent(linked, added("more.txt", b"more\n"))
    assert "belongs to branch main" in muse(linked, "session", "commit", "jam", code=128)
    person(linked, git)
    muse(jam, "session", "commit", "jam")
    assert read(jam, "more.txt") == b"more\n" and read(linked, "more.txt") is None and read(jam, "words.txt") == WORDS


def test_a_detached_head(make_repo: MakeRepo, git: RunGit) -> None:
    root = make_repo(files={"words.txt": WORDS})
    git(root, "switch", "-q", "--detach")
    muse(root, "session", "start", "jam")
    agent(root, added("more.txt", b"more\n"))
    git(root, "switch", "-q", "main")
    assert "detached HEAD" in muse(root, "session", "commit", "jam", code=128)
    git(root, "switch", "-q", "--detach")
    muse(root, "session", "commit", "jam")
    assert read(root, "more.txt") == b"more\n" and read(root, "more.txt", "main") is None
    git(root, "rm", "-q", "more.txt")
    git(root, "commit", "-qm", "by hand")
    agent(root, added("last.txt", b"last\n"))
    muse(root, "session", "commit", "jam")
    assert read(root, "more.txt") is None and read(root, "last.txt") == b"last\n"


def test_two_sessions_that_touch_one_file(jam: Path, git: RunGit) -> None:
    muse(jam, "session", "start", "other")
    agent(jam, symbol("code.py", "second", "def second():\n    return 20\n"), name="other")
    agent(jam, symbol("code.py", "third", "def third():\n    return 30\n"))
    muse(jam, "session", "commit", "other")
    muse(jam, "session", "commit", "jam")
    agent(jam, symbol("code.py", "second", "def second():\n    return 21\n"), name="other")
    muse(jam, "session", "commit", "other")
    expected = BY_BOT.replace(b"return 2", b"return 21").replace(b"return 3", b"return 30")
    assert read(jam, "code.py") == expected


def test_line_ends(make_repo: MakeRepo, git: RunGit) -> None:
    root = make_repo(files={".gitattributes": "*.py text eol=crlf\n", "code.py": ONE})
    muse(root, "session", "start", "jam")
    agent(root, symbol("code.py", "first", "def first():\n    return 100\n"))
    muse(root, "session", "commit", "jam")
    write(root, "code.py", BY_BOT.replace(b"return 2", b"return 222").replace(b"\n", b"\r\n"))
    git(root, "commit", "-qam", "by hand")
    agent(root, symbol("code.py", "third", "def third():\n    return 300\n"))
    muse(root, "session", "commit", "jam")
    wanted = BY_BOT.replace(b"return 2", b"return 222").replace(b"return 3", b"return 300")
    assert read(root, "code.py") == wanted and (root / "code.py").read_bytes() == wanted.replace(b"\n", b"\r\n")
    assert git(root, "status", "--porcelain") == ""


def test_a_conflict_is_refused_and_settled(jam: Path, git: RunGit) -> None:
    agent(jam, symbol("code.py", "first", "def first():\n    return 555\n"), added("more.txt", b"more\n"))
    person(jam, git)
    head = git(jam, "rev-parse", "HEAD")
    said = muse(jam, "session", "commit", "jam", code=1)
    assert "code.py" in said and "--take head" in said
    assert git(jam, "rev-parse", "HEAD") == head and git(jam, "status", "--porcelain") == ""
    muse(jam, "session", "commit", "jam", "--take", "head")
    assert b"return 111" in (read(jam, "code.py") or b"") and read(jam, "more.txt") == b"more\n"


def test_a_conflict_taken_by_the_session(jam: Path, git: RunGit) -> None:
    agent(jam, symbol("code.py", "first", "def first():\n    return 555\n"))
    person(jam, git)
    muse(jam, "session", "commit", "jam", "--take", "session")
    code = read(jam, "code.py") or b""
    assert b"return 555" in code and b"return 111" not in code and read(jam, "bot.py") is None


def test_an_agent_may_edit_what_a_person_just_committed(jam: Path, git: RunGit) -> None:
    person(jam, git)
    agent(jam, symbol("code.py", "first", "def first():\n    return 556\n"))
    muse(jam, "session", "commit", "jam")
    assert b"return 556" in (read(jam, "code.py") or b"")


def test_a_stale_whole_file_never_overrides_a_commit(jam: Path, git: RunGit) -> None:
    person(jam, git)
    agent(jam, changed("code.py", BY_BOT, BY_BOT.replace(b"return 100", b"return 7")))
    said = muse(jam, "session", "commit", "jam", code=1)
    assert "code.py" in said
    assert b"return 111" in (read(jam, "code.py") or b"")


def test_edits_of_a_file_a_person_renamed(jam: Path, git: RunGit) -> None:
    agent(jam, symbol("code.py", "third", "def third():\n    return 333\n"))
    git(jam, "mv", "code.py", "moved.py")
    git(jam, "commit", "-qm", "renamed by hand")
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") is None
    assert read(jam, "moved.py") == BY_BOT.replace(b"return 3", b"return 333")


def test_an_op_that_cannot_be_applied_is_named(jam: Path, git: RunGit) -> None:
    agent(jam, symbol("code.py", "nowhere", "def nowhere():\n    pass\n"), check=False)
    agent(jam, added("more.txt", b"more\n"))
    said = muse(jam, "session", "commit", "jam", code=3)
    assert "nowhere" in said or "cannot be applied" in said
    assert read(jam, "more.txt") is None
    muse(jam, "session", "commit", "jam", "--partial", code=3)
    assert read(jam, "more.txt") == b"more\n"
    assert "nothing to commit" in muse(jam, "session", "commit", "jam")


def test_without_reflogs(make_repo: MakeRepo, git: RunGit) -> None:
    root = make_repo(files={"code.py": ONE, "words.txt": WORDS, "old.txt": b"old\n"})
    git(root, "config", "core.logAllRefUpdates", "false")
    shutil.rmtree(root / ".git" / "logs", ignore_errors=True)
    muse(root, "session", "start", "jam")
    agent(root, changed("code.py", ONE, BY_BOT), added("bot.py", BOT), removed("old.txt", b"old\n"))
    muse(root, "session", "commit", "jam")
    assert not os.path.exists(root / ".git" / "logs" / "HEAD")
    person(root, git)
    goes_on(root, git)
