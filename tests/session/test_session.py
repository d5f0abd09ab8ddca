"""`muse session` end to end: live edits of many agents become a commit that is exactly what a replay gives."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from muse.cli.main import main
from muse.core.content import using
from muse.core.op_log import OpLog, without_echoes
from muse.core.types import blob_digest, content_hash
from muse.domain import SnapshotManifest
from muse.engine import session
from muse.engine.replay import replay
from muse.plugins.registry import plugin_for_path
from muse.store.repository import Repository

MakeRepo = Callable[..., Path]
RunGit = Callable[..., str]
PIECE = Path(__file__).parents[2] / "fixtures" / "midi" / "menuet.mid"
CODE = b"def first():\n    return 1\n\n\ndef second():\n    return 2\n\n\ndef third():\n    return 3\n"


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def added(path: str, data: bytes) -> dict[str, Any]:
    return {"op": "insert", "address": path, "position": None, "content_id": blob_digest(data),
            "content_summary": f"added {path}", "content_b64": b64(data)}


def changed(path: str, old: bytes, new: bytes) -> dict[str, Any]:
    return {"op": "replace", "address": path, "position": None, "old_content_id": blob_digest(old),
            "new_content_id": blob_digest(new), "old_summary": "", "new_summary": "", "content_b64": b64(new)}


def removed(path: str, old: bytes) -> dict[str, Any]:
    return {"op": "delete", "address": path, "position": None, "content_id": blob_digest(old), "content_summary": ""}


def append(root: Path, name: str, *ops: Any, args: tuple[str, ...] = (), raw: bytes | None = None) -> list[Any]:
    lines = raw if raw is not None else b"".join(json.dumps(op).encode() + b"\n" for op in ops)
    command = [sys.executable, "-m", "muse.cli", "session", "append", name, *args]
    done = subprocess.run(command, cwd=root, input=lines, capture_output=True)
    assert done.stderr == b"", done.stderr.decode()
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == any("error" in answer for answer in answers)
    return answers


@pytest.fixture
def jam(make_repo: MakeRepo, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with code and a piece, and a session `jam` in it."""
    root = make_repo(files={"code.py": CODE, "piece.mid": PIECE.read_bytes(), "words.txt": "one\ntwo\nthree\n"})
    monkeypatch.chdir(root)
    assert main(["session", "start", "jam"]) == 0
    return root


def commit(root: Path) -> session.SessionCommit:
    repo = Repository(root)
    return session.commit(repo, OpLog(root, "jam"), plugin_for_path, message="jam", domain="files")


def replayed(root: Path, base: str) -> dict[str, str]:
    """The files a replay of all ops onto a commit gives."""
    repo = Repository(root)
    entries = OpLog(root, "jam").replay([]).entries
    return replay(entries, repo.manifest(base)["files"], repo.content, plugin_for_path).files


