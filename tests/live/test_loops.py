"""Joined sessions over a relay in this process: every op arrives, once, whatever the relay does."""

from __future__ import annotations

import asyncio
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from muse.core.op_log import Level, OpLog, Request
from muse.engine.live import inbox, marks, shared
from muse.engine.live.status import unsent
from muse.store.repository import Repository
from tests.live.fake import FakeServer
from tests.live.kit import joined, lines, run, running, until


def append(root: Path, many: int, *, size: int = 10) -> list[str]:
    """Ops of one more opening of a clone's log; their ids."""
    log = OpLog(root, "jam")
    names = [f"{root.name}-{os.urandom(4).hex()}.txt" for _ in range(many)]
    made = [{"op": "insert", "address": name, "content": "x" * size} for name in names]
    ids = [entry["op_id"] for entry in log.record_all([Request(root.name, "files", op) for op in made])]  # type: ignore[arg-type]
    log.close()
    return ids


def test_what_either_appends_is_in_both_logs_byte_by_byte(pair: tuple[Path, Path]) -> None:
    async def story() -> None:
        server = FakeServer()
        alice, bob = (joined(root, server) for root in pair)
        append(pair[0], 30)  # before anybody joined
        async with running(alice, bob):
            for _ in range(5):
                append(pair[0], 3)
                append(pair[1], 7)
            await until(lambda: len(lines(pair[1])) == 80 and lines(pair[0]) == lines(pair[1]))
        assert not alice.shared.refused and not bob.shared.refused and not OpLog(pair[1], "jam").damage()
        assert unsent(alice.repo, OpLog(pair[0], "jam")) == 0

    run(story)


def test_nothing_is_lost_or_doubled_while_the_server_comes_and_goes(pair: tuple[Path, Path]) -> None:
    async def story() -> None:
        server = FakeServer()
        alice, bob = (joined(root, server) for root in pair)
        async with running(alice, bob):
            await until(lambda: alice.shared.connected and bob.shared.connected)
            for turn in range(4):
                server.up = False
                append(pair[0], 20)
                append(pair[1], 20)
                await until(lambda: not (alice.shared.connected or bob.shared.connected))
                server.lose = turn
                server.up = True
                await until(lambda: alice.shared.connected and bob.shared.connected)
            await until(lambda: len(lines(pair[0])) == 160 and lines(pair[0]) == lines(pair[1]))
        ids = [json.loads(line)["op_id"] for line in lines(pair[0])]
        assert len(set(ids)) == 160

    run(story)


