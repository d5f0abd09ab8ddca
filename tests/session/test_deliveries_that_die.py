"""`kill -9` between every two steps of a session commit: the next one mends it, delivers once, and undoes nothing."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from muse.cli.main import main
from muse.core.op_log import OpLog
from muse.engine.session import commit as session
from muse.engine.session import delivery
from muse.plugins.registry import plugin_for_path
from muse.store.repository import Repository
from tests.conftest import MakeRepo, RunGit
from tests.session.stories import ONE, added, read, removed, symbol

STEPS = ("fsync", "fdatasync", "replace", "rename", "link", "mkdir", "unlink")


def deliver(root: Path) -> session.SessionCommit:
    repo = Repository(root)
    return session.commit(repo, session.existing(repo, "jam"), plugin_for_path, message="jam")


def dies_at(root: Path, step: int) -> bool:
    """Deliver in a process that is killed before its step of that number; False when it ended before."""
    child = os.fork()
    if not child:  # pragma: no cover
        count = 0

        def counted(real):  # type: ignore[no-untyped-def]
            def call(*args, **more):  # type: ignore[no-untyped-def]
                nonlocal count
                count += 1
                if count > step:
                    os.kill(os.getpid(), signal.SIGKILL)
                return real(*args, **more)

            return call

        try:
            for name in STEPS:
                setattr(os, name, counted(getattr(os, name)))
            subprocess.Popen.__init__ = counted(subprocess.Popen.__init__)  # type: ignore[method-assign]
            deliver(root)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def every(make_repo: MakeRepo, git: RunGit, stride: int) -> tuple[int, int]:
    """How many steps were died at, and after how many of them the commit was made already."""
    root = make_repo(files={"code.py": ONE, "old.txt": b"old\n"})
    log = session.start(Repository(root), "jam")
    ops = [added("bot.py", b"x = 1\n"), removed("old.txt", b"old\n"), symbol("code.py", "first", "def first(): ...\n")]
    log.record("bot", "files", ops)  # type: ignore[arg-type]
    log.close()
    safe = root.parent / "safe"
    shutil.copytree(root, safe, symlinks=True)
    step, made = 0, 0
    while dies_at(root, step):
        for lock in (root / ".git").glob("*.lock"):
            lock.unlink()  # as Git says one may
        if git(root, "rev-list", "--count", "HEAD") == "2":
            made += 1
            git(root, "rm", "-qf", "bot.py")
            git(root, "commit", "-qm", "by hand", "--only", "--", "bot.py")
            deliver(root)
            assert read(root, "bot.py") is None, f"step {step}: a commit is undone"
        else:
            log = session.existing(Repository(root), "jam")  # what died left its files on the disk
            log.record("bot", "files", [symbol("code.py", "first", "def first(): return 2\n")])  # type: ignore[list-item]
            log.close()
            done = deliver(root)
            assert read(root, "bot.py") == b"x = 1\n", step
            assert done.external == [] and b"def first(): return 2" in (read(root, "code.py") or b""), step
        assert read(root, "old.txt") is None and b"def first(): " in (read(root, "code.py") or b""), step
        assert git(root, "status", "--porcelain") == "", step
        assert deliver(root).commit is None, f"step {step}: delivered twice"
        last = OpLog(root, "jam").read_checkpoint()
        assert last is not None and len(last["deliveries"]) == 1 and "prepared" not in last, step
        shutil.rmtree(root)
        shutil.copytree(safe, root, symlinks=True)
        step += stride
    return step // stride, made


def test_a_death_at_some_steps(make_repo: MakeRepo, git: RunGit) -> None:
    deaths, made = every(make_repo, git, 23)
    assert deaths > 2 and made


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_a_death_at_every_step(make_repo: MakeRepo, git: RunGit) -> None:
    deaths, made = every(make_repo, git, 1)
    print(f"{deaths} steps of a session commit, each died at; after {made} of them the commit was there already")
    assert deaths > 50 and made


@pytest.mark.parametrize("times", [1, 2])
def test_what_a_killed_commit_put_on_the_disk_is_nobodys_edit(make_repo: MakeRepo, git: RunGit, times: int) -> None:
    """Index and files are brought to the result before `git commit` starts. Agents go on, then the next one commits."""
    root = make_repo(files={"code.py": ONE, "old.txt": b"old\n"})
    log = session.start(Repository(root), "jam")
    for turn in range(times):
        log.record("bot", "files", [symbol("code.py", "first", f"def first(): return {turn}\n")])  # type: ignore[list-item]
        log.record("bot", "files", [added(f"bot{turn}.py", b"x = 1\n")])  # type: ignore[list-item]
        child = os.fork()
        if not child:  # pragma: no cover
            from muse.engine import git as git_room

            git_room.attended = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[assignment]
            deliver(root)
            os._exit(0)
        assert os.WIFSIGNALED(os.waitpid(child, 0)[1])
        assert f"return {turn}" in (root / "code.py").read_text() and git(root, "rev-list", "--count", "HEAD") == "1"
    log.record("bot", "files", [symbol("code.py", "first", "def first(): return 9\n")])  # type: ignore[list-item]
    log.record("bot", "files", [removed("bot0.py", b"x = 1\n")])  # type: ignore[list-item]
    log.close()
    done = deliver(root)
    assert done.external == [] and done.ops == 2 * times + 2
    assert b"def first(): return 9" in (read(root, "code.py") or b"") and read(root, "bot0.py") is None
    assert git(root, "status", "--porcelain") == "" and not (root / "bot0.py").exists()
    assert "written" not in (OpLog(root, "jam").read_checkpoint() or {})


HOOKS = {
    "": "",
    "formats": "pre-commit sed -i 's/    /  /' code.py; git add code.py",
    "edits the message": 'commit-msg printf "JIRA-7 %s" "$(cat "$1")" >"$1"',
    "goes on": 'post-commit [ -e VERSION ] || { echo 2 >VERSION; git add VERSION; git commit -qm "bump"; }',
}


@pytest.mark.parametrize("reflogs", [True, False], ids=["reflogs", "no reflogs"])
@pytest.mark.parametrize("hook", HOOKS)
def test_who_died_after_the_commit_has_delivered(make_repo: MakeRepo, git: RunGit, reflogs: bool, hook: str) -> None:
    """Nobody has noted it; a person goes on from that commit, and nothing of it comes twice."""
    root = make_repo(files={"code.py": ONE, "old.txt": b"old\n"})
    if not reflogs:
        git(root, "config", "core.logAllRefUpdates", "false")
        shutil.rmtree(root / ".git" / "logs", ignore_errors=True)
    if hook:
        name, _, text = HOOKS[hook].partition(" ")
        path = root / ".git" / "hooks" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
    log = session.start(Repository(root), "jam")
    ops = [added("bot.py", b"x = 1\n"), removed("old.txt", b"old\n"), symbol("code.py", "first", "def first(): ...\n")]
    log.record("bot", "files", ops)  # type: ignore[arg-type]
    child = os.fork()
    if not child:  # pragma: no cover
        delivery.confirm = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[assignment]
        deliver(root)
        os._exit(0)
    assert os.WIFSIGNALED(os.waitpid(child, 0)[1])
    made = git(root, "rev-list", "--first-parent", "HEAD").split()[-2]
    assert read(root, "bot.py") == b"x = 1\n"
    git(root, "rm", "-q", "bot.py")
    (root / "old.txt").write_bytes(b"wanted\n")
    git(root, "add", "-A"), git(root, "commit", "-q", "--no-verify", "-m", "by hand")
    done = deliver(root)
    assert done.commit is None and any(f"commit {made[:10]} of an interrupted" in line for line in done.told), done
    log.record("bot", "files", [symbol("code.py", "second", "def second(): ...\n")])  # type: ignore[list-item]
    log.close()
    deliver(root)
    assert read(root, "bot.py") is None and read(root, "old.txt") == b"wanted\n"
    assert b"def first(): ..." in (read(root, "code.py") or b"") and b"def second(): ..." in (
        read(root, "code.py") or b""
    )
    last = OpLog(root, "jam").read_checkpoint()
    assert last is not None and [each["commit"] == made for each in last["deliveries"]] == [True, False]


def test_what_a_dead_commit_delivered_is_known_beside_a_commit_that_is_recorded(jam: Path, git: RunGit) -> None:
    """`muse commit --session` notes a delivery of its own; the note of one that died is settled before, not lost."""
    log = OpLog(jam, "jam")
    log.record("bot", "files", [symbol("code.py", "first", "def first(): ...\n")])  # type: ignore[list-item]
    child = os.fork()
    if not child:  # pragma: no cover
        delivery.confirm = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[assignment]
        deliver(jam)
        os._exit(0)
    assert os.WIFSIGNALED(os.waitpid(child, 0)[1])
    made = git(jam, "rev-parse", "HEAD")
    (jam / "code.py").write_bytes(ONE)
    assert main(["commit", "-q", "-m", "by hand", "--session", "jam"]) == 0
    log.close()
    last = OpLog(jam, "jam").read_checkpoint()
    assert last is not None
    assert [each["commit"] for each in last["deliveries"]] == [made, git(jam, "rev-parse", "HEAD")]
    assert deliver(jam).commit is None and read(jam, "code.py") == ONE


def test_a_line_in_the_reflog_moves_no_branch(make_repo, git):
    """Git writes it before the branch; where the disk was full there, the ops counted as delivered and were in no
    commit of the branch."""
    root = make_repo("repo", {"a": "1\n"})
    repo, old = Repository(root), git(root, "rev-parse", "HEAD")
    new = git(root, "commit-tree", "-p", old, "-m", "made", "HEAD^{tree}")
    made = {"id": "ab12", "branch": "refs/heads/main", "parent": old, "message": "made"}
    for name in ("HEAD", "refs/heads/main"):
        with (root / ".git" / "logs" / name).open("a") as file:
            file.write(f"{old} {new} A <a@b> 1 +0000\tmuse-session-ab12: made\n")
    assert delivery._made_by(repo, made) == ""
    git(root, "commit", "-q", "--allow-empty", "-m", "more")
    assert delivery._made_by(repo, made) == ""
    git(root, "update-ref", "-m", "muse-session-ab12: made", "refs/heads/main", new)
    assert delivery._made_by(repo, made) == new
    git(root, "reset", "-q", "--hard", old)
    assert delivery._made_by(repo, made) == new  # it was there, and somebody took it back
