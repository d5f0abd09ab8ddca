"""What a server, a peer, a wire or a clone may do to a joined session, with the real nats-server.

The wire is a proxy of ours that breaks off, lies or falls silent.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from muse.core.op_log import OpLog
from tests.conftest import MakeRepo, RunGit, isolated_env
from tests.servers.conftest import free_port
from tests.servers.joined import MUSE, Nats, append, end, lines, muse, text, until, until_status

pytestmark = [pytest.mark.servers, pytest.mark.soak]  # over a minute of waiting for what does not come


class Wire:
    """A proxy before a server. `lie` is put into what the server says, once per connection, after `after` bytes of it;
    then the connection breaks off. With `lie` None it passes everything on."""

    def __init__(self, to: int) -> None:
        self.to, self.lie, self.after, self.cuts = to, None, 0, 0  # type: int, bytes | None, int, int
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listening.getsockname()[1]
        self.open: list[socket.socket] = []
        self.threads: list[threading.Thread] = []
        self._start(self.serve)

    def _start(self, work: Callable[..., None], *given: Any) -> None:
        thread = threading.Thread(target=work, args=given, daemon=True)
        self.threads.append(thread)
        thread.start()

    def serve(self) -> None:
        while True:
            try:
                client, _ = self.listening.accept()
                server = socket.create_connection(("127.0.0.1", self.to), 5)
            except OSError:
                return
            self.open += [client, server]
            self._start(self._pass, client, server, False)
            self._start(self._pass, server, client, True)

    def _pass(self, source: socket.socket, target: socket.socket, said: bool) -> None:
        """`said`: by the server. What it says is cut inside a message where that is asked for."""
        passed = 0
        with suppress(OSError):
            while data := source.recv(65536):
                if said and self.lie is not None and passed + len(data) > self.after:
                    target.sendall(data[: max(self.after - passed, 0)] + self.lie)
                    self.cuts += 1
                    break
                passed += len(data)
                target.sendall(data)
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def cut(self) -> None:
        """Break off every connection that is open."""
        for one in self.open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        """No more connections."""
        with suppress(OSError):
            self.listening.shutdown(socket.SHUT_RDWR)
        self.cut()
        for thread in self.threads:
            thread.join(5)
        for one in (self.listening, *self.open):
            one.close()


@contextmanager
def wire(to: int) -> Iterator[Wire]:
    made = Wire(to)
    try:
        yield made
    finally:
        made.end()


def writer(root: Path) -> str:
    return str(json.loads(muse(root, "session", "start", "--json", "jam"))["writer"])


def muse_id(root: Path) -> str:
    return subprocess.check_output(["git", "config", "muse.repositoryId"], cwd=root, text=True).strip()


def told(root: Path) -> str:
    """What the detached process wrote besides."""
    folder = OpLog(root, "jam").folder
    return "".join(path.read_text(errors="replace") for path in folder.glob("*.log"))


def publish(address: str, *messages: tuple[str, bytes]) -> None:
    """As a stranger who knows the subjects."""
    import nats

    async def send() -> None:
        client = await nats.connect(address)
        for subject, data in messages:
            await client.publish(subject, data)
        await client.flush()
        await client.close()

    asyncio.run(send())


def same(*roots: Path, many: int) -> bool:
    return len(lines(roots[0])) == many and all(lines(root) == lines(roots[0]) for root in roots)


def test_a_stranger_on_everybodys_subjects(pair: tuple[Path, Path], tmp_path: Path) -> None:
    """Garbage, a forged line, a replayed one and a flood; on Alice's subject, on Bob's and on one nobody has."""
    nats = Nats(tmp_path / "nats")
    with nats.up():
        for root in pair:
            muse(root, "session", "join", "--detach", "jam", nats.address)
        append(pair[0], text("a.txt"))
        until(lambda: same(*pair, many=1), "alice's op")
        (genuine,) = lines(pair[0])
        room = f"muse.{muse_id(pair[0])}.jam"
        garbage = [
            b"",
            b"\n\n",
            b"\xff\xfe\x00",
            b"[" * 100_000,
            b"{" + b'"a":{' * 20_000,
            b"x" * 900_000,
            genuine[:-9],
        ]
        garbage += [
            genuine.replace(b"a.txt", b"z.txt"),
            genuine + b"\n" + genuine,
            b'{"expunged":"' + genuine[:70] + b'"}',
        ]
        subjects = [f"{room}.{who}" for who in (writer(pair[0]), writer(pair[1]), "nobody")]
        publish(nats.address, *((subject, data) for subject in subjects for data in garbage))
        publish(nats.address, *((f"{room}.flood", b"x%d" % number) for number in range(5000)))
        publish(nats.address, *((f"{subject}.here", data) for subject in subjects for data in garbage))
        publish(nats.address, (f"{room}.nobody.deeper.still", b"x"), (f"{room}.nobody.content.sha.0", b"x"))
        append(pair[0], text("b.txt"))
        append(pair[1], text("c.txt"))
        until(lambda: same(*pair, many=3), "all that is genuine, and nothing else")
        live = until_status(pair[0], lambda live: "flood" in live["refused"])
        assert live["refused"]["flood"] < 1000 and live["connected"], "soon it is not listened to"
        for root in pair:
            assert "Traceback" not in told(root)
            muse(root, "session", "commit", "jam", "-m", "all")
        names = subprocess.check_output(["git", "ls-files"], cwd=pair[1], text=True).split()
        assert names == ["a.txt", "b.txt", "c.txt", "code.py"]


@pytest.mark.parametrize(
    "lie",
    [b"", b"\x00\xff garbage\r\n", b"-ERR 'Unknown Protocol Operation'\r\n", b"MSG _INBOX.x 1 99999999\r\nshort"],
    ids=["breaks off", "garbage", "an error", "a message that never ends"],
)
def test_a_wire_that_breaks_off_or_lies(pair: tuple[Path, Path], tmp_path: Path, lie: bytes) -> None:
    """In the middle of whatever the server is saying; later the wire is whole again."""
    nats = Nats(tmp_path / "nats")
    with nats.up(), wire(nats.port) as between:
        muse(pair[0], "session", "join", "--detach", "jam", f"nats://127.0.0.1:{between.port}")
        muse(pair[1], "session", "join", "--detach", "jam", nats.address)
        append(pair[0], text("a.txt"))
        until(lambda: same(*pair, many=1), "one op on a wire that is whole")
        for turn, after in enumerate((40, 700, 2300)):
            between.after, between.lie, seen = after, lie, between.cuts
            between.cut()
            append(pair[0], text(f"a{turn}.txt"))
            append(pair[1], text(f"b{turn}.txt"))
            until(lambda seen=seen: between.cuts > seen, "a connection that was lied to")  # type: ignore[misc]
            between.lie = None
            between.cut()
            until(lambda turn=turn: same(*pair, many=3 + 2 * turn), f"all of it after turn {turn}")  # type: ignore[misc]
        assert "Traceback" not in told(pair[0])


def test_a_server_that_goes_back_to_an_old_backup(pair: tuple[Path, Path], tmp_path: Path) -> None:
    """Its stream has the same name and age and fewer messages; what it lacks is sent again, nothing comes twice."""
    nats, kept = Nats(tmp_path / "nats"), tmp_path / "kept"
    with nats.up():
        for root in pair:
            muse(root, "session", "join", "--detach", "jam", nats.address)
        append(pair[0], text("a.txt"))
        until(lambda: same(*pair, many=1), "alice's op")
    shutil.copytree(tmp_path / "nats/store", kept)
    with nats.up():
        append(pair[0], text("b.txt"))
        append(pair[1], text("c.txt"))
        until(lambda: same(*pair, many=3), "what the backup lacks")
    shutil.rmtree(tmp_path / "nats/store")
    shutil.copytree(kept, tmp_path / "nats/store")
    with nats.up():
        append(pair[1], text("d.txt"))
        until(lambda: same(*pair, many=4), "what came after it")
        subprocess.run(["git", "clone", "-q", pair[0], tmp_path / "late"], check=True, env=isolated_env(tmp_path))
        try:
            muse(tmp_path / "late", "session", "join", "--detach", "jam", nats.address)
            until(lambda: same(pair[0], tmp_path / "late", many=4), "a new clone has all of it from the server")
        finally:
            end(tmp_path / "late")


def test_two_repositories_with_one_session_name_do_not_meet(
    pair: tuple[Path, Path], make_repo: MakeRepo, tmp_path: Path
) -> None:
    other = make_repo("other", {"code.py": "def other():\n    return 1\n"})
    nats = Nats(tmp_path / "nats")
    try:
        with nats.up():
            for root in (*pair, other):
                muse(root, "session", "join", "--detach", "jam", nats.address)
            append(other, text("other.txt"))
            append(pair[0], text("a.txt"))
            until(lambda: same(*pair, many=1), "alice's op")
            append(pair[1], text("b.txt"))
            until(lambda: same(*pair, many=2), "bob's op")
            assert [b"other.txt" in line for line in lines(other)] == [True]
            assert not any(b"other.txt" in line for line in lines(pair[0]))
            peers = json.loads(muse(other, "session", "status", "--json", "jam"))["live"]["peers"]
            assert peers == [], "they do not see each other either"
    finally:
        end(other)


def shifted(root: Path, seconds: int, *words: str, given: str = "") -> None:
    """A command of somebody whose clock is off by that much."""
    folder = root.parent / f"clock{seconds}"
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(
        "import time\n"
        "now, now_ns = time.time, time.time_ns\n"
        f"time.time = lambda: now() + {seconds}\n"
        f"time.time_ns = lambda: now_ns() + {seconds} * 10**9\n"
    )
    env: dict[str, Any] = isolated_env(root.parent)
    env["PYTHONPATH"] = f"{folder}:{env['PYTHONPATH']}"
    subprocess.run([*MUSE, *words], cwd=root, env=env, input=given, text=True, check=True, capture_output=True)


def test_a_copied_clone_and_clocks_an_hour_apart(pair: tuple[Path, Path], git: RunGit, tmp_path: Path) -> None:
    alice, bob = pair
    nats, copy = Nats(tmp_path / "nats"), tmp_path / "copy"
    op = '{"op": {"op": "insert", "address": "%s.txt", "content": "x\\n"}}\n'
    try:
        with nats.up():
            shifted(alice, 3600, "session", "join", "--detach", "jam", nats.address)
            shifted(bob, -3600, "session", "join", "--detach", "jam", nats.address)
            shifted(alice, 3600, "session", "append", "jam", given=op % "a")
            until(lambda: same(alice, bob, many=1), "an op from an hour ahead")
            shifted(bob, -3600, "session", "append", "jam", given=op % "b")
            until(lambda: same(alice, bob, many=2), "an op from an hour ago")
            shutil.copytree(bob, copy)
            muse(copy, "session", "join", "--detach", "jam", nats.address)
            shifted(copy, 0, "session", "append", "jam", given=op % "c")
            shifted(bob, -3600, "session", "append", "jam", given=op % "d")
            until(lambda: same(alice, bob, copy, many=4), "what a copy and its original wrote at once")
            assert len({writer(root) for root in (alice, bob, copy)}) == 3
            for root in (alice, bob, copy):
                muse(root, "session", "commit", "jam", "-m", "all")
            trees = {git(root, "rev-parse", "HEAD^{tree}") for root in (alice, bob, copy)}
            assert len(trees) == 1 and git(alice, "ls-files").split() == ["a.txt", "b.txt", "c.txt", "code.py", "d.txt"]
    finally:
        end(copy)


def test_a_port_on_which_something_else_answers(pair: tuple[Path, Path]) -> None:
    """No NATS: garbage at once, and one that says nothing at all."""
    for greeting in (b"HTTP/1.1 400 Bad Request\r\n\r\n", b"INFO {" + b"[" * 50_000 + b"\r\n", b""):
        with socket.create_server(("127.0.0.1", free_port())) as listening:

            def answer(listening: socket.socket = listening, greeting: bytes = greeting) -> None:
                with suppress(OSError):
                    client, _ = listening.accept()
                    with client:
                        client.sendall(greeting)
                        client.recv(100_000)
                        client.recv(1)

            threading.Thread(target=answer, daemon=True).start()
            address = f"nats://127.0.0.1:{listening.getsockname()[1]}"
            done = subprocess.run(
                [*MUSE, "session", "join", "jam", address],
                cwd=pair[0], env=isolated_env(pair[0].parent), capture_output=True, text=True, timeout=60,
            )  # fmt: skip
            assert done.returncode not in (0, 1) and "Traceback" not in done.stderr
            assert done.stderr.startswith(f"muse: cannot reach {address}"), done.stderr
