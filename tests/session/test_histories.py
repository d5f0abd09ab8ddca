"""Histories people make of a session's commits, and what they do to the work tree while ops wait."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import MakeRepo, RunGit
from tests.session.kit import CODE, append
from tests.session.stories import added, agent, changed, delivered_once, muse, pending, read, removed, symbol, write
from tests.session.test_ordinary_days import code, func, person, todo

WORDS = b"one\ntwo\nthree\n"


def notes(root: Path, git: RunGit, text: bytes = b"a\n") -> None:
    write(root, "notes.txt", text)
    git(root, "add", "-A"), git(root, "commit", "-qm", "notes")


def test_commits_put_into_another_order(jam: Path, git: RunGit) -> None:
    agent(jam, func("first", 10))
    muse(jam, "session", "commit", "jam")
    notes(jam, git)
    agent(jam, func("second", 20))
    muse(jam, "session", "commit", "jam")
    agent(jam, func("third", 30))
    person(jam, git, first=10, second=22)
    todo(jam, git, "rebase", "-q", "-i", "HEAD~3", script="1{h;d};2{G}")
    assert read(jam, "code.py") == code(first=10, second=22)
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == code(first=10, second=22, third=30) and read(jam, "notes.txt") == b"a\n"
    delivered_once(jam, git)


def test_a_session_commit_dropped_in_a_rebase_while_ops_wait(jam: Path, git: RunGit) -> None:
    agent(jam, func("first", 10))
    muse(jam, "session", "commit", "jam")
    notes(jam, git)
    agent(jam, func("third", 30))
    todo(jam, git, "rebase", "-q", "-i", "HEAD~2", script="1d")
    assert read(jam, "code.py") == CODE
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == code(third=30), "what was dropped stays dropped"
    assert "in no branch any more" in muse(jam, "session", "status", "jam")
    muse(jam, "session", "redeliver", "jam")
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == code(first=10, third=30)
    delivered_once(jam, git)


def test_a_rebase_that_stops_at_a_conflict(jam: Path, git: RunGit) -> None:
    git(jam, "branch", "upstream")
    agent(jam, func("first", 10))
    muse(jam, "session", "commit", "jam")
    git(jam, "switch", "-q", "upstream")
    person(jam, git, first=99)
    git(jam, "switch", "-q", "main")
    agent(jam, func("third", 30))
    git(jam, "rebase", "-q", "upstream", check=False)
    agent(jam, func("second", 20))
    said = muse(jam, "session", "commit", "jam", code=128)
    assert "a rebase of branch main is under way" in said
    write(jam, "code.py", code(first=1099))
    git(jam, "add", "code.py")
    git(jam, "rebase", "--continue", env={"GIT_EDITOR": "true"})
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == code(first=1099, second=20, third=30)
    delivered_once(jam, git)


def test_a_merge_of_session_commits_that_is_reverted(jam: Path, git: RunGit) -> None:
    git(jam, "switch", "-qc", "topic")
    muse(jam, "session", "start", "side")
    agent(jam, func("first", 10), added("new.txt", b"new\n"), name="side")
    muse(jam, "session", "commit", "side")
    git(jam, "switch", "-q", "main")
    notes(jam, git)
    git(jam, "merge", "-q", "--no-edit", "topic")
    agent(jam, func("third", 30), name="side")
    git(jam, "revert", "-m", "1", "--no-edit", "HEAD")
    muse(jam, "session", "commit", "side", "--onto", "main")
    assert read(jam, "code.py") == code(third=30) and read(jam, "new.txt") is None
    agent(jam, func("first", 11), name="side")
    muse(jam, "session", "commit", "side")
    assert read(jam, "code.py") == code(first=11, third=30) and read(jam, "new.txt") is None
    git(jam, "checkout", "topic", "--", "new.txt"), git(jam, "commit", "-qm", "this was good after all")
    agent(jam, func("second", 20), name="side")
    muse(jam, "session", "commit", "side")
    assert read(jam, "new.txt") == b"new\n" and b"return 20" in (read(jam, "code.py") or b"")


def test_a_merge_of_the_sessions_own_branch_that_is_reverted(jam: Path, git: RunGit) -> None:
    """As on a forge: a pull request of an agent is merged, then reverted on main, and the agent goes on there."""
    git(jam, "switch", "-qc", "topic")
    agent(jam, func("first", 10))
    muse(jam, "session", "commit", "jam", "--onto", "topic")
    git(jam, "switch", "-q", "main")
    git(jam, "merge", "-q", "--no-ff", "--no-edit", "topic")
    git(jam, "revert", "-m", "1", "--no-edit", "HEAD")
    git(jam, "branch", "-q", "-D", "topic")
    agent(jam, func("first", 12), func("second", 20))
    muse(jam, "session", "commit", "jam", "--onto", "main")
    assert read(jam, "code.py") == code(first=12, second=20)
    delivered_once(jam, git)


@pytest.mark.parametrize("more", [False, True], ids=["alone", "with a person's edits"])
def test_a_pull_request_that_is_squashed(jam: Path, git: RunGit, tmp_path: Path, more: bool) -> None:
    """A forge's "squash and merge": one new commit on main, the branch deleted, the session goes on on main."""
    git(tmp_path, "clone", "-q", "--bare", jam, "server.git")
    git(jam, "remote", "add", "origin", tmp_path / "server.git")
    git(jam, "fetch", "-q", "origin"), git(jam, "branch", "-q", "-u", "origin/main")
    git(jam, "switch", "-qc", "topic")
    agent(jam, func("first", 10), added("new.txt", b"new\n"), removed("words.txt", WORDS))
    muse(jam, "session", "commit", "jam", "--onto", "topic")
    if more:
        person(jam, git, first=11)
        write(jam, "new.txt", b"NEW\n")
        git(jam, "commit", "-qam", "by hand")
    agent(jam, func("third", 30))
    git(jam, "push", "-q", "origin", "topic")
    git(tmp_path, "clone", "-q", "server.git", "forge")
    forge = tmp_path / "forge"
    git(forge, "merge", "-q", "--squash", "origin/topic"), git(forge, "commit", "-qm", "topic (#1)")
    write(forge, "code.py", (read(forge, "code.py") or b"").replace(b"return 2", b"return 22"))
    git(forge, "commit", "-qam", "somebody else's")
    git(forge, "push", "-q", "origin", "main", ":topic")
    git(jam, "switch", "-q", "main"), git(jam, "pull", "-q", "--ff-only"), git(jam, "branch", "-qD", "topic")
    muse(jam, "session", "commit", "jam", "--onto", "main")
    first = 11 if more else 10
    assert read(jam, "code.py") == code(first=first, second=22, third=30)
    assert read(jam, "new.txt") == (b"NEW\n" if more else b"new\n") and read(jam, "words.txt") is None
    git(jam, "rm", "-q", "new.txt"), git(jam, "commit", "-qm", "away")
    agent(jam, func("first", 13))
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == code(first=13, second=22, third=30)
    assert read(jam, "new.txt") is None and read(jam, "words.txt") is None
    delivered_once(jam, git)