def test_ops_of_two_agents_become_one_commit(jam: Path, git: RunGit, capfd: pytest.CaptureFixture[str]) -> None:
    one, two = CODE.replace(b"return 1", b"return 100"), CODE.replace(b"return 3", b"return 300")
    answers = append(
        jam, "jam",
        {"op": changed("code.py", CODE, one), "actor": "ada"}, {"op": changed("code.py", CODE, two), "actor": "bob"},
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


def transposed(data: bytes, track: int, by: int) -> bytes:
    import io

    import mido

    piece = mido.MidiFile(file=io.BytesIO(data))
    for message in piece.tracks[track]:
        if message.type in ("note_on", "note_off"):
            message.note += by
    out = io.BytesIO()
    piece.save(file=out)
    return out.getvalue()


def test_edits_of_notes_by_two_agents_are_both_in_the_commit(jam: Path) -> None:
    import io

    import mido

    base = transposed(PIECE.read_bytes(), 1, 0)
    (jam / "piece.mid").write_bytes(base)
    subprocess.run(["git", "commit", "-qam", "as mido writes it", "--allow-empty"], cwd=jam, check=True)
    tracks = [at for at, track in enumerate(mido.MidiFile(file=io.BytesIO(base)).tracks)
              if any(message.type == "note_on" for message in track)]
    assert len(tracks) >= 2
    one, two = transposed(base, tracks[0], 12), transposed(base, tracks[1], -12)
    append(jam, "jam", {"op": changed("piece.mid", base, one), "actor": "ada"},
           {"op": changed("piece.mid", base, two), "actor": "bob"})
    done = commit(jam)
    assert done.overridden == [] and done.changed == ["piece.mid"]
    got = mido.MidiFile(jam / "piece.mid")
    want = mido.MidiFile(file=io.BytesIO(transposed(one, tracks[1], -12)))
    assert [[str(message) for message in track] for track in got.tracks] == [
        [str(message) for message in track] for track in want.tracks
    ]
    assert replayed(jam, "HEAD~1") == Repository(jam).manifest("HEAD")["files"]


def test_a_later_op_overrides_and_the_earlier_stays_in_the_log(jam: Path) -> None:
    one, two = CODE.replace(b"return 1", b"return 10"), CODE.replace(b"return 1", b"return 11")
    append(jam, "jam", {"op": changed("code.py", CODE, one), "actor": "ada"},
           {"op": changed("code.py", CODE, two), "actor": "bob"})
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
def test_a_live_edit_that_disagrees_is_never_lost(
    jam: Path, take: str, capfd: pytest.CaptureFixture[str]
) -> None:
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
    assert session.status(repo, log)["uncommitted"] == 1
    assert commit(jam).commit is not None and (jam / "new.txt").read_bytes() == b"x\n"


def test_the_log_and_its_snapshots_are_rebuilt_from_git_alone(jam: Path) -> None:
    for at in range(3):
        append(jam, "jam", {"op": added(f"n{at}.txt", b"%d\n" % at)})
        commit(jam)
    append(jam, "jam", {"op": added("late.txt", b"late\n")})
    repo = Repository(jam)
    from muse.store import checkpoints

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
            edit = words.replace(b"\n" + line, b"\nagent %d of %d\n" % (agent, number)) if line != b"0\n" else (
                b"agent 0 of 0\n" + words[2:])
            log.record(f"agent{agent}", "files", [
                changed("words.txt", words, edit),  # type: ignore[list-item]
                added(f"{number}-{agent}.txt", os.urandom(20)),  # type: ignore[list-item]
            ])
    from muse.store import checkpoints

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
    from muse.plugins.midi.plugin import MidiPlugin
    from muse.store import crdt_state

    notes = transposed(PIECE.read_bytes(), 1, 0)
    words = b"".join(b"%d\n" % at for at in range(60))
    code = b"\n\n".join(b"def f%d():\n    return %d\n" % (at, at) for at in range(8))
    server = make_repo("server", bare=True)
    first = make_repo("first", files={"code.py": code, "piece.mid": notes, "words.txt": words})
    git(first, "push", "-q", str(server), "main")
    clones = [tmp_path / name for name in ("alice", "bob")]
    for number, clone in enumerate(clones):
        git(tmp_path, "clone", "-q", str(server), str(clone))
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
    states = []
    for repo, log in zip((alice, bob), logs):  # each in the order in which its own log has the ops
        plugin, tree = MidiPlugin(), repo.tree_of("HEAD")
        base: SnapshotManifest = {"files": {"piece.mid": repo.content.put(notes)}, "domain": "midi"}
        with using(repo.content):
            lifted = plugin.to_crdt_state(base)
            state = lifted
            for entry in log.read_all():
                op: Any = entry["domain_op"]
                if op["address"] == "piece.mid":
                    side = repo.content.put(base64.b64decode(op["content_b64"]))
                    delta = plugin.diff(base, {"files": {"piece.mid": side}, "domain": "midi"})
                    state = plugin.join(state, plugin.advance_crdt_state(lifted, delta, actor=entry["op_id"]))
        crdt_state.save(repo, tree, state)
        states.append(crdt_state.load_path(repo, tree, "piece.mid"))
    assert states[0] == states[1] and len(states[0]) == 1
    git(clones[1], "fetch", "-q", str(clones[0]), "+refs/muse/meta/*:refs/muse-remotes/alice/meta/*")
    assert crdt_state.load_path(Repository(clones[1]), bob.tree_of("HEAD"), "piece.mid") == states[0]
    for clone in clones:
        git(clone, "fsck", "--strict")


def note_up(data: bytes, which: int) -> bytes:
    """The piece with the velocity of one note of its own changed."""
    import io

    import mido

    piece = mido.MidiFile(file=io.BytesIO(data))
    notes = [message for track in piece.tracks for message in track if message.type == "note_on" and message.velocity]
    notes[which * 5].velocity = 1 + which
    out = io.BytesIO()
    piece.save(file=out)
    return out.getvalue()


def heard(data: bytes) -> list[list[str]]:
    import io

    import mido

    return [[str(message) for message in track] for track in mido.MidiFile(file=io.BytesIO(data)).tracks]


def test_single_notes_edited_by_address_are_replayed(jam: Path, git: RunGit) -> None:
    """Agents that send notes, not files: the commit is what the replay of their ops gives."""
    from muse.plugins.midi.diff import diff_files
    from muse.plugins.midi.patch import patch_file

    base = transposed(PIECE.read_bytes(), 1, 0)
    (jam / "piece.mid").write_bytes(base)
    git(jam, "commit", "-qam", "as mido writes it", "--allow-empty")
    ops = []
    for which in (0, 3, 5):
        note: Any = diff_files(base, note_up(base, which))[0][0]
        while note["op"] == "patch":
            (note,) = note["child_ops"]
        ops.append({**note, "address": f"piece.mid::{note['address']}"})
    answers = append(jam, "jam", *({"op": op, "actor": f"agent{at}", "domain": "midi"} for at, op in enumerate(ops)))
    assert all("ack" in answer for answer in answers), answers
    done = commit(jam)
    assert done.overridden == [] and done.changed == ["piece.mid"] and done.external == []
    wanted = note_up(note_up(note_up(base, 0), 3), 5)
    assert heard((jam / "piece.mid").read_bytes()) == heard(wanted)
    assert replayed(jam, "HEAD~1") == Repository(jam).manifest("HEAD")["files"]
    inner = [{**op, "address": op["address"].partition("::")[2]} for op in ops]
    assert (jam / "piece.mid").read_bytes() == patch_file("piece.mid", base, inner)  # type: ignore[arg-type]


# The pipe --------------------------------------------------------------------------------------------------------


def test_bad_lines_are_answered_and_hurt_nobody(jam: Path) -> None:
    good = json.dumps({"op": added("a.txt", b"a\n")}).encode()
    lost = {"op": {**added("b.txt", b"b\n"), "content_b64": b64(b"other")}}
    gone = {"op": {key: value for key, value in added("c.txt", b"c\n").items() if key != "content_b64"}}
    deep = b'{"op": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    lines = [good, b"", b"{", b"[]", b"\xff\xfe", json.dumps(lost).encode(), json.dumps(gone).encode(), deep,
             b'{"op": {"op": "explode", "address": "x"}}', b'{"op": 3}', b'{"actor": "x"}', b'{"op": {}, "x": 1}',
             b'{"op": {"op": "delete", "address": "x", "content_summary": NaN}}',
             b'{"op": {"op": "delete", "address": "x", "content_id": "", "position": null}, "parents": [3]}', good]
    answers = append(jam, "jam", raw=b"\n".join(lines))
    assert ["ack" in answer for answer in answers] == [True, *[False] * 12, True]
    assert [answer["sequence"] for answer in answers if "ack" in answer] == [1, 2]
    assert len(OpLog(jam, "jam").read_all()) == 2
    status = session.status(Repository(jam), OpLog(jam, "jam"))
    assert status["damage"] == [] and status["uncommitted"] == 2


