"""`muse session commit`: live edits of many agents become a commit that is exactly what a replay gives."""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from muse.cli.main import main
from muse.core.op_log import OpLog, without_echoes
from muse.core.types import blob_digest
from muse.engine.session import commit as session
from muse.engine.session.replay import replay
from muse.plugins.registry import plugin_for_path
from muse.store.log import checkpoints
from muse.store.repository import Repository
from tests.conftest import RunGit
from tests.session.kit import CODE, added, append, changed, commit, removed, replayed


def test_ops_of_two_agents_become_one_commit(jam: Path, git: RunGit, capfd: pytest.CaptureFixture[str]) -> None:
    one, two = CODE.replace(b"return 1", b"return 100"), CODE.replace(b"return 3", b"return 300")
    answers = append(
        jam,
        "jam",
        {"op": changed("code.py", CODE, one), "actor": "ada"},
        {"op": changed("code.py", CODE, two), "actor": "bob"},
        {"op": added("new.txt", b"hello\n"), "actor": "bob"},
        {"op": removed("words.txt", b"one\ntwo\nthree\n"), "actor": "ada"},
    )
    assert [answer["lamport"] for answer in answers] == [1, 2, 3, 4] == [answer["sequence"] for answer in answers]
    assert main(["session", "commit", "jam", "-m", "together"]) == 0
    assert "4 ops, 3 files" in capfd.readouterr().out
    both = CODE.replace(b"return 1", b"return 100").replace(b"return 3", b"return 300")
    assert (jam / "code.py").read_bytes() == both
    assert git(jam, "status", "--porcelain") == "" and git(jam, "log", "-1", "--format=%s") == "together"
    assert git(jam, "ls-tree", "--name-only", "HEAD").split() == ["code.py", "new.txt", "piece.mid"]
    repo = Repository(jam)
    assert replayed(jam, "HEAD~1") == repo.manifest("HEAD")["files"]
    assert main(["session", "commit", "jam"]) == 0
    assert "nothing to commit" in capfd.readouterr().out
    assert git(jam, "rev-list", "--count", "HEAD") == "2"
    git(jam, "fsck", "--strict")


def test_a_later_op_overrides_and_the_earlier_stays_in_the_log(jam: Path) -> None:
    one, two = CODE.replace(b"return 1", b"return 10"), CODE.replace(b"return 1", b"return 11")
    append(
        jam,
        "jam",
        {"op": changed("code.py", CODE, one), "actor": "ada"},
        {"op": changed("code.py", CODE, two), "actor": "bob"},
    )
    with pytest.raises(Exception, match="override"):
        session.commit(Repository(jam), OpLog(jam, "jam"), plugin_for_path, strict=True)
    done = commit(jam)
    assert len(done.overridden) == 1 and "bob" in done.overridden[0]
    assert (jam / "code.py").read_bytes() == two
    assert blob_digest(one) in json.dumps(OpLog(jam, "jam").read_all())


def test_a_live_edit_elsewhere_in_the_file_is_merged_and_recorded(jam: Path) -> None:
    one = CODE.replace(b"return 1", b"return 100")
    append(jam, "jam", {"op": changed("code.py", CODE, one)})
    (jam / "code.py").write_bytes(CODE.replace(b"return 3", b"return 300"))
    done = commit(jam)
    assert done.external == ["code.py"]
    assert (jam / "code.py").read_bytes() == one.replace(b"return 3", b"return 300")
    log = OpLog(jam, "jam")
    assert log.read_all()[-1]["actor_id"] == "external"
    repo = Repository(jam)
    assert replayed(jam, "HEAD~1") == repo.manifest("HEAD")["files"]
    assert log.replay(session.effective(repo, log)).entries == []