def test_patches_by_mail(jam: Path, git: RunGit, tmp_path: Path) -> None:
    """`git am`: a friend's patch comes while ops wait, and the session's own comes back as another commit."""
    git(tmp_path, "clone", "-q", jam, "friend")
    person(tmp_path / "friend", git, third=30)
    theirs = git(tmp_path / "friend", "format-patch", "--stdout", "-1") + "\n"
    agent(jam, func("first", 10))
    muse(jam, "session", "commit", "jam")
    ours = git(jam, "format-patch", "--stdout", "-1") + "\n"
    agent(jam, func("second", 20))
    git(jam, "reset", "-q", "--hard", "HEAD~1")
    git(jam, "am", "-q", "-3", input=theirs)
    git(jam, "am", "-q", "-3", input=ours)
    assert read(jam, "code.py") == code(first=10, third=30)
    assert "in no branch any more" not in muse(jam, "session", "status", "jam")
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == code(first=10, second=20, third=30)
    person(jam, git, first=11, second=20, third=30)
    agent(jam, added("new.txt", b"new\n"))
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == code(first=11, second=20, third=30)
    delivered_once(jam, git)


@pytest.mark.parametrize("dropped", [False, True], ids=["edits on disk", "a commit"])
def test_a_hard_reset_while_ops_wait(jam: Path, git: RunGit, dropped: bool) -> None:
    agent(jam, func("first", 10))
    if dropped:
        person(jam, git, second=20)
    else:
        write(jam, "code.py", code(second=20))
    agent(jam, func("third", 30))
    git(jam, "reset", "-q", "--hard", *(["HEAD~1"] if dropped else []))
    assert pending(jam) == 2
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == code(first=10, third=30), "what was reset away stays away"
    delivered_once(jam, git)


