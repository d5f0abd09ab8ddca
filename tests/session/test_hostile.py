"""Checkpoints and names nobody sane would write: each is left out or taken as it is, told in one line, never fatal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from muse.cli.main import main
from muse.core.op_log import OpLog, is_checkpoint
from muse.engine.setup import doctor as checkup
from muse.plugins.registry import plugin_for_path
from muse.store.layout import FORMATS, session_path
from muse.store.repository import Repository
from tests.conftest import RunGit
from tests.session.kit import added, append, commit

DEEP = "[" * 90_000 + "]" * 90_000
SHAPE = {"session_id": "jam", "snapshot_id": "x", "lamport_ts": 1, "op_count": 1, "created_at": ""}


def claim(**more: Any) -> str:
    """A checkpoint as text, with fields added or replaced."""
    return json.dumps({**SHAPE, **more})


HOSTILE = {
    "not JSON": "{",
    "no object": "[]",
    "NaN as a count": claim(op_count=float("nan")),
    "NaN beside a sum": claim(extra=float("nan"), sum="0" * 16),
    "infinity": claim().replace('"lamport_ts": 1', '"lamport_ts": 1e999'),
    "a number of a million digits": claim().replace('"lamport_ts": 1', '"lamport_ts": ' + "9" * 1_000_000),
    "deep": DEEP,
    "deep beside a sum": claim(sum="0" * 16)[:-1] + ', "extra": ' + DEEP + "}",
    "a wrong sum": claim(sum="0" * 16),
    "another session": claim(session_id="other"),
    "a session that is a lone surrogate": claim(session_id="\ud800"),
    "a tree that is a list": claim(tree=["x"]),
    "positions that are no numbers": claim(positions={"w/i": "1"}),
    "positions that are true": claim(positions={"w/i": True}),
    "holes that are lists": claim(positions={"w/i": 1}, holes={"w/i": [[1]]}),
    "holes that are mixed": claim(positions={"w/i": 3}, holes={"w/i": [1, "x"]}),
    "roots that are no text": claim(roots=[1]),
    "earlier that is no list": claim(earlier=7),
    "earlier in earlier": claim(earlier=[{**SHAPE, "earlier": []}]),
    "quarantined that is a number": claim(quarantined=7),
}
BELIEVED = {
    "surrogates": claim(snapshot_id="\ud800", positions={"\udfff/\ud800": 3}, tree="\ud800"),
    "the largest numbers": claim(lamport_ts=10**4000, positions={"w/i": 10**4000}, holes={"w/i": [10**4000]}),
    "fields of another version": claim(positions={}, extra={"a": [None, 1.5]}),
    "a tree nobody has": claim(tree="f" * 40, positions={"w/i": 1}),
}
FOREIGN = {
    name: claim(roots=[root])
    for name, root in (
        ("a root of two lines", "HEAD\nHEAD"),
        ("a root that is NUL", "\0"),
        ("a root that is empty", ""),
        ("a root that is an option", "--all"),
        ("a root that is a lone surrogate", "\ud800"),
    )
}


def publish(root: Path, git: RunGit, text: str) -> None:
    """Put a checkpoint of session `jam` under a ref as another clone's, fetched."""
    blob = git(root, "hash-object", "-w", "--stdin", input=text)
    form = git(root, "hash-object", "-w", "--stdin", input=FORMATS["log"][-1])
    index = {"GIT_INDEX_FILE": str(root.parent / "evil-index")}
    git(
        root,
        "update-index",
        "--add",
        "--cacheinfo",
        f"100644,{form},format",
        "--cacheinfo",
        f"100644,{blob},{session_path('jam', 'checkpoint.json')}",
        env=index,
    )
    evil = git(root, "commit-tree", "-m", "evil", git(root, "write-tree", env=index))
    git(root, "update-ref", f"refs/muse-remotes/x/log/{'e' * 20}", evil)


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_checkpoint_is_never_taken_for_one(name: str) -> None:
    try:
        found = json.loads(HOSTILE[name])
    except (ValueError, RecursionError):
        return
    assert not is_checkpoint(found) or found["session_id"] != "jam"


