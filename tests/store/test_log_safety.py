"""What others wrote never keeps our own ops from being committed."""

from __future__ import annotations

import json
import shutil

import pytest

from muse.core.errors import MuseError
from muse.core.op_log import OpLog, make_op_entry
from muse.core.op_log.entries import finish, seal
from muse.core.types import canonical_json
from muse.domain import InsertOp
from muse.engine.session import commit as session
from muse.store import layout, refs, writer
from muse.store.log import checkpoints
from muse.store.meta import writer_refs
from muse.store.repository import Repository


def _op(number):
    op = InsertOp(
        op="insert", address=f"note{number}", position=None, content_id="", content_summary="", content={"n": number}
    )
    return make_op_entry("ada", "files", op, number)


@pytest.mark.parametrize("copied", [0, 1], ids=["nonsense", "one true line"])
def test_a_segment_that_claims_our_ops_is_not_believed(make_repo, git, copied):
    repo, evil = Repository(make_repo(files={"a": "1\n"})), Repository(make_repo("evil", {"a": "1\n"}))
    log = OpLog(repo.root, "jam")
    log.append_many([_op(number) for number in (1, 2, 3)])
    rows, _ = log.lines_from(0)
    fake = b"".join(line + b"\n" for _, line in rows[:copied]) or b"nonsense\n"
    claim = layout.segment_path("jam", rows[0][0]["instance"], 1, 9_999_999, fake)
    writer_refs.commit_files(evil, "log", {claim: fake}, "evil")
    git(repo.root, "fetch", "-q", str(evil.root), "refs/muse/*:refs/muse-remotes/origin/*")
    assert checkpoints.save(repo, log) is not None
    tip = layout.own_ref("log", writer.writer_id(repo))
    names = [path for path in git(repo.root, "ls-tree", "-r", "--name-only", tip).splitlines() if ".jsonl" in path]
    kept = b"".join(repo.objects.blob(f"{tip}:{name}") for name in names)
    assert kept == b"".join(line + b"\n" for _, line in rows[copied:])
    before = refs.read(repo, tip)
    checkpoints.save(repo, log)
    assert refs.read(repo, tip) == before


NAMES = [
    "../../x",
    "a/b",
    ".",
    "..",
    "",
    "nul\0nul",
    "x" * 10_000,
    "é🎵" * 2000,
    "a.lock",
    "%41",
    "content",
    "name",
    "refs/heads/main",
    "-rf",
    "a\nb",
]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_any_text_names_a_session_and_an_actor_in_git_too(make_repo, git, name):
    repo = Repository(make_repo(files={"a": "1\n"}))
    log = OpLog(repo.root, name)
    op = InsertOp(op="insert", address="n", position=None, content_id="", content_summary="")
    log.append(make_op_entry(name, "files", op, 1))
    checkpoints.save(repo, log, log.checkpoint("x"))
    before = log.records()
    shutil.rmtree(log.folder)
    again = OpLog(repo.root, name)
    checkpoints.pull(repo, again)
    assert again.records() == before and before[0][1]["actor_id"] == name
    assert checkpoints.sessions(repo) == [name] and again.read_checkpoint()["session_id"] == name
    assert sorted(path.name for path in repo.root.iterdir()) == [".git", "a"]
    git(repo.root, "fsck", "--strict")


def _publish(repo, evil, git, files):
    writer_refs.commit_files(evil, "log", files, "evil")
    git(repo.root, "fetch", "-q", str(evil.root), "+refs/muse/*:refs/muse-remotes/evil/*")


def _claim(repo, who, top, **more):
    claim = {"session_id": "jam", "snapshot_id": "x", "lamport_ts": 3, "op_count": top, "created_at": ""}
    claim |= {"positions": {who: top}, "tree": repo.tree_of("HEAD"), **more}
    return {layout.session_path("jam", "checkpoint.json"): json.dumps(claim).encode()}


def _left(repo, log):
    return [entry["domain_op"]["address"] for entry in log.replay(session.effective(repo, log)).entries]


@pytest.mark.parametrize("renamed", [False, True], ids=["under its name", "under a former name"])
def test_a_foreign_checkpoint_cannot_claim_ops_we_never_gave_away(make_repo, git, caplog, renamed):
    repo, evil = Repository(make_repo(files={"a": "1\n"})), Repository(make_repo("evil", {"a": "1\n"}))
    log = session.start(repo, "jam")
    log.append_many([_op(number) for number in (1, 2)])
    checkpoints.save(repo, log)
    log.append(_op(3))
    who = f"{log.writer}/{log.instance}"
    if renamed:  # as somebody can have it who pushes to our ref
        writer.rotate(repo, log.writer)
        writer_refs.settle(repo, "log")
    for top, believed in ((2, True), (3, False), (2**53, False)):
        _publish(repo, evil, git, _claim(repo, who, top))
        assert _left(repo, log) == (["note3"] if believed else ["note1", "note2", "note3"])
        assert ("never given away" in caplog.text) is not believed
    _publish(repo, evil, git, _claim(repo, who, 2**53, holes={who: [3]}))
    assert _left(repo, log) == (["note3"] if renamed else ["note1", "note2", "note3"])