def test_switching_to_and_fro_while_ops_wait(jam: Path, git: RunGit) -> None:
    git(jam, "switch", "-qc", "topic")
    person(jam, git, second=22)
    git(jam, "switch", "-q", "main")
    agent(jam, func("first", 10), added("new.txt", b"new\n"))
    git(jam, "switch", "-q", "topic")
    agent(jam, func("third", 30))
    assert "belongs to branch main" in muse(jam, "session", "commit", "jam", code=128)
    assert (jam / "code.py").read_bytes() == code(second=22) and not (jam / "new.txt").exists()
    git(jam, "switch", "-q", "main")
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == code(first=10, third=30) and read(jam, "code.py", "topic") == code(second=22)
    git(jam, "switch", "-q", "topic"), git(jam, "merge", "-q", "--no-edit", "main")
    assert read(jam, "code.py") == code(first=10, second=22, third=30)
    git(jam, "switch", "-q", "main")
    delivered_once(jam, git)


def test_everything_cleaned_away_while_ops_wait(jam: Path, git: RunGit) -> None:
    """`git clean -fdx`, `git gc --prune=now`, no reflogs: what was acknowledged is in the repository itself."""
    large = b"".join(b"%d\n" % n for n in range(20_000))
    write(jam, ".gitignore", b"build/\n")
    git(jam, "add", "-A"), git(jam, "commit", "-qm", "ignore")
    agent(jam, func("first", 10), added("large.txt", large), added("build/out.txt", b"out\n"))
    write(jam, "build/mine.txt", b"mine\n")
    git(jam, "clean", "-qfdx")
    git(jam, "reflog", "expire", "--expire=now", "--all")
    git(jam, "gc", "-q", "--prune=now")
    agent(jam, func("third", 30))
    git(jam, "gc", "-q", "--prune=now", "--aggressive")
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == code(first=10, third=30) and read(jam, "large.txt") == large
    assert read(jam, "build/out.txt") == b"out\n", "it is ignored, and an agent added it"
    delivered_once(jam, git)


def test_a_detached_head_becomes_a_branch(jam: Path, git: RunGit) -> None:
    git(jam, "switch", "-q", "--detach")
    muse(jam, "session", "start", "loose")
    agent(jam, func("first", 10), name="loose")
    muse(jam, "session", "commit", "loose")
    agent(jam, func("third", 30), name="loose")
    git(jam, "switch", "-qc", "kept")
    said = muse(jam, "session", "commit", "loose", code=None)
    if read(jam, "code.py") != code(first=10, third=30):
        assert "--onto kept" in said
        muse(jam, "session", "commit", "loose", "--onto", "kept")
    assert read(jam, "code.py") == code(first=10, third=30) and read(jam, "code.py", "main") == CODE
    person(jam, git, first=11, third=30)
    agent(jam, func("second", 20), name="loose")
    muse(jam, "session", "commit", "loose")
    assert read(jam, "code.py") == code(first=11, second=20, third=30)
    assert "nothing to commit" in muse(jam, "session", "commit", "loose")


def test_a_session_before_the_first_commit(tmp_path: Path, git: RunGit) -> None:
    git(tmp_path, "init", "-q", "new")
    root = tmp_path / "new"
    muse(root, "session", "start", "jam")
    agent(root, added("code.py", CODE))
    agent(root, func("first", 10))
    muse(root, "session", "commit", "jam")
    assert read(root, "code.py") == code(first=10)
    person(root, git, first=11)
    agent(root, func("third", 30))
    muse(root, "session", "commit", "jam")
    assert read(root, "code.py") == code(first=11, third=30)
    delivered_once(root, git)


