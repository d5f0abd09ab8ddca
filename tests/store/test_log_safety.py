"""What others wrote never keeps our own ops from being committed."""

from __future__ import annotations

import pytest

from muse.core.op_log import OpLog, make_op_entry
from muse.domain import InsertOp
from muse.store import checkpoints, layout, meta, refs, writer
from muse.store.repository import Repository


def _op(number):
    op = InsertOp(op="insert", address=f"note{number}", position=None, content_id="", content_summary="",
                  content={"n": number})
    return make_op_entry("ada", "files", op, number)


@pytest.mark.parametrize("copied", [0, 1], ids=["nonsense", "one true line"])
def test_a_segment_that_claims_our_ops_is_not_believed(make_repo, git, copied):
    repo, evil = Repository(make_repo(files={"a": "1\n"})), Repository(make_repo("evil", {"a": "1\n"}))
    log = OpLog(repo.root, "jam")
    log.append_many([_op(number) for number in (1, 2, 3)])
    rows, _ = log.lines_from(0)
    fake = b"".join(line + b"\n" for _, line in rows[:copied]) or b"nonsense\n"
    claim = layout.segment_path("jam", rows[0][0]["instance"], 1, 9_999_999, fake)
    meta.commit_files(evil, "log", {claim: fake}, "evil")
    git(repo.root, "fetch", "-q", str(evil.root), "refs/muse/*:refs/muse-remotes/origin/*")
    assert checkpoints.save(repo, log) is not None
    tip = layout.own_ref("log", writer.writer_id(repo))
    names = [path for path in git(repo.root, "ls-tree", "-r", "--name-only", tip).splitlines() if ".jsonl" in path]
    kept = b"".join(repo.objects.blob(f"{tip}:{name}") for name in names)
    assert kept == b"".join(line + b"\n" for _, line in rows[copied:])
    before = refs.read(repo, tip)
    checkpoints.save(repo, log)
    assert refs.read(repo, tip) == before
