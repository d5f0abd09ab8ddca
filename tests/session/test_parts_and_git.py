"""What people do with Git to a part of what a session delivered: nothing comes twice, no edit of theirs is undone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import MakeRepo, RunGit
from tests.session.stories import ONE, WORDS, added, agent, delivered_once, muse, pending, read, removed, symbol, write

BOT = b"def bot():\n    return 0\n"
NOTE = b"note\n"
TEN = ONE.replace(b"return 1", b"return 10")


@pytest.fixture
def jam(make_repo: MakeRepo) -> Path:
    """A session that has delivered twice: two files and a function, then another function and a deletion."""
    root = make_repo(files={"code.py": ONE, "words.txt": WORDS, "old.txt": b"old\n", "run.sh": b"#!/bin/sh\n"})
    muse(root, "session", "start", "jam")
    agent(root, added("bot.py", BOT), added("note.txt", NOTE), first(10))
    muse(root, "session", "commit", "jam", "-m", "first delivery")
    agent(root, symbol("code.py", "third", "def third():\n    return 30\n"), removed("old.txt", b"old\n"))
    muse(root, "session", "commit", "jam", "-m", "second delivery")
    return root


def first(number: int) -> dict[str, object]:
    return symbol("code.py", "first", f"def first():\n    return {number}\n")


def dropped(root: Path) -> dict[str, list[str]]:
    found = json.loads(muse(root, "session", "status", "jam", "--json"))
    return {commit: found["dropped_in"].get(commit, []) for commit in found["dropped"]}


def whole(root: Path) -> None:
    """All that the session did is there, once."""
    assert read(root, "bot.py") == BOT and read(root, "note.txt") == NOTE and read(root, "old.txt") is None
    assert read(root, "code.py") == TEN.replace(b"return 3", b"return 30")


def by_hand(root: Path, git: RunGit, path: str, data: bytes, message: str = "by hand") -> None:
    write(root, path, data)
    git(root, "add", "-A")
    git(root, "commit", "-qm", message)


def test_a_delivery_split_in_a_rebase_and_one_half_dropped(jam: Path, git: RunGit) -> None:
    old = git(jam, "rev-parse", "HEAD^")
    git(jam, "switch", "-qc", "work", "HEAD~2")
    git(jam, "cherry-pick", "-n", "main^")
    git(jam, "commit", "-qm", "half of it", "--", "bot.py")
    git(jam, "commit", "-qm", "the other half")
    git(jam, "reset", "-q", "--hard", "HEAD^")
    git(jam, "branch", "-qM", "work", "main")
    last = git(jam, "rev-parse", "main@{1}")
    assert dropped(jam).get(old) == ["code.py", "note.txt"] or old in dropped(jam), last
    muse(jam, "session", "redeliver", "jam")
    muse(jam, "session", "commit", "jam")
    assert read(jam, "bot.py") == BOT and read(jam, "note.txt") == NOTE
    assert (read(jam, "code.py") or b"").startswith(TEN[:20])
    delivered_once(jam, git)


def test_autosquash_of_a_fixup_into_the_first_of_two(jam: Path, git: RunGit) -> None:
    by_hand(jam, git, "bot.py", BOT.replace(b"0", b"5"), f"fixup! {git(jam, 'log', '-1', '--format=%s', 'HEAD^')}")
    git(jam, "-c", "sequence.editor=true", "rebase", "-q", "-i", "--autosquash", "HEAD~3")
    assert git(jam, "rev-list", "--count", "HEAD") == "3"
    assert dropped(jam) == {}, "what a person made of it counts as delivered"
    assert "nothing to redeliver" in muse(jam, "session", "redeliver", "jam")
    agent(jam, symbol("code.py", "second", "def second():\n    return 20\n"))
    muse(jam, "session", "commit", "jam")
    assert read(jam, "bot.py") == BOT.replace(b"0", b"5") and b"return 20" in (read(jam, "code.py") or b"")
    delivered_once(jam, git)


def test_a_renamed_file_in_the_part_that_is_gone(jam: Path, git: RunGit) -> None:
    answers = [{"op": "rename", "address": "words.txt", "to": "lyrics.txt"}, added("more.txt", b"more\n")]
    agent(jam, *answers)
    muse(jam, "session", "commit", "jam")
    git(jam, "reset", "-q", "--hard", "HEAD^")
    by_hand(jam, git, "more.txt", b"more\n")
    write(jam, "words.txt", WORDS.replace(b"seven", b"SEVEN"))
    git(jam, "commit", "-qam", "a word by hand")
    assert list(dropped(jam).values()) == [["lyrics.txt", "words.txt"]]
    assert "1 op " in muse(jam, "session", "redeliver", "jam")
    muse(jam, "session", "commit", "jam")
    assert read(jam, "words.txt") is None and read(jam, "lyrics.txt") == WORDS.replace(b"seven", b"SEVEN")
    assert read(jam, "more.txt") == b"more\n"
    whole(jam)
    delivered_once(jam, git)


def test_the_rest_comes_by_hand_after_it_was_asked_back(jam: Path, git: RunGit) -> None:
    git(jam, "reset", "-q", "--hard", "HEAD~2")
    by_hand(jam, git, "bot.py", BOT)
    muse(jam, "session", "redeliver", "jam")
    assert pending(jam) == 4
    write(jam, "note.txt", NOTE)
    by_hand(jam, git, "code.py", TEN)
    again = muse(jam, "session", "redeliver", "jam")
    assert "nothing to redeliver" in again and pending(jam) == 4
    muse(jam, "session", "commit", "jam")
    whole(jam)
    delivered_once(jam, git)


def test_asked_back_by_name_twice(jam: Path, git: RunGit) -> None:
    old = git(jam, "rev-parse", "HEAD^")
    git(jam, "reset", "-q", "--hard", "HEAD~2")
    by_hand(jam, git, "bot.py", BOT)
    by_hand(jam, git, "bot.py", BOT.replace(b"0", b"7"))
    for _ in range(2):
        assert "2 ops" in muse(jam, "session", "redeliver", "jam", old)
        assert pending(jam) == 2
    muse(jam, "session", "commit", "jam")
    assert read(jam, "bot.py") == BOT.replace(b"0", b"7") and read(jam, "note.txt") == NOTE
    assert read(jam, "code.py") == TEN and read(jam, "old.txt") == b"old\n", "the second was not asked for"


def test_undo_of_what_came_back(jam: Path, git: RunGit) -> None:
    old = git(jam, "rev-parse", "HEAD^")
    git(jam, "reset", "-q", "--hard", "HEAD^")
    git(jam, "reset", "-q", "--hard", "HEAD^")
    by_hand(jam, git, "bot.py", BOT)
    muse(jam, "session", "redeliver", "jam")
    muse(jam, "session", "commit", "jam", "-m", "back")
    whole(jam)
    muse(jam, "session", "undo", "jam", "--delivery", "HEAD")
    muse(jam, "session", "commit", "jam", "-m", "undone")
    assert read(jam, "note.txt") is None and read(jam, "code.py") == ONE and read(jam, "old.txt") == b"old\n"
    assert read(jam, "bot.py") == BOT, "what a person committed again is not of that delivery"
    assert old not in dropped(jam)
    delivered_once(jam, git)


def test_a_file_checked_out_from_before(jam: Path, git: RunGit) -> None:
    """A person takes one file of a delivery back by hand; the others were edited since; all of it is asked for."""
    old = git(jam, "rev-parse", "HEAD^")
    git(jam, "checkout", "-q", "HEAD~2", "--", "code.py")
    git(jam, "rm", "-q", "bot.py")
    git(jam, "commit", "-qm", "not these")
    by_hand(jam, git, "words.txt", b"zero\n" + WORDS)
    assert dropped(jam) == {}, "its commit is in the history: a person's edit came after it"
    muse(jam, "session", "redeliver", "jam", old)
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == TEN and read(jam, "bot.py") == BOT and read(jam, "note.txt") == NOTE
    assert read(jam, "words.txt") == b"zero\n" + WORDS and read(jam, "old.txt") is None
    delivered_once(jam, git)


def test_a_history_that_a_graft_cuts(jam: Path, git: RunGit) -> None:
    """`git replace --graft` hides what came before the second delivery, the first one included."""
    git(jam, "replace", "--graft", "HEAD")
    agent(jam, symbol("code.py", "second", "def second():\n    return 20\n"))
    muse(jam, "session", "commit", "jam")
    assert read(jam, "bot.py") == BOT and read(jam, "old.txt") is None
    assert read(jam, "code.py") == TEN.replace(b"return 3", b"return 30").replace(b"return 2", b"return 20")
    git(jam, "replace", "-d", git(jam, "rev-parse", "HEAD^"))
    delivered_once(jam, git)


def test_an_orphan_branch_with_one_of_the_files(jam: Path, git: RunGit) -> None:
    git(jam, "switch", "-q", "--orphan", "fresh")
    by_hand(jam, git, "bot.py", BOT)
    agent(jam, added("new.txt", b"new\n"))
    muse(jam, "session", "commit", "jam", "--onto", "fresh")
    assert git(jam, "ls-tree", "--name-only", "HEAD").split() == ["bot.py", "new.txt"]
    assert read(jam, "bot.py") == BOT and read(jam, "new.txt") == b"new\n"
    delivered_once(jam, git)


def test_a_merge_that_takes_ours_whole(jam: Path, git: RunGit) -> None:
    """`git merge -s ours` says that none of it is wanted; it stays delivered, and a new op stands on what is there."""
    git(jam, "switch", "-qc", "other", "HEAD~2")
    by_hand(jam, git, "words.txt", b"zero\n" + WORDS)
    git(jam, "merge", "-q", "-s", "ours", "-m", "none of it", "main")
    git(jam, "branch", "-qM", "other", "main")
    agent(jam, first(11), added("more.txt", b"more\n"))
    muse(jam, "session", "commit", "jam", "--take", "session")
    assert read(jam, "code.py") == ONE.replace(b"return 1", b"return 11") and read(jam, "more.txt") == b"more\n"
    assert read(jam, "bot.py") is None and read(jam, "note.txt") is None and read(jam, "old.txt") == b"old\n"
    delivered_once(jam, git)


@pytest.mark.parametrize("born", [True, False])
def test_a_new_script_in_a_sparse_checkout_without_modes(make_repo: MakeRepo, git: RunGit, born: bool) -> None:
    files = {"in/code.py": ONE, "out/words.txt": WORDS, "out/deep/x.txt": b"x\n"} if born else {}
    root = make_repo(files=files)
    git(root, "config", "core.fileMode", "false")
    if born:
        git(root, "sparse-checkout", "set", "in")
    muse(root, "session", "start", "jam")
    script = {"op": "insert", "address": "out/go.sh", "content": "#!/bin/sh\n", "mode": "100755"}
    agent(root, script, added("in/plain.txt", b"plain\n"))
    muse(root, "session", "commit", "jam")
    assert git(root, "ls-tree", "HEAD", "out/go.sh").startswith("100755")
    assert git(root, "ls-tree", "HEAD", "in/plain.txt").startswith("100644")
    if born:
        assert read(root, "out/words.txt") == WORDS and read(root, "out/deep/x.txt") == b"x\n"
        assert not (root / "out/words.txt").exists() and not (root / "out/deep").exists(), "still left out"
    delivered_once(root, git)


def test_a_case_only_rename_of_a_script_without_modes(jam: Path, git: RunGit) -> None:
    git(jam, "update-index", "--chmod=+x", "run.sh")
    git(jam, "commit", "-qm", "a script")
    git(jam, "config", "core.fileMode", "false")
    agent(jam, {"op": "rename", "address": "run.sh", "to": "RUN.sh"})
    muse(jam, "session", "commit", "jam")
    assert git(jam, "ls-tree", "HEAD", "RUN.sh").startswith("100755") and read(jam, "run.sh") is None
    whole(jam)
    delivered_once(jam, git)
