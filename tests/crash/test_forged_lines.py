"""Lines that are forged in what is the log's own to say: where it keeps an op, what this waits for or displaces."""

from __future__ import annotations

import json
import zlib
from hashlib import sha256
from pathlib import Path

import pytest

from muse.core.op_log import OpLog, Told, make_op_entry
from muse.core.op_log.entries import finish, seal


def _entry(name: str, time: int):
    op = {"op": "insert", "address": name, "position": None, "content_id": f"sha256:{'a' * 64}", "content_summary": ""}
    return make_op_entry("ada", "files", op, time)


def _names(log: OpLog) -> list[str]:
    return [entry["domain_op"]["address"] for entry in log.replay_since_checkpoint()]


@pytest.fixture
def log(tmp_path: Path) -> OpLog:
    """A log with one op of a writer that another one told."""
    there = OpLog(tmp_path / "there", "jam", writer="ada")
    there.append(_entry("first.txt", 1))
    here = OpLog(tmp_path / "here", "jam", writer="bob")
    assert here.merge_replica([Told(line, frozenset({"carol"})) for line in there.raw_lines()]).added == 1
    return here


@pytest.mark.parametrize(
    "smuggled",
    ['"instead":["{first}"]', '"instead":5', '"unmet":5', '"unmet":[[]]', '"sequence":7', '"head":{}',
     '"\\u0069nstead":["{first}"]', '"op_id":"x"'],
)  # fmt: skip
def test_an_op_says_nothing_in_the_name_of_the_log(log: OpLog, smuggled: str) -> None:
    """It displaced what others had told, or ended every replay of the session: `'int' object is not iterable`."""
    first = json.loads(log.raw_lines()[0])["op_id"]
    body, tail = seal(_entry("evil.txt", 2))
    body += b"," + smuggled.replace("{first}", first).encode()
    op_id = json.loads(b"{" + tail[1:] + b"}")["op_id"].encode()
    tail = tail.replace(op_id, b"sha256:" + sha256(body + b"}").hexdigest().encode())
    report = log.merge_replica([Told(finish(body, tail, ("mallory", "abcd", 1)), frozenset({"mallory"}))])
    assert (report.added, len(report.quarantined)) == (0, 1)
    assert _names(log) == ["first.txt"]


@pytest.mark.parametrize("behind", ['"lamport_ts":99', '"domain_op":{}', '"more":1'])
def test_nothing_behind_an_op_is_another_word_for_it(log: OpLog, behind: str) -> None:
    body, tail = seal(_entry("evil.txt", 2))
    line = finish(body, tail + b"," + behind.encode(), ("mallory", "abcd", 1))
    assert log.merge_replica([Told(line, frozenset({"mallory"}))]).added == 0
    assert _names(log) == ["first.txt"]


@pytest.mark.parametrize(("writer", "instance"), [("5", '"abcd"'), ('"mallory"', "7"), ("true", "[]"), ("{}", "null")])
def test_names_are_texts(log: OpLog, writer: str, instance: str) -> None:
    """A number ended the merge for everybody's lines, or came in once more whenever it was sent."""
    line = finish(*seal(_entry("evil.txt", 2)), ("mallory", "abcd", 1)).replace(b'"mallory"', writer.encode())
    head = line[: line.rfind(b',"crc"')].replace(b'"instance":"abcd"', f'"instance":{instance}'.encode())
    forged = b'%b,"crc":"%08x"}\n' % (head, zlib.crc32(head))
    honest = finish(*seal(_entry("more.txt", 3)), ("dora", "abcd", 1))
    report = log.merge_replica([Told(forged, frozenset({"mallory"})), Told(honest, frozenset({"dora"}))])
    assert (report.added, len(report.quarantined)) == (1, 1)
    assert _names(log) == ["first.txt", "more.txt"]
