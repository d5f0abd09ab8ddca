"""Op logs in Git: segments, contents, the union of writers, and a log rebuilt after it was deleted."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from muse.core.op_log import OpLog, list_sessions
from muse.store import refs
from muse.store.layout import FORMATS, content_path
from muse.store.log import checkpoints
from muse.store.repository import Repository

MakeRepo = Callable[..., Path]
RunGit = Callable[..., str]


def insert(name: str, **more: Any) -> Any:
    return {"op": "insert", "address": name, "position": None, "content_id": "c", "content_summary": "", **more}


def tip(repo: Repository) -> str:
    (found,) = refs.read_many(repo, "refs/muse/log/").values()
    return found


def sync(git: RunGit, source: Path, target: Path, remote: str) -> None:
    git(target, "fetch", "-q", str(source), f"+refs/muse/log/*:refs/muse-remotes/{remote}/log/*")


def test_a_deleted_log_is_rebuilt_from_git(make_repo: MakeRepo, git: RunGit) -> None:
    root = make_repo(files={"a.txt": "a\n"})
    repo = Repository(root)
    log = OpLog(root, "jam session/1")
    data = os.urandom(100_000)
    digest = repo.content.put(data)
    log.record("ada", "files", [insert(f"n{at}") for at in range(1200)])
    log.record("bob", "files", [insert("big", content_id=digest)])
    made = log.checkpoint("snap")
    first = checkpoints.save(repo, log, made)
    assert first is not None and checkpoints.save(repo, log, made) == first
    log.record("ada", "files", [insert("after")])
    assert checkpoints.save(repo, log) != first
    before, replay = log.records(), log.replay_since_checkpoint()
    shutil.rmtree(log.folder)
    again = OpLog(root, "jam session/1")
    report = checkpoints.pull(repo, again)
    assert (report.added, report.quarantined) == (1202, [])
    assert sorted(again.records()) == sorted(before)
    assert again.replay_since_checkpoint() == replay and len(replay) == 1
    assert checkpoints.sessions(repo) == list_sessions(root) == ["jam session/1"]
    rows = git(root, "ls-tree", "-r", "--name-only", tip(repo)).split("\n")
    assert content_path(digest) in rows and sum(row.endswith(".jsonl") for row in rows) == 4
    git(root, "fsck", "--strict")
    git(root, "-c", "gc.pruneExpire=now", "gc", "-q", "--prune=now")
    assert Repository(root).content.get(digest) == data


def test_segments_hold_new_ops_only_and_never_change(make_repo: MakeRepo, git: RunGit) -> None:
    root = make_repo(files={"a.txt": "a\n"})
    repo, log = Repository(root), OpLog(root, "s")
    seen: dict[str, str] = {}
    for round_number in range(4):
        log.record("ada", "files", [insert(f"{round_number}/{at}") for at in range(70)])
        checkpoints.save(repo, log, log.checkpoint(f"s{round_number}"))
        rows = dict(
            reversed(row.split(" ", 2)[2].split("\t")) for row in git(root, "ls-tree", "-r", tip(repo)).split("\n")
        )
        segments = {path: blob for path, blob in rows.items() if path.endswith(".jsonl")}
        assert len(segments) == round_number + 1 and seen.items() <= segments.items()
        seen = segments
    names = sorted(path.rsplit("/", 1)[1] for path in seen)
    assert names[0] == "0000000001-0000000070.jsonl" and names[-1] == "0000000211-0000000280.jsonl"


def test_two_clones_converge_through_their_refs(make_repo: MakeRepo, git: RunGit) -> None:
    roots = [make_repo(name, files={"a.txt": "a\n"}) for name in ("alice", "bob")]
    repos = [Repository(root) for root in roots]
    for number, root in enumerate(roots):
        for agent in range(4):
            log = OpLog(root, "s")
            log.record(f"agent{agent}", "files", [insert(f"{number}/{agent}/{at}") for at in range(10)])
        checkpoints.save(repos[number], OpLog(root, "s"), OpLog(root, "s").checkpoint("x"))
    sync(git, roots[0], roots[1], "alice")
    sync(git, roots[1], roots[0], "bob")
    assert [checkpoints.pull(repo, OpLog(root, "s")).added for repo, root in zip(repos, roots)] == [40, 40]
    assert [checkpoints.pull(repo, OpLog(root, "s")).added for repo, root in zip(repos, roots)] == [0, 0]
    orders = []
    for root in roots:
        (OpLog(root, "s").folder / "checkpoint.json").unlink()
        orders.append([entry["op_id"] for entry in OpLog(root, "s").replay_since_checkpoint()])
    assert orders[0] == orders[1] and len(orders[0]) == 80
    before = tip(repos[0])
    checkpoints.save(repos[0], OpLog(roots[0], "s"))
    assert tip(repos[0]) == before, "ops that another writer committed are not committed again"


def test_what_others_committed_is_verified(make_repo: MakeRepo, git: RunGit) -> None:
    root = make_repo(files={"a.txt": "a\n"})
    repo, log = Repository(root), OpLog(root, "s")
    log.record("ada", "files", [insert("mine")])
    checkpoints.save(repo, log, log.checkpoint("x"))
    line = log.raw_lines()[0]
    blob = git(root, "hash-object", "-w", "--stdin", input=line.replace(b"mine", b"evil") + b"\nrubbish\n")
    bad = git(root, "hash-object", "-w", "--stdin", input=b"not json")
    form = git(root, "hash-object", "-w", "--stdin", input=FORMATS["log"][-1])
    index = {"GIT_INDEX_FILE": str(root / "evil-index")}
    instance = "f" * 32
    git(
        root,
        "update-index",
        "--add",
        "--cacheinfo",
        f"100644,{blob},s/{instance}/aa/0000000001-0000000002.jsonl",
        "--cacheinfo",
        f"100644,{bad},s/checkpoint.json",
        "--cacheinfo",
        f"100644,{form},format",
        env=index,
    )
    commit = git(root, "commit-tree", "-m", "evil", git(root, "write-tree", env=index))
    git(root, "update-ref", f"refs/muse-remotes/evil/log/{'e' * 20}", commit)
    report = checkpoints.pull(repo, log)
    assert report.added == 0 and len(report.quarantined) == 2
    assert len(log.damage()) == 2 and len(log.read_all()) == 1
    assert [found["snapshot_id"] for found in checkpoints.checkpoints(repo, "s")] == ["x"]


SAVER = """
import sys
from muse.core.op_log import OpLog
from muse.store.log import checkpoints
from muse.store.repository import Repository
repo = Repository(sys.argv[1])
log = OpLog(sys.argv[1], "s")
at = 0
while True:
    at += 1
    op = {"op": "insert", "address": f"{at}", "position": None, "content_id": "c", "content_summary": ""}
    made = log.record("w", "files", [op] * 20)
    checkpoints.save(repo, log, log.checkpoint(f"snap{at}"))
    sys.stdout.write("".join(entry["op_id"] + "\\n" for entry in made))
    sys.stdout.flush()
