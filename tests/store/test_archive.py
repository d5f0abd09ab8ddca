"""Archived logs: Git has given the bytes back before anything is given up, and nobody who reads can tell."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from muse.cli.main import main
from muse.core.errors import MuseError
from muse.core.op_log import OpLog
from muse.engine.session import commit as session
from muse.store import refs, verify
from muse.store.log import archive, checkpoints
from muse.store.repository import Repository
from tests.conftest import MakeRepo, RunGit


def insert(name: str, **more: Any) -> Any:
    return {"op": "insert", "address": name, "position": None, "content_id": "c", "content_summary": "", **more}


def told(log: OpLog) -> tuple[Any, ...]:
    """Everything a log says about itself, by every way of reading it."""
    made = log.read_checkpoint()
    assert made is not None
    return (
        log.records(),
        log.read_all(),
        log.raw_lines(),
        log.replay([]),
        log.replay_since_checkpoint(),
        log.end(),
        log.read_from(made["end"]),
        log.waiting(),
        log.damage(),
        made,
        log.log_id(),
    )


@pytest.fixture
def repo(make_repo: MakeRepo, git: RunGit) -> Repository:
    """A session `jam` of ours and of another clone's writer, with a damaged line in it and half of it committed."""
    root, other = make_repo(files={"a.txt": "a\n"}), make_repo("other")
    git(other, "pull", "-q", str(root), "main")
    here, there = Repository(root), Repository(other)
    logs = [session.start(repo, "jam") for repo in (here, there)]
    for at in range(20):
        (made,) = logs[0].record("ada", "files", [insert(f"a{at}")])
        logs[1].record("bob", "files", [insert(f"b{at}")], parent_op_ids=[made["op_id"]])  # unknown there: it waits
    checkpoints.save(there, logs[1])
    git(root, "fetch", "-q", str(other), "+refs/muse/*:refs/muse-remotes/bob/*")
    logs[0].record("ada", "files", [insert("damaged")])
    logs[0].close()
    path = logs[0].folder / "ops.jsonl"
    data = bytearray(path.read_bytes())
    data[-30] ^= 1
    path.write_bytes(data)
    assert len(logs[0].read_all()) == 20
    checkpoints.pull(here, logs[0])
    logs[0].checkpoint("half", replay=logs[0].replay())
    logs[0].record("ada", "files", [insert(f"c{at}") for at in range(20)])
    return here


def one(repo: Repository, **how: Any) -> archive.Archived:
    (found,) = archive.archive_all(repo, least=1, **how)
    if isinstance(found, MuseError):
        raise found
    return found


def own(repo: Repository) -> str:
    (ref,) = refs.read_many(repo, "refs/muse/log/")
    return ref


def test_nobody_can_tell_what_is_archived_and_what_is_given_up(repo: Repository, git: RunGit) -> None:
    open_before, log = OpLog(repo.root, "jam"), OpLog(repo.root, "jam")
    before = told(open_before)
    assert len(before[0]) == 60 and len(before[4]) == 20 and len(before[8]) == 1
    done = one(repo)
    (segment,) = log.segments()
    assert done.segments == [segment] and done.given_up == [] and os.path.exists(segment.local)
    assert told(open_before) == told(OpLog(repo.root, "jam")) == before
    assert one(repo) == archive.Archived("jam", [], []) and one(repo, prune=True).given_up == [segment]
    assert not os.path.exists(segment.local) and os.path.exists(segment.recipe)
    assert told(open_before) == told(OpLog(repo.root, "jam")) == before
    git(
        repo.root,
        "update-ref",
        "--stdin",
        input=git(repo.root, "for-each-ref", "--format=delete %(refname)", "refs/muse-remotes") + "\n",
    )
    git(repo.root, "-c", "gc.pruneExpire=now", "gc", "-q", "--prune=now")
    assert told(OpLog(repo.root, "jam")) == before, "what bob had committed is part of our own ref"
    (made,) = open_before.record("ada", "files", [insert("late")], parent_op_ids=[before[1][0]["op_id"]])
    assert made["lamport_ts"] == 42 and made not in open_before.waiting(), "its cause is found in Git"
    assert open_before.records()[:-1] == before[0] and verify.problems(Repository(repo.root), deep=True) == []
    git(repo.root, "fsck", "--strict")