@pytest.mark.parametrize("take", ["live", "log"])
def test_a_live_edit_that_disagrees_is_never_lost(jam: Path, take: str, capfd: pytest.CaptureFixture[str]) -> None:
    mine, theirs = CODE.replace(b"return 1", b"return 7"), CODE.replace(b"return 1", b"return 8")
    append(jam, "jam", {"op": changed("code.py", CODE, theirs)})
    (jam / "code.py").write_bytes(mine)
    assert main(["session", "commit", "jam"]) == 1
    assert "--take live" in capfd.readouterr().err and (jam / "code.py").read_bytes() == mine
    assert main(["session", "commit", "jam", "--take", take]) == 0
    assert (jam / "code.py").read_bytes() == (mine if take == "live" else theirs)
    named = json.dumps(OpLog(jam, "jam").read_all())
    assert blob_digest(mine) in named and blob_digest(theirs) in named
    repo = Repository(jam)
    assert repo.content.get(blob_digest(mine)) == mine and repo.content.get(blob_digest(theirs)) == theirs
    assert replayed(jam, "HEAD~1") == repo.manifest("HEAD")["files"]


def test_files_no_op_spoke_of_are_left_alone(jam: Path, git: RunGit) -> None:
    append(jam, "jam", {"op": added("new.txt", b"x\n")})
    (jam / "words.txt").write_text("mine\n")
    (jam / "other.txt").write_text("untracked\n")
    git(jam, "add", "words.txt")
    assert commit(jam).changed == ["new.txt"]
    assert git(jam, "status", "--porcelain").split("\n") == ["M  words.txt", "?? other.txt"]


def test_a_refused_commit_leaves_the_ops_uncommitted(jam: Path, git: RunGit) -> None:
    hook = jam / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    append(jam, "jam", {"op": added("new.txt", b"x\n")})
    done = commit(jam)
    assert done.code == 1 and done.commit is None
    repo, log = Repository(jam), OpLog(jam, "jam")
    assert session.status(repo, log)["uncommitted"] == 1
    hook.unlink()
    assert commit(jam).commit is not None
    assert session.status(repo, log)["uncommitted"] == 0
    git(jam, "reset", "-q", "--hard", "HEAD~1")
    assert session.status(repo, log)["uncommitted"] == 0 and len(session.status(repo, log)["dropped"]) == 1
    assert main(["session", "redeliver", "jam"]) == 0
    assert commit(jam).commit is not None and (jam / "new.txt").read_bytes() == b"x\n"


def test_a_refused_commit_leaves_the_index_as_it_was(jam: Path, git: RunGit) -> None:
    hook = jam / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    (jam / "words.txt").write_text("staged by hand\n")
    (jam / "other.txt").write_text("staged, too\n")
    git(jam, "add", "words.txt", "other.txt")
    (jam / "words.txt").write_text("one\ntwo\nthree\n")
    index = git(jam, "ls-files", "-s")
    one = CODE.replace(b"return 1", b"return 100")
    append(
        jam,
        "jam",
        {"op": added("new.txt", b"x\n")},
        {"op": changed("code.py", CODE, one)},
        {"op": changed("words.txt", b"one\ntwo\nthree\n", b"one\ntwo\nthree\nfour\n")},
        {"op": removed("piece.mid", (jam / "piece.mid").read_bytes())},
    )
    assert commit(jam).code == 1 and git(jam, "ls-files", "-s") == index
    hook.unlink()
    assert commit(jam).changed == ["code.py", "new.txt", "piece.mid", "words.txt"]
    assert git(jam, "status", "--porcelain") == "A  other.txt"


