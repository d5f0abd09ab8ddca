"""A delivery is taken away with its commit, and a person commits a part of it again: each file counts for itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from muse.core.op_log import OpLog
from muse.engine.session import commit as session
from muse.plugins.registry import plugin_for_path
from muse.store.repository import Repository
from tests.conftest import MakeRepo, RunGit
from tests.session.stories import ONE, WORDS, added, agent, delivered_once, muse, pending, read, symbol, write
from tests.session.two_clones import sync

BOT = b"def bot():\n    return 0\n"
EDITED = ONE.replace(b"return 1", b"return 10").replace(b"return 3", b"return 30")
pytestmark = pytest.mark.needs_git(2, 38, "git merge-tree --write-tree")


@pytest.fixture
def jam(make_repo: MakeRepo) -> Path:
    """A session that has delivered a file, two functions of another one, and a text."""
    root = make_repo(files={"code.py": ONE, "words.txt": WORDS})
    muse(root, "session", "start", "jam")
    agent(root, added("bot.py", BOT), added("note.txt", b"note\n"))
    agent(root, symbol("code.py", "first", "def first():\n    return 10\n"))
    agent(root, symbol("code.py", "third", "def third():\n    return 30\n"))
    muse(root, "session", "commit", "jam", "-m", "delivered")
    return root


def by_hand(root: Path, git: RunGit, **files: bytes) -> None:
    for name, data in files.items():
        write(root, name.replace("_", "."), data)
    git(root, "add", "-A")
    git(root, "commit", "-qm", "by hand")


def taken_away(root: Path, git: RunGit, **files: bytes) -> str:
    """The delivery's commit goes, and these files are committed by hand."""
    old = git(root, "rev-parse", "HEAD")
    git(root, "reset", "-q", "--hard", "HEAD^")
    by_hand(root, git, **files)
    return old


