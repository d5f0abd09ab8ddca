"""What blocks a session's commit is damage of its own acknowledged ops: no torn tail, no line a peer sent."""

from __future__ import annotations

import pytest

from muse.core.errors import DamageError
from muse.core.op_log import OpLog, make_op_entry
from muse.engine.session import commit as session
from muse.plugins.registry import plugin_for_path
from muse.store.repository import Repository


@pytest.fixture
def live(make_repo):
    """A repository, and a session with one op that adds a file."""
    repo = Repository(make_repo(files={"a.txt": "1\n"}))
    log = OpLog(repo.root, "live")
    op = {
        "op": "insert", "address": "new.txt", "position": None, "content_id": repo.content.put(b"x\n"),
        "content_summary": "added",
    }  # fmt: skip
    log.append(make_op_entry("ada", "files", op, log.next_lamport_ts()))
    log.close()
    return repo


def _log_file(repo):
    (found,) = [path for path in OpLog(repo.root, "live").folder.rglob("*") if path.suffix in (".jsonl", ".log")]
    return found


@pytest.mark.parametrize("torn", [b"{", b'{"actor_id":"x","dom', b"\x00" * 64], ids=["brace", "half", "zeros"])
def test_a_torn_tail_blocks_no_commit(live, torn):
    with open(_log_file(live), "ab") as file:
        file.write(torn)
    log = OpLog(live.root, "live")
    done = session.commit(live, log, plugin_for_path, message="m")
    assert done.code == 0 and done.changed == ["new.txt"]
    assert [found["of"] for found in log.damage()] == ["tail"], "it is kept all the same"
    assert live.objects.blob("HEAD:new.txt") == b"x\n"


def test_a_peers_bad_line_blocks_nobody(live):
    log = OpLog(live.root, "live")
    report = log.merge_replica([b"no line at all\n", b'{"actor_id":"mallory"}\n'])
    assert len(report.quarantined) == 2
    done = session.commit(live, log, plugin_for_path, message="m")
    assert done.code == 0 and live.objects.blob("HEAD:new.txt") == b"x\n"
    assert {found["of"] for found in log.damage()} == {"peer"}


def test_damage_of_our_own_ops_is_still_refused(live):
    file = _log_file(live)
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    with pytest.raises(DamageError):
        session.commit(live, OpLog(live.root, "live"), plugin_for_path, message="m")