@pytest.mark.parametrize("name", [*HOSTILE, *BELIEVED, *FOREIGN])
def test_no_fetched_checkpoint_stops_a_session(
    name: str, jam: Path, git: RunGit, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    publish(jam, git, {**HOSTILE, **BELIEVED, **FOREIGN}[name])
    OpLog(jam, "jam").record("ada", "files", [added("new.txt", b"x\n")])  # type: ignore[list-item]
    for words in (["status", "jam"], ["commit", "jam", "-m", "x"], ["status", "jam"], ["show", "jam"], ["list"]):
        capfd.readouterr()
        caplog.clear()
        assert main(["session", *words]) == 0
        out, err = capfd.readouterr()
        assert "internal error" not in err and "Traceback" not in err
        told = {record.getMessage() for record in caplog.records}
        if name in HOSTILE and words[0] in ("status", "commit"):
            assert len(told) == 1 and "checkpoint.json is left out: it is no checkpoint of its session" in told.pop()
        elif name not in FOREIGN:
            assert not told
    assert (jam / "new.txt").read_bytes() == b"x\n" and git(jam, "status", "--porcelain") == ""
    capfd.readouterr()
    code = main(["verify"])
    out, err = capfd.readouterr()
    assert "internal error" not in err and "Traceback" not in err
    if name in HOSTILE:
        assert (
            code == 1
            and [line for line in (out + err).splitlines() if "checkpoint.json" in line]
            == [line for line in (out + err).splitlines() if "is no checkpoint of its session" in line]
            != []
        )
    else:
        assert code == 0, (out, err)


def test_doctor_lists_what_of_other_clones_is_left_out(
    jam: Path, git: RunGit, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    append(jam, "jam", {"op": added("new.txt", b"x\n")})
    repo = Repository(jam)
    assert [found.state for found in checkup.check_sessions(repo, plugin_for_path)] == ["ok"]
    log = OpLog(jam, "jam")
    (key,) = (key for key, _ in log.records())
    reasons = {
        "it is no checkpoint of its session": HOSTILE["NaN beside a sum"],
        "it is a session of another repository, whose history is not here": claim(positions={}, roots=["f" * 40]),
        f"it claims op 7 of {key.who}, which this clone has never given away": claim(positions={key.who: 7}),
    }
    for why, text in reasons.items():
        publish(jam, git, text)
        caplog.clear()
        (found,) = checkup.check_sessions(repo, plugin_for_path)
        assert (found.state, caplog.text) == ("note", "")
        assert found.text == f"refs/muse-remotes/x/log/{'e' * 20}: jam/checkpoint.json is left out: {why}"
    capfd.readouterr()
    main(["doctor"])
    out, err = capfd.readouterr()
    assert out.count("is left out: it claims op 7") == 1 and "Traceback" not in err
    for words in (["session", "status", "jam"], ["session", "commit", "jam", "-m", "new"]):
        assert main(words) == 0
        out, err = capfd.readouterr()
        assert (out + err + caplog.text).count("is left out: it claims op 7") == 1, words
        caplog.clear()
    git(jam, "update-ref", "-d", f"refs/muse-remotes/x/log/{'e' * 20}")
    assert [found.state for found in checkup.check_sessions(Repository(jam), plugin_for_path)] == ["ok"]


def test_our_own_checkpoint_is_not_believed_when_it_is_none(jam: Path) -> None:
    """The same under the session's own folder: quarantined, and everything is replayed again."""
    append(jam, "jam", {"op": added("new.txt", b"x\n")})
    log = OpLog(jam, "jam")
    for text in HOSTILE.values():
        (log.folder / "checkpoint.json").write_text(text)
        assert log.read_checkpoint() is None
        assert [entry["domain_op"]["address"] for entry in log.replay_since_checkpoint()] == ["new.txt"]
    assert {found["reason"] for found in log.damage()} == {"damaged checkpoint"}


NAMES = [b"caf\xe9", b"\xed\xa0\x80" + b"x" * 200]


@pytest.mark.parametrize("name", NAMES)
def test_a_session_name_that_is_not_utf_8_works_in_every_verb(name: bytes, make_repo: Callable[..., Path]) -> None:
    root = make_repo(files={"a.txt": "a\n"})

    def run(*words: bytes | str, fed: bytes = b"") -> bytes:
        command: list[bytes | str] = [sys.executable, "-m", "muse.cli", "session", *words]
        done = subprocess.run(command, cwd=root, input=fed, capture_output=True)
        assert (done.returncode, done.stderr) == (0, b""), (words, done.stderr)
        return done.stdout

    shown = name.replace(b"\x80", rb"\x80")  # a byte that a terminal could take for a control is told, not sent
    assert shown in run("start", name)
    line = json.dumps({"op": added("new.txt", b"x\n"), "actor": "ada"}).encode() + b"\n"
    assert json.loads(run("append", name, fed=line))["sequence"] == 1
    assert b"1 op by 1 actor" in run("status", name) and shown in run("status", name)
    assert json.loads(run("status", name, "--json"))["session"] == os.fsdecode(name)
    assert b"1 op, 1 file" in run("commit", name)
    subject = subprocess.run(["git", "log", "-1", "--format=%s"], cwd=root, capture_output=True, check=True).stdout
    assert subject.startswith(b"session ") and subject.endswith(b": 1 op, 1 file\n")
    subject.decode("utf-8")
    assert run("list") == shown + b"\n"
    assert b"new.txt" in run("show", name) and b"new.txt" in run("follow", name, "--all", "-n", "1")
    here = Repository(root)
    assert OpLog(root, os.fsdecode(name)).read_checkpoint() is not None and here.head() is not None


def test_a_commit_stands_when_its_delta_cannot_be_stored(
    jam: Path, git: RunGit, capfd: pytest.CaptureFixture[str]
) -> None:
    append(jam, "jam", {"op": added("one.txt", b"x\n")})
    assert commit(jam).overridden == []  # and so we have a meta ref
    (ref,) = git(jam, "for-each-ref", "--format=%(refname)", "refs/muse/meta").splitlines()
    before = git(jam, "rev-parse", ref)
    append(jam, "jam", {"op": added("two.txt", b"y\n")})
    lock = jam / ".git" / f"{ref}.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.touch()
    capfd.readouterr()
    assert main(["session", "commit", "jam", "-m", "two"]) == 0
    out, err = capfd.readouterr()
    lock.unlink()
    assert "1 op, 1 file" in out and "the commit is made, its structured delta was not kept" in err
    assert len(err.splitlines()) == 1 and git(jam, "rev-parse", ref) == before
    assert git(jam, "log", "-1", "--format=%s") == "two" and git(jam, "status", "--porcelain") == ""
    assert main(["session", "commit", "jam"]) == 0 and "nothing to commit" in capfd.readouterr().out