def told(root: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(muse(root, "session", "status", "jam", "--json"))
    return found


def test_what_is_in_no_branch_is_told_by_file_and_comes_back_alone(jam: Path, git: RunGit) -> None:
    old = taken_away(jam, git, bot_py=BOT)
    by_hand(jam, git, bot_py=BOT.replace(b"0", b"99"))
    said = muse(jam, "session", "status", "jam")
    assert f"commit {old[:10]} of it is in no branch any more as far as code.py, note.txt are concerned" in said
    assert told(jam)["dropped"] == [old] and pending(jam) == 0
    assert "nothing to commit" in muse(jam, "session", "commit", "jam"), "nothing comes back unasked"
    assert "3 ops" in muse(jam, "session", "redeliver", "jam")
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == EDITED and read(jam, "note.txt") == b"note\n"
    assert read(jam, "bot.py") == BOT.replace(b"0", b"99"), "what a person made of it since"
    assert told(jam)["dropped"] == [] and "nothing to redeliver" in muse(jam, "session", "redeliver", "jam")
    delivered_once(jam, git)


def test_a_part_that_comes_later_is_found_too(jam: Path, git: RunGit) -> None:
    taken_away(jam, git, bot_py=BOT)
    assert told(jam)["dropped"]
    by_hand(jam, git, code_py=EDITED.replace(b"return 2", b"return 2  # mine"))
    assert "as far as note.txt is concerned" in muse(jam, "session", "status", "jam")
    by_hand(jam, git, note_txt=b"note\n")
    assert told(jam)["dropped"] == []
    assert "nothing to redeliver" in muse(jam, "session", "redeliver", "jam")
    delivered_once(jam, git)


def test_a_part_that_goes_again_is_told(jam: Path, git: RunGit) -> None:
    taken_away(jam, git, bot_py=BOT, note_txt=b"note\n")
    by_hand(jam, git, code_py=EDITED)
    assert told(jam)["dropped"] == []
    git(jam, "reset", "-q", "--hard", "HEAD^")
    assert "as far as code.py is concerned" in muse(jam, "session", "status", "jam")
    assert "2 ops" in muse(jam, "session", "redeliver", "jam")
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == EDITED and read(jam, "bot.py") == BOT
    delivered_once(jam, git)


def test_one_function_of_two(jam: Path, git: RunGit) -> None:
    """As `git add -p` does it: the file is not whole, both ops come back, and the one that is there changes nothing."""
    taken_away(jam, git, bot_py=BOT, note_txt=b"note\n", code_py=ONE.replace(b"return 1", b"return 10"))
    assert "as far as code.py is concerned" in muse(jam, "session", "status", "jam")
    muse(jam, "session", "redeliver", "jam")
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == EDITED and read(jam, "note.txt") == b"note\n"
    delivered_once(jam, git)


@pytest.mark.parametrize("first", [False, True])
def test_what_a_person_commits_instead_is_no_ground_to_write_over(jam: Path, git: RunGit, first: bool) -> None:
    mine = ONE.replace(b"return 1", b"return 1111")
    if first:
        git(jam, "reset", "-q", "--hard", "HEAD^")
        by_hand(jam, git, code_py=mine)
        by_hand(jam, git, bot_py=BOT)
    else:
        taken_away(jam, git, bot_py=BOT, code_py=mine)
    muse(jam, "session", "redeliver", "jam")
    assert "HEAD and the session changed the same" in muse(jam, "session", "commit", "jam", code=1)
    assert read(jam, "code.py") == mine
    muse(jam, "session", "commit", "jam", "--take", "head")
    assert read(jam, "code.py") == mine.replace(b"return 3", b"return 30") and read(jam, "bot.py") == BOT
    delivered_once(jam, git)


def test_ops_that_come_after_do_not_bring_it_back(jam: Path, git: RunGit) -> None:
    taken_away(jam, git, bot_py=BOT)
    agent(jam, symbol("code.py", "second", "def second():\n    return 20\n"))
    agent(jam, symbol("bot.py", "bot", "def bot():\n    return 5\n"))
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == ONE.replace(b"return 2", b"return 20") and read(jam, "note.txt") is None
    assert read(jam, "bot.py") == BOT.replace(b"0", b"5")
    assert told(jam)["dropped"], "the first is still told"
    muse(jam, "session", "redeliver", "jam")
    muse(jam, "session", "commit", "jam")
    assert read(jam, "code.py") == EDITED.replace(b"return 2", b"return 20") and read(jam, "note.txt") == b"note\n"
    assert read(jam, "bot.py") == BOT.replace(b"0", b"5")
    delivered_once(jam, git)


@pytest.mark.parametrize("way", [0, 1])
def test_the_other_clone_has_all_of_it(jam: Path, git: RunGit, tmp_path: Path, way: int) -> None:
    """Bob delivers the same ops; alice has dropped hers and kept one file. Their merge has what bob's commit has."""
    alice, bob = pair(jam, git, tmp_path)
    deliver(alice), deliver(bob)
    taken_away(alice, git, bot_py=BOT)
    by_hand(alice, git, words_txt=b"zero\n" + WORDS)
    assert told(alice)["dropped"]
    root, other = ((alice, bob), (bob, alice))[way]
    git(root, "fetch", "-q", str(other), "+main:refs/remotes/other/main", "+refs/muse/*:refs/muse-remotes/other/*")
    muse(root, "merge", "other/main", "-m", "both")
    assert read(root, "code.py") == EDITED and read(root, "note.txt") == b"note\n" and read(root, "bot.py") == BOT
    assert read(root, "words.txt") == b"zero\n" + WORDS
    assert pending(root) == 0 and told(root)["lost_in_merges"] == []


def test_what_another_clone_delivered_and_dropped_in_part(jam: Path, git: RunGit, tmp_path: Path) -> None:
    alice, bob = pair(jam, git, tmp_path)
    deliver(bob)
    old = taken_away(bob, git, bot_py=BOT)
    told(bob)
    sync(bob), sync(alice)
    assert read(alice, "bot.py") == BOT
    said = muse(alice, "session", "status", "jam")
    assert f"commit {old[:10]} of another clone" in said and pending(alice) == 0
    assert "3 ops" in muse(alice, "session", "redeliver", "jam", old[:12])
    muse(alice, "session", "commit", "jam")
    assert read(alice, "code.py") == EDITED and read(alice, "note.txt") == b"note\n" and read(alice, "bot.py") == BOT
    sync(alice), sync(bob)
    for root in (alice, bob):
        assert "nothing to commit" in muse(root, "session", "commit", "jam")
        assert read(root, "code.py") == EDITED and read(root, "bot.py") == BOT


def pair(jam: Path, git: RunGit, tmp_path: Path) -> tuple[Path, Path]:
    """Two clones with the fixture's ops, which nobody has delivered."""
    first = git(jam, "rev-list", "--max-parents=0", "HEAD")
    git(jam, "reset", "-q", "--hard", first)
    git(tmp_path, "clone", "-q", "--bare", jam, "server.git")
    alice, bob = tmp_path / "alice", tmp_path / "bob"
    for root in (alice, bob):
        git(tmp_path, "clone", "-q", "server.git", root.name)
    muse(alice, "session", "start", "jam")
    agent(alice, added("bot.py", BOT), added("note.txt", b"note\n"))
    agent(alice, symbol("code.py", "first", "def first():\n    return 10\n"))
    agent(alice, symbol("code.py", "third", "def third():\n    return 30\n"))
    sync(alice), sync(bob)
    session.existing(Repository(bob), "jam")
    return alice, bob


def deliver(root: Path) -> None:
    repo = Repository(root)
    assert session.commit(repo, OpLog(root, "jam"), plugin_for_path, message=root.name).commit is not None


@pytest.mark.parametrize("hand", [False, True])
def test_two_commits_of_the_same_lines_in_one(jam: Path, git: RunGit, hand: bool) -> None:
    """Squashed, the first of them is nowhere by itself; it was delivered all the same."""
    after = EDITED.replace(b"return 10", b"return 11")
    if hand:
        by_hand(jam, git, code_py=after)
    else:
        agent(jam, symbol("code.py", "first", "def first():\n    return 11\n"))
        muse(jam, "session", "commit", "jam")
    git(jam, "reset", "-q", "--soft", "HEAD~2")
    git(jam, "commit", "-qm", "both in one")
    assert told(jam)["dropped"] == []
    assert "nothing to redeliver" in muse(jam, "session", "redeliver", "jam")
    assert read(jam, "code.py") == after
    delivered_once(jam, git)