def test_large_content_goes_to_the_content_store_first(jam: Path) -> None:
    data = os.urandom(200_000)
    append(jam, "jam", {"op": added("big.bin", data)}, args=("--level", "durable"))
    line = (OpLog(jam, "jam").folder / "ops.jsonl").read_bytes()
    assert len(line) < 2000 and Repository(jam).content.get(blob_digest(data)) == data
    commit(jam)
    assert (jam / "big.bin").read_bytes() == data


def test_an_op_whose_content_was_lost_is_named(jam: Path, capfd: pytest.CaptureFixture[str]) -> None:
    op: Any = {key: value for key, value in added("lost.txt", b"lost\n").items() if key != "content_b64"}
    OpLog(jam, "jam").record("ada", "files", [op])
    assert main(["session", "commit", "jam"]) == 128
    assert "lost.txt" in capfd.readouterr().err


@pytest.mark.parametrize("path", ["../../x", "/etc/x", ".git/config", "a/../../x", "", "words.txt/x", "code.py/../x"])
def test_an_op_cannot_leave_the_work_tree(jam: Path, path: str, capfd: pytest.CaptureFixture[str]) -> None:
    append(jam, "jam", {"op": added(path, b"x\n")}, {"op": added("fine.txt", b"fine\n")})
    assert main(["session", "commit", "jam"]) == 0
    assert f"{path}: op " in (told := capfd.readouterr().err) and "it cannot be applied" in told
    assert not (jam.parent.parent / "x").exists() and "[core]" in (jam / ".git" / "config").read_text()
    assert (jam / "fine.txt").read_bytes() == b"fine\n" and (jam / "words.txt").read_text() == "one\ntwo\nthree\n"
    assert main(["session", "commit", "jam"]) == 0 and "nothing to commit" in capfd.readouterr().out