def test_a_first_commit_by_a_person_while_ops_wait(tmp_path: Path, git: RunGit) -> None:
    git(tmp_path, "init", "-q", "new")
    root = tmp_path / "new"
    muse(root, "session", "start", "jam")
    agent(root, added("code.py", CODE), added("new.txt", b"new\n"))
    write(root, "words.txt", WORDS)
    git(root, "add", "-A"), git(root, "commit", "-qm", "first")
    muse(root, "session", "commit", "jam")
    assert read(root, "code.py") == CODE and read(root, "words.txt") == WORDS and read(root, "new.txt") == b"new\n"
    delivered_once(root, git)


def test_inside_a_submodule(jam: Path, git: RunGit, make_repo: MakeRepo) -> None:
    other = make_repo("other", {"code.py": CODE})
    git(jam, "submodule", "add", "-q", other, "sub")
    git(jam, "commit", "-qm", "a submodule")
    sub = jam / "sub"
    muse(sub, "session", "start", "inner")
    agent(sub, func("first", 10), name="inner")
    agent(jam, func("third", 30))
    muse(sub, "session", "commit", "inner")
    assert read(sub, "code.py") == code(first=10) and read(jam, "code.py") == CODE
    link = git(jam, "ls-tree", "HEAD", "sub")
    muse(jam, "session", "commit", "jam")
    assert git(jam, "ls-tree", "HEAD", "sub") == link, "where the submodule stands is a person's commit"
    assert read(jam, "code.py") == code(third=30) and git(jam, "status", "--porcelain") == " M sub"
    git(jam, "commit", "-qam", "the submodule's new commit")
    agent(jam, func("first", 11))
    muse(jam, "session", "commit", "jam")
    assert git(sub, "rev-parse", "HEAD") in git(jam, "ls-tree", "HEAD", "sub")
    assert read(jam, "code.py") == code(first=11, third=30)


