"""The content of ops is taken out of the log, its ref and its history; where it is left is told."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from muse.core.op_log import OpLog
from muse.engine.session import expunge
from muse.store.log import expunged
from muse.store.repository import Repository
from tests.conftest import MakeRepo, RunGit
from tests.session.stories import ONE, added, agent, muse, read, symbol

SECRET = b"hunter2-correct-horse\n"


@pytest.fixture
def jam(make_repo: MakeRepo) -> Path:
    """A session with a secret among its ops; nothing is committed yet."""
    root = make_repo(files={"code.py": ONE})
    muse(root, "session", "start", "jam")
    agent(root, symbol("code.py", "first", "def first():\n    return 10\n"))
    agent(root, added("conf/key.txt", SECRET), added("conf/other.txt", b"other\n"), actor="careless")
    agent(root, symbol("code.py", "third", "def third():\n    return 30\n"), added("last.txt", b"last\n"))
    return root


def secret_op(root: Path) -> str:
    return next(entry["op_id"] for entry in OpLog(root, "jam").read_all() if "key.txt" in entry["domain_op"]["address"])


def in_log(root: Path) -> bool:
    """True when any file of the session has the secret, plain or in base 64."""
    words = (SECRET.strip(), b"aHVudGVyMi1jb3JyZWN0LWhvcnNl")
    files = [path for path in (root / ".git" / "muse" / "op_log").rglob("*") if path.is_file()]
    return any(word in path.read_bytes() for path in files for word in words)


def in_objects(root: Path, *revs: str) -> bool:
    """True when an object has the secret: one that these name, or any at all once Git has cleared away."""
    if revs:
        done = subprocess.run(["git", "rev-list", "--objects", *revs], cwd=root, capture_output=True, check=True)
        names = b"".join(line.split(b" ")[0] + b"\n" for line in done.stdout.splitlines())
        words = ["git", "cat-file", "--batch"]
    else:
        subprocess.run(["git", "reflog", "expire", "--expire=now", "--all"], cwd=root, check=True)
        subprocess.run(["git", "gc", "-q", "--prune=now"], cwd=root, check=True)
        names, words = b"", ["git", "cat-file", "--batch-all-objects", "--batch"]
    found = subprocess.run(words, cwd=root, input=names, capture_output=True, check=True).stdout
    return SECRET.strip() in found or b"aHVudGVyMi1jb3JyZWN0LWhvcnNl" in found


def goes_on(root: Path) -> None:
    """All other ops are there, nothing is damaged, and the session commits."""
    status = json.loads(muse(root, "session", "status", "jam", "--json"))
    assert status["damage"] == [] and status["waiting"] == [] and status["ops"] == 4
    agent(root, added("more.txt", b"more\n"))
    muse(root, "session", "commit", "jam")
    assert read(root, "code.py") == ONE.replace(b"return 1", b"return 10").replace(b"return 3", b"return 30")
    assert read(root, "last.txt") == b"last\n" and read(root, "more.txt") == b"more\n"
    assert read(root, "conf/other.txt") == b"other\n"


@pytest.mark.parametrize("given", [False, True], ids=["never given away", "in our ref"])
def test_it_is_gone_everywhere_here(jam: Path, given: bool) -> None:
    if given:
        muse(jam, "gc", "--archive-from", "1")
    said = muse(jam, "session", "expunge", "jam", "--path", "conf/key.txt")
    assert "the content of 1 op is gone" in said and "git gc --prune=now" in said
    assert not in_log(jam)
    (ref,) = subprocess.check_output(
        ["git", "for-each-ref", "--format=%(refname)", "refs/muse/log"], cwd=jam, text=True
    ).split()
    assert not in_objects(jam, ref)
    assert not in_objects(jam)
    goes_on(jam)
    assert read(jam, "conf/key.txt") is None and not in_objects(jam)
    assert "no op of the session is about" not in muse(jam, "session", "expunge", "jam", "--path", "conf/key.txt")
    assert muse(jam, "verify") is not None


def test_what_was_delivered_stays_and_is_told(jam: Path, git: RunGit) -> None:
    muse(jam, "session", "commit", "jam")
    name = secret_op(jam)[7:19]
    before = git(jam, "rev-parse", "HEAD")
    said = muse(jam, "session", "expunge", "jam", "--op", name)
    assert f"commit {before[:10]} has what they made" in said and "git filter-repo" in said
    assert not in_log(jam) and git(jam, "rev-parse", "HEAD") == before and read(jam, "conf/key.txt") == SECRET
    assert "nothing to commit" in muse(jam, "session", "commit", "jam")
    agent(jam, added("more.txt", b"more\n"))
    muse(jam, "session", "commit", "jam")
    assert read(jam, "more.txt") == b"more\n" and read(jam, "conf/key.txt") == SECRET


def test_large_content_and_an_archived_log(jam: Path) -> None:
    large = SECRET + b"x" * (80 << 10)
    agent(jam, added("large.bin", large))
    muse(jam, "gc", "--archive-from", "1", "--prune-archived")
    muse(jam, "session", "expunge", "jam", "--path", "large.bin", "--path", "conf/key.txt")
    assert not in_log(jam) and not in_objects(jam)
    goes_on(jam)
    muse(jam, "gc", "--archive-from", "1", "--prune-archived")
    assert json.loads(muse(jam, "session", "status", "jam", "--json"))["damage"] == []


def test_content_that_another_op_names_too_stays(jam: Path) -> None:
    large = b"y" * (80 << 10)
    agent(jam, added("one.bin", large), added("two.bin", large))
    muse(jam, "session", "expunge", "jam", "--path", "one.bin")
    muse(jam, "session", "commit", "jam")
    assert read(jam, "two.bin") == large and read(jam, "one.bin") is None


def test_a_clone_that_still_has_it(jam: Path, git: RunGit, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--bare", "server.git")
    git(jam, "remote", "add", "origin", tmp_path / "server.git")
    git(jam, "push", "-qu", "origin", "main")
    muse(jam, "sync")
    git(tmp_path, "clone", "-q", "server.git", "other")
    other = tmp_path / "other"
    muse(other, "sync")
    muse(other, "session", "status", "jam")
    assert in_log(other)
    said = muse(jam, "session", "expunge", "jam", "--path", "conf/key.txt")
    (line,) = [line for line in said.splitlines() if "git push origin --delete refs/muse/log/" in line]
    for command in line.split(": ", 1)[1].split(", then "):
        git(jam, *command.removeprefix("git ").split())
    muse(jam, "sync")
    muse(other, "session", "commit", "jam")  # it had the op, and delivers it: that is its own
    assert read(other, "conf/key.txt") == SECRET
    muse(other, "sync")
    muse(jam, "sync")
    muse(jam, "session", "status", "jam")
    assert not in_log(jam), "nobody brings it back"
    said = muse(other, "session", "status", "jam")
    assert "1 op that another clone has expunged are still here" in said and "muse session expunge jam --told" in said
    assert "muse session expunge jam --told" in muse(other, "doctor", code=None)
    assert "is gone from the log here" in muse(other, "session", "expunge", "jam", "--told")
    assert not in_log(other)
    assert "nothing to expunge" in muse(other, "session", "expunge", "jam", "--told")
    assert "has expunged" not in muse(other, "session", "status", "jam")


def test_ops_that_build_on_one_that_is_gone_do_not_wait(jam: Path) -> None:
    name = secret_op(jam)
    muse(jam, "session", "expunge", "jam", "--op", name)
    done = subprocess.run(
        [sys.executable, "-m", "muse.cli", "session", "append", "jam"],
        cwd=jam,
        input=json.dumps({"op": added("child.txt", b"child\n"), "parents": [name]}).encode(),
        capture_output=True,
        check=True,
    )
    assert b'"ack"' in done.stdout
    muse(jam, "session", "commit", "jam")
    assert read(jam, "child.txt") == b"child\n"


@pytest.mark.parametrize("step", ["log", "ref"])
def test_one_that_died_is_finished_by_the_next(jam: Path, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    repo, log = Repository(jam), OpLog(jam, "jam")

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(*((OpLog, "expunge") if step == "log" else (expunged, "rewrite")), die)
        with pytest.raises(KeyboardInterrupt):
            expunge.expunge(repo, log, [secret_op(jam)])
    log.close()
    muse(jam, "session", "expunge", "jam", "--path", "conf/other.txt")
    assert not in_log(jam) and not in_objects(jam)
    muse(jam, "session", "commit", "jam")
    assert read(jam, "conf/key.txt") is None and read(jam, "last.txt") == b"last\n"


@pytest.mark.parametrize(
    "words, what",
    [
        ((), "which ops"),
        (("--op", "abcd1234"), "there is no op"),
        (("--op", ""), "there is no op"),
        (("--path", "nowhere\x1b[2J"), "no op of the session is about"),
        (("--path", ""), "no op of the session"),
    ],
)
def test_bad_words(jam: Path, words: tuple[str, ...], what: str) -> None:
    said = muse(jam, "session", "expunge", "jam", *words, code=None)
    assert what in said and "\x1b" not in said
    assert in_log(jam) and len(OpLog(jam, "jam").read_all()) == 5