def test_an_op_that_cannot_be_applied_is_told_and_the_session_goes_on(jam: Path) -> None:
    """What a hostile or confused agent may leave in the log, past every door."""
    base = PIECE.read_bytes()
    bad: list[Any] = [
        {"op": "delete", "address": "piece.mid::track:9/note:1:1:0:0:60#0", "position": None, "content_id": ""},
        {"op": "replace", "address": "code.py::nothing", "position": None, "content": "def x(): pass"},
        {"op": "patch", "address": "code.py", "child_ops": 3, "child_domain": "code", "child_summary": ""},
        {"op": "patch", "address": "gone.py", "child_ops": [{"op": "delete"}], "from_address": "words.txt"},
        {"op": "patch", "address": "piece.mid", "child_ops": [{"op": 7, "address": []}], "from_address": 4},
        {"op": "move", "address": "code.py", "from_position": 1, "to_position": 2, "content_id": ""},
        {"op": "delete", "address": "words.txt"}, {"op": "insert", "address": "x.txt", "content": "x"},
    ]
    log = OpLog(jam, "jam")
    log.record("mallory", "files", bad)
    append(jam, "jam", {"op": added("fine.txt", b"fine\n")})
    done = commit(jam)
    refused = [line for line in done.overridden if "cannot be applied" in line]
    assert len(refused) >= len(bad) - 1 and done.changed == ["fine.txt"], (done.overridden, done.changed)
    assert (jam / "piece.mid").read_bytes() == base and (jam / "code.py").read_bytes() == CODE
    assert len(log.read_all()) == len(bad) + 1 and session.status(Repository(jam), log)["uncommitted"] == 0
    assert replayed(jam, "HEAD~1") == Repository(jam).manifest("HEAD")["files"]


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


def test_follow_list_show_and_status(jam: Path, capfd: pytest.CaptureFixture[str]) -> None:
    answers = append(jam, "jam", {"op": added("a.txt", b"a\n"), "actor": "ada"})
    append(jam, "jam", {"op": removed("a.txt", b"a\n"), "parents": [answers[0]["ack"]]},
           {"op": added("w.txt", b"w\n"), "parents": ["sha256:unknown"]})
    capfd.readouterr()
    assert main(["session", "follow", "jam", "--all", "-n", "3"]) == 0
    told = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert told == OpLog(jam, "jam").read_all()
    assert main(["session", "list", "--json"]) == 0
    assert json.loads(capfd.readouterr().out) == ["jam"]
    assert main(["session", "show", "jam"]) == 0
    assert capfd.readouterr().out.splitlines()[0].split()[1:4] == ["ada", "insert", "a.txt"]
    assert main(["session", "status", "jam"]) == 0
    out = capfd.readouterr().out
    assert "3 ops by 2 actors" in out and "1 wait for" in out and "2 not committed" in out
    assert main(["session", "status", "nobody"]) == 128


def test_the_smallest_plugin_replays_edits_inside_files(tmp_path: Path) -> None:
    from muse.core.content import MemoryContent
    from muse.plugins.scaffold.plugin import ScaffoldPlugin

    store = MemoryContent()
    plugin = ScaffoldPlugin()
    name = f"x{plugin.patterns[0].lstrip('*')}"
    base: SnapshotManifest = {"files": {name: store.put(b"a = 1\nb = 2\n")}, "domain": "scaffold"}
    log = OpLog(tmp_path, "s")
    for actor, key, value in (("ada", "a", "10"), ("bob", "b", "20"), ("bob", "c", "30")):
        child: Any = {"op": "insert", "address": f"{name}/{key}", "position": None, "content_id": "",
                      "content_summary": "", "content": value}
        patch: Any = {"op": "patch", "address": name, "child_ops": [child], "child_domain": "scaffold",
                      "child_summary": ""}
        log.record(actor, "scaffold", [patch])
    done = replay(log.replay([]).entries, base["files"], store, lambda _: plugin)
    assert store.get(done.files[name]) == b"a = 10\nb = 20\nc = 30\n"


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


def test_symbols_edited_by_name_are_replayed(jam: Path) -> None:
    """An agent that knows only the symbol sends only the symbol."""
    text = "def second():\n    return 22"
    edit = {"op": "replace", "address": "code.py::second", "position": None, "old_content_id": "",
            "new_content_id": content_hash(text), "old_summary": "", "new_summary": "", "content": text}
    other = CODE.replace(b"return 1", b"return 100")
    append(jam, "jam", {"op": changed("code.py", CODE, other), "actor": "ada"}, {"op": edit, "actor": "bob"})
    done = commit(jam)
    assert done.overridden == [] and (jam / "code.py").read_bytes() == other.replace(b"return 2", b"return 22")
    assert replayed(jam, "HEAD~1") == Repository(jam).manifest("HEAD")["files"]