def test_a_file_is_put_in_place_whole_or_not_at_all(jam: Path, git: RunGit) -> None:
    """Git dies in the middle of writing it: half of it would be taken for an edit from outside by the next commit."""
    old, new = b"one\ntwo\nthree\n", b"one\ntwo\n" + b"three\n" * 500_000
    Repository(jam).content.put(new)
    op = {name: value for name, value in changed("words.txt", old, new).items() if name != "content_b64"}
    append(jam, "jam", {"op": op})
    index = git(jam, "ls-files", "-s")
    done = subprocess.run(
        [sys.executable, "-m", "muse.cli", "session", "commit", "jam"],
        cwd=jam,
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20)),
    )
    assert done.returncode == 128 and "Traceback" not in done.stderr and len(done.stderr.splitlines()) <= 2
    assert (jam / "words.txt").read_bytes() == old and git(jam, "ls-files", "-s") == index
    assert not list((jam / ".git").glob("muse-files-*"))
    (jam / ".git/index.lock").unlink(missing_ok=True)
    result = commit(jam)
    assert result.external == [] and result.changed == ["words.txt"] and (jam / "words.txt").read_bytes() == new


def test_a_file_takes_the_place_of_empty_folders(jam: Path, git: RunGit) -> None:
    (jam / "new.txt" / "deep").mkdir(parents=True)
    append(jam, "jam", {"op": added("new.txt", b"x\n")})
    assert commit(jam).changed == ["new.txt"]
    assert (jam / "new.txt").read_bytes() == b"x\n" and git(jam, "status", "--porcelain") == ""


def test_the_log_and_its_snapshots_are_rebuilt_from_git_alone(jam: Path) -> None:
    for at in range(3):
        append(jam, "jam", {"op": added(f"n{at}.txt", b"%d\n" % at)})
        commit(jam)
    append(jam, "jam", {"op": added("late.txt", b"late\n")})
    repo = Repository(jam)
    checkpoints.save(repo, OpLog(jam, "jam"))
    shutil.rmtree(OpLog(jam, "jam").folder)
    log = session.existing(repo, "jam")
    assert len(log.read_all()) == 4
    view = log.replay(session.effective(repo, log))
    assert [entry["domain_op"]["address"] for entry in view.entries] == ["late.txt"]
    entries = without_echoes(log.replay([]).entries)
    for at in range(3):
        files = replay(entries[: at + 1], repo.manifest("HEAD~3")["files"], repo.content, plugin_for_path).files
        assert files == repo.manifest(f"HEAD~{2 - at}")["files"]
    assert commit(jam).changed == ["late.txt"]


def test_damage_is_not_committed_past_unseen(jam: Path, capfd: pytest.CaptureFixture[str]) -> None:
    append(jam, "jam", {"op": added("a.txt", b"a\n")}, {"op": added("b.txt", b"b\n")})
    path = OpLog(jam, "jam").folder / "ops.jsonl"
    data = bytearray(path.read_bytes())
    data[10] ^= 1
    path.write_bytes(data)
    assert main(["session", "commit", "jam"]) == 128
    assert "--accept-damage" in capfd.readouterr().err
    assert main(["session", "commit", "jam", "--accept-damage"]) == 0
    assert main(["session", "commit", "jam"]) == 0
    assert (jam / "b.txt").exists() and not (jam / "a.txt").exists()


def test_a_plain_commit_can_be_recorded_in_a_session(jam: Path, git: RunGit) -> None:
    append(jam, "jam", {"op": added("later.txt", b"later\n")})
    (jam / "code.py").write_bytes(CODE.replace(b"return 1", b"return 100"))
    (jam / "words.txt").unlink()
    assert main(["commit", "-q", "-m", "by hand", "--session", "jam"]) == 0
    repo, log = Repository(jam), OpLog(jam, "jam")
    kinds = [(entry["domain"], entry["domain_op"]["op"], entry["domain_op"]["address"]) for entry in log.read_all()]
    assert kinds[:2] == [("files", "insert", "later.txt"), ("code", "patch", "code.py")]
    assert ("files", "delete", "words.txt") in kinds and any("code.py::first" in address for _, _, address in kinds)
    view = log.replay(session.effective(repo, log))
    assert [entry["domain_op"]["address"] for entry in view.entries] == ["later.txt"]
    assert replayed(jam, "HEAD~1").items() - repo.manifest("HEAD")["files"].items() == {
        ("later.txt", blob_digest(b"later\n"))
    }
    assert commit(jam).changed == ["later.txt"]
