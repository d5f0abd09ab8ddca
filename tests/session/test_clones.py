"""One session in two clones: after the exchange both have the same ops, files and states."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from muse.cli.main import main
from muse.core.op_log import OpLog
from muse.engine.session import commit as session
from muse.plugins.registry import plugin_for_path
from muse.store.layout import crdt_path, own_ref
from muse.store.log import checkpoints
from muse.store.repository import Repository
from muse.store.writer import writer_id
from tests.conftest import MakeRepo, RunGit
from tests.session.kit import CODE, PIECE, added, append, changed, heard, note_up, transposed
from tests.store.states import states_of


def test_two_clones_with_four_agents_each_end_byte_identical(tmp_path: Path, git: RunGit, make_repo: MakeRepo) -> None:
    server = make_repo("server", bare=True)
    first = make_repo("first", files={"code.py": CODE, "words.txt": "\n".join(map(str, range(60))) + "\n"})
    git(first, "remote", "add", "origin", str(server))
    git(first, "push", "-q", "-u", "origin", "main")
    clones = [tmp_path / name for name in ("alice", "bob")]
    for clone in clones:
        git(tmp_path, "clone", "-q", str(server), str(clone))
        session.start(Repository(clone), "jam")
    words = (first / "words.txt").read_bytes()
    for number, clone in enumerate(clones):
        log = OpLog(clone, "jam")
        for agent in range(4):
            line = b"%d\n" % (number * 30 + agent * 6)
            edit = (
                words.replace(b"\n" + line, b"\nagent %d of %d\n" % (agent, number))
                if line != b"0\n"
                else (b"agent 0 of 0\n" + words[2:])
            )
            log.record(
                f"agent{agent}",
                "files",
                [
                    changed("words.txt", words, edit),  # type: ignore[list-item]
                    added(f"{number}-{agent}.txt", os.urandom(20)),  # type: ignore[list-item]
                ],
            )
    for clone in clones:
        checkpoints.save(Repository(clone), OpLog(clone, "jam"))
        git(clone, "push", "-q", "origin", "refs/muse/log/*:refs/muse/log/*")
    for clone in clones:
        git(clone, "fetch", "-q", "origin", "+refs/muse/log/*:refs/muse-remotes/origin/log/*")
        repo = Repository(clone)
        log = session.existing(repo, "jam")
        assert len(log.read_all()) == 16
        done = session.commit(repo, log, plugin_for_path, message="jam", domain="files")
        assert done.overridden == [] and len(done.changed) == 9
    trees = {git(clone, "rev-parse", "HEAD^{tree}") for clone in clones}
    assert len(trees) == 1
    text = (clones[0] / "words.txt").read_text()
    assert all(f"agent {agent} of {number}\n" in text for agent in range(4) for number in range(2))
    shown = [session.show(OpLog(clone, "jam")) for clone in clones]
    assert shown[0] == shown[1]


@pytest.mark.needs_git(2, 38, "git merge-tree --write-tree")
def test_two_clones_end_with_equal_files_states_and_logs_after_sync(
    tmp_path: Path, git: RunGit, make_repo: MakeRepo, muse_on_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four agents in each of two clones, on notes, functions and lines, through `muse session` and `muse sync`."""
    notes = transposed(PIECE.read_bytes(), 1, 0)
    words = b"".join(b"%d\n" % at for at in range(60))
    code = b"\n\n".join(b"def f%d():\n    return %d\n" % (at, at) for at in range(8))
    server = make_repo("server", bare=True)
    first = make_repo("first", files={"code.py": code, "piece.mid": notes, "words.txt": words})
    git(first, "push", "-q", str(server), "main")
    clones = [tmp_path / name for name in ("alice", "bob")]
    for number, clone in enumerate(clones):
        git(tmp_path, "clone", "-q", str(server), str(clone))
        git(clone, "config", "merge.muse.mode", "crdt")
        monkeypatch.chdir(clone)
        assert main(["session", "start", "jam"]) == 0
        for agent in range(4):
            at = number * 4 + agent
            edits = [
                changed("code.py", code, code.replace(b"return %d\n" % at, b"return %d\n" % (100 + at))),
                changed("words.txt", words, words.replace(b"\n%d\n" % (7 * at + 3), b"\nagent %d\n" % at)),
                added(f"{at}.txt", b"of agent %d\n" % at),
            ]
            if agent < 2:
                edits.append(changed("piece.mid", notes, note_up(notes, at)))
            answers = append(clone, "jam", *({"op": op, "actor": f"agent{agent}"} for op in edits))
            assert all("ack" in answer for answer in answers)
    for turn in ("give", "take", "commit", "join"):
        for clone in clones:
            monkeypatch.chdir(clone)
            if turn == "commit":
                assert main(["session", "commit", "jam", "-m", "jam"]) == 0
            assert main(["sync"]) == 0
    alice, bob = (Repository(clone) for clone in clones)
    files = [{path.name: path.read_bytes() for path in clone.iterdir() if path.is_file()} for clone in clones]
    assert files[0] == files[1] and len(files[0]) == 11
    assert files[0]["code.py"] == b"\n\n".join(b"def f%d():\n    return %d\n" % (at, 100 + at) for at in range(8))
    assert all(b"\nagent %d\n" % at in files[0]["words.txt"] for at in range(8))
    raised = notes
    for at in (0, 1, 4, 5):
        raised = note_up(raised, at)
    assert heard(files[0]["piece.mid"]) == heard(raised)
    assert git(clones[0], "rev-parse", "HEAD") == git(clones[1], "rev-parse", "HEAD")
    logs = [session.existing(repo, "jam") for repo in (alice, bob)]
    keys = [sorted(log.records()) for log in logs]
    assert keys[0] == keys[1] and len(keys[0]) == 28
    assert session.show(logs[0]) == session.show(logs[1])
    for path in ("code.py", "piece.mid"):  # both have kept the state of what they committed, and it is the same
        kept = [own_state(repo, path) for repo in (alice, bob)]
        assert kept[0] == kept[1] and states_of(alice, alice.tree_of("HEAD"), path) == [kept[0]]
    for clone in clones:
        git(clone, "fsck", "--strict")


def own_state(repo: Repository, path: str) -> bytes:
    """What this clone itself has kept of a path of HEAD."""
    ref = own_ref("meta", writer_id(repo))
    return repo.objects.blob(f"{ref}:{crdt_path(repo.tree_of('HEAD'), path)}")