def test_worktrees_of_a_bare_repository(jam: Path, git: RunGit, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--bare", jam, "all.git")
    for name in ("main", "topic"):
        git(
            tmp_path / "all.git",
            "worktree",
            "add",
            "-q",
            tmp_path / name,
            *(["-b", name] if name == "topic" else [name]),
        )
    for name, value in (("main", 10), ("topic", 20)):
        muse(tmp_path / name, "session", "start", f"of-{name}")
        agent(tmp_path / name, func("first", value), name=f"of-{name}")
    agent(tmp_path / "topic", func("third", 30), name="of-main", check=False)
    assert "belongs to branch main" in muse(tmp_path / "topic", "session", "commit", "of-main", code=128)
    for name in ("topic", "main"):
        muse(tmp_path / name, "session", "commit", f"of-{name}")
    assert read(tmp_path / "main", "code.py") == code(first=10, third=30)
    assert read(tmp_path / "topic", "code.py") == code(first=20)
    for name in ("main", "topic"):
        assert git(tmp_path / name, "status", "--porcelain") == ""


def test_the_worktree_that_has_the_sessions_branch_is_named(jam: Path, git: RunGit, tmp_path: Path) -> None:
    git(jam, "worktree", "add", "-q", tmp_path / "of an agent", "-b", "topic")
    agent(tmp_path / "of an agent", func("first", 10))
    said = muse(tmp_path / "of an agent", "session", "commit", "jam", code=128)
    assert f"it is checked out in {jam}" in said and "git switch" not in said
    git(jam, "switch", "-q", "--detach")
    assert "git switch main" in muse(jam, "session", "commit", "jam", code=128)
    git(jam, "switch", "-q", "main")
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == code(first=10) and read(tmp_path / "of an agent", "code.py") == CODE


def test_an_agent_renames_what_a_person_edits(jam: Path, git: RunGit) -> None:
    answers = append(jam, "jam", {"op": {"op": "rename", "address": "code.py", "to": "lib/code.py"}})
    assert "ack" in answers[0]
    agent(jam, symbol("lib/code.py", "first", "def first():\n    return 10\n"))
    person(jam, git, third=30)
    muse(jam, "session", "commit", "jam")
    assert read(jam, "lib/code.py") == code(first=10, third=30) and read(jam, "code.py") is None
    delivered_once(jam, git)


def test_an_agent_deletes_what_a_person_edits(jam: Path, git: RunGit) -> None:
    agent(jam, removed("words.txt", WORDS), func("first", 10))
    write(jam, "words.txt", WORDS + b"four\n")
    git(jam, "commit", "-qam", "four")
    said = muse(jam, "session", "commit", "jam", code=1)
    assert "words.txt" in said and read(jam, "words.txt") == WORDS + b"four\n" and read(jam, "code.py") == CODE
    muse(jam, "session", "commit", "jam", "--take", "head")
    assert read(jam, "words.txt") == WORDS + b"four\n" and read(jam, "code.py") == code(first=10)
    delivered_once(jam, git)


def test_a_file_a_person_stops_tracking(jam: Path, git: RunGit) -> None:
    agent(jam, func("first", 10), changed("words.txt", WORDS, WORDS + b"four\n"))
    git(jam, "rm", "-q", "--cached", "words.txt")
    write(jam, ".gitignore", b"words.txt\n")
    git(jam, "add", ".gitignore"), git(jam, "commit", "-qm", "words.txt is mine")
    said = muse(jam, "session", "commit", "jam", code=1)
    assert "words.txt" in said
    muse(jam, "session", "commit", "jam", "--take", "head")
    assert read(jam, "words.txt") is None and read(jam, "code.py") == code(first=10)
    assert (jam / "words.txt").read_bytes() == WORDS, "it stays where it is"
    delivered_once(jam, git)


def test_names_that_git_quotes(jam: Path, git: RunGit) -> None:
    names = ["we ird\tname\n.txt", "*.txt", ":(top)x", "[a].py", "-n", "ä ö.txt", 'quo"te', "back\\slash"]
    agent(jam, *(added(name, name.encode()) for name in names), func("first", 10))
    muse(jam, "session", "commit", "jam")
    for name in names:
        assert (jam / name).read_bytes() == name.encode(), name
    assert git(jam, "ls-tree", "-r", "-z", "--name-only", "HEAD").count("\0") == len(names) + 3
    agent(jam, removed("*.txt", b"*.txt"))
    muse(jam, "session", "commit", "jam")
    assert read(jam, "words.txt") == WORDS and not (jam / "*.txt").exists() and (jam / names[0]).exists()
    delivered_once(jam, git)


def test_a_tag_of_the_branchs_name(jam: Path, git: RunGit) -> None:
    agent(jam, func("first", 10))
    git(jam, "tag", "main")
    git(jam, "tag", "topic")
    person(jam, git, third=30)
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == code(first=10, third=30)
    git(jam, "switch", "-qc", "topic")
    agent(jam, func("second", 20))
    said = muse(jam, "session", "commit", "jam", code=128)
    assert "--onto topic" in said
    muse(jam, "session", "commit", "jam", "--onto", "topic")
    assert read(jam, "code.py") == code(first=10, second=20, third=30)
    delivered_once(jam, git)


@pytest.mark.parametrize("kind", ["utf-16", "ident"])
def test_files_that_git_keeps_in_another_form(jam: Path, git: RunGit, kind: str) -> None:
    rule = "*.txt working-tree-encoding=UTF-16\n" if kind == "utf-16" else "*.txt ident\n"
    write(jam, ".gitattributes", rule.encode())
    text = b"one\ntwo\n$Id$\nthree\n"
    git(jam, "rm", "-q", "words.txt")
    write(jam, "lines.txt", text.decode().encode("utf-16") if kind == "utf-16" else text)
    git(jam, "add", "-A"), git(jam, "commit", "-qm", "lines")
    assert read(jam, "lines.txt") == text
    new = text.replace(b"three", b"THREE")
    agent(jam, changed("lines.txt", text, new))
    disk = (jam / "lines.txt").read_bytes()
    edited = (
        disk.decode("utf-16").replace("one", "ONE").encode("utf-16")
        if kind == "utf-16"
        else disk.replace(b"one", b"ONE")
    )
    write(jam, "lines.txt", edited)
    git(jam, "commit", "-qam", "ONE")
    muse(jam, "session", "commit", "jam")
    wanted = new.replace(b"one", b"ONE")
    assert read(jam, "lines.txt") == wanted
    there = (jam / "lines.txt").read_bytes()
    assert there.decode("utf-16").encode() == wanted if kind == "utf-16" else there.startswith(b"ONE\ntwo\n$Id: ")
    delivered_once(jam, git)
