"""A clone says that a commit delivers ops which that does not hold: nobody's edit is taken for taken back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from muse.core.op_log import OpLog
from muse.store.layout import FORMATS, session_path
from muse.store.log import checkpoints
from muse.store.repository import Repository
from tests.conftest import MakeRepo, RunGit
from tests.session.stories import ONE, WORDS, added, agent, changed, muse, read, symbol, write

BOT = b"def bot():\n    return 0\n"
EDITED = ONE.replace(b"return 1", b"return 10")
LIAR = f"refs/muse-remotes/x/log/{'e' * 20}"
pytestmark = pytest.mark.needs_git(2, 38, "git merge-tree --write-tree")


@pytest.fixture
def jam(make_repo: MakeRepo, git: RunGit) -> Path:
    """A session has delivered a file, a whole file's change and a function; branch `other` has a commit beside it."""
    root = make_repo(files={"code.py": ONE, "words.txt": WORDS})
    git(root, "branch", "other")
    muse(root, "session", "start", "jam")
    agent(root, added("bot.py", BOT), changed("words.txt", WORDS, WORDS + b"eight\n"))
    agent(root, symbol("code.py", "first", "def first():\n    return 10\n"))
    muse(root, "session", "commit", "jam", "-m", "delivered")
    return root


def beside(root: Path, git: RunGit, path: str, data: bytes) -> str:
    """A commit on `other`; main is checked out afterwards."""
    git(root, "switch", "-q", "other")
    write(root, path, data)
    git(root, "add", "-A")
    git(root, "commit", "-qm", "beside")
    made = git(root, "rev-parse", "HEAD")
    git(root, "switch", "-q", "main")
    return made


def own_word(root: Path) -> dict[str, Any]:
    """The delivery as this clone tells it."""
    made = OpLog(root, "jam").read_checkpoint()
    assert made is not None
    (told,) = made["deliveries"]
    return dict(told)


def claim(root: Path, git: RunGit, *deliveries: dict[str, Any], ref: str = LIAR, **more: Any) -> None:
    """Another clone's log ref as fetched, with a checkpoint that tells of these deliveries."""
    shape = {"session_id": "jam", "snapshot_id": "x", "lamport_ts": 1, "op_count": 1, "created_at": ""}
    text = json.dumps({**shape, "positions": {}, "branch": "refs/heads/other", "deliveries": deliveries, **more})
    blob = git(root, "hash-object", "-w", "--stdin", input=text)
    form = git(root, "hash-object", "-w", "--stdin", input=FORMATS["log"][-1])
    index = {"GIT_INDEX_FILE": str(root.parent / "index-of-another")}
    for name, path in ((form, "format"), (blob, session_path("jam", "checkpoint.json"))):
        git(root, "update-index", "--add", "--cacheinfo", f"100644,{name},{path}", env=index)
    git(root, "update-ref", ref, git(root, "commit-tree", "-m", "x", git(root, "write-tree", env=index)))


@pytest.mark.parametrize("same_id", [False, True])
def test_a_commit_that_touches_none_of_it(jam: Path, git: RunGit, same_id: bool) -> None:
    lie = beside(jam, git, "theirs.txt", b"theirs\n")
    told = own_word(jam)
    claim(jam, git, {**told, "id": told["id"] if same_id else "0" * 16, "commit": lie})
    said = muse(jam, "merge", "other", "-m", "both")
    assert (
        read(jam, "bot.py") == BOT and read(jam, "code.py") == EDITED and read(jam, "words.txt") == WORDS + b"eight\n"
    )
    assert read(jam, "theirs.txt") == b"theirs\n"
    if not same_id:  # that id is ours: what another says of it is not even looked at
        line = f"{LIAR}: it says that commit {lie[:10]} delivers ops on bot.py, code.py, words.txt, which that does not"
        assert said.count(line) == 1
        assert line in muse(jam, "doctor", code=None)
        git(jam, "reset", "-q", "--hard", "HEAD^")
        assert line not in muse(jam, "merge", "other", "-m", "again"), "told once"
        assert read(jam, "bot.py") == BOT and read(jam, "code.py") == EDITED


