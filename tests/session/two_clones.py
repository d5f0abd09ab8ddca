"""Two clones that have delivered the same ops, one of them with later ones that take some back."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from muse.core.op_log import OpLog
from muse.engine.remote.sync import sync_once
from muse.engine.session import commit as session
from muse.engine.session.intake import Intake
from muse.plugins.registry import plugin_for_path
from muse.store.repository import Repository
from tests.conftest import MakeRepo, RunGit
from tests.session.stories import ONE, WORDS, added, changed, read, removed, symbol, write

BOT = b"def bot():\n    return 0\n"
WITH = ONE.replace(b"def second", b"def fourth():\n    return 4\n\n\ndef second")
WANTED = {
    "bot.py": None,
    "old.txt": b"old\n",
    "code.py": ONE.replace(b"return 2", b"return 20"),
    "words.txt": WORDS.replace(b"one", b"ONE"),
}


def append(root: Path, *ops: dict[str, Any]) -> None:
    log = OpLog(root, "jam")
    stream = Intake(Repository(root), log, "bot", "written", plugin_for_path)
    answers = [stream.one({"op": op}) for op in ops]
    log.close()
    assert all("ack" in answer for answer in answers), answers


def deliver(root: Path, message: str) -> None:
    repo = Repository(root)
    done = session.commit(repo, session.existing(repo, "jam"), plugin_for_path, message=message)
    assert done.commit is not None


def sync(root: Path) -> None:
    assert not sync_once(Repository(root), "origin", plugin_for_path).problem


def begin(make_repo: MakeRepo, git: RunGit, folder: Path, *, inside: bool) -> tuple[Path, Path]:
    """Alice has committed an agent's ops, bob those and his own that undo them in part; `inside` a file, too.

    Bob's branch is not merged yet; each has the other's commit and log.
    """
    first = make_repo(files={"code.py": ONE, "words.txt": WORDS, "old.txt": b"old\n"})
    git(folder, "clone", "-q", "--bare", first, "server.git")
    alice, bob = folder / "alice", folder / "bob"
    git(folder, "clone", "-q", "server.git", alice)
    git(folder, "clone", "-q", "server.git", bob)
    session.start(Repository(alice), "jam")
    ten = symbol("code.py", "first", "def first():\n    return 10\n")
    fourth = [changed("code.py", ONE, WITH)] if inside else []
    append(alice, added("bot.py", BOT), removed("old.txt", b"old\n"), *fourth, ten)
    sync(alice)
    sync(bob)
    session.existing(Repository(bob), "jam")  # takes alice's ops in
    deliver(alice, "alice")
    back = symbol("code.py", "first", "def first():\n    return 1\n")
    more = symbol("code.py", "second", "def second():\n    return 20\n")
    fourth = [{"op": "delete", "address": "code.py::fourth"}] if inside else []
    append(bob, removed("bot.py", BOT), added("old.txt", b"old\n"), *fourth, back, more)
    write(alice, "words.txt", WORDS.replace(b"one", b"ONE"))
    git(alice, "commit", "-qam", "by hand")
    deliver(bob, "bob")
    for root, other in ((alice, bob), (bob, alice)):
        git(root, "remote", "add", "other", other)
        git(root, "fetch", "-q", "other", "main")
        git(root, "fetch", "-q", "other", "+refs/muse/*:refs/muse-remotes/other/*")
    return alice, bob


def files(root: Path) -> dict[str, bytes | None]:
    """What HEAD has, blank lines aside: what a deleted function leaves of them is not what is asked here."""
    return {path: without_blanks(read(root, path)) for path in WANTED}


def without_blanks(data: bytes | None) -> bytes | None:
    return None if data is None else re.sub(rb"\n{2,}", b"\n", data)


def wanted(**others: bytes) -> dict[str, bytes | None]:
    return {path: without_blanks(data) for path, data in {**WANTED, **others}.items()}


__all__ = ["BOT", "WANTED", "begin", "files", "wanted"]