def test_a_purged_or_replaced_stream_is_filled_again(pair: tuple[Path, Path], git: Any, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", pair[0], "carol")
    git(tmp_path, "clone", "-q", pair[0], "dave")

    async def story() -> None:
        server = FakeServer()
        alice = joined(pair[0], server)
        async with running(alice):
            append(pair[0], 10)
            await until(lambda: server.last >= 1 and alice.marks.number == server.last)
            for name, forget in (("carol", server.purge), ("dave", server.replace)):
                forget()
                await until(lambda: len(server.kept) > 0, f"sent again for {name}")
                newcomer = joined(tmp_path / name, server)
                async with running(newcomer):
                    await until(lambda root=tmp_path / name: lines(root) == lines(pair[0]), name)  # type: ignore[misc]

    run(story)


def test_long_lines_and_content_that_lines_only_name_come_along(pair: tuple[Path, Path]) -> None:
    async def story() -> None:
        server = FakeServer()
        server.most = 3000
        alice, bob = (joined(root, server) for root in pair)
        data = os.urandom(100_000)
        digest = alice.repo.content.put(data)
        log = OpLog(pair[0], "jam")
        named = {"op": "insert", "address": "take.wav", "content_id": digest, "position": None, "content_summary": ""}
        log.record("alice", "files", [named])  # type: ignore[list-item]
        append(pair[0], 1, size=50_000)
        append(pair[0], 3)
        async with running(alice, bob):
            await until(lambda: len(lines(pair[1])) == 5)
            await until(lambda: not bob.contents._unpinned)
        assert lines(pair[0]) == lines(pair[1])
        assert Repository(pair[1]).content.get(digest) == data
        assert bob.repo.git("log", "--format=%s", "--all").decode().count("contents of 1 ops")

    run(story)


def test_a_line_on_anothers_subject_is_hearsay(pair: tuple[Path, Path], git: Any, tmp_path: Path) -> None:
    """Mallory copies Alice's next number: Alice's own word, first or last, is what is replayed."""
    git(tmp_path, "clone", "-q", pair[0], "mallory")

    async def story() -> None:
        server = FakeServer()
        alice, bob = (joined(root, server) for root in pair)
        append(pair[0], 2)
        forged = _forged(lines(pair[0])[0], 1)
        server.tell("mallory0000000000000", forged)
        async with running(bob):
            await until(lambda: len(lines(pair[1])) == 1)
            async with running(alice):
                await until(lambda: len(lines(pair[1])) == 3)
        replayed = [entry["op_id"] for entry in OpLog(pair[1], "jam").replay([]).entries]
        assert sorted(replayed) == sorted(json.loads(line)["op_id"] for line in lines(pair[0]) if b"forged" not in line)
        assert len(replayed) == 2

    run(story)


def test_garbage_is_set_aside_and_soon_not_listened_to(
    pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "MOST_REFUSED", 5)

    async def story() -> None:
        server = FakeServer()
        alice, bob = (joined(root, server) for root in pair)
        for number in range(200):
            server.tell("mallory0000000000000", b'{"op_id":%d}\nnoise\xff\n' % number)
        server.tell("mallory0000000000000", b"", "sha256:" + "0" * 64)
        append(pair[0], 5)
        async with running(alice, bob):
            await until(lambda: lines(pair[0]) == lines(pair[1]) and len(lines(pair[1])) == 5)
            await until(lambda: bob.shared.refused.get("mallory0000000000000", 0) >= 5)
        assert {found["of"] for found in OpLog(pair[1], "jam").damage()} == {"peer"}
        assert 1 <= len(OpLog(pair[1], "jam").damage()) <= 5  # the same noise is kept once
        assert set(bob.shared.refused) == {"mallory0000000000000"}

    run(story)


def test_marks_of_another_log_or_stream_or_damaged_ones_begin_at_nothing(pair: tuple[Path, Path]) -> None:
    log = OpLog(pair[0], "jam")
    log.folder.mkdir(parents=True, exist_ok=True)
    marks.Marks("log", "me", "born", 5, 3, 4, 1, "s").keep(log.folder)
    assert marks.load(log).taken == 4
    for text in ("", "[]", '{"taken": "4"}', '{"log": 1}', "{"):
        (log.folder / marks.FILE).write_text(text)
        assert marks.load(log) == marks.Marks()


def _forged(line: bytes, number: int) -> bytes:
    """A whole, valid line that claims another's writer, instance and number for other content."""
    import zlib
    from hashlib import sha256

    cut = line.rfind(b',"created_at":')
    body = line[:cut].replace(b'"content":"', b'"content":"forged ')
    row = json.loads(line)
    head = b'%b,"created_at":"%b","op_id":"sha256:%b"' % (
        body, row["created_at"].encode(), sha256(body + b"}").hexdigest().encode(),
    )  # fmt: skip
    who = b',"writer":"%b","instance":"%b","sequence":%d' % (row["writer"].encode(), row["instance"].encode(), number)
    return b'%b,"crc":"%08x"}\n' % (head + who, zlib.crc32(head + who))


def test_a_stream_that_goes_on_while_it_is_looked_at_is_no_other(pair: tuple[Path, Path]) -> None:
    async def story() -> None:
        server = FakeServer()
        alice = joined(pair[0], server)
        async with running(alice):
            for _ in range(60):
                append(pair[0], 1)
                await asyncio.sleep(0.01)
            await until(lambda: alice.marks.taken == server.last and unsent(alice.repo, OpLog(pair[0], "jam")) == 0)
        assert server.connections == 1 and sum(message.data.count(b"\n") for message in server.kept) == 60

    run(story)


def test_a_log_is_synced_as_often_as_its_marks_are_kept(
    pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk synced without a pause, for which every append on it waits, and nobody waited for the syncs."""
    synced: list[float] = []
    real = OpLog.flush

    def flush(self: OpLog, *, level: Level = "written") -> None:
        if level == "durable":
            synced.append(time.monotonic())
        real(self, level=level)

    monkeypatch.setattr(OpLog, "flush", flush)

    async def story() -> None:
        server = FakeServer()
        there = OpLog(pair[0], "jam", writer="carol")
        for number in range(200):
            there.record("carol", "files", [{"op": "insert", "address": f"{number}.txt", "content": ""}])  # type: ignore[list-item]
        told = sorted(there.raw_lines(), key=lambda line: json.loads(line)["sequence"])
        bob = joined(pair[1], server)
        async with running(bob):
            await until(lambda: bob.shared.connected)
            began = time.monotonic()
            for line in told:
                server.tell("carol", line + b"\n")
                await asyncio.sleep(0.001)
            await until(lambda: bob.marks.taken == server.last)
            took = time.monotonic() - began
        assert lines(pair[1]) == sorted(told)
        assert 1 <= len(synced) <= 2 + took / shared.TELL

    run(story)
