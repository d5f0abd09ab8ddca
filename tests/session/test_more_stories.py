"""More of what happens between two session commits: filters, ops that wait, joins, a rewritten root, copies."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from muse.core.op_log import OpLog
from tests.conftest import MakeRepo, RunGit
from tests.session.kit import append, b64
from tests.session.stories import ONE, WORDS, added, agent, changed, muse, read, symbol, write
from tests.session.two_clones import files, wanted

POINTER = """\
import hashlib, pathlib, sys
store, data = pathlib.Path(sys.argv[2]), sys.stdin.buffer.read()
head = b"version https://git-lfs.github.com/spec/v1\\noid sha256:"
if sys.argv[1] == "clean" and not data.startswith(head):
    name = hashlib.sha256(data).hexdigest()
    (store / name).write_bytes(data)
    data = head + f"{name}\\nsize {len(data)}\\n".encode()
elif sys.argv[1] == "smudge" and data.startswith(head):
    data = (store / data.split(b":")[2].split()[0].decode()).read_bytes()
sys.stdout.buffer.write(data)
"""


@pytest.fixture
def filtered(make_repo: MakeRepo, git: RunGit, tmp_path: Path) -> Path:
    """Python files have a filter that writes a word in another way, `.bin` files one that keeps pointers as LFS."""
    script, store = tmp_path / "pointer.py", tmp_path / "store"
    script.write_text(POINTER)
    store.mkdir()
    root = make_repo()
    for way in ("clean", "smudge"):
        git(root, "config", f"filter.lfs.{way}", f"{sys.executable} {script} {way} {store}")
    git(root, "config", "filter.word.clean", "sed s/here/CLEAN/")
    git(root, "config", "filter.word.smudge", "sed s/CLEAN/here/")
    rules = b"*.py filter=word\n*.bin filter=lfs diff=lfs merge=lfs -text\n"
    files = {".gitattributes": rules, "code.py": b"PLACE = 'here'\n\n\n" + ONE, "big.bin": b"\x00" * 5000}
    for path, data in files.items():
        write(root, path, data)
    git(root, "add", "-A")
    git(root, "commit", "-qm", "first")
    muse(root, "session", "start", "jam")
    return root


def test_a_filter_that_changes_text(filtered: Path, git: RunGit) -> None:
    agent(filtered, symbol("code.py", "first", "def first():\n    return 100\n"))
    muse(filtered, "session", "commit", "jam")
    clean = b"PLACE = 'CLEAN'\n\n\n" + ONE.replace(b"return 1", b"return 100")
    assert read(filtered, "code.py") == clean
    assert (filtered / "code.py").read_bytes() == clean.replace(b"CLEAN", b"here")
    write(filtered, "code.py", (filtered / "code.py").read_bytes().replace(b"return 2", b"return 222"))
    git(filtered, "commit", "-qam", "by hand")
    agent(filtered, symbol("code.py", "third", "def third():\n    return 333\n"))
    muse(filtered, "session", "commit", "jam")
    clean = clean.replace(b"return 2", b"return 222").replace(b"return 3", b"return 333")
    assert read(filtered, "code.py") == clean
    assert (filtered / "code.py").read_bytes() == clean.replace(b"CLEAN", b"here")
    assert git(filtered, "status", "--porcelain") == ""
    assert "nothing to commit" in muse(filtered, "session", "commit", "jam")


def test_a_filter_that_keeps_pointers(filtered: Path, git: RunGit) -> None:
    new = b"\x01" * 6000
    op = {"op": "replace", "address": "big.bin", "content_b64": b64(new)}
    (answer,) = append(filtered, "jam", {"op": op})
    assert "ack" in answer, answer
    agent(filtered, added("more.bin", b"\x02" * 7000), symbol("code.py", "first", "def first():\n    return 100\n"))
    muse(filtered, "session", "commit", "jam")
    assert git(filtered, "status", "--porcelain") == ""
    for path, data in (("big.bin", new), ("more.bin", b"\x02" * 7000)):
        assert (filtered / path).read_bytes() == data
        assert (read(filtered, path) or b"").startswith(b"version https://git-lfs"), "the commit has the pointer"
    write(filtered, "more.bin", b"\x03" * 8000)
    git(filtered, "commit", "-qam", "by hand")
    agent(filtered, symbol("code.py", "third", "def third():\n    return 333\n"))
    muse(filtered, "session", "commit", "jam")
    assert (filtered / "more.bin").read_bytes() == b"\x03" * 8000 and (filtered / "big.bin").read_bytes() == new
    assert git(filtered, "status", "--porcelain") == ""


@pytest.fixture
def pair(make_repo: MakeRepo, git: RunGit, tmp_path: Path) -> tuple[Path, Path]:
    """Two clones of one server, with one session in both."""
    first = make_repo(files={"code.py": ONE, "words.txt": WORDS})
    git(tmp_path, "clone", "-q", "--bare", first, "server.git")
    roots = []
    for name in ("alice", "bob"):
        git(tmp_path, "clone", "-q", "server.git", name)
        roots.append(tmp_path / name)
    muse(roots[0], "session", "start", "jam")
    agent(roots[0], symbol("code.py", "first", "def first():\n    return 100\n"))
    for root in roots:
        muse(root, "sync")
    muse(roots[1], "session", "status", "jam")
    return roots[0], roots[1]


def test_an_op_waits_for_its_cause_across_a_delivery(pair: tuple[Path, Path], git: RunGit) -> None:
    alice, bob = pair
    (cause,) = append(alice, "jam", {"op": added("late.py", b"def late():\n    return 0\n"), "actor": "ann"})
    for number in range(3):
        agent(bob, added(f"bob{number}.txt", b"bob\n"))
    op = symbol("late.py", "late", "def late():\n    return 7\n")
    (child,) = append(bob, "jam", {"op": op, "parents": [cause["ack"]]}, args=("--no-check",))
    said = muse(bob, "session", "commit", "jam", "-m", "without it")
    assert "waiting for an op" in said and read(bob, "late.py") is None and read(bob, "bob2.txt") == b"bob\n"
    muse(alice, "sync")
    muse(bob, "sync")
    muse(bob, "session", "commit", "jam", "-m", "with it")
    assert read(bob, "late.py") == b"def late():\n    return 7\n"
    assert "nothing to commit" in muse(bob, "session", "commit", "jam")
    muse(bob, "sync")
    muse(alice, "sync")
    assert "nothing to commit" in muse(alice, "session", "commit", "jam")
    assert read(alice, "late.py") == b"def late():\n    return 7\n" and git(alice, "status", "--porcelain") == ""
    assert child["ack"] in {entry["op_id"] for entry in OpLog(alice, "jam").read_all()}


def test_joins_after_both_have_committed(clones: tuple[Path, Path], git: RunGit) -> None:
    alice, bob = clones
    muse(alice, "sync", "origin")
    muse(bob, "sync", "origin")
    muse(alice, "sync", "origin")
    assert git(alice, "rev-parse", "HEAD") == git(bob, "rev-parse", "HEAD")
    assert files(alice) == files(bob) == wanted()
    agent(alice, symbol("code.py", "third", "def third():\n    return 30\n"))
    muse(alice, "session", "commit", "jam")
    assert files(alice)["bot.py"] is None
    assert b"return 30" in (read(alice, "code.py") or b"") and b"return 20" in (read(alice, "code.py") or b"")


def test_a_root_that_was_rewritten_and_a_new_clone(pair: tuple[Path, Path], git: RunGit, tmp_path: Path) -> None:
    alice, _ = pair
    muse(alice, "session", "commit", "jam")
    env = {"FILTER_BRANCH_SQUELCH_WARNING": "1"}
    git(alice, "filter-branch", "-f", "--msg-filter", "sed 's/^/new: /'", "--", "main", env=env)
    git(alice, "push", "-qf", "origin", "main")
    agent(alice, added("more.txt", b"more\n"))
    muse(alice, "sync")
    git(tmp_path, "clone", "-q", "--no-local", "--single-branch", "server.git", "carol")
    carol = tmp_path / "carol"
    said = muse(carol, "sync")
    said += muse(carol, "session", "commit", "jam")
    assert "another repository" not in said
    assert read(carol, "more.txt") == b"more\n" and b"return 100" in (read(carol, "code.py") or b"")


def test_a_copied_clone_and_its_original_meet_again(pair: tuple[Path, Path], git: RunGit, tmp_path: Path) -> None:
    alice, bob = pair
    muse(alice, "session", "commit", "jam")
    shutil.copytree(alice, tmp_path / "copy", symlinks=True)
    copy = tmp_path / "copy"
    agent(alice, added("a.txt", b"a\n"))
    agent(copy, added("c.txt", b"c\n"))
    muse(alice, "session", "commit", "jam")
    muse(copy, "session", "commit", "jam")
    for root in (alice, copy, alice, bob):
        muse(root, "sync")
    for root in (alice, bob):
        assert read(root, "a.txt") == b"a\n" and read(root, "c.txt") == b"c\n"
        assert "nothing to commit" in muse(root, "session", "commit", "jam")
        status = json.loads(muse(root, "session", "status", "jam", "--json"))
        assert status["uncommitted"] == 0 and status["damage"] == [] and status["ops"] == 3
    assert git(alice, "rev-parse", "HEAD") == git(bob, "rev-parse", "HEAD")


def test_follow_shows_what_a_sync_brings(pair: tuple[Path, Path]) -> None:
    alice, bob = pair
    words = [sys.executable, "-m", "muse.cli", "session", "follow", "jam", "--all", "-n", "2"]
    with subprocess.Popen(words, cwd=bob, stdout=subprocess.PIPE) as following:
        try:
            assert following.stdout is not None
            assert "code.py::first" in following.stdout.readline().decode()
            agent(alice, added("late.txt", b"late\n"))
            muse(alice, "sync")
            muse(bob, "sync")
            said, _ = following.communicate(timeout=60)
        finally:
            following.kill()
    assert json.loads(said)["domain_op"]["address"] == "late.txt" and following.returncode == 0
    said = muse(bob, "session", "follow", "jam", "--all", "-n", "2", "--words")
    assert said == muse(bob, "session", "show", "jam") and "code.py::first" in said.splitlines()[0]


def test_our_refs_can_be_left_out_of_a_log_of_everything(pair: tuple[Path, Path], git: RunGit) -> None:
    alice, _ = pair
    muse(alice, "session", "commit", "jam")
    muse(alice, "sync")
    shown = ("-c", "log.initialDecorationSet=all", "log", "--all", "--decorate=full")
    assert "refs/muse/log/" in git(alice, *shown) and "refs/muse-remotes/" in git(alice, *shown)
    words = ("log", "--exclude=refs/muse/*", "--exclude=refs/muse-remotes/*", "--all", "--format=%H")
    assert git(alice, *words) == git(alice, "log", "--format=%H", "--branches", "--remotes")
    for name in ("refs/muse", "refs/muse-remotes"):
        git(alice, "config", "--add", "log.excludeDecoration", name)
    assert "refs/muse" not in git(alice, *shown)


def test_only_the_message_is_amended(pair: tuple[Path, Path], git: RunGit) -> None:
    alice, _ = pair
    muse(alice, "session", "commit", "jam")
    old = git(alice, "rev-parse", "HEAD")
    git(alice, "commit", "-q", "--amend", "-m", "said better")
    status = json.loads(muse(alice, "session", "status", "jam", "--json"))
    assert status["dropped"] == [] and status["uncommitted"] == 0
    made = OpLog(alice, "jam").read_checkpoint()
    assert made is not None and made["rewritten"] == {old: [git(alice, "rev-parse", "HEAD")]}
    write(alice, "code.py", (read(alice, "code.py") or b"").replace(b"return 100", b"return 111"))
    git(alice, "commit", "-qam", "by hand")
    agent(alice, changed("words.txt", WORDS, WORDS + b"eight\n"))
    muse(alice, "session", "commit", "jam")
    assert b"return 111" in (read(alice, "code.py") or b"") and read(alice, "words.txt") == WORDS + b"eight\n"