def test_who_shows_an_op_of_ours_has_it_and_who_shows_another_one_has_not(make_repo, git, caplog):
    """A copied folder has ops of ours that our ref has not; who makes some up has only their number."""
    repo, evil = Repository(make_repo(files={"a": "1\n"})), Repository(make_repo("evil", {"a": "1\n"}))
    log = session.start(repo, "jam")
    log.append(_op(1))
    ((key, _),) = log.records()
    (line,) = log.raw_lines()
    for shown, believed in ((line.replace(b"note1", b"note9"), False), (line, True)):
        caplog.clear()
        data = shown + b"\n"
        files = _claim(repo, key.who, 1) | {layout.segment_path("jam", key.instance, 1, 1, data): data}
        _publish(repo, evil, git, files)
        assert _left(repo, log) == ([] if believed else ["note1"])
        assert ("never given away" in caplog.text) is not believed


def test_a_session_of_another_repository_is_not_taken_in(make_repo, git, commit, caplog):
    repo, other = Repository(make_repo(files={"a": "1\n"})), Repository(make_repo("other", {"b": "2\n"}))
    mine, theirs = session.start(repo, "jam"), session.start(other, "jam")
    mine.append(_op(1))
    theirs.append(_op(2))
    checkpoints.save(other, theirs)
    git(repo.root, "fetch", "-q", str(other.root), "+refs/muse/*:refs/muse-remotes/other/*")
    assert checkpoints.pull(repo, mine).added == 0 and "of another repository" in caplog.text
    assert [entry["domain_op"]["address"] for entry in session.existing(repo, "jam").read_all()] == ["note1"]
    git(repo.root, "fetch", "-q", str(other.root), "main:theirs")  # with that history here, it is a session of both
    assert checkpoints.pull(Repository(repo.root), mine).added == 1


def test_a_copied_log_of_another_repository_is_refused(make_repo, git):
    repo, other = Repository(make_repo(files={"a": "1\n"})), Repository(make_repo("other", {"b": "2\n"}))
    theirs = session.start(other, "jam")
    theirs.append(_op(1))
    theirs.close()
    here = OpLog(repo.root, "jam").folder
    shutil.copytree(theirs.folder, here)
    before = {path.name: path.read_bytes() for path in here.iterdir()}
    for door in (session.existing, session.start):
        with pytest.raises(MuseError, match="another repository"):
            door(repo, "jam")
    assert {path.name: path.read_bytes() for path in here.iterdir()} == before
    session.start(repo, "other session").append(_op(1))


def test_ops_that_cause_each_other_are_not_believed(make_repo):
    """Ids are hashes, so a cycle can only be claimed: such lines are set aside, one by one, and the rest goes on."""
    log = OpLog(make_repo(files={"a": "1\n"}), "jam", writer="w")
    one, two = _op(1), _op(2)
    lines = []
    for number, (entry, cause) in enumerate(((one, two), (two, one)), start=1):
        claimed = {**entry, "parent_op_ids": [cause["op_id"]]}
        body = {name: value for name, value in claimed.items() if name not in ("op_id", "created_at")}
        tail = f',"created_at":"","op_id":"{entry["op_id"]}"'.encode()
        lines.append(finish(canonical_json(body)[:-1], tail, ("w2", "i", number)))
    report = log.merge_replica([*lines, finish(*seal(_op(3)), ("w2", "i", 3))])
    assert report.added == 1 and len(report.quarantined) == 2
    assert all("not the hash" in line for line in report.quarantined) and len(log.damage()) == 2
    log.append(_op(4))
    assert [entry["domain_op"]["address"] for entry in log.replay_since_checkpoint()] == ["note3", "note4"]


def test_a_foreign_checkpoint_must_say_which_ops_it_holds(make_repo, git, caplog):
    """One with a time alone would claim everything, given away or not."""
    repo, evil = Repository(make_repo(files={"a": "1\n"})), Repository(make_repo("evil", {"a": "1\n"}))
    log = session.start(repo, "jam")
    log.append(_op(1))
    claim = {
        "session_id": "jam",
        "snapshot_id": "x",
        "lamport_ts": 2**53,
        "op_count": 1,
        "created_at": "",
        "tree": repo.tree_of("HEAD"),
    }
    _publish(repo, evil, git, {layout.session_path("jam", "checkpoint.json"): json.dumps(claim).encode()})
    assert len(log.replay(session.effective(repo, log)).entries) == 1 and "which ops it holds" in caplog.text


@pytest.mark.parametrize("instances", [1, 40])
def test_numbers_with_gaps_between_them_cannot_fill_our_checkpoints(make_repo, instances):
    """A checkpoint lists every hole: lines of one writer could otherwise make it hundreds of megabytes."""
    repo = Repository(make_repo(files={"a": "1\n"}))
    log = session.start(repo, "jam")
    lines, tops = [], dict.fromkeys(range(instances), 0)
    for number in range(1, 41):
        who = number % instances
        tops[who] += 90_000
        lines.append(finish(*seal(_op(number)), ("e" * 20, f"evil{who}", tops[who])).rstrip(b"\n"))
    report = log.merge_replica(lines)
    assert report.added == 2 and len(report.quarantined) == 38
    assert all("jumps too far" in why for why in report.quarantined)
    made = log.checkpoint("x")
    assert sum(map(len, made["holes"].values())) < 200_000
    filled = [
        finish(*seal(_op(100 + number)), ("e" * 20, "evil1" if instances > 1 else "evil0", number)).rstrip(b"\n")
        for number in range(1, 4)
    ]
    assert log.merge_replica(filled).added == 3