def test_part_of_it_is_believed_where_it_is_there(jam: Path, git: RunGit) -> None:
    told = own_word(jam)
    lie = beside(jam, git, "bot.py", BOT)
    git(jam, "rm", "-q", "bot.py")
    git(jam, "commit", "-qm", "a person deletes it here")
    claim(jam, git, {**told, "id": "0" * 16, "commit": lie})
    muse(jam, "merge", "other", "-m", "both")
    assert read(jam, "bot.py") is None, "both have had it, and one has deleted it"
    assert read(jam, "code.py") == EDITED and read(jam, "words.txt") == WORDS + b"eight\n"


def test_a_commit_that_changed_the_same_in_another_way_is_a_conflict(jam: Path, git: RunGit) -> None:
    lie = beside(jam, git, "code.py", ONE.replace(b"return 1", b"return 7"))
    claim(jam, git, {**own_word(jam), "id": "0" * 16, "commit": lie})
    muse(jam, "merge", "other", "-m", "both", code=1)
    assert git(jam, "diff", "--name-only", "--diff-filter=U") == "code.py"


def test_a_claim_about_the_commit_of_somebody_else(jam: Path, git: RunGit) -> None:
    """Bob has delivered an op of his own; a third clone says that our commit has it, too."""
    agent(jam, symbol("code.py", "third", "def third():\n    return 30\n"), added("bob.txt", b"bob\n"), actor="bob")
    theirs = ONE.replace(b"return 3", b"return 30")
    bob = beside(jam, git, "code.py", theirs)
    git(jam, "switch", "-q", "other")
    write(jam, "bob.txt", b"bob\n")
    git(jam, "add", "-A")
    git(jam, "commit", "-q", "--amend", "--no-edit")
    bob = git(jam, "rev-parse", "HEAD")
    git(jam, "switch", "-q", "main")
    told = own_word(jam)
    log = OpLog(jam, "jam")
    keys = [key for key, entry in log.records() if entry["actor_id"] == "bob"]
    ops = {keys[0].who: [[key.sequence, key.sequence] for key in keys]}
    claim(jam, git, {**told, "id": "1" * 16, "commit": bob, "ops": ops}, ref=f"refs/muse-remotes/x/log/{'b' * 20}")
    claim(jam, git, {**told, "id": "2" * 16, "ops": ops})
    muse(jam, "merge", "other", "-m", "both")
    assert read(jam, "bob.txt") == b"bob\n"
    assert read(jam, "code.py") == EDITED.replace(b"return 3", b"return 30")


def test_what_was_looked_into_may_be_lost_or_damaged(jam: Path, git: RunGit) -> None:
    lie = beside(jam, git, "theirs.txt", b"theirs\n")
    claim(jam, git, {**own_word(jam), "id": "0" * 16, "commit": lie})
    kept = OpLog(jam, "jam").folder / "checked.json"
    for text in ("[]", "{", '{"x": 1}', '{"x": {"lacking": [1], "ref": "", "commit": ""}}', "[" * 100_000):
        kept.write_text(text)
        assert "does not hold" in muse(jam, "merge", "other", "-m", "both")
        assert read(jam, "bot.py") == BOT
        git(jam, "reset", "-q", "--hard", "HEAD^")
    assert Repository(jam).head() == git(jam, "rev-parse", "main")


def test_ops_that_count_as_delivered_by_no_delivery_are_named(jam: Path, git: RunGit) -> None:
    """Given away, and called delivered by another clone that names no commit: told by name, and not pending."""
    agent(jam, added("late.txt", b"late\n"))
    log = OpLog(jam, "jam")
    ack = list(log.each())[-1]["op_id"]
    checkpoints.save(Repository(jam), log)
    (key,) = (key for key, entry in log.records() if entry["op_id"] == ack)
    before = json.loads(muse(jam, "session", "status", "jam", "--json"))
    assert (before["uncommitted"], before["unbacked"]) == (1, {})
    claim(jam, git, positions={key.who: key.sequence})
    found = json.loads(muse(jam, "session", "status", "jam", "--json"))
    assert (found["uncommitted"], found["unbacked"]) == (0, {LIAR: [ack]})
    assert f"1 op ({ack[:17]}) delivered as {LIAR} says" in muse(jam, "session", "status", "jam")
    told = {**own_word(jam), "id": "0" * 16, "ops": {key.who: [[key.sequence, key.sequence]]}}
    claim(jam, git, told, positions={key.who: key.sequence})
    assert json.loads(muse(jam, "session", "status", "jam", "--json"))["unbacked"] == {}
    assert read(jam, "bot.py") == BOT and read(jam, "late.txt") is None