"""


@pytest.mark.parametrize("cycles", [2, pytest.param(100, marks=pytest.mark.soak)])
def test_kills_during_a_git_checkpoint_lose_nothing(make_repo: MakeRepo, git: RunGit, cycles: int) -> None:
    root = make_repo(files={"a.txt": "a\n"})
    acknowledged: set[str] = set()
    for number in range(cycles):
        process = subprocess.Popen([sys.executable, "-c", SAVER, str(root)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        heard = process.stdout.readline() + process.stdout.readline()
        time.sleep(0.037 * (number % 7))
        process.send_signal(signal.SIGKILL)
        rest, _ = process.communicate()
        acknowledged.update((heard + rest).decode().split("\n")[:-1])
    for lock in (root / ".git").rglob("*.lock"):
        lock.unlink()  # as Git itself asks of a person whose git was killed
    assert "error" not in git(root, "fsck", "--strict", check=False)
    shutil.rmtree(OpLog(root, "s").folder)
    log = OpLog(root, "s")
    checkpoints.pull(Repository(root), log)
    found = {entry["op_id"] for entry in log.read_all()}
    assert acknowledged and acknowledged <= found
    if cycles > 10:
        print(f"\n{cycles} kills during checkpoints, {len(acknowledged)} acknowledged ops, none lost")


def test_live_ops_are_committed_before_a_push_and_only_when_there_are_new_ones(make_repo: MakeRepo) -> None:
    repo = Repository(make_repo(files={"a.txt": "a\n"}))
    log = OpLog(repo.root, "live")
    log.record("a", "files", [insert("one")])
    assert list(checkpoints.save_all(repo)) == []
    before = tip(repo)
    assert checkpoints.sessions(repo) == ["live"] and log.read_checkpoint() is None
    assert list(checkpoints.save_all(repo)) == [] and tip(repo) == before
    log.record("a", "files", [insert("two")])
    assert list(checkpoints.save_all(repo)) == [] and tip(repo) != before


@pytest.mark.parametrize("how", ["deleted", "moved back"])
def test_ops_are_committed_again_when_our_own_ref_lost_them(make_repo: MakeRepo, git: RunGit, how: str) -> None:
    repo = Repository(make_repo(files={"a.txt": "a\n"}))
    log = OpLog(repo.root, "live")
    kept: list[str] = []
    for name in ("one", "two"):
        log.record("a", "files", [insert(name)])
        assert list(checkpoints.save_all(repo)) == []
        kept.append(tip(repo))
    (ref,) = refs.read_many(repo, "refs/muse/log/")
    git(repo.root, "update-ref", *(["-d", ref] if how == "deleted" else [ref, kept[0]]))
    assert list(checkpoints.save_all(Repository(repo.root))) == []
    held = git(repo.root, "grep", "-h", "op_id", tip(repo), "--", "*.jsonl").splitlines()
    assert sorted(line.encode() for line in held) == sorted(log.raw_lines()) and len(held) == 2
    shutil.rmtree(log.folder)
    again = OpLog(repo.root, "live")
    assert checkpoints.pull(Repository(repo.root), again).added == 2