def test_what_is_new_is_replayed_without_asking_git(make_repo: MakeRepo, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = Repository(make_repo(files={"a.txt": "a\n"}))
    log = session.start(repo, "jam")
    log.record("ada", "files", [insert(f"a{at}") for at in range(20)])
    log.checkpoint("all")
    one(repo, prune=True)

    def asked(*_: object) -> None:
        raise AssertionError("it reads what is archived")

    monkeypatch.setattr(archive, "restore", asked)
    again = OpLog(repo.root, "jam")
    again.record("ada", "files", [insert("new")])
    assert [entry["domain_op"]["address"] for entry in again.replay_since_checkpoint()] == ["new"]
    again.checkpoint("new")
    assert again.replay_since_checkpoint() == [] == again.replay().entries
    with pytest.raises(AssertionError):
        again.read_all()


def test_a_pruned_log_is_rebuilt_from_git_alone(repo: Repository) -> None:
    one(repo, prune=True)
    log = OpLog(repo.root, "jam")
    before, status = sorted(log.records()), session.status(repo, log)
    log.close()
    shutil.rmtree(log.folder)
    again = session.existing(repo, "jam")
    assert sorted(again.records()) == before
    after = session.status(repo, again)
    assert {**status, "damage": []} == {**after, "damage": []}


def damaged_blob(repo: Repository, git: RunGit) -> None:
    blob = next(row.split()[2] for row in git(repo.root, "ls-tree", "-r", own(repo)).splitlines() if ".jsonl" in row)
    path = repo.objects_dir / blob[:2] / blob[2:]
    path.chmod(0o644)
    path.write_bytes(b"damaged")


def missing_blob(repo: Repository, git: RunGit) -> None:
    damaged_blob(repo, git)
    blob = next(row.split()[2] for row in git(repo.root, "ls-tree", "-r", own(repo)).splitlines() if ".jsonl" in row)
    (repo.objects_dir / blob[:2] / blob[2:]).unlink()


def locked_ref(repo: Repository, git: RunGit) -> None:
    OpLog(repo.root, "jam").record("ada", "files", [insert("newer")])
    (repo.git_dir / f"{own(repo)}.lock").touch()


def ref_of_another_format(repo: Repository, git: RunGit) -> None:
    tree = git(repo.root, "mktree", input="")
    git(repo.root, "update-ref", own(repo), git(repo.root, "commit-tree", "-m", "x", tree))


@pytest.mark.parametrize("trouble", [damaged_blob, missing_blob])
def test_what_git_lost_is_written_again_before_it_is_given_up(
    repo: Repository, git: RunGit, trouble: Callable[[Repository, RunGit], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    log = OpLog(repo.root, "jam")
    checkpoints.save(repo, log)
    trouble(repo, git)
    repo.close()
    before = told(log)
    log.close()
    monkeypatch.chdir(repo.root)
    assert main(["gc", "--archive-from", "0", "--prune-archived"]) == 0
    assert told(OpLog(repo.root, "jam")) == before
    kept = git(repo.root, "grep", "-h", "op_id", own(Repository(repo.root)), "--", "*.jsonl").splitlines()
    assert len(kept) >= 60 - 20, "the ops are in Git: bob's twenty under the ref of his that we have"


@pytest.mark.parametrize("trouble", [locked_ref, ref_of_another_format])
def test_nothing_is_given_up_when_git_does_not_have_it(
    repo: Repository,
    git: RunGit,
    trouble: Callable[[Repository, RunGit], None],
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log = OpLog(repo.root, "jam")
    checkpoints.save(repo, log)
    trouble(repo, git)
    repo.close()
    before = told(log)
    monkeypatch.setattr(refs, "_TRIES", 1)
    monkeypatch.chdir(repo.root)
    for words in ([], ["--prune-archived"]):
        capfd.readouterr()
        assert main(["gc", "--archive-from", "0", *words]) == 1
        out, err = capfd.readouterr()
        assert out == "" and err.startswith("muse: session 'jam' is kept as it is: ") and "internal error" not in err
        assert len(err.splitlines()) == 2 and "hint: " in err
        (segment,) = log.segments()
        assert os.path.exists(segment.local) and not os.path.exists(segment.recipe)
        assert told(OpLog(repo.root, "jam")) == told(log) == before


def test_a_deleted_ref_is_written_again_from_what_is_archived(repo: Repository, git: RunGit) -> None:
    for prune in (False, True):
        one(repo, prune=prune)
        git(repo.root, "update-ref", "-d", own(repo))
        log = OpLog(repo.root, "jam")
        before = sorted(log.records())
        assert list(checkpoints.save_all(Repository(repo.root))) == []
        assert len(log.segments()) == 1
        log.close()
        kept = git(repo.root, "grep", "-h", "op_id", own(repo), "--", "*.jsonl").splitlines()
        assert len(kept) >= 60 - 20  # bob's twenty are still under the ref of his that we have
        rebuilt = OpLog(repo.root, "jam")
        shutil.copytree(rebuilt.folder, repo.root.parent / f"kept{prune}")
        shutil.rmtree(rebuilt.folder)
        assert sorted(session.existing(Repository(repo.root), "jam").records()) == before
        shutil.rmtree(rebuilt.folder)
        shutil.copytree(repo.root.parent / f"kept{prune}", rebuilt.folder)


def test_ops_that_git_lost_are_told_and_come_back_from_a_clone(
    repo: Repository, git: RunGit, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Given up here, and then the only ref with them deleted and cleared up: nothing that we may forbid."""
    one(repo, prune=True)
    before = {key for key, _ in OpLog(repo.root, "jam").records()}
    git(repo.root, "clone", "-q", str(repo.root), "../saved")
    git(repo.root.parent / "saved", "fetch", "-q", "origin", "+refs/muse/*:refs/muse/*")
    git(
        repo.root,
        "update-ref",
        "--stdin",
        input=git(repo.root, "for-each-ref", "--format=delete %(refname)", "refs/muse-remotes", "refs/muse") + "\n",
    )
    git(
        repo.root,
        "-c",
        "gc.pruneExpire=now",
        "-c",
        "gc.reflogExpire=now",
        "-c",
        "gc.reflogExpireUnreachable=now",
        "gc",
        "-q",
        "--prune=now",
    )
    here = Repository(repo.root)
    assert [problem.why for problem in verify.problems(here, deep=True)] == ["its ops are gone, here and from Git"]
    log = session.existing(here, "jam")
    log.record("ada", "files", [insert("goes on")])
    assert [entry["domain_op"]["address"] for entry in log.read_all()] == ["goes on"]
    assert [piece["reason"] for piece in log.damage()] == ["archived ops are gone, here and from Git", "a damaged line"]
    monkeypatch.chdir(repo.root)
    assert main(["session", "commit", "jam"]) == 128 and "--accept-damage" in capfd.readouterr().err
    git(repo.root, "fetch", "-q", "../saved", "refs/muse/*:refs/muse-remotes/saved/*")
    found = [key for key, _ in session.existing(Repository(repo.root), "jam").records()]
    assert before < set(found) and len(found) == len(set(found)) == 61


STEPS = ("open", "replace", "rename", "unlink", "fsync", "fdatasync", "mkdir", "write")


def dying(repo: Repository, at: int) -> int:
    """Archive and give up in a child that is gone before its `at`-th call of the system; its exit code."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            count = 0

            def last(real: Callable[..., Any]) -> Callable[..., Any]:
                def call(*args: Any, **named: Any) -> Any:
                    nonlocal count
                    count += 1
                    if count == at:
                        os._exit(9)
                    return real(*args, **named)

                return call

            for name in STEPS:
                setattr(os, name, last(getattr(os, name)))
            one(Repository(repo.root), prune=True)
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.parametrize("every", [13, pytest.param(1, marks=pytest.mark.soak)])
def test_whoever_dies_while_archiving_takes_nothing_along(repo: Repository, git: RunGit, every: int) -> None:
    repo.close()
    log = OpLog(repo.root, "jam")
    before = told(log)
    log.close()
    whole = repo.root.parent / "whole"
    shutil.copytree(repo.root, whole)
    at, code, ends = 1, 9, set()
    while code == 9:
        shutil.rmtree(repo.root)
        shutil.copytree(whole, repo.root)
        open_before = OpLog(repo.root, "jam")
        assert open_before.end() == before[5]
        code = dying(repo, at)
        for lock in (repo.root / ".git").rglob("*.lock"):
            lock.unlink()  # as Git itself asks of a person whose git was killed
        (segment,) = open_before.segments() or (None,)
        ends.add((segment is not None, segment is not None and os.path.exists(segment.local)))
        assert told(OpLog(repo.root, "jam")) == before, at
        open_before.record("ada", "files", [insert("after")])
        assert open_before.records()[:-1] == before[0] and len(open_before.records()) == 61
        one(Repository(repo.root), prune=True)
        assert OpLog(repo.root, "jam").records() == open_before.records() and not list(
            (open_before.folder / "archive").glob("*.jsonl")
        )
        open_before.close()
        at += every
    assert code == 0 and ends == {(False, False), (True, True), (True, False)}
    git(repo.root, "fsck", "--strict")
    if every == 1:
        print(f"\n{at} deaths while archiving, none of 60 ops lost in any")


WRITER = """
import os, sys, time
from muse.core.op_log import OpLog
log = OpLog(sys.argv[1], "jam")
at = 0
while not os.path.exists(sys.argv[1] + "/enough"):
    at += 1
    op = {"op": "insert", "address": f"{sys.argv[2]}/{at}", "position": None, "content_id": "c", "content_summary": ""}
    made = log.record(sys.argv[2], "files", [op] * (at % 3 + 1))
    sys.stdout.write("".join(f"{entry['op_id']}\\n" for entry in made))
    sys.stdout.flush()
    time.sleep(0.003)
"""


def test_agents_that_write_while_their_log_is_archived_and_given_up(make_repo: MakeRepo, git: RunGit) -> None:
    repo = Repository(make_repo(files={"a.txt": "a\n"}))
    session.start(repo, "jam").close()
    heard = repo.root.parent / "told"
    with heard.open("ab") as out:
        agents = [
            subprocess.Popen([sys.executable, "-c", WRITER, str(repo.root), f"w{number}"], stdout=out)
            for number in range(3)
        ]
    log = OpLog(repo.root, "jam")
    followed: list[str] = []
    new = log.follow(since=0)
    rounds = 0
    while rounds < 5:
        rounds += bool(one(repo, prune=rounds % 2 == 1).segments)
        followed += take(new, 20)
    (repo.root / "enough").touch()
    assert [agent.wait() for agent in agents] == [0, 0, 0]
    told_of = heard.read_text().split()
    one(repo, prune=True)
    followed += take(new, len(told_of) - len(followed))
    assert len(log.segments()) > 4 and len(told_of) >= 100
    found = [entry["op_id"] for entry in OpLog(repo.root, "jam").read_all()]
    assert found == followed and sorted(found) == sorted(told_of)
    assert log.damage() == [] and not list((log.folder / "archive").glob("*.jsonl"))
    log.close()
    shutil.rmtree(log.folder)
    assert sorted(entry["op_id"] for entry in session.existing(repo, "jam").read_all()) == sorted(told_of)


def take(new: Iterator[Any], most: int) -> list[str]:
    return [entry["op_id"] for _, entry in zip(range(most), new)]


def test_the_verb(repo: Repository, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(repo.root)
    size = OpLog(repo.root, "jam").end()
    assert main(["gc"]) == 0 and capfd.readouterr().out == ""
    assert main(["gc", "--archive-from", "0"]) == 0
    assert capfd.readouterr().out == f"session jam: {size} bytes of ops are in Git and were read back\n"
    assert main(["gc", "--prune-archived", "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["archived"] == [{"session": "jam", "archived": 0, "given_up": size}]
    assert main(["verify"]) == 0
